package fakeautoscaling

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// SetInstanceHealth is what a health check of one's own reports.
func (s *Service) SetInstanceHealth(ctx context.Context, in *autoscaling.SetInstanceHealthInput, _ ...Options) (*autoscaling.SetInstanceHealthOutput, error) {
	g, m := s.store.In(ctx).holding(aws.ToString(in.InstanceId))
	if m == nil {
		return nil, invalid("Instance Id not found - No managed instance found for instance ID %s", aws.ToString(in.InstanceId))
	}
	switch aws.ToString(in.HealthStatus) {
	case "Healthy":
		m.Unhealthy = false
	case "Unhealthy":
		if respect := in.ShouldRespectGracePeriod == nil || *in.ShouldRespectGracePeriod; !respect || time.Since(m.Joined) >= g.Grace {
			m.Unhealthy = true
		}
	default:
		return nil, invalid("Valid instance health states are: [Healthy, Unhealthy].")
	}
	s.reconcile(ctx, g)
	return &autoscaling.SetInstanceHealthOutput{}, nil
}

func (s *State) holding(instance string) (*Group, *Member) {
	for _, g := range s.Groups {
		if m := g.member(instance); m != nil {
			return g, m
		}
	}
	return nil, nil
}

// SetInstanceProtection protects members from scale-in, which protects from no health check.
func (s *Service) SetInstanceProtection(ctx context.Context, in *autoscaling.SetInstanceProtectionInput, _ ...Options) (*autoscaling.SetInstanceProtectionOutput, error) {
	g, err := s.store.In(ctx).group(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	members, err := g.named(in.InstanceIds)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		m.Protected = *in.ProtectedFromScaleIn
	}
	s.reconcile(ctx, g)
	return &autoscaling.SetInstanceProtectionOutput{}, nil
}

