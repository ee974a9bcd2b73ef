package ztcore_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// manyResources is a baseline of n resources, half of them found by tags and half by name, and the world in which they are as declared.
func manyResources(n int) *ztcore.Baseline {
	var boxes []boxState
	var shelves []shelfState
	toy := newToy()
	var all ztcore.List
	for i := range n / 2 {
		b := box{aws: toy, Name: fmt.Sprintf("b%d", i), Size: i, Color: "red", Tags: map[string]string{"team": "x", "cost": "y"}}
		all = append(all, b, shelf{aws: toy, Name: fmt.Sprintf("s%d", i), Box: b.ID()})
		id := fmt.Sprintf("box-%d", i)
		boxes = append(boxes, boxState{Name: b.Name, Size: i, Color: "red", ID: id, Tags: map[string]string{"team": "x", "cost": "y", ztcore.TagBaseline: "home", ztcore.TagResource: "toy.Box/" + b.Name}})
		name := fmt.Sprintf("s%d", i)
		shelves = append(shelves, shelfState{Name: name, Box: id, Tags: map[string]string{ztcore.TagBaseline: "home", ztcore.TagResource: "toy.Shelf/" + name}})
	}
	toy.Box.Read = func(context.Context, *ztcore.Scope, ztcore.Query[boxState]) ([]boxState, error) { return boxes, nil }
	toy.Shelf.Read = func(context.Context, *ztcore.Scope, ztcore.Query[shelfState]) ([]shelfState, error) {
		return shelves, nil
	}
	return ztcore.NewBaseline("home", all)
}

func BenchmarkPlan(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		base := manyResources(n)
		cfg := newToy().config()
		for name, bench := range map[string]struct {
			opts  []ztcore.PlanOption
			empty bool
		}{"empty": {nil, true}, "destroy": {[]ztcore.PlanOption{ztcore.Destroy()}, false}} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					benchmarkPlan(b, base, cfg, bench.empty, bench.opts...)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/resource")
			})
		}
	}
}

func benchmarkPlan(b *testing.B, base *ztcore.Baseline, cfg aws.Config, empty bool, opts ...ztcore.PlanOption) {
	p, err := base.Plan(ctx, cfg, opts...)
	require.NoError(b, err)
	require.Equal(b, empty, p.Empty())
}

// BenchmarkApply makes n crates, each of which refers to the one before the last ten.
func BenchmarkApply(b *testing.B) {
	for _, n := range []int{1_000, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c := newCellar()
				c.Crate.Read = func(_ context.Context, _ *ztcore.Scope, q ztcore.Query[crate]) (out []crate, err error) {
					c.mu.Lock()
					defer c.mu.Unlock()
					for _, w := range q.Want {
						if have, ok := c.crates[w.Name]; ok {
							out = append(out, have)
						}
					}
					return out, nil
				}
				var all ztcore.List
				for i := range n {
					want := crate{Name: fmt.Sprint(i)}
					if i >= 10 {
						want.On = c.arn(fmt.Sprint(i - 10))
					}
					all = append(all, c.declare(want.Name, want))
				}
				p, err := ztcore.NewBaseline("home", all).Plan(ctx, newToy().config())
				require.NoError(b, err)
				_, err = p.Apply(ctx)
				require.NoError(b, err)
				require.Len(b, c.crates, n)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/resource")
		})
	}
}
