package edge_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/governance/thirdparty"
	"github.com/seed-08ecc977/zerotrust/governance/thirdparty/edge"
	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

func newCloud() *fakeaws.Cloud { return fakeaws.New(fakests.Install, fakeec2.Install) }

// slow is a cloud on which a connection takes its time, as on AWS.
func slow() *fakeaws.Cloud {
	cloud := newCloud()
	fakeec2.Of(cloud).SetSettling(20 * time.Second)
	return cloud
}

const group = "arn:aws:logs:us-east-1:123456789012:log-group:vpn"

var (
	team = map[string]string{"team": "network"}
	vpc  = network.VPC{Name: "main", CIDR: "10.0.0.0/16"}
)

// connectionOf is the only connection that is there.
func connectionOf(ctx context.Context, c *ec2.Client) (types.VpnConnection, error) {
	out, err := c.DescribeVpnConnections(ctx, &ec2.DescribeVpnConnectionsInput{Filters: []types.Filter{{Name: aws.String("state"), Values: []string{"available"}}}})
	if err != nil || len(out.VpnConnections) != 1 {
		return types.VpnConnection{}, fmt.Errorf("%d connections: %w", len(out.VpnConnections), err)
	}
	return out.VpnConnections[0], nil
}

func customerCase() kindtest.Case {
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: edge.CustomerGateway{Name: "vendor", Address: "198.51.100.7"}},
			{Resource: edge.CustomerGateway{Name: "vendor", Address: "198.51.100.7", Tags: team}, Changes: []string{"governance.CustomerGateway/vendor Tags"}},
			{Resource: edge.CustomerGateway{Name: "vendor", Address: "198.51.100.8", ASN: 64999, Tags: team}, Changes: []string{"governance.CustomerGateway/vendor Address", "governance.CustomerGateway/vendor ASN"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			c := ec2.NewFromConfig(cfg)
			out, err := c.DescribeCustomerGateways(ctx, &ec2.DescribeCustomerGatewaysInput{Filters: []types.Filter{{Name: aws.String("state"), Values: []string{"available"}}}})
			if err != nil {
				return err
			}
			_, err = c.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{*out.CustomerGateways[len(out.CustomerGateways)-1].CustomerGatewayId}, Tags: []types.Tag{{Key: aws.String("Name"), Value: aws.String("mine")}}})
			return err
		},
	}
}

func gatewayCase() kindtest.Case {
	other := network.VPC{Name: "other", CIDR: "10.1.0.0/16"}
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: ztcore.List{vpc, other, edge.VPNGateway{Name: "vendor", VPC: vpc.ID()}}},
			{Resource: ztcore.List{vpc, other, edge.VPNGateway{Name: "vendor", VPC: vpc.ID(), Tags: team}}, Changes: []string{"governance.VPNGateway/vendor Tags"}},
			{Resource: ztcore.List{vpc, other, edge.VPNGateway{Name: "vendor", VPC: other.ID(), Tags: team}}, Changes: []string{"governance.VPNGateway/vendor VPC"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			c := ec2.NewFromConfig(cfg)
			out, err := c.DescribeVpnGateways(ctx, &ec2.DescribeVpnGatewaysInput{Filters: []types.Filter{{Name: aws.String("state"), Values: []string{"available"}}}})
			if err != nil {
				return err
			}
			g := out.VpnGateways[0]
			_, err = c.DetachVpnGateway(ctx, &ec2.DetachVpnGatewayInput{VpnGatewayId: g.VpnGatewayId, VpcId: g.VpcAttachments[0].VpcId})
			return err
		},
	}
}

