package fakeaws_test

import (
	"context"
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakekms"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakes3"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakesns"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

const deployer = "arn:aws:iam::123456789012:user/deployer"

func restricted(docs ...policy.Document) (*fakeaws.Cloud, aws.Config) {
	cloud := fakeaws.New(fakests.Install, fakeiam.Install, fakes3.Install, fakekms.Install, fakesns.Install)
	cloud.Restrict(deployer, docs...)
	return cloud, cloud.ConfigAs(fakeaws.Caller{Account: fakeaws.DefaultAccount, ARN: deployer, UserID: "AIDADEPLOYER"}, fakeaws.DefaultRegion)
}

func requireDenied(t *testing.T, err error, code, message string) {
	t.Helper()
	var api smithy.APIError
	var resp *awshttp.ResponseError
	require.ErrorAs(t, err, &api)
	require.Equal(t, code, api.ErrorCode())
	require.Equal(t, message, api.ErrorMessage())
	require.True(t, errors.As(err, &resp) && resp.HTTPStatusCode() == 403, "%v", err)
}

func TestARestrictedCallerIsDeniedAsTheServiceDenies(t *testing.T) {
	ctx := context.Background()
	cloud, cfg := restricted()
	_, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
	require.NoError(t, err, "which needs no permission")
	why := func(action string) string {
		return "User: " + deployer + " is not authorized to perform: " + action + " on resource: * because no identity-based policy allows the " + action + " action"
	}
	_, err = iam.NewFromConfig(cfg).ListRoles(ctx, nil)
	requireDenied(t, err, "AccessDenied", why("iam:ListRoles"))
	_, err = kms.NewFromConfig(cfg).ListKeys(ctx, nil)
	requireDenied(t, err, "AccessDeniedException", why("kms:ListKeys"))
	_, err = sns.NewFromConfig(cfg).ListTopics(ctx, nil)
	requireDenied(t, err, "AuthorizationError", why("sns:ListTopics"))
	_, err = s3.NewFromConfig(cfg).ListBuckets(ctx, nil)
	requireDenied(t, err, "AccessDenied", why("s3:ListAllMyBuckets"))
	_, err = s3.NewFromConfig(cfg).HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String("acme")})
	requireDenied(t, err, "Forbidden", "Forbidden")

	_, err = iam.NewFromConfig(cloud.Config()).ListRoles(ctx, nil)
	require.NoError(t, err, "others are unrestricted")
	cloud.Unrestrict(deployer)
	_, err = iam.NewFromConfig(cfg).ListRoles(ctx, nil)
	require.NoError(t, err)
	cloud.Restrict(deployer, policy.Allow("iam:*").OnAny(), policy.Deny("iam:ListRoles").OnAny())
	_, err = iam.NewFromConfig(cfg).ListRoles(ctx, nil)
	requireDenied(t, err, "AccessDenied", "User: "+deployer+" is not authorized to perform: iam:ListRoles on resource: * with an explicit deny in an identity-based policy")
}

func TestARestrictedCallerNeedsWhatItsInputAsksFor(t *testing.T) {
	ctx := context.Background()
	cloud, cfg := restricted(policy.Allow("kms:CreateKey", "kms:ListKeys").OnAny())
	_, err := kms.NewFromConfig(cfg).CreateKey(ctx, &kms.CreateKeyInput{Description: aws.String("plain")})
	require.NoError(t, err)
	_, err = kms.NewFromConfig(cfg).CreateKey(ctx, &kms.CreateKeyInput{Policy: aws.String("{}")})
	require.ErrorContains(t, err, "not authorized to perform: kms:PutKeyPolicy", "rights are checked before the document")
	keys, err := kms.NewFromConfig(cfg).ListKeys(ctx, nil)
	require.NoError(t, err)
	require.Len(t, keys.Keys, 1, "what is denied has no effect")

	trust := policy.Trust(policy.Service("ec2.amazonaws.com")).JSON()
	for _, path := range []string{"/web/", "/admin/"} {
		_, err = iam.NewFromConfig(cloud.Config()).CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("In" + path[1:len(path)-1]), Path: aws.String(path), AssumeRolePolicyDocument: &trust})
		require.NoError(t, err)
	}
	cloud.Restrict(deployer, policy.Allow("iam:AddRoleToInstanceProfile", "iam:CreateInstanceProfile").OnAny(), policy.Allow("iam:PassRole").On("arn:aws:iam::123456789012:role/web/*"))
	c := iam.NewFromConfig(cfg)
	_, err = c.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String("web")})
	require.NoError(t, err)
	_, err = c.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String("web"), RoleName: aws.String("Inadmin")})
	require.ErrorContains(t, err, "not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/admin/Inadmin because")
	_, err = c.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String("web"), RoleName: aws.String("Inweb")})
	require.NoError(t, err)
}

func TestADocumentThatAWSWouldNotTakeIsAMistakeOfTheTest(t *testing.T) {
	require.Panics(t, func() { restricted(policy.Allow("kms:CreateKey")) }, "it has no resource")
}
