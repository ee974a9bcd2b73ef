package dataprotect_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakekms"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakes3"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

const ledgerBucket = ztcore.Address("dataprotect.Bucket/acme-ledger")

func s3Cloud() *fakeaws.Cloud {
	return fakeaws.New(fakests.Install, fakekms.Install, fakes3.Install)
}

const literalKey = "arn:aws:kms:us-east-1:123456789012:key/37e9ec1f-284c-b36b-7613-9b4ca297e8ed"

// bucketCase changes every setting; access logs only where the endpoint takes a bucket's own name for their target.
func bucketCase(accessLogs bool) kindtest.Case {
	first := dataprotect.Bucket{Name: "acme-ledger", Key: literalKey}
	second := first
	second.Tags = map[string]string{"team": "ledger"}
	second.S3ManagedKeyBecause, second.Key = "target of access logs", ""
	third := second
	third.PublicBecause = "documentation site"
	third.UnversionedBecause = "rebuilt from source"
	third.Lifecycle = dataprotect.Lifecycle{KeepOldVersions: 24 * time.Hour, ExpireAfter: 30 * 24 * time.Hour}
	var logged []string
	if accessLogs {
		third.AccessLogs = dataprotect.AccessLogs{Bucket: "acme-ledger"}
		logged = []string{"dataprotect.BucketLogging/acme-ledger Target", "dataprotect.BucketLogging/acme-ledger Prefix"}
	}
	return kindtest.Case{
		Cloud: s3Cloud,
		Variants: []kindtest.Variant{
			{Resource: first},
			{Resource: second, Changes: []string{
				"dataprotect.Bucket/acme-ledger Tags", "dataprotect.BucketPolicy/acme-ledger Policy", "dataprotect.BucketEncryption/acme-ledger Algorithm",
				"dataprotect.BucketEncryption/acme-ledger Key", "dataprotect.BucketEncryption/acme-ledger BucketKey",
			}},
			{Resource: third, Changes: append(logged,
				"dataprotect.BucketPublicAccess/acme-ledger BlockPublicPolicy", "dataprotect.BucketPublicAccess/acme-ledger RestrictPublicBuckets",
				"dataprotect.BucketVersioning/acme-ledger Enabled", "dataprotect.BucketLifecycle/acme-ledger Rules",
			)},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			client, name := s3.NewFromConfig(cfg), aws.String("acme-ledger")
			if _, err := client.DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{Bucket: name}); err != nil {
				return err
			}
			if _, err := client.DeleteBucketPolicy(ctx, &s3.DeleteBucketPolicyInput{Bucket: name}); err != nil {
				return err
			}
			if _, err := client.DeleteBucketOwnershipControls(ctx, &s3.DeleteBucketOwnershipControlsInput{Bucket: name}); err != nil {
				return err
			}
			_, err := client.PutBucketLifecycleConfiguration(ctx, &s3.PutBucketLifecycleConfigurationInput{Bucket: name, LifecycleConfiguration: &types.BucketLifecycleConfiguration{
				Rules: []types.LifecycleRule{{ID: aws.String("cheaper"), Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{}, Expiration: &types.LifecycleExpiration{Days: aws.Int32(1)}}},
			}})
			return err
		},
	}
}

func TestBucketLife(t *testing.T) { kindtest.Run(t, bucketCase(true)) }

func TestBucketOutsideOfUsEast1(t *testing.T) {
	cloud := s3Cloud()
	cfg := cloud.ConfigFor(fakeaws.DefaultAccount, "eu-central-1")
	bucket := dataprotect.Bucket{Name: "logs-" + ztcore.AccountID + "-" + ztcore.Region}
	p := apply(t, cfg, bucket)
	require.Equal(t, ztcore.Address("dataprotect.Bucket/logs-account-region"), p.Steps[0].Address)
	location, err := s3.NewFromConfig(cfg).GetBucketLocation(t.Context(), &s3.GetBucketLocationInput{Bucket: aws.String("logs-123456789012-eu-central-1")})
	require.NoError(t, err)
	require.Equal(t, types.BucketLocationConstraintEuCentral1, location.LocationConstraint)

	_, err = ztcore.NewBaseline("ledger", dataprotect.Bucket{Name: "logs-123456789012-eu-central-1"}).Plan(t.Context(), cloud.Config())
	require.ErrorContains(t, err, "is in another region than us-east-1")
}

func TestWritesToOneBucketNeverOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := s3Cloud()
		cloud.SetLatency(time.Second) // long enough for an overlap, which the fake refuses with OperationAborted
		cfg := cloud.Config()
		apply(t, cfg, ztcore.List{dataprotect.Bucket{Name: "acme-ledger"}, dataprotect.Bucket{Name: "acme-archive"}})
		var ledger, archive []fakeaws.Call
		for _, c := range cloud.Writes() {
			require.NoError(t, c.Err, c.Operation)
			if strings.Contains(fmt.Sprint(c.Input), "acme-ledger") || bucketOf(c.Input) == "acme-ledger" {
				ledger = append(ledger, c)
			} else {
				archive = append(archive, c)
			}
		}
		for i := 1; i < len(ledger); i++ {
			require.False(t, ledger[i].Start.Before(ledger[i-1].End), "%s starts before %s ends", ledger[i].Operation, ledger[i-1].Operation)
		}
		require.Equal(t, ledger[0].Start, archive[0].Start, "different buckets are worked on at the same time")
	})
}

func bucketOf(in any) string {
	switch in := in.(type) {
	case *s3.CreateBucketInput:
		return *in.Bucket
	case *s3.PutBucketPolicyInput:
		return *in.Bucket
	case *s3.PutBucketEncryptionInput:
		return *in.Bucket
	case *s3.PutBucketVersioningInput:
		return *in.Bucket
	case *s3.PutBucketLifecycleConfigurationInput:
		return *in.Bucket
	}
	return ""
}

func TestBucketIsClosedBeforeItsPolicyChanges(t *testing.T) {
	cloud := s3Cloud()
	cfg := cloud.Config()
	apply(t, cfg, dataprotect.Bucket{Name: "acme-ledger"})
	client := s3.NewFromConfig(cfg)
	_, err := client.DeletePublicAccessBlock(t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: aws.String("acme-ledger")})
	require.NoError(t, err)
	_, err = client.DeleteBucketPolicy(t.Context(), &s3.DeleteBucketPolicyInput{Bucket: aws.String("acme-ledger")})
	require.NoError(t, err)
	cloud.ResetCalls()
	apply(t, cfg, dataprotect.Bucket{Name: "acme-ledger"})
	var order []string
	for _, c := range cloud.Writes() {
		order = append(order, c.Operation)
	}
	require.Equal(t, []string{"PutPublicAccessBlock", "PutBucketPolicy"}, order)
}

func TestBucketOfAnotherAccountIsNoAbsence(t *testing.T) {
	cloud := s3Cloud()
	apply(t, cloud.ConfigFor("210987654321", "us-east-1"), dataprotect.Bucket{Name: "acme-ledger"})
	cloud.ResetCalls()
	_, err := ztcore.NewBaseline("ledger", dataprotect.Bucket{Name: "acme-ledger"}).Plan(t.Context(), cloud.Config())
	var taken *dataprotect.BucketTakenError
	require.ErrorAs(t, err, &taken)
	require.ErrorContains(t, err, `bucket "acme-ledger" belongs to another account`)
	require.Empty(t, cloud.Writes())
}

