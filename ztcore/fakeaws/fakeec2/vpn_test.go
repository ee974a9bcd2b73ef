package fakeec2_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
)

func edgeCode(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// edge is a VPC's gateway with a connection to a customer's.
type edge struct{ vpc, customer, gateway, vpn, tunnel string }

func newEdge(t *testing.T, c *ec2.Client) edge {
	t.Helper()
	ctx := context.Background()
	v, err := c.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	require.NoError(t, err)
	customer, err := c.CreateCustomerGateway(ctx, &ec2.CreateCustomerGatewayInput{Type: types.GatewayTypeIpsec1, IpAddress: aws.String("198.51.100.7")})
	require.NoError(t, err)
	again, err := c.CreateCustomerGateway(ctx, &ec2.CreateCustomerGatewayInput{Type: types.GatewayTypeIpsec1, IpAddress: aws.String("198.51.100.7")})
	require.NoError(t, err)
	require.Equal(t, *customer.CustomerGateway.CustomerGatewayId, *again.CustomerGateway.CustomerGatewayId, "the same again is the same")
	require.Equal(t, "65000", *customer.CustomerGateway.BgpAsn)
	gateway, err := c.CreateVpnGateway(ctx, &ec2.CreateVpnGatewayInput{Type: types.GatewayTypeIpsec1})
	require.NoError(t, err)
	_, err = c.AttachVpnGateway(ctx, &ec2.AttachVpnGatewayInput{VpcId: v.Vpc.VpcId, VpnGatewayId: gateway.VpnGateway.VpnGatewayId})
	require.NoError(t, err)
	in := &ec2.CreateVpnConnectionInput{
		Type: aws.String("ipsec.1"), CustomerGatewayId: customer.CustomerGateway.CustomerGatewayId, VpnGatewayId: gateway.VpnGateway.VpnGatewayId,
		Options: &types.VpnConnectionOptionsSpecification{StaticRoutesOnly: aws.Bool(true)},
	}
	conn, err := c.CreateVpnConnection(ctx, in)
	require.NoError(t, err)
	same, err := c.CreateVpnConnection(ctx, in)
	require.NoError(t, err)
	require.Equal(t, *conn.VpnConnection.VpnConnectionId, *same.VpnConnection.VpnConnectionId, "it is idempotent")
	tunnels := conn.VpnConnection.Options.TunnelOptions
	require.Len(t, tunnels, 2)
	require.NotEmpty(t, *tunnels[0].PreSharedKey)
	require.NotEqual(t, *tunnels[0].OutsideIpAddress, *tunnels[1].OutsideIpAddress)
	require.Len(t, tunnels[0].IkeVersions, 2, "IKEv1 is allowed unless something is said")
	return edge{*v.Vpc.VpcId, *customer.CustomerGateway.CustomerGatewayId, *gateway.VpnGateway.VpnGatewayId, *conn.VpnConnection.VpnConnectionId, *tunnels[0].OutsideIpAddress}
}

func TestVPNIsRemovedFromTheConnectionOn(t *testing.T) {
	ctx := context.Background()
	c := ec2.NewFromConfig(fakeaws.New(fakeec2.Install).Config())
	e := newEdge(t, c)
	steps := []func() error{
		func() error {
			_, err := c.DeleteVpnConnection(ctx, &ec2.DeleteVpnConnectionInput{VpnConnectionId: &e.vpn})
			return err
		},
		func() error {
			_, err := c.DeleteCustomerGateway(ctx, &ec2.DeleteCustomerGatewayInput{CustomerGatewayId: &e.customer})
			return err
		},
		func() error {
			_, err := c.DetachVpnGateway(ctx, &ec2.DetachVpnGatewayInput{VpcId: &e.vpc, VpnGatewayId: &e.gateway})
			return err
		},
		func() error {
			_, err := c.DeleteVpnGateway(ctx, &ec2.DeleteVpnGatewayInput{VpnGatewayId: &e.gateway})
			return err
		},
		func() error {
			_, err := c.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &e.vpc})
			return err
		},
	}
	require.Equal(t, "IncorrectState", edgeCode(steps[1]()))
	require.Equal(t, "IncorrectState", edgeCode(steps[3]()))
	require.Equal(t, "DependencyViolation", edgeCode(steps[4]()))
	for _, step := range steps {
		require.NoError(t, step())
	}
}

