package fakeec2_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/stretchr/testify/require"
)

// "The retry succeeds without performing any further actions": nor does it bring back what was deleted. After a day a token is new.
func TestATokenIsAnsweredWithWhatIsGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t)
		v := w.vpc("10.0.0.0/16")
		table := func() string {
			out, err := w.CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: &v, ClientToken: aws.String("token")})
			require.NoError(t, err)
			return *out.RouteTable.RouteTableId
		}
		endpoint := func() string {
			out, err := w.CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{VpcId: &v, ServiceName: aws.String("com.amazonaws.us-east-1.s3"), ClientToken: aws.String("token")})
			require.NoError(t, err)
			return *out.VpcEndpoint.VpcEndpointId
		}
		first, gateway := table(), endpoint()
		_, err := w.DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: &first})
		require.NoError(t, err)
		_, err = w.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{gateway}})
		require.NoError(t, err)
		require.Equal(t, first, table())
		require.Equal(t, gateway, endpoint())
		_, err = w.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: []string{first}})
		requireCode(t, err, "InvalidRouteTableID.NotFound")
		time.Sleep(25 * time.Hour)
		require.NotEqual(t, first, table())
		require.NotEqual(t, gateway, endpoint())
	})
}

func TestATokenOfATerminatedInstanceIsRefused(t *testing.T) {
	w := newWorld(t)
	token := func(in *ec2.RunInstancesInput) { in.ClientToken = aws.String("same") }
	i := w.run(token)
	_, err := w.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{*i.InstanceId}})
	require.NoError(t, err)
	_, err = w.tryRun(token)
	requireCode(t, err, "IdempotentInstanceTerminated")
}
