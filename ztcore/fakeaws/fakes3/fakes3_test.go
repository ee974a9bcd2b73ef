package fakes3_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakes3"
)

var (
	ctx    = context.Background()
	ledger = aws.String("acme-ledger")
)

func newBucket(t *testing.T, cloud *fakeaws.Cloud) *s3.Client {
	t.Helper()
	client := s3.NewFromConfig(cloud.Config())
	_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: ledger})
	require.NoError(t, err)
	return client
}

func requireRefusal(t *testing.T, err error, status int, code string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, code, api.ErrorCode(), err)
	var response *awshttp.ResponseError
	require.ErrorAs(t, err, &response)
	require.Equal(t, status, response.HTTPStatusCode())
	require.NotEmpty(t, response.ServiceRequestID())
}

func second[O any](_ O, err error) error {
	if err == nil {
		return errors.New("nothing was refused")
	}
	return err
}

func TestNewBucketHasTheDefaultsOfAWS(t *testing.T) {
	client := newBucket(t, fakeaws.New(fakes3.Install))
	enc, err := client.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: ledger})
	require.NoError(t, err)
	rule := enc.ServerSideEncryptionConfiguration.Rules[0]
	require.Equal(t, types.ServerSideEncryptionAes256, rule.ApplyServerSideEncryptionByDefault.SSEAlgorithm)
	require.False(t, *rule.BucketKeyEnabled)
	require.Equal(t, []types.EncryptionType{types.EncryptionTypeSseC}, rule.BlockedEncryptionTypes.EncryptionType)

	block, err := client.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: ledger})
	require.NoError(t, err)
	require.True(t, *block.PublicAccessBlockConfiguration.BlockPublicAcls && *block.PublicAccessBlockConfiguration.BlockPublicPolicy &&
		*block.PublicAccessBlockConfiguration.IgnorePublicAcls && *block.PublicAccessBlockConfiguration.RestrictPublicBuckets)

	controls, err := client.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: ledger})
	require.NoError(t, err)
	require.Equal(t, types.ObjectOwnershipBucketOwnerEnforced, controls.OwnershipControls.Rules[0].ObjectOwnership)

	versioning, err := client.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: ledger})
	require.NoError(t, err)
	require.Empty(t, versioning.Status)

	acl, err := client.GetBucketAcl(ctx, &s3.GetBucketAclInput{Bucket: ledger})
	require.NoError(t, err)
	require.Len(t, acl.Grants, 1)
	require.Equal(t, *acl.Owner.ID, *acl.Grants[0].Grantee.ID)

	logging, err := client.GetBucketLogging(ctx, &s3.GetBucketLoggingInput{Bucket: ledger})
	require.NoError(t, err)
	require.Nil(t, logging.LoggingEnabled)
}

// Codes and statuses: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
func TestWhatANewBucketDoesNotHave(t *testing.T) {
	client := newBucket(t, fakeaws.New(fakes3.Install))
	requireRefusal(t, second(client.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: ledger})), 404, "NoSuchBucketPolicy")
	requireRefusal(t, second(client.GetBucketPolicyStatus(ctx, &s3.GetBucketPolicyStatusInput{Bucket: ledger})), 404, "NoSuchBucketPolicy")
	requireRefusal(t, second(client.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: ledger})), 404, "NoSuchTagSet")
	requireRefusal(t, second(client.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: ledger})), 404, "NoSuchLifecycleConfiguration")
	requireRefusal(t, second(client.GetObjectLockConfiguration(ctx, &s3.GetObjectLockConfigurationInput{Bucket: ledger})), 404, "ObjectLockConfigurationNotFoundError")
	requireRefusal(t, second(client.GetBucketReplication(ctx, &s3.GetBucketReplicationInput{Bucket: ledger})), 404, "ReplicationConfigurationNotFoundError")
	requireRefusal(t, second(client.GetBucketWebsite(ctx, &s3.GetBucketWebsiteInput{Bucket: ledger})), 404, "NoSuchWebsiteConfiguration")
	requireRefusal(t, second(client.GetBucketCors(ctx, &s3.GetBucketCorsInput{Bucket: ledger})), 404, "NoSuchCORSConfiguration")
}

