package kindtest

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/exposure"
)

// Run puts a resource through everything that can happen to it on the in-memory AWS, in virtual time.
func Run(t *testing.T, c Case) {
	t.Helper()
	c.check(t, "life", func(t *testing.T) { cloud := c.Cloud(); c.prepare(t, cloud.Config()); c.life(t, cloud.Config()) })
	c.check(t, "pages of one", func(t *testing.T) {
		cloud := c.Cloud()
		cloud.SetPageSize(1)
		c.prepare(t, cloud.Config())
		c.life(t, cloud.Config())
	})
	if c.Drift != nil {
		c.check(t, "drift", c.driftOnFakes)
	}
	c.check(t, "stale reads", func(t *testing.T) { c.lagging(t, false) })
	c.check(t, "flapping reads", func(t *testing.T) { c.lagging(t, true) })
	c.check(t, "denied reads", c.denied)
	c.check(t, "two at once", c.twoAtOnce)
	c.permissions(t)
	c.faults(t)
}

func (c Case) check(t *testing.T, name string, f func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		if why := c.Skip[name]; why != "" {
			t.Logf("does not hold here: %s", why)
			return
		}
		synctest.Test(t, f)
	})
}

func (c Case) driftOnFakes(t *testing.T) {
	cloud := c.Cloud()
	c.prepare(t, cloud.Config())
	c.drift(t, cloud.Config())
}

// lagging has reads show the world as it was three seconds ago.
func (c Case) lagging(t *testing.T, flapping bool) {
	const lag = 3 * time.Second
	want := c.undisturbed(t)
	cloud := c.Cloud()
	cfg := cloud.Config()
	c.prepare(t, cfg)
	time.Sleep(time.Minute)
	cloud.SetStaleReads(lag, flapping)
	for i := range c.Variants {
		c.apply(t, cfg, i)
		time.Sleep(lag)
		c.requireEmpty(t, cfg, i)
	}
	require.Equal(t, want[len(want)-1], shape(t, cloud), "the end state is another than with prompt reads")
}

// twoAtOnce has two processes create the first variant at the same time: each has read before either writes, and at every call they
// are abreast. Both succeed, and one of everything exists.
func (c Case) twoAtOnce(t *testing.T) {
	alone, cloud := c.Cloud(), c.Cloud()
	c.prepare(t, alone.Config())
	c.apply(t, alone.Config(), 0)
	want := shape(t, alone, pending)
	c.prepare(t, cloud.Config())
	time.Sleep(time.Minute)
	cloud.SetLatency(50 * time.Millisecond)
	errs := make(chan error, 2)
	for range 2 {
		go func() {
			p, err := c.baseline(0).Plan(context.Background(), cloud.Config())
			if err == nil {
				_, err = p.Apply(context.Background(), patience)
			}
			errs <- err
		}()
	}
	require.NoError(t, <-errs)
	require.NoError(t, <-errs)
	cloud.SetLatency(0)
	c.requireEmpty(t, cloud.Config(), 0)
	require.Equal(t, want, shape(t, cloud, pending), "the end state is another than that of one process")
}

// pending is what can't go sooner than its window says, as the KMS key of the process that yields.
func pending(object map[string]any) bool {
	return object["Deletion"] != nil && object["Deletion"] != "0001-01-01T00:00:00Z"
}

// denied has every read that a plan makes refused, one after another.
func (c Case) denied(t *testing.T) {
	cloud := c.Cloud()
	cfg := cloud.Config()
	c.prepare(t, cfg)
	c.apply(t, cfg, 0)
	watched, calls := record(cfg)
	c.requireEmpty(t, watched, 0)
	reads := slices.Clone(calls.reads)
	slices.Sort(reads)
	for _, call := range slices.Compact(reads) {
		service, operation, _ := strings.Cut(call, ".")
		f := cloud.Inject(nil, &fakeaws.Fault{Service: service, Operation: operation, Before: fakeaws.Denied(operation)})
		_, err := c.baseline(0).Plan(context.Background(), cfg)
		require.Error(t, err, "%s was denied, and the plan was made all the same", call)
		require.ErrorContains(t, err, "is missing", "the error names no permission")
		cloud.Lift(f)
	}
}

// undisturbed is the shape of the world after each variant, when nothing goes wrong.
func (c Case) undisturbed(t *testing.T) []map[string]int {
	t.Helper()
	cloud := c.Cloud()
	c.prepare(t, cloud.Config())
	var out []map[string]int
	for i := range c.Variants {
		c.apply(t, cloud.Config(), i)
		out = append(out, shape(t, cloud))
	}
	return out
}