func connectionCase() kindtest.Case {
	customer, gateway := edge.CustomerGateway{Name: "vendor", Address: "198.51.100.7"}, edge.VPNGateway{Name: "vendor", VPC: vpc.ID()}
	conn := edge.VPNConnection{Name: "vendor", CustomerGateway: customer.ID(), VPNGateway: gateway.ID(), Routes: []string{"192.168.0.0/16"}}
	with := func(change func(*edge.VPNConnection)) ztcore.Resource {
		v := conn
		change(&v)
		return ztcore.List{vpc, customer, gateway, v}
	}
	weaker := edge.Suite{Encryption: []string{"AES256"}, Integrity: []string{"SHA2-256"}, Groups: []int32{14}, WeakerBecause: "the vendor's device"}
	return kindtest.Case{
		Cloud: slow,
		Variants: []kindtest.Variant{
			{Resource: with(func(*edge.VPNConnection) {})},
			{Resource: with(func(v *edge.VPNConnection) { v.Routes, v.Tags = []string{"192.168.0.0/16", "172.16.0.0/12"}, team }), Changes: []string{"governance.VPNConnection/vendor Routes", "governance.VPNConnection/vendor Tags"}},
			{Resource: with(func(v *edge.VPNConnection) {
				v.Routes, v.Tags, v.Suite, v.LogTo = []string{"172.16.0.0/12"}, team, weaker, group+":*"
			}), Changes: []string{"governance.VPNConnection/vendor Routes", "governance.VPNConnection/vendor Tunnels"}},
			{Resource: with(func(v *edge.VPNConnection) { v.Routes, v.Tags, v.Suite, v.LogTo = nil, team, weaker, group }), Changes: []string{"governance.VPNConnection/vendor Routes", "governance.VPNConnection/vendor Static"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error { // somebody lets one tunnel speak IKEv1
			c := ec2.NewFromConfig(cfg)
			v, err := connectionOf(ctx, c)
			if err != nil {
				return err
			}
			_, err = c.ModifyVpnTunnelOptions(ctx, &ec2.ModifyVpnTunnelOptionsInput{VpnConnectionId: v.VpnConnectionId, VpnTunnelOutsideIpAddress: v.Options.TunnelOptions[1].OutsideIpAddress, TunnelOptions: &types.ModifyVpnTunnelOptionsSpecification{
				IKEVersions: []types.IKEVersionsRequestListValue{{Value: aws.String("ikev1")}},
			}})
			if err != nil {
				return err
			}
			_, err = c.DeleteVpnConnectionRoute(ctx, &ec2.DeleteVpnConnectionRouteInput{VpnConnectionId: v.VpnConnectionId, DestinationCidrBlock: aws.String("192.168.0.0/16")})
			return err
		},
	}
}

func listCase() kindtest.Case {
	a, b, c := edge.Entry{CIDR: "198.51.100.0/24"}, edge.Entry{CIDR: "203.0.113.0/25", Description: "added in May"}, edge.Entry{CIDR: "192.0.2.0/24"}
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: edge.PrefixList{Name: "vendor", Entries: []edge.Entry{a}}},
			{Resource: edge.PrefixList{Name: "vendor", Entries: []edge.Entry{a, b, c}, Tags: team}, Changes: []string{"governance.PrefixList/vendor Room", "governance.PrefixList/vendor Entries", "governance.PrefixList/vendor Tags"}},
			{Resource: edge.PrefixList{Name: "vendor", Entries: []edge.Entry{b}, Tags: team}, Changes: []string{"governance.PrefixList/vendor Room", "governance.PrefixList/vendor Entries"}},
			{Resource: edge.PrefixList{Name: "vendor", Entries: []edge.Entry{{CIDR: "2001:db8::/32"}}, Tags: team}, Changes: []string{"governance.PrefixList/vendor Family", "governance.PrefixList/vendor Entries"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			c := ec2.NewFromConfig(cfg)
			out, err := c.DescribeManagedPrefixLists(ctx, &ec2.DescribeManagedPrefixListsInput{Filters: []types.Filter{{Name: aws.String("prefix-list-name"), Values: []string{"vendor"}}}})
			if err != nil {
				return err
			}
			l := out.PrefixLists[0]
			_, err = c.ModifyManagedPrefixList(ctx, &ec2.ModifyManagedPrefixListInput{
				PrefixListId: l.PrefixListId, CurrentVersion: l.Version, RemoveEntries: []types.RemovePrefixListEntry{{Cidr: aws.String("198.51.100.0/24")}}, AddEntries: []types.AddPrefixListEntry{{Cidr: aws.String("192.0.2.128/25")}},
			})
			return err
		},
	}
}

func cases() map[string]kindtest.Case {
	return map[string]kindtest.Case{"CustomerGateway": customerCase(), "VPNGateway": gatewayCase(), "VPNConnection": connectionCase(), "PrefixList": listCase()}
}

func TestLife(t *testing.T) {
	for name, c := range cases() {
		t.Run(name, func(t *testing.T) { kindtest.Run(t, c) })
	}
}

// The same on the wire, less what moto does not do: it has no routes of connections and no static ones, and changing a prefix list makes it
// lose its name and keep its size.
func TestWire(t *testing.T) {
	list := edge.PrefixList{Name: "vendor", Entries: []edge.Entry{{CIDR: "198.51.100.0/24", Description: "added in May"}}}
	tagged := list
	tagged.Tags = team
	for name, c := range map[string]kindtest.Case{
		"CustomerGateway": customerCase(), "VPNGateway": gatewayCase(),
		"PrefixList": {Variants: []kindtest.Variant{{Resource: list}, {Resource: tagged, Changes: []string{"governance.PrefixList/vendor Tags"}}}},
	} {
		t.Run(name, func(t *testing.T) { kindtest.RunOn(t, kindtest.Wire(t), c) })
	}
}

func vendor() edge.VPN {
	return edge.VPN{Name: "zscaler", VPC: vpc.ID(), Peers: []string{"198.51.100.7", "203.0.113.9"}, Routes: []string{"0.0.0.0/0"}, LogTo: group}
}

// A VPC whose subnet leaves through a vendor's edge: everything is made, and removed in the reverse order.
func TestVPN(t *testing.T) {
	cloud := newCloud()
	cfg := cloud.Config()
	way := vendor()
	subnet := network.Subnet{Name: "a", VPC: vpc.ID(), CIDR: "10.0.1.0/24", Zone: "us-east-1a"}
	out := network.RouteTable{Name: "out", VPC: vpc.ID(), Routes: []network.Route{{To: "0.0.0.0/0", Target: string(way.GatewayID())}}}
	baseline := ztcore.NewBaseline("vendors", vpc, subnet, thirdparty.Zscaler{Edge: way}, out)
	p, err := baseline.Plan(t.Context(), cfg)
	require.NoError(t, err)
	_, err = p.Apply(t.Context())
	require.NoError(t, err)
	all, err := ec2.NewFromConfig(cfg).DescribeVpnConnections(t.Context(), nil)
	require.NoError(t, err)
	require.Len(t, all.VpnConnections, 2)
	for _, v := range all.VpnConnections {
		require.NotEmpty(t, *v.PreSharedKeyArn)
		for _, tunnel := range v.Options.TunnelOptions {
			require.Nil(t, tunnel.PreSharedKey)
			require.Len(t, tunnel.IkeVersions, 1)
			require.Equal(t, "ikev2", *tunnel.IkeVersions[0].Value)
			require.Equal(t, group, *tunnel.LogOptions.CloudWatchLogOptions.LogGroupArn)
		}
	}
	again, err := baseline.Plan(t.Context(), cfg)
	require.NoError(t, err)
	require.True(t, again.Empty(), again)
	gone, err := baseline.Plan(t.Context(), cfg, ztcore.Destroy(), ztcore.AllowDelete("network.VPC/main"))
	require.NoError(t, err)
	_, err = gone.Apply(t.Context())
	require.NoError(t, err)
	require.NotContains(t, cloud.Snapshot(), "vgw-")
}

// A connection that was made with its keys in the API's answers is taken over, and they show nowhere.
func TestPreSharedKeysAreNeverRead(t *testing.T) {
	cfg := newCloud().Config()
	c := ec2.NewFromConfig(cfg)
	customer, err := c.CreateCustomerGateway(t.Context(), &ec2.CreateCustomerGatewayInput{Type: types.GatewayTypeIpsec1, IpAddress: aws.String("198.51.100.7")})
	require.NoError(t, err)
	gateway, err := c.CreateVpnGateway(t.Context(), &ec2.CreateVpnGatewayInput{Type: types.GatewayTypeIpsec1})
	require.NoError(t, err)
	made, err := c.CreateVpnConnection(t.Context(), &ec2.CreateVpnConnectionInput{
		Type: aws.String("ipsec.1"), CustomerGatewayId: customer.CustomerGateway.CustomerGatewayId, VpnGatewayId: gateway.VpnGateway.VpnGatewayId,
		TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeVpnConnection, Tags: []types.Tag{{Key: aws.String("Name"), Value: aws.String("vendor")}}}},
	})
	require.NoError(t, err)
	key := *made.VpnConnection.Options.TunnelOptions[0].PreSharedKey
	conn := edge.VPNConnection{Name: "vendor", CustomerGateway: "cgw-00000000", VPNGateway: "vgw-00000000"}
	p, err := ztcore.NewBaseline("vendors", ztcore.Adopt(conn)).Plan(t.Context(), cfg)
	require.NoError(t, err)
	text, err := p.MarshalJSON()
	require.NoError(t, err)
	require.Contains(t, p.String(), "ikev1")
	require.NotContains(t, p.String()+string(text), key)
}

