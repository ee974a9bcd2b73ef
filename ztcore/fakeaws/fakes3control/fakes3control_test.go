package fakes3control_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/aws/aws-sdk-go-v2/service/s3control/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakes3control"
)

var ctx = context.Background()

func TestAccountBlock(t *testing.T) {
	cloud := fakeaws.New(fakes3control.Install)
	client := s3control.NewFromConfig(cloud.Config())
	account := aws.String(fakeaws.DefaultAccount)
	requireAbsent := func() {
		t.Helper()
		_, err := client.GetPublicAccessBlock(ctx, &s3control.GetPublicAccessBlockInput{AccountId: account})
		var absent *types.NoSuchPublicAccessBlockConfiguration
		require.ErrorAs(t, err, &absent)
		var response *awshttp.ResponseError
		require.ErrorAs(t, err, &response)
		require.Equal(t, 404, response.HTTPStatusCode())
		require.NotEmpty(t, response.ServiceRequestID())
	}
	requireAbsent()
	_, err := client.PutPublicAccessBlock(ctx, &s3control.PutPublicAccessBlockInput{AccountId: account, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{BlockPublicPolicy: aws.Bool(true)}})
	require.NoError(t, err)
	europe := s3control.NewFromConfig(cloud.ConfigFor(fakeaws.DefaultAccount, "eu-west-1"))
	out, err := europe.GetPublicAccessBlock(ctx, &s3control.GetPublicAccessBlockInput{AccountId: account})
	require.NoError(t, err, "the setting holds in every region")
	require.True(t, *out.PublicAccessBlockConfiguration.BlockPublicPolicy)
	require.False(t, *out.PublicAccessBlockConfiguration.BlockPublicAcls)
	block, ok := fakeaws.Capability[fakeaws.PublicAccess](cloud)
	require.True(t, ok)
	acls, policies := block.BlocksPublic(ctx, *account)
	require.True(t, !acls && policies)
	_, err = client.DeletePublicAccessBlock(ctx, &s3control.DeletePublicAccessBlockInput{AccountId: account})
	require.NoError(t, err)
	requireAbsent()
}

// The account id must be the caller's: https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_GetPublicAccessBlock.html
func TestAnotherAccountIsDenied(t *testing.T) {
	client := s3control.NewFromConfig(fakeaws.New(fakes3control.Install).Config())
	other := aws.String("210987654321")
	_, get := client.GetPublicAccessBlock(ctx, &s3control.GetPublicAccessBlockInput{AccountId: other})
	_, put := client.PutPublicAccessBlock(ctx, &s3control.PutPublicAccessBlockInput{AccountId: other, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{}})
	_, del := client.DeletePublicAccessBlock(ctx, &s3control.DeletePublicAccessBlockInput{AccountId: other})
	for _, err := range []error{get, put, del} {
		var api smithy.APIError
		require.ErrorAs(t, err, &api)
		require.Equal(t, "AccessDenied", api.ErrorCode())
	}
}
