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

// The suite cuts the removal off at each of its writes, and has it finished by another run.
func TestDefaultVPC(t *testing.T) {
	kindtest.Run(t, kindtest.Case{
		Cloud:    newCloud,
		Variants: []kindtest.Variant{{Resource: network.DefaultVPC{}}},
		Skip:     map[string]string{"recreate": "destroying does not bring the default VPC back"},
	})
}

func TestDefaultVPCIsRemovedWithItsParts(t *testing.T) {
	cloud := newCloud()
	cfg := cloud.Config()
	c := ec2.NewFromConfig(cfg)
	apply(t, cfg, network.DefaultVPC{})
	vpcs, err := c.DescribeVpcs(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, vpcs.Vpcs)
	gateways, err := c.DescribeInternetGateways(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, gateways.InternetGateways)
	require.True(t, plan(t, cfg, network.DefaultVPC{}).Empty())
	require.False(t, plan(t, cloud.ConfigFor("123456789012", "eu-west-1"), network.DefaultVPC{}).Empty(), "another region has its own")
}

func TestDefaultVPCInUseIsLeftAlone(t *testing.T) {
	cloud := newCloud()
	cfg := cloud.Config()
	c := ec2.NewFromConfig(cfg)
	subnets, err := c.DescribeSubnets(t.Context(), nil)
	require.NoError(t, err)
	eni, err := c.CreateNetworkInterface(t.Context(), &ec2.CreateNetworkInterfaceInput{SubnetId: subnets.Subnets[0].SubnetId, Description: aws.String("of the ledger")})
	require.NoError(t, err)
	endpoint, err := c.CreateVpcEndpoint(t.Context(), &ec2.CreateVpcEndpointInput{VpcId: subnets.Subnets[0].VpcId, ServiceName: aws.String("com.amazonaws.us-east-1.s3"), VpcEndpointType: types.VpcEndpointTypeGateway})
	require.NoError(t, err)
	cloud.ResetCalls()

	p := plan(t, cfg, network.DefaultVPC{})
	require.Contains(t, p.String(), *eni.NetworkInterface.NetworkInterfaceId+" (of the ledger)", "the plan says who is in the way")
	_, err = p.Apply(t.Context())
	var inUse *network.InUseError
	require.ErrorAs(t, err, &inUse)
	require.Len(t, inUse.By, 2)
	require.ErrorContains(t, err, *eni.NetworkInterface.NetworkInterfaceId)
	require.ErrorContains(t, err, *endpoint.VpcEndpoint.VpcEndpointId)
	require.Empty(t, cloud.Writes(), "nothing is touched")
}
