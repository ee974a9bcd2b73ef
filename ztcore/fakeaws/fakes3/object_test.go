package fakes3_test

import (
	"context"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakes3"
)

func put(key, body string) *s3.PutObjectInput {
	return &s3.PutObjectInput{Bucket: ledger, Key: &key, Body: strings.NewReader(body)}
}

// Two clocks: the program's, and AWS's, which is what answers and objects go by.
func TestTheDateIsAWSsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := fakeaws.New(fakes3.Install)
		client := newBucket(t, cloud)
		cloud.SetClock(-3 * time.Hour)
		time.Sleep(1700 * time.Millisecond)
		stored, err := client.PutObject(ctx, put("a", "text"))
		require.NoError(t, err)
		want := time.Date(1999, 12, 31, 21, 0, 1, 0, time.UTC)
		now, ok := awsmiddleware.GetServerTime(stored.ResultMetadata)
		require.True(t, ok)
		require.Equal(t, want, now)
		time.Sleep(10 * time.Second)
		out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: ledger, Key: aws.String("a")})
		require.NoError(t, err)
		require.Equal(t, want, out.LastModified.UTC(), "whole seconds, as a header has them")
		now, _ = awsmiddleware.GetServerTime(out.ResultMetadata)
		require.Equal(t, want.Add(10*time.Second), now)
		var refused *awshttp.ResponseError
		require.ErrorAs(t, second(client.GetObject(ctx, &s3.GetObjectInput{Bucket: ledger, Key: aws.String("b")})), &refused)
		require.Equal(t, "Fri, 31 Dec 1999 21:00:11 GMT", refused.HTTPResponse().Header.Get("Date"), "refusals have it too")
	})
}

func TestBodyRoundTrips(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the retry of the lost answer waits
		cloud := fakeaws.New(fakes3.Install)
		client := newBucket(t, cloud)
		cloud.Inject(t, &fakeaws.Fault{Operation: "PutObject", Times: 1, After: fakeaws.Lost()})
		in := put("a", "text")
		in.Metadata = map[string]string{"by": "me"}
		stored, err := client.PutObject(ctx, in)
		require.NoError(t, err, "the retry rewinds the body")
		require.Equal(t, `"1cb251ec0d568de6a929b520c4aed8d1"`, *stored.ETag)
		require.Equal(t, types.ServerSideEncryptionAes256, stored.ServerSideEncryption)
		out, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: ledger, Key: aws.String("a")})
		require.NoError(t, err)
		body, err := io.ReadAll(out.Body)
		require.NoError(t, err)
		require.NoError(t, out.Body.Close())
		require.Equal(t, "text", string(body))
		require.Equal(t, "me", out.Metadata["by"])
		head, err := client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: ledger, Key: aws.String("a")})
		require.NoError(t, err)
		require.Equal(t, int64(4), *head.ContentLength)

		var noKey *types.NoSuchKey
		require.ErrorAs(t, second(client.GetObject(ctx, &s3.GetObjectInput{Bucket: ledger, Key: aws.String("b")})), &noKey)
		var notFound *types.NotFound
		require.ErrorAs(t, second(client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: ledger, Key: aws.String("b")})), &notFound)
	})
}

func TestConditionalWritesHoldALease(t *testing.T) {
	client := newBucket(t, fakeaws.New(fakes3.Install))
	take := put("lease", "mine")
	take.IfNoneMatch = aws.String("*")
	held, err := client.PutObject(ctx, take)
	require.NoError(t, err)
	again := put("lease", "yours")
	again.IfNoneMatch = aws.String("*")
	requireRefusal(t, second(client.PutObject(ctx, again)), 412, "PreconditionFailed")
	renew := put("lease", "mine, still")
	renew.IfMatch = held.ETag
	_, err = client.PutObject(ctx, renew)
	require.NoError(t, err)
	late := put("lease", "late")
	late.IfMatch = held.ETag
	requireRefusal(t, second(client.PutObject(ctx, late)), 412, "PreconditionFailed")
	requireRefusal(t, second(client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: ledger, Key: aws.String("lease"), IfMatch: held.ETag})), 412, "PreconditionFailed")
	absent := put("other", "x")
	absent.IfMatch = held.ETag
	requireRefusal(t, second(client.PutObject(ctx, absent)), 404, "NoSuchKey")
}

