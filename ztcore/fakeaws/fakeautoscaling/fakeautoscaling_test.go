package fakeautoscaling_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeautoscaling"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeelbv2"
)

var ctx = context.Background()

// machines stand in for EC2: they launch at once.
type machines struct {
	cloud *fakeaws.Cloud
	all   map[string]string // id → state
}

func (m *machines) Instance(_ context.Context, _, _, id string) (fakeaws.Instance, bool) {
	state, ok := m.all[id]
	return fakeaws.Instance{ID: id, State: state, VPC: "vpc-1", Zone: "us-east-1a", Type: "m7g.large"}, ok
}
func (m *machines) LaunchInstance(ctx context.Context, account, region string, l fakeaws.Launch) (fakeaws.Instance, error) {
	if l.CheckOnly {
		return fakeaws.Instance{}, nil
	}
	id := m.cloud.ID("i-", 17)
	m.all[id] = "running"
	i, _ := m.Instance(ctx, account, region, id)
	return i, nil
}
func (m *machines) TerminateInstance(_ context.Context, _, _, id string) { m.all[id] = "terminated" }
func (m *machines) StopInstance(_ context.Context, _, _, id string)      { m.all[id] = "stopped" }
func (m *machines) StartInstance(_ context.Context, _, _, id string)     { m.all[id] = "running" }

type scene struct {
	t        *testing.T
	c        *autoscaling.Client
	cfg      aws.Config
	machines *machines
	tg       string
}

func newScene(t *testing.T, kind string, size, most int32) *scene {
	cloud := fakeaws.New(fakeelbv2.Install, fakeautoscaling.Install)
	m := &machines{cloud, map[string]string{}}
	fakeaws.Provide[fakeaws.Instances](cloud, m)
	s := &scene{t: t, cfg: cloud.Config(), machines: m}
	s.c = autoscaling.NewFromConfig(s.cfg)
	out, err := elasticloadbalancingv2.NewFromConfig(s.cfg).CreateTargetGroup(ctx, &elasticloadbalancingv2.CreateTargetGroupInput{
		Name: aws.String("web"), Protocol: elbtypes.ProtocolEnumHttps, Port: aws.Int32(443), VpcId: aws.String("vpc-1"),
	})
	require.NoError(t, err)
	s.tg = *out.TargetGroups[0].TargetGroupArn
	require.NoError(t, s.create("web", kind, size, most))
	return s
}

func (s *scene) create(name, kind string, size, most int32) error {
	_, err := s.c.CreateAutoScalingGroup(ctx, &autoscaling.CreateAutoScalingGroupInput{
		AutoScalingGroupName: &name, MinSize: &size, MaxSize: &most, DesiredCapacity: &size, VPCZoneIdentifier: aws.String("subnet-1"),
		LaunchTemplate: &types.LaunchTemplateSpecification{LaunchTemplateName: aws.String("web")}, HealthCheckType: &kind, TargetGroupARNs: []string{s.tg},
	})
	return err
}

func (s *scene) group() types.AutoScalingGroup {
	out, err := s.c.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{"web"}})
	require.NoError(s.t, err)
	return out.AutoScalingGroups[0]
}

func (s *scene) only() string {
	members := s.group().Instances
	require.Len(s.t, members, 1)
	return *members[0].InstanceId
}

// look lets the group look at its instances.
func (s *scene) look() {
	_, err := s.c.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: aws.String("web")})
	require.NoError(s.t, err)
}

func (s *scene) suspend(names ...string) {
	_, err := s.c.SuspendProcesses(ctx, &autoscaling.SuspendProcessesInput{AutoScalingGroupName: aws.String("web"), ScalingProcesses: names})
	require.NoError(s.t, err)
}

func (s *scene) deregister(id string) {
	_, err := elasticloadbalancingv2.NewFromConfig(s.cfg).DeregisterTargets(ctx, &elasticloadbalancingv2.DeregisterTargetsInput{TargetGroupArn: &s.tg, Targets: []elbtypes.TargetDescription{{Id: &id}}})
	require.NoError(s.t, err)
}

func TestAnInstanceThatItsLoadBalancerDoesNotSeeIsReplaced(t *testing.T) {
	s := newScene(t, "ELB", 1, 2)
	first := s.only()
	s.look()
	require.Equal(t, first, s.only())
	s.deregister(first)
	s.look()
	require.NotEqual(t, first, s.only())
	require.Equal(t, "terminated", s.machines.all[first])

	second := s.only()
	s.suspend("HealthCheck", "ReplaceUnhealthy", "Terminate")
	s.deregister(second)
	s.look()
	require.Equal(t, second, s.only())
	require.Equal(t, "running", s.machines.all[second])
}

func TestAStoppedInstanceIsReplacedAndAScaleInTakesTheOldest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, "EC2", 1, 3)
		first := s.only()
		s.machines.StopInstance(ctx, "", "", first)
		s.look()
		require.Equal(t, "terminated", s.machines.all[first])
		second := s.only()
		size := func(n int32) {
			_, err := s.c.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: aws.String("web"), DesiredCapacity: &n})
			require.NoError(t, err)
		}
		size(2)
		_, err := s.c.SetInstanceProtection(ctx, &autoscaling.SetInstanceProtectionInput{AutoScalingGroupName: aws.String("web"), InstanceIds: []string{second}, ProtectedFromScaleIn: aws.Bool(true)})
		require.NoError(t, err)
		size(1)
		require.Equal(t, second, s.only())
	})
}

