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

func (w *world) describeTable(id string) types.RouteTable {
	w.t.Helper()
	out, err := w.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: []string{id}})
	require.NoError(w.t, err)
	return out.RouteTables[0]
}

// online is a VPC with an attached internet gateway.
func (w *world) online(cidr string) (vpc, gateway string) {
	w.t.Helper()
	vpc, gateway = w.vpc(cidr), w.gateway()
	_, err := w.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &vpc})
	require.NoError(w.t, err)
	return vpc, gateway
}

func (w *world) address() string {
	w.t.Helper()
	out, err := w.AllocateAddress(ctx, nil)
	require.NoError(w.t, err)
	return *out.AllocationId
}

func TestRoutes(t *testing.T) {
	w := newWorld(t)
	v, igw := w.online("10.0.0.0/16")
	rtb := w.table(v)
	require.Equal(t, types.RouteOriginCreateRouteTable, w.describeTable(rtb).Routes[0].Origin)
	_, err := w.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &rtb, DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: &igw})
	require.NoError(t, err)
	_, err = w.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &rtb, DestinationCidrBlock: aws.String("192.0.2.9/24"), GatewayId: &igw})
	require.NoError(t, err)
	require.Equal(t, "192.0.2.0/24", *w.describeTable(rtb).Routes[2].DestinationCidrBlock)

	n := w.subnet(v, "10.0.1.0/24", "us-east-1a")
	eni, err := w.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: &n})
	require.NoError(t, err)
	_, err = w.ReplaceRoute(ctx, &ec2.ReplaceRouteInput{RouteTableId: &rtb, DestinationCidrBlock: aws.String("192.0.2.0/24"), NetworkInterfaceId: eni.NetworkInterface.NetworkInterfaceId})
	require.NoError(t, err)
	require.Equal(t, types.RouteStateBlackhole, w.describeTable(rtb).Routes[2].State, "the interface is attached to nothing")
	_, err = w.DeleteRoute(ctx, &ec2.DeleteRouteInput{RouteTableId: &rtb, DestinationCidrBlock: aws.String("192.0.2.0/24")})
	require.NoError(t, err)

	_, err = w.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &igw, VpcId: &v})
	require.NoError(t, err)
	require.Equal(t, types.RouteStateBlackhole, w.describeTable(rtb).Routes[1].State)
	found, err := w.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: filter("route.state", "blackhole")})
	require.NoError(t, err)
	require.Len(t, found.RouteTables, 1)
}

func TestRouteTableAssociations(t *testing.T) {
	w := newWorld(t)
	v := w.vpc("10.0.0.0/16")
	n := w.subnet(v, "10.0.1.0/24", "us-east-1a")
	a, b := w.table(v), w.table(v)
	made, err := w.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &a, SubnetId: &n})
	require.NoError(t, err)
	_, err = w.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &b, SubnetId: &n})
	requireCode(t, err, "Resource.AlreadyAssociated")
	_, err = w.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: &a})
	requireCode(t, err, "DependencyViolation")

	moved, err := w.ReplaceRouteTableAssociation(ctx, &ec2.ReplaceRouteTableAssociationInput{AssociationId: made.AssociationId, RouteTableId: &b})
	require.NoError(t, err)
	require.NotEqual(t, *made.AssociationId, *moved.NewAssociationId)
	require.Empty(t, w.describeTable(a).Associations)
	_, err = w.DisassociateRouteTable(ctx, &ec2.DisassociateRouteTableInput{AssociationId: made.AssociationId})
	requireCode(t, err, "InvalidAssociationID.NotFound")
	_, err = w.DisassociateRouteTable(ctx, &ec2.DisassociateRouteTableInput{AssociationId: moved.NewAssociationId})
	require.NoError(t, err)

	mains, err := w.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: append(filter("vpc-id", v), filter("association.main", "true")...)})
	require.NoError(t, err)
	main := mains.RouteTables[0]
	_, err = w.DisassociateRouteTable(ctx, &ec2.DisassociateRouteTableInput{AssociationId: main.Associations[0].RouteTableAssociationId})
	requireCode(t, err, "InvalidParameterValue")
	_, err = w.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: main.RouteTableId})
	requireCode(t, err, "DependencyViolation")
	_, err = w.ReplaceRouteTableAssociation(ctx, &ec2.ReplaceRouteTableAssociationInput{AssociationId: main.Associations[0].RouteTableAssociationId, RouteTableId: &a})
	require.NoError(t, err)
	require.True(t, *w.describeTable(a).Associations[0].Main, "another table is the main one now")
	_, err = w.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: main.RouteTableId})
	require.NoError(t, err)
}