func TestSettingsRoundTripAndReset(t *testing.T) {
	client := newBucket(t, fakeaws.New(fakes3.Install))
	_, err := client.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: ledger, ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
		Rules: []types.ServerSideEncryptionRule{{BucketKeyEnabled: aws.Bool(true), ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{
			SSEAlgorithm: types.ServerSideEncryptionAwsKms, KMSMasterKeyID: aws.String("arn:aws:kms:us-east-1:123456789012:key/x")}}},
	}})
	require.NoError(t, err)
	enc, err := client.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: ledger})
	require.NoError(t, err)
	rule := enc.ServerSideEncryptionConfiguration.Rules[0]
	require.True(t, *rule.BucketKeyEnabled)
	require.Equal(t, "arn:aws:kms:us-east-1:123456789012:key/x", *rule.ApplyServerSideEncryptionByDefault.KMSMasterKeyID)
	require.Equal(t, []types.EncryptionType{types.EncryptionTypeSseC}, rule.BlockedEncryptionTypes.EncryptionType, "what is not given stays")
	_, err = client.DeleteBucketEncryption(ctx, &s3.DeleteBucketEncryptionInput{Bucket: ledger})
	require.NoError(t, err)
	enc, err = client.GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: ledger})
	require.NoError(t, err)
	require.Equal(t, types.ServerSideEncryptionAes256, enc.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm)

	_, err = client.PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{Bucket: ledger, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{BlockPublicAcls: aws.Bool(true)}})
	require.NoError(t, err)
	block, err := client.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: ledger})
	require.NoError(t, err)
	require.False(t, *block.PublicAccessBlockConfiguration.BlockPublicPolicy)
	_, err = client.DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{Bucket: ledger})
	require.NoError(t, err)
	requireRefusal(t, second(client.GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: ledger})), 404, "NoSuchPublicAccessBlockConfiguration")

	_, err = client.DeleteBucketOwnershipControls(ctx, &s3.DeleteBucketOwnershipControlsInput{Bucket: ledger})
	require.NoError(t, err)
	requireRefusal(t, second(client.GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: ledger})), 404, "OwnershipControlsNotFoundError")
	_, err = client.PutBucketAcl(ctx, &s3.PutBucketAclInput{Bucket: ledger, ACL: types.BucketCannedACLPublicRead})
	require.NoError(t, err, "nothing blocks it any more")
	requireRefusal(t, second(client.PutBucketOwnershipControls(ctx, &s3.PutBucketOwnershipControlsInput{Bucket: ledger, OwnershipControls: &types.OwnershipControls{
		Rules: []types.OwnershipControlsRule{{ObjectOwnership: types.ObjectOwnershipBucketOwnerEnforced}}}})), 400, "InvalidBucketAclWithObjectOwnership")

	_, err = client.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: ledger, Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("b"), Value: aws.String("1")}, {Key: aws.String("a"), Value: aws.String("2")}}}})
	require.NoError(t, err)
	tags, err := client.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: ledger})
	require.NoError(t, err)
	require.Equal(t, "a", *tags.TagSet[0].Key)

	rules := []types.LifecycleRule{{ID: aws.String("old"), Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String("")},
		NoncurrentVersionExpiration: &types.NoncurrentVersionExpiration{NoncurrentDays: aws.Int32(90)}}}
	_, err = client.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: ledger, LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: rules}})
	require.NoError(t, err)
	lifecycle, err := client.GetBucketLifecycleConfiguration(ctx, &s3.GetBucketLifecycleConfigurationInput{Bucket: ledger})
	require.NoError(t, err)
	require.Equal(t, rules, lifecycle.Rules)
	require.Equal(t, types.TransitionDefaultMinimumObjectSizeAllStorageClasses128k, lifecycle.TransitionDefaultMinimumObjectSize)

	_, err = client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("acme-logs")})
	require.NoError(t, err)
	want := &types.LoggingEnabled{TargetBucket: aws.String("acme-logs"), TargetPrefix: aws.String("ledger/")}
	_, err = client.PutBucketLogging(ctx, &s3.PutBucketLoggingInput{Bucket: ledger, BucketLoggingStatus: &types.BucketLoggingStatus{LoggingEnabled: want}})
	require.NoError(t, err)
	logging, err := client.GetBucketLogging(ctx, &s3.GetBucketLoggingInput{Bucket: ledger})
	require.NoError(t, err)
	require.Equal(t, want, logging.LoggingEnabled)
}

