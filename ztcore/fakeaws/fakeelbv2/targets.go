package fakeelbv2

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// drained drops the targets that have finished draining.
func (g *Group) drained(now time.Time) {
	g.Targets = slices.DeleteFunc(g.Targets, func(t *Target) bool { return t.gone(now) })
}

func (t *Target) gone(now time.Time) bool { return !t.Draining.IsZero() && !now.Before(t.Draining) }

func (g *Group) port(t types.TargetDescription) int32 {
	if t.Port != nil {
		return *t.Port
	}
	return *g.Port
}

func (g *Group) target(id string, port int32) *Target {
	for _, t := range g.Targets {
		if t.ID == id && t.Port == port {
			return t
		}
	}
	return nil
}

// admissible refuses what can't be a target of the group. Instances are looked up where EC2 is installed.
func (s *Service) admissible(ctx context.Context, g *Group, id string) error {
	if g.TargetType == types.TargetTypeEnumIp {
		if _, err := netip.ParseAddr(id); err != nil {
			return invalid("The IP address '%s' is not a valid IPv4 address", id)
		}
		return nil
	}
	if !strings.HasPrefix(id, "i-") {
		return &types.InvalidTargetException{Message: aws.String(fmt.Sprintf("The following targets are not valid instance IDs: '%s'", id))}
	}
	instances, ok := fakeaws.Capability[fakeaws.Instances](s.cloud)
	if !ok {
		return nil
	}
	call := fakeaws.CallFrom(ctx)
	switch i, ok := instances.Instance(ctx, call.Account, call.Region, id); {
	case !ok:
		return &types.InvalidTargetException{Message: aws.String(fmt.Sprintf("The following targets do not exist: '%s'", id))}
	case i.State != "running":
		return &types.InvalidTargetException{Message: aws.String(fmt.Sprintf("The following targets are not in a running state and cannot be registered: '%s'", id))}
	case i.VPC != *g.VpcId:
		return &types.InvalidTargetException{Message: aws.String(fmt.Sprintf("The following targets are not in the target group VPC '%s': '%s'", *g.VpcId, id))}
	}
	return nil
}

