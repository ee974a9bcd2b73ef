package ztcore_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

func TestOrphansGoInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, cfg := newCellar(), newToy().config()
		apply(t, ztcore.NewBaseline("home",
			c.declare("a", crate{Name: "a-base"}), c.declare("b", crate{Name: "b-middle", Glue: c.arn("a")}), c.declare("c", crate{Name: "c-top", Glue: c.arn("b")}),
		), cfg)
		apply(t, ztcore.NewBaseline("home", c.declare("d", crate{Name: "other"})), cfg, ztcore.Prune())
		require.Equal(t, []string{"create other", "delete c-top", "delete b-middle", "delete a-base"}, c.log[3:], "last of all, and each before what it is glued to")
	})
}

func TestOrphansThatMentionEachOtherDontDeadlock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, cfg := newCellar(), newToy().config()
		tags := map[string]string{ztcore.TagBaseline: "home"}
		for i := range 4 {
			name := fmt.Sprintf("crate-%d", i)
			c.crates[name] = crate{Name: name, ARN: "arn:toy:" + name + "/", On: fmt.Sprintf("arn:toy:crate-%d/", (i+1)%4), Tags: tags}
		}
		apply(t, ztcore.NewBaseline("home"), cfg, ztcore.Prune(c.Crate))
		require.Empty(t, c.crates)
	})
}

func TestAnOrphanGoesBeforeTheReplacementOfWhatItHolds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, cfg := newCellar(), newToy().config()
		base, top := crate{Name: "base", Room: "north"}, crate{Name: "upper", Glue: c.arn("a")}
		apply(t, ztcore.NewBaseline("home", c.declare("a", base), c.declare("b", top)), cfg)
		base.Room = "south"
		apply(t, ztcore.NewBaseline("home", c.declare("a", base)), cfg, ztcore.Prune())
		require.Equal(t, []string{"delete upper", "delete base", "create base"}, c.log[2:])
	})
}

func TestAnOrphanThatSomethingNeedsIsRetained(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, cfg := newCellar(), newToy().config()
		apply(t, ztcore.NewBaseline("home", c.declare("a", crate{Name: "base"}), c.declare("b", crate{Name: "base2"})), cfg)
		rest := ztcore.NewBaseline("home", c.declare("c", crate{Name: "upper", On: "arn:toy:base/"}))
		p := plan(t, rest, cfg, ztcore.Prune())
		require.Equal(t, map[ztcore.Address]ztcore.Action{"toy.Crate/c": ztcore.Create, "toy.Crate/a": ztcore.Retain, "toy.Crate/b": ztcore.Delete}, actions(p))
		require.Contains(t, p.String(), "needed by toy.Crate/c")
	})
}

func TestReplacingTakesDependentsOffFirstWhereTheirReferenceIsForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, cfg := newCellar(), newToy().config()
		build := func(room string) *ztcore.Baseline {
			return ztcore.NewBaseline("home", c.declare("a", crate{Name: "base", Room: room}),
				c.declare("b", crate{Name: "middle", Glue: c.arn("a")}), c.declare("c", crate{Name: "top", Glue: c.arn("b")}), c.declare("d", crate{Name: "aside", On: c.arn("a")}))
		}
		apply(t, build("north"), cfg)
		p := plan(t, build("south"), cfg)
		require.Equal(t, map[ztcore.Address]ztcore.Action{"toy.Crate/a": ztcore.Replace, "toy.Crate/b": ztcore.Replace, "toy.Crate/c": ztcore.Replace, "toy.Crate/d": ztcore.Modify}, actions(p))
		c.log = nil
		_, err := p.Apply(ctx)
		require.NoError(t, err)
		require.Equal(t, []string{"delete top", "delete middle", "delete base", "create base"}, c.log[:4])
		require.ElementsMatch(t, []string{"create middle", "create top", "update aside"}, c.log[4:])
		require.Equal(t, "arn:toy:base/south", c.crates["aside"].On)
		require.True(t, plan(t, build("south"), cfg).Empty())
		again, err := p.Apply(ctx)
		require.NoError(t, err, "the same plan once more")
		require.Equal(t, 4, again.Count(ztcore.Already))
	})
}

