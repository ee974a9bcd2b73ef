// Package fakeautoscaling is EC2 Auto Scaling of a fakeaws.Cloud: groups that launch, replace and terminate instances by themselves.
//
// Modelled: groups with a launch template, sizes, subnets, target groups, EC2 and ELB health checks, scale-in protection and
// suspended processes, lifecycle hooks; attaching, detaching and standby, each with its effect on the desired capacity and AWS's refusals; a
// warm pool. What Auto Scaling does by itself it does at the end of every request that changes something here, at once: it
// terminates what is unhealthy, too much or, without termination protection being heeded, in the way, and launches what is missing. Where
// Elastic Load Balancing is installed, members are registered with the group's target groups, and with health checks of
// type ELB one that is not registered there is unhealthy. What happens without a request is a test's to do: HealthChecks is a
// round of them, ScaleIn what a scaling policy does when load is low.
//
// Not modelled: policies, schedules, notifications of lifecycle hooks and more than one hook of a transition, instance refreshes, mixed
// instances, activities, and the balancing of zones.
package fakeautoscaling

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Service handles Auto Scaling.
type Service struct {
	cloud *fakeaws.Cloud
	store *fakeaws.Store[State]
}

// State is what one account has in one region.
type State struct{ Groups []*Group }

// Group is an Auto Scaling group.
type Group struct {
	Name, ARN         string
	Account, Region   string
	Tags              []types.TagDescription
	Min, Max, Desired int32
	Subnets           []string
	Template          types.LaunchTemplateSpecification
	TargetGroups      []string
	HealthCheck       string // EC2 or ELB
	Grace             time.Duration
	Protect           bool // what it launches, from scale-in
	Suspended         []string
	Created           time.Time
	Members           []*Member
	WarmMin           int32 // size of the warm pool
	WarmState         types.WarmPoolState
	HasWarmPool       bool
	Hooks             []*Hook
}

// Member is an instance of a group.
type Member struct {
	ID, Zone, Type string
	State          types.LifecycleState
	Unhealthy      bool
	Protected      bool
	Joined         time.Time
	Hook, Token    string    // of the lifecycle hook that it waits at; empty while it waits at none
	Until          time.Time // when it has waited for too long
}

// Options is what the SDK's calls take beside their input; the fake ignores it.
type Options = func(*autoscaling.Options)

