package ztcore_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

func TestOneAtATimeTakesTheSumAndNeverBlocksItself(t *testing.T) {
	const latency = 10 * time.Millisecond
	for _, n := range []int{1, 2, 3} {
		synctest.Test(t, func(t *testing.T) {
			toy := newToy()
			toy.latency = latency
			p := plan(t, chain(toy), toy.config())
			started := time.Now()
			report, err := p.Apply(ctx, ztcore.WithParallelism(n))
			require.NoError(t, err)
			require.Equal(t, 6, report.Count(ztcore.Done))
			require.Zero(t, toy.overlaps)
			if n == 1 {
				// verify, then each reads, writes and reads; labels write twice, for they take the default away.
				require.Equal(t, (1+6*3+2)*latency, time.Since(started))
			}
			_, err = plan(t, chain(toy), toy.config(), ztcore.Destroy(), ztcore.AllowDelete("toy.Box/b", "toy.Box/b2")).Apply(ctx, ztcore.WithParallelism(n))
			require.NoError(t, err)
			require.Empty(t, toy.boxes)
		})
	}
}

func TestDomainsSerializeWritesAndNothingElse(t *testing.T) {
	const latency, sets = 10 * time.Millisecond, 20
	for name, domain := range map[string]func(ztcore.Set[string]) string{
		"one":  func(ztcore.Set[string]) string { return "all" },
		"each": func(s ztcore.Set[string]) string { return s.Parent },
		"none": nil,
	} {
		synctest.Test(t, func(t *testing.T) {
			toy := newToy()
			toy.Labels.Domain = domain
			var all ztcore.List
			for i := range sets {
				toy.labels[fmt.Sprint(i)] = nil
				all = append(all, declares(func(d *ztcore.Declaration) {
					toy.Labels.Declare(d, fmt.Sprint(i), ztcore.Set[string]{Parent: fmt.Sprint(i), Members: []string{"x"}})
				}))
			}
			toy.latency = latency
			p := plan(t, ztcore.NewBaseline("home", all), toy.config())
			started := time.Now()
			_, err := p.Apply(ctx)
			require.NoError(t, err)
			if name == "one" {
				require.Zero(t, toy.overlaps)
				require.Equal(t, (1+1+sets+1)*latency, time.Since(started), "verify, read, the writes one after another, read")
			} else {
				require.Equal(t, 4*latency, time.Since(started), "verify, read, write, read")
			}
		})
	}
}

// Kinds whose keys hold each other's ids are read in turns, and ids further away are found too.
func TestKeysMayReferBothWaysAndFarAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, other, cfg := newCellar(), newCellar(), newToy().config()
		other.Crate.Name = "toy.Barrel"
		base := ztcore.NewBaseline("home",
			c.declare("a", crate{Name: "a"}),
			other.declare("b", crate{Name: "on " + c.arn("a")}),
			c.declare("c", crate{Name: "on " + other.arn("b")}),
			c.declare("d", crate{Name: "on " + c.arn("c")}),
		)
		apply(t, base, cfg)
		require.Contains(t, c.crates, "on arn:toy:on arn:toy:on arn:toy:a///")
		p := plan(t, base, cfg)
		require.True(t, p.Empty(), p)
		apply(t, base, cfg, ztcore.Destroy())
		require.Empty(t, c.crates)
		require.Empty(t, other.crates)
	})
}
