package ztcore_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

var ctx = context.Background()

func plan(t *testing.T, b *ztcore.Baseline, cfg aws.Config, opts ...ztcore.PlanOption) *ztcore.Plan {
	t.Helper()
	p, err := b.Plan(ctx, cfg, opts...)
	require.NoError(t, err)
	return p
}

func apply(t *testing.T, b *ztcore.Baseline, cfg aws.Config, opts ...ztcore.PlanOption) *ztcore.Report {
	t.Helper()
	p := plan(t, b, cfg, opts...)
	r, err := p.Apply(ctx)
	require.NoError(t, err, p)
	return r
}

func actions(p *ztcore.Plan) map[ztcore.Address]ztcore.Action {
	out := map[ztcore.Address]ztcore.Action{}
	for _, s := range p.Steps {
		out[s.Address] = s.Action
	}
	return out
}

func TestLifecycle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		b1 := box{aws: toy, Name: "b1", Size: 3, Color: "red"}
		base := ztcore.NewBaseline("home", b1, shelf{aws: toy, Name: "s1", Box: b1.ID(), Labels: []string{"a"}})

		first := plan(t, base, cfg)
		require.Zero(t, toy.writes(), "a plan writes nothing")
		require.False(t, first.Empty())
		require.Contains(t, first.String(), "(known after apply: toy.Box/b1#ID)")
		report, err := first.Apply(ctx)
		require.NoError(t, err)
		require.Equal(t, 3, report.Count(ztcore.Done))
		require.Equal(t, "box-1", toy.shelves["s1"].Box, "the token was resolved")
		require.Equal(t, []string{"a"}, toy.labels["s1"], "the default label was removed")
		require.Equal(t, map[string]string{ztcore.TagBaseline: "home", ztcore.TagResource: "toy.Box/b1"}, toy.boxes["box-1"].Tags)

		second := plan(t, base, cfg)
		require.True(t, second.Empty(), second)
		writes := toy.writes()
		_, err = second.Apply(ctx)
		require.NoError(t, err)
		require.Equal(t, writes, toy.writes(), "an empty plan writes nothing")

		again, err := first.Apply(ctx)
		require.NoError(t, err)
		require.Equal(t, 3, again.Count(ztcore.Already))
		require.Equal(t, writes, toy.writes())

		b := toy.boxes["box-1"]
		b.Color = "blue"
		toy.boxes["box-1"] = b
		toy.labels["s1"] = append(toy.labels["s1"], "foreign")
		drift := plan(t, base, cfg)
		require.Equal(t, map[ztcore.Address]ztcore.Action{"toy.Box/b1": ztcore.Modify, "toy.Shelf/s1": ztcore.None, "toy.Labels/s1": ztcore.Modify}, actions(drift))
		require.Contains(t, drift.String(), `Color: "blue" → "red"`)
		require.Contains(t, drift.String(), `Members: - "foreign"`)
		_, err = drift.Apply(ctx)
		require.NoError(t, err)
		require.True(t, plan(t, base, cfg).Empty())

		retained := plan(t, base, cfg, ztcore.Destroy())
		require.Equal(t, ztcore.Retain, actions(retained)["toy.Box/b1"], "it holds data")
		require.Equal(t, ztcore.Delete, actions(retained)["toy.Shelf/s1"])
		apply(t, base, cfg, ztcore.Destroy(), ztcore.AllowDelete("toy.Box/b1"))
		require.Empty(t, toy.boxes)
		require.Empty(t, toy.shelves)
	})
}

func TestReplacementGoesInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		b := box{aws: toy, Name: "b", Size: 1}
		apply(t, ztcore.NewBaseline("home", b), cfg)
		b.Size = 2
		p := plan(t, ztcore.NewBaseline("home", b), cfg)
		require.Equal(t, ztcore.Retain, p.Steps[0].Action)
		require.False(t, p.Empty())
		p = plan(t, ztcore.NewBaseline("home", b), cfg, ztcore.AllowDelete("toy.Box/b"))
		require.Equal(t, ztcore.Replace, p.Steps[0].Action)
		_, err := p.Apply(ctx)
		require.NoError(t, err)
		require.Len(t, toy.boxes, 1)
		require.Equal(t, 2, toy.boxes["box-2"].Size)
	})
}

