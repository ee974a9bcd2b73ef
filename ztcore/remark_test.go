package ztcore_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

func TestRemarksOfAllWritesOfAResourceAreReported(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, cfg := newCellar(), newToy().config()
		create, remove, update := c.Crate.Create, c.Crate.Delete, c.Crate.Update
		c.Crate.Create = func(ctx context.Context, sc *ztcore.Scope, want crate) error {
			return ztcore.Each(ctx, 5, func(ctx context.Context, i int) error {
				ztcore.Remark(ctx, "made of wood")
				if i > 0 {
					return nil
				}
				return create(ctx, sc, want)
			})
		}
		c.Crate.Update = func(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[crate]) error {
			ztcore.Remark(ctx, "moved")
			return update(ctx, sc, u)
		}
		c.Crate.Delete = func(ctx context.Context, sc *ztcore.Scope, have crate) error {
			ztcore.Remark(ctx, "burned")
			return remove(ctx, sc, have)
		}
		build := func(room, on string) *ztcore.Baseline {
			return ztcore.NewBaseline("home", c.declare("a", crate{Name: "a", Room: room, On: on}))
		}
		notes := func(r *ztcore.Report) []string { return r.Outcomes[0].Notes }
		require.Equal(t, []string{"made of wood"}, notes(apply(t, build("north", ""), cfg)), "once")
		require.Equal(t, []string{"moved"}, notes(apply(t, build("north", "floor"), cfg)))
		require.Equal(t, []string{"burned", "made of wood"}, notes(apply(t, build("south", "floor"), cfg)))
		require.Equal(t, []string{"burned"}, notes(apply(t, build("south", "floor"), cfg, ztcore.Destroy())))
	})
}

func TestARemarkOutsideOfARunIsDropped(t *testing.T) {
	require.NotPanics(t, func() { ztcore.Remark(context.Background(), "nobody listens") })
}
