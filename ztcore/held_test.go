package ztcore_test

import (
	"maps"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// holdShelf does what a case does to what it holds.
func (t *toyAWS) holdShelf(name string) {
	s := t.shelves[name]
	s.Tags = maps.Clone(s.Tags)
	maps.Copy(s.Tags, map[string]string{ztcore.TagCase: "42", ztcore.TagCaseOwner: "sec@example.com", ztcore.TagCaseReview: "2026-12-01"})
	t.shelves[name] = s
}

func TestWhatACaseHoldsIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		declare := func(secret string, labels ...string) *ztcore.Baseline {
			b := box{aws: toy, Name: "b", Size: 1}
			return ztcore.NewBaseline("home", b, shelf{aws: toy, Name: "s", Box: b.ID(), Secret: secret, Labels: labels})
		}
		apply(t, declare("x", "red"), cfg)

		early := plan(t, declare("y", "red"), cfg)
		toy.holdShelf("s")
		toy.labels["s"] = []string{"blue"} // by the case, or by the intruder: nobody repairs it now
		before := toy.writes()
		_, err := early.Apply(ctx)
		var stale *ztcore.StaleError
		require.ErrorAs(t, err, &stale)
		require.ErrorContains(t, err, "case 42 holds it now")

		p := plan(t, declare("y", "red"), cfg)
		require.Equal(t, map[ztcore.Address]ztcore.Action{"toy.Box/b": ztcore.None, "toy.Shelf/s": ztcore.Held, "toy.Labels/s": ztcore.Held}, actions(p))
		require.Contains(t, p.String(), "held by case 42 of sec@example.com, to be reviewed by 2026-12-01")
		require.False(t, p.Empty())
		_, err = p.Apply(ctx)
		require.NoError(t, err)
		require.Equal(t, before, toy.writes())

		// What it stands on stays as well, and nothing of it is pruned or destroyed.
		p = plan(t, declare("x"), cfg, ztcore.Destroy(), ztcore.AllowDelete("toy.Box/b"))
		require.Equal(t, ztcore.Held, actions(p)["toy.Shelf/s"])
		require.Equal(t, ztcore.Retain, actions(p)["toy.Box/b"])
		p = plan(t, ztcore.NewBaseline("home"), cfg, ztcore.Prune(toy.Shelf))
		require.Equal(t, ztcore.Held, actions(p)["toy.Shelf/s"])

		// Closing the case returns to normal.
		s := toy.shelves["s"]
		delete(s.Tags, ztcore.TagCase)
		apply(t, declare("y", "red"), cfg)
		require.Equal(t, []string{"red"}, toy.labels["s"])
	})
}

func TestAMemberThatACaseHasPutIntoASetIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		home := func(labels ...string) *ztcore.Baseline {
			return ztcore.NewBaseline("home", shelf{aws: toy, Name: "s", Labels: labels})
		}
		apply(t, home("red"), cfg)
		toy.labels["s"] = append(toy.labels["s"], ztcore.CasePrefix+"42")
		p := plan(t, home("red"), cfg)
		require.True(t, p.Empty(), p)
		require.Contains(t, p.Steps[1].Notes, "put there by a case, and left: zerotrust-case-42")

		apply(t, home("blue"), cfg)
		require.ElementsMatch(t, []string{"blue", "zerotrust-case-42"}, toy.labels["s"])
		require.True(t, plan(t, home("blue"), cfg).Empty())

		// A set whose parent stays loses its own members only.
		sets := ztcore.NewBaseline("sets", labelsOf{aws: toy, Shelf: "s", Labels: []string{"blue"}})
		apply(t, sets, cfg, ztcore.Destroy())
		require.Equal(t, []string{"zerotrust-case-42"}, toy.labels["s"])
	})
}

// labelsOf are the labels of a shelf that something else has made.
type labelsOf struct {
	aws    *toyAWS
	Shelf  string
	Labels []string
	Other  ztcore.Foreign
}

func (l labelsOf) Declare(d *ztcore.Declaration) {
	l.aws.Labels.Declare(d, l.Shelf, ztcore.Set[string]{Parent: l.Shelf, Members: l.Labels, Foreign: l.Other})
}
