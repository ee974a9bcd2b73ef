package main

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Whichever write is lost, before its effect or after it, one apply ends where it should. Pillar by pillar, since a
// write's neighbours are in its own.
func TestAnyWriteMayBeLost(t *testing.T) {
	points := 0
	for _, pillar := range pillarNames() {
		t.Run(pillar, func(t *testing.T) { points += loseEveryWrite(t, pillar) })
	}
	t.Logf("%d points", points)
}

func loseEveryWrite(t *testing.T, pillar string) (points int) {
	for k := range countWrites(t, pillar) {
		for name, fault := range map[string]func() *fakeaws.Fault{
			"before its effect": func() *fakeaws.Fault { return &fakeaws.Fault{Before: fakeaws.Lost()} },
			"after its effect":  func() *fakeaws.Fault { return &fakeaws.Fault{After: fakeaws.Lost()} },
			"by AWS's fault": func() *fakeaws.Fault {
				return &fakeaws.Fault{After: fakeaws.Status(500, fakeaws.Error("InternalError", "try again"))}
			},
		} {
			points++
			t.Run(fmt.Sprintf("%d %s", k, name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					cloud, base := newCloud(t), part(t, pillar)
					f := fault()
					f.Skip, f.Times, f.Match = k, 1, func(c fakeaws.Call) bool { return c.Mutating() }
					cloud.Inject(t, f)
					plan, err := base.Plan(ctx, cloud.Config())
					require.NoError(t, err)
					_, err = plan.Apply(ctx)
					require.NoError(t, err)
					again, err := base.Plan(ctx, cloud.Config())
					require.NoError(t, err)
					require.True(t, again.Empty(), again)
				})
			})
		}
	}
	return points
}

// part is a pillar alone; of the environments in segments, which are alike, one.
func part(t *testing.T, pillar string) *ztcore.Baseline {
	t.Helper()
	if pillar != "segmentation" {
		return only(t, pillar)
	}
	return ztcore.NewBaseline("zero-trust-guide", segments(place{region: fakeaws.DefaultRegion})[0].resources)
}

func countWrites(t *testing.T, pillar string) (n int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud(t)
		plan, err := part(t, pillar).Plan(ctx, cloud.Config())
		require.NoError(t, err)
		_, err = plan.Apply(ctx)
		require.NoError(t, err)
		n = len(cloud.Writes())
	})
	return n
}