func TestAllProblemsAtOnce(t *testing.T) {
	toy := newToy()
	cloudless := aws.Config{}
	bad := ztcore.NewBaseline("home",
		box{aws: toy, Name: "b1", Size: -1},
		box{aws: toy, Name: "b#2"},
		box{aws: toy, Name: "b3", Size: 1}, box{aws: toy, Name: "b3", Size: 2},
		box{aws: toy, Name: "b4", Tags: map[string]string{"aws:x": "1", "team": "a", "Team": "b"}},
		shelf{aws: toy, Name: "s1", Box: toy.Box.Ref("nowhere", "ID")},
		shelf{aws: toy, Name: "s2", Box: toy.Box.Ref("b1", "Weight")},
		shelf{aws: toy, Name: "s3", Labels: []string{"x", "x"}},
		shelf{aws: toy, Name: "s4", Box: toy.Shelf.Ref("s5", "ARN")}, shelf{aws: toy, Name: "s5", Box: toy.Shelf.Ref("s4", "ARN")},
	)
	_, err := bad.Plan(ctx, cloudless)
	var invalid *ztcore.InvalidError
	require.ErrorAs(t, err, &invalid)
	for _, want := range []string{
		"toy.Box/b1: Size: is negative (use 0 or more)",
		`toy.Box/b#2: Name: "b#2" can't be used as a name`,
		"toy.Box/b3: declared twice with different contents",
		"toy.Box/b4: Tags[aws:x]", `Tags[team]: differs from "Team" in case only`,
		"toy.Shelf/s1: refers to toy.Box/nowhere, which is not declared",
		"toy.Shelf/s2: refers to Weight of toy.Box/b1, which has no such attribute",
		"toy.Labels/s3: Members: x is declared twice",
		"cycle: toy.Shelf/s4 → toy.Shelf/s5 → toy.Shelf/s4",
	} {
		require.Contains(t, err.Error(), want)
	}
	require.Len(t, invalid.Findings, 11, "region and credentials are missing too")
	require.Empty(t, toy.calls)

	good := ztcore.NewBaseline("home", box{aws: toy, Name: "b"})
	_, err = good.Plan(ctx, cloudless)
	require.ErrorAs(t, err, &invalid)
	require.Len(t, invalid.Findings, 2, "no region, no credentials")
	_, err = good.ForAccount("111111111111").Plan(ctx, toy.config())
	require.ErrorContains(t, err, "the credentials are of account 123456789012, and the baseline is pinned to 111111111111")
	_, err = bad.ForAccount("111111111111").Plan(ctx, toy.config())
	require.ErrorAs(t, err, &invalid)
	require.Len(t, invalid.Findings, 10, "the account is wrong as well")
}

func TestWhatIsNotOursIsAConflict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		toy.shelves["s"] = shelfState{Name: "s", Box: "old", Tags: map[string]string{"team": "x"}}
		base := ztcore.NewBaseline("home", shelf{aws: toy, Name: "s", Box: "new"})
		p := plan(t, base, cfg)
		require.Equal(t, ztcore.Conflict, p.Steps[0].Action)
		require.False(t, p.Empty())
		_, err := p.Apply(ctx)
		var conflict *ztcore.ConflictError
		require.ErrorAs(t, err, &conflict)
		require.Zero(t, toy.writes())

		watched := plan(t, base, cfg, ztcore.ObserveAll())
		require.True(t, watched.Empty())
		require.Len(t, watched.Drift(), 1)

		adopted := plan(t, base, cfg, ztcore.AdoptAll())
		require.Equal(t, ztcore.TakeOver, adopted.Steps[0].Action)
		_, err = adopted.Apply(ctx)
		require.NoError(t, err)
		require.Equal(t, "home", toy.shelves["s"].Tags[ztcore.TagBaseline])
		require.True(t, plan(t, base, cfg).Empty())

		other := plan(t, ztcore.NewBaseline("away", shelf{aws: toy, Name: "s"}), cfg, ztcore.AdoptAll())
		require.Contains(t, other.String(), `belongs to baseline "home"`)
	})
}

