package fakeec2_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
)

const (
	s3Service  = "com.amazonaws.us-east-1.s3"
	kmsService = "com.amazonaws.us-east-1.kms"
)

func (w *world) describeEndpoint(id *string) types.VpcEndpoint {
	w.t.Helper()
	out, err := w.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{*id}})
	require.NoError(w.t, err)
	return out.VpcEndpoints[0]
}

// named turns on what private DNS needs.
func (w *world) named(vpc string) {
	w.t.Helper()
	_, err := w.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: &vpc, EnableDnsHostnames: &types.AttributeBooleanValue{Value: aws.Bool(true)}})
	require.NoError(w.t, err)
}

func TestGatewayEndpointRoutes(t *testing.T) {
	w := newWorld(t)
	v := w.vpc("10.0.0.0/16")
	a, b := w.table(v), w.table(v)
	e, err := w.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: &v, ServiceName: aws.String(s3Service), RouteTableIds: []string{a}})
	require.NoError(t, err)
	id := e.VpcEndpoint.VpcEndpointId
	require.Equal(t, types.VpcEndpointTypeGateway, e.VpcEndpoint.VpcEndpointType, "the default type")
	require.Equal(t, types.State("available"), e.VpcEndpoint.State)
	require.JSONEq(t, `{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`, *e.VpcEndpoint.PolicyDocument)

	lists, err := w.DescribePrefixLists(ctx, &ec2.DescribePrefixListsInput{Filters: filter("prefix-list-name", s3Service)})
	require.NoError(t, err)
	r := w.describeTable(a).Routes[1]
	require.Equal(t, *lists.PrefixLists[0].PrefixListId, *r.DestinationPrefixListId)
	require.Equal(t, *id, *r.GatewayId)
	_, err = w.DeleteRoute(ctx, &ec2.DeleteRouteInput{RouteTableId: &a, DestinationPrefixListId: r.DestinationPrefixListId})
	requireCode(t, err, "InvalidParameterValue")
	_, err = w.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: &v, ServiceName: aws.String(s3Service), RouteTableIds: []string{b, a}})
	requireCode(t, err, "RouteAlreadyExists")
	require.Len(t, w.describeTable(b).Routes, 1)

	_, err = w.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{VpcEndpointId: id, AddRouteTableIds: []string{b}, RemoveRouteTableIds: []string{a},
		PolicyDocument: aws.String(`{"Statement":[]}`)})
	require.NoError(t, err)
	require.Equal(t, []string{b}, w.describeEndpoint(id).RouteTableIds)
	require.Equal(t, `{"Statement":[]}`, *w.describeEndpoint(id).PolicyDocument)
	require.Len(t, w.describeTable(a).Routes, 1)
	_, err = w.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{VpcEndpointId: id, ResetPolicy: aws.Bool(true)})
	require.NoError(t, err)
	require.Contains(t, *w.describeEndpoint(id).PolicyDocument, `"Action":"*"`)

	unknown := "vpce-0123456789abcdef0"
	out, err := w.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{*id, unknown}})
	require.NoError(t, err)
	require.Len(t, out.Unsuccessful, 1)
	require.Equal(t, unknown, *out.Unsuccessful[0].ResourceId)
	require.Equal(t, "InvalidVpcEndpoint.NotFound", *out.Unsuccessful[0].Error.Code)
	require.Len(t, w.describeTable(b).Routes, 1)
	_, err = w.DescribeVpcEndpoints(ctx, &ec2.DescribeVpcEndpointsInput{VpcEndpointIds: []string{*id}})
	requireCode(t, err, "InvalidVpcEndpointId.NotFound")
}

func TestInterfaceEndpointLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		fakeec2.Of(w.cloud).SetSettling(time.Minute)
		v := w.vpc("10.0.0.0/16")
		w.named(v)
		a, b := w.subnet(v, "10.0.1.0/24", "us-east-1a"), w.subnet(v, "10.0.2.0/24", "us-east-1b")
		g := w.group(v, "endpoints")
		e, err := w.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{
			VpcId: &v, ServiceName: aws.String(kmsService), VpcEndpointType: "Interface", SubnetIds: []string{a}, SecurityGroupIds: []string{g},
		})
		require.NoError(t, err)
		id := e.VpcEndpoint.VpcEndpointId
		require.Equal(t, types.State("pending"), e.VpcEndpoint.State)
		require.True(t, *e.VpcEndpoint.PrivateDnsEnabled, "private DNS is on where nothing is said")
		require.Equal(t, "kms.us-east-1.amazonaws.com", *e.VpcEndpoint.DnsEntries[2].DnsName)
		time.Sleep(time.Minute)
		require.Equal(t, types.State("available"), w.describeEndpoint(id).State)

		enis := func() []types.NetworkInterface {
			out, err := w.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: filter("interface-type", "vpc_endpoint")})
			require.NoError(t, err)
			return out.NetworkInterfaces
		}
		require.Equal(t, g, *enis()[0].Groups[0].GroupId)
		_, err = w.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &g})
		requireCode(t, err, "DependencyViolation")
		next := w.group(v, "next")
		_, err = w.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{VpcEndpointId: id, AddSubnetIds: []string{b}, RemoveSubnetIds: []string{a},
			AddSecurityGroupIds: []string{next}, RemoveSecurityGroupIds: []string{g}, PrivateDnsEnabled: aws.Bool(false)})
		require.NoError(t, err)
		require.Equal(t, []string{b}, w.describeEndpoint(id).SubnetIds)
		require.False(t, *w.describeEndpoint(id).PrivateDnsEnabled)
		require.Len(t, enis(), 1)
		require.Equal(t, next, *enis()[0].Groups[0].GroupId)
		_, err = w.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &g})
		require.NoError(t, err)

		_, err = w.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{*id}})
		require.NoError(t, err)
		require.Equal(t, types.State("deleting"), w.describeEndpoint(id).State)
		_, err = w.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &next})
		requireCode(t, err, "DependencyViolation")
		time.Sleep(time.Minute)
		require.Empty(t, enis())
		_, err = w.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &next})
		require.NoError(t, err)
	})
}

