package fakeautoscaling

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// reconcile is what Auto Scaling does by itself, now: it looks at its instances, replaces what is unhealthy, and launches and
// terminates until there are as many as are desired. Suspended processes don't take place.
func (s *Service) reconcile(ctx context.Context, g *Group) {
	s.expire(ctx, g)
	s.check(ctx, g)
	if g.runs("ReplaceUnhealthy") && g.runs("Terminate") {
		for _, m := range g.inService() {
			if m.Unhealthy {
				s.retire(ctx, g, m)
			}
		}
	}
	for excess := g.inService(); len(excess) > int(g.Desired) && g.runs("Terminate"); excess = g.inService() {
		at := slices.IndexFunc(excess, func(m *Member) bool { return !m.Protected }) // the oldest goes first
		if at < 0 {
			break
		}
		s.retire(ctx, g, excess[at])
	}
	for missing := int(g.Desired) - len(g.inService()) - g.arriving(); missing > 0 && g.runs("Launch"); missing-- {
		if !s.start(ctx, g) {
			break
		}
	}
	if g.HasWarmPool && g.runs("Launch") {
		s.warm(ctx, g)
	}
}

// check marks members unhealthy: those that no longer run and, if the group heeds load balancers, those that are not registered.
func (s *Service) check(ctx context.Context, g *Group) {
	call := g.place()
	lb, balanced := fakeaws.Capability[fakeaws.TargetGroups](s.cloud)
	for _, m := range slices.Clone(g.Members) {
		i, ok := s.instances().Instance(ctx, call.Account, call.Region, m.ID)
		if !ok || i.State == "terminated" || i.State == "shutting-down" {
			g.drop(m)
			continue
		}
		if m.State != types.LifecycleStateInService || !g.runs("HealthCheck") || time.Since(m.Joined) < g.Grace {
			continue
		}
		m.Unhealthy = m.Unhealthy || i.State != "running" && i.State != "pending"
		for _, tg := range g.TargetGroups {
			m.Unhealthy = m.Unhealthy || g.HealthCheck == "ELB" && balanced && !lb.Registered(ctx, call.Account, call.Region, tg, m.ID)
		}
	}
}

// balance registers a member with the group's target groups, or takes it out of them.
func (s *Service) balance(ctx context.Context, g *Group, instance string, in bool) {
	lb, ok := fakeaws.Capability[fakeaws.TargetGroups](s.cloud)
	if !ok || in && !g.runs("AddToLoadBalancer") {
		return
	}
	call := g.place()
	for _, tg := range g.TargetGroups {
		if in {
			lb.RegisterInstance(ctx, call.Account, call.Region, tg, instance)
		} else {
			lb.DeregisterInstance(ctx, call.Account, call.Region, tg, instance)
		}
	}
}

// terminate ends a member, whatever its own termination protection says.
func (s *Service) terminate(ctx context.Context, g *Group, m *Member) {
	call := g.place()
	s.balance(ctx, g, m.ID, false)
	g.drop(m)
	s.instances().TerminateInstance(ctx, call.Account, call.Region, m.ID)
}

func (s *Service) launch(ctx context.Context, g *Group, subnet string, checkOnly bool) (fakeaws.Instance, error) {
	call := g.place()
	return s.instances().LaunchInstance(ctx, call.Account, call.Region, fakeaws.Launch{
		TemplateID: aws.ToString(g.Template.LaunchTemplateId), TemplateName: aws.ToString(g.Template.LaunchTemplateName), Version: aws.ToString(g.Template.Version),
		Subnet: subnet, Tags: g.launchTags(), CheckOnly: checkOnly,
	})
}

// start puts one more instance into service, from the warm pool if there is one. It reports false if EC2 refuses.
func (s *Service) start(ctx context.Context, g *Group) bool {
	call := g.place()
	for _, m := range g.Members {
		if m.warm() {
			s.instances().StartInstance(ctx, call.Account, call.Region, m.ID)
			m.State, m.Joined = types.LifecycleStateInService, time.Now()
			s.balance(ctx, g, m.ID, true)
			return true
		}
	}
	i, err := s.launch(ctx, g, g.Subnets[len(g.Members)%len(g.Subnets)], false)
	if err != nil {
		return false // it would show among the activities, and be tried again
	}
	m := g.join(i, types.LifecycleStateInService)
	if h := g.hook(launching); h != nil {
		s.wait(m, types.LifecycleStatePendingWait, h)
		return true
	}
	s.balance(ctx, g, i.ID, true)
	return true
}

// warm fills the warm pool: up to its minimum, or to what is missing to the group's maximum.
func (s *Service) warm(ctx context.Context, g *Group) {
	call := g.place()
	pooled := 0
	for _, m := range g.Members {
		if m.warm() {
			pooled++
		}
	}
	for want := max(int(g.WarmMin), int(g.Max-g.Desired)); pooled < want; pooled++ {
		i, err := s.launch(ctx, g, g.Subnets[0], false)
		if err != nil {
			return
		}
		m := g.join(i, types.LifecycleStateWarmedRunning)
		if g.WarmState == types.WarmPoolStateStopped {
			m.State = types.LifecycleStateWarmedStopped
			s.instances().StopInstance(ctx, call.Account, call.Region, i.ID)
		}
	}
}

func (m *Member) warm() bool { return strings.HasPrefix(string(m.State), "Warmed:") }

// arriving counts the members that wait at a hook to be put into service.
func (g *Group) arriving() int {
	n := 0
	for _, m := range g.Members {
		if m.State == types.LifecycleStatePendingWait {
			n++
		}
	}
	return n
}