func TestGuardrailsBlockUnlessWaived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		pink := box{aws: toy, Name: "b", Color: "pink"}
		_, err := plan(t, ztcore.NewBaseline("home", pink), cfg).Apply(ctx)
		var blocked *ztcore.BlockedError
		require.ErrorAs(t, err, &blocked)
		_, err = plan(t, ztcore.NewBaseline("home", pink, ztcore.Waive("toy.pink", "toy.Box/b", "old", time.Now().Add(-time.Hour))), cfg).Apply(ctx)
		require.ErrorAs(t, err, &blocked, "the waiver has ended")
		p := plan(t, ztcore.NewBaseline("home", pink, ztcore.Waive("toy.pink", "toy.Box/b", "a party", time.Now().Add(time.Hour))), cfg)
		require.Contains(t, p.String(), "a party")
		_, err = p.Apply(ctx)
		require.NoError(t, err)
	})
}

func TestAStalePlanIsRefusedBeforeTheFirstWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		base := func(color string) *ztcore.Baseline {
			return ztcore.NewBaseline("home", box{aws: toy, Name: "a", Color: color}, box{aws: toy, Name: "b"}, shelf{aws: toy, Name: "s"})
		}
		apply(t, base("red"), cfg)
		p := plan(t, base("green"), cfg)
		approved, err := json.Marshal(p)
		require.NoError(t, err)
		find := func(name string) string {
			for id, b := range toy.boxes {
				if b.Name == name {
					return id
				}
			}
			return ""
		}
		paint := func(name, color string) {
			b := toy.boxes[find(name)]
			b.Color = color
			toy.boxes[b.ID] = b
		}
		paint("a", "black")
		writes := toy.writes()
		_, err = p.Apply(ctx)
		var stale *ztcore.StaleError
		require.ErrorAs(t, err, &stale)
		require.Equal(t, ztcore.Address("toy.Box/a"), stale.Resources[0].Address)
		_, err = base("green").Load(ctx, cfg, approved)
		require.ErrorAs(t, err, &stale)
		require.Equal(t, writes, toy.writes())

		paint("a", "red")
		paint("b", "black") // not touched by the plan
		loaded, err := base("green").Load(ctx, cfg, approved)
		require.NoError(t, err)
		_, err = loaded.Apply(ctx)
		require.NoError(t, err)
		require.Equal(t, "green", toy.boxes[find("a")].Color)
		require.Equal(t, "black", toy.boxes[find("b")].Color, "was not approved")
		loaded, err = base("green").Load(ctx, cfg, approved)
		require.NoError(t, err)
		require.True(t, loaded.Empty(), "already done")

		_, err = base("yellow").Load(ctx, cfg, approved)
		require.ErrorAs(t, err, &stale, "the baseline has changed")
		var invalid *ztcore.InvalidError
		_, err = base("green").Load(ctx, fakeaws.New().Config(), approved)
		require.Error(t, err)
		_, err = base("green").Load(ctx, cfg, []byte(strings.Replace(string(approved), "123456789012", "210987654321", 1)))
		require.ErrorAs(t, err, &invalid)
	})
}

func TestFaultsEndInTheSameState(t *testing.T) {
	lost := func(name string) error { return fakeaws.Lost() }
	cases := map[string]func(toy *toyAWS, name string) error{
		"before the effect": func(toy *toyAWS, name string) error { return fakeaws.Lost() },
		"throttled":         func(toy *toyAWS, name string) error { return fakeaws.Throttled() },
		"not there yet":     func(toy *toyAWS, name string) error { return fakeaws.Error("BoxNotFound", "no box") },
	}
	once := func(call string, f func(string) error) func(string) error {
		hit := false
		return func(name string) error {
			if name == call && !hit {
				hit = true
				return f(name)
			}
			return nil
		}
	}
	build := func(toy *toyAWS) *ztcore.Baseline {
		b := box{aws: toy, Name: "b", Color: "red"}
		return ztcore.NewBaseline("home", b, shelf{aws: toy, Name: "s", Box: b.ID(), Labels: []string{"x", "y"}})
	}
	check := func(t *testing.T, toy *toyAWS) {
		require.Len(t, toy.boxes, 1)
		require.ElementsMatch(t, []string{"x", "y"}, toy.labels["s"])
	}
	for _, call := range []string{"CreateBox", "CreateShelf", "AddLabels", "RemoveLabels"} {
		for name, fault := range cases {
			if name == "not there yet" && call == "CreateBox" {
				continue // nothing that it depends on was made in this run, so it fails at once
			}
			t.Run(call+" "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					toy := newToy()
					toy.fail = once(call, func(n string) error { return fault(toy, n) })
					apply(t, build(toy), toy.config())
					check(t, toy)
				})
			})
		}
		t.Run(call+" answer lost", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				toy := newToy()
				toy.lose = once(call, lost)
				apply(t, build(toy), toy.config())
				check(t, toy)
			})
		})
	}
}

