package fakeaws

import (
	"encoding/json"
	"maps"
	"reflect"
)

// Fork is another cloud that holds the same, from which the two go their own ways: to try one thing after the other on a world that
// took long to make. Keys that Credentials has issued are good in both, and restrictions, clock, pace and propagation are kept; faults, latency, rates, stale
// reads, listings under way and the log of calls are not.
func (c *Cloud) Fork() *Cloud {
	f := New(c.installs...)
	c.world.Lock()
	defer c.world.Unlock()
	seen := map[uintptr]reflect.Value{}
	for k, v := range c.state.live {
		f.state.live[k] = deepCopy(reflect.ValueOf(v), seen).Interface()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	f.keys, f.restricted, f.serial = maps.Clone(c.keys), maps.Clone(c.restricted), c.serial
	f.pace, f.propagation, f.ahead = c.pace, c.propagation, c.ahead
	return f
}

// World is what a cloud holds at one moment.
type World struct{ live map[place]any }

// State is what is held of a service, in the form of Snapshot: by place, as "s3//" or "iam/123456789012/". The service is the name that
// its store was made with.
func (w World) State(service string) map[string]json.RawMessage {
	out := map[string]json.RawMessage{}
	for k, v := range w.live {
		if k.store != service {
			continue
		}
		text, err := json.Marshal(v)
		if err != nil {
			panic("fakeaws: state is not plain data: " + err.Error())
		}
		out[k.String()] = text
	}
	return out
}

// Watch calls see after every mutating call that reached its handler, refused or not, before any other call is served: to hold what must be
// true at every moment, such as that nothing is more open than it was or shall be. see must not call the cloud, and World is
// good only until it returns. nil ends it.
func (c *Cloud) Watch(see func(Call, World)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.watch = see
}

// World is what the cloud holds now. look must not call the cloud.
func (c *Cloud) World(look func(World)) {
	c.world.Lock()
	defer c.world.Unlock()
	look(World{c.state.live})
}

func (c *Cloud) watched(call Call) {
	c.mu.Lock()
	see := c.watch
	c.mu.Unlock()
	if see != nil {
		see(call, World{c.state.live})
	}
}
