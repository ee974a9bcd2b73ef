package network_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// What was made by hand, as the guide does it, is a conflict at first, and then taken over as it is.
func TestAdopt(t *testing.T) {
	cloud := newCloud()
	cfg := cloud.Config()
	c := ec2.NewFromConfig(cfg)
	called := func(what types.ResourceType, name string) []types.TagSpecification {
		return []types.TagSpecification{{ResourceType: what, Tags: []types.Tag{{Key: aws.String("Name"), Value: &name}}}}
	}
	made, err := c.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"), TagSpecifications: called(types.ResourceTypeVpc, "main")})
	require.NoError(t, err)
	subnet, err := c.CreateSubnet(t.Context(), &ec2.CreateSubnetInput{VpcId: made.Vpc.VpcId, CidrBlock: aws.String("10.0.1.0/24"), AvailabilityZone: aws.String("us-east-1a")})
	require.NoError(t, err)
	routes, err := c.CreateRouteTable(t.Context(), &ec2.CreateRouteTableInput{VpcId: made.Vpc.VpcId, TagSpecifications: called(types.ResourceTypeRouteTable, "private")})
	require.NoError(t, err)
	ssh, err := c.CreateSecurityGroup(t.Context(), &ec2.CreateSecurityGroupInput{VpcId: made.Vpc.VpcId, GroupName: aws.String("SSHAccess"), Description: aws.String("Allow SSH from specific IP")})
	require.NoError(t, err)

	r := ztcore.List{
		vpc, a,
		network.RouteTable{Name: "private", VPC: vpc.ID(), Subnets: []id.Subnet{a.ID()}},
		network.SecurityGroup{Name: "SSHAccess", Description: "Allow SSH from specific IP", VPC: vpc.ID(), Ingress: []network.Rule{network.AllowTCP(22).From("203.0.113.0/24")}},
	}
	cloud.ResetCalls()
	_, err = plan(t, cfg, r).Apply(t.Context())
	var conflict *ztcore.ConflictError
	require.ErrorAs(t, err, &conflict)
	require.Empty(t, cloud.Writes())

	apply(t, cfg, r, ztcore.AdoptAll())
	require.True(t, plan(t, cfg, r).Empty())
	for what, id := range map[types.ResourceType]*string{types.ResourceTypeVpc: made.Vpc.VpcId, types.ResourceTypeSubnet: subnet.Subnet.SubnetId, types.ResourceTypeRouteTable: routes.RouteTable.RouteTableId, types.ResourceTypeSecurityGroup: ssh.GroupId} {
		out, err := c.DescribeTags(t.Context(), &ec2.DescribeTagsInput{Filters: []types.Filter{{Name: aws.String("key"), Values: []string{ztcore.TagResource}}, {Name: aws.String("resource-type"), Values: []string{string(what)}}}})
		require.NoError(t, err)
		require.Len(t, out.Tags, 1, "nothing was made beside it")
		require.Equal(t, *id, *out.Tags[0].ResourceId)
	}
}
