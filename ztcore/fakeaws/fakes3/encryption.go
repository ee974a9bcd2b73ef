package fakes3

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// defaultEncryption is what every new bucket has, and what deleting the setting goes back to.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-encryption-faq.html
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/blocking-unblocking-s3-c-encryption-gpb.html
func defaultEncryption() types.ServerSideEncryptionRule {
	return types.ServerSideEncryptionRule{
		ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAes256},
		BucketKeyEnabled:                   aws.Bool(false),
		BlockedEncryptionTypes:             &types.BlockedEncryptionTypes{EncryptionType: []types.EncryptionType{types.EncryptionTypeSseC}},
	}
}

// PutBucketEncryption sets the one rule. As with AWS, whether the key exists shows at PutObject only; blocked types
// that are not given stay as they are.
func (s *Service) PutBucketEncryption(ctx context.Context, in *s3.PutBucketEncryptionInput, _ ...Options) (*s3.PutBucketEncryptionOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	if len(in.ServerSideEncryptionConfiguration.Rules) != 1 {
		return nil, malformedXML()
	}
	rule := clone(in.ServerSideEncryptionConfiguration.Rules[0])
	def := rule.ApplyServerSideEncryptionByDefault
	if def == nil {
		def = clone(b.Encryption.ApplyServerSideEncryptionByDefault)
		rule.ApplyServerSideEncryptionByDefault = def
	}
	switch def.SSEAlgorithm {
	case types.ServerSideEncryptionAes256:
		if def.KMSMasterKeyID != nil {
			return nil, invalidArgument("a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or aws:kms:dsse")
		}
	case types.ServerSideEncryptionAwsKms, types.ServerSideEncryptionAwsKmsDsse:
	default:
		return nil, malformedXML()
	}
	if rule.BucketKeyEnabled == nil {
		rule.BucketKeyEnabled = aws.Bool(false)
	}
	if rule.BlockedEncryptionTypes == nil {
		rule.BlockedEncryptionTypes = b.Encryption.BlockedEncryptionTypes
	}
	b.Encryption = rule
	return &s3.PutBucketEncryptionOutput{}, nil
}

// GetBucketEncryption always answers a rule.
func (s *Service) GetBucketEncryption(ctx context.Context, in *s3.GetBucketEncryptionInput, _ ...Options) (*s3.GetBucketEncryptionOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	return &s3.GetBucketEncryptionOutput{ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
		Rules: []types.ServerSideEncryptionRule{clone(b.Encryption)},
	}}, nil
}

// DeleteBucketEncryption goes back to the default.
func (s *Service) DeleteBucketEncryption(ctx context.Context, in *s3.DeleteBucketEncryptionInput, _ ...Options) (*s3.DeleteBucketEncryptionOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	b.Encryption = defaultEncryption()
	return &s3.DeleteBucketEncryptionOutput{}, nil
}
