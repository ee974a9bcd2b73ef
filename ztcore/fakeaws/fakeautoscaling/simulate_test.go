package fakeautoscaling_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeautoscaling"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
)

// fleet is a group of real (that is, faked) EC2 instances in an account and region that are not the default ones.
type fleet struct {
	t     *testing.T
	cloud *fakeaws.Cloud
	c     *autoscaling.Client
	ec2   *ec2.Client
}

func newFleet(t *testing.T, least, size, most int32) *fleet {
	cloud := fakeaws.New(fakeec2.Install, fakeautoscaling.Install)
	cfg := cloud.ConfigFor("210987654321", "eu-west-1")
	f := &fleet{t, cloud, autoscaling.NewFromConfig(cfg), ec2.NewFromConfig(cfg)}
	_, err := f.ec2.CreateLaunchTemplate(ctx, &ec2.CreateLaunchTemplateInput{LaunchTemplateName: aws.String("web"), LaunchTemplateData: &ec2types.RequestLaunchTemplateData{
		ImageId:      aws.String("resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"),
		InstanceType: ec2types.InstanceTypeT3Micro, DisableApiTermination: aws.Bool(true)}})
	require.NoError(t, err)
	subnets, err := f.ec2.DescribeSubnets(ctx, nil)
	require.NoError(t, err)
	_, err = f.c.CreateAutoScalingGroup(ctx, &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: aws.String("web"), MinSize: &least, MaxSize: &most, DesiredCapacity: &size, VPCZoneIdentifier: subnets.Subnets[0].SubnetId,
		LaunchTemplate: &types.LaunchTemplateSpecification{LaunchTemplateName: aws.String("web")},
		Tags:           []types.Tag{{Key: aws.String("team"), Value: aws.String("web"), PropagateAtLaunch: aws.Bool(true)}, {Key: aws.String("own"), Value: aws.String("x")}},
	})
	require.NoError(t, err)
	return f
}

func (f *fleet) members() []types.Instance {
	f.t.Helper()
	out, err := f.c.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{"web"}})
	require.NoError(f.t, err)
	return out.AutoScalingGroups[0].Instances
}

func (f *fleet) state(id string) ec2types.InstanceStateName {
	f.t.Helper()
	out, err := f.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{id}})
	require.NoError(f.t, err)
	return out.Reservations[0].Instances[0].State.Name
}

func TestScaleInTakesWhatTerminationProtectionKeepsFromTheAPI(t *testing.T) {
	f := newFleet(t, 1, 2, 4)
	victim := *f.members()[0].InstanceId
	_, err := f.ec2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{victim}})
	require.ErrorContains(t, err, "disableApiTermination")
	fakeautoscaling.Of(f.cloud).ScaleIn()
	require.Equal(t, ec2types.InstanceStateNameTerminated, f.state(victim))
	fakeautoscaling.Of(f.cloud).ScaleIn()
	require.Len(t, f.members(), 1, "not below the minimum")
}

func TestProtectionFromScaleInIsNoneFromHealthChecks(t *testing.T) {
	f := newFleet(t, 0, 2, 4)
	victim := *f.members()[0].InstanceId
	_, err := f.c.SetInstanceProtection(ctx, &autoscaling.SetInstanceProtectionInput{AutoScalingGroupName: aws.String("web"), InstanceIds: []string{victim}, ProtectedFromScaleIn: aws.Bool(true)})
	require.NoError(t, err)
	fakeautoscaling.Of(f.cloud).ScaleIn()
	require.Equal(t, ec2types.InstanceStateNameRunning, f.state(victim), "the other one went")

	require.NoError(t, fakeec2.Of(f.cloud).ShutDown(victim))
	_, err = f.c.SuspendProcesses(ctx, &autoscaling.SuspendProcessesInput{AutoScalingGroupName: aws.String("web"), ScalingProcesses: []string{"ReplaceUnhealthy"}})
	require.NoError(t, err)
	fakeautoscaling.Of(f.cloud).HealthChecks()
	require.Equal(t, ec2types.InstanceStateNameStopped, f.state(victim))
	_, err = f.c.ResumeProcesses(ctx, &autoscaling.ResumeProcessesInput{AutoScalingGroupName: aws.String("web")})
	require.NoError(t, err)
	fakeautoscaling.Of(f.cloud).HealthChecks()
	require.Equal(t, ec2types.InstanceStateNameTerminated, f.state(victim))
	require.Len(t, f.members(), 1)
	require.NotEqual(t, victim, *f.members()[0].InstanceId)
}

