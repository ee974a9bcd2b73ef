package ztcore_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// What refers to a resource comes after that resource's parts too, but for parts that depend on it themselves.
func TestPartsComeBeforeWhatRefersToTheirWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy, c := newToy(), newCellar()
		labels := func(of string, members ...string) ztcore.Resource {
			return declares(func(d *ztcore.Declaration) {
				toy.Labels.Declare(d, of, ztcore.Set[string]{Parent: c.Crate.Ref(of, "Name"), Members: members})
			})
		}
		p := plan(t, ztcore.NewBaseline("home",
			c.declare("a", crate{Name: "a"}), labels("a", "fragile"), c.declare("on a", crate{Name: "on-a", On: c.arn("a")}),
			// Two whose parts name each other's whole, and one that stands on both.
			c.declare("x", crate{Name: "x"}), c.declare("y", crate{Name: "y"}), labels("x", c.arn("y")), labels("y", c.arn("x")),
			c.declare("on y", crate{Name: "on-y", On: c.arn("y")}), c.declare("on x", crate{Name: "on-x", On: c.arn("x")}), labels("on x", "heavy"), labels("z", c.arn("on x")), c.declare("z", crate{Name: "z"}),
			// A part that names what stands on its whole.
			c.declare("b", crate{Name: "b"}), labels("b", c.arn("on b")), c.declare("on b", crate{Name: "on-b", On: c.arn("b")}),
		), toy.config())
		after := map[ztcore.Address][]ztcore.Address{}
		for _, s := range p.Steps {
			after[s.Address] = s.DependsOn
		}
		require.Equal(t, []ztcore.Address{"toy.Crate/a", "toy.Labels/a"}, after["toy.Crate/on a"])
		require.Equal(t, []ztcore.Address{"toy.Crate/y", "toy.Labels/y"}, after["toy.Crate/on y"])
		require.Equal(t, []ztcore.Address{"toy.Crate/b", "toy.Crate/on b"}, after["toy.Labels/b"], "the part waits for what it names")
		require.Equal(t, []ztcore.Address{"toy.Crate/b"}, after["toy.Crate/on b"], "and is not waited for by it")
		require.Equal(t, []ztcore.Address{"toy.Crate/x", "toy.Crate/y"}, after["toy.Labels/x"], "parts don't wait for parts")
	})
}
