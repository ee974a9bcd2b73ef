package ztcore_test

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// crate has a natural name that need not be its address, may stand in another crate, and may hang on one by its name.
type crate struct {
	Name string            `zt:"key"`
	Room string            `zt:"immutable"`
	On   string            // another crate's ARN
	Glue string            `zt:"immutable"` // as On, but for good
	Tags map[string]string `zt:"tags"`
	ARN  string            `zt:"output"`
}

// cellar keeps crates. A crate that another is glued to can't be removed.
type cellar struct {
	mu     sync.Mutex
	crates map[string]crate
	log    []string
	Crate  *ztcore.Kind[crate]
}

func newCellar() *cellar {
	c := &cellar{crates: map[string]crate{}}
	write := func(call string, f func() error) error {
		c.mu.Lock()
		defer c.mu.Unlock()
		err := f()
		if err == nil {
			c.log = append(c.log, call)
		}
		return err
	}
	c.Crate = &ztcore.Kind[crate]{
		Name: "toy.Crate",
		Read: func(context.Context, *ztcore.Scope, ztcore.Query[crate]) (out []crate, err error) {
			c.mu.Lock()
			defer c.mu.Unlock()
			for _, name := range ids(c.crates) {
				out = append(out, c.crates[name])
			}
			return out, nil
		},
		Create: func(_ context.Context, _ *ztcore.Scope, want crate) error {
			return write("create "+want.Name, func() error {
				if _, ok := c.crates[want.Name]; ok {
					return fakeaws.Error("CrateAlreadyExists", "%s", want.Name)
				}
				want.ARN = "arn:toy:" + want.Name + "/" + want.Room
				c.crates[want.Name] = want
				return nil
			})
		},
		Update: func(_ context.Context, _ *ztcore.Scope, u ztcore.Update[crate]) error {
			return write("update "+u.Want.Name, func() error {
				u.Want.ARN = u.Have.ARN
				c.crates[u.Want.Name] = u.Want
				return nil
			})
		},
		Delete: func(_ context.Context, _ *ztcore.Scope, have crate) error {
			return write("delete "+have.Name, func() error {
				for _, other := range c.crates {
					if other.Glue == have.ARN && other.Name != have.Name {
						return fakeaws.Error("DependencyViolation", "%s is glued to %s", other.Name, have.Name)
					}
				}
				delete(c.crates, have.Name)
				return nil
			})
		},
	}
	return c
}

func (c *cellar) declare(address string, want crate) ztcore.Resource {
	return declares(func(d *ztcore.Declaration) { c.Crate.Declare(d, address, want) })
}

func (c *cellar) arn(address string) string { return c.Crate.Ref(address, "ARN") }

func (c *cellar) owner(name string) string { return c.crates[name].Tags[ztcore.TagResource] }

func TestARenamedResourceKeepsItsObject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, cfg := newCellar(), newToy().config()
		apply(t, ztcore.NewBaseline("home", c.declare("old", crate{Name: "wine"})), cfg)
		for _, opts := range [][]ztcore.PlanOption{nil, {ztcore.Prune()}} {
			p := plan(t, ztcore.NewBaseline("home", c.declare("new", crate{Name: "wine"})), cfg, opts...)
			require.Equal(t, map[ztcore.Address]ztcore.Action{"toy.Crate/new": ztcore.Modify}, actions(p), "nothing is pruned that is declared by its name")
			require.Contains(t, p.String(), "was toy.Crate/old")
		}
		apply(t, ztcore.NewBaseline("home", c.declare("new", crate{Name: "wine"})), cfg, ztcore.Prune())
		require.Equal(t, []string{"create wine", "update wine"}, c.log)
		require.Equal(t, "toy.Crate/new", c.owner("wine"))
	})
}

func TestResourcesMaySwapTheirNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, cfg := newCellar(), newToy().config()
		apply(t, ztcore.NewBaseline("home", c.declare("a", crate{Name: "wine"}), c.declare("b", crate{Name: "beer"})), cfg)
		swapped := ztcore.NewBaseline("home", c.declare("a", crate{Name: "beer"}), c.declare("b", crate{Name: "wine"}))
		apply(t, swapped, cfg, ztcore.Prune())
		require.Equal(t, "toy.Crate/a", c.owner("beer"))
		require.Equal(t, "toy.Crate/b", c.owner("wine"))
		require.True(t, plan(t, swapped, cfg, ztcore.Prune()).Empty())
	})
}

