package fakeec2_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
)

func TestNewVPCGetsTableACLAndGroup(t *testing.T) {
	w := newWorld(t)
	made, err := w.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.77/16"), TagSpecifications: tagged(types.ResourceTypeVpc, "Name", "prod")})
	require.NoError(t, err)
	require.Equal(t, types.VpcStatePending, made.Vpc.State)
	require.Equal(t, "10.0.0.0/16", *made.Vpc.CidrBlock, "host bits are cleared")
	require.Equal(t, "prod", *made.Vpc.Tags[0].Value)
	v := *made.Vpc.VpcId
	out, err := w.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{v}})
	require.NoError(t, err)
	require.Equal(t, types.VpcStateAvailable, out.Vpcs[0].State)
	require.False(t, *out.Vpcs[0].IsDefault)
	require.Equal(t, types.TenancyDefault, out.Vpcs[0].InstanceTenancy)
	require.Equal(t, types.BlockPublicAccessModeOff, out.Vpcs[0].BlockPublicAccessStates.InternetGatewayBlockMode)

	in := filter("vpc-id", v)
	tables, err := w.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: in})
	require.NoError(t, err)
	require.Len(t, tables.RouteTables, 1)
	require.Len(t, tables.RouteTables[0].Routes, 1)
	require.Equal(t, "local", *tables.RouteTables[0].Routes[0].GatewayId)
	acls, err := w.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: in})
	require.NoError(t, err)
	require.Len(t, acls.NetworkAcls, 1)
	groups, err := w.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: in})
	require.NoError(t, err)
	require.Equal(t, "default VPC security group", *groups.SecurityGroups[0].Description)
	options, err := w.DescribeDhcpOptions(ctx, &ec2.DescribeDhcpOptionsInput{DhcpOptionsIds: []string{*out.Vpcs[0].DhcpOptionsId}})
	require.NoError(t, err)
	require.Equal(t, "ec2.internal", *options.DhcpOptions[0].DhcpConfigurations[0].Values[0].Value)

	a, err := w.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: &v, Attribute: types.VpcAttributeNameEnableDnsHostnames})
	require.NoError(t, err)
	require.False(t, *a.EnableDnsHostnames.Value)
}

func TestAttributesChangeOneAtATime(t *testing.T) {
	w := newWorld(t)
	v := w.vpc("10.0.0.0/16")
	yes, no := &types.AttributeBooleanValue{Value: aws.Bool(true)}, &types.AttributeBooleanValue{Value: aws.Bool(false)}
	_, err := w.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: &v, EnableDnsHostnames: yes, EnableDnsSupport: yes})
	requireCode(t, err, "InvalidParameterCombination")
	_, err = w.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: &v, EnableDnsSupport: no})
	require.NoError(t, err)
	_, err = w.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: &v, EnableDnsHostnames: yes})
	requireCode(t, err, "InvalidParameterValue")

	n := w.subnet(v, "10.0.1.0/24", "us-east-1b")
	_, err = w.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{SubnetId: &n, MapPublicIpOnLaunch: yes, EnableDns64: yes})
	requireCode(t, err, "InvalidParameterCombination")
	_, err = w.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{SubnetId: &n, AssignIpv6AddressOnCreation: yes})
	requireCode(t, err, "InvalidParameterValue")
	described := func() types.Subnet {
		out, err := w.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{n}})
		require.NoError(t, err)
		return out.Subnets[0]
	}
	require.False(t, *described().MapPublicIpOnLaunch, "a subnet of one's own maps no public addresses")
	require.Equal(t, "use1-az2", *described().AvailabilityZoneId)
	_, err = w.ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{SubnetId: &n, MapPublicIpOnLaunch: yes})
	require.NoError(t, err)
	require.True(t, *described().MapPublicIpOnLaunch)
}

