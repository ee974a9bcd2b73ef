package network_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

func TestPreset(t *testing.T) {
	logged := network.Preset{Name: "main", FlowLogs: network.FlowLogs{Bucket: "arn:aws:s3:::acme-flow-logs"}}
	kindtest.Run(t, kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: network.Preset{Name: "main"}},
			{Resource: logged, Changes: []string{"create network.FlowLog/main-flows"}},
		},
	})
}

// The preset has the guide's addresses, and leads nowhere but to S3.
func TestPresetIsTheGuidesNetwork(t *testing.T) {
	cfg := newCloud().Config()
	apply(t, cfg, network.Preset{Name: "main"})
	c := ec2.NewFromConfig(cfg)
	inVPC := []types.Filter{{Name: aws.String("vpc-id"), Values: []string{mustByName(t, cfg, types.ResourceTypeVpc, "main")}}}
	subnets, err := c.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{Filters: inVPC})
	require.NoError(t, err)
	zones := map[string]string{}
	for _, s := range subnets.Subnets {
		zones[*s.CidrBlock] = *s.AvailabilityZone
		require.False(t, *s.MapPublicIpOnLaunch)
	}
	require.Equal(t, map[string]string{"10.0.1.0/24": "us-east-1a", "10.0.2.0/24": "us-east-1b"}, zones)
	tables, err := c.DescribeRouteTables(t.Context(), &ec2.DescribeRouteTablesInput{Filters: inVPC})
	require.NoError(t, err)
	for _, table := range tables.RouteTables {
		for _, r := range table.Routes {
			require.True(t, aws.ToString(r.GatewayId) == "local" || r.DestinationPrefixListId != nil)
		}
	}
}

func TestPresetParts(t *testing.T) {
	for block, want := range map[string][]string{
		"":              {"10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"},
		"172.16.0.0/20": {"172.16.0.16/28", "172.16.0.32/28", "172.16.0.48/28"},
		"10.1.2.0/24":   {"10.1.2.16/28", "10.1.2.32/28", "10.1.2.48/28"},
	} {
		var got []string
		for _, s := range (network.Preset{Name: "main", CIDR: block, Zones: []string{"us-east-1a", "us-east-1b", "us-east-1c"}}).Subnets() {
			got = append(got, s.CIDR)
		}
		require.Equal(t, want, got)
	}
}
