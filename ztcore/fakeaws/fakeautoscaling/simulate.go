package fakeautoscaling

import (
	"context"
	"slices"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Of is the Auto Scaling that was installed in a cloud, for a test to steer. It is nil where none was.
func Of(c *fakeaws.Cloud) *Service {
	s, _ := fakeaws.Capability[*Service](c)
	return s
}

// place is where a group is; what Auto Scaling does by itself is no request, which would say so.
func (g *Group) place() struct{ Account, Region string } {
	return struct{ Account, Region string }{g.Account, g.Region}
}

// each lets Auto Scaling act on all groups of all accounts and regions.
func (s *Service) each(act func(context.Context, *Group)) {
	s.store.Peek(fakeaws.DefaultAccount, fakeaws.DefaultRegion, func(*State) {
		ctx := context.Background()
		s.store.Each(ctx, func(_, _ string, state *State) {
			for _, g := range slices.Clone(state.Groups) {
				act(ctx, g)
			}
		})
	})
}

// HealthChecks is a round of health checks and what follows from it, in all groups: members that do not run, or that their load
// balancers do not know, are terminated, whether protected or not, and replaced; suspended processes do not take place.
func (s *Service) HealthChecks() { s.each(s.reconcile) }

// ScaleIn is what scaling policies do when load is low: every group above its minimum gives up one instance in service. Members
// that are protected from scale-in stay, and so do all where AlarmNotification or Terminate is suspended.
func (s *Service) ScaleIn() {
	s.each(func(ctx context.Context, g *Group) {
		if g.Desired > g.Min && g.runs("AlarmNotification") {
			g.Desired--
			s.reconcile(ctx, g)
		}
	})
}