// Install adds Auto Scaling to a cloud. It needs EC2 there to launch instances.
func Install(c *fakeaws.Cloud) {
	s := &Service{cloud: c}
	s.store = fakeaws.NewStore(c, "autoscaling", fakeaws.Regional, func(string, string) *State { return &State{} })
	fakeaws.Provide(c, s)
	fakeaws.On(c, s.CreateAutoScalingGroup, "AutoScalingGroupName", "MinSize", "MaxSize", "DesiredCapacity", "VPCZoneIdentifier", "LaunchTemplate.LaunchTemplateId",
		"LaunchTemplate.LaunchTemplateName", "LaunchTemplate.Version", "TargetGroupARNs", "Tags", "HealthCheckType", "HealthCheckGracePeriod", "NewInstancesProtectedFromScaleIn")
	fakeaws.On(c, s.DescribeAutoScalingGroups, "AutoScalingGroupNames", "MaxRecords", "NextToken")
	fakeaws.On(c, s.DescribeAutoScalingInstances, "InstanceIds", "MaxRecords", "NextToken")
	fakeaws.On(c, s.UpdateAutoScalingGroup, "AutoScalingGroupName", "MinSize", "MaxSize", "DesiredCapacity", "HealthCheckType", "HealthCheckGracePeriod", "NewInstancesProtectedFromScaleIn")
	fakeaws.On(c, s.DeleteAutoScalingGroup, "AutoScalingGroupName", "ForceDelete")
	fakeaws.On(c, s.SetDesiredCapacity, "AutoScalingGroupName", "DesiredCapacity", "HonorCooldown")
	fakeaws.On(c, s.SuspendProcesses, "AutoScalingGroupName", "ScalingProcesses")
	fakeaws.On(c, s.ResumeProcesses, "AutoScalingGroupName", "ScalingProcesses")
	fakeaws.On(c, s.SetInstanceHealth, "InstanceId", "HealthStatus", "ShouldRespectGracePeriod")
	fakeaws.On(c, s.SetInstanceProtection, "AutoScalingGroupName", "InstanceIds", "ProtectedFromScaleIn")
	fakeaws.On(c, s.AttachInstances, "AutoScalingGroupName", "InstanceIds")
	fakeaws.On(c, s.DetachInstances, "AutoScalingGroupName", "InstanceIds", "ShouldDecrementDesiredCapacity")
	fakeaws.On(c, s.EnterStandby, "AutoScalingGroupName", "InstanceIds", "ShouldDecrementDesiredCapacity")
	fakeaws.On(c, s.ExitStandby, "AutoScalingGroupName", "InstanceIds")
	fakeaws.On(c, s.PutWarmPool, "AutoScalingGroupName", "MinSize", "PoolState")
	fakeaws.On(c, s.DescribeWarmPool, "AutoScalingGroupName", "MaxRecords", "NextToken")
	fakeaws.On(c, s.DeleteWarmPool, "AutoScalingGroupName", "ForceDelete")
	fakeaws.On(c, s.TerminateInstanceInAutoScalingGroup, "InstanceId", "ShouldDecrementDesiredCapacity")
	fakeaws.On(c, s.PutLifecycleHook, "AutoScalingGroupName", "LifecycleHookName", "LifecycleTransition", "DefaultResult", "HeartbeatTimeout",
		"NotificationTargetARN", "RoleARN", "NotificationMetadata")
	fakeaws.On(c, s.DeleteLifecycleHook, "AutoScalingGroupName", "LifecycleHookName")
	fakeaws.On(c, s.DescribeLifecycleHooks, "AutoScalingGroupName", "LifecycleHookNames")
	fakeaws.On(c, s.CompleteLifecycleAction, "AutoScalingGroupName", "LifecycleHookName", "LifecycleActionResult", "InstanceId", "LifecycleActionToken")
	fakeaws.On(c, s.CreateOrUpdateTags, "Tags")
	fakeaws.On(c, s.DeleteTags, "Tags")
	fakeaws.On(c, s.DescribeTags, "Filters", "MaxRecords", "NextToken")
}

func invalid(format string, args ...any) error {
	return fakeaws.Error("ValidationError", format, args...)
}

func (s *State) group(name *string) (*Group, error) {
	for _, g := range s.Groups {
		if g.Name == aws.ToString(name) {
			return g, nil
		}
	}
	return nil, invalid("AutoScalingGroup name not found - AutoScalingGroup '%s' not found", aws.ToString(name))
}

func (g *Group) member(id string) *Member {
	for _, m := range g.Members {
		if m.ID == id {
			return m
		}
	}
	return nil
}

// named are the members that a request names, all of which must be in the group.
func (g *Group) named(ids []string) ([]*Member, error) {
	var out []*Member
	for _, id := range ids {
		m := g.member(id)
		if m == nil {
			return nil, invalid("The instance %s is not part of Auto Scaling group %s.", id, g.Name)
		}
		out = append(out, m)
	}
	return out, nil
}

func (g *Group) runs(process string) bool { return !slices.Contains(g.Suspended, process) }

func (g *Group) inService() []*Member {
	var out []*Member
	for _, m := range g.Members {
		if m.State == types.LifecycleStateInService {
			out = append(out, m)
		}
	}
	return out
}