// faults disturbs every single write, in each of three ways, while each variant is applied and while all is destroyed.
func (c Case) faults(t *testing.T) {
	t.Run("faults", func(t *testing.T) {
		if why := c.Skip["faults"]; why != "" {
			t.Logf("does not hold here: %s", why)
			return
		}
		for i := range len(c.Variants) + 1 {
			var writes int
			var end map[string]int
			synctest.Test(t, func(t *testing.T) { writes, end = c.calm(t, i) })
			for k := range writes {
				for name, fault := range map[string]func() *fakeaws.Fault{
					"throttled":       func() *fakeaws.Fault { return &fakeaws.Fault{Before: fakeaws.Throttled()} },
					"lost, no effect": func() *fakeaws.Fault { return &fakeaws.Fault{Before: fakeaws.Lost()} },
					"answer lost":     func() *fakeaws.Fault { return &fakeaws.Fault{After: fakeaws.Lost()} },
				} {
					t.Run(fmt.Sprintf("step %d write %d %s", i, k, name), func(t *testing.T) {
						synctest.Test(t, func(t *testing.T) {
							f := fault()
							f.Skip, f.Times = k, 1
							c.disturb(t, i, f, end)
						})
					})
				}
			}
		}
	})
}

// arrive brings a fresh cloud to where step i starts: the last step is the destruction of the last variant.
func (c Case) arrive(t *testing.T, i int) (*fakeaws.Cloud, aws.Config) {
	t.Helper()
	cloud := c.Cloud()
	cfg := cloud.Config()
	c.prepare(t, cfg)
	for j := range i {
		c.apply(t, cfg, j)
	}
	return cloud, cfg
}

// calm takes step i undisturbed: how many writes it makes, and where it ends.
func (c Case) calm(t *testing.T, i int) (writes int, end map[string]int) {
	cloud, cfg := c.arrive(t, i)
	watch := c.watch(t, cloud, i)
	cloud.ResetCalls()
	c.step(t, cfg, i)
	requireNoViolation(t, watch)
	return len(cloud.Writes()), shape(t, cloud)
}

func (c Case) step(t *testing.T, cfg aws.Config, i int) {
	t.Helper()
	if i == len(c.Variants) {
		_, err := c.destroyPlan(t, cfg, i-1).Apply(context.Background())
		require.NoError(t, err)
		return
	}
	c.apply(t, cfg, i)
}

func (c Case) disturb(t *testing.T, i int, fault *fakeaws.Fault, end map[string]int) {
	cloud, cfg := c.arrive(t, i)
	fault.Match = func(call fakeaws.Call) bool { return call.Mutating() }
	watch := c.watch(t, cloud, i)
	cloud.Inject(t, fault)
	c.step(t, cfg, i)
	requireNoViolation(t, watch)
	if i == len(c.Variants) {
		left := c.destroyPlan(t, cfg, i-1)
		require.True(t, left.Empty(), "something is left:\n%s", left)
	} else {
		c.requireEmpty(t, cfg, i)
	}
	require.Equal(t, end, shape(t, cloud), "the end state is another than without the fault")
}

// watch begins to watch a cloud that has been read, so that what AWS has of its own is there.
func (c Case) watch(t *testing.T, cloud *fakeaws.Cloud, i int) *exposure.Watcher {
	t.Helper()
	c.plan(t, cloud.Config(), min(i, len(c.Variants)-1))
	return exposure.Watch(cloud)
}

// requireNoViolation holds that after no call of a step more was open than before and after it, or less.
func requireNoViolation(t *testing.T, watch *exposure.Watcher) {
	t.Helper()
	for _, v := range watch.Violations() {
		t.Error(v)
	}
}

// shape counts what a world holds, by place, without the ids and what is named by without: something that exists twice shows.
func shape(t *testing.T, cloud *fakeaws.Cloud, without ...func(object map[string]any) bool) map[string]int {
	t.Helper()
	var world any
	require.NoError(t, json.Unmarshal([]byte(cloud.Snapshot()), &world))
	out := map[string]int{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if slices.ContainsFunc(without, func(is func(map[string]any) bool) bool { return is(v) }) {
				return
			}
			for k, e := range v {
				if len(without) > 0 && (k == "Order" || k == "Requests" || k == "Tokens") {
					continue // an index, and what AWS keeps of requests
				}
				if looksLikeName(k) {
					walk(path+"/"+k, e)
				} else {
					walk(path+"/*", e)
				}
			}
		case []any:
			for _, e := range v {
				walk(path+"/[]", e)
			}
		case nil:
		default:
			out[path]++
		}
	}
	walk("", world)
	return out
}

// uniqueID is an id that IAM gives, as AROA…, which differs from run to run.
var uniqueID = regexp.MustCompile(`^A[A-Z]{3}[A-Z2-7]{16,}$`)

// looksLikeName tells a field of a struct, or a store, from the key of a map.
func looksLikeName(k string) bool {
	return k != "" && k[0] >= 'A' && k[0] <= 'Z' && !strings.ContainsAny(k, "-:/ ") && !uniqueID.MatchString(k) || strings.Contains(k, "/")
}
