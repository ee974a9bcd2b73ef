package dataprotect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

type ownershipState struct {
	Bucket          string `zt:"key"`
	ObjectOwnership string // BucketOwnerEnforced: ACLs are off, and the bucket's owner owns every object
}

var ownership = &ztcore.Kind[ownershipState]{
	Name: "dataprotect.BucketOwnership", Permissions: &ownershipNeed,
	Get: getOwnership, Put: putOwnership, PartOf: true,
	Domain:   func(want ownershipState) string { return s3Domain(want.Bucket) },
	Controls: []string{"FSBP S3.12", "NIST SP 800-207 tenet 4"},
}

var ownershipNeed = ztcore.Permissions{Read: []string{"s3:GetBucketOwnershipControls"}, Write: []string{"s3:PutBucketOwnershipControls"}}

func getOwnership(ctx context.Context, sc *ztcore.Scope, want ownershipState) (ownershipState, bool, error) {
	have := ownershipState{Bucket: want.Bucket}
	out, err := s3.NewFromConfig(sc.Config).GetBucketOwnershipControls(ctx, &s3.GetBucketOwnershipControlsInput{Bucket: &want.Bucket, ExpectedBucketOwner: &sc.Account})
	exists, set, err := configured(err, "OwnershipControlsNotFoundError")
	if !set {
		return have, exists, err // without the setting ACLs count
	}
	for _, r := range out.OwnershipControls.Rules {
		have.ObjectOwnership = string(r.ObjectOwnership)
	}
	return have, true, nil
}

func putOwnership(ctx context.Context, sc *ztcore.Scope, want ownershipState) error {
	_, err := s3.NewFromConfig(sc.Config).PutBucketOwnershipControls(ctx, &s3.PutBucketOwnershipControlsInput{
		Bucket: &want.Bucket, ExpectedBucketOwner: &sc.Account,
		OwnershipControls: &types.OwnershipControls{Rules: []types.OwnershipControlsRule{{ObjectOwnership: types.ObjectOwnership(want.ObjectOwnership)}}},
	})
	return err
}
