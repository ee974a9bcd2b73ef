package containment

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// targetRegistration is whether a target is registered; its own target is "target group's ARN|id|port|zone".
var targetRegistration = stateOf(setting{name: "registration with a target group"}, func(ctx context.Context, cfg aws.Config, target string) (bool, error) {
	arn, one := registration(target)
	out, err := elasticloadbalancingv2.NewFromConfig(cfg).DescribeTargetHealth(ctx, &elasticloadbalancingv2.DescribeTargetHealthInput{TargetGroupArn: &arn})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(out.TargetHealthDescriptions, func(d types.TargetHealthDescription) bool {
		return registered(d) && *d.Target.Id == *one.Id && aws.ToInt32(d.Target.Port) == aws.ToInt32(one.Port)
	}), nil
}, func(ctx context.Context, cfg aws.Config, target string, _, want bool) error {
	arn, one := registration(target)
	c := elasticloadbalancingv2.NewFromConfig(cfg)
	if want {
		_, err := c.RegisterTargets(ctx, &elasticloadbalancingv2.RegisterTargetsInput{TargetGroupArn: &arn, Targets: []types.TargetDescription{one}})
		return err
	}
	_, err := c.DeregisterTargets(ctx, &elasticloadbalancingv2.DeregisterTargetsInput{TargetGroupArn: &arn, Targets: []types.TargetDescription{one}})
	return err
})

// registered reports that a target gets, or may soon get, new connections: one that drains does not.
func registered(d types.TargetHealthDescription) bool {
	return d.TargetHealth == nil || d.TargetHealth.State != types.TargetHealthStateEnumDraining
}

func registration(target string) (arn string, one types.TargetDescription) {
	parts := strings.Split(target, "|")
	one.Id = &parts[1]
	if port, err := strconv.Atoi(parts[2]); err == nil {
		one.Port = aws.Int32(int32(port))
	}
	if parts[3] != "" {
		one.AvailabilityZone = &parts[3]
	}
	return parts[0], one
}

// registrations are all of an instance's, by its id and by its addresses. There is no listing by target, so each group of the
// instance's VPCs is asked.
func registrations(ctx context.Context, cfg aws.Config, i ec2types.Instance) ([]string, error) {
	ids := []string{aws.ToString(i.InstanceId)}
	vpcs := []string{aws.ToString(i.VpcId)}
	for _, n := range i.NetworkInterfaces {
		vpcs = append(vpcs, aws.ToString(n.VpcId))
		for _, a := range n.PrivateIpAddresses {
			ids = append(ids, aws.ToString(a.PrivateIpAddress))
		}
		for _, a := range n.Ipv6Addresses {
			ids = append(ids, aws.ToString(a.Ipv6Address))
		}
	}
	groups, err := targetGroups(ctx, cfg)
	if err != nil {
		return nil, err
	}
	groups = slices.DeleteFunc(groups, func(g types.TargetGroup) bool {
		return g.TargetType != types.TargetTypeEnumInstance && g.TargetType != types.TargetTypeEnumIp || !slices.Contains(vpcs, aws.ToString(g.VpcId))
	})
	found := make([][]string, len(groups))
	err = ztcore.Each(ctx, len(groups), func(ctx context.Context, k int) error {
		out, err := elasticloadbalancingv2.NewFromConfig(cfg).DescribeTargetHealth(ctx, &elasticloadbalancingv2.DescribeTargetHealthInput{TargetGroupArn: groups[k].TargetGroupArn})
		if err != nil {
			return err
		}
		for _, d := range out.TargetHealthDescriptions {
			if t := d.Target; registered(d) && slices.Contains(ids, aws.ToString(t.Id)) {
				found[k] = append(found[k], strings.Join([]string{*groups[k].TargetGroupArn, *t.Id, strconv.Itoa(int(aws.ToInt32(t.Port))), aws.ToString(t.AvailabilityZone)}, "|"))
			}
		}
		return nil
	})
	return slices.Concat(found...), err
}

func targetGroups(ctx context.Context, cfg aws.Config) ([]types.TargetGroup, error) {
	in := &elasticloadbalancingv2.DescribeTargetGroupsInput{}
	var all []types.TargetGroup
	for {
		page, err := elasticloadbalancingv2.NewFromConfig(cfg).DescribeTargetGroups(ctx, in)
		if err != nil {
			return nil, err
		}
		all = append(all, page.TargetGroups...)
		if aws.ToString(page.NextMarker) == "" {
			return all, nil
		}
		in.Marker = page.NextMarker
	}
}