func TestRoutingRefusals(t *testing.T) {
	w := newWorld(t)
	v, igw := w.online("10.0.0.0/16")
	far, farGateway := w.online("10.1.0.0/16")
	rtb := w.table(v)
	n := w.subnet(far, "10.1.1.0/24", "us-east-1a")
	route := func(cidr string, gateway *string) error {
		_, err := w.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &rtb, DestinationCidrBlock: &cidr, GatewayId: gateway})
		return err
	}
	remove := func(cidr string) error {
		_, err := w.DeleteRoute(ctx, &ec2.DeleteRouteInput{RouteTableId: &rtb, DestinationCidrBlock: &cidr})
		return err
	}
	require.NoError(t, route("0.0.0.0/0", &igw))
	spare := w.gateway()
	for name, c := range map[string]struct {
		err  error
		code string // of "Error codes for the Amazon EC2 API"
	}{
		"the same destination":          {route("0.0.0.0/0", &igw), "RouteAlreadyExists"},
		"the VPC's own network":         {route("10.0.0.0/16", &igw), "RouteAlreadyExists"},
		"a part of the VPC's network":   {route("10.0.1.0/24", &igw), "InvalidParameterValue"},
		"a malformed destination":       {route("ten", &igw), "InvalidParameterValue"},
		"no target":                     {route("192.0.2.0/24", nil), "MissingParameter"},
		"another VPC's gateway":         {route("192.0.2.0/24", &farGateway), "InvalidParameterValue"},
		"a detached gateway":            {route("192.0.2.0/24", &spare), "InvalidParameterValue"},
		"an unknown gateway":            {route("192.0.2.0/24", aws.String("igw-0123456789abcdef0")), "InvalidInternetGatewayID.NotFound"},
		"a route that is not there":     {remove("192.0.2.0/24"), "InvalidRoute.NotFound"},
		"the local route":               {remove("10.0.0.0/16"), "InvalidParameterValue"},
		"a second gateway in a VPC":     {second(w.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: &spare, VpcId: &v})), "InvalidParameterValue"},
		"a gateway that is attached":    {second(w.AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: &igw, VpcId: &far})), "Resource.AlreadyAssociated"},
		"detaching from elsewhere":      {second(w.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &igw, VpcId: &far})), "Gateway.NotAttached"},
		"deleting an attached gateway":  {second(w.DeleteInternetGateway(ctx, &ec2.DeleteInternetGatewayInput{InternetGatewayId: &igw})), "DependencyViolation"},
		"another VPC's subnet":          {second(w.AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &rtb, SubnetId: &n})), "InvalidParameterValue"},
		"a NAT gateway without address": {second(w.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{SubnetId: &n})), "MissingParameter"},
		"an unknown address": {second(w.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{SubnetId: &n, AllocationId: aws.String("eipalloc-0123456789abcdef0")})),
			"InvalidAllocationID.NotFound"},
		"an unknown NAT gateway":    {second(w.DeleteNatGateway(ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: aws.String("nat-0123456789abcdef0")})), "NatGatewayNotFound"},
		"a malformed NAT gateway":   {second(w.DeleteNatGateway(ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: aws.String("nat-x")})), "NatGatewayMalformed"},
		"a malformed route table":   {second(w.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: aws.String("rtb-x")})), "InvalidRouteTableId.Malformed"},
		"an unknown route table":    {second(w.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: aws.String("rtb-0123456789abcdef0")})), "InvalidRouteTableID.NotFound"},
		"an unknown public address": {second(w.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{PublicIps: []string{"192.0.2.1"}})), "InvalidAddress.NotFound"},
	} {
		t.Run(name, func(t *testing.T) { requireCode(t, c.err, c.code) })
	}
}

func second[A any](_ A, err error) error { return err }

func TestNATGatewayLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		fakeec2.Of(w.cloud).SetSettling(90 * time.Second)
		v, igw := w.online("10.0.0.0/16")
		n := w.subnet(v, "10.0.1.0/24", "us-east-1a")
		eip := w.address()
		made, err := w.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{SubnetId: &n, AllocationId: &eip, TagSpecifications: tagged(types.ResourceTypeNatgateway, "Name", "nat")})
		require.NoError(t, err)
		require.Equal(t, types.NatGatewayStatePending, made.NatGateway.State)
		id := *made.NatGateway.NatGatewayId
		described := func() types.NatGateway {
			out, err := w.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{NatGatewayIds: []string{id}})
			require.NoError(t, err)
			return out.NatGateways[0]
		}
		require.Equal(t, types.NatGatewayStatePending, described().State)
		require.NoError(t, ec2.NewNatGatewayAvailableWaiter(w).Wait(ctx, &ec2.DescribeNatGatewaysInput{NatGatewayIds: []string{id}}, 5*time.Minute))
		require.Equal(t, "10.0.1.4", *described().NatGatewayAddresses[0].PrivateIp)

		_, err = w.ReleaseAddress(ctx, &ec2.ReleaseAddressInput{AllocationId: &eip})
		requireCode(t, err, "InvalidIPAddress.InUse")
		_, err = w.DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &igw, VpcId: &v})
		requireCode(t, err, "DependencyViolation")
		enis, err := w.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{Filters: filter("interface-type", "nat_gateway")})
		require.NoError(t, err)
		require.Equal(t, "Interface for NAT Gateway "+id, *enis.NetworkInterfaces[0].Description)
		require.NotNil(t, enis.NetworkInterfaces[0].Association.PublicIp)
		_, err = w.DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: enis.NetworkInterfaces[0].NetworkInterfaceId})
		requireCode(t, err, "InvalidParameterValue")

		_, err = w.DeleteNatGateway(ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: &id})
		require.NoError(t, err)
		require.Equal(t, types.NatGatewayStateDeleting, described().State)
		_, err = w.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &n})
		requireCode(t, err, "DependencyViolation")
		time.Sleep(90 * time.Second)
		require.Equal(t, types.NatGatewayStateDeleted, described().State)
		addresses, err := w.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{AllocationIds: []string{eip}})
		require.NoError(t, err)
		require.Nil(t, addresses.Addresses[0].AssociationId)
		_, err = w.ReleaseAddress(ctx, &ec2.ReleaseAddressInput{AllocationId: &eip})
		require.NoError(t, err)
		_, err = w.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &n})
		require.NoError(t, err)
		time.Sleep(time.Hour)
		_, err = w.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{NatGatewayIds: []string{id}})
		requireCode(t, err, "NatGatewayNotFound")
	})
}

func TestNATGatewayFailsWithoutAnInternetGateway(t *testing.T) {
	w := newWorld(t)
	n := w.subnet(w.vpc("10.0.0.0/16"), "10.0.1.0/24", "us-east-1a")
	eip := w.address()
	made, err := w.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{SubnetId: &n, AllocationId: &eip})
	require.NoError(t, err)
	out, err := w.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{NatGatewayIds: []string{*made.NatGateway.NatGatewayId}})
	require.NoError(t, err)
	require.Equal(t, types.NatGatewayStateFailed, out.NatGateways[0].State)
	require.Equal(t, "Gateway.NotAttached", *out.NatGateways[0].FailureCode)
}

func TestInterfacesTakeAddressesOfTheirSubnet(t *testing.T) {
	w := newWorld(t)
	v := w.vpc("10.0.0.0/16")
	n := w.subnet(v, "10.0.1.0/28", "us-east-1a")
	take := func(ip *string) (string, error) {
		out, err := w.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: &n, PrivateIpAddress: ip})
		if err != nil {
			return "", err
		}
		require.Equal(t, "default", *out.NetworkInterface.Groups[0].GroupName)
		return *out.NetworkInterface.PrivateIpAddress, nil
	}
	_, err := take(aws.String("10.0.1.5"))
	require.NoError(t, err)
	for ip, code := range map[string]string{"10.0.1.5": "InvalidIPAddress.InUse", "10.0.1.3": "InvalidParameterValue", "10.0.1.15": "InvalidParameterValue", "10.0.2.4": "InvalidParameterValue"} {
		_, err := take(&ip)
		requireCode(t, err, code)
	}
	for want := range 11 {
		out, err := w.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{n}})
		require.NoError(t, err)
		require.Equal(t, int32(10-want), *out.Subnets[0].AvailableIpAddressCount)
		if want < 10 {
			_, err = take(nil)
			require.NoError(t, err)
		}
	}
	_, err = take(nil)
	requireCode(t, err, "InsufficientFreeAddressesInSubnet")

	six := []string{}
	for _, name := range []string{"a", "b", "c", "d", "e", "f"} {
		six = append(six, w.group(v, name))
	}
	wide := w.subnet(v, "10.0.2.0/24", "us-east-1a")
	_, err = w.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: &wide, Groups: six})
	requireCode(t, err, "SecurityGroupsPerInterfaceLimitExceeded")
	_, err = w.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: &wide, Groups: []string{w.group(w.vpc("10.1.0.0/16"), "far")}})
	requireCode(t, err, "InvalidGroup.NotFound")
}
