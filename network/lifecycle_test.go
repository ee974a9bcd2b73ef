package network_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

func newCloud() *fakeaws.Cloud { return fakeaws.New(fakests.Install, fakeec2.Install) }

// byName is the id of the object of a type that carries the tag Name; the newest, since moto keeps the tags of what is gone.
func byName(ctx context.Context, c *ec2.Client, resource types.ResourceType, name string) (string, error) {
	out, err := c.DescribeTags(ctx, &ec2.DescribeTagsInput{Filters: []types.Filter{
		{Name: aws.String("resource-type"), Values: []string{string(resource)}}, {Name: aws.String("key"), Values: []string{"Name"}}, {Name: aws.String("value"), Values: []string{name}},
	}})
	if err != nil {
		return "", err
	}
	return aws.ToString(out.Tags[len(out.Tags)-1].ResourceId), nil
}

func mustByName(t *testing.T, cfg aws.Config, resource types.ResourceType, name string) string {
	t.Helper()
	found, err := byName(context.Background(), ec2.NewFromConfig(cfg), resource, name)
	require.NoError(t, err)
	return found
}

// drift changes the object of a type and name behind the baseline's back.
func drift(resource types.ResourceType, name string, change func(ctx context.Context, c *ec2.Client, id string) error) func(context.Context, aws.Config) error {
	return func(ctx context.Context, cfg aws.Config) error {
		c := ec2.NewFromConfig(cfg)
		id, err := byName(ctx, c, resource, name)
		if err != nil {
			return err
		}
		return change(ctx, c, id)
	}
}

var (
	vpc  = network.VPC{Name: "main", CIDR: "10.0.0.0/16"}
	a    = network.Subnet{Name: "a", VPC: vpc.ID(), CIDR: "10.0.1.0/24", Zone: "us-east-1a"}
	b    = network.Subnet{Name: "b", VPC: vpc.ID(), CIDR: "10.0.2.0/24", Zone: "us-east-1b"}
	team = map[string]string{"team": "network"}
)

func with(resources ...ztcore.Resource) ztcore.Resource {
	return append(ztcore.List{vpc, a, b}, resources...)
}

// cases are the kinds that have a life of their own on any AWS.
func cases() map[string]kindtest.Case {
	return map[string]kindtest.Case{
		"VPC": vpcCase(), "Subnet": subnetCase(), "SecurityGroup": securityGroupCase(), "RouteTable": routeTableCase(), "NetworkACL": networkACLCase(),
		"GatewayEndpoint": gatewayEndpointCase(), "InterfaceEndpoint": interfaceEndpointCase(), "FlowLog": flowLogCase(), "BlockPublicAccess": blockPublicAccessCase(), "Peering": peeringCase(),
	}
}

func TestLife(t *testing.T) {
	for name, c := range cases() {
		t.Run(name, func(t *testing.T) { kindtest.Run(t, c) })
	}
}

// The same on the wire, less what moto does not do: it has no VPC Block Public Access, does not change an endpoint's private
// DNS, and fails to delete a gateway endpoint whose route tables were changed.
func TestWire(t *testing.T) {
	onWire := cases()
	delete(onWire, "BlockPublicAccess")
	gateway, endpoint, log := onWire["GatewayEndpoint"], onWire["InterfaceEndpoint"], onWire["FlowLog"]
	gateway.Variants, endpoint.Variants = gateway.Variants[:1], endpoint.Variants[:1]
	log.Before = func(ctx context.Context, cfg aws.Config) error { // moto, unlike EC2, wants the bucket to exist
		_, err := s3.NewFromConfig(cfg).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("acme-flow-logs")})
		if taken := new(s3types.BucketAlreadyExists); errors.As(err, &taken) {
			return nil // an earlier run's, which serves as well
		}
		return err
	}
	onWire["GatewayEndpoint"], onWire["InterfaceEndpoint"], onWire["FlowLog"] = gateway, endpoint, log
	for name, c := range onWire {
		t.Run(name, func(t *testing.T) { kindtest.RunOn(t, kindtest.Wire(t), c) })
	}
}

