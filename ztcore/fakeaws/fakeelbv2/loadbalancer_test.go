package fakeelbv2_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeelbv2"
)

// front is a load balancer in the default VPC.
type front struct {
	t                 *testing.T
	cloud             *fakeaws.Cloud
	c                 *elb.Client
	subnets           []string
	vpc, arn, targets string
}

func newFront(t *testing.T) *front {
	cloud := fakeaws.New(fakeec2.Install, fakeelbv2.Install)
	f := &front{t: t, cloud: cloud, c: elb.NewFromConfig(cloud.Config())}
	subnets, err := ec2.NewFromConfig(cloud.Config()).DescribeSubnets(t.Context(), nil)
	require.NoError(t, err)
	for _, n := range subnets.Subnets[:2] {
		f.subnets, f.vpc = append(f.subnets, *n.SubnetId), *n.VpcId
	}
	b, err := f.c.CreateLoadBalancer(t.Context(), &elb.CreateLoadBalancerInput{Name: aws.String("web"), Subnets: f.subnets, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("web")}}})
	require.NoError(t, err)
	f.arn = *b.LoadBalancers[0].LoadBalancerArn
	g, err := f.c.CreateTargetGroup(t.Context(), &elb.CreateTargetGroupInput{Name: aws.String("web"), Protocol: types.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: &f.vpc})
	require.NoError(t, err)
	f.targets = *g.TargetGroups[0].TargetGroupArn
	return f
}

func (f *front) listen(change func(*elb.CreateListenerInput)) (*elb.CreateListenerOutput, error) {
	in := &elb.CreateListenerInput{LoadBalancerArn: &f.arn, Protocol: types.ProtocolEnumHttp, Port: aws.Int32(80),
		DefaultActions: []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: &f.targets}}}
	if change != nil {
		change(in)
	}
	return f.c.CreateListener(f.t.Context(), in)
}

func TestLoadBalancerDefaults(t *testing.T) {
	f := newFront(t)
	out, err := f.c.DescribeLoadBalancers(t.Context(), &elb.DescribeLoadBalancersInput{Names: []string{"web"}})
	require.NoError(t, err)
	b := out.LoadBalancers[0]
	require.Equal(t, types.LoadBalancerSchemeEnumInternetFacing, b.Scheme, "which is what a user has to say no to")
	require.Equal(t, types.LoadBalancerStateEnumActive, b.State.Code)
	require.Equal(t, f.vpc, *b.VpcId)
	require.Contains(t, *b.LoadBalancerArn, ":loadbalancer/app/web/")
	attributes, err := f.c.DescribeLoadBalancerAttributes(t.Context(), &elb.DescribeLoadBalancerAttributesInput{LoadBalancerArn: &f.arn})
	require.NoError(t, err)
	got := map[string]string{}
	for _, a := range attributes.Attributes {
		got[*a.Key] = *a.Value
	}
	require.Equal(t, "false", got["access_logs.s3.enabled"])
	require.Equal(t, "false", got["routing.http.drop_invalid_header_fields.enabled"])
	again, err := f.c.CreateLoadBalancer(t.Context(), &elb.CreateLoadBalancerInput{Name: aws.String("web"), Subnets: f.subnets})
	require.NoError(t, err)
	require.Equal(t, f.arn, *again.LoadBalancers[0].LoadBalancerArn)
	tags, err := f.c.DescribeTags(t.Context(), &elb.DescribeTagsInput{ResourceArns: []string{f.arn}})
	require.NoError(t, err)
	require.Equal(t, "team", *tags.TagDescriptions[0].Tags[0].Key)
}

func TestAListenerPutsItsTargetGroupInUse(t *testing.T) {
	f := newFront(t)
	l, err := f.listen(nil)
	require.NoError(t, err)
	_, err = f.c.DeleteTargetGroup(t.Context(), &elb.DeleteTargetGroupInput{TargetGroupArn: &f.targets})
	var used *types.ResourceInUseException
	require.ErrorAs(t, err, &used)
	groups, err := f.c.DescribeTargetGroups(t.Context(), nil)
	require.NoError(t, err)
	require.Equal(t, []string{f.arn}, groups.TargetGroups[0].LoadBalancerArns)
	_, err = f.c.DeleteListener(t.Context(), &elb.DeleteListenerInput{ListenerArn: l.Listeners[0].ListenerArn})
	require.NoError(t, err)
	_, err = f.c.DeleteTargetGroup(t.Context(), &elb.DeleteTargetGroupInput{TargetGroupArn: &f.targets})
	require.NoError(t, err)
}

func TestDeletionProtectionHolds(t *testing.T) {
	f := newFront(t)
	protect := func(value string) {
		_, err := f.c.ModifyLoadBalancerAttributes(t.Context(), &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: &f.arn,
			Attributes: []types.LoadBalancerAttribute{{Key: aws.String("deletion_protection.enabled"), Value: &value}}})
		require.NoError(t, err)
	}
	_, err := f.listen(nil)
	require.NoError(t, err)
	protect("true")
	_, err = f.c.DeleteLoadBalancer(t.Context(), &elb.DeleteLoadBalancerInput{LoadBalancerArn: &f.arn})
	var refused *types.OperationNotPermittedException
	require.ErrorAs(t, err, &refused)
	protect("false")
	_, err = f.c.DeleteLoadBalancer(t.Context(), &elb.DeleteLoadBalancerInput{LoadBalancerArn: &f.arn})
	require.NoError(t, err)
	_, err = f.c.DescribeListeners(t.Context(), &elb.DescribeListenersInput{LoadBalancerArn: &f.arn})
	var missing *types.LoadBalancerNotFoundException
	require.ErrorAs(t, err, &missing)
	_, err = f.c.DeleteTargetGroup(t.Context(), &elb.DeleteTargetGroupInput{TargetGroupArn: &f.targets})
	require.NoError(t, err, "its listeners went along")
}

