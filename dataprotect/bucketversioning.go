package dataprotect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

type versioningState struct {
	Bucket  string `zt:"key"`
	Enabled bool
}

var versioning = &ztcore.Kind[versioningState]{
	Name: "dataprotect.BucketVersioning", Permissions: &versioningNeed,
	Get: getVersioning, Put: putVersioning, PartOf: true,
	Domain:   func(want versioningState) string { return s3Domain(want.Bucket) },
	Controls: []string{"FSBP S3.14", "NIST SP 800-207 tenet 5"},
}

var versioningNeed = ztcore.Permissions{Read: []string{"s3:GetBucketVersioning"}, Write: []string{"s3:PutBucketVersioning"}}

func getVersioning(ctx context.Context, sc *ztcore.Scope, want versioningState) (versioningState, bool, error) {
	have := versioningState{Bucket: want.Bucket}
	out, err := s3.NewFromConfig(sc.Config).GetBucketVersioning(ctx, &s3.GetBucketVersioningInput{Bucket: &want.Bucket, ExpectedBucketOwner: &sc.Account})
	exists, set, err := configured(err, "")
	if !set {
		return have, exists, err
	}
	have.Enabled = out.Status == types.BucketVersioningStatusEnabled
	return have, true, nil
}

// putVersioning suspends what is not to be versioned: versions that exist stay.
func putVersioning(ctx context.Context, sc *ztcore.Scope, want versioningState) error {
	status := types.BucketVersioningStatusSuspended
	if want.Enabled {
		status = types.BucketVersioningStatusEnabled
	}
	_, err := s3.NewFromConfig(sc.Config).PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{
		Bucket: &want.Bucket, ExpectedBucketOwner: &sc.Account, VersioningConfiguration: &types.VersioningConfiguration{Status: status},
	})
	return err
}