func TestAResourceThatTakesAnotherNameLeavesAnOrphan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, cfg := newCellar(), newToy().config()
		apply(t, ztcore.NewBaseline("home", c.declare("a", crate{Name: "wine"})), cfg)
		moved := ztcore.NewBaseline("home", c.declare("a", crate{Name: "beer"}))
		apply(t, moved, cfg)
		require.Equal(t, []string{"beer", "wine"}, ids(c.crates))
		require.Equal(t, map[ztcore.Address]ztcore.Action{"toy.Crate/a": ztcore.None, "toy.Crate/wine": ztcore.Delete}, actions(plan(t, moved, cfg, ztcore.Prune())))
		apply(t, moved, cfg, ztcore.Prune())
		require.Equal(t, []string{"beer"}, ids(c.crates))
	})
}

func TestTwoNamesForOneObjectAreRefused(t *testing.T) {
	c := newCellar()
	_, err := ztcore.NewBaseline("home", c.declare("a", crate{Name: "x-123456789012"}), c.declare("b", crate{Name: "x-" + ztcore.AccountID})).Plan(ctx, newToy().config())
	require.ErrorContains(t, err, "toy.Crate/b: is the same AWS object as toy.Crate/a")
}

func TestTwoClaimantsOfOneTagAreAConflict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		base := ztcore.NewBaseline("home", box{aws: toy, Name: "b"})
		apply(t, base, cfg)
		twin := toy.boxes["box-1"]
		twin.ID = "box-9"
		toy.boxes["box-9"] = twin
		require.Equal(t, ztcore.Conflict, plan(t, base, cfg).Steps[0].Action)
		p := plan(t, base, cfg, ztcore.Destroy(), ztcore.AllowDelete("toy.Box/b"))
		require.Equal(t, ztcore.Conflict, p.Steps[0].Action, "which of the two is to go, nobody knows")

		gone := ztcore.NewBaseline("home", shelf{aws: toy, Name: "s"})
		p = plan(t, gone, cfg, ztcore.Prune(toy.Box))
		require.Equal(t, []ztcore.Address{"toy.Shelf/s", "toy.Box/b", "toy.Box/b (box-9)"}, slices.Collect(addresses(p)))
		apply(t, gone, cfg, ztcore.Prune(toy.Box), ztcore.AllowDelete("toy.Box/b (box-9)"))
		require.Equal(t, []string{"box-1"}, ids(toy.boxes), "each of two orphans is told by its id")
	})
}

func addresses(p *ztcore.Plan) func(func(ztcore.Address) bool) {
	return func(yield func(ztcore.Address) bool) {
		for _, s := range p.Steps {
			if !yield(s.Address) {
				return
			}
		}
	}
}

func TestAnOrphanWhoseTagWasEditedIsStillPruned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		apply(t, ztcore.NewBaseline("home", box{aws: toy, Name: "b"}), cfg)
		toy.boxes["box-1"].Tags[ztcore.TagResource] = "somebody's note"
		apply(t, ztcore.NewBaseline("home", shelf{aws: toy, Name: "s"}), cfg, ztcore.Prune(toy.Box), ztcore.AllowDelete("toy.Box/b"))
		require.Empty(t, toy.boxes)
	})
}

func TestAdoptionByLabel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		toy.boxes["box-7"] = boxState{ID: "box-7", Name: "b", Size: 3, Tags: map[string]string{"team": "x"}}
		base := ztcore.NewBaseline("home", ztcore.Adopt(box{aws: toy, Name: "b", Size: 3, Color: "red"}))
		p := plan(t, base, cfg)
		require.Equal(t, ztcore.TakeOver, p.Steps[0].Action)
		_, err := p.Apply(ctx)
		require.NoError(t, err)
		require.Equal(t, map[string]string{"team": "x", ztcore.TagBaseline: "home", ztcore.TagResource: "toy.Box/b"}, toy.boxes["box-7"].Tags)
		require.True(t, plan(t, base, cfg).Empty())

		toy.boxes["box-8"] = boxState{ID: "box-8", Name: "c"}
		toy.boxes["box-9"] = boxState{ID: "box-9", Name: "c"}
		p = plan(t, ztcore.NewBaseline("home", ztcore.Adopt(box{aws: toy, Name: "c"})), cfg)
		require.Contains(t, p.String(), "2 objects are called c (box-8, box-9); delete or rename all but one")
		_, err = p.Apply(ctx)
		var conflict *ztcore.ConflictError
		require.ErrorAs(t, err, &conflict)
	})
}

func TestAdoptionNeverReplaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, cfg := newCellar(), newToy().config()
		c.crates["wine"] = crate{Name: "wine", Room: "north"}
		p := plan(t, ztcore.NewBaseline("home", c.declare("a", crate{Name: "wine", Room: "south"})), cfg, ztcore.AdoptAll())
		require.Equal(t, ztcore.Conflict, p.Steps[0].Action)
		require.Contains(t, p.Steps[0].Reason, "Room can't be changed in place, and what is adopted is not replaced")
	})
}

func TestObservedIsAnyonesAndNeverWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		apply(t, ztcore.NewBaseline("platform", box{aws: toy, Name: "net", Color: "red"}), cfg)
		seen := func(color string) *ztcore.Baseline {
			net := box{aws: toy, Name: "net", Color: color}
			return ztcore.NewBaseline("home", ztcore.Observe(net), shelf{aws: toy, Name: "s", Box: net.ID()})
		}
		p := plan(t, seen("red"), cfg)
		require.Equal(t, ztcore.None, actions(p)["toy.Box/net"], "that it is not ours is no drift: %s", p)
		apply(t, seen("red"), cfg)
		require.Equal(t, "box-1", toy.shelves["s"].Box)
		drift := plan(t, seen("blue"), cfg)
		require.True(t, drift.Empty())
		require.Len(t, drift.Drift()[0].Changes, 1)

		p = plan(t, seen("red"), cfg, ztcore.Destroy())
		require.Equal(t, map[ztcore.Address]ztcore.Action{"toy.Box/net": ztcore.None, "toy.Shelf/s": ztcore.Delete}, actions(p))
	})
}

func TestIDsThatNoRunWillKnowAreRefused(t *testing.T) {
	toy := newToy()
	cfg := toy.config()
	net := box{aws: toy, Name: "net"}
	_, err := ztcore.NewBaseline("home", ztcore.Observe(net), shelf{aws: toy, Name: "s", Box: net.ID()}).Plan(ctx, cfg)
	var invalid *ztcore.InvalidError
	require.ErrorAs(t, err, &invalid)
	require.ErrorContains(t, err, "toy.Shelf/s: refers to ID of toy.Box/net, which is only observed and does not exist")
	_, err = ztcore.NewBaseline("home", ztcore.Ignore(net), shelf{aws: toy, Name: "s", Box: net.ID()}).Plan(ctx, cfg)
	require.ErrorAs(t, err, &invalid)
	require.ErrorContains(t, err, "toy.Box/net, which is ignored, so that it is never known")
	require.Zero(t, toy.writes())
}

func TestWhatIsIgnoredMayBeKnownWithoutReading(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		there := shelf{aws: toy, Name: "there"}
		apply(t, ztcore.NewBaseline("home", ztcore.Ignore(there), shelf{aws: toy, Name: "s", Box: there.ARN()}), toy.config())
		require.Equal(t, "arn:aws:toy:::there", toy.shelves["s"].Box)
		require.Equal(t, []string{"s"}, ids(toy.shelves))
	})
}

func TestDestroyLeavesWhatStaysSomethingToStandOn(t *testing.T) {
	for name, leave := range map[string]func(...ztcore.Resource) ztcore.Resource{"observed": ztcore.Observe, "ignored": ztcore.Ignore} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				toy := newToy()
				cfg := toy.config()
				b := box{aws: toy, Name: "b"}
				s := shelf{aws: toy, Name: "s", Box: b.ID(), Labels: []string{"x"}}
				apply(t, ztcore.NewBaseline("home", b, s), cfg)
				p := plan(t, ztcore.NewBaseline("home", b, leave(s), shelf{aws: toy, Name: "s2"}), cfg, ztcore.Destroy(), ztcore.AllowDelete("toy.Box/b"))
				require.Equal(t, ztcore.Retain, actions(p)["toy.Box/b"])
				require.Contains(t, p.String(), "needed by toy.Shelf/s")
				_, err := p.Apply(ctx)
				require.NoError(t, err)
				require.Equal(t, []string{"s"}, ids(toy.shelves))
			})
		})
	}
}