func TestAPermanentErrorStopsOnlyWhatDependsOnIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		denied := fakeaws.Denied("toy:CreateBox")
		toy.fail = func(name string) error {
			if name == "CreateBox" {
				return denied
			}
			return nil
		}
		b := box{aws: toy, Name: "b"}
		base := ztcore.NewBaseline("home", b, shelf{aws: toy, Name: "s1", Box: b.ID()}, shelf{aws: toy, Name: "s2"})
		report, err := plan(t, base, toy.config()).Apply(ctx)
		require.ErrorIs(t, err, denied)
		var step *ztcore.StepError
		require.True(t, errors.As(err, &step))
		require.Equal(t, ztcore.Address("toy.Box/b"), step.Address)
		require.Equal(t, []int{1, 1, 1}, []int{report.Count(ztcore.Done), report.Count(ztcore.Failed), report.Count(ztcore.Skipped)}, report)
		toy.fail = nil
		apply(t, base, toy.config())
		require.Len(t, toy.shelves, 2)
	})
}

func TestPruneDeletesOnlyWhatIsOursAndUndeclared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		b := box{aws: toy, Name: "b"}
		apply(t, ztcore.NewBaseline("home", b, shelf{aws: toy, Name: "s", Box: b.ID()}), cfg)
		toy.shelves["foreign"] = shelfState{Name: "foreign"}
		rest := ztcore.NewBaseline("home", box{aws: toy, Name: "b2"})
		require.Len(t, plan(t, rest, cfg).Steps, 1)
		pruned := plan(t, rest, cfg, ztcore.Prune(toy.Shelf))
		require.Equal(t, map[ztcore.Address]ztcore.Action{"toy.Box/b2": ztcore.Create, "toy.Box/b": ztcore.Retain, "toy.Shelf/s": ztcore.Delete}, actions(pruned))
		apply(t, rest, cfg, ztcore.Prune(toy.Shelf), ztcore.AllowDelete("toy.Box/b"))
		require.Len(t, toy.boxes, 1)
		require.Equal(t, []string{"foreign"}, ids(toy.shelves))
	})
}

func TestForeignMembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for mode, want := range map[ztcore.Foreign][]string{
			ztcore.RemoveForeign: {"a"}, ztcore.ReportForeign: {"default", "a"}, ztcore.LeaveForeign: {"default", "a"},
		} {
			toy := newToy()
			cfg := toy.config()
			base := ztcore.NewBaseline("home", shelf{aws: toy, Name: "s", Labels: []string{"a"}, Other: mode})
			apply(t, base, cfg)
			require.Equal(t, want, toy.labels["s"])
			p := plan(t, base, cfg)
			require.True(t, p.Empty())
			if mode == ztcore.ReportForeign {
				require.Equal(t, []string{`not declared, and left: "default"`}, p.Steps[1].Notes)
			}
		}
	})
}

// What a set leaves alone while it stands it leaves alone when it goes.
func TestForeignMembersOutliveTheirSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for mode, want := range map[ztcore.Foreign][]string{
			ztcore.RemoveForeign: {}, ztcore.ReportForeign: {"default", "by hand"}, ztcore.LeaveForeign: {"default", "by hand"},
		} {
			toy := newToy()
			cfg := toy.config()
			apply(t, ztcore.NewBaseline("shelves", shelf{aws: toy, Name: "s"}), cfg)
			sets := ztcore.NewBaseline("sets", labelsOf{aws: toy, Shelf: "s", Labels: []string{"a"}, Other: mode})
			apply(t, sets, cfg)
			toy.labels["s"] = append(toy.labels["s"], "by hand")
			apply(t, sets, cfg, ztcore.Destroy())
			require.ElementsMatch(t, want, toy.labels["s"])
			require.True(t, plan(t, sets, cfg, ztcore.Destroy()).Empty())
		}
	})
}

func TestWhatCannotChangeAndDiffersIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type stone struct {
			Name string `zt:"key"`
			Size int    `zt:"immutable"`
		}
		var stones []stone
		kind := &ztcore.Kind[stone]{
			Name: "toy.Stone",
			Read: func(context.Context, *ztcore.Scope, ztcore.Query[stone]) ([]stone, error) { return stones, nil },
			Create: func(_ context.Context, _ *ztcore.Scope, want stone) error {
				stones = []stone{{want.Name, 2}} // whatever was asked for
				return nil
			},
		}
		declare := declared(func(d *ztcore.Declaration) { kind.Declare(d, "s", stone{"s", 1}) })
		_, err := plan(t, ztcore.NewBaseline("home", declare), newToy().config()).Apply(ctx)
		require.ErrorContains(t, err, "toy.Stone can't be changed, and AWS shows Size otherwise than it was asked for")
	})
}

// declared is a resource of a test's own.
type declared func(d *ztcore.Declaration)

func (f declared) Declare(d *ztcore.Declaration) { f(d) }

func TestAFullSetIsEmptiedFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		apply(t, ztcore.NewBaseline("home", shelf{aws: toy, Name: "s", Labels: []string{"a", "b"}}), cfg)
		toy.calls = nil
		var last ztcore.Finished
		var log strings.Builder
		p := plan(t, ztcore.NewBaseline("home", shelf{aws: toy, Name: "s", Labels: []string{"a", "c", "d"}}), cfg)
		report, err := p.Apply(ctx, ztcore.WithLogger(slog.New(slog.NewTextHandler(&log, nil))), ztcore.WithProgress(func(e ztcore.Event) {
			if f, ok := e.(ztcore.Finished); ok {
				last = f
			}
		}))
		require.NoError(t, err)
		require.ElementsMatch(t, []string{"a", "c", "d"}, toy.labels["s"])
		const note = "s was full, so what is not declared (1) was removed before what is new (2) was added"
		require.Equal(t, []string{note}, report.Outcomes[0].Notes)
		require.Equal(t, report.Outcomes[0], last.Outcome)
		require.Contains(t, report.String(), "toy.Labels/s\n    note: "+note)
		require.Contains(t, log.String(), note)
	})
}

func TestApplyTakesItsCriticalPath(t *testing.T) {
	const latency = 50 * time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		toy.latency = latency
		var all ztcore.List
		for _, n := range []string{"1", "2", "3", "4"} {
			b := box{aws: toy, Name: "b" + n}
			all = append(all, b, shelf{aws: toy, Name: "s" + n, Box: b.ID(), Labels: []string{"default", "x"}})
		}
		base := ztcore.NewBaseline("home", all)
		p := plan(t, base, toy.config())
		started := time.Now()
		_, err := p.Apply(ctx)
		require.NoError(t, err)
		// verify, then box (read, write, read), shelf (3), then labels: reads in parallel, four writes in one domain, one read.
		require.Equal(t, (1+3+3+1+4+1)*latency, time.Since(started))
		require.Zero(t, toy.overlaps)

		started = time.Now()
		require.True(t, plan(t, base, toy.config()).Empty())
		require.Equal(t, 2*latency, time.Since(started), "labels wait for shelves, boxes for nobody")
	})
}

func TestSecretsAreMasked(t *testing.T) {
	toy := newToy()
	p := plan(t, ztcore.NewBaseline("home", shelf{aws: toy, Name: "s", Secret: "canary"}), toy.config())
	doc, err := json.Marshal(p)
	require.NoError(t, err)
	require.NotContains(t, p.String()+string(doc), "canary")
	require.Contains(t, p.String(), "Secret: + (secret)")
}

func TestProgressIsTyped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		var seen []string
		p := plan(t, ztcore.NewBaseline("home", box{aws: toy, Name: "b"}), toy.config())
		_, err := p.Apply(ctx, ztcore.WithProgress(func(e ztcore.Event) {
			switch e := e.(type) {
			case ztcore.Started:
				seen = append(seen, "started "+string(e.Address))
			case ztcore.Finished:
				seen = append(seen, string(e.Outcome.Status)+" "+string(e.Outcome.Address))
			}
		}))
		require.NoError(t, err)
		require.Equal(t, []string{"started toy.Box/b", "done toy.Box/b"}, seen)
	})
}
