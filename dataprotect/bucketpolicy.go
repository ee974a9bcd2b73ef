package dataprotect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

type bucketPolicyState struct {
	Bucket string `zt:"key"`
	Policy policy.Document
}

var bucketPolicies = &ztcore.Kind[bucketPolicyState]{
	Name: "dataprotect.BucketPolicy", Permissions: &bucketPoliciesNeed,
	Get: getBucketPolicy, Put: putBucketPolicy, PartOf: true,
	Check: func(want bucketPolicyState) []ztcore.Finding {
		return lint(want.Policy, policy.BucketPolicy, "dataprotect.bucket-public")
	},
	Refuse: func(sc *ztcore.Scope, want bucketPolicyState) []ztcore.Finding {
		return lockout(sc, want.Policy, bucketARN(sc, want.Bucket), "s3:PutBucketPolicy", "s3:DeleteBucketPolicy")
	},
	Retry:    []ztcore.Retry{{Code: "MalformedPolicy", Message: "Invalid principal"}},
	Domain:   func(want bucketPolicyState) string { return s3Domain(want.Bucket) },
	Controls: []string{"CIS AWS 3.0 2.1.1", "FSBP S3.5", "NIST SP 800-207 tenet 2"},
}

var bucketPoliciesNeed = ztcore.Permissions{Read: []string{"s3:GetBucketPolicy"}, Write: []string{"s3:PutBucketPolicy"}}

// policy is what every bucket refuses, and what the caller adds.
func (b Bucket) policy() policy.Document {
	const header = "s3:x-amz-server-side-encryption"
	objects := b.ARN() + "/*"
	doc := policy.DenyInsecureTransport(b.ARN(), objects)
	if b.S3ManagedKeyBecause == "" {
		// A put that says nothing of encryption gets the bucket's own. "Null false" keeps that allowed: a negated operator
		// alone matches a header that is absent too.
		wrong := policy.Deny("s3:PutObject").Named("DenyOtherEncryption").To(policy.Anyone()).On(objects).When("Null", header, "false")
		if b.Key == "" {
			wrong = wrong.When("StringNotEquals", header, "aws:kms", "aws:kms:dsse")
		} else {
			// Absent counts as another key: then aws:kms means AWS's own.
			wrong = wrong.When("StringNotEquals", header+"-aws-kms-key-id", string(b.Key))
		}
		doc = doc.And(wrong, policy.Deny("s3:PutObject").Named("DenyCustomerProvidedKeys").To(policy.Anyone()).On(objects).
			When("Null", header+"-customer-algorithm", "false"))
	}
	if len(b.AcceptsLogsOf) > 0 {
		// https://docs.aws.amazon.com/AmazonS3/latest/userguide/enable-server-access-logging.html
		logs := policy.Allow("s3:PutObject").Named("AccessLogs").To(policy.Service("logging.s3.amazonaws.com")).On(objects).
			When("StringEquals", "aws:SourceAccount", ztcore.AccountID)
		for _, source := range b.AcceptsLogsOf {
			logs = logs.When("ArnLike", "aws:SourceArn", string(source))
		}
		doc = doc.And(logs)
	}
	return doc.And(b.Policy)
}

func getBucketPolicy(ctx context.Context, sc *ztcore.Scope, want bucketPolicyState) (bucketPolicyState, bool, error) {
	have := bucketPolicyState{Bucket: want.Bucket}
	out, err := s3.NewFromConfig(sc.Config).GetBucketPolicy(ctx, &s3.GetBucketPolicyInput{Bucket: &want.Bucket, ExpectedBucketOwner: &sc.Account})
	exists, set, err := configured(err, "NoSuchBucketPolicy")
	if set {
		have.Policy = parsed(out.Policy)
	}
	return have, exists, err
}

func putBucketPolicy(ctx context.Context, sc *ztcore.Scope, want bucketPolicyState) error {
	_, err := s3.NewFromConfig(sc.Config).PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{
		Bucket: &want.Bucket, ExpectedBucketOwner: &sc.Account, Policy: aws.String(want.Policy.JSON()),
	})
	return err
}