// CreateAutoScalingGroup makes a group and launches its instances.
func (s *Service) CreateAutoScalingGroup(ctx context.Context, in *autoscaling.CreateAutoScalingGroupInput, _ ...Options) (*autoscaling.CreateAutoScalingGroupOutput, error) {
	if s.instances() == nil {
		return nil, &fakeaws.NotFakedError{Service: "Auto Scaling", Operation: "CreateAutoScalingGroup", Why: "it launches instances, and no service in the cloud has any; install fakeec2"}
	}
	state, call := s.store.In(ctx), fakeaws.CallFrom(ctx)
	name := aws.ToString(in.AutoScalingGroupName)
	if _, err := state.group(&name); err == nil {
		return nil, &types.AlreadyExistsFault{Message: aws.String("AutoScalingGroup by this name already exists - A group with the name " + name + " already exists")}
	}
	switch {
	case name == "" || len(name) > 255 || strings.Contains(name, ":"):
		return nil, invalid("'%s' is not a valid Auto Scaling group name", name)
	case in.LaunchTemplate == nil:
		return nil, invalid("Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.")
	case aws.ToString(in.VPCZoneIdentifier) == "":
		return nil, invalid("At least one Availability Zone or VPC Subnet is required.")
	}
	g := &Group{
		Account: call.Account, Region: call.Region,
		Name: name, Min: *in.MinSize, Max: *in.MaxSize, Desired: *in.MinSize, Subnets: strings.Split(strings.ReplaceAll(*in.VPCZoneIdentifier, " ", ""), ","),
		Template: *in.LaunchTemplate, TargetGroups: in.TargetGroupARNs, HealthCheck: "EC2", Created: time.Now(), Protect: aws.ToBool(in.NewInstancesProtectedFromScaleIn),
		Grace: time.Duration(aws.ToInt32(in.HealthCheckGracePeriod)) * time.Second,
		ARN:   fmt.Sprintf("arn:%s:autoscaling:%s:%s:autoScalingGroup:%s:autoScalingGroupName/%s", call.Partition(), call.Region, call.Account, s.cloud.UUID(), name),
	}
	if in.DesiredCapacity != nil {
		g.Desired = *in.DesiredCapacity
	}
	if err := g.setHealthCheck(in.HealthCheckType); err != nil {
		return nil, err
	}
	if err := g.sized(); err != nil {
		return nil, err
	}
	if lb, ok := fakeaws.Capability[fakeaws.TargetGroups](s.cloud); ok {
		for _, tg := range g.TargetGroups {
			if !lb.TargetGroup(ctx, call.Account, call.Region, tg) {
				return nil, invalid("Provided Target Groups may not be valid. Please ensure they exist and try again.")
			}
		}
	}
	for _, subnet := range g.Subnets {
		if _, err := s.launch(ctx, g, subnet, true); err != nil {
			return nil, err
		}
	}
	for _, t := range in.Tags {
		if err := g.tag(t); err != nil {
			return nil, err
		}
	}
	state.Groups = append(state.Groups, g)
	s.reconcile(ctx, g)
	return &autoscaling.CreateAutoScalingGroupOutput{}, nil
}

func (g *Group) setHealthCheck(kind *string) error {
	switch aws.ToString(kind) {
	case "":
	case "EC2", "ELB":
		g.HealthCheck = *kind
	default:
		return invalid("'%s' is not a valid health check type that is modelled; use EC2 or ELB", *kind)
	}
	return nil
}

// sized refuses sizes that don't fit each other.
func (g *Group) sized() error {
	switch {
	case g.Min < 0 || g.Min > g.Max:
		return invalid("Max bound, %d, must be greater than or equal to min bound, %d", g.Max, g.Min)
	case g.Desired < g.Min:
		return invalid("Desired capacity:%d must be greater than or equal to the specified min size:%d", g.Desired, g.Min)
	case g.Desired > g.Max:
		return invalid("Desired capacity:%d must be less than or equal to the specified max size:%d", g.Desired, g.Max)
	}
	return nil
}