// AttachInstances adds running instances, and raises the desired capacity by as many.
func (s *Service) AttachInstances(ctx context.Context, in *autoscaling.AttachInstancesInput, _ ...Options) (*autoscaling.AttachInstancesOutput, error) {
	state, call := s.store.In(ctx), fakeaws.CallFrom(ctx)
	g, err := state.group(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	if n := int32(len(in.InstanceIds)); g.Desired+n > g.Max {
		return nil, invalid("AutoScalingGroup %s has min-size=%d, max-size=%d, and desired-size=%d. To attach %d more instance, please update the AutoScalingGroup sizes appropriately.", g.Name, g.Min, g.Max, g.Desired, n)
	}
	var found []fakeaws.Instance
	for _, id := range in.InstanceIds {
		if other, _ := state.holding(id); other != nil {
			return nil, invalid("Instance %s is already part of AutoScalingGroup:%s", id, other.Name)
		}
		i, ok := s.instances().Instance(ctx, call.Account, call.Region, id)
		switch {
		case !ok:
			return nil, invalid("Invalid Instance ID(s): [%s]", id)
		case i.State != "running":
			return nil, invalid("Instance %s is not in correct state. Instance(s) must be in running state", id)
		}
		found = append(found, i)
	}
	for _, i := range found {
		g.join(i, types.LifecycleStateInService)
		s.balance(ctx, g, i.ID, true)
		g.Desired++
	}
	s.reconcile(ctx, g)
	return &autoscaling.AttachInstancesOutput{}, nil
}

func (g *Group) join(i fakeaws.Instance, state types.LifecycleState) *Member {
	m := &Member{ID: i.ID, Zone: i.Zone, Type: i.Type, State: state, Joined: time.Now(), Protected: g.Protect}
	g.Members = append(g.Members, m)
	return m
}

// leaving refuses what would take the group below its minimum.
func (g *Group) leaving(n int, decrement *bool, what string) error {
	if aws.ToBool(decrement) && g.Desired-int32(n) < g.Min {
		return invalid("AutoScalingGroup %s has min-size=%d, max-size=%d, and desired-size=%d. To %s %d instance, please update the AutoScalingGroup sizes appropriately.", g.Name, g.Min, g.Max, g.Desired, what, n)
	}
	return nil
}

// DetachInstances lets instances go, and registers them off the group's target groups. Unless the desired capacity goes down with them,
// the group launches others.
func (s *Service) DetachInstances(ctx context.Context, in *autoscaling.DetachInstancesInput, _ ...Options) (*autoscaling.DetachInstancesOutput, error) {
	g, err := s.store.In(ctx).group(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	members, err := g.named(in.InstanceIds)
	if err == nil {
		err = g.leaving(len(members), in.ShouldDecrementDesiredCapacity, "detach")
	}
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		if m.State != types.LifecycleStateInService && m.State != types.LifecycleStateStandby {
			return nil, invalid("The instance %s is not in InService or Standby.", m.ID)
		}
	}
	out := &autoscaling.DetachInstancesOutput{}
	for _, m := range members {
		s.balance(ctx, g, m.ID, false)
		if aws.ToBool(in.ShouldDecrementDesiredCapacity) && m.State == types.LifecycleStateInService {
			g.Desired--
		}
		g.drop(m)
		out.Activities = append(out.Activities, s.activity(g, "Detaching EC2 instance: "+m.ID))
	}
	s.reconcile(ctx, g)
	return out, nil
}

func (g *Group) drop(m *Member) {
	g.Members = slices.DeleteFunc(g.Members, func(o *Member) bool { return o == m })
}

func (s *Service) activity(g *Group, what string) types.Activity {
	return types.Activity{
		ActivityId: aws.String(s.cloud.UUID()), AutoScalingGroupName: &g.Name, AutoScalingGroupARN: &g.ARN, Description: &what,
		Cause: aws.String("At " + time.Now().UTC().Format(time.RFC3339) + " the user asked for it."), StartTime: aws.Time(time.Now()), StatusCode: types.ScalingActivityStatusCodeInProgress, Progress: aws.Int32(50),
	}
}

// EnterStandby takes members out of service, where nothing checks their health.
func (s *Service) EnterStandby(ctx context.Context, in *autoscaling.EnterStandbyInput, _ ...Options) (*autoscaling.EnterStandbyOutput, error) {
	g, err := s.store.In(ctx).group(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	members, err := g.named(in.InstanceIds)
	if err == nil {
		err = g.leaving(len(members), in.ShouldDecrementDesiredCapacity, "place into standby")
	}
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		if m.State != types.LifecycleStateInService {
			return nil, invalid("The instance %s is not in InService.", m.ID)
		}
	}
	out := &autoscaling.EnterStandbyOutput{}
	for _, m := range members {
		m.State = types.LifecycleStateStandby
		s.balance(ctx, g, m.ID, false)
		if aws.ToBool(in.ShouldDecrementDesiredCapacity) {
			g.Desired--
		}
		out.Activities = append(out.Activities, s.activity(g, "Moving EC2 instance to Standby: "+m.ID))
	}
	s.reconcile(ctx, g)
	return out, nil
}

// ExitStandby puts members into service again, and raises the desired capacity by as many.
func (s *Service) ExitStandby(ctx context.Context, in *autoscaling.ExitStandbyInput, _ ...Options) (*autoscaling.ExitStandbyOutput, error) {
	g, err := s.store.In(ctx).group(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	members, err := g.named(in.InstanceIds)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		if m.State != types.LifecycleStateStandby {
			return nil, invalid("The instance %s is not in Standby.", m.ID)
		}
	}
	if n := int32(len(members)); g.Desired+n > g.Max {
		return nil, invalid("AutoScalingGroup %s has min-size=%d, max-size=%d, and desired-size=%d. To take %d instance out of standby, please update the AutoScalingGroup sizes appropriately.", g.Name, g.Min, g.Max, g.Desired, n)
	}
	out := &autoscaling.ExitStandbyOutput{}
	for _, m := range members {
		m.State = types.LifecycleStateInService
		s.balance(ctx, g, m.ID, true)
		g.Desired++
		out.Activities = append(out.Activities, s.activity(g, "Moving EC2 instance out of Standby: "+m.ID))
	}
	s.reconcile(ctx, g)
	return out, nil
}

// PutWarmPool keeps instances that are launched beforehand.
func (s *Service) PutWarmPool(ctx context.Context, in *autoscaling.PutWarmPoolInput, _ ...Options) (*autoscaling.PutWarmPoolOutput, error) {
	g, err := s.store.In(ctx).group(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	g.HasWarmPool, g.WarmMin, g.WarmState = true, aws.ToInt32(in.MinSize), in.PoolState
	if g.WarmState == "" {
		g.WarmState = types.WarmPoolStateStopped
	}
	s.reconcile(ctx, g)
	return &autoscaling.PutWarmPoolOutput{}, nil
}

// DescribeAutoScalingGroups answers all groups, or those named that exist.
func (s *Service) DescribeAutoScalingGroups(ctx context.Context, in *autoscaling.DescribeAutoScalingGroupsInput, _ ...Options) (*autoscaling.DescribeAutoScalingGroupsOutput, error) {
	var found []types.AutoScalingGroup
	for _, g := range s.store.In(ctx).Groups {
		if len(in.AutoScalingGroupNames) == 0 || slices.Contains(in.AutoScalingGroupNames, g.Name) {
			found = append(found, g.describe())
		}
	}
	page, next, ok := fakeaws.Page(ctx, found, in.NextToken, in.MaxRecords, 100)
	if !ok {
		return nil, &types.InvalidNextToken{Message: aws.String("The token is not valid")}
	}
	return &autoscaling.DescribeAutoScalingGroupsOutput{AutoScalingGroups: page, NextToken: next}, nil
}

func (g *Group) describe() types.AutoScalingGroup {
	out := types.AutoScalingGroup{
		AutoScalingGroupName: &g.Name, AutoScalingGroupARN: &g.ARN, MinSize: &g.Min, MaxSize: &g.Max, DesiredCapacity: &g.Desired,
		LaunchTemplate: &g.Template, TargetGroupARNs: g.TargetGroups, HealthCheckType: &g.HealthCheck, HealthCheckGracePeriod: aws.Int32(int32(g.Grace / time.Second)),
		NewInstancesProtectedFromScaleIn: &g.Protect, CreatedTime: &g.Created, DefaultCooldown: aws.Int32(300), Tags: slices.Clone(g.Tags),
	}
	if g.HasWarmPool {
		out.WarmPoolConfiguration, out.WarmPoolSize = g.warmPool(), aws.Int32(0)
	}
	for i, n := range g.Subnets {
		if i == 0 {
			out.VPCZoneIdentifier = aws.String(n)
			continue
		}
		out.VPCZoneIdentifier = aws.String(*out.VPCZoneIdentifier + "," + n)
	}
	for _, p := range g.Suspended {
		out.SuspendedProcesses = append(out.SuspendedProcesses, types.SuspendedProcess{ProcessName: &p, SuspensionReason: aws.String("User suspended at " + g.Created.UTC().Format(time.RFC3339))})
	}
	for _, m := range g.Members {
		if m.warm() {
			*out.WarmPoolSize++
			continue // DescribeWarmPool has them
		}
		out.Instances = append(out.Instances, types.Instance{
			InstanceId: &m.ID, AvailabilityZone: &m.Zone, InstanceType: &m.Type, LifecycleState: m.State, HealthStatus: aws.String(m.health()),
			LaunchTemplate: &g.Template, ProtectedFromScaleIn: &m.Protected,
		})
		if !slices.Contains(out.AvailabilityZones, m.Zone) {
			out.AvailabilityZones = append(out.AvailabilityZones, m.Zone)
		}
	}
	return out
}

// health is as groups show it; what describes instances alone shows it in capitals.
func (m *Member) health() string {
	if m.Unhealthy {
		return "Unhealthy"
	}
	return "Healthy"
}

// DescribeAutoScalingInstances answers members of all groups, those in warm pools included, or those named that are in one.
func (s *Service) DescribeAutoScalingInstances(ctx context.Context, in *autoscaling.DescribeAutoScalingInstancesInput, _ ...Options) (*autoscaling.DescribeAutoScalingInstancesOutput, error) {
	var found []types.AutoScalingInstanceDetails
	for _, g := range s.store.In(ctx).Groups {
		for _, m := range g.Members {
			if len(in.InstanceIds) == 0 || slices.Contains(in.InstanceIds, m.ID) {
				found = append(found, types.AutoScalingInstanceDetails{
					AutoScalingGroupName: &g.Name, InstanceId: &m.ID, AvailabilityZone: &m.Zone, InstanceType: &m.Type, LifecycleState: aws.String(string(m.State)),
					HealthStatus: aws.String(strings.ToUpper(m.health())), LaunchTemplate: &g.Template, ProtectedFromScaleIn: &m.Protected,
				})
			}
		}
	}
	page, next, ok := fakeaws.Page(ctx, found, in.NextToken, in.MaxRecords, 50)
	if !ok {
		return nil, &types.InvalidNextToken{Message: aws.String("The token is not valid")}
	}
	return &autoscaling.DescribeAutoScalingInstancesOutput{AutoScalingInstances: page, NextToken: next}, nil
}

// instances are EC2's; CreateAutoScalingGroup has seen to it that there are some.
func (s *Service) instances() fakeaws.Instances {
	ec2, _ := fakeaws.Capability[fakeaws.Instances](s.cloud)
	return ec2
}