func TestDetachingAndAttachingMoveTheDesiredCapacity(t *testing.T) {
	s := newScene(t, "EC2", 1, 2)
	first := s.only()
	detach := func(decrement bool) error {
		_, err := s.c.DetachInstances(ctx, &autoscaling.DetachInstancesInput{AutoScalingGroupName: aws.String("web"), InstanceIds: []string{first}, ShouldDecrementDesiredCapacity: &decrement})
		return err
	}
	err := detach(true)
	require.ErrorContains(t, err, "has min-size=1, max-size=2, and desired-size=1")
	_, err = s.c.UpdateAutoScalingGroup(ctx, &autoscaling.UpdateAutoScalingGroupInput{AutoScalingGroupName: aws.String("web"), MinSize: aws.Int32(0)})
	require.NoError(t, err)
	require.NoError(t, detach(true))
	require.Equal(t, "0 0", fmt.Sprint(*s.group().DesiredCapacity, len(s.group().Instances)))
	require.Equal(t, "running", s.machines.all[first])

	_, err = s.c.AttachInstances(ctx, &autoscaling.AttachInstancesInput{AutoScalingGroupName: aws.String("web"), InstanceIds: []string{first}})
	require.NoError(t, err)
	require.Equal(t, int32(1), *s.group().DesiredCapacity)
	require.NoError(t, detach(false))
	require.NotEqual(t, first, s.only(), "another was launched in its place")
}

func TestStandbyIsOutOfReach(t *testing.T) {
	s := newScene(t, "ELB", 1, 2)
	first := s.only()
	_, err := s.c.EnterStandby(ctx, &autoscaling.EnterStandbyInput{AutoScalingGroupName: aws.String("web"), InstanceIds: []string{first}, ShouldDecrementDesiredCapacity: aws.Bool(false)})
	require.NoError(t, err)
	s.machines.StopInstance(ctx, "", "", first)
	s.look()
	require.Equal(t, "stopped", s.machines.all[first])
	require.Len(t, s.group().Instances, 2)
	s.machines.StartInstance(ctx, "", "", first)
	_, err = s.c.ExitStandby(ctx, &autoscaling.ExitStandbyInput{AutoScalingGroupName: aws.String("web"), InstanceIds: []string{first}})
	require.NoError(t, err)
	require.Equal(t, int32(2), *s.group().DesiredCapacity)
}

func TestAWarmPoolIsUsedFirst(t *testing.T) {
	s := newScene(t, "EC2", 1, 2)
	_, err := s.c.PutWarmPool(ctx, &autoscaling.PutWarmPoolInput{AutoScalingGroupName: aws.String("web")})
	require.NoError(t, err)
	require.Len(t, s.group().Instances, 1)
	out, err := s.c.DescribeAutoScalingInstances(ctx, &autoscaling.DescribeAutoScalingInstancesInput{})
	require.NoError(t, err)
	require.Len(t, out.AutoScalingInstances, 2)
	warm := out.AutoScalingInstances[1]
	require.Equal(t, "Warmed:Stopped", *warm.LifecycleState)
	require.Equal(t, "stopped", s.machines.all[*warm.InstanceId])
	_, err = s.c.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: aws.String("web"), DesiredCapacity: aws.Int32(2)})
	require.NoError(t, err)
	require.Equal(t, "running", s.machines.all[*warm.InstanceId])
}

func TestRefusals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newScene(t, "EC2", 1, 2)
		time.Sleep(time.Second)
		name := aws.String("web")
		for what, e := range map[string]struct {
			code string
			err  error
		}{
			"twice": {"AlreadyExists", s.create("web", "EC2", 1, 1)},
			"sizes": {"ValidationError", s.create("b", "EC2", 2, 1)},
			"check": {"ValidationError", s.create("b", "TCP", 1, 1)},
			"unknown group": {"ValidationError", func() error {
				_, err := s.c.ResumeProcesses(ctx, &autoscaling.ResumeProcessesInput{AutoScalingGroupName: aws.String("none")})
				return err
			}()},
			"process": {"ValidationError", func() error {
				_, err := s.c.SuspendProcesses(ctx, &autoscaling.SuspendProcessesInput{AutoScalingGroupName: name, ScalingProcesses: []string{"Terminating"}})
				return err
			}()},
			"not a member": {"ValidationError", func() error {
				_, err := s.c.EnterStandby(ctx, &autoscaling.EnterStandbyInput{AutoScalingGroupName: name, InstanceIds: []string{"i-0"}, ShouldDecrementDesiredCapacity: aws.Bool(true)})
				return err
			}()},
			"member already": {"ValidationError", func() error {
				_, err := s.c.AttachInstances(ctx, &autoscaling.AttachInstancesInput{AutoScalingGroupName: name, InstanceIds: []string{s.only()}})
				return err
			}()},
			"capacity": {"ValidationError", func() error {
				_, err := s.c.SetDesiredCapacity(ctx, &autoscaling.SetDesiredCapacityInput{AutoScalingGroupName: name, DesiredCapacity: aws.Int32(9)})
				return err
			}()},
			"not empty": {"ResourceInUse", func() error {
				_, err := s.c.DeleteAutoScalingGroup(ctx, &autoscaling.DeleteAutoScalingGroupInput{AutoScalingGroupName: name})
				return err
			}()},
			"token": {"InvalidNextToken", func() error {
				_, err := s.c.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{NextToken: aws.String("x")})
				return err
			}()},
		} {
			var refused smithy.APIError
			require.ErrorAs(t, e.err, &refused, what)
			require.Equal(t, e.code, refused.ErrorCode(), what)
		}
		var exists *types.AlreadyExistsFault
		require.ErrorAs(t, s.create("web", "EC2", 1, 1), &exists)
	})
}
