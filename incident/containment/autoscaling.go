package containment

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
)

// suspendedProcesses are those of an Auto Scaling group, sorted.
var suspendedProcesses = stateOf(setting{name: "suspended processes of an Auto Scaling group"}, func(ctx context.Context, cfg aws.Config, group string) ([]string, error) {
	g, err := scalingGroup(ctx, cfg, group)
	if err != nil {
		return nil, err
	}
	return suspendedOf(g), nil
}, func(ctx context.Context, cfg aws.Config, group string, have, want []string) error {
	c := autoscaling.NewFromConfig(cfg)
	if more := without(want, have); len(more) > 0 {
		if _, err := c.SuspendProcesses(ctx, &autoscaling.SuspendProcessesInput{AutoScalingGroupName: &group, ScalingProcesses: more}); err != nil {
			return err
		}
	}
	if fewer := without(have, want); len(fewer) > 0 {
		_, err := c.ResumeProcesses(ctx, &autoscaling.ResumeProcessesInput{AutoScalingGroupName: &group, ScalingProcesses: fewer})
		return err
	}
	return nil
})

// destroyers are the processes of a group by which it may terminate an instance.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/as-suspend-resume-processes.html
var destroyers = []string{"AZRebalance", "HealthCheck", "InstanceRefresh", "ReplaceUnhealthy", "Terminate"}

// union is sorted, each member once.
func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

func without(all, less []string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return slices.Contains(less, s) })
}

func suspendedOf(g types.AutoScalingGroup) []string {
	var out []string
	for _, p := range g.SuspendedProcesses {
		out = append(out, aws.ToString(p.ProcessName))
	}
	slices.Sort(out)
	return out
}

func scalingGroup(ctx context.Context, cfg aws.Config, group string) (types.AutoScalingGroup, error) {
	out, err := autoscaling.NewFromConfig(cfg).DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{group}})
	if err == nil && len(out.AutoScalingGroups) != 1 {
		err = fmt.Errorf("there is no Auto Scaling group %s any more", group)
	}
	if err != nil {
		return types.AutoScalingGroup{}, err
	}
	return out.AutoScalingGroups[0], nil
}

// groupMinimum is the least number of instances of a group.
var groupMinimum = stateOf(setting{name: "minimum size of an Auto Scaling group"}, func(ctx context.Context, cfg aws.Config, group string) (int32, error) {
	g, err := scalingGroup(ctx, cfg, group)
	return aws.ToInt32(g.MinSize), err
}, func(ctx context.Context, cfg aws.Config, group string, _, want int32) error {
	_, err := autoscaling.NewFromConfig(cfg).UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: &group, MinSize: &want})
	return err
})

// membership is an instance's in an Auto Scaling group.
type membership struct {
	Group     string `json:"group,omitempty"`     // "" for none
	Protected bool   `json:"protected,omitempty"` // from scale-in
}

// groupMembership is which group an instance is in, and how; its target is "i-…|group". The group is not to launch another
// instance in its place, so its desired capacity goes down by one, and up again when the instance comes back.
// https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-detach-attach-instances.html
var groupMembership = stateOf(setting{name: "membership in an Auto Scaling group", calls: true}, func(ctx context.Context, cfg aws.Config, target string) (membership, error) {
	instance, _, _ := strings.Cut(target, "|")
	d, err := scalingInstance(ctx, cfg, instance)
	if err != nil || d == nil {
		return membership{}, err
	}
	return membership{aws.ToString(d.AutoScalingGroupName), aws.ToBool(d.ProtectedFromScaleIn)}, nil
}, func(ctx context.Context, cfg aws.Config, target string, have, want membership) error {
	instance, group, _ := strings.Cut(target, "|")
	c := autoscaling.NewFromConfig(cfg)
	if want.Group == "" {
		_, err := c.DetachInstances(ctx, &autoscaling.DetachInstancesInput{AutoScalingGroupName: &group, InstanceIds: []string{instance}, ShouldDecrementDesiredCapacity: aws.Bool(true)})
		return err
	}
	if have.Group == "" {
		if _, err := c.AttachInstances(ctx, &autoscaling.AttachInstancesInput{AutoScalingGroupName: &want.Group, InstanceIds: []string{instance}}); err != nil {
			return err
		}
	}
	d, err := scalingInstance(ctx, cfg, instance) // the group may protect what joins it by itself
	if err != nil || d == nil || aws.ToBool(d.ProtectedFromScaleIn) == want.Protected {
		return err
	}
	_, err = c.SetInstanceProtection(ctx, &autoscaling.SetInstanceProtectionInput{AutoScalingGroupName: &want.Group, InstanceIds: []string{instance}, ProtectedFromScaleIn: &want.Protected})
	return err
})

// scalingInstance is what Auto Scaling knows of an instance; nil if it is in no group, or has just left one.
func scalingInstance(ctx context.Context, cfg aws.Config, instance string) (*types.AutoScalingInstanceDetails, error) {
	out, err := autoscaling.NewFromConfig(cfg).DescribeAutoScalingInstances(ctx, &autoscaling.DescribeAutoScalingInstancesInput{InstanceIds: []string{instance}})
	if err != nil || len(out.AutoScalingInstances) == 0 {
		return nil, err
	}
	if d := out.AutoScalingInstances[0]; aws.ToString(d.LifecycleState) != string(types.LifecycleStateDetached) {
		return &d, nil
	}
	return nil, nil
}
