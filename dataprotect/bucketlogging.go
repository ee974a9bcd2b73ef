package dataprotect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

type loggingState struct {
	Bucket string `zt:"key"`
	Target string // a bucket's name; empty is off
	Prefix string
}

var logging = &ztcore.Kind[loggingState]{
	Name: "dataprotect.BucketLogging", Permissions: &loggingNeed,
	Get: getLogging, Put: putLogging, PartOf: true,
	Domain:   func(want loggingState) string { return s3Domain(want.Bucket) },
	Controls: []string{"FSBP S3.9", "NIST SP 800-207 tenet 7"},
}

var loggingNeed = ztcore.Permissions{Read: []string{"s3:GetBucketLogging"}, Write: []string{"s3:PutBucketLogging"}}

func getLogging(ctx context.Context, sc *ztcore.Scope, want loggingState) (loggingState, bool, error) {
	have := loggingState{Bucket: want.Bucket}
	out, err := s3.NewFromConfig(sc.Config).GetBucketLogging(ctx, &s3.GetBucketLoggingInput{Bucket: &want.Bucket, ExpectedBucketOwner: &sc.Account})
	exists, set, err := configured(err, "")
	if !set {
		return have, exists, err
	}
	if on := out.LoggingEnabled; on != nil {
		have.Target, have.Prefix = aws.ToString(on.TargetBucket), aws.ToString(on.TargetPrefix)
	}
	return have, true, nil
}

func putLogging(ctx context.Context, sc *ztcore.Scope, want loggingState) error {
	status := &types.BucketLoggingStatus{}
	if want.Target != "" {
		status.LoggingEnabled = &types.LoggingEnabled{TargetBucket: &want.Target, TargetPrefix: &want.Prefix}
	}
	_, err := s3.NewFromConfig(sc.Config).PutBucketLogging(ctx, &s3.PutBucketLoggingInput{Bucket: &want.Bucket, ExpectedBucketOwner: &sc.Account, BucketLoggingStatus: status})
	return err
}
