package fakeiam_test

import (
	"context"
	"errors"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
)

const (
	trustEC2   = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com"]},"Action":["sts:AssumeRole"]}]}`
	readBucket = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::example-bucket/*"}]}`
	s3ReadOnly = "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"
)

var ctx = context.Background()

func client(t *testing.T) (*fakeaws.Cloud, *iam.Client) {
	t.Helper()
	c := fakeaws.New(fakeiam.Install)
	return c, iam.NewFromConfig(c.Config())
}

func makeRole(t *testing.T, c *iam.Client, name string) *types.Role {
	t.Helper()
	out, err := c.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, AssumeRolePolicyDocument: aws.String(trustEC2)})
	require.NoError(t, err)
	return out.Role
}

func makeUser(t *testing.T, c *iam.Client, name string) *types.User {
	t.Helper()
	out, err := c.CreateUser(ctx, &iam.CreateUserInput{UserName: &name})
	require.NoError(t, err)
	return out.User
}

func makePolicy(t *testing.T, c *iam.Client, name string) string {
	t.Helper()
	out, err := c.CreatePolicy(ctx, &iam.CreatePolicyInput{PolicyName: &name, PolicyDocument: aws.String(readBucket)})
	require.NoError(t, err)
	return *out.Policy.Arn
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func status(err error) int {
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}

func decoded(t *testing.T, document *string) string {
	t.Helper()
	require.Contains(t, *document, "%7B%22", "URL-encoded")
	text, err := url.PathUnescape(*document)
	require.NoError(t, err)
	return text
}

func trusting(kind, principal string) string {
	return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"` + kind + `":"` + principal + `"},"Action":"sts:AssumeRole"}]}`
}

func TestErrorsAreTheSDKsOwn(t *testing.T) {
	_, c := client(t)
	_, err := c.GetRole(ctx, &iam.GetRoleInput{RoleName: aws.String("absent")})
	var missing *types.NoSuchEntityException
	require.ErrorAs(t, err, &missing)
	require.Equal(t, "The role with name absent cannot be found.", *missing.Message)
	require.Equal(t, "NoSuchEntity", code(err))
	var response *awshttp.ResponseError
	require.ErrorAs(t, err, &response)
	require.Equal(t, 404, response.HTTPStatusCode())
	require.NotEmpty(t, response.ServiceRequestID())
}