func vpcCase() kindtest.Case {
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: vpc},
			{Resource: network.VPC{Name: "main", CIDR: "10.0.0.0/16", Tags: team}, Changes: []string{"network.VPC/main Tags"}},
		},
		Drift: drift(types.ResourceTypeVpc, "main", func(ctx context.Context, c *ec2.Client, id string) error {
			_, err := c.ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: &id, EnableDnsHostnames: &types.AttributeBooleanValue{Value: aws.Bool(false)}})
			return err
		}),
	}
}

func subnetCase() kindtest.Case {
	public := network.Subnet{Name: "a", VPC: vpc.ID(), CIDR: "10.0.1.0/24", Zone: "us-east-1a", PublicAddressesBecause: "a honeypot"}
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: ztcore.List{vpc, a}},
			{Resource: ztcore.List{vpc, public}, Changes: []string{"network.Subnet/a PublicAddresses"}},
			{Resource: ztcore.List{vpc, network.Subnet{Name: "a", VPC: vpc.ID(), CIDR: "10.0.1.0/24", Zone: "us-east-1b", Tags: team}},
				Changes: []string{"network.Subnet/a PublicAddresses", "network.Subnet/a Tags", "network.Subnet/a Zone"}},
		},
		Drift: drift(types.ResourceTypeSubnet, "a", func(ctx context.Context, c *ec2.Client, id string) error {
			_, err := c.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{id}, Tags: []types.Tag{{Key: aws.String("Name"), Value: aws.String("mine")}}})
			return err
		}),
	}
}

func securityGroupCase() kindtest.Case {
	app := network.SecurityGroup{Name: "app", Description: "the application", VPC: vpc.ID()}
	data := network.SecurityGroup{Name: "data", Description: "the database", VPC: vpc.ID(), Ingress: []network.Rule{network.AllowTCP(5432).FromGroup(app.ID())}}
	app.Egress = []network.Rule{network.AllowTCP(5432).ToGroup(data.ID()).Because("queries"), network.AllowTCP(443).To("10.0.0.0/16"), network.AllowTCP(80).To("10.0.0.0/16").Because("redirects")}
	changed := app
	changed.Tags = team
	changed.Egress = []network.Rule{network.AllowTCP(5432).ToGroup(data.ID()).Because("queries"), network.AllowTCP(80).To("10.0.0.0/16").Because("redirects to TLS"), network.AllowUDP(53).To("10.0.0.2/32"), network.AllowAll().To("10.0.0.3/32")}
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: ztcore.List{vpc, app, data}},
			{Resource: ztcore.List{vpc, changed, data}, Changes: []string{"network.SecurityGroup/app Tags", "network.SecurityGroupRules/app Members"}},
		},
		Drift: drift(types.ResourceTypeSecurityGroup, "app", func(ctx context.Context, c *ec2.Client, id string) error {
			_, err := c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &id, IpPermissions: []types.IpPermission{
				{IpProtocol: aws.String("-1"), IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}},
			}})
			return err
		}),
	}
}

