package fakes3

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// GetBucketReplication finds no configuration: none can be put.
func (s *Service) GetBucketReplication(ctx context.Context, in *s3.GetBucketReplicationInput, _ ...Options) (*s3.GetBucketReplicationOutput, error) {
	return nil, s.absent(ctx, in.Bucket, in.ExpectedBucketOwner, "ReplicationConfigurationNotFoundError", "The replication configuration was not found")
}

// GetBucketWebsite finds no configuration: none can be put.
func (s *Service) GetBucketWebsite(ctx context.Context, in *s3.GetBucketWebsiteInput, _ ...Options) (*s3.GetBucketWebsiteOutput, error) {
	return nil, s.absent(ctx, in.Bucket, in.ExpectedBucketOwner, "NoSuchWebsiteConfiguration", "The specified bucket does not have a website configuration")
}

// GetBucketCors finds no configuration: none can be put.
func (s *Service) GetBucketCors(ctx context.Context, in *s3.GetBucketCorsInput, _ ...Options) (*s3.GetBucketCorsOutput, error) {
	return nil, s.absent(ctx, in.Bucket, in.ExpectedBucketOwner, "NoSuchCORSConfiguration", "The CORS configuration does not exist")
}

func (s *Service) absent(ctx context.Context, bucket, owner *string, code, message string) error {
	if _, err := s.bucket(ctx, bucket, owner); err != nil {
		return err
	}
	return refuse(404, code, "%s", message)
}