func TestVersionsKeepABucketFromDeletion(t *testing.T) {
	cloud := fakeaws.New(fakes3.Install)
	client := newBucket(t, cloud)
	_, err := client.PutObject(ctx, put("a", "0"))
	require.NoError(t, err)
	_, err = client.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: ledger, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}})
	require.NoError(t, err)
	_, err = client.PutObject(ctx, put("a", "1"))
	require.NoError(t, err)
	deleted, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: ledger, Key: aws.String("a")})
	require.NoError(t, err)
	require.True(t, *deleted.DeleteMarker)
	objects, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: ledger})
	require.NoError(t, err)
	require.Empty(t, objects.Contents)
	requireRefusal(t, second(client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: ledger})), 409, "BucketNotEmpty")

	cloud.SetPageSize(1)
	var all []types.ObjectIdentifier
	pages := s3.NewListObjectVersionsPaginator(client, &s3.ListObjectVersionsInput{Bucket: ledger})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		require.NoError(t, err)
		require.Equal(t, 1, len(page.Versions)+len(page.DeleteMarkers))
		for _, v := range page.Versions {
			all = append(all, types.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
		}
		for _, v := range page.DeleteMarkers {
			require.True(t, *v.IsLatest)
			all = append(all, types.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
		}
	}
	require.Len(t, all, 3)
	require.Equal(t, "null", *all[2].VersionId, "the oldest was made without versioning")
	out, err := client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: ledger, Delete: &types.Delete{Objects: all}})
	require.NoError(t, err)
	require.Len(t, out.Deleted, 3)
	_, err = client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: ledger})
	require.NoError(t, err)
}

func TestListObjectsFoldsAndPages(t *testing.T) {
	cloud := fakeaws.New(fakes3.Install)
	client := newBucket(t, cloud)
	for _, key := range []string{"logs/2/x", "a", "logs/1/x", "logs/1/y", "b"} {
		_, err := client.PutObject(ctx, put(key, key))
		require.NoError(t, err)
	}
	cloud.SetPageSize(1)
	var seen []string
	pages := s3.NewListObjectsV2Paginator(client, &s3.ListObjectsV2Input{Bucket: ledger, Delimiter: aws.String("/")})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		require.NoError(t, err)
		for _, o := range page.Contents {
			seen = append(seen, *o.Key)
		}
		for _, p := range page.CommonPrefixes {
			seen = append(seen, *p.Prefix)
		}
	}
	require.Equal(t, []string{"a", "b", "logs/"}, seen)
	requireRefusal(t, second(client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: ledger, ContinuationToken: aws.String("x")})), 400, "InvalidArgument")
}

func TestRetentionHoldsVersions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := s3.NewFromConfig(fakeaws.New(fakes3.Install).Config())
		_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: ledger, ObjectLockEnabledForBucket: aws.Bool(true)})
		require.NoError(t, err)
		_, err = client.PutObjectLockConfiguration(ctx, &s3.PutObjectLockConfigurationInput{Bucket: ledger, ObjectLockConfiguration: &types.ObjectLockConfiguration{
			ObjectLockEnabled: "Enabled", Rule: &types.ObjectLockRule{DefaultRetention: &types.DefaultRetention{Mode: types.ObjectLockRetentionModeGovernance, Days: aws.Int32(1)}}}})
		require.NoError(t, err)
		v, err := client.PutObject(ctx, put("a", "x"))
		require.NoError(t, err)
		in := &s3.DeleteObjectInput{Bucket: ledger, Key: aws.String("a"), VersionId: v.VersionId}
		requireRefusal(t, second(client.DeleteObject(ctx, in)), 403, "AccessDenied")
		requireRefusal(t, second(client.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: ledger, VersioningConfiguration: &types.VersioningConfiguration{Status: "Suspended"}})), 409, "InvalidBucketState")
		time.Sleep(24 * time.Hour)
		_, err = client.DeleteObject(ctx, in)
		require.NoError(t, err)
	})
}