func routeTableCase() kindtest.Case {
	gateway := network.InternetGateway{Name: "main", VPC: vpc.ID()}
	public := b
	public.PublicBecause = "the NAT gateway stands in it"
	nat := network.NATGateway{Name: "main", Subnet: public.ID(), Through: gateway.ID()}
	private := network.RouteTable{Name: "private", VPC: vpc.ID(), Subnets: []id.Subnet{a.ID()}, Routes: []network.Route{{To: "0.0.0.0/0", NATGateway: nat.ID()}}}
	open := network.RouteTable{Name: "public", VPC: vpc.ID(), Subnets: []id.Subnet{public.ID()}, Routes: []network.Route{{To: "0.0.0.0/0", InternetGateway: gateway.ID()}}}
	closed := network.RouteTable{Name: "private", VPC: vpc.ID(), Tags: team, Routes: []network.Route{{To: "203.0.113.0/24", NATGateway: nat.ID()}}}
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: ztcore.List{vpc, a, public, gateway, nat, open, private}},
			{Resource: ztcore.List{vpc, a, public, gateway, nat, open, closed}, Changes: []string{"network.RouteTable/private Routes", "network.RouteTable/private Subnets", "network.RouteTable/private Tags"}},
		},
		Drift: drift(types.ResourceTypeRouteTable, "private", func(ctx context.Context, c *ec2.Client, table string) error {
			gateway, err := byName(ctx, c, types.ResourceTypeInternetGateway, "main")
			if err != nil {
				return err
			}
			_, err = c.ReplaceRoute(ctx, &ec2.ReplaceRouteInput{RouteTableId: &table, DestinationCidrBlock: aws.String("0.0.0.0/0"), GatewayId: &gateway})
			return err
		}),
	}
}

func networkACLCase() kindtest.Case {
	acl := network.NetworkACL{Name: "private", VPC: vpc.ID(), Subnets: []id.Subnet{a.ID()},
		Ingress: []network.ACLEntry{{Number: 100, Protocol: "tcp", FromPort: 443, ToPort: 443, CIDR: "10.0.0.0/16"}, {Number: 110, Protocol: "udp", FromPort: 1024, ToPort: 65535, CIDR: "10.0.0.0/16"}},
		Egress:  []network.ACLEntry{{Number: 100, Protocol: "-1", CIDR: "10.0.0.0/16"}}}
	changed := acl
	changed.Subnets, changed.Tags = []id.Subnet{b.ID()}, team
	changed.Ingress = []network.ACLEntry{{Number: 100, Protocol: "tcp", FromPort: 8443, ToPort: 8443, CIDR: "10.0.0.0/16"}, {Number: 120, Deny: true, Protocol: "-1", CIDR: "::/0"}}
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: with(acl)},
			{Resource: with(changed), Changes: []string{"network.NetworkACL/private Entries", "network.NetworkACL/private Subnets", "network.NetworkACL/private Tags"}},
		},
		Drift: drift(types.ResourceTypeNetworkAcl, "private", func(ctx context.Context, c *ec2.Client, id string) error {
			_, err := c.CreateNetworkAclEntry(ctx, &ec2.CreateNetworkAclEntryInput{
				NetworkAclId: &id, RuleNumber: aws.Int32(1), Egress: aws.Bool(false), Protocol: aws.String("-1"), RuleAction: types.RuleActionAllow, CidrBlock: aws.String("0.0.0.0/0"),
			})
			return err
		}),
	}
}

func peeringCase() kindtest.Case {
	other := network.VPC{Name: "other", CIDR: "10.1.0.0/16"}
	peering := network.Peering{Name: "main-other", Requester: vpc.ID(), Accepter: other.ID()}
	changed := peering
	changed.Tags = team
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: with(other, peering)},
			{Resource: with(other, changed), Changes: []string{"network.Peering/main-other Tags"}},
		},
		Drift: drift(types.ResourceTypeVpcPeeringConnection, "main-other", func(ctx context.Context, c *ec2.Client, id string) error {
			_, err := c.DeleteVpcPeeringConnection(ctx, &ec2.DeleteVpcPeeringConnectionInput{VpcPeeringConnectionId: &id})
			return err
		}),
	}
}