// A refusal to show a bucket that is not listed any more ends at once, and is neither absence nor waited for.
func TestADeniedLookAtARemovedBucketIsAMissingPermission(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := s3Cloud()
		cfg := cloud.Config()
		apply(t, cfg, dataprotect.Bucket{Name: "acme-ledger"})
		base := ztcore.NewBaseline("ledger", dataprotect.Bucket{Name: "acme-ledger"})
		plan, err := base.Plan(t.Context(), cfg, ztcore.Destroy(), ztcore.AllowDelete("dataprotect.Bucket/acme-ledger"))
		require.NoError(t, err)
		cloud.Inject(t, &fakeaws.Fault{Operation: "DeleteBucket", Do: func(fakeaws.Call) {
			cloud.Inject(nil, &fakeaws.Fault{Operation: "GetBucketTagging", Before: fakeaws.Denied("s3:GetBucketTagging")})
		}})
		began := time.Now()
		_, err = plan.Apply(t.Context())
		var missing *ztcore.PermissionError
		require.ErrorAs(t, err, &missing)
		require.Equal(t, "s3:GetBucketTagging", missing.Action)
		require.Less(t, time.Since(began), time.Second)
	})
}

func put(t *testing.T, cfg aws.Config, keys ...string) {
	t.Helper()
	for _, k := range keys {
		_, err := s3.NewFromConfig(cfg).PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("acme-ledger"), Key: aws.String(k), Body: strings.NewReader("entry")})
		require.NoError(t, err)
	}
}

func TestFullBucketIsNotEmptiedUnasked(t *testing.T) {
	cloud := s3Cloud()
	cfg := cloud.Config()
	bucket := dataprotect.Bucket{Name: "acme-ledger"}
	apply(t, cfg, bucket)
	put(t, cfg, "a", "a", "b", "c")
	_, err := s3.NewFromConfig(cfg).DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("acme-ledger"), Key: aws.String("c")})
	require.NoError(t, err)

	_, err = replan(t, cfg, bucket, ztcore.Destroy(), ztcore.AllowDelete(ledgerBucket)).Apply(t.Context())
	var full *dataprotect.BucketNotEmptyError
	require.ErrorAs(t, err, &full)
	require.Equal(t, []int{2, 2, 1}, []int{full.Objects, full.Versions, full.Markers})
	require.ErrorContains(t, err, "EmptyOnDelete")
	out, err := s3.NewFromConfig(cfg).GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("acme-ledger"), Key: aws.String("a")})
	require.NoError(t, err)
	text, err := io.ReadAll(out.Body)
	require.NoError(t, err)
	require.Equal(t, "entry", string(text))
}

func TestEmptyOnDeleteGoesOnWhereItWasCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := s3Cloud()
		cloud.SetPageSize(2)
		cfg := cloud.Config()
		bucket := dataprotect.Bucket{Name: "acme-ledger", EmptyOnDelete: "test data"}
		require.Contains(t, apply(t, cfg, bucket).String(), "exception, EmptyOnDelete: test data")
		put(t, cfg, "a", "a", "b", "c", "d")

		cut := cloud.Inject(nil, &fakeaws.Fault{Operation: "DeleteObjects", Skip: 1, Before: fakeaws.Denied("DeleteObjects")})
		_, err := replan(t, cfg, bucket, ztcore.Destroy(), ztcore.AllowDelete(ledgerBucket)).Apply(t.Context())
		require.Error(t, err)
		cloud.Lift(cut)
		left, err := s3.NewFromConfig(cfg).ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("acme-ledger")})
		require.NoError(t, err)
		require.NotEmpty(t, left.Contents)

		apply(t, cfg, bucket, ztcore.Destroy(), ztcore.AllowDelete(ledgerBucket))
		require.NotContains(t, cloud.Snapshot(), "acme-ledger")
	})
}

func TestRetainedBucketKeepsItsKeyAndSettings(t *testing.T) {
	cloud := s3Cloud()
	cfg := cloud.Config()
	key := dataprotect.Key{Name: "ledger"}
	bucket := dataprotect.Bucket{Name: "acme-ledger", Key: key.ARN()}
	apply(t, cfg, ztcore.List{key, bucket})
	cloud.ResetCalls()
	apply(t, cfg, ztcore.List{key, bucket}, ztcore.Destroy(), ztcore.AllowDelete(ledgerKey))
	require.Empty(t, cloud.Writes(), "the key was named, but a bucket that stays needs it")
}