func TestWhatHoldsDataHoldsBackTheReplacementOfWhatItNeeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		c, cfg := newCellar(), toy.config()
		build := func(room string) *ztcore.Baseline {
			return ztcore.NewBaseline("home", c.declare("a", crate{Name: "base", Room: room}), declares(func(d *ztcore.Declaration) {
				toy.Box.Declare(d, "b", boxState{Name: "b", Color: c.arn("a")})
			}), c.declare("c", crate{Name: "top", Glue: c.arn("a")}))
		}
		apply(t, build("north"), cfg)
		c.Crate.HoldsData = true
		p := plan(t, build("south"), cfg, ztcore.AllowDelete("toy.Crate/a"))
		require.Equal(t, ztcore.Retain, actions(p)["toy.Crate/a"], "the one on top would have to go first, and may not")
		require.Contains(t, p.String(), "toy.Crate/c needs it and is retained")
		p = plan(t, build("south"), cfg, ztcore.AllowDelete("toy.Crate/a", "toy.Crate/c"))
		require.Equal(t, ztcore.Replace, actions(p)["toy.Crate/a"])
		_, err := p.Apply(ctx)
		require.NoError(t, err)
		require.Equal(t, "arn:toy:base/south", toy.boxes["box-1"].Color)
	})
}

func TestAReplacedParentGetsItsMembersBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		c, cfg := newCellar(), toy.config()
		build := func(room string) *ztcore.Baseline {
			return ztcore.NewBaseline("home", c.declare("a", crate{Name: "base", Room: room}), declares(func(d *ztcore.Declaration) {
				toy.Labels.Declare(d, "a", ztcore.Set[string]{Parent: c.Crate.Ref("a", "Name"), Members: []string{"fragile"}})
			}))
		}
		remove := c.Crate.Delete
		c.Crate.Delete = func(ctx context.Context, sc *ztcore.Scope, have crate) error {
			delete(toy.labels, have.Name)
			return remove(ctx, sc, have)
		}
		apply(t, build("north"), cfg)
		apply(t, build("south"), cfg)
		require.Equal(t, []string{"fragile"}, toy.labels["base"])
		require.True(t, plan(t, build("south"), cfg).Empty())
	})
}

func TestAKindWithoutDeleteIsNotReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, cfg := newCellar(), newToy().config()
		c.Crate.Delete = nil
		apply(t, ztcore.NewBaseline("home", c.declare("a", crate{Name: "a", Room: "north"})), cfg)
		p := plan(t, ztcore.NewBaseline("home", c.declare("a", crate{Name: "a", Room: "south"})), cfg)
		require.Contains(t, p.String(), "Room can't be changed in place, and it can't be deleted; declare it as it is")
	})
}

func TestAKindMayRefuseDeletion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, cfg := newCellar(), newToy().config()
		var guardrail string
		c.Crate.RefuseDelete = func(_ *ztcore.Scope, have crate) []ztcore.Finding {
			if have.Name != "floor" {
				return nil
			}
			return []ztcore.Finding{{Message: "the run stands on it in the " + have.Room, Fix: "stand elsewhere", Guardrail: guardrail}}
		}
		build := func(room string) *ztcore.Baseline {
			return ztcore.NewBaseline("home", c.declare("a", crate{Name: "floor", Room: room}), c.declare("b", crate{Name: "shelf"}))
		}
		base := build("north")
		apply(t, base, cfg)
		for name, try := range map[string]func() (*ztcore.Plan, error){
			"destroyed": func() (*ztcore.Plan, error) { return base.Plan(ctx, cfg, ztcore.Destroy()) },
			"pruned":    func() (*ztcore.Plan, error) { return ztcore.NewBaseline("home").Plan(ctx, cfg, ztcore.Prune(c.Crate)) },
			"replaced":  func() (*ztcore.Plan, error) { return build("south").Plan(ctx, cfg) },
		} {
			guardrail = ""
			_, err := try()
			var invalid *ztcore.InvalidError
			require.ErrorAs(t, err, &invalid, name)
			require.Len(t, invalid.Findings, 1)
			require.ErrorContains(t, err, "toy.Crate/a: the run stands on it in the north (stand elsewhere)", name)
			guardrail = "toy.floor"
			p, err := try()
			require.NoError(t, err, name)
			_, err = p.Apply(ctx)
			var blocked *ztcore.BlockedError
			require.ErrorAs(t, err, &blocked, name)
		}
		guardrail = ""
		kept := ztcore.NewBaseline("home", ztcore.Ignore(c.declare("a", crate{Name: "floor", Room: "north"})), c.declare("b", crate{Name: "shelf"}))
		apply(t, kept, cfg, ztcore.Destroy())
		require.Equal(t, []string{"floor"}, ids(c.crates), "what is kept is not asked about")
	})
}

