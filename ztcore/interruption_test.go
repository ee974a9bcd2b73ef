package ztcore_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// chain is a baseline whose parts depend on each other in every way the toy has.
func chain(toy *toyAWS) *ztcore.Baseline {
	b := box{aws: toy, Name: "b", Color: "red"}
	return ztcore.NewBaseline("home", b, box{aws: toy, Name: "b2"},
		shelf{aws: toy, Name: "s", Box: b.ID(), Labels: []string{"x", "y"}}, shelf{aws: toy, Name: "s2", Labels: []string{"z"}})
}

// interrupt has the k-th call stop the run in some way, after its effect if it is to take one. It counts calls.
func (t *toyAWS) interrupt(k int, before, after func() error) {
	n := 0
	t.fail = func(string) error {
		n++
		if n == k && before != nil {
			return before()
		}
		return nil
	}
	t.lose = func(string) error {
		if n == k && after != nil {
			return after()
		}
		return nil
	}
}

// requireOneOfEach checks that an interrupted run and the next one have made what one run makes, and nothing twice.
func requireOneOfEach(t *testing.T, toy *toyAWS) {
	t.Helper()
	require.Len(t, toy.boxes, 2)
	require.Len(t, toy.shelves, 2)
	require.ElementsMatch(t, []string{"x", "y"}, toy.labels["s"])
	require.ElementsMatch(t, []string{"z"}, toy.labels["s2"])
	require.LessOrEqual(t, count(toy.calls, "CreateBox"), 4, "at most the interrupted creates are repeated")
	require.LessOrEqual(t, count(toy.calls, "CreateShelf"), 4)
}

func callsOfApply(t *testing.T) (n int) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		p := plan(t, chain(toy), toy.config())
		toy.calls = nil
		_, err := p.Apply(ctx)
		require.NoError(t, err)
		n = len(toy.calls)
	})
	return n
}

func TestCancelledAtEveryCall(t *testing.T) {
	for k := 1; k <= callsOfApply(t); k++ {
		t.Run(fmt.Sprint(k), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				toy := newToy()
				toy.latency = time.Millisecond
				cfg := toy.config()
				base := chain(toy)
				p := plan(t, base, cfg)
				within, cancel := context.WithCancel(ctx)
				defer cancel()
				toy.interrupt(k, nil, func() error { cancel(); return within.Err() })
				report, err := p.Apply(within)
				require.ErrorIs(t, err, context.Canceled)
				if report != nil {
					require.Len(t, report.Outcomes, 6, "each resource is accounted for")
				}
				toy.interrupt(0, nil, nil)
				done := slices.Clone(toy.calls)
				apply(t, base, cfg)
				requireOneOfEach(t, toy)
				require.True(t, plan(t, base, cfg).Empty())
				if report != nil {
					for _, o := range report.Outcomes {
						if o.Status == ztcore.Done && o.Address == "toy.Box/b" {
							require.Equal(t, count(done, "UpdateBox"), count(toy.calls, "UpdateBox"), "a finished write is not repeated")
						}
					}
				}
			})
		})
	}
}

func TestCancelledWhilePlanning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		toy.latency = time.Second
		within, cancel := context.WithCancel(ctx)
		defer cancel()
		time.AfterFunc(700*time.Millisecond, cancel) // labels wait for shelves
		_, err := chain(toy).Plan(within, toy.config())
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestAnExpiredTokenStopsTheRunAtEveryCall(t *testing.T) {
	for k := 1; k <= callsOfApply(t); k++ {
		t.Run(fmt.Sprint(k), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				toy := newToy()
				toy.latency = time.Second
				cfg := toy.config()
				base := chain(toy)
				p := plan(t, base, cfg)
				var expired time.Time
				calls := 0
				toy.fail = func(string) error {
					calls++
					if calls >= k {
						if expired.IsZero() {
							expired = time.Now()
						}
						return fakeaws.Status(403, fakeaws.Error("ExpiredToken", "The security token included in the request is expired"))
					}
					return nil
				}
				report, err := p.Apply(ctx)
				require.ErrorContains(t, err, "ExpiredToken")
				require.NotContains(t, err.Error(), "permission", "it is not one that is missing")
				require.LessOrEqual(t, time.Since(expired), time.Second, "calls that were under way end, and none is started")
				if report != nil {
					require.Len(t, report.Outcomes, 6)
					require.Equal(t, 6, report.Count(ztcore.Done)+report.Count(ztcore.Failed)+report.Count(ztcore.Skipped), report)
					require.NotZero(t, report.Count(ztcore.Failed))
				}
				toy.fail = nil
				again, err := p.Apply(ctx)
				if err != nil { // the same plan goes on where it was cut off, unless what it left behind was not planned
					require.ErrorContains(t, err, "plan again")
					apply(t, base, cfg)
				} else if report != nil {
					require.GreaterOrEqual(t, again.Count(ztcore.Already), report.Count(ztcore.Done))
				}
				requireOneOfEach(t, toy)
				require.True(t, plan(t, base, cfg).Empty())
			})
		})
	}
}

func TestAReplacementIsDoneOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		b := box{aws: toy, Name: "b", Size: 1}
		apply(t, ztcore.NewBaseline("home", b), cfg)
		b.Size = 2
		base := ztcore.NewBaseline("home", b)
		p := plan(t, base, cfg, ztcore.AllowDelete("toy.Box/b"))
		toy.fail = func(call string) error {
			if call == "CreateBox" {
				return fakeaws.Denied(call)
			}
			return nil
		}
		_, err := p.Apply(ctx)
		require.ErrorContains(t, err, "AccessDenied")
		require.Empty(t, toy.boxes)
		toy.fail = nil
		_, err = p.Apply(ctx)
		var stale *ztcore.StaleError
		require.ErrorAs(t, err, &stale, "what was to be replaced is gone: whoever removed it, a new plan says what is left to do")
		apply(t, base, cfg)
		writes := toy.writes()
		again, err := p.Apply(ctx)
		require.NoError(t, err)
		require.Equal(t, 1, again.Count(ztcore.Already))
		require.Equal(t, writes, toy.writes())
		require.Equal(t, 2, toy.boxes["box-2"].Size)
	})
}

func TestAPlanAppliedInParallelWithItselfMakesNothingTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		p := plan(t, ztcore.NewBaseline("home", shelf{aws: toy, Name: "s", Box: "a"}, shelf{aws: toy, Name: "s2"}), toy.config())
		errs := make(chan error, 2)
		for range 2 {
			go func() {
				_, err := p.Apply(ctx)
				errs <- err
			}()
		}
		require.NoError(t, <-errs)
		require.NoError(t, <-errs, "that the other has made it is no failure")
		require.Len(t, toy.shelves, 2)
	})
}

func TestTheReportSaysWhatWasNotStarted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		within, cancel := context.WithCancel(ctx)
		p := plan(t, chain(toy), toy.config())
		report, err := p.Apply(within, ztcore.WithParallelism(1), ztcore.WithProgress(func(e ztcore.Event) {
			if f, ok := e.(ztcore.Finished); ok && f.Outcome.Status == ztcore.Done {
				cancel()
			}
		}))
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, 1, report.Count(ztcore.Done))
		require.Equal(t, 5, report.Count(ztcore.Skipped))
		require.Contains(t, report.String(), "not started: context canceled")
		require.True(t, strings.HasPrefix(report.String(), "home in 123456789012, us-east-1: 1 done, 0 already done, 0 failed, 5 skipped"))
	})
}

func TestTheReportTellsOfHalfAReplacement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, cfg := newCellar(), newToy().config()
		build := func(room string) *ztcore.Baseline {
			return ztcore.NewBaseline("home", c.declare("a", crate{Name: "base", Room: room}), c.declare("b", crate{Name: "top", Glue: c.arn("a")}))
		}
		apply(t, build("north"), cfg)
		create := c.Crate.Create
		c.Crate.Create = func(ctx context.Context, sc *ztcore.Scope, want crate) error { return denied("CreateCrate") }
		report, err := plan(t, build("south"), cfg).Apply(ctx)
		require.ErrorContains(t, err, "removed, and not made again: toy.Crate/b: replace: skipped, since toy.Crate/a failed")
		require.Equal(t, 2, report.Count(ztcore.Failed))
		c.Crate.Create = create
		apply(t, build("south"), cfg)
		require.Equal(t, []string{"base", "top"}, ids(c.crates))
	})
}