// keys stands for KMS.
type keys struct{ enabled bool }

func (k keys) Key(_ context.Context, ref string) (string, bool, string, bool) {
	return "arn:aws:kms:us-east-1:123456789012:key/" + ref, k.enabled, "", ref == "ledger"
}

func TestTheKeyIsLookedAtWhenAnObjectIsStored(t *testing.T) {
	cloud := fakeaws.New(fakes3.Install)
	client := newBucket(t, cloud)
	encryptWith := func(key string) {
		_, err := client.PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{Bucket: ledger, ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
			Rules: []types.ServerSideEncryptionRule{{BucketKeyEnabled: aws.Bool(true), ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: "aws:kms", KMSMasterKeyID: &key}}}}})
		require.NoError(t, err, "the setting takes any key")
	}
	fakeaws.Provide[fakeaws.Keys](cloud, keys{enabled: true})
	encryptWith("unknown")
	requireRefusal(t, second(client.PutObject(ctx, put("a", "x"))), 400, "KMS.NotFoundException")
	encryptWith("ledger")
	out, err := client.PutObject(ctx, put("a", "x"))
	require.NoError(t, err)
	require.Equal(t, "arn:aws:kms:us-east-1:123456789012:key/ledger", *out.SSEKMSKeyId)
	require.True(t, *out.BucketKeyEnabled)
	fakeaws.Provide[fakeaws.Keys](cloud, keys{enabled: false})
	requireRefusal(t, second(client.PutObject(ctx, put("a", "x"))), 400, "KMS.DisabledException")
}

func TestBucketPolicyAdmitsAnotherAccount(t *testing.T) {
	cloud := fakeaws.New(fakes3.Install)
	client := newBucket(t, cloud)
	other := s3.NewFromConfig(cloud.ConfigFor("210987654321", "us-east-1"))
	requireRefusal(t, second(other.PutObject(ctx, put("a", "x"))), 403, "AccessDenied")
	_, err := client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: ledger, Policy: aws.String(
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"210987654321"},"Action":"s3:Put*","Resource":"arn:aws:s3:::acme-ledger/*"}]}`)})
	require.NoError(t, err)
	_, err = other.PutObject(ctx, put("a", "x"))
	require.NoError(t, err)
	requireRefusal(t, second(other.GetObject(ctx, &s3.GetObjectInput{Bucket: ledger, Key: aws.String("a")})), 403, "AccessDenied")
	policy, err := client.GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: ledger})
	require.NoError(t, err)
	require.Contains(t, *policy.Policy, `"arn:aws:iam::210987654321:root"`, "an account number comes back as its root")
}

func TestOverlappingWritesToABucketAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := fakeaws.New(fakes3.Install)
		client := newBucket(t, cloud)
		_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("acme-other")})
		require.NoError(t, err)
		cloud.SetLatency(time.Second)
		once := func(o *s3.Options) { o.RetryMaxAttempts = 1 }
		failed := make(chan error, 3)
		version := func(bucket string) {
			_, err := client.PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: &bucket, VersioningConfiguration: &types.VersioningConfiguration{Status: "Enabled"}}, once)
			failed <- err
		}
		go version(*ledger)
		go version("acme-other")
		time.Sleep(time.Millisecond)
		_, err = client.DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: ledger}, once)
		requireRefusal(t, err, 409, "OperationAborted")
		require.NoError(t, <-failed)
		require.NoError(t, <-failed, "another bucket is not in the way")
	})
}
