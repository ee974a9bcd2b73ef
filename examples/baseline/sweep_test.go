package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/exposure"
)

// Whatever goes wrong with whichever call: the next run ends where an undisturbed one does, nothing exists twice, nothing of ours is
// left outside of the plan, and at no moment between was more open than before and after, or less. For every pillar, from nothing to the
// guide, from there to its second edition, to another network, to half of it and to nothing.
//
// Every point is tried with ZEROTRUST_SWEEP=1, every ninth with 9, as in CI, and every 41st without.
func TestAnyCallMayGoWrong(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(800)) // worlds are copied by the thousand
	var points, moments atomic.Int64
	began := time.Now()
	t.Run("sweep", func(t *testing.T) {
		for _, pillar := range pillarNames() {
			for _, turn := range turns(t, pillar) {
				t.Run(pillar+" "+turn.name, func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						s := turn.sweep(t)
						points.Add(int64(s.points))
						moments.Add(int64(s.moments))
					})
				})
			}
		}
	})
	t.Logf("one in %d: %d points, %d moments looked at, in %s", sweep(41), points.Load(), moments.Load(), time.Since(began).Round(time.Second))
}

// sweep is of how many points one is tried: ZEROTRUST_SWEEP, 1 for all; without it few, and under the race detector fewer. It has no
// divisor in common with the number of mishaps, or else it would always take the same ones.
func sweep(few int) int {
	n, err := strconv.Atoi(os.Getenv("ZEROTRUST_SWEEP"))
	switch {
	case err == nil && n >= 1:
		return n
	case raced:
		return few * 5
	}
	return few
}

// mishap is something that goes wrong with a call.
type mishap struct {
	name    string
	reads   bool // it makes a difference to reads as well
	passing bool // one apply overcomes it
	fault   func(cloud *fakeaws.Cloud, cancel func()) *fakeaws.Fault
}

var mishaps = []mishap{
	{"refused", true, false, func(*fakeaws.Cloud, func()) *fakeaws.Fault {
		return &fakeaws.Fault{Before: fakeaws.Error("ValidationException", "no")}
	}},
	{"lost before its effect", true, true, func(*fakeaws.Cloud, func()) *fakeaws.Fault { return &fakeaws.Fault{Before: fakeaws.Lost()} }},
	{"lost after its effect", false, true, func(*fakeaws.Cloud, func()) *fakeaws.Fault { return &fakeaws.Fault{After: fakeaws.Lost()} }},
	{"failed after its effect", false, true, func(*fakeaws.Cloud, func()) *fakeaws.Fault {
		return &fakeaws.Fault{After: fakeaws.Status(500, fakeaws.Error("InternalError", "try again"))}
	}},
	{"cancelled before its effect", true, false, func(_ *fakeaws.Cloud, cancel func()) *fakeaws.Fault {
		return &fakeaws.Fault{Before: context.Canceled, Do: func(fakeaws.Call) { cancel() }}
	}},
	{"cancelled after its effect", false, false, func(_ *fakeaws.Cloud, cancel func()) *fakeaws.Fault {
		return &fakeaws.Fault{After: context.Canceled, Do: func(fakeaws.Call) { cancel() }}
	}},
	{"denied from then on", true, false, func(cloud *fakeaws.Cloud, _ func()) *fakeaws.Fault {
		return fromThenOn(cloud, fakeaws.Denied("something"), sameOperation)
	}},
	{"throttled from then on", true, false, func(cloud *fakeaws.Cloud, _ func()) *fakeaws.Fault {
		return fromThenOn(cloud, fakeaws.Throttled(), sameOperation)
	}},
	{"expired from then on", true, false, func(cloud *fakeaws.Cloud, _ func()) *fakeaws.Fault {
		return fromThenOn(cloud, fakeaws.Status(403, fakeaws.Error("ExpiredToken", "The security token included in the request is expired")), nil)
	}},
	{"stale reads from then on", true, true, func(cloud *fakeaws.Cloud, _ func()) *fakeaws.Fault {
		return &fakeaws.Fault{Do: func(fakeaws.Call) { cloud.SetStaleReads(3*time.Second, false) }}
	}},
}

func sameOperation(call fakeaws.Call) func(fakeaws.Call) bool {
	return func(c fakeaws.Call) bool { return c.Service == call.Service && c.Operation == call.Operation }
}

// fromThenOn gives an answer to a call and to those that match it afterwards, until calm.
func fromThenOn(cloud *fakeaws.Cloud, answer error, match func(fakeaws.Call) func(fakeaws.Call) bool) *fakeaws.Fault {
	return &fakeaws.Fault{Before: answer, Do: func(call fakeaws.Call) {
		f := &fakeaws.Fault{Before: answer}
		if match != nil {
			f.Match = match(call)
		}
		cloud.Inject(nil, f)
	}}
}

type swept struct{ points, moments int }

