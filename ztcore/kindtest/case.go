package kindtest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Case is one resource and what can happen to it.
type Case struct {
	// Cloud makes an empty cloud with the services that the resource needs, STS included. RunOn does not use it.
	Cloud func() *fakeaws.Cloud
	// Before prepares what the baseline does not declare, through the SDK's clients. May be nil.
	Before func(ctx context.Context, cfg aws.Config) error
	// Variants are the states that the resource goes through. The first is created; the fields of the kind should each
	// change once in the others.
	Variants []Variant
	// Drift changes the first variant behind its back, through the SDK's clients, to what no variant declares: the next
	// plan must see it, and plans for the other variants that touch the same resource must be refused as stale. May be
	// nil if nothing can change.
	Drift func(ctx context.Context, cfg aws.Config) error
	// Skip lists the checks that can't hold for this resource, with the reason: "life", "pages of one", "drift", "stale
	// reads", "flapping reads", "denied reads", "two at once", "permissions", "faults"; "without " and an IAM action, where what its denial has
	// kept from being tidied up stays; and "recreate" for what declaring it again after Destroy does not make, as a setting
	// without Delete. RunOn heeds only the last.
	Skip map[string]string
}

// Variant is a state of the resource.
type Variant struct {
	Resource ztcore.Resource
	// Changes lists what planning this variant over the one before it shows, as "network.VPC/main Tags": the address and
	// the field of the state, each once, in any order. Steps that are created or deleted as a whole: "create network.Subnet/a".
	// The first variant has none.
	Changes []string
}

const baselineName = "kindtest"

// patience is enough for whatever the fakes delay, and saves a failing test on the wire from waiting for long.
var patience = ztcore.WithSettleTimeout(30 * time.Second)

func (c Case) baseline(i int) *ztcore.Baseline {
	return ztcore.NewBaseline(baselineName, c.Variants[i].Resource)
}

// prepare runs Before.
func (c Case) prepare(t *testing.T, cfg aws.Config) {
	t.Helper()
	if c.Before != nil {
		require.NoError(t, c.Before(context.Background(), cfg), "Before")
	}
}

func (c Case) plan(t *testing.T, cfg aws.Config, i int, opts ...ztcore.PlanOption) *ztcore.Plan {
	t.Helper()
	p, err := c.baseline(i).Plan(context.Background(), cfg, opts...)
	require.NoError(t, err)
	return p
}

func (c Case) apply(t *testing.T, cfg aws.Config, i int) {
	t.Helper()
	p := c.plan(t, cfg, i, allowAll(c.plan(t, cfg, i)))
	_, err := p.Apply(context.Background(), patience)
	require.NoError(t, err, p)
}

// allowAll permits what a plan would retain.
func allowAll(p *ztcore.Plan) ztcore.PlanOption {
	var names []ztcore.Address
	for _, s := range p.Steps {
		if s.Action == ztcore.Retain {
			names = append(names, s.Address)
		}
	}
	return ztcore.AllowDelete(names...)
}

func (c Case) requireEmpty(t *testing.T, cfg aws.Config, i int) {
	t.Helper()
	p := c.plan(t, cfg, i)
	require.True(t, p.Empty(), "the plan is not empty:\n%s", p)
}

// destroyPlan plans the removal of everything, what holds data included.
func (c Case) destroyPlan(t *testing.T, cfg aws.Config, i int) *ztcore.Plan {
	t.Helper()
	p := c.plan(t, cfg, i, ztcore.Destroy())
	return c.plan(t, cfg, i, ztcore.Destroy(), allowAll(p))
}

// changed lists what a plan shows, in the form of Variant.Changes.
func changed(p *ztcore.Plan) []string {
	out := []string{}
	for _, s := range p.Steps {
		switch s.Action {
		case ztcore.None, ztcore.Drift:
			continue
		case ztcore.Create, ztcore.Delete:
			out = append(out, string(s.Action)+" "+string(s.Address))
			continue
		}
		for _, ch := range s.Changes {
			out = append(out, string(s.Address)+" "+ch.Field)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