func TestSubnetsOfAnIPv6VPC(t *testing.T) {
	w := newWorld(t)
	v, err := w.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"), AmazonProvidedIpv6CidrBlock: aws.Bool(true)})
	require.NoError(t, err)
	block := *v.Vpc.Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock
	add := func(cidr, six string) (*ec2.CreateSubnetOutput, error) {
		return w.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: v.Vpc.VpcId, CidrBlock: &cidr, Ipv6CidrBlock: &six})
	}
	six := block[:len(block)-2] + "64"
	n, err := add("10.0.1.0/24", six)
	require.NoError(t, err)
	require.Equal(t, six, *n.Subnet.Ipv6CidrBlockAssociationSet[0].Ipv6CidrBlock)
	_, err = add("10.0.2.0/24", six)
	requireCode(t, err, "InvalidSubnet.Conflict")
	_, err = add("10.0.2.0/24", "2001:db8::/64")
	requireCode(t, err, "InvalidSubnet.Range")

	acls, err := w.DescribeNetworkAcls(ctx, &ec2.DescribeNetworkAclsInput{Filters: filter("vpc-id", *v.Vpc.VpcId)})
	require.NoError(t, err)
	require.Len(t, acls.NetworkAcls[0].Entries, 8)
}

func TestVPCAndSubnetRefusals(t *testing.T) {
	w := newWorld(t)
	v := w.vpc("10.0.0.0/20")
	w.subnet(v, "10.0.1.0/24", "us-east-1a")
	vpc := func(cidr string) error {
		_, err := w.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: &cidr})
		return err
	}
	subnet := func(cidr, zone string) error {
		_, err := w.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: &v, CidrBlock: &cidr, AvailabilityZone: &zone})
		return err
	}
	tags := func(pairs ...string) error {
		_, err := w.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16"), TagSpecifications: tagged(types.ResourceTypeVpc, pairs...)})
		return err
	}
	onID := func(id string) error {
		_, err := w.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{v, id}, Tags: []types.Tag{{Key: aws.String("k")}}})
		return err
	}
	for name, c := range map[string]struct {
		err  error
		code string // of "Error codes for the Amazon EC2 API"
	}{
		"a VPC too large":              {vpc("10.0.0.0/15"), "InvalidVpc.Range"},
		"a VPC too small":              {vpc("10.0.0.0/29"), "InvalidVpc.Range"},
		"no CIDR":                      {vpc("ten"), "InvalidParameterValue"},
		"a subnet outside the VPC":     {subnet("10.1.0.0/24", "us-east-1a"), "InvalidSubnet.Range"},
		"a subnet too small":           {subnet("10.0.2.0/29", "us-east-1a"), "InvalidSubnet.Range"},
		"a subnet larger than its VPC": {subnet("10.0.0.0/19", "us-east-1a"), "InvalidSubnet.Range"},
		"an overlapping subnet":        {subnet("10.0.1.128/25", "us-east-1a"), "InvalidSubnet.Conflict"},
		"an unknown zone":              {subnet("10.0.2.0/24", "us-east-1z"), "InvalidParameterValue"},
		"AWS's tag prefix":             {tags("aws:name", "x"), "InvalidParameterValue"},
		"an empty tag key":             {tags("", "x"), "InvalidParameterValue"},
		"a tag twice":                  {tags("a", "x", "a", "y"), "InvalidParameterValue"},
		"tags for another type": {func() error {
			_, err := w.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.9.0.0/16"), TagSpecifications: tagged(types.ResourceTypeSubnet, "a", "b")})
			return err
		}(), "InvalidParameterValue"},
		"tags on an unknown subnet": {onID("subnet-0123456789abcdef0"), "InvalidSubnetID.NotFound"},
		"tags on a malformed id":    {onID("subnet-x"), "InvalidID"},
		"tags on no id":             {onID("hello"), "InvalidID"},
	} {
		t.Run(name, func(t *testing.T) { requireCode(t, c.err, c.code) })
	}
	out, err := w.DescribeTags(ctx, nil)
	require.NoError(t, err)
	require.Empty(t, out.Tags, "a refused request tags nothing")
}

func TestVPCLimit(t *testing.T) {
	w := newWorld(t)
	fakeec2.Of(w.cloud).SetLimits(fakeec2.Limits{VPCs: 2})
	w.vpc("10.0.0.0/16")
	_, err := w.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.1.0.0/16")})
	requireCode(t, err, "VpcLimitExceeded")
}