func TestDestroyLeavesOtherBucketsAlone(t *testing.T) {
	cloud := s3Cloud()
	cfg := cloud.Config()
	_, err := s3.NewFromConfig(cfg).CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String("acme-archive")})
	require.NoError(t, err)
	apply(t, cfg, dataprotect.Bucket{Name: "acme-ledger"})
	both := ztcore.List{dataprotect.Bucket{Name: "acme-absent"}, dataprotect.Bucket{Name: "acme-archive"}}
	p := apply(t, cfg, both, ztcore.Destroy(), ztcore.AllowDelete(ledgerBucket, "dataprotect.Bucket/acme-archive"))
	require.Contains(t, cloud.Snapshot(), "acme-archive", "it is not ours, nor are its settings: %s", p)
	require.NotContains(t, cloud.Snapshot(), "acme-ledger", "it is ours and no longer declared")
}

func TestForeignTagsOfABucketStay(t *testing.T) {
	cfg := s3Cloud().Config()
	bucket := dataprotect.Bucket{Name: "acme-ledger"}
	apply(t, cfg, bucket)
	client := s3.NewFromConfig(cfg)
	tags, err := client.GetBucketTagging(t.Context(), &s3.GetBucketTaggingInput{Bucket: aws.String("acme-ledger")})
	require.NoError(t, err)
	_, err = client.PutBucketTagging(t.Context(), &s3.PutBucketTaggingInput{Bucket: aws.String("acme-ledger"), Tagging: &types.Tagging{TagSet: append(tags.TagSet, types.Tag{Key: aws.String("cost"), Value: aws.String("42")})}})
	require.NoError(t, err)
	bucket.Tags = map[string]string{"team": "ledger"}
	apply(t, cfg, bucket)
	tags, err = client.GetBucketTagging(t.Context(), &s3.GetBucketTaggingInput{Bucket: aws.String("acme-ledger")})
	require.NoError(t, err)
	require.Len(t, tags.TagSet, 4)
}

func TestBucketNames(t *testing.T) {
	for _, name := range []string{"ab", "Acme", "acme_ledger", "-acme", "acme-", "acme..ledger", "192.168.5.4", "xn--acme", "sthree-acme", "amzn-s3-demo-acme", "acme-s3alias", "acme--ol-s3", "acme.mrap", "acme--x-s3", "acme--table-s3", strings.Repeat("a", 64)} {
		err := ztcore.NewBaseline("ledger", dataprotect.Bucket{Name: name}).Check()
		require.ErrorContains(t, err, "can't be the name of a bucket", name)
	}
	for _, name := range []string{"acme", "acme.ledger-1", "0acme0", strings.Repeat("a", 63), "logs-" + ztcore.AccountID} {
		require.NoError(t, ztcore.NewBaseline("ledger", dataprotect.Bucket{Name: name}).Check(), name)
	}
}

func TestBucketInputThatS3RefusesIsFoundBefore(t *testing.T) {
	for want, bucket := range map[string]dataprotect.Bucket{
		"delivers no access logs": {Name: "acme-ledger", AcceptsLogsOf: []id.BucketARN{"arn:aws:s3:::acme-archive"}},
		"exclude each other":      {Name: "acme-ledger", Key: literalKey, S3ManagedKeyBecause: "cheaper"},
		"whole days":              {Name: "acme-ledger", Lifecycle: dataprotect.Lifecycle{KeepOldVersions: time.Hour}},
		"MISSING_RESOURCE":        {Name: "acme-ledger", Policy: policy.Allow("s3:GetObject").To(policy.Account("123456789012"))},
	} {
		require.ErrorContains(t, ztcore.NewBaseline("ledger", bucket).Check(), want)
	}
}

func TestPublicBucketInAPrivateAccountIsFoundBefore(t *testing.T) {
	public := dataprotect.Bucket{Name: "acme-docs", PublicBecause: "documentation site"}
	require.ErrorContains(t, ztcore.NewBaseline("ledger", public, dataprotect.AccountPublicAccessBlock{}).Check(), "keeps every bucket private")
	require.NoError(t, ztcore.NewBaseline("ledger", public, dataprotect.AccountPublicAccessBlock{PublicBecause: "documentation site"}).Check())
}

