package network_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/exposure"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// led is a network with one table, between an internet gateway and a virtual one.
func led(subnets []id.Subnet, routes func(out, inspected string) []network.Route) ztcore.Resource {
	gateway := network.InternetGateway{Name: "main", VPC: vpc.ID()}
	other := network.VPC{Name: "other", CIDR: "10.9.0.0/16"}
	peering := network.Peering{Name: "other", Requester: vpc.ID(), Accepter: other.ID()}
	open := a
	open.PublicBecause = "the front door"
	return ztcore.List{vpc, other, open, b, gateway, peering, network.RouteTable{Name: "main", VPC: vpc.ID(), Subnets: subnets, Routes: routes(string(gateway.ID()), string(peering.ID()))}}
}

// What is led by a table is led as before or as wanted: the most specific route decides, and each call takes effect by itself.
func TestRoutesChangeAndNothingIsLedElsewhereMeanwhile(t *testing.T) {
	wide := func(out, peer string) []network.Route { return []network.Route{{To: "0.0.0.0/0", Target: out}} }
	nested := func(out, peer string) []network.Route {
		return []network.Route{{To: "172.16.0.0/12", Target: peer}, {To: "172.16.1.0/24", Target: out}, {To: "0.0.0.0/0", Target: out}}
	}
	only := func(out, peer string) []network.Route { return []network.Route{{To: "203.0.113.0/24", Target: out}} }
	none := func(out, peer string) []network.Route { return nil }
	here, gone := []id.Subnet{a.ID()}, []id.Subnet{}
	type end struct {
		subnets []id.Subnet
		routes  func(out, peer string) []network.Route
	}
	for name, c := range map[string][2]end{
		"an exception within an exception comes":    {{here, wide}, {here, nested}},
		"an exception within an exception goes":     {{here, nested}, {here, wide}},
		"a subnet leaves a table that gets a route": {{here, none}, {gone, only}},
		"a subnet joins a table that loses a route": {{gone, only}, {here, none}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := newCloud()
				apply(t, cloud.Config(), led(c[0].subnets, c[0].routes))
				watch := exposure.Watch(cloud)
				apply(t, cloud.Config(), led(c[1].subnets, c[1].routes))
				require.NotZero(t, watch.Moments())
				require.Empty(t, watch.Violations())
			})
		})
	}
}
