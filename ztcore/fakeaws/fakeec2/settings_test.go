package fakeec2_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/stretchr/testify/require"
)

func TestEBSEncryption(t *testing.T) {
	w := newWorld(t)
	on := func() bool {
		out, err := w.GetEbsEncryptionByDefault(ctx, nil)
		require.NoError(t, err)
		return *out.EbsEncryptionByDefault
	}
	key := func() string {
		out, err := w.GetEbsDefaultKmsKeyId(ctx, nil)
		require.NoError(t, err)
		return *out.KmsKeyId
	}
	require.False(t, on())
	require.Equal(t, "alias/aws/ebs", key())
	_, err := w.EnableEbsEncryptionByDefault(ctx, nil)
	require.NoError(t, err)
	require.True(t, on())
	_, err = w.ModifyEbsDefaultKmsKeyId(ctx, &ec2.ModifyEbsDefaultKmsKeyIdInput{KmsKeyId: aws.String("1234abcd-12ab-34cd-56ef-1234567890ab")})
	require.NoError(t, err)
	require.Equal(t, "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab", key())
	_, err = w.DisableEbsEncryptionByDefault(ctx, nil)
	require.NoError(t, err)
	require.False(t, on())
	require.NotEqual(t, "alias/aws/ebs", key())
	_, err = w.ResetEbsDefaultKmsKeyId(ctx, nil)
	require.NoError(t, err)
	require.Equal(t, "alias/aws/ebs", key())
}

func TestBlockPublicAccess(t *testing.T) {
	w := newWorld(t)
	vpcs, err := w.DescribeVpcBlockPublicAccessOptions(ctx, nil)
	require.NoError(t, err)
	require.Equal(t, types.VpcBlockPublicAccessStateDefaultState, vpcs.VpcBlockPublicAccessOptions.State)
	require.Equal(t, types.InternetGatewayBlockModeOff, vpcs.VpcBlockPublicAccessOptions.InternetGatewayBlockMode)
	_, err = w.ModifyVpcBlockPublicAccessOptions(ctx, &ec2.ModifyVpcBlockPublicAccessOptionsInput{InternetGatewayBlockMode: "some"})
	requireCode(t, err, "InvalidParameterValue")
	changing, err := w.ModifyVpcBlockPublicAccessOptions(ctx, &ec2.ModifyVpcBlockPublicAccessOptionsInput{InternetGatewayBlockMode: types.InternetGatewayBlockModeBlockIngress})
	require.NoError(t, err)
	require.Equal(t, types.VpcBlockPublicAccessStateUpdateInProgress, changing.VpcBlockPublicAccessOptions.State)
	vpcs, err = w.DescribeVpcBlockPublicAccessOptions(ctx, nil)
	require.NoError(t, err)
	require.Equal(t, types.VpcBlockPublicAccessStateUpdateComplete, vpcs.VpcBlockPublicAccessOptions.State)
	subnets, err := w.DescribeSubnets(ctx, nil)
	require.NoError(t, err)
	require.Equal(t, types.BlockPublicAccessModeBlockIngress, subnets.Subnets[0].BlockPublicAccessStates.InternetGatewayBlockMode)

	snapshots, err := w.GetSnapshotBlockPublicAccessState(ctx, nil)
	require.NoError(t, err)
	require.Equal(t, types.SnapshotBlockPublicAccessStateUnblocked, snapshots.State)
	_, err = w.EnableSnapshotBlockPublicAccess(ctx, &ec2.EnableSnapshotBlockPublicAccessInput{State: types.SnapshotBlockPublicAccessStateUnblocked})
	requireCode(t, err, "InvalidParameterValue")
	_, err = w.EnableSnapshotBlockPublicAccess(ctx, &ec2.EnableSnapshotBlockPublicAccessInput{State: types.SnapshotBlockPublicAccessStateBlockAllSharing})
	require.NoError(t, err)
	snapshots, err = w.GetSnapshotBlockPublicAccessState(ctx, nil)
	require.NoError(t, err)
	require.Equal(t, types.SnapshotBlockPublicAccessStateBlockAllSharing, snapshots.State)
	_, err = w.DisableSnapshotBlockPublicAccess(ctx, nil)
	require.NoError(t, err)

	images := func() string {
		out, err := w.GetImageBlockPublicAccessState(ctx, nil)
		require.NoError(t, err)
		return *out.ImageBlockPublicAccessState
	}
	require.Equal(t, "block-new-sharing", images(), "a new account shares no images")
	_, err = w.DisableImageBlockPublicAccess(ctx, nil)
	require.NoError(t, err)
	require.Equal(t, "unblocked", images())
	_, err = w.EnableImageBlockPublicAccess(ctx, &ec2.EnableImageBlockPublicAccessInput{ImageBlockPublicAccessState: "block-new-sharing"})
	require.NoError(t, err)
	require.Equal(t, "block-new-sharing", images())
}

func TestInstanceMetadataDefaults(t *testing.T) {
	w := newWorld(t)
	get := func() types.InstanceMetadataDefaultsResponse {
		out, err := w.GetInstanceMetadataDefaults(ctx, nil)
		require.NoError(t, err)
		return *out.AccountLevel
	}
	modify := func(in ec2.ModifyInstanceMetadataDefaultsInput) error {
		_, err := w.ModifyInstanceMetadataDefaults(ctx, &in)
		return err
	}
	require.Equal(t, types.InstanceMetadataDefaultsResponse{ManagedBy: types.ManagedByAccount}, get())
	require.NoError(t, modify(ec2.ModifyInstanceMetadataDefaultsInput{HttpTokens: "required", HttpPutResponseHopLimit: aws.Int32(1)}))
	require.NoError(t, modify(ec2.ModifyInstanceMetadataDefaultsInput{HttpEndpoint: "enabled"}))
	require.Equal(t, types.HttpTokensStateRequired, get().HttpTokens, "what is not given stays")
	require.Equal(t, int32(1), *get().HttpPutResponseHopLimit)
	requireCode(t, modify(ec2.ModifyInstanceMetadataDefaultsInput{HttpPutResponseHopLimit: aws.Int32(65)}), "InvalidParameterValue")
	requireCode(t, modify(ec2.ModifyInstanceMetadataDefaultsInput{HttpTokens: "maybe"}), "InvalidParameterValue")
	require.NoError(t, modify(ec2.ModifyInstanceMetadataDefaultsInput{HttpTokens: "no-preference", HttpEndpoint: "no-preference", HttpPutResponseHopLimit: aws.Int32(-1)}))
	require.Equal(t, types.InstanceMetadataDefaultsResponse{ManagedBy: types.ManagedByAccount}, get())
}
