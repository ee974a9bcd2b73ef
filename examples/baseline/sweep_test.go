package main

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/all"
)

// Whichever write of the whole baseline is lost, before its effect or after it, one apply ends where it should.
func TestAnyWriteMayBeLost(t *testing.T) {
	for k := range countWrites(t) {
		for name, fault := range map[string]func() *fakeaws.Fault{
			"before its effect": func() *fakeaws.Fault { return &fakeaws.Fault{Before: fakeaws.Lost()} },
			"after its effect":  func() *fakeaws.Fault { return &fakeaws.Fault{After: fakeaws.Lost()} },
			"by AWS's fault": func() *fakeaws.Fault {
				return &fakeaws.Fault{After: fakeaws.Status(500, fakeaws.Error("InternalError", "try again"))}
			},
		} {
			t.Run(fmt.Sprintf("%d %s", k, name), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					cloud, base := all.New(), everything(t)
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
}

func countWrites(t *testing.T) (n int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cloud := all.New()
		plan, err := everything(t).Plan(ctx, cloud.Config())
		require.NoError(t, err)
		_, err = plan.Apply(ctx)
		require.NoError(t, err)
		n = len(cloud.Writes())
	})
	return n
}