func TestWhatIsDetachedIsLeftAlone(t *testing.T) {
	f := newFleet(t, 1, 1, 4)
	victim := *f.members()[0].InstanceId
	_, err := f.c.DetachInstances(ctx, &autoscaling.DetachInstancesInput{AutoScalingGroupName: aws.String("web"), InstanceIds: []string{victim}, ShouldDecrementDesiredCapacity: aws.Bool(true)})
	require.ErrorContains(t, err, "update the AutoScalingGroup sizes")
	_, err = f.c.DetachInstances(ctx, &autoscaling.DetachInstancesInput{AutoScalingGroupName: aws.String("web"), InstanceIds: []string{victim}, ShouldDecrementDesiredCapacity: aws.Bool(false)})
	require.NoError(t, err)
	require.Len(t, f.members(), 1, "without decrement another is launched")
	require.NoError(t, fakeec2.Of(f.cloud).ShutDown(victim))
	fakeautoscaling.Of(f.cloud).HealthChecks()
	fakeautoscaling.Of(f.cloud).ScaleIn()
	require.Equal(t, ec2types.InstanceStateNameStopped, f.state(victim))
}

func TestTerminationThroughTheGroupHeedsItsMinimum(t *testing.T) {
	f := newFleet(t, 1, 1, 2)
	victim := *f.members()[0].InstanceId
	_, err := f.c.TerminateInstanceInAutoScalingGroup(ctx, &autoscaling.TerminateInstanceInAutoScalingGroupInput{InstanceId: &victim, ShouldDecrementDesiredCapacity: aws.Bool(true)})
	require.ErrorContains(t, err, "min size constraint")
	_, err = f.c.TerminateInstanceInAutoScalingGroup(ctx, &autoscaling.TerminateInstanceInAutoScalingGroupInput{InstanceId: &victim, ShouldDecrementDesiredCapacity: aws.Bool(false)})
	require.NoError(t, err)
	require.Equal(t, ec2types.InstanceStateNameTerminated, f.state(victim))
	require.Len(t, f.members(), 1)
}

func TestWarmPoolIsDescribedAndDeleted(t *testing.T) {
	f := newFleet(t, 1, 1, 3)
	_, err := f.c.DeleteWarmPool(ctx, &autoscaling.DeleteWarmPoolInput{AutoScalingGroupName: aws.String("web")})
	require.ErrorContains(t, err, "No warm pool")
	_, err = f.c.PutWarmPool(ctx, &autoscaling.PutWarmPoolInput{AutoScalingGroupName: aws.String("web")})
	require.NoError(t, err)
	f.cloud.SetPageSize(1)
	first, err := f.c.DescribeWarmPool(ctx, &autoscaling.DescribeWarmPoolInput{AutoScalingGroupName: aws.String("web")})
	require.NoError(t, err)
	require.Len(t, first.Instances, 1)
	require.NotNil(t, first.NextToken)
	warm := *first.Instances[0].InstanceId
	require.Equal(t, types.LifecycleStateWarmedStopped, first.Instances[0].LifecycleState)
	require.Equal(t, ec2types.InstanceStateNameStopped, f.state(warm))
	_, err = f.c.DescribeWarmPool(ctx, &autoscaling.DescribeWarmPoolInput{AutoScalingGroupName: aws.String("web"), NextToken: aws.String("stale")})
	var stale *types.InvalidNextToken
	require.ErrorAs(t, err, &stale)
	_, err = f.c.DeleteWarmPool(ctx, &autoscaling.DeleteWarmPoolInput{AutoScalingGroupName: aws.String("web")})
	require.NoError(t, err)
	require.Equal(t, ec2types.InstanceStateNameTerminated, f.state(warm))
	require.Len(t, f.members(), 1)
}

func TestTagsGoAlongWhereTheySaySo(t *testing.T) {
	f := newFleet(t, 1, 1, 3)
	tags, err := f.ec2.DescribeTags(ctx, &ec2.DescribeTagsInput{Filters: []ec2types.Filter{{Name: aws.String("resource-id"), Values: []string{*f.members()[0].InstanceId}}}})
	require.NoError(t, err)
	got := map[string]string{}
	for _, x := range tags.Tags {
		got[*x.Key] = *x.Value
	}
	require.Equal(t, map[string]string{"aws:autoscaling:groupName": "web", "team": "web"}, got)
	tag := types.Tag{ResourceId: aws.String("web"), ResourceType: aws.String("auto-scaling-group"), Key: aws.String("own"), Value: aws.String("y"), PropagateAtLaunch: aws.Bool(false)}
	_, err = f.c.CreateOrUpdateTags(ctx, &autoscaling.CreateOrUpdateTagsInput{Tags: []types.Tag{tag}})
	require.NoError(t, err)
	one, err := f.c.DescribeTags(ctx, &autoscaling.DescribeTagsInput{Filters: []types.Filter{{Name: aws.String("key"), Values: []string{"own"}}}})
	require.NoError(t, err)
	require.Len(t, one.Tags, 1)
	require.Equal(t, "y", *one.Tags[0].Value)
	_, err = f.c.DeleteTags(ctx, &autoscaling.DeleteTagsInput{Tags: []types.Tag{tag}})
	require.NoError(t, err)
	all, err := f.c.DescribeTags(ctx, nil)
	require.NoError(t, err)
	require.Len(t, all.Tags, 1)
	tag.Key = aws.String("aws:own")
	_, err = f.c.CreateOrUpdateTags(ctx, &autoscaling.CreateOrUpdateTagsInput{Tags: []types.Tag{tag}})
	require.ErrorContains(t, err, "reserved")
}
