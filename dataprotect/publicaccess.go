package dataprotect

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/aws/aws-sdk-go-v2/service/s3control/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// AccountPublicAccessBlock keeps every bucket of the account private, in all regions, whatever the bucket says of itself.
// The zero value blocks everything.
type AccountPublicAccessBlock struct {
	// PublicBecause leaves it to each bucket whether its policy may open it to everyone, and says why. ACLs stay without effect.
	PublicBecause string
}

type accountPublicAccessState struct {
	Account               string `zt:"key"`
	BlockPublicACLs       bool
	IgnorePublicACLs      bool
	BlockPublicPolicy     bool
	RestrictPublicBuckets bool
}

var accountPublicAccess = &ztcore.Kind[accountPublicAccessState]{
	Name: "dataprotect.AccountPublicAccessBlock", Permissions: &accountPublicAccessNeed,
	Get: getAccountPublicAccess, Put: putAccountPublicAccess, Delete: deleteAccountPublicAccess,
	Controls: []string{"CIS AWS 3.0 2.1.4", "FSBP S3.1", "NIST SP 800-207 tenet 3"},
}

var accountPublicAccessNeed = ztcore.Permissions{
	Read:   []string{"s3:GetAccountPublicAccessBlock"},
	Write:  []string{"s3:PutAccountPublicAccessBlock"},
	Delete: []string{"s3:PutAccountPublicAccessBlock"},
}

// Declare implements ztcore.Resource.
func (a AccountPublicAccessBlock) Declare(d *ztcore.Declaration) {
	private := a.PublicBecause == ""
	n := accountPublicAccess.Declare(d, "account", accountPublicAccessState{
		Account: ztcore.AccountID, BlockPublicACLs: true, IgnorePublicACLs: true, BlockPublicPolicy: private, RestrictPublicBuckets: private,
	})
	if !private {
		n.Except("PublicBecause", a.PublicBecause)
	}
}

func getAccountPublicAccess(ctx context.Context, sc *ztcore.Scope, want accountPublicAccessState) (accountPublicAccessState, bool, error) {
	have := accountPublicAccessState{Account: want.Account}
	out, err := s3control.NewFromConfig(sc.Config).GetPublicAccessBlock(ctx, &s3control.GetPublicAccessBlockInput{AccountId: &want.Account})
	if _, set, err := configured(err, "NoSuchPublicAccessBlockConfiguration"); !set {
		return have, false, err
	}
	c := out.PublicAccessBlockConfiguration
	have.BlockPublicACLs, have.IgnorePublicACLs = aws.ToBool(c.BlockPublicAcls), aws.ToBool(c.IgnorePublicAcls)
	have.BlockPublicPolicy, have.RestrictPublicBuckets = aws.ToBool(c.BlockPublicPolicy), aws.ToBool(c.RestrictPublicBuckets)
	return have, true, nil
}

func putAccountPublicAccess(ctx context.Context, sc *ztcore.Scope, want accountPublicAccessState) error {
	config := &types.PublicAccessBlockConfiguration{
		BlockPublicAcls: &want.BlockPublicACLs, IgnorePublicAcls: &want.IgnorePublicACLs,
		BlockPublicPolicy: &want.BlockPublicPolicy, RestrictPublicBuckets: &want.RestrictPublicBuckets,
	}
	_, err := s3control.NewFromConfig(sc.Config).PutPublicAccessBlock(ctx, &s3control.PutPublicAccessBlockInput{AccountId: &want.Account, PublicAccessBlockConfiguration: config})
	return err
}

func deleteAccountPublicAccess(ctx context.Context, sc *ztcore.Scope, have accountPublicAccessState) error {
	_, err := s3control.NewFromConfig(sc.Config).DeletePublicAccessBlock(ctx, &s3control.DeletePublicAccessBlockInput{AccountId: &have.Account})
	return err
}
