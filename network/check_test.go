package network_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// What AWS would refuse is found before any call, all of it at once.
func TestChecksFindEverythingAtOnce(t *testing.T) {
	cloud := newCloud()
	main := network.VPC{Name: "main", CIDR: "10.0.0.0/16"}
	rule := network.AllowTCP(443).From("10.0.0.0/16")
	in := func(name, cidr, zone string) network.Subnet {
		return network.Subnet{Name: name, VPC: main.ID(), CIDR: cidr, Zone: zone}
	}
	table := network.RouteTable{Name: "t1", VPC: main.ID(), Subnets: []id.Subnet{in("good", "", "").ID()}, Routes: []network.Route{
		{To: "0.0.0.0", Target: "igw-1"}, {To: "0.0.0.0/0"}, {To: "0.0.0.0/0", NATGateway: "nat-1", InternetGateway: "igw-1"}, {To: "pl-1", Target: "lgw-1"},
	}}
	_, err := ztcore.PlanOf(t.Context(), cloud.Config(), "test", ztcore.List{
		main,
		network.VPC{Name: "host bits", CIDR: "10.9.1.0/16"},
		network.VPC{Name: "too wide", CIDR: "10.0.0.0/8"},
		network.VPC{Name: "IPv6", CIDR: "2001:db8::/32"},
		network.VPC{Name: "address", CIDR: "10.8.0.0"},
		in("good", "10.0.1.0/24", "us-east-1a"), in("outside", "10.1.0.0/24", "us-east-1a"), in("overlap", "10.0.1.128/25", "us-east-1b"), in("zone", "10.0.3.0/24", "us-east-1"),
		network.Subnet{Name: "nowhere", CIDR: "172.16.0.0/24", Zone: ztcore.Region + "a"},
		network.SecurityGroup{Name: "sg-1", Description: "é", VPC: main.ID()},
		network.SecurityGroup{Name: "default", Description: "", VPC: ""},
		network.SecurityGroup{Name: "rules", Description: "rules", VPC: main.ID(), Ingress: []network.Rule{
			rule, rule.Because("again"), network.AllowTCPRange(10, 9).From("10.0.0.0/16"), network.AllowTCP(70000).From("10.0.0.0/16"), {Protocol: "tcq", CIDR: "10.0.0.0/16"},
			network.AllowTCP(1), network.AllowTCP(2).From("10.0.0.0/16").FromGroup("sg-0"), network.AllowTCP(3).From("10.0.0.1/16"), network.AllowTCP(4).From("10.0.0.1"),
			network.AllowTCP(5).From("::ffff:10.0.0.0/112"), network.AllowTCP(6).From("10.0.0.0/16").Because("ümlaut"),
			{Protocol: "icmp", FromPort: 300, ToPort: -1, CIDR: "10.0.0.0/16"}, {Protocol: "icmpv6", FromPort: -1, ToPort: -1, CIDR: "10.0.0.0/16"},
		}},
		table, network.RouteTable{Name: "t2", Subnets: table.Subnets},
		network.NetworkACL{Name: "n1", VPC: main.ID(), Subnets: table.Subnets, Ingress: []network.ACLEntry{
			{Number: 0, Protocol: "-1", CIDR: "10.0.0.0/16"}, {Number: 5, Protocol: "-1", CIDR: "10.0.0.0/16"}, {Number: 5, Protocol: "-1", CIDR: "10.0.0.1/16"}, {Number: 6, CIDR: "10.0.0.0/16"},
		}},
		network.NetworkACL{Name: "n2", Subnets: table.Subnets},
		network.NATGateway{Name: "nat"},
		network.GatewayEndpoint{Name: "gateway", Policy: policy.Allow("s3:GetObject").To(policy.Anyone())},
		network.InterfaceEndpoint{Name: "interface", VPC: main.ID(), Service: "ssm"},
		network.FlowLog{Name: "nothing"},
		network.FlowLog{Name: "both", VPC: main.ID(), To: network.FlowLogs{Bucket: "arn:aws:s3:::b", LogGroup: "arn:aws:logs:us-east-1:123456789012:log-group:g"}},
		network.FlowLog{Name: "role", VPC: main.ID(), To: network.FlowLogs{Bucket: "arn:aws:s3:::b", Role: "arn:aws:iam::123456789012:role/r"}},
	})
	var invalid *ztcore.InvalidError
	require.ErrorAs(t, err, &invalid)
	require.Empty(t, cloud.Calls())
	for _, want := range []string{
		`network.VPC/host bits: CIDR: "10.9.1.0/16" has host bits set: write 10.9.0.0/16`,
		`network.VPC/too wide: CIDR: 10.0.0.0/8 has a length of 8; AWS takes /16 to /28`,
		`network.VPC/IPv6: CIDR: 2001:db8::/32 is an IPv6 block`,
		`network.VPC/address: CIDR: "10.8.0.0" lacks its length: write 10.8.0.0/32`,
		`network.Subnet/outside: CIDR: 10.1.0.0/24 is not within 10.0.0.0/16 of network.VPC/main`,
		`network.Subnet/overlap: CIDR: 10.0.1.128/25 overlaps with 10.0.1.0/24 of network.Subnet/good`,
		`network.Subnet/zone: Zone: "us-east-1" is no Availability Zone`,
		`network.Subnet/nowhere: VPC: no VPC is named`,
		`network.SecurityGroup/sg-1: Name: "sg-1" is reserved by EC2`,
		`network.SecurityGroup/sg-1: Description: "é" is not one that EC2 takes`,
		`network.SecurityGroup/default: Name: "default" is reserved by EC2`,
		`network.SecurityGroup/default: Description: EC2 wants one`,
		`network.SecurityGroup/default: VPC: no VPC is named`,
		`ingress from 10.0.0.0/16: tcp 443 is declared twice`,
		`tcp 10-9: 10-9 is no range of ports`,
		`tcp 70000: 70000-70000 is no range of ports`,
		`"tcq" is no protocol`,
		`tcp 1: 0 of CIDR, Group and PrefixList are set`,
		`tcp 2: 2 of CIDR, Group and PrefixList are set`,
		`tcp 3: "10.0.0.1/16" has host bits set: write 10.0.0.0/16`,
		`tcp 4: "10.0.0.1" lacks its length: write 10.0.0.1/32`,
		`tcp 5: "::ffff:10.0.0.0/112" mixes IPv6 and IPv4`,
		`tcp 6: the description "ümlaut" is not one that EC2 takes`,
		`type 300 and code -1 are none of ICMP's`,
		`icmp is for IPv4 and icmpv6 for IPv6`,
		`network.RouteTable/t1: Routes[0.0.0.0]: "0.0.0.0" lacks its length`,
		`Routes[0.0.0.0/0]: "" is no target`,
		`Routes[0.0.0.0/0]: there are two routes to it`,
		`Routes[0.0.0.0/0]: "igw-1 and nat-1" is no target`,
		`Routes[pl-1]: "lgw-1" is no target`,
		`network.RouteTable/t2: VPC: no VPC is named`,
		`network.RouteTable/t2: Subnets: network.Subnet/good is already of network.RouteTable/t1`,
		`network.NetworkACL/n1: Ingress[0]: AWS takes numbers from 1 to 32766`,
		`network.NetworkACL/n1: Ingress[5]: there are two entries of this number`,
		`network.NetworkACL/n1: Ingress[5]: "10.0.0.1/16" has host bits set`,
		`network.NetworkACL/n1: Ingress[6]: "" is no protocol`,
		`network.NetworkACL/n2: VPC: no VPC is named`,
		`network.NetworkACL/n2: Subnets: network.Subnet/good is already of network.NetworkACL/n1`,
		`network.NATGateway/nat: Subnet: no subnet is named`,
		`network.NATGateway/nat: Through: no internet gateway is named`,
		`network.GatewayEndpoint/gateway: VPC: no VPC is named`,
		`network.GatewayEndpoint/gateway: Service: no service is named`,
		`network.GatewayEndpoint/gateway: Policy.Statement[0].Resource: a statement of a VPC endpoint policy needs a Resource`,
		`network.InterfaceEndpoint/interface: Subnets: no subnet is named`,
		`network.FlowLog/nothing: VPC: no VPC is named`,
		`network.FlowLog/nothing: To: no destination is named`,
		`FlowLog both To: both Bucket and LogGroup are set`,
		`network.FlowLog/both: To.Role: a log group needs a role`,
		`FlowLog role To.Role: AWS takes no role for a bucket`,
	} {
		require.ErrorContains(t, err, want)
	}
}

