package kindtest

import (
	"context"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// RunOn checks on any AWS, real or not, what needs no steering of it: the whole life, drift, and a stale plan. It
// leaves nothing behind.
func RunOn(t *testing.T, cfg aws.Config, c Case) {
	t.Helper()
	c.prepare(t, cfg)
	t.Run("life", func(t *testing.T) { c.life(t, cfg) })
	if c.Drift != nil {
		t.Run("drift", func(t *testing.T) { c.drift(t, cfg) })
	}
}

func (c Case) life(t *testing.T, cfg aws.Config) {
	cfg, calls := record(cfg)
	p := c.plan(t, cfg, 0)
	require.Empty(t, calls.writes, "planning made mutating calls")
	require.False(t, p.Empty(), "the first plan has nothing to do:\n%s", p)
	require.Equal(t, p.String(), c.plan(t, cfg, 0).String(), "the same plan twice")
	_, err := p.Apply(context.Background(), patience)
	require.NoError(t, err, p)
	c.requireEmpty(t, cfg, 0)

	calls.reset()
	empty := c.plan(t, cfg, 0)
	planned := len(calls.reads)
	_, err = empty.Apply(context.Background(), patience)
	require.NoError(t, err)
	require.Empty(t, calls.writes, "applying an empty plan made mutating calls")
	require.Len(t, calls.reads, planned, "applying an empty plan made calls")

	for i := 1; i < len(c.Variants); i++ {
		p := c.plan(t, cfg, i, allowAll(c.plan(t, cfg, i)))
		want := slices.Clone(c.Variants[i].Changes)
		slices.Sort(want)
		require.Equal(t, want, changed(p), "variant %d:\n%s", i, p)
		_, err := p.Apply(context.Background(), patience)
		require.NoError(t, err, "variant %d:\n%s", i, p)
		c.requireEmpty(t, cfg, i)
	}
	c.destroy(t, cfg, len(c.Variants)-1)
	require.Empty(t, calls.leaked, "tokens reached requests")
	require.Empty(t, calls.unlisted, "the kind's Permissions don't list what it calls")
}

func (c Case) destroy(t *testing.T, cfg aws.Config, i int) {
	t.Helper()
	p := c.destroyPlan(t, cfg, i)
	_, err := p.Apply(context.Background(), patience)
	require.NoError(t, err, p)
	again := c.destroyPlan(t, cfg, i)
	require.True(t, again.Empty(), "after destroy something is left:\n%s", again)
	if c.Skip["recreate"] == "" {
		require.False(t, c.plan(t, cfg, i).Empty(), "after destroy nothing is to be made")
	}
}

func (c Case) drift(t *testing.T, cfg aws.Config) {
	cfg, calls := record(cfg)
	c.apply(t, cfg, 0)
	var before []*ztcore.Plan
	for i := 1; i < len(c.Variants); i++ {
		before = append(before, c.plan(t, cfg, i, allowAll(c.plan(t, cfg, i))))
	}
	require.NoError(t, c.Drift(context.Background(), cfg), "Drift")
	p := c.plan(t, cfg, 0)
	require.False(t, p.Empty(), "the drift was not seen")
	for _, b := range before {
		if !touchesSame(b, p) {
			continue // the plan is about something else, and still good
		}
		_, err := b.Apply(context.Background())
		var stale *ztcore.StaleError
		require.ErrorAs(t, err, &stale, "a stale plan was not refused:\n%s", b)
	}
	require.Equal(t, p.String(), c.plan(t, cfg, 0).String(), "a refused plan has changed something")
	_, err := p.Apply(context.Background(), patience)
	require.NoError(t, err, p)
	c.requireEmpty(t, cfg, 0)
	c.destroy(t, cfg, 0)
	require.Empty(t, calls.unlisted, "the kind's Permissions don't list what it calls")
}

// touchesSame reports whether two plans write to one resource.
func touchesSame(a, b *ztcore.Plan) bool {
	in := map[ztcore.Address]bool{}
	for _, s := range a.Steps {
		in[s.Address] = s.Action != ztcore.None
	}
	for _, s := range b.Steps {
		if s.Action != ztcore.None && in[s.Address] {
			return true
		}
	}
	return false
}
