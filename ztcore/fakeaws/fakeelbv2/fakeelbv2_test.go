package fakeelbv2_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeelbv2"
)

var ctx = context.Background()

func group(t testing.TB, cfg aws.Config, name string) string {
	out, err := elasticloadbalancingv2.NewFromConfig(cfg).CreateTargetGroup(ctx, &elasticloadbalancingv2.CreateTargetGroupInput{
		Name: &name, Protocol: types.ProtocolEnumHttps, Port: aws.Int32(443), VpcId: aws.String("vpc-1"),
	})
	require.NoError(t, err)
	return *out.TargetGroups[0].TargetGroupArn
}

func states(t testing.TB, cfg aws.Config, arn string) (out []string) {
	health, err := elasticloadbalancingv2.NewFromConfig(cfg).DescribeTargetHealth(ctx, &elasticloadbalancingv2.DescribeTargetHealthInput{TargetGroupArn: &arn})
	require.NoError(t, err)
	for _, d := range health.TargetHealthDescriptions {
		out = append(out, fmt.Sprintf("%s:%d %s", *d.Target.Id, *d.Target.Port, d.TargetHealth.State))
	}
	return out
}

func TestATargetDrainsWhereALoadBalancerRoutesToIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := fakeaws.New(fakeelbv2.Install)
		cfg := cloud.Config()
		c := elasticloadbalancingv2.NewFromConfig(cfg)
		arn := group(t, cfg, "web")
		require.Equal(t, arn, group(t, cfg, "web"), "the same settings are the same group")
		targets := []types.TargetDescription{{Id: aws.String("i-1")}, {Id: aws.String("i-1"), Port: aws.Int32(8443)}}
		register := func() {
			_, err := c.RegisterTargets(ctx, &elasticloadbalancingv2.RegisterTargetsInput{TargetGroupArn: &arn, Targets: targets})
			require.NoError(t, err)
		}
		leave := func(d types.TargetDescription) {
			_, err := c.DeregisterTargets(ctx, &elasticloadbalancingv2.DeregisterTargetsInput{TargetGroupArn: &arn, Targets: []types.TargetDescription{d}})
			require.NoError(t, err)
		}
		register()
		require.Equal(t, []string{"i-1:443 unused", "i-1:8443 unused"}, states(t, cfg, arn))
		leave(types.TargetDescription{Id: aws.String("i-1")})
		require.Empty(t, states(t, cfg, arn))

		fakeelbv2.Of(cloud).SetInUse(fakeaws.DefaultAccount, fakeaws.DefaultRegion, arn, true)
		register()
		leave(targets[1])
		require.Equal(t, []string{"i-1:443 healthy", "i-1:8443 draining"}, states(t, cfg, arn))
		time.Sleep(299 * time.Second)
		require.Len(t, states(t, cfg, arn), 2)
		time.Sleep(time.Second)
		require.Equal(t, []string{"i-1:443 healthy"}, states(t, cfg, arn))
		leave(targets[0])
		register()
		require.Equal(t, []string{"i-1:443 healthy", "i-1:8443 healthy"}, states(t, cfg, arn))

		_, err := c.DeleteTargetGroup(ctx, &elasticloadbalancingv2.DeleteTargetGroupInput{TargetGroupArn: &arn})
		var used *types.ResourceInUseException
		require.ErrorAs(t, err, &used)
	})
}

func TestRefusals(t *testing.T) {
	cloud := fakeaws.New(fakeelbv2.Install)
	cfg := cloud.Config()
	c := elasticloadbalancingv2.NewFromConfig(cfg)
	arn := group(t, cfg, "web")
	create := func(change func(*elasticloadbalancingv2.CreateTargetGroupInput)) error {
		in := &elasticloadbalancingv2.CreateTargetGroupInput{Name: aws.String("other"), Protocol: types.ProtocolEnumHttps, Port: aws.Int32(443), VpcId: aws.String("vpc-1")}
		change(in)
		_, err := c.CreateTargetGroup(ctx, in)
		return err
	}
	for name, e := range map[string]struct {
		code string
		err  error
	}{
		"other settings": {"DuplicateTargetGroupName", create(func(in *elasticloadbalancingv2.CreateTargetGroupInput) {
			in.Name, in.Port = aws.String("web"), aws.Int32(80)
		})},
		"name":   {"ValidationError", create(func(in *elasticloadbalancingv2.CreateTargetGroupInput) { in.Name = aws.String("-web") })},
		"port":   {"ValidationError", create(func(in *elasticloadbalancingv2.CreateTargetGroupInput) { in.Port = aws.Int32(0) })},
		"no VPC": {"ValidationError", create(func(in *elasticloadbalancingv2.CreateTargetGroupInput) { in.VpcId = nil })},
		"unknown": {"TargetGroupNotFound", func() error {
			_, err := c.DescribeTargetHealth(ctx, &elasticloadbalancingv2.DescribeTargetHealthInput{TargetGroupArn: aws.String(arn + "0")})
			return err
		}()},
		"unknown name": {"TargetGroupNotFound", func() error {
			_, err := c.DescribeTargetGroups(ctx, &elasticloadbalancingv2.DescribeTargetGroupsInput{Names: []string{"none"}})
			return err
		}()},
		"no instance": {"InvalidTarget", func() error {
			_, err := c.RegisterTargets(ctx, &elasticloadbalancingv2.RegisterTargetsInput{TargetGroupArn: &arn, Targets: []types.TargetDescription{{Id: aws.String("10.0.0.1")}}})
			return err
		}()},
		"marker": {"ValidationError", func() error {
			_, err := c.DescribeTargetGroups(ctx, &elasticloadbalancingv2.DescribeTargetGroupsInput{Marker: aws.String("x")})
			return err
		}()},
	} {
		var refused smithy.APIError
		require.ErrorAs(t, e.err, &refused, name)
		require.Equal(t, e.code, refused.ErrorCode(), name)
	}
	var none *types.TargetGroupNotFoundException
	_, err := c.DescribeTargetHealth(ctx, &elasticloadbalancingv2.DescribeTargetHealthInput{TargetGroupArn: aws.String(arn + "0")})
	require.ErrorAs(t, err, &none)
}

func TestPages(t *testing.T) {
	cloud := fakeaws.New(fakeelbv2.Install)
	cloud.SetPageSize(1)
	cfg := cloud.Config()
	group(t, cfg, "a")
	group(t, cfg, "b")
	var names []string
	in := &elasticloadbalancingv2.DescribeTargetGroupsInput{}
	for {
		out, err := elasticloadbalancingv2.NewFromConfig(cfg).DescribeTargetGroups(ctx, in)
		require.NoError(t, err)
		require.Len(t, out.TargetGroups, 1)
		names = append(names, *out.TargetGroups[0].TargetGroupName)
		if in.Marker = out.NextMarker; in.Marker == nil {
			break
		}
	}
	require.Equal(t, []string{"a", "b"}, names)
}