func gatewayEndpointCase() kindtest.Case {
	table := network.RouteTable{Name: "private", VPC: vpc.ID(), Subnets: []id.Subnet{a.ID()}}
	other := network.RouteTable{Name: "other", VPC: vpc.ID()}
	s3 := network.GatewayEndpoint{Name: "s3", VPC: vpc.ID(), Service: "s3", RouteTables: []id.RouteTable{table.ID()}}
	changed := s3
	changed.RouteTables, changed.Tags = []id.RouteTable{other.ID()}, team
	changed.Policy = network.OwnOrganization("o-a1b2c3d4e5").And(network.AlsoRead("arn:aws:s3:::al2023-repos-us-east-1-de612dc2"))
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: with(table, other, s3)},
			{Resource: with(table, other, changed), Changes: []string{"network.GatewayEndpoint/s3 Policy", "network.GatewayEndpoint/s3 RouteTables", "network.GatewayEndpoint/s3 Tags"}},
		},
		Drift: drift(types.ResourceTypeVpcEndpoint, "s3", func(ctx context.Context, c *ec2.Client, id string) error {
			_, err := c.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{VpcEndpointId: &id, PolicyDocument: aws.String(policy.Allow("*").To(policy.Anyone()).OnAny().JSON())})
			return err
		}),
	}
}

func interfaceEndpointCase() kindtest.Case {
	ssm := network.InterfaceEndpoint{Name: "ssm", VPC: vpc.ID(), Service: "ssm", Subnets: []id.Subnet{a.ID()}, FromCIDRs: []string{"10.0.0.0/16"}}
	changed := ssm
	changed.Subnets, changed.Tags, changed.NoPrivateDNSBecause = []id.Subnet{a.ID(), b.ID()}, team, "split DNS elsewhere"
	changed.Policy = policy.Allow("ssm:*").To(policy.Anyone()).OnAny().When("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5")
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: with(ssm)},
			{Resource: with(changed), Changes: []string{
				"network.InterfaceEndpoint/ssm Policy", "network.InterfaceEndpoint/ssm PrivateDNS", "network.InterfaceEndpoint/ssm Subnets", "network.InterfaceEndpoint/ssm Tags",
				"network.SecurityGroup/ssm-endpoint Tags",
			}},
		},
		Drift: drift(types.ResourceTypeVpcEndpoint, "ssm", func(ctx context.Context, c *ec2.Client, id string) error {
			_, err := c.ModifyVpcEndpoint(ctx, &ec2.ModifyVpcEndpointInput{VpcEndpointId: &id, PolicyDocument: aws.String(policy.Allow("*").To(policy.Anyone()).OnAny().JSON())})
			return err
		}),
	}
}

func flowLogCase() kindtest.Case {
	log := network.FlowLog{Name: "main", VPC: vpc.ID(), To: network.FlowLogs{Bucket: "arn:aws:s3:::acme-flow-logs"}}
	moved := log
	moved.To = network.FlowLogs{LogGroup: "arn:aws:logs:us-east-1:123456789012:log-group:flows:*", Role: "arn:aws:iam::123456789012:role/flows"}
	moved.Tags = team
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: ztcore.List{vpc, log}},
			{Resource: ztcore.List{vpc, moved}, Changes: []string{"network.FlowLog/main Destination", "network.FlowLog/main Role", "network.FlowLog/main Tags", "network.FlowLog/main Type"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			c := ec2.NewFromConfig(cfg)
			out, err := c.DescribeFlowLogs(ctx, nil) // moto does not find them by tag
			if err == nil {
				_, err = c.DeleteFlowLogs(ctx, &ec2.DeleteFlowLogsInput{FlowLogIds: []string{*out.FlowLogs[0].FlowLogId}})
			}
			return err
		},
	}
}

func blockPublicAccessCase() kindtest.Case {
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: network.BlockPublicAccess{}},
			{Resource: network.BlockPublicAccess{AllowEgressBecause: "package mirrors"}, Changes: []string{"network.BlockPublicAccess/region Mode"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			_, err := ec2.NewFromConfig(cfg).ModifyVpcBlockPublicAccessOptions(ctx, &ec2.ModifyVpcBlockPublicAccessOptionsInput{InternetGatewayBlockMode: types.InternetGatewayBlockModeOff})
			return err
		},
	}
}
