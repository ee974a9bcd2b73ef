package fakes3

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// PutBucketVersioning enables or suspends versioning; it can never be unset again.
func (s *Service) PutBucketVersioning(ctx context.Context, in *s3.PutBucketVersioningInput, _ ...Options) (*s3.PutBucketVersioningOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	switch in.VersioningConfiguration.Status {
	case types.BucketVersioningStatusEnabled:
	case types.BucketVersioningStatusSuspended:
		if b.ObjectLock {
			return nil, refuse(409, "InvalidBucketState", "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.")
		}
	default:
		return nil, refuse(400, "IllegalVersioningConfigurationException", "The Versioning element must be specified")
	}
	b.Versioning = in.VersioningConfiguration.Status
	return &s3.PutBucketVersioningOutput{}, nil
}

// GetBucketVersioning answers no status until versioning was first enabled or suspended.
func (s *Service) GetBucketVersioning(ctx context.Context, in *s3.GetBucketVersioningInput, _ ...Options) (*s3.GetBucketVersioningOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	return &s3.GetBucketVersioningOutput{Status: b.Versioning}, nil
}
