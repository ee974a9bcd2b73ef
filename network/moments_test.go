package network_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/exposure"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// house is a network with something of every kind that holds up another's removal.
func house(vpcBlock, subnetBlock string) ztcore.List {
	vpc := network.VPC{Name: "main", CIDR: vpcBlock}
	subnet := network.Subnet{Name: "a", VPC: vpc.ID(), CIDR: subnetBlock, Zone: "us-east-1a", PublicBecause: "the front door"}
	gateway := network.InternetGateway{Name: "main", VPC: vpc.ID()}
	group := network.SecurityGroup{Name: "web", Description: "Web", VPC: vpc.ID(), Ingress: []network.Rule{network.AllowTCP(443).From("203.0.113.0/24").Because("customers")}}
	return ztcore.List{
		vpc, subnet, gateway, group,
		network.RouteTable{Name: "a", VPC: vpc.ID(), Subnets: []id.Subnet{subnet.ID()}, Routes: []network.Route{{To: "0.0.0.0/0", InternetGateway: gateway.ID()}}},
		network.NetworkACL{Name: "a", VPC: vpc.ID(), Subnets: []id.Subnet{subnet.ID()}, Ingress: []network.ACLEntry{{Number: 100, Protocol: "tcp", FromPort: 443, ToPort: 443, CIDR: "203.0.113.0/24"}}},
		network.InterfaceEndpoint{Name: "ssm", VPC: vpc.ID(), Service: "ssm", Subnets: []id.Subnet{subnet.ID()}, FromCIDRs: []string{vpcBlock}},
	}
}

// slow has one operation take a second, so that whatever need not wait for it overtakes it.
func slow(operation string) func(fakeaws.Call) time.Duration {
	return func(c fakeaws.Call) time.Duration {
		if c.Operation == operation {
			return time.Second
		}
		return 0
	}
}

// EC2 makes a group with a rule that lets everything out. No interface is behind it before that is revoked.
func TestAnInterfaceStartsOnceItsGroupIsAsDeclared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		cloud.SetLatencyFunc(slow("RevokeSecurityGroupEgress"))
		p := plan(t, cloud.Config(), house("10.0.0.0/16", "10.0.1.0/24"))
		watch := exposure.Watch(cloud)
		_, err := p.Apply(t.Context())
		require.NoError(t, err)
		require.NotZero(t, watch.Moments())
		require.Empty(t, watch.Violations())
		for _, s := range p.Steps {
			if s.Address == "network.InterfaceEndpoint/ssm" {
				require.Contains(t, s.DependsOn, ztcore.Address("network.SecurityGroupRules/ssm-endpoint"))
			}
		}
	})
}

// A subnet that loses its ACL falls back to the default one, which admits everything: both go, the subnet first.
func TestSubnetsGoBeforeTheACLsThatGuardThem(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		everything := house("10.0.0.0/16", "10.0.1.0/24")
		apply(t, cloud.Config(), everything)
		cloud.SetLatencyFunc(slow("DeleteSubnet"))
		p := plan(t, cloud.Config(), everything, ztcore.Destroy(), ztcore.AllowDelete(ztcore.Addresses(everything)...))
		watch := exposure.Watch(cloud)
		_, err := p.Apply(t.Context())
		require.NoError(t, err)
		require.Empty(t, watch.Violations())
		require.True(t, plan(t, cloud.Config(), everything, ztcore.Destroy()).Empty())
	})
}

// A VPC that gets another block is made anew with all that is in it: what is found by its id as well as what holds on to it.
func TestAVPCIsReplacedWithAllThatIsInIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		apply(t, cloud.Config(), house("10.0.0.0/16", "10.0.1.0/24"))
		moved := house("172.16.0.0/16", "172.16.1.0/24")
		p := plan(t, cloud.Config(), moved, ztcore.Prune(), ztcore.AllowDelete("network.VPC/main"))
		actions := map[ztcore.Address]ztcore.Action{}
		for _, s := range p.Steps {
			actions[s.Address] = s.Action
		}
		require.Equal(t, ztcore.Replace, actions["network.VPC/main"])
		require.Equal(t, ztcore.Replace, actions["network.SecurityGroup/web"], "it has the same name in another VPC")
		require.Equal(t, ztcore.Replace, actions["network.InternetGateway/main"], "it is attached to what goes")
		_, err := p.Apply(t.Context())
		require.NoError(t, err, p)
		require.True(t, plan(t, cloud.Config(), moved, ztcore.Prune()).Empty())
	})
}
