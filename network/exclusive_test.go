package network_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/exposure"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// The default ACL of a VPC admits everything, and its main route table knows nothing of where a subnet is led: a subnet that goes
// from one ACL or table to another is under neither, whichever of the two is updated first and wherever a run is cut off.
func TestASubnetGoesFromOneACLOrTableToAnotherDirectly(t *testing.T) {
	gateway := network.InternetGateway{Name: "main", VPC: vpc.ID()}
	first, second := a, b
	first.PublicBecause, second.PublicBecause = "the front door", "the back door"
	declared := map[string]func(of, others []id.Subnet) ztcore.Resource{
		"ACL": func(of, others []id.Subnet) ztcore.Resource {
			return ztcore.List{vpc, first, second,
				network.NetworkACL{Name: "first", VPC: vpc.ID(), Subnets: of, Ingress: []network.ACLEntry{admit(100, 443, 443, "10.0.0.0/16")}},
				network.NetworkACL{Name: "second", VPC: vpc.ID(), Subnets: others, Ingress: []network.ACLEntry{admit(100, 22, 22, "10.0.0.0/16")}}}
		},
		"route table": func(of, others []id.Subnet) ztcore.Resource {
			return ztcore.List{vpc, first, second, gateway,
				network.RouteTable{Name: "first", VPC: vpc.ID(), Subnets: of, Routes: []network.Route{{To: "203.0.113.0/24", InternetGateway: gateway.ID()}}},
				network.RouteTable{Name: "second", VPC: vpc.ID(), Subnets: others, Routes: []network.Route{{To: "203.0.113.0/24", InternetGateway: gateway.ID()}}}}
		},
	}
	for what, of := range declared {
		for name, from := range map[string][2][]id.Subnet{
			"the first gives": {{a.ID(), b.ID()}, {}}, "the second gives": {{}, {a.ID(), b.ID()}}, "they exchange": {{b.ID()}, {a.ID()}},
		} {
			t.Run(what+", "+name, func(t *testing.T) {
				before, after := of(from[0], from[1]), of([]id.Subnet{a.ID()}, []id.Subnet{b.ID()})
				for k := range 3 {
					synctest.Test(t, func(t *testing.T) {
						cloud := newCloud()
						apply(t, cloud.Config(), before)
						p := plan(t, cloud.Config(), after)
						watch := exposure.Watch(cloud)
						off := cloud.Inject(nil, &fakeaws.Fault{Match: fakeaws.Call.Mutating, Skip: k, Before: fakeaws.Denied("ec2:ReplaceNetworkAclAssociation")})
						_, _ = p.Apply(t.Context(), ztcore.WithParallelism(1+k%2))
						cloud.Lift(off)
						apply(t, cloud.Config(), after)
						require.Empty(t, watch.Violations(), "cut off after %d calls", k)
						require.True(t, plan(t, cloud.Config(), after).Empty())
					})
				}
			})
		}
	}
}

// What is no longer declared goes once another has taken its subnets, in the same run.
func TestASubnetIsTakenOverFromAnACLAndATableThatGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		acl := network.NetworkACL{Name: "first", VPC: vpc.ID(), Subnets: []id.Subnet{a.ID()}, Ingress: []network.ACLEntry{admit(100, 443, 443, "10.0.0.0/16")}}
		table := network.RouteTable{Name: "first", VPC: vpc.ID(), Subnets: []id.Subnet{a.ID()}}
		oldACL, oldTable := acl, table
		oldACL.Name, oldTable.Name = "second", "second"
		oldACL.Subnets, oldTable.Subnets = []id.Subnet{b.ID()}, []id.Subnet{b.ID()}
		apply(t, cloud.Config(), with(acl, table, oldACL, oldTable))
		acl.Subnets = []id.Subnet{a.ID(), b.ID()}
		table.Subnets = acl.Subnets
		watch := exposure.Watch(cloud)
		apply(t, cloud.Config(), with(acl, table), ztcore.Prune())
		require.NotZero(t, watch.Moments())
		require.Empty(t, watch.Violations())
		require.True(t, plan(t, cloud.Config(), with(acl, table), ztcore.Prune()).Empty())
	})
}