// UpdateAutoScalingGroup changes sizes and health checks. A minimum above the desired capacity raises it, a maximum below lowers it.
func (s *Service) UpdateAutoScalingGroup(ctx context.Context, in *autoscaling.UpdateAutoScalingGroupInput, _ ...Options) (*autoscaling.UpdateAutoScalingGroupOutput, error) {
	g, err := s.store.In(ctx).group(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	next := *g
	set := func(to *int32, v *int32) {
		if v != nil {
			*to = *v
		}
	}
	set(&next.Min, in.MinSize)
	set(&next.Max, in.MaxSize)
	if in.DesiredCapacity != nil {
		next.Desired = *in.DesiredCapacity
	} else {
		next.Desired = min(max(next.Desired, next.Min), next.Max)
	}
	if err := next.sized(); err != nil {
		return nil, err
	}
	if err := next.setHealthCheck(in.HealthCheckType); err != nil {
		return nil, err
	}
	if in.HealthCheckGracePeriod != nil {
		next.Grace = time.Duration(*in.HealthCheckGracePeriod) * time.Second
	}
	if in.NewInstancesProtectedFromScaleIn != nil {
		next.Protect = *in.NewInstancesProtectedFromScaleIn
	}
	*g = next
	s.reconcile(ctx, g)
	return &autoscaling.UpdateAutoScalingGroupOutput{}, nil
}

// SetDesiredCapacity sets the size that the group keeps, as scaling policies do.
func (s *Service) SetDesiredCapacity(ctx context.Context, in *autoscaling.SetDesiredCapacityInput, _ ...Options) (*autoscaling.SetDesiredCapacityOutput, error) {
	g, err := s.store.In(ctx).group(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	next := *g
	next.Desired = *in.DesiredCapacity
	switch {
	case next.Desired < g.Min:
		return nil, invalid("New SetDesiredCapacity value %d is below min value %d for the AutoScalingGroup.", next.Desired, g.Min)
	case next.Desired > g.Max:
		return nil, invalid("New SetDesiredCapacity value %d is above max value %d for the AutoScalingGroup.", next.Desired, g.Max)
	}
	*g = next
	s.reconcile(ctx, g)
	return &autoscaling.SetDesiredCapacityOutput{}, nil
}

// DeleteAutoScalingGroup deletes an empty group, or one with all its instances.
func (s *Service) DeleteAutoScalingGroup(ctx context.Context, in *autoscaling.DeleteAutoScalingGroupInput, _ ...Options) (*autoscaling.DeleteAutoScalingGroupOutput, error) {
	state := s.store.In(ctx)
	g, err := state.group(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	if len(g.Members) > 0 && !aws.ToBool(in.ForceDelete) {
		return nil, &types.ResourceInUseFault{Message: aws.String("You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.")}
	}
	for _, m := range slices.Clone(g.Members) {
		s.terminate(ctx, g, m)
	}
	state.Groups = slices.DeleteFunc(state.Groups, func(o *Group) bool { return o == g })
	return &autoscaling.DeleteAutoScalingGroupOutput{}, nil
}

// processes are those that can be suspended.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html
var processes = []string{"AZRebalance", "AddToLoadBalancer", "AlarmNotification", "HealthCheck", "InstanceRefresh", "Launch", "ReplaceUnhealthy", "ScheduledActions", "Terminate"}

func chosen(names []string) ([]string, error) {
	if len(names) == 0 {
		return processes, nil
	}
	for _, n := range names {
		if !slices.Contains(processes, n) {
			return nil, invalid("%s is not a valid process type", n)
		}
	}
	return names, nil
}

// SuspendProcesses suspends those named, or all.
func (s *Service) SuspendProcesses(ctx context.Context, in *autoscaling.SuspendProcessesInput, _ ...Options) (*autoscaling.SuspendProcessesOutput, error) {
	g, err := s.store.In(ctx).group(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	names, err := chosen(in.ScalingProcesses)
	if err != nil {
		return nil, err
	}
	g.Suspended = slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(g.Suspended), names...))))
	s.reconcile(ctx, g)
	return &autoscaling.SuspendProcessesOutput{}, nil
}

// ResumeProcesses resumes those named, or all.
func (s *Service) ResumeProcesses(ctx context.Context, in *autoscaling.ResumeProcessesInput, _ ...Options) (*autoscaling.ResumeProcessesOutput, error) {
	g, err := s.store.In(ctx).group(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	names, err := chosen(in.ScalingProcesses)
	if err != nil {
		return nil, err
	}
	g.Suspended = slices.DeleteFunc(slices.Clone(g.Suspended), func(n string) bool { return slices.Contains(names, n) })
	s.reconcile(ctx, g)
	return &autoscaling.ResumeProcessesOutput{}, nil
}