func TestTagsGivenAtCreation(t *testing.T) {
	client := s3.NewFromConfig(fakeaws.New(fakes3.Install).Config())
	_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: ledger, CreateBucketConfiguration: &types.CreateBucketConfiguration{Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}}})
	require.NoError(t, err)
	out, err := client.GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: ledger})
	require.NoError(t, err)
	require.Equal(t, "v", *out.TagSet[0].Value)
}

func TestNamesAreWorldwide(t *testing.T) {
	cloud := fakeaws.New(fakes3.Install)
	client := newBucket(t, cloud)
	_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: ledger})
	require.NoError(t, err, "us-east-1 answers 200 to the owner")

	other := s3.NewFromConfig(cloud.ConfigFor("210987654321", "us-east-1"))
	err = second(other.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: ledger}))
	var taken *types.BucketAlreadyExists
	require.ErrorAs(t, err, &taken)
	requireRefusal(t, err, 409, "BucketAlreadyExists")
	requireRefusal(t, second(other.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: ledger})), 403, "Forbidden")

	europe := s3.NewFromConfig(cloud.ConfigFor(fakeaws.DefaultAccount, "eu-west-1"))
	in := &s3.CreateBucketInput{Bucket: aws.String("acme-eu"), CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: "eu-west-1"}}
	_, err = europe.CreateBucket(ctx, in)
	require.NoError(t, err)
	err = second(europe.CreateBucket(ctx, in))
	var mine *types.BucketAlreadyOwnedByYou
	require.ErrorAs(t, err, &mine)
	requireRefusal(t, err, 409, "BucketAlreadyOwnedByYou")

	requireRefusal(t, second(client.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: aws.String("acme-eu")})), 301, "PermanentRedirect")
	requireRefusal(t, second(client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String("acme-eu")})), 301, "MovedPermanently")
	location, err := client.GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: aws.String("acme-eu")})
	require.NoError(t, err)
	require.Equal(t, types.BucketLocationConstraintEuWest1, location.LocationConstraint)
	location, err = client.GetBucketLocation(ctx, &s3.GetBucketLocationInput{Bucket: ledger})
	require.NoError(t, err)
	require.Empty(t, location.LocationConstraint)
}

func TestAbsentBucketHasTheTypeOfTheOperation(t *testing.T) {
	client := s3.NewFromConfig(fakeaws.New(fakes3.Install).Config())
	var notFound *types.NotFound
	require.ErrorAs(t, second(client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: ledger})), &notFound)
	var noBucket *types.NoSuchBucket
	require.ErrorAs(t, second(client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: ledger})), &noBucket)
	err := second(client.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: ledger}))
	requireRefusal(t, err, 404, "NoSuchBucket")
	require.False(t, errors.As(err, &noBucket), "the SDK has no type for it here")
}

func TestWaiterSeesTheBucket(t *testing.T) {
	client := newBucket(t, fakeaws.New(fakes3.Install))
	require.NoError(t, s3.NewBucketExistsWaiter(client).Wait(ctx, &s3.HeadBucketInput{Bucket: ledger}, time.Second))
	_, err := client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: ledger})
	require.NoError(t, err)
	require.NoError(t, s3.NewBucketNotExistsWaiter(client).Wait(ctx, &s3.HeadBucketInput{Bucket: ledger}, time.Second))
}

func TestListBucketsPages(t *testing.T) {
	cloud := fakeaws.New(fakes3.Install)
	client := s3.NewFromConfig(cloud.Config())
	for _, name := range []string{"acme-c", "acme-a", "other", "acme-b"} {
		_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name})
		require.NoError(t, err)
	}
	cloud.SetPageSize(1)
	var names []string
	pages := s3.NewListBucketsPaginator(client, &s3.ListBucketsInput{Prefix: aws.String("acme-")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		require.NoError(t, err)
		require.Len(t, page.Buckets, 1)
		names = append(names, *page.Buckets[0].Name)
		require.Equal(t, "us-east-1", *page.Buckets[0].BucketRegion)
	}
	require.Equal(t, []string{"acme-a", "acme-b", "acme-c"}, names)
	requireRefusal(t, second(client.ListBuckets(ctx, &s3.ListBucketsInput{ContinuationToken: aws.String("bogus")})), 400, "InvalidArgument")
}