func TestEndpointRefusals(t *testing.T) {
	w := newWorld(t)
	v, far := w.vpc("10.0.0.0/16"), w.vpc("10.1.0.0/16")
	a, b := w.subnet(v, "10.0.1.0/24", "us-east-1a"), w.subnet(v, "10.0.2.0/24", "us-east-1a")
	rtb, farTable, farGroup := w.table(v), w.table(far), w.group(far, "far")
	off := aws.Bool(false)
	create := func(in ec2.CreateVpcEndpointInput) error {
		in.VpcId = &v
		_, err := w.CreateVpcEndpoint(ctx, &in)
		return err
	}
	unnamed := create(ec2.CreateVpcEndpointInput{ServiceName: aws.String(kmsService), VpcEndpointType: "Interface"})
	w.named(v)
	require.NoError(t, create(ec2.CreateVpcEndpointInput{ServiceName: aws.String(kmsService), VpcEndpointType: "Interface"}))
	for name, c := range map[string]struct {
		err  error
		code string // of "Error codes for the Amazon EC2 API", or as its threads report it
	}{
		"private DNS without names":    {unnamed, "InvalidParameter"},
		"private DNS twice":            {create(ec2.CreateVpcEndpointInput{ServiceName: aws.String(kmsService), VpcEndpointType: "Interface"}), "InvalidParameter"},
		"an unknown service":           {create(ec2.CreateVpcEndpointInput{ServiceName: aws.String("com.amazonaws.us-east-1.nothing")}), "InvalidServiceName"},
		"a service of another region":  {create(ec2.CreateVpcEndpointInput{ServiceName: aws.String("com.amazonaws.eu-west-1.s3")}), "InvalidServiceName"},
		"a gateway endpoint for KMS":   {create(ec2.CreateVpcEndpointInput{ServiceName: aws.String(kmsService)}), "InvalidParameter"},
		"subnets for a gateway":        {create(ec2.CreateVpcEndpointInput{ServiceName: aws.String(s3Service), SubnetIds: []string{a}}), "InvalidParameter"},
		"route tables for interfaces":  {create(ec2.CreateVpcEndpointInput{ServiceName: aws.String(kmsService), VpcEndpointType: "Interface", RouteTableIds: []string{rtb}}), "InvalidParameter"},
		"another VPC's route table":    {create(ec2.CreateVpcEndpointInput{ServiceName: aws.String(s3Service), RouteTableIds: []string{farTable}}), "InvalidParameter"},
		"another VPC's security group": {create(ec2.CreateVpcEndpointInput{ServiceName: aws.String(kmsService), VpcEndpointType: "Interface", SecurityGroupIds: []string{farGroup}}), "InvalidGroup.NotFound"},
		"two subnets of one zone": {create(ec2.CreateVpcEndpointInput{ServiceName: aws.String(kmsService), VpcEndpointType: "Interface", SubnetIds: []string{a, b},
			PrivateDnsEnabled: off}), "DuplicateSubnetsInSameZone"},
		"a policy that is no JSON":   {create(ec2.CreateVpcEndpointInput{ServiceName: aws.String(s3Service), PolicyDocument: aws.String("allow all")}), "InvalidPolicyDocument"},
		"a policy with no statement": {create(ec2.CreateVpcEndpointInput{ServiceName: aws.String(s3Service), PolicyDocument: aws.String("{}")}), "InvalidPolicyDocument"},
		"deleting a malformed id":    {second(w.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{"vpce-x"}})), "InvalidVpcEndpointId.Malformed"},
		"an unknown service's details": {second(w.DescribeVpcEndpointServices(ctx, &ec2.DescribeVpcEndpointServicesInput{ServiceNames: []string{"nothing"}})),
			"InvalidServiceName"},
	} {
		t.Run(name, func(t *testing.T) { requireCode(t, c.err, c.code) })
	}
	enis, err := w.DescribeNetworkInterfaces(ctx, nil)
	require.NoError(t, err)
	require.Empty(t, enis.NetworkInterfaces, "a refused endpoint leaves no interface behind")
}

func TestEndpointServices(t *testing.T) {
	w := newWorld(t)
	out, err := w.DescribeVpcEndpointServices(ctx, &ec2.DescribeVpcEndpointServicesInput{ServiceNames: []string{s3Service, "com.amazonaws.us-east-1.ecr.api"}})
	require.NoError(t, err)
	require.Equal(t, []string{s3Service, "com.amazonaws.us-east-1.ecr.api"}, out.ServiceNames)
	require.Len(t, out.ServiceDetails, 3, "S3 has endpoints of both types")
	require.Equal(t, "api.ecr.us-east-1.amazonaws.com", *out.ServiceDetails[1].PrivateDnsName)
	lists, err := w.DescribeManagedPrefixLists(ctx, &ec2.DescribeManagedPrefixListsInput{Filters: filter("owner-id", "AWS")})
	require.NoError(t, err)
	require.Len(t, lists.PrefixLists, 2)
	entries, err := w.GetManagedPrefixListEntries(ctx, &ec2.GetManagedPrefixListEntriesInput{PrefixListId: lists.PrefixLists[0].PrefixListId})
	require.NoError(t, err)
	require.Len(t, entries.Entries, 1)
}
