package fakeautoscaling_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeautoscaling"
)

func (f *fleet) hook(name, transition string) error {
	_, err := f.c.PutLifecycleHook(ctx, &autoscaling.PutLifecycleHookInput{AutoScalingGroupName: aws.String("web"), LifecycleHookName: &name, LifecycleTransition: &transition, HeartbeatTimeout: aws.Int32(60)})
	return err
}

func TestATerminatingInstanceWaitsAtItsHook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFleet(t, 0, 2, 4)
		require.NoError(t, f.hook("evidence", "autoscaling:EC2_INSTANCE_TERMINATING"))
		first, second := *f.members()[0].InstanceId, *f.members()[1].InstanceId
		fakeautoscaling.Of(f.cloud).ScaleIn()
		require.Equal(t, types.LifecycleStateTerminatingWait, f.members()[0].LifecycleState)
		require.Equal(t, ec2types.InstanceStateNameRunning, f.state(first))
		_, err := f.c.CompleteLifecycleAction(ctx, &autoscaling.CompleteLifecycleActionInput{AutoScalingGroupName: aws.String("web"), LifecycleHookName: aws.String("evidence"),
			InstanceId: &first, LifecycleActionResult: aws.String("ABANDON")})
		require.NoError(t, err)
		require.Equal(t, ec2types.InstanceStateNameTerminated, f.state(first), "a termination goes on either way")

		fakeautoscaling.Of(f.cloud).ScaleIn()
		require.Equal(t, ec2types.InstanceStateNameRunning, f.state(second))
		time.Sleep(time.Minute)
		fakeautoscaling.Of(f.cloud).HealthChecks()
		require.Equal(t, ec2types.InstanceStateNameTerminated, f.state(second), "the hook has timed out")
	})
}

func TestALaunchThatIsGivenUpIsTriedAgain(t *testing.T) {
	f := newFleet(t, 0, 0, 4)
	require.NoError(t, f.hook("setup", "autoscaling:EC2_INSTANCE_LAUNCHING"))
	_, err := f.c.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: aws.String("web"), DesiredCapacity: aws.Int32(1)})
	require.NoError(t, err)
	require.Len(t, f.members(), 1)
	first := *f.members()[0].InstanceId
	complete := func(id, result string) error {
		_, err := f.c.CompleteLifecycleAction(ctx, &autoscaling.CompleteLifecycleActionInput{AutoScalingGroupName: aws.String("web"), LifecycleHookName: aws.String("setup"),
			InstanceId: &id, LifecycleActionResult: &result})
		return err
	}
	require.NoError(t, complete(first, "ABANDON"))
	require.Equal(t, ec2types.InstanceStateNameTerminated, f.state(first))
	require.Len(t, f.members(), 1)
	require.NoError(t, complete(*f.members()[0].InstanceId, "CONTINUE"))
	require.Equal(t, types.LifecycleStateInService, f.members()[0].LifecycleState)
	require.ErrorContains(t, complete(first, "CONTINUE"), "No active Lifecycle Action")
}

func TestHookRefusals(t *testing.T) {
	f := newFleet(t, 0, 0, 1)
	require.ErrorContains(t, f.hook("x", "autoscaling:EC2_INSTANCE_LAUNCH"), "LifecycleTransition")
	_, err := f.c.DeleteLifecycleHook(ctx, &autoscaling.DeleteLifecycleHookInput{AutoScalingGroupName: aws.String("web"), LifecycleHookName: aws.String("x")})
	require.ErrorContains(t, err, "No Lifecycle Hook")
	require.NoError(t, f.hook("x", "autoscaling:EC2_INSTANCE_LAUNCHING"))
	out, err := f.c.DescribeLifecycleHooks(ctx, &autoscaling.DescribeLifecycleHooksInput{AutoScalingGroupName: aws.String("web")})
	require.NoError(t, err)
	require.Equal(t, "ABANDON", *out.LifecycleHooks[0].DefaultResult)
	require.Equal(t, int32(60), *out.LifecycleHooks[0].HeartbeatTimeout)
	_, err = f.c.DeleteLifecycleHook(ctx, &autoscaling.DeleteLifecycleHookInput{AutoScalingGroupName: aws.String("web"), LifecycleHookName: aws.String("x")})
	require.NoError(t, err)
}