func TestWhatIsRetainedKeepsWhatItStandsOnAndItsParts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		base := s1OnB(toy)
		apply(t, base, cfg)
		toy.Shelf.HoldsData = true
		p := plan(t, base, cfg, ztcore.Destroy(), ztcore.AllowDelete("toy.Box/b"))
		require.Equal(t, map[ztcore.Address]ztcore.Action{"toy.Box/b": ztcore.Retain, "toy.Shelf/s": ztcore.Retain, "toy.Labels/s": ztcore.Retain}, actions(p))
	})
}

func s1OnB(toy *toyAWS) *ztcore.Baseline {
	b := box{aws: toy, Name: "b"}
	return ztcore.NewBaseline("home", b, shelf{aws: toy, Name: "s", Box: b.ID(), Labels: []string{"x"}})
}

func TestObservingNeverPrunes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, cfg := newCellar(), newToy().config()
		apply(t, ztcore.NewBaseline("home", c.declare("a", crate{Name: "wine"}), c.declare("b", crate{Name: "beer"})), cfg)
		p := plan(t, ztcore.NewBaseline("home", c.declare("a", crate{Name: "wine"})), cfg, ztcore.Prune(), ztcore.ObserveAll())
		require.True(t, p.Empty())
		require.Equal(t, "no longer declared; observed only", p.Drift()[0].Reason)
	})
}

func TestAnObjectWhoseTagWasEditedIsNeitherMadeTwiceNorPruned(t *testing.T) {
	for _, note := range []string{"", "somebody's note", "toy.Box/B", "toy.Shelf/s"} {
		synctest.Test(t, func(t *testing.T) {
			toy := newToy()
			cfg := toy.config()
			base := ztcore.NewBaseline("home", box{aws: toy, Name: "b"}, shelf{aws: toy, Name: "s"})
			apply(t, base, cfg)
			toy.boxes["box-1"].Tags[ztcore.TagResource] = note
			for _, opts := range [][]ztcore.PlanOption{nil, {ztcore.Prune(), ztcore.AllowDelete("toy.Box/b")}} {
				p := plan(t, base, cfg, opts...)
				require.Equal(t, map[ztcore.Address]ztcore.Action{"toy.Box/b": ztcore.Modify, "toy.Shelf/s": ztcore.None}, actions(p))
				require.Equal(t, "was "+cmp.Or(note, "without the tag zerotrust:resource"), p.Steps[0].Reason)
			}
			apply(t, base, cfg, ztcore.Prune(), ztcore.AllowDelete("toy.Box/b"))
			require.Equal(t, []string{"box-1"}, ids(toy.boxes))
			require.Equal(t, "toy.Box/b", toy.boxes["box-1"].Tags[ztcore.TagResource])
		})
	}
}

func TestASecondObjectOfANameIsNotMadeSilently(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		apply(t, ztcore.NewBaseline("other", box{aws: toy, Name: "b"}), cfg)
		p := plan(t, ztcore.NewBaseline("home", box{aws: toy, Name: "b"}, box{aws: toy, Name: "c"}), cfg)
		require.Equal(t, []string{`another is called b: box-1, of baseline "other"`}, p.Steps[0].Notes)
		require.Empty(t, p.Steps[1].Notes)
		apply(t, ztcore.NewBaseline("home", box{aws: toy, Name: "b"}, box{aws: toy, Name: "c"}), cfg)
		for id, b := range toy.boxes {
			if b.Tags[ztcore.TagResource] == "toy.Box/c" {
				toy.boxes[id].Tags[ztcore.TagResource] = "toy.Box/b"
			}
		}
		p = plan(t, ztcore.NewBaseline("home", box{aws: toy, Name: "b"}, box{aws: toy, Name: "c"}), cfg)
		require.Contains(t, p.Steps[0].Reason, "2 objects carry its ownership tags (box-2, box-3); delete all but one, or mend the tag zerotrust:resource")
		require.Contains(t, p.Steps[1].Notes[0], "whose ownership tag says that it is toy.Box/b")
	})
}
