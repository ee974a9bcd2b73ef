package network_test

import (
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// everything has one of each object that the pillar makes.
func everything() ztcore.List {
	public := b
	public.PublicBecause = "the NAT gateway stands in it"
	gateway := network.InternetGateway{Name: "main", VPC: vpc.ID()}
	nat := network.NATGateway{Name: "main", Subnet: public.ID(), Through: gateway.ID()}
	private := network.RouteTable{Name: "private", VPC: vpc.ID(), Subnets: []id.Subnet{a.ID()}, Routes: []network.Route{{To: "0.0.0.0/0", NATGateway: nat.ID()}}}
	return append(ring(), a, public, gateway, nat, private, group("main"), // another object is called so too
		network.RouteTable{Name: "public", VPC: vpc.ID(), Subnets: []id.Subnet{public.ID()}, Routes: []network.Route{{To: "0.0.0.0/0", InternetGateway: gateway.ID()}}},
		network.NetworkACL{Name: "private", VPC: vpc.ID(), Subnets: []id.Subnet{a.ID()}},
		network.GatewayEndpoint{Name: "s3", VPC: vpc.ID(), Service: "s3", RouteTables: []id.RouteTable{private.ID()}},
		network.InterfaceEndpoint{Name: "ssm", VPC: vpc.ID(), Service: "ssm", Subnets: []id.Subnet{a.ID()}, FromCIDRs: []string{"10.0.0.0/16"}},
		network.FlowLog{Name: "main", VPC: vpc.ID(), To: network.FlowLogs{Bucket: "arn:aws:s3:::acme-flow-logs"}},
	)
}

// owned are the ids of what carries the baseline's tag.
func owned(t *testing.T, cfg aws.Config) []string {
	t.Helper()
	out, err := ec2.NewFromConfig(cfg).DescribeTags(t.Context(), &ec2.DescribeTagsInput{Filters: []types.Filter{{Name: aws.String("key"), Values: []string{ztcore.TagBaseline}}}})
	require.NoError(t, err)
	var ids []string
	for _, tag := range out.Tags {
		if tag.ResourceType == types.ResourceTypeNatgateway {
			continue // one that was deleted shows for an hour
		}
		ids = append(ids, *tag.ResourceId)
	}
	return ids
}

// What is no longer declared is removed in the order in which it can be, though nothing says any more what depends on what.
func TestPruneEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := newCloud().Config()
		apply(t, cfg, everything())
		require.Greater(t, len(owned(t, cfg)), 12)
		for _, s := range plan(t, cfg, ztcore.List{}, ztcore.Prune(network.Kinds()...)).Steps {
			if s.Address == "network.VPC/main" {
				require.Equal(t, ztcore.Retain, s.Action, "a VPC holds data")
			}
		}
		apply(t, cfg, ztcore.List{}, ztcore.Prune(network.Kinds()...), ztcore.AllowDelete("network.VPC/main"))
		require.Empty(t, owned(t, cfg))
	})
}

// Whatever the order in which AWS is ready, the whole comes and goes without a refused call.
func TestEverythingComesAndGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		cfg := cloud.Config()
		apply(t, cfg, everything())
		require.True(t, plan(t, cfg, everything()).Empty())
		apply(t, cfg, everything(), ztcore.Destroy(), ztcore.AllowDelete("network.VPC/main"))
		require.Empty(t, owned(t, cfg))
		for _, call := range cloud.Writes() {
			require.NoError(t, call.Err, call.Operation)
		}
	})
}