func TestVPCIsDeletedOnlyWhenEmpty(t *testing.T) {
	w := newWorld(t)
	v, peer := w.vpc("10.0.0.0/16"), w.vpc("10.1.0.0/16")
	remove := func() error {
		_, err := w.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &v})
		return err
	}
	n := w.subnet(v, "10.0.1.0/24", "us-east-1a")
	eni, err := w.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: &n})
	require.NoError(t, err)
	_, err = w.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &n})
	requireCode(t, err, "DependencyViolation")
	_, err = w.DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: eni.NetworkInterface.NetworkInterfaceId})
	require.NoError(t, err)
	requireCode(t, remove(), "DependencyViolation")
	_, err = w.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &n})
	require.NoError(t, err)

	g := w.group(v, "g")
	requireCode(t, remove(), "DependencyViolation")
	_, err = w.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &g})
	require.NoError(t, err)

	igw := w.gateway()
	_, err = w.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: &igw, VpcId: &v})
	require.NoError(t, err)
	requireCode(t, remove(), "DependencyViolation")
	_, err = w.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &igw, VpcId: &v})
	require.NoError(t, err)

	rtb := w.table(v)
	requireCode(t, remove(), "DependencyViolation")
	_, err = w.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: &rtb})
	require.NoError(t, err)

	acl, err := w.CreateNetworkAcl(ctx, &ec2.CreateNetworkAclInput{VpcId: &v})
	require.NoError(t, err)
	requireCode(t, remove(), "DependencyViolation")
	_, err = w.DeleteNetworkAcl(ctx, &ec2.DeleteNetworkAclInput{NetworkAclId: acl.NetworkAcl.NetworkAclId})
	require.NoError(t, err)

	e, err := w.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: &v, ServiceName: aws.String("com.amazonaws.us-east-1.s3")})
	require.NoError(t, err)
	requireCode(t, remove(), "DependencyViolation")
	_, err = w.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{*e.VpcEndpoint.VpcEndpointId}})
	require.NoError(t, err)

	p, err := w.CreateVpcPeeringConnection(ctx, &ec2.CreateVpcPeeringConnectionInput{VpcId: &v, PeerVpcId: &peer})
	require.NoError(t, err)
	requireCode(t, remove(), "DependencyViolation")
	_, err = w.DeleteVpcPeeringConnection(ctx, &ec2.DeleteVpcPeeringConnectionInput{VpcPeeringConnectionId: p.VpcPeeringConnection.VpcPeeringConnectionId})
	require.NoError(t, err)

	require.NoError(t, remove())
	groups, err := w.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: filter("vpc-id", v)})
	require.NoError(t, err)
	require.Empty(t, groups.SecurityGroups, "the default group goes with its VPC")
	requireCode(t, remove(), "InvalidVpcID.NotFound")
}

func TestRegionsAndZones(t *testing.T) {
	w := newWorld(t)
	enabled, err := w.DescribeRegions(ctx, nil)
	require.NoError(t, err)
	require.Len(t, enabled.Regions, 17)
	all, err := w.DescribeRegions(ctx, &ec2.DescribeRegionsInput{AllRegions: aws.Bool(true)})
	require.NoError(t, err)
	require.Greater(t, len(all.Regions), 17)
	in, err := w.DescribeRegions(ctx, &ec2.DescribeRegionsInput{AllRegions: aws.Bool(true), Filters: filter("opt-in-status", "not-opted-in"), RegionNames: []string{"eu-south-1", "eu-west-1"}})
	require.NoError(t, err)
	require.Equal(t, "eu-south-1", *in.Regions[0].RegionName)
	_, err = w.DescribeRegions(ctx, &ec2.DescribeRegionsInput{RegionNames: []string{"moon-1"}})
	requireCode(t, err, "InvalidParameterValue")

	for region, id := range map[string]string{"us-east-1": "use1-az1", "ap-southeast-2": "apse2-az1", "eu-central-1": "euc1-az1", "us-gov-west-1": "usgw1-az1", "cn-northwest-1": "cnnw1-az1"} {
		zones, err := ec2.NewFromConfig(w.cloud.ConfigFor("123456789012", region)).DescribeAvailabilityZones(ctx, nil)
		require.NoError(t, err)
		require.Equal(t, id, *zones.AvailabilityZones[0].ZoneId)
	}
	zones, err := w.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{ZoneIds: []string{"use1-az3"}})
	require.NoError(t, err)
	require.Equal(t, "us-east-1c", *zones.AvailabilityZones[0].ZoneName)
}