func TestZoneOfAnotherRegionIsRefused(t *testing.T) {
	cloud := newCloud()
	_, err := ztcore.PlanOf(t.Context(), cloud.ConfigFor("123456789012", "eu-west-1"), "test", ztcore.List{vpc, a})
	require.ErrorContains(t, err, "network.Subnet/a: Zone: us-east-1a is not in region eu-west-1")
	require.Empty(t, cloud.Writes())
}

func TestGuardrails(t *testing.T) {
	gateway := network.InternetGateway{Name: "main", VPC: vpc.ID()}
	to := func(subnet network.Subnet) ztcore.Resource {
		return ztcore.List{vpc, subnet, gateway, network.RouteTable{Name: "public", VPC: vpc.ID(), Subnets: []id.Subnet{subnet.ID()}, Routes: []network.Route{{To: "0.0.0.0/0", InternetGateway: gateway.ID()}}}}
	}
	acl := func(entries ...network.ACLEntry) ztcore.Resource {
		return ztcore.List{vpc, network.NetworkACL{Name: "acl", VPC: vpc.ID(), Ingress: entries}}
	}
	s3 := func(p policy.Document) ztcore.Resource {
		return ztcore.List{vpc, network.GatewayEndpoint{Name: "s3", VPC: vpc.ID(), Service: "s3", Policy: p}}
	}
	public := a
	public.PublicBecause = "a load balancer stands in it"
	for name, c := range map[string]struct {
		r    ztcore.Resource
		want string // the guardrail; empty for none
	}{
		"SSH from an office":              {ztcore.List{vpc, group("g", network.AllowTCP(22).From("203.0.113.0/24"))}, ""},
		"SSH from the world":              {ztcore.List{vpc, group("g", network.AllowTCP(22).From("0.0.0.0/0"))}, "network.admin-port-open"},
		"SSH from half the world":         {ztcore.List{vpc, group("g", network.AllowTCP(22).From("128.0.0.0/1"))}, "network.admin-port-open"},
		"RDP from the IPv6 world":         {ztcore.List{vpc, group("g", network.AllowTCP(3389).From("::/0"))}, "network.admin-port-open"},
		"a range around PostgreSQL":       {ztcore.List{vpc, group("g", network.AllowTCPRange(5000, 6000).From("0.0.0.0/0"))}, "network.admin-port-open"},
		"HTTPS from the world":            {ztcore.List{vpc, group("g", network.AllowTCP(443).From("0.0.0.0/0"))}, ""},
		"ping from the world":             {ztcore.List{vpc, group("g", network.Rule{Protocol: "icmp", FromPort: 8, ToPort: -1, CIDR: "0.0.0.0/0"})}, ""},
		"all from the world":              {ztcore.List{vpc, group("g", network.AllowAll().From("0.0.0.0/0"))}, "network.all-ports-open"},
		"all TCP from the world":          {ztcore.List{vpc, group("g", network.AllowTCPRange(0, 65535).From("0.0.0.0/0"))}, "network.all-ports-open"},
		"all from a group":                {ztcore.List{vpc, group("g", network.AllowAll().FromGroup(group("g").ID()))}, ""},
		"a private subnet made public":    {to(a), "network.public-subnet"},
		"a public subnet":                 {to(public), ""},
		"an ACL open to the world":        {acl(network.ACLEntry{Number: 100, Protocol: "-1", CIDR: "0.0.0.0/0"}), "network.admin-port-open"},
		"an ACL that denies SSH and RDP":  {acl(network.ACLEntry{Number: 1, Deny: true, Protocol: "tcp", FromPort: 22, ToPort: 3389, CIDR: "0.0.0.0/0"}, network.ACLEntry{Number: 100, Protocol: "-1", CIDR: "0.0.0.0/0"}), ""},
		"an ACL that denies SSH too late": {acl(network.ACLEntry{Number: 200, Deny: true, Protocol: "tcp", FromPort: 22, ToPort: 3389, CIDR: "0.0.0.0/0"}, network.ACLEntry{Number: 100, Protocol: "-1", CIDR: "0.0.0.0/0"}), "network.admin-port-open"},
		"AWS's own endpoint policy":       {s3(policy.Allow("*").To(policy.Anyone()).OnAny()), "network.endpoint-policy-open"},
		"reading AWS's buckets":           {s3(network.OwnAccount().And(network.AlsoRead("arn:aws:s3:::prod-us-east-1-starport-layer-bucket"))), ""},
		"two VPCs of the same addresses":  {ztcore.List{vpc, network.VPC{Name: "other", CIDR: "10.0.128.0/17"}}, "network.vpc-overlap"},
	} {
		t.Run(name, func(t *testing.T) {
			cloud := newCloud()
			p := plan(t, cloud.Config(), c.r)
			_, err := p.Apply(t.Context())
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			var blocked *ztcore.BlockedError
			require.True(t, errors.As(err, &blocked), "%v", err)
			for _, f := range blocked.Findings {
				require.Equal(t, c.want, f.Guardrail)
				require.NotEmpty(t, f.Fix)
			}
			require.Empty(t, cloud.Writes())
		})
	}
}

func TestANameIsNoID(t *testing.T) {
	err := ztcore.NewBaseline("test", network.Subnet{Name: "a", VPC: "main", CIDR: "10.0.1.0/24", Zone: "us-east-1a"}).Check()
	require.ErrorContains(t, err, `network.Subnet/a: VPC: "main" is no VPC's id`)
	require.NoError(t, ztcore.NewBaseline("test", network.Subnet{Name: "a", VPC: "vpc-0123456789abcdef0", CIDR: "10.0.1.0/24", Zone: "us-east-1a"}).Check())
}