func TestVPNTunnelsAndRoutes(t *testing.T) {
	ctx := context.Background()
	c := ec2.NewFromConfig(fakeaws.New(fakeec2.Install).Config())
	e := newEdge(t, c)
	modify := func(o types.ModifyVpnTunnelOptionsSpecification) error {
		_, err := c.ModifyVpnTunnelOptions(ctx, &ec2.ModifyVpnTunnelOptionsInput{VpnConnectionId: &e.vpn, VpnTunnelOutsideIpAddress: &e.tunnel, TunnelOptions: &o})
		return err
	}
	require.NoError(t, modify(types.ModifyVpnTunnelOptionsSpecification{IKEVersions: []types.IKEVersionsRequestListValue{{Value: aws.String("ikev2")}}}))
	for _, o := range []types.ModifyVpnTunnelOptionsSpecification{
		{IKEVersions: []types.IKEVersionsRequestListValue{{Value: aws.String("ikev3")}}},
		{Phase1DHGroupNumbers: []types.Phase1DHGroupNumbersRequestListValue{{Value: aws.Int32(5)}}},
		{Phase2EncryptionAlgorithms: []types.Phase2EncryptionAlgorithmsRequestListValue{{Value: aws.String("DES")}}},
		{Phase2LifetimeSeconds: aws.Int32(3601)},
		{PreSharedKey: aws.String("0short")},
	} {
		require.Equal(t, "InvalidParameterValue", edgeCode(modify(o)))
	}
	for range 2 {
		_, err := c.CreateVpnConnectionRoute(ctx, &ec2.CreateVpnConnectionRouteInput{VpnConnectionId: &e.vpn, DestinationCidrBlock: aws.String("192.168.0.0/16")})
		require.NoError(t, err)
	}
	out, err := c.DescribeVpnConnections(ctx, &ec2.DescribeVpnConnectionsInput{VpnConnectionIds: []string{e.vpn}})
	require.NoError(t, err)
	require.Len(t, out.VpnConnections[0].Routes, 1)
	require.Equal(t, "ikev2", *out.VpnConnections[0].Options.TunnelOptions[0].IkeVersions[0].Value)
	require.Len(t, out.VpnConnections[0].Options.TunnelOptions[1].IkeVersions, 2, "one tunnel at a time")

	kept, err := c.CreateVpnConnection(ctx, &ec2.CreateVpnConnectionInput{Type: aws.String("ipsec.1"), CustomerGatewayId: &e.customer, VpnGatewayId: &e.gateway, PreSharedKeyStorage: aws.String("SecretsManager")})
	require.NoError(t, err)
	require.Nil(t, kept.VpnConnection.Options.TunnelOptions[0].PreSharedKey)
	require.Contains(t, *kept.VpnConnection.PreSharedKeyArn, ":secretsmanager:")
	_, err = c.CreateVpnConnectionRoute(ctx, &ec2.CreateVpnConnectionRouteInput{VpnConnectionId: kept.VpnConnection.VpnConnectionId, DestinationCidrBlock: aws.String("192.168.0.0/16")})
	require.Equal(t, "InvalidParameterValue", edgeCode(err), "it learns its routes by BGP")
}

func TestManagedPrefixList(t *testing.T) {
	ctx := context.Background()
	c := ec2.NewFromConfig(fakeaws.New(fakeec2.Install).Config())
	in := &ec2.CreateManagedPrefixListInput{
		PrefixListName: aws.String("edge"), AddressFamily: aws.String("IPv4"), MaxEntries: aws.Int32(2), ClientToken: aws.String("once"),
		Entries: []types.AddPrefixListEntry{{Cidr: aws.String("198.51.100.0/24"), Description: aws.String("vendor")}},
	}
	made, err := c.CreateManagedPrefixList(ctx, in)
	require.NoError(t, err)
	again, err := c.CreateManagedPrefixList(ctx, in)
	require.NoError(t, err)
	list := made.PrefixList.PrefixListId
	require.Equal(t, *list, *again.PrefixList.PrefixListId)
	add := func(version int64, cidrs ...string) error {
		in := &ec2.ModifyManagedPrefixListInput{PrefixListId: list, CurrentVersion: &version}
		for _, cidr := range cidrs {
			in.AddEntries = append(in.AddEntries, types.AddPrefixListEntry{Cidr: &cidr})
		}
		_, err := c.ModifyManagedPrefixList(ctx, in)
		return err
	}
	require.Equal(t, "PrefixListVersionMismatch", edgeCode(add(7, "203.0.113.0/24")))
	require.Equal(t, "InvalidParameterValue", edgeCode(add(1, "2001:db8::/32")))
	require.Equal(t, "PrefixListMaxEntriesExceeded", edgeCode(add(1, "203.0.113.0/25", "203.0.113.128/25")))
	_, err = c.ModifyManagedPrefixList(ctx, &ec2.ModifyManagedPrefixListInput{PrefixListId: list, CurrentVersion: aws.Int64(1), MaxEntries: aws.Int32(5), AddEntries: []types.AddPrefixListEntry{{Cidr: aws.String("203.0.113.0/24")}}})
	require.Equal(t, "InvalidParameterCombination", edgeCode(err))
	require.NoError(t, add(1, "203.0.113.0/24"))
	entries, err := c.GetManagedPrefixListEntries(ctx, &ec2.GetManagedPrefixListEntriesInput{PrefixListId: list})
	require.NoError(t, err)
	require.Len(t, entries.Entries, 2)
	require.Equal(t, "vendor", *entries.Entries[0].Description)

	services, err := c.DescribePrefixLists(ctx, nil)
	require.NoError(t, err)
	require.Len(t, services.PrefixLists, 2, "a customer's are no services'")
	_, err = c.DeleteManagedPrefixList(ctx, &ec2.DeleteManagedPrefixListInput{PrefixListId: services.PrefixLists[0].PrefixListId})
	require.Equal(t, "UnauthorizedOperation", edgeCode(err))
	v, err := c.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	require.NoError(t, err)
	g, err := c.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: aws.String("a"), Description: aws.String("a"), VpcId: v.Vpc.VpcId})
	require.NoError(t, err)
	rule := []types.IpPermission{{IpProtocol: aws.String("tcp"), FromPort: aws.Int32(443), ToPort: aws.Int32(443), PrefixListIds: []types.PrefixListId{{PrefixListId: list}}}}
	_, err = c.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: g.GroupId, IpPermissions: rule})
	require.NoError(t, err)
	_, err = c.DeleteManagedPrefixList(ctx, &ec2.DeleteManagedPrefixListInput{PrefixListId: list})
	require.Equal(t, "DependencyViolation", edgeCode(err))
	_, err = c.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: g.GroupId, IpPermissions: rule})
	require.NoError(t, err)
	_, err = c.DeleteManagedPrefixList(ctx, &ec2.DeleteManagedPrefixListInput{PrefixListId: list})
	require.NoError(t, err)
}
