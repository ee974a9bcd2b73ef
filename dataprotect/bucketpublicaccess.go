package dataprotect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

type publicAccessState struct {
	Bucket                string `zt:"key"`
	BlockPublicACLs       bool
	IgnorePublicACLs      bool
	BlockPublicPolicy     bool
	RestrictPublicBuckets bool
}

var publicAccess = &ztcore.Kind[publicAccessState]{
	Name: "dataprotect.BucketPublicAccess", Permissions: &publicAccessNeed,
	Get: getPublicAccess, Put: putPublicAccess, PartOf: true, CheckAll: checkPublicAccess,
	Domain:   func(want publicAccessState) string { return s3Domain(want.Bucket) },
	Controls: []string{"CIS AWS 3.0 2.1.4", "FSBP S3.8", "NIST SP 800-207 tenet 3"},
}

var publicAccessNeed = ztcore.Permissions{Read: []string{"s3:GetBucketPublicAccessBlock"}, Write: []string{"s3:PutBucketPublicAccessBlock"}}

// checkPublicAccess finds buckets that may be public by their own account of it, in an account where none may.
func checkPublicAccess(g *ztcore.Graph, all []ztcore.Declared[publicAccessState]) []ztcore.Finding {
	account, ok := ztcore.Lookup[accountPublicAccessState](g, accountPublicAccess.Ref("account", "Account"))
	if !ok || !account.Want.BlockPublicPolicy {
		return nil
	}
	var out []ztcore.Finding
	for _, d := range all {
		if !d.Want.BlockPublicPolicy {
			out = append(out, ztcore.Finding{Resource: d.Address, Attribute: "PublicBecause", Message: "has no effect, since " + string(account.Address) + " keeps every bucket private", Fix: "give that a PublicBecause too, or leave this one out"})
		}
	}
	return out
}

func getPublicAccess(ctx context.Context, sc *ztcore.Scope, want publicAccessState) (publicAccessState, bool, error) {
	have := publicAccessState{Bucket: want.Bucket}
	out, err := s3.NewFromConfig(sc.Config).GetPublicAccessBlock(ctx, &s3.GetPublicAccessBlockInput{Bucket: &want.Bucket, ExpectedBucketOwner: &sc.Account})
	exists, set, err := configured(err, "NoSuchPublicAccessBlockConfiguration")
	if !set {
		return have, exists, err // without the setting nothing is blocked
	}
	c := out.PublicAccessBlockConfiguration
	have.BlockPublicACLs, have.IgnorePublicACLs = aws.ToBool(c.BlockPublicAcls), aws.ToBool(c.IgnorePublicAcls)
	have.BlockPublicPolicy, have.RestrictPublicBuckets = aws.ToBool(c.BlockPublicPolicy), aws.ToBool(c.RestrictPublicBuckets)
	return have, true, nil
}

func putPublicAccess(ctx context.Context, sc *ztcore.Scope, want publicAccessState) error {
	_, err := s3.NewFromConfig(sc.Config).PutPublicAccessBlock(ctx, &s3.PutPublicAccessBlockInput{
		Bucket: &want.Bucket, ExpectedBucketOwner: &sc.Account,
		PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
			BlockPublicAcls: &want.BlockPublicACLs, IgnorePublicAcls: &want.IgnorePublicACLs,
			BlockPublicPolicy: &want.BlockPublicPolicy, RestrictPublicBuckets: &want.RestrictPublicBuckets,
		},
	})
	return err
}