// Sources: the sections of the S3 user guide on naming rules, Block Public Access, Object Ownership, bucket
// policies and object lock; codes from https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
func TestRefusals(t *testing.T) {
	cloud := fakeaws.New(fakes3.Install)
	client := newBucket(t, cloud)
	europe := s3.NewFromConfig(cloud.ConfigFor(fakeaws.DefaultAccount, "eu-west-1"))
	create := func(c *s3.Client, name, location string) error {
		in := &s3.CreateBucketInput{Bucket: &name}
		if location != "" {
			in.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(location)}
		}
		return second(c.CreateBucket(ctx, in))
	}
	policy := func(text string) error {
		return second(client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: ledger, Policy: &text}))
	}
	statement := func(principal, action, resource string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"` + action + `","Resource":"` + resource + `"}]}`
	}
	encrypt := func(rules ...types.ServerSideEncryptionRule) error {
		return second(client.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: ledger, ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{Rules: rules}}))
	}
	lifecycle := func(r types.LifecycleRule) error {
		return second(client.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: ledger, LifecycleConfiguration: &types.BucketLifecycleConfiguration{Rules: []types.LifecycleRule{r}}}))
	}
	const root, objects = `{"AWS":"arn:aws:iam::123456789012:root"}`, "arn:aws:s3:::acme-ledger/*"
	for name, row := range map[string]struct {
		err    error
		status int
		code   string
	}{
		"upper case in name":              {create(client, "Acme.ledger", ""), 400, "InvalidBucketName"},
		"address as name":                 {create(client, "192.168.5.4", ""), 400, "InvalidBucketName"},
		"reserved suffix":                 {create(client, "acme-s3alias", ""), 400, "InvalidBucketName"},
		"constraint in us-east-1":         {create(client, "acme-new", "us-east-1"), 400, "InvalidLocationConstraint"},
		"another region's constraint":     {create(client, "acme-new", "eu-west-1"), 400, "IllegalLocationConstraintException"},
		"no constraint elsewhere":         {create(europe, "acme-new", ""), 400, "IllegalLocationConstraintException"},
		"no such region":                  {create(europe, "acme-new", "eu-nowhere-1"), 400, "InvalidLocationConstraint"},
		"ACL with owner enforced":         {second(client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("acme-new"), ACL: types.BucketCannedACLPrivate})), 400, "InvalidBucketAclWithObjectOwnership"},
		"public ACL at creation":          {second(client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("acme-new"), ACL: types.BucketCannedACLPublicRead, ObjectOwnership: types.ObjectOwnershipObjectWriter})), 400, "InvalidBucketAclWithBlockPublicAccessError"},
		"ACL while owner enforced":        {second(client.PutBucketAcl(ctx, &s3.PutBucketAclInput{Bucket: ledger, ACL: types.BucketCannedACLPrivate})), 400, "AccessControlListNotSupported"},
		"policy is no JSON":               {policy("{"), 400, "MalformedPolicy"},
		"policy for another bucket":       {policy(statement(root, "s3:GetObject", "arn:aws:s3:::other/*")), 400, "MalformedPolicy"},
		"policy with another action":      {policy(statement(root, "ec2:RunInstances", objects)), 400, "MalformedPolicy"},
		"policy with odd principal":       {policy(statement(`{"AWS":"arn:aws:iam::123456789012:role/*"}`, "s3:GetObject", objects)), 400, "MalformedPolicy"},
		"public policy":                   {policy(statement(`"*"`, "s3:GetObject", objects)), 403, "AccessDenied"},
		"policy too large":                {policy(statement(root, "s3:GetObject", objects+strings.Repeat("a", 20<<10))), 400, "PolicyTooLarge"},
		"two encryption rules":            {encrypt(types.ServerSideEncryptionRule{}, types.ServerSideEncryptionRule{}), 400, "MalformedXML"},
		"AES256 with a key":               {encrypt(types.ServerSideEncryptionRule{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: "AES256", KMSMasterKeyID: aws.String("k")}}), 400, "InvalidArgument"},
		"another owner expected":          {second(client.GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: ledger, ExpectedBucketOwner: aws.String("210987654321")})), 403, "AccessDenied"},
		"reserved tag":                    {second(client.PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: ledger, Tagging: &types.Tagging{TagSet: []types.Tag{{Key: aws.String("aws:x"), Value: aws.String("")}}}})), 400, "InvalidTag"},
		"logs to no bucket":               {second(client.PutBucketLogging(ctx, &s3.PutBucketLoggingInput{Bucket: ledger, BucketLoggingStatus: &types.BucketLoggingStatus{LoggingEnabled: &types.LoggingEnabled{TargetBucket: aws.String("none"), TargetPrefix: aws.String("")}}})), 400, "InvalidTargetBucketForLogging"},
		"lifecycle rule does nothing":     {lifecycle(types.LifecycleRule{Status: "Enabled", Filter: &types.LifecycleRuleFilter{Prefix: aws.String("")}}), 400, "InvalidRequest"},
		"lifecycle rule without a filter": {lifecycle(types.LifecycleRule{Status: "Enabled", Expiration: &types.LifecycleExpiration{Days: aws.Int32(1)}}), 400, "MalformedXML"},
		"lifecycle of zero days":          {lifecycle(types.LifecycleRule{Status: "Enabled", Filter: &types.LifecycleRuleFilter{Prefix: aws.String("")}, Expiration: &types.LifecycleExpiration{Days: aws.Int32(0)}}), 400, "InvalidArgument"},
		"object lock unversioned":         {second(client.PutObjectLockConfiguration(ctx, &s3.PutObjectLockConfigurationInput{Bucket: ledger, ObjectLockConfiguration: &types.ObjectLockConfiguration{ObjectLockEnabled: "Enabled"}})), 409, "InvalidBucketState"},
		"no versioning status":            {second(client.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: ledger, VersioningConfiguration: &types.VersioningConfiguration{}})), 400, "IllegalVersioningConfigurationException"},
	} {
		t.Run(name, func(t *testing.T) { requireRefusal(t, row.err, row.status, row.code) })
	}
}

func TestPolicyRoundTrip(t *testing.T) {
	client := newBucket(t, fakeaws.New(fakes3.Install))
	_, err := client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: ledger, Policy: aws.String(`{
		"Version": "2012-10-17",
		"Statement": {"Sid": "b", "Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": ["arn:aws:s3:::acme-ledger", "arn:aws:s3:::acme-ledger/*"],
			"Condition": {"Bool": {"aws:SecureTransport": "false"}}}}`)})
	require.NoError(t, err)
	out, err := client.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: ledger})
	require.NoError(t, err)
	require.Equal(t, `{"Version":"2012-10-17","Statement":{"Sid":"b","Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::acme-ledger","arn:aws:s3:::acme-ledger/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}}`, *out.Policy)
	status, err := client.GetBucketPolicyStatus(ctx, &s3.GetBucketPolicyStatusInput{Bucket: ledger})
	require.NoError(t, err)
	require.False(t, *status.PolicyStatus.IsPublic)
}

// account stands for S3 Control.
type account struct{ policies bool }

func (a account) BlocksPublic(context.Context, string) (acls, policies bool) {
	return false, a.policies
}

func TestTheAccountBlocksPublicPoliciesToo(t *testing.T) {
	cloud := fakeaws.New(fakes3.Install)
	client := newBucket(t, cloud)
	_, err := client.DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{Bucket: ledger})
	require.NoError(t, err)
	in := &s3.PutBucketPolicyInput{Bucket: ledger, Policy: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-ledger/*"}]}`)}
	fakeaws.Provide[fakeaws.PublicAccess](cloud, account{policies: true})
	requireRefusal(t, second(client.PutBucketPolicy(ctx, in)), 403, "AccessDenied")
	fakeaws.Provide[fakeaws.PublicAccess](cloud, account{})
	_, err = client.PutBucketPolicy(ctx, in)
	require.NoError(t, err)
	status, err := client.GetBucketPolicyStatus(ctx, &s3.GetBucketPolicyStatusInput{Bucket: ledger})
	require.NoError(t, err)
	require.True(t, *status.PolicyStatus.IsPublic)
}
