package exposure

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Watcher has seen the exposure of a world after every call that changed something.
type Watcher struct {
	mu      sync.Mutex
	first   map[string]surfaces // by service
	moments []moment
}

// moment is what a service's exposure was after a call.
type moment struct {
	call, service string
	is            surfaces
}

// Watch begins to watch a cloud; Stop or another Watch ends it.
func Watch(cloud *fakeaws.Cloud) *Watcher {
	w := &Watcher{}
	cloud.World(func(world fakeaws.World) { w.first = read(world) })
	cloud.Watch(func(call fakeaws.Call, world fakeaws.World) {
		w.mu.Lock()
		defer w.mu.Unlock()
		service := strings.ToLower(strings.ReplaceAll(call.Service, " ", ""))
		for name, from := range readers {
			if name == service || service == "cloudformation" { // which makes what others hold
				w.moments = append(w.moments, moment{call.Service + "." + call.Operation, name, from(world)})
			}
		}
	})
	return w
}

// Violations compares every moment so far with the first and the last. They are in the order of the calls.
func (w *Watcher) Violations() []Violation {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := maps.Clone(w.first)
	for _, m := range w.moments {
		last[m.service] = m.is
	}
	var out []Violation
	for _, m := range w.moments {
		found := between(m.call, w.first[m.service], last[m.service], m.is)
		slices.SortFunc(found, func(a, b Violation) int { return strings.Compare(a.Surface+a.Probe, b.Surface+b.Probe) })
		out = append(out, found...)
	}
	return out
}

// Moments is how many calls were seen that could have changed what is exposed.
func (w *Watcher) Moments() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.moments)
}

// readers find the surfaces in the state of each service that has any.
var readers = map[string]func(fakeaws.World) surfaces{
	"ec2": readEC2, "iam": readIAM, "s3": readS3, "s3control": readS3Control, "kms": readKMS, "sns": readSNS, "secretsmanager": readSecrets,
	"organizations": readOrganizations, "apigateway": readAPIs,
}

func read(world fakeaws.World) map[string]surfaces {
	out := map[string]surfaces{}
	for service, from := range readers {
		out[service] = from(world)
	}
	return out
}