// A lattice has as many paths as a search can't follow.
func TestRemovalsAreOrderedWithoutFollowingEveryPath(t *testing.T) {
	const layers, width = 30, 3
	synctest.Test(t, func(t *testing.T) {
		c, cfg := newCellar(), newToy().config()
		var all ztcore.List
		var below []string
		for l := range layers {
			var here []string
			after := below
			for w := range width {
				name := fmt.Sprintf("crate-%d-%d", l, w)
				all = append(all, declares(func(d *ztcore.Declaration) { c.Crate.Declare(d, name, crate{Name: name}).After(after...) }))
				here = append(here, c.arn(name))
			}
			below = here
		}
		base := ztcore.NewBaseline("home", all)
		apply(t, base, cfg)
		started := time.Now()
		apply(t, base, cfg, ztcore.Destroy())
		require.Equal(t, started, time.Now())
		require.Empty(t, c.crates)
		require.Less(t, slices.Index(c.log, "delete crate-29-0"), slices.Index(c.log, "delete crate-0-0"))
	})
}

func TestAPartOfANameIsNoMention(t *testing.T) {
	type rack struct {
		Room string            `zt:"key"` // another object's id
		Name string            `zt:"key"`
		On   string            // another rack's ARN
		Tags map[string]string `zt:"tags"`
		ARN  string            `zt:"output"`
	}
	synctest.Test(t, func(t *testing.T) {
		tags := map[string]string{ztcore.TagBaseline: "home"}
		racks := []rack{{Room: "room-1", Name: "a", ARN: "arn:toy:rack-a", Tags: tags}, {Room: "room-1", Name: "b", ARN: "arn:toy:rack-b", On: "arn:toy:rack-a", Tags: tags}}
		var log []string
		kind := &ztcore.Kind[rack]{
			Name: "toy.Rack",
			Read: func(context.Context, *ztcore.Scope, ztcore.Query[rack]) ([]rack, error) {
				return slices.Clone(racks), nil
			},
			Put: func(context.Context, *ztcore.Scope, rack) error { return nil },
			Delete: func(_ context.Context, _ *ztcore.Scope, have rack) error {
				log = append(log, have.Name)
				racks = slices.DeleteFunc(racks, func(r rack) bool { return r.Name == have.Name })
				return nil
			},
		}
		apply(t, ztcore.NewBaseline("home"), newToy().config(), ztcore.Prune(kind))
		require.Equal(t, []string{"b", "a"}, log, "that both are in one room makes neither wait for the other")
	})
}

func TestTagsMentionNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, cfg := newCellar(), newToy().config()
		c.crates["base"] = crate{Name: "base", ARN: "arn:toy:base/", Tags: map[string]string{ztcore.TagBaseline: "home", "carries": "arn:toy:upper/"}}
		c.crates["upper"] = crate{Name: "upper", ARN: "arn:toy:upper/", Glue: "arn:toy:base/", Tags: map[string]string{ztcore.TagBaseline: "home"}}
		stays := crate{Name: "aside", Tags: map[string]string{"next-to": "arn:toy:upper/"}}
		apply(t, ztcore.NewBaseline("home", c.declare("aside", stays)), cfg, ztcore.Prune())
		require.Equal(t, []string{"create aside", "delete upper", "delete base"}, c.log)
	})
}
