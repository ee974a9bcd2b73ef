package fakeautoscaling

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

func (g *Group) warmPool() *types.WarmPoolConfiguration {
	return &types.WarmPoolConfiguration{MinSize: &g.WarmMin, PoolState: g.WarmState}
}

// DescribeWarmPool answers a group's warm pool; without one, nothing.
func (s *Service) DescribeWarmPool(ctx context.Context, in *autoscaling.DescribeWarmPoolInput, _ ...Options) (*autoscaling.DescribeWarmPoolOutput, error) {
	g, err := s.store.In(ctx).group(in.AutoScalingGroupName)
	if err != nil || !g.HasWarmPool {
		return &autoscaling.DescribeWarmPoolOutput{}, err
	}
	var found []types.Instance
	for _, m := range g.Members {
		if m.warm() {
			found = append(found, types.Instance{
				InstanceId: &m.ID, AvailabilityZone: &m.Zone, InstanceType: &m.Type, LifecycleState: m.State, HealthStatus: aws.String(m.health()),
				LaunchTemplate: &g.Template, ProtectedFromScaleIn: &m.Protected,
			})
		}
	}
	page, next, ok := fakeaws.Page(ctx, found, in.NextToken, in.MaxRecords, 50)
	if !ok {
		return nil, &types.InvalidNextToken{Message: aws.String("The token is not valid")}
	}
	return &autoscaling.DescribeWarmPoolOutput{Instances: page, NextToken: next, WarmPoolConfiguration: g.warmPool()}, nil
}

// DeleteWarmPool terminates what is in a group's warm pool; what was detached before stays.
func (s *Service) DeleteWarmPool(ctx context.Context, in *autoscaling.DeleteWarmPoolInput, _ ...Options) (*autoscaling.DeleteWarmPoolOutput, error) {
	g, err := s.store.In(ctx).group(in.AutoScalingGroupName)
	if err != nil {
		return nil, err
	}
	if !g.HasWarmPool {
		return nil, invalid("No warm pool found for group %s", g.Name)
	}
	for _, m := range slices.Clone(g.Members) {
		if m.warm() {
			s.terminate(ctx, g, m)
		}
	}
	g.HasWarmPool = false
	return &autoscaling.DeleteWarmPoolOutput{}, nil
}

// TerminateInstanceInAutoScalingGroup terminates a member, protected or not. Unless the desired capacity is lowered, another is launched.
func (s *Service) TerminateInstanceInAutoScalingGroup(ctx context.Context, in *autoscaling.TerminateInstanceInAutoScalingGroupInput, _ ...Options) (*autoscaling.TerminateInstanceInAutoScalingGroupOutput, error) {
	g, m := s.store.In(ctx).holding(aws.ToString(in.InstanceId))
	if m == nil {
		return nil, invalid("Instance Id not found - No managed instance found for instance ID: %s", aws.ToString(in.InstanceId))
	}
	if aws.ToBool(in.ShouldDecrementDesiredCapacity) && m.State == types.LifecycleStateInService {
		if g.Desired <= g.Min {
			return nil, invalid("Currently, desiredSize equals minSize (%d). Terminating instance without replacement will violate group's min size constraint. Either set shouldDecrementDesiredCapacity flag to false or lower group's min size.", g.Min)
		}
		g.Desired--
	}
	s.retire(ctx, g, m)
	a := s.activity(g, "Terminating EC2 instance: "+m.ID)
	s.reconcile(ctx, g)
	return &autoscaling.TerminateInstanceInAutoScalingGroupOutput{Activity: &a}, nil
}
