package fakes3

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// PutBucketLifecycleConfiguration replaces all rules; a rule without an id gets one.
func (s *Service) PutBucketLifecycleConfiguration(ctx context.Context, in *s3.PutBucketLifecycleConfigurationInput, _ ...Options) (*s3.PutBucketLifecycleConfigurationOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	if in.LifecycleConfiguration == nil || len(in.LifecycleConfiguration.Rules) < 1 || len(in.LifecycleConfiguration.Rules) > 1000 {
		return nil, malformedXML()
	}
	rules := clone(in.LifecycleConfiguration.Rules)
	ids := map[string]bool{}
	for i := range rules {
		r := &rules[i]
		if aws.ToString(r.ID) == "" {
			r.ID = aws.String(s.cloud.UUID())
		}
		if ids[*r.ID] {
			return nil, invalidArgument("Rule ID must be unique. Found same ID for more than one rule")
		}
		ids[*r.ID] = true
		if err := checkRule(*r); err != nil {
			return nil, err
		}
	}
	size := in.TransitionDefaultMinimumObjectSize
	if size == "" {
		size = types.TransitionDefaultMinimumObjectSizeAllStorageClasses128k
	}
	b.Lifecycle, b.TransitionMinimum = rules, size
	return &s3.PutBucketLifecycleConfigurationOutput{TransitionDefaultMinimumObjectSize: size}, nil
}

// checkRule refuses what S3 refuses of a rule.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/intro-lifecycle-rules.html
func checkRule(r types.LifecycleRule) error {
	switch {
	case len(*r.ID) > 255:
		return invalidArgument("ID length should not exceed allowed limit of 255")
	case r.Status != types.ExpirationStatusEnabled && r.Status != types.ExpirationStatusDisabled:
		return malformedXML()
	//lint:ignore SA1019 S3 still takes it
	case (r.Filter == nil) == (r.Prefix == nil):
		return malformedXML()
	case r.Expiration == nil && r.AbortIncompleteMultipartUpload == nil && r.NoncurrentVersionExpiration == nil &&
		len(r.Transitions) == 0 && len(r.NoncurrentVersionTransitions) == 0:
		return refuse(400, "InvalidRequest", "At least one action needs to be specified in a rule")
	}
	days := []*int32{}
	if e := r.Expiration; e != nil {
		given := 0
		for _, set := range []bool{e.Days != nil, e.Date != nil, e.ExpiredObjectDeleteMarker != nil} {
			if set {
				given++
			}
		}
		if given != 1 {
			return malformedXML()
		}
		days = append(days, e.Days)
	}
	if n := r.NoncurrentVersionExpiration; n != nil {
		if n.NoncurrentDays == nil {
			return malformedXML()
		}
		days = append(days, n.NoncurrentDays)
	}
	if a := r.AbortIncompleteMultipartUpload; a != nil {
		if a.DaysAfterInitiation == nil {
			return malformedXML()
		}
		days = append(days, a.DaysAfterInitiation)
	}
	for _, d := range days {
		if d != nil && *d < 1 {
			return invalidArgument("'Days' in a lifecycle action must be a positive integer")
		}
	}
	for _, t := range r.Transitions {
		if (t.Days == nil) == (t.Date == nil) || t.StorageClass == "" {
			return malformedXML()
		}
		if r.Expiration != nil && r.Expiration.Days != nil && t.Days != nil && *r.Expiration.Days <= *t.Days {
			return invalidArgument("'Days' in the Expiration action for filter must be greater than 'Days' in the Transition action")
		}
	}
	return nil
}

// GetBucketLifecycleConfiguration answers the rules, or NoSuchLifecycleConfiguration.
func (s *Service) GetBucketLifecycleConfiguration(ctx context.Context, in *s3.GetBucketLifecycleConfigurationInput, _ ...Options) (*s3.GetBucketLifecycleConfigurationOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	if len(b.Lifecycle) == 0 {
		return nil, refuse(404, "NoSuchLifecycleConfiguration", "The lifecycle configuration does not exist")
	}
	return &s3.GetBucketLifecycleConfigurationOutput{Rules: clone(b.Lifecycle), TransitionDefaultMinimumObjectSize: b.TransitionMinimum}, nil
}

// DeleteBucketLifecycle removes all rules.
func (s *Service) DeleteBucketLifecycle(ctx context.Context, in *s3.DeleteBucketLifecycleInput, _ ...Options) (*s3.DeleteBucketLifecycleOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	b.Lifecycle, b.TransitionMinimum = nil, ""
	return &s3.DeleteBucketLifecycleOutput{}, nil
}