func TestGatewayOfAnotherTeamIsNotTaken(t *testing.T) {
	cfg := newCloud().Config()
	_, err := ec2.NewFromConfig(cfg).CreateCustomerGateway(t.Context(), &ec2.CreateCustomerGatewayInput{Type: types.GatewayTypeIpsec1, IpAddress: aws.String("198.51.100.7")})
	require.NoError(t, err)
	p, err := ztcore.NewBaseline("vendors", edge.CustomerGateway{Name: "vendor", Address: "198.51.100.7"}).Plan(t.Context(), cfg)
	require.NoError(t, err)
	_, err = p.Apply(t.Context())
	require.ErrorContains(t, err, "is there already and not ours")
}

func TestInputIsChecked(t *testing.T) {
	conn := func(s edge.Suite) ztcore.Resource {
		return edge.VPNConnection{Name: "v", CustomerGateway: "cgw-1", VPNGateway: "vgw-1", Suite: s}
	}
	list := func(cidrs ...string) ztcore.Resource {
		l := edge.PrefixList{Name: "l"}
		for _, c := range cidrs {
			l.Entries = append(l.Entries, edge.Entry{CIDR: c})
		}
		return l
	}
	for want, r := range map[string]ztcore.Resource{
		`"10.0.0.1" is no public address`:    edge.CustomerGateway{Name: "v", Address: "10.0.0.1"},
		`"" is no public address`:            edge.CustomerGateway{Name: "v"},
		"-1 is no ASN":                       edge.CustomerGateway{Name: "v", Address: "198.51.100.7", ASN: -1},
		"no VPC is named":                    edge.VPNGateway{Name: "v"},
		"a connection needs both sides":      edge.VPNConnection{Name: "v"},
		"is no CIDR block of IPv4":           edge.VPNConnection{Name: "v", CustomerGateway: "cgw-1", VPNGateway: "vgw-1", Routes: []string{"10.0.0.1/8"}},
		"SHA1 is broken":                     conn(edge.Suite{Encryption: []string{"AES256"}, Integrity: []string{"SHA1"}, Groups: []int32{20}}),
		"group 2 is too weak":                conn(edge.Suite{Encryption: []string{"AES256"}, Integrity: []string{"SHA2-256"}, Groups: []int32{2}}),
		"3DES is none of EC2's":              conn(edge.Suite{Encryption: []string{"3DES"}, Integrity: []string{"SHA2-256"}, Groups: []int32{20}}),
		"is taken without a reason":          conn(edge.Suite{Encryption: []string{"AES128"}, Integrity: []string{"SHA2-256"}, Groups: []int32{14}}),
		"Encryption, Integrity and Groups":   conn(edge.Suite{Encryption: []string{"AES256"}}),
		"no address of the vendor's edge":    edge.VPN{Name: "v", VPC: "vpc-1", Routes: []string{"0.0.0.0/0"}},
		"exactly one of Routes and ASN":      edge.VPN{Name: "v", VPC: "vpc-1", Peers: []string{"198.51.100.7"}},
		"no address is named":                list(),
		"stands for everybody":               list("0.0.0.0/0"),
		"is no CIDR block":                   list("198.51.100.7"),
		"is named twice":                     list("198.51.100.0/24", "198.51.100.0/24"),
		"is of IPv4, and others are of IPv6": list("198.51.100.0/24", "2001:db8::/32"),
		"1 is no room for 2 entries":         edge.PrefixList{Name: "l", Room: 1, Entries: []edge.Entry{{CIDR: "198.51.100.0/24"}, {CIDR: "203.0.113.0/24"}}},
		"more than 255 characters":           edge.PrefixList{Name: "l", Entries: []edge.Entry{{CIDR: "198.51.100.0/24", Description: strings.Repeat("x", 256)}}},
	} {
		require.ErrorContains(t, ztcore.NewBaseline("vendors", r).Check(), want)
	}
}

// Only a vendor's addresses reach an origin.
func ExamplePrefixList() {
	vendor := edge.PrefixList{Name: "cloudflare", Entries: []edge.Entry{{CIDR: "198.51.100.0/24", Description: "published in March"}}}
	origin := network.SecurityGroup{Name: "origin", Description: "behind the edge", VPC: "vpc-0123456789abcdef0", Ingress: []network.Rule{network.AllowTCP(443).FromPrefixList(vendor.ID())}}
	fmt.Println(ztcore.NewBaseline("vendors", thirdparty.Cloudflare{Edge: vendor}, origin).Check())
	// Output: <nil>
}

func ExampleVPN() {
	plan, err := ztcore.NewBaseline("vendors", vpc, vendor()).Plan(context.Background(), newCloud().Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range plan.Steps {
		fmt.Println(s.Action, s.Address)
	}
	// Unordered output:
	// create network.VPC/main
	// create network.DefaultSecurityGroup/main
	// create governance.VPNGateway/zscaler
	// create governance.CustomerGateway/zscaler-1
	// create governance.VPNConnection/zscaler-1
	// create governance.CustomerGateway/zscaler-2
	// create governance.VPNConnection/zscaler-2
}
