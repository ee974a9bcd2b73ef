package network_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// firewalls has the endpoints of a firewall in the VPC that the test names.
type firewalls struct{ vpc string }

func (f *firewalls) EndpointIn(context.Context, string) bool { return false }

func (f *firewalls) RouteEndpoint(_ context.Context, id string) (string, bool) {
	return f.vpc, id == "vpce-0a" || id == "vpce-0b"
}

func TestRouteLeadsToTheEndpointOfAFirewall(t *testing.T) {
	f := &firewalls{}
	cloud := fakeaws.New(fakests.Install, fakeec2.Install, func(c *fakeaws.Cloud) { fakeaws.Provide[fakeaws.RouteEndpoints](c, f) })
	cfg := cloud.Config()
	table := func(endpoint id.VPCEndpoint) network.RouteTable {
		return network.RouteTable{Name: "inspected", VPC: vpc.ID(), Routes: []network.Route{{To: "0.0.0.0/0", Endpoint: endpoint}}}
	}
	put := func(r ztcore.Resource) error {
		p, err := ztcore.NewBaseline("b", r).Plan(t.Context(), cfg)
		require.NoError(t, err)
		_, err = p.Apply(t.Context())
		return err
	}
	require.NoError(t, put(vpc))
	require.ErrorContains(t, put(ztcore.List{vpc, table("vpce-0a")}), "vpce-0a", "an endpoint of another VPC")
	f.vpc = mustByName(t, cfg, types.ResourceTypeVpc, "main")
	for _, endpoint := range []id.VPCEndpoint{"vpce-0a", "vpce-0b"} {
		require.NoError(t, put(ztcore.List{vpc, table(endpoint)}))
		out, err := ec2.NewFromConfig(cfg).DescribeRouteTables(t.Context(), &ec2.DescribeRouteTablesInput{RouteTableIds: []string{mustByName(t, cfg, types.ResourceTypeRouteTable, "inspected")}})
		require.NoError(t, err)
		require.Equal(t, string(endpoint), aws.ToString(out.RouteTables[0].Routes[1].GatewayId))
	}
	again, err := ztcore.NewBaseline("b", vpc, table("vpce-0b")).Plan(t.Context(), cfg)
	require.NoError(t, err)
	require.True(t, again.Empty(), again)
}
