package fakeec2_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"
)

func TestPeeringAcrossAccounts(t *testing.T) {
	w := newWorld(t)
	there := &world{Client: ec2.NewFromConfig(w.cloud.ConfigFor("210987654321", "us-east-1")), cloud: w.cloud, t: t}
	v, peer := w.vpc("10.0.0.0/16"), there.vpc("10.1.0.0/16")
	made, err := w.CreateVpcPeeringConnection(ctx, &ec2.CreateVpcPeeringConnectionInput{VpcId: &v, PeerVpcId: &peer, PeerOwnerId: aws.String("210987654321")})
	require.NoError(t, err)
	id := made.VpcPeeringConnection.VpcPeeringConnectionId
	require.Equal(t, types.VpcPeeringConnectionStateReasonCodePendingAcceptance, made.VpcPeeringConnection.Status.Code)
	_, err = w.AcceptVpcPeeringConnection(ctx, &ec2.AcceptVpcPeeringConnectionInput{VpcPeeringConnectionId: id})
	requireCode(t, err, "OperationNotPermitted")

	mine, theirs := w.group(v, "mine"), there.group(peer, "theirs")
	p := tcp(443)
	p.UserIdGroupPairs = []types.UserIdGroupPair{{GroupId: &theirs, UserId: aws.String("210987654321")}}
	allow := func() error {
		_, err := w.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &mine, IpPermissions: []types.IpPermission{p}})
		return err
	}
	requireCode(t, allow(), "InvalidGroup.NotFound")
	_, err = there.AcceptVpcPeeringConnection(ctx, &ec2.AcceptVpcPeeringConnectionInput{VpcPeeringConnectionId: id})
	require.NoError(t, err)
	require.NoError(t, allow())
	pair := w.describeGroup(mine).IpPermissions[0].UserIdGroupPairs[0]
	require.Equal(t, *id, *pair.VpcPeeringConnectionId)
	require.Equal(t, "210987654321", *pair.UserId)
	_, err = there.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &theirs})
	requireCode(t, err, "DependencyViolation")

	rtb := w.table(v)
	_, err = w.CreateRoute(ctx, &ec2.CreateRouteInput{RouteTableId: &rtb, DestinationCidrBlock: aws.String("10.1.0.0/16"), VpcPeeringConnectionId: id})
	require.NoError(t, err)
	_, err = there.DeleteVpcPeeringConnection(ctx, &ec2.DeleteVpcPeeringConnectionInput{VpcPeeringConnectionId: id})
	require.NoError(t, err)
	require.Equal(t, types.RouteStateBlackhole, w.describeTable(rtb).Routes[1].State)
	out, err := w.DescribeVpcPeeringConnections(ctx, &ec2.DescribeVpcPeeringConnectionsInput{VpcPeeringConnectionIds: []string{*id}})
	require.NoError(t, err)
	require.Equal(t, types.VpcPeeringConnectionStateReasonCodeDeleted, out.VpcPeeringConnections[0].Status.Code)
	_, err = w.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &mine, IpPermissions: []types.IpPermission{p}})
	require.NoError(t, err, "a stale rule can be revoked")
}

func TestPeeringRefusals(t *testing.T) {
	w := newWorld(t)
	v, overlapping, other := w.vpc("10.0.0.0/16"), w.vpc("10.0.0.0/20"), w.vpc("10.1.0.0/16")
	request := func(peer string) (*ec2.CreateVpcPeeringConnectionOutput, error) {
		return w.CreateVpcPeeringConnection(ctx, &ec2.CreateVpcPeeringConnectionInput{VpcId: &v, PeerVpcId: &peer})
	}
	failed, err := request(overlapping)
	require.NoError(t, err)
	require.Equal(t, types.VpcPeeringConnectionStateReasonCodeFailed, failed.VpcPeeringConnection.Status.Code, "overlapping networks fail, they are not refused")
	_, err = request(v)
	requireCode(t, err, "InvalidParameterValue")
	_, err = request("vpc-0123456789abcdef0")
	requireCode(t, err, "InvalidVpcID.NotFound")
	made, err := request(other)
	require.NoError(t, err)
	_, err = request(other)
	requireCode(t, err, "VpcPeeringConnectionAlreadyExists")
	_, err = w.RejectVpcPeeringConnection(ctx, &ec2.RejectVpcPeeringConnectionInput{VpcPeeringConnectionId: made.VpcPeeringConnection.VpcPeeringConnectionId})
	require.NoError(t, err)
	_, err = w.AcceptVpcPeeringConnection(ctx, &ec2.AcceptVpcPeeringConnectionInput{VpcPeeringConnectionId: made.VpcPeeringConnection.VpcPeeringConnectionId})
	requireCode(t, err, "InvalidStateTransition")
}