// RegisterTargets registers targets. One that is registered already, or drains, is registered then.
func (s *Service) RegisterTargets(ctx context.Context, in *elasticloadbalancingv2.RegisterTargetsInput, _ ...Options) (*elasticloadbalancingv2.RegisterTargetsOutput, error) {
	g, err := s.find(ctx, in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	for _, t := range in.Targets {
		if err := s.admissible(ctx, g, aws.ToString(t.Id)); err != nil {
			return nil, err
		}
	}
	g.drained(time.Now())
	for _, t := range in.Targets {
		g.register(aws.ToString(t.Id), g.port(t), aws.ToString(t.AvailabilityZone))
	}
	return &elasticloadbalancingv2.RegisterTargetsOutput{}, nil
}

func (g *Group) register(id string, port int32, zone string) {
	if t := g.target(id, port); t != nil {
		t.Draining = time.Time{}
		return
	}
	g.Targets = append(g.Targets, &Target{ID: id, Port: port, Zone: zone})
}

// DeregisterTargets lets targets drain, or drops them if nothing routes to the group. Without a port all ports of the target are
// meant. One that is not registered is no error.
func (s *Service) DeregisterTargets(ctx context.Context, in *elasticloadbalancingv2.DeregisterTargetsInput, _ ...Options) (*elasticloadbalancingv2.DeregisterTargetsOutput, error) {
	g, err := s.find(ctx, in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	for _, out := range in.Targets {
		g.deregister(func(t *Target) bool { return t.ID == aws.ToString(out.Id) && (out.Port == nil || t.Port == *out.Port) })
	}
	return &elasticloadbalancingv2.DeregisterTargetsOutput{}, nil
}

func (g *Group) deregister(which func(*Target) bool) {
	delay, _ := strconv.Atoi(*g.attributes()[0].Value) // checked when it was set
	now := time.Now()
	for _, t := range g.Targets {
		if which(t) && t.Draining.IsZero() {
			t.Draining = now
			if g.InUse {
				t.Draining = now.Add(time.Duration(delay) * time.Second)
			}
		}
	}
	g.drained(now)
}

// DescribeTargetHealth answers the targets of a group, draining ones included, or those named.
func (s *Service) DescribeTargetHealth(ctx context.Context, in *elasticloadbalancingv2.DescribeTargetHealthInput, _ ...Options) (*elasticloadbalancingv2.DescribeTargetHealthOutput, error) {
	g, err := s.find(ctx, in.TargetGroupArn)
	if err != nil {
		return nil, err
	}
	out := &elasticloadbalancingv2.DescribeTargetHealthOutput{}
	add := func(id string, port int32, zone string, state types.TargetHealthStateEnum, reason types.TargetHealthReasonEnum) {
		d := types.TargetHealthDescription{
			Target: &types.TargetDescription{Id: &id, Port: &port}, HealthCheckPort: aws.String(strconv.Itoa(int(port))),
			TargetHealth: &types.TargetHealth{State: state, Reason: reason},
		}
		if zone != "" {
			d.Target.AvailabilityZone = &zone
		}
		out.TargetHealthDescriptions = append(out.TargetHealthDescriptions, d)
	}
	if len(in.Targets) == 0 {
		for _, t := range g.Targets {
			if !t.gone(time.Now()) {
				state, reason := s.health(ctx, g, t)
				add(t.ID, t.Port, t.Zone, state, reason)
			}
		}
		return out, nil
	}
	for _, asked := range in.Targets {
		t := g.target(aws.ToString(asked.Id), g.port(asked))
		if t == nil || t.gone(time.Now()) {
			add(aws.ToString(asked.Id), g.port(asked), "", types.TargetHealthStateEnumUnused, types.TargetHealthReasonEnumNotRegistered)
			continue
		}
		state, reason := s.health(ctx, g, t)
		add(t.ID, t.Port, t.Zone, state, reason)
	}
	return out, nil
}

func (s *Service) health(ctx context.Context, g *Group, t *Target) (types.TargetHealthStateEnum, types.TargetHealthReasonEnum) {
	call := fakeaws.CallFrom(ctx)
	instances, known := fakeaws.Capability[fakeaws.Instances](s.cloud)
	switch {
	case !t.Draining.IsZero():
		return types.TargetHealthStateEnumDraining, types.TargetHealthReasonEnumDeregistrationInProgress
	case !g.InUse:
		return types.TargetHealthStateEnumUnused, types.TargetHealthReasonEnumNotInUse
	case known && g.TargetType == types.TargetTypeEnumInstance:
		if i, ok := instances.Instance(ctx, call.Account, call.Region, t.ID); !ok || i.State != "running" {
			return types.TargetHealthStateEnumUnused, types.TargetHealthReasonEnumInvalidState
		}
	}
	return types.TargetHealthStateEnumHealthy, ""
}

// TargetGroup implements fakeaws.TargetGroups.
func (s *Service) TargetGroup(ctx context.Context, account, region, arn string) bool {
	return s.store.At(ctx, account, region).group(arn) != nil
}

// RegisterInstance implements fakeaws.TargetGroups.
func (s *Service) RegisterInstance(ctx context.Context, account, region, arn, instance string) {
	if g := s.store.At(ctx, account, region).group(arn); g != nil {
		g.drained(time.Now())
		g.register(instance, *g.Port, "")
	}
}

// DeregisterInstance implements fakeaws.TargetGroups.
func (s *Service) DeregisterInstance(ctx context.Context, account, region, arn, instance string) {
	if g := s.store.At(ctx, account, region).group(arn); g != nil {
		g.deregister(func(t *Target) bool { return t.ID == instance })
	}
}

// Registered implements fakeaws.TargetGroups.
func (s *Service) Registered(ctx context.Context, account, region, arn, instance string) bool {
	g := s.store.At(ctx, account, region).group(arn)
	return g != nil && slices.ContainsFunc(g.Targets, func(t *Target) bool { return t.ID == instance && t.Draining.IsZero() })
}