func TestKeyOfAnotherRegionIsRefused(t *testing.T) {
	cfg := wholeCloud().ConfigFor(fakeaws.DefaultAccount, "eu-central-1")
	for _, r := range []ztcore.Resource{dataprotect.Bucket{Name: "acme-ledger", Key: literalKey}, dataprotect.Secret{Name: "db-credentials", Key: literalKey}} {
		_, err := ztcore.NewBaseline("ledger", r).Plan(t.Context(), cfg)
		require.ErrorContains(t, err, "is of region us-east-1, and this is eu-central-1")
	}
}

func TestPublicBucketIsBlocked(t *testing.T) {
	cfg := s3Cloud().Config()
	bucket := dataprotect.Bucket{Name: "acme-docs", PublicBecause: "documentation site"}
	bucket.Policy = policy.Allow("s3:GetObject").To(policy.Anyone()).On(bucket.ARN() + "/*")
	p := replan(t, cfg, bucket)
	require.Equal(t, "dataprotect.bucket-public", p.Findings[0].Guardrail)
	_, err := p.Apply(t.Context())
	var blocked *ztcore.BlockedError
	require.ErrorAs(t, err, &blocked)

	waived := ztcore.List{bucket, ztcore.Waive("dataprotect.bucket-public", "dataprotect.BucketPolicy/acme-docs", "it is the public's", time.Now().Add(24*time.Hour))}
	require.Contains(t, apply(t, cfg, waived).String(), "exception, PublicBecause: documentation site")
	status, err := s3.NewFromConfig(cfg).GetBucketPolicyStatus(t.Context(), &s3.GetBucketPolicyStatusInput{Bucket: aws.String("acme-docs")})
	require.NoError(t, err)
	require.True(t, *status.PolicyStatus.IsPublic)
}

func TestBucketPolicyThatLocksOutIsRefused(t *testing.T) {
	bucket := dataprotect.Bucket{Name: "acme-ledger"}
	bucket.Policy = policy.Deny("s3:*").To(policy.Anyone()).On(bucket.ARN())
	_, err := ztcore.NewBaseline("ledger", bucket).Plan(t.Context(), s3Cloud().Config())
	require.ErrorContains(t, err, "locks out arn:aws:iam::123456789012:user/administrator: s3:PutBucketPolicy")
	bucket.Policy = policy.Deny("s3:*").To(policy.Anyone()).On(bucket.ARN() + "/secret/*")
	require.Empty(t, replan(t, s3Cloud().Config(), bucket).Findings)
	bucket.Policy = policy.Deny("s3:*").To(policy.Anyone()).On(bucket.ARN()).When("NotIpAddress", "aws:SourceIp", "203.0.113.0/24")
	require.Equal(t, "dataprotect.possible-lockout", replan(t, s3Cloud().Config(), bucket).Findings[0].Guardrail, "it depends on where the pipeline runs")
}

func TestAccessLogsWaitForTheTargetsPolicy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := s3Cloud()
		cloud.SetLatency(time.Second)
		source := dataprotect.Bucket{Name: "acme-ledger"}
		target := dataprotect.Bucket{Name: "acme-logs", S3ManagedKeyBecause: "log delivery can't use a key of KMS", AcceptsLogsOf: []id.BucketARN{source.ARN()}}
		source.AccessLogs.Bucket = target.Delivery()
		apply(t, cloud.Config(), ztcore.List{source, target})
		var ready, used time.Time
		for _, c := range cloud.Writes() {
			switch in := c.Input.(type) {
			case *s3.PutBucketPolicyInput:
				if *in.Bucket == "acme-logs" {
					ready = c.End
					require.Contains(t, *in.Policy, "arn:aws:s3:::acme-ledger")
				}
			case *s3.PutBucketLoggingInput:
				used = c.Start
				require.Equal(t, "acme-ledger/", *in.BucketLoggingStatus.LoggingEnabled.TargetPrefix)
			}
		}
		require.False(t, ready.IsZero())
		require.True(t, used.After(ready))
	})
}
