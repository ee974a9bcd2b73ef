package network_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// What takes AWS minutes to come and to go is waited for, so that what depends on it meets no refusal.
func TestSlowGatewaysAndEndpoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		cfg := cloud.Config()
		fakeec2.Of(cloud).SetSettling(3 * time.Minute)
		public := b
		public.PublicBecause = "the NAT gateway stands in it"
		gateway := network.InternetGateway{Name: "main", VPC: vpc.ID()}
		nat := network.NATGateway{Name: "main", Subnet: public.ID(), Through: gateway.ID()}
		r := ztcore.List{
			vpc, a, public, gateway, nat,
			network.RouteTable{Name: "private", VPC: vpc.ID(), Subnets: []id.Subnet{a.ID()}, Routes: []network.Route{{To: "0.0.0.0/0", NATGateway: nat.ID()}}},
			network.InterfaceEndpoint{Name: "ssm", VPC: vpc.ID(), Service: "ssm", Subnets: []id.Subnet{a.ID()}, FromCIDRs: []string{"10.0.0.0/16"}},
		}
		started := time.Now()
		apply(t, cfg, r)
		require.InDelta(t, 3*time.Minute, time.Since(started), float64(10*time.Second))
		require.True(t, plan(t, cfg, r).Empty())
		started = time.Now()
		apply(t, cfg, r, ztcore.Destroy(), ztcore.AllowDelete("network.VPC/main"))
		require.InDelta(t, 3*time.Minute, time.Since(started), float64(10*time.Second))
		for _, call := range cloud.Writes() {
			require.NoError(t, call.Err, call.Operation)
		}
	})
}
