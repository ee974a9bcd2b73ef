package fakes3

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// PutBucketLogging names the bucket to deliver access logs to, in the same account and region; an empty status ends it.
func (s *Service) PutBucketLogging(ctx context.Context, in *s3.PutBucketLoggingInput, _ ...Options) (*s3.PutBucketLoggingOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	want := in.BucketLoggingStatus.LoggingEnabled
	if want == nil {
		b.Logging = nil
		return &s3.PutBucketLoggingOutput{}, nil
	}
	if want.TargetBucket == nil || want.TargetPrefix == nil {
		return nil, malformedXML()
	}
	target, ok := s.store.In(ctx).Buckets[*want.TargetBucket]
	switch {
	case !ok:
		return nil, refuse(400, "InvalidTargetBucketForLogging", "The target bucket for logging does not exist")
	case target.Account != b.Account:
		return nil, refuse(400, "InvalidTargetBucketForLogging", "The owner for the bucket to be logged and the target bucket must be the same.")
	case target.Region != b.Region:
		return nil, refuse(403, "CrossLocationLoggingProhibited", "Cross S3 location logging not allowed.")
	}
	b.Logging = clone(want)
	return &s3.PutBucketLoggingOutput{}, nil
}

// GetBucketLogging answers nothing while logging is off.
func (s *Service) GetBucketLogging(ctx context.Context, in *s3.GetBucketLoggingInput, _ ...Options) (*s3.GetBucketLoggingOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	return &s3.GetBucketLoggingOutput{LoggingEnabled: clone(b.Logging)}, nil
}
