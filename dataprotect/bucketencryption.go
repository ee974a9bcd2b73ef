package dataprotect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// The settings of a bucket have no Delete: they go with the bucket, and are never loosened on one that stays.

type encryptionState struct {
	Bucket    string `zt:"key"`
	Algorithm string
	Key       string // ARN; empty for AWS's own
	BucketKey bool   // one data key for many objects, which saves most requests to KMS
}

var encryptions = &ztcore.Kind[encryptionState]{
	Name: "dataprotect.BucketEncryption", Permissions: &encryptionsNeed,
	Get: getEncryption, Put: putEncryption, Check: checkEncryption, PartOf: true,
	Refuse:   func(sc *ztcore.Scope, want encryptionState) []ztcore.Finding { return keyElsewhere(sc, want.Key) },
	Domain:   func(want encryptionState) string { return s3Domain(want.Bucket) },
	Controls: []string{"FSBP S3.17", "NIST SP 800-207 tenet 2"},
}

var encryptionsNeed = ztcore.Permissions{Read: []string{"s3:GetEncryptionConfiguration"}, Write: []string{"s3:PutEncryptionConfiguration"}}

func (b Bucket) encryption(bucket string) encryptionState {
	if b.S3ManagedKeyBecause != "" {
		return encryptionState{Bucket: bucket, Algorithm: string(types.ServerSideEncryptionAes256), Key: string(b.Key)}
	}
	return encryptionState{Bucket: bucket, Algorithm: string(types.ServerSideEncryptionAwsKms), Key: string(b.Key), BucketKey: true}
}

func checkEncryption(want encryptionState) []ztcore.Finding {
	if want.Key != "" && want.Algorithm == string(types.ServerSideEncryptionAes256) {
		return []ztcore.Finding{{Attribute: "Key", Message: "a key of KMS and keys of S3's own exclude each other", Fix: "leave out Key or S3ManagedKeyBecause"}}
	}
	return nil
}

func getEncryption(ctx context.Context, sc *ztcore.Scope, want encryptionState) (encryptionState, bool, error) {
	have := encryptionState{Bucket: want.Bucket}
	out, err := s3.NewFromConfig(sc.Config).GetBucketEncryption(ctx, &s3.GetBucketEncryptionInput{Bucket: &want.Bucket, ExpectedBucketOwner: &sc.Account})
	exists, set, err := configured(err, "ServerSideEncryptionConfigurationNotFoundError")
	if !set {
		return have, exists, err // a bucket from before 2023 may have none
	}
	for _, rule := range out.ServerSideEncryptionConfiguration.Rules {
		have.BucketKey = aws.ToBool(rule.BucketKeyEnabled)
		if by := rule.ApplyServerSideEncryptionByDefault; by != nil {
			have.Algorithm, have.Key = string(by.SSEAlgorithm), aws.ToString(by.KMSMasterKeyID)
		}
	}
	return have, true, nil
}

func putEncryption(ctx context.Context, sc *ztcore.Scope, want encryptionState) error {
	_, err := s3.NewFromConfig(sc.Config).PutBucketEncryption(ctx, &s3.PutBucketEncryptionInput{
		Bucket: &want.Bucket, ExpectedBucketOwner: &sc.Account, ServerSideEncryptionConfiguration: want.rule(),
	})
	return err
}

func (s encryptionState) rule() *types.ServerSideEncryptionConfiguration {
	by := &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryption(s.Algorithm)}
	if s.Key != "" {
		by.KMSMasterKeyID = &s.Key
	}
	return &types.ServerSideEncryptionConfiguration{
		Rules: []types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: by, BucketKeyEnabled: &s.BucketKey}},
	}
}