// sweep tries all points of a turn.
func (x turn) sweep(t *testing.T) (s swept) {
	start := newCloud(t)
	x.arrive(t, start.Config())
	calm := start.Fork()
	reads, writes := 0, 0
	var watch *exposure.Watcher
	require.NoError(t, x.do(ctx, calm, func() {
		calm.ResetCalls()
		watch = exposure.Watch(calm)
	}))
	for _, c := range calm.Calls() {
		if c.Mutating() {
			writes++
		} else {
			reads++
		}
	}
	for _, v := range watch.Violations() {
		t.Error(v)
	}
	end := calm.Essence(ztcore.TagResource)
	require.NoError(t, x.finished(calm, append([]ztcore.PlanOption{ztcore.Prune(allKinds()...)}, x.opts...)...), "something of ours is in no plan")
	require.NotZero(t, writes, "nothing to do")
	failures, at, every := 0, 0, sweep(41)
	for _, mutating := range []bool{true, false} {
		n := writes
		if !mutating {
			n = reads
		}
		for k := range n {
			for _, mishap := range mishaps {
				if !mutating && !mishap.reads {
					continue
				}
				if at++; at%every != 0 {
					continue
				}
				moments, err := x.point(start.Fork(), mishap, mutating, k, end)
				if errors.Is(err, errNeverFired) && !mutating {
					continue // how often a write is looked for is not always the same
				}
				s.points++
				s.moments += moments
				if err != nil {
					t.Errorf("%s %d %s: %v", map[bool]string{true: "write", false: "read"}[mutating], k, mishap.name, err)
					if failures++; failures > 5 {
						t.Fatal("and so on")
					}
				}
			}
		}
	}
	t.Logf("%d writes, %d reads: %d points", writes, reads, s.points)
	return s
}

var errNeverFired = errors.New("the fault never fired")

// point has one call go wrong, and runs again.
func (x turn) point(cloud *fakeaws.Cloud, mishap mishap, mutating bool, k int, end string) (moments int, err error) {
	var watch *exposure.Watcher
	within, cancel := context.WithCancel(ctx)
	defer cancel()
	f := mishap.fault(cloud, cancel)
	f.Skip, f.Times, f.Match = k, 1, func(c fakeaws.Call) bool { return c.Mutating() == mutating }
	first := x.do(within, cloud, func() {
		cloud.ResetCalls()
		watch = exposure.Watch(cloud)
		cloud.Inject(nil, f)
	})
	cloud.Calm()
	switch {
	case f.Fired() == 0:
		return 0, errNeverFired
	case mishap.passing && first != nil:
		return 0, fmt.Errorf("one apply should overcome it: %w", first)
	case mishap.name == "denied from then on":
		var missing *ztcore.PermissionError
		if !errors.As(first, &missing) {
			return 0, fmt.Errorf("no permission is named in: %v", first)
		}
	}
	if first != nil {
		if len(cloud.Writes()) == 0 {
			return watch.Moments(), nil // it is where it began, and the next run is the undisturbed one
		}
		if err := x.do(ctx, cloud, func() {}); err != nil {
			return 0, fmt.Errorf("the next run: %w\nafter: %v", err, first)
		}
	}
	if err := x.finished(cloud, x.opts...); err != nil {
		return 0, err
	}
	if now := cloud.Essence(ztcore.TagResource); now != end {
		return 0, fmt.Errorf("the end is another than that of an undisturbed run:\n%s", difference(end, now))
	}
	for _, v := range watch.Violations() {
		return 0, errors.New(v.String())
	}
	return watch.Moments(), nil
}

// difference is what two texts do not have in common, line by line.
func difference(want, have string) string {
	count := map[string]int{}
	for _, l := range strings.Split(want, "\n") {
		count[l]++
	}
	var out []string
	for _, l := range strings.Split(have, "\n") {
		if count[l]--; count[l] < 0 {
			out = append(out, "+ "+l)
		}
	}
	for _, l := range strings.Split(want, "\n") {
		if count[l] > 0 {
			count[l]--
			out = append(out, "- "+l)
		}
	}
	return strings.Join(out[:min(len(out), 30)], "\n")
}

// do plans and applies; ready is called between.
func (x turn) do(ctx context.Context, cloud *fakeaws.Cloud, ready func()) error {
	all := ztcore.List{x.base}
	if x.from != nil {
		all = append(all, x.from)
	}
	plan, err := x.base.Plan(ctx, cloud.Config(), append([]ztcore.PlanOption{ztcore.AllowDelete(ztcore.Addresses(all...)...)}, x.opts...)...)
	if err != nil {
		return err
	}
	ready()
	_, err = plan.Apply(ctx)
	return err
}

// finished finds what is left to do.
func (x turn) finished(cloud *fakeaws.Cloud, opts ...ztcore.PlanOption) error {
	plan, err := x.base.Plan(ctx, cloud.Config(), opts...)
	if err != nil {
		return err
	}
	if !plan.Empty() {
		return fmt.Errorf("something is left to do:\n%s", plan)
	}
	return nil
}