func TestLoadBalancersAndListenersPage(t *testing.T) {
	f := newFront(t)
	_, err := f.c.CreateLoadBalancer(t.Context(), &elb.CreateLoadBalancerInput{Name: aws.String("inner"), Subnets: f.subnets, Scheme: types.LoadBalancerSchemeEnumInternal})
	require.NoError(t, err)
	for port := range int32(2) {
		_, err := f.listen(func(in *elb.CreateListenerInput) { in.Port = aws.Int32(80 + port) })
		require.NoError(t, err)
	}
	f.cloud.SetPageSize(1)
	one, err := f.c.DescribeLoadBalancers(t.Context(), nil)
	require.NoError(t, err)
	require.Len(t, one.LoadBalancers, 1)
	two, err := f.c.DescribeLoadBalancers(t.Context(), &elb.DescribeLoadBalancersInput{Marker: one.NextMarker})
	require.NoError(t, err)
	require.Equal(t, "inner", *two.LoadBalancers[0].LoadBalancerName)
	require.Nil(t, two.NextMarker)
	listeners, err := f.c.DescribeListeners(t.Context(), &elb.DescribeListenersInput{LoadBalancerArn: &f.arn})
	require.NoError(t, err)
	require.Len(t, listeners.Listeners, 1)
	_, err = f.c.DescribeListeners(t.Context(), &elb.DescribeListenersInput{LoadBalancerArn: &f.arn, Marker: one.NextMarker})
	require.ErrorContains(t, err, "marker")
}

func TestLoadBalancerRefusals(t *testing.T) {
	f := newFront(t)
	_, err := f.listen(nil)
	require.NoError(t, err)
	create := func(change func(*elb.CreateLoadBalancerInput)) error {
		in := &elb.CreateLoadBalancerInput{Name: aws.String("new"), Subnets: f.subnets}
		change(in)
		_, err := f.c.CreateLoadBalancer(t.Context(), in)
		return err
	}
	listen := func(change func(*elb.CreateListenerInput)) error {
		_, err := f.listen(func(in *elb.CreateListenerInput) { in.Port = aws.Int32(443); change(in) })
		return err
	}
	for name, c := range map[string]struct {
		err  error
		code string
	}{
		"one subnet":     {create(func(in *elb.CreateLoadBalancerInput) { in.Subnets = f.subnets[:1] }), "ValidationError"},
		"unknown subnet": {create(func(in *elb.CreateLoadBalancerInput) { in.Subnets = []string{f.subnets[0], "subnet-0123456789abcdef0"} }), "SubnetNotFound"},
		"one zone twice": {create(func(in *elb.CreateLoadBalancerInput) { in.Subnets = []string{f.subnets[0], f.subnets[0]} }), "ValidationError"},
		"unknown group":  {create(func(in *elb.CreateLoadBalancerInput) { in.SecurityGroups = []string{"sg-0123456789abcdef0"} }), "InvalidSecurityGroup"},
		"name":           {create(func(in *elb.CreateLoadBalancerInput) { in.Name = aws.String("internal-web") }), "ValidationError"},
		"name in use": {create(func(in *elb.CreateLoadBalancerInput) {
			in.Name, in.Scheme = aws.String("web"), types.LoadBalancerSchemeEnumInternal
		}), "DuplicateLoadBalancerName"},
		"scheme":         {create(func(in *elb.CreateLoadBalancerInput) { in.Scheme = "public" }), "InvalidScheme"},
		"port in use":    {listen(func(in *elb.CreateListenerInput) { in.Port = aws.Int32(80) }), "DuplicateListener"},
		"no certificate": {listen(func(in *elb.CreateListenerInput) { in.Protocol = types.ProtocolEnumHttps }), "ValidationError"},
		"protocol":       {listen(func(in *elb.CreateListenerInput) { in.Protocol = types.ProtocolEnumTcp }), "UnsupportedProtocol"},
		"no action": {listen(func(in *elb.CreateListenerInput) {
			in.DefaultActions = []types.Action{{Type: types.ActionTypeEnumRedirect}}
		}), "InvalidLoadBalancerAction"},
		"unknown targets":  {listen(func(in *elb.CreateListenerInput) { in.DefaultActions[0].TargetGroupArn = aws.String("arn:none") }), "TargetGroupNotFound"},
		"unknown balancer": {listen(func(in *elb.CreateListenerInput) { in.LoadBalancerArn = aws.String("arn:none") }), "LoadBalancerNotFound"},
		"tag key given twice": {listen(func(in *elb.CreateListenerInput) {
			in.Tags = []types.Tag{{Key: aws.String("a")}, {Key: aws.String("a")}}
		}), "DuplicateTagKeys"},
	} {
		t.Run(name, func(t *testing.T) {
			var api smithy.APIError
			require.ErrorAs(t, c.err, &api)
			require.Equal(t, c.code, api.ErrorCode(), api.ErrorMessage())
		})
	}
}
