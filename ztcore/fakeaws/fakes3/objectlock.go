package fakes3

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// PutObjectLockConfiguration enables object lock, for good, and sets the default retention of new versions. Versioning must be on.
func (s *Service) PutObjectLockConfiguration(ctx context.Context, in *s3.PutObjectLockConfigurationInput, _ ...Options) (*s3.PutObjectLockConfigurationOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	c := in.ObjectLockConfiguration
	if c == nil || c.ObjectLockEnabled != types.ObjectLockEnabledEnabled {
		return nil, malformedXML()
	}
	if b.Versioning != types.BucketVersioningStatusEnabled {
		return nil, refuse(409, "InvalidBucketState", "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration")
	}
	var keep *types.DefaultRetention
	if c.Rule != nil {
		keep = clone(c.Rule.DefaultRetention)
		if keep == nil || keep.Mode == "" || (keep.Days == nil) == (keep.Years == nil) {
			return nil, malformedXML()
		}
		if aws.ToInt32(keep.Days)+aws.ToInt32(keep.Years) < 1 {
			return nil, invalidArgument("Default retention period must be a positive integer value.")
		}
	}
	b.ObjectLock, b.Retention = true, keep
	return &s3.PutObjectLockConfigurationOutput{}, nil
}

// GetObjectLockConfiguration answers the configuration, or ObjectLockConfigurationNotFoundError.
func (s *Service) GetObjectLockConfiguration(ctx context.Context, in *s3.GetObjectLockConfigurationInput, _ ...Options) (*s3.GetObjectLockConfigurationOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	if !b.ObjectLock {
		return nil, refuse(404, "ObjectLockConfigurationNotFoundError", "Object Lock configuration does not exist for this bucket")
	}
	c := &types.ObjectLockConfiguration{ObjectLockEnabled: types.ObjectLockEnabledEnabled}
	if b.Retention != nil {
		c.Rule = &types.ObjectLockRule{DefaultRetention: clone(b.Retention)}
	}
	return &s3.GetObjectLockConfigurationOutput{ObjectLockConfiguration: c}, nil
}

// retain gives a new version the bucket's default retention.
func (b *Bucket) retain(v *Version) {
	if b.Retention == nil {
		return
	}
	v.RetainedWith = b.Retention.Mode
	v.RetainUntil = v.Modified.AddDate(int(aws.ToInt32(b.Retention.Years)), 0, int(aws.ToInt32(b.Retention.Days)))
}

// locked reports whether a version may not be deleted yet. Governance retention yields to who asks to bypass it.
func (v *Version) locked(bypass bool) bool {
	return time.Now().Before(v.RetainUntil) && !(bypass && v.RetainedWith == types.ObjectLockRetentionModeGovernance)
}
