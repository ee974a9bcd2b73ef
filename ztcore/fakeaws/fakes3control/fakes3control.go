// Package fakes3control is S3 Control of a fakeaws.Cloud: Block Public Access of the account.
//
// Access points, jobs, access grants and Storage Lens are not modelled.
package fakes3control

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/aws/aws-sdk-go-v2/service/s3control/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Service handles S3 Control.
type Service struct{ store *fakeaws.Store[State] }

// State is what one account has set, for all regions; nil while it has not.
type State struct{ PublicAccess *Block }

// Block is the account's Block Public Access.
type Block struct {
	BlockPublicAcls, BlockPublicPolicy, IgnorePublicAcls, RestrictPublicBuckets bool
}

// Options is what the SDK's calls take beside their input; the fake ignores it.
type Options = func(*s3control.Options)

// Install adds S3 Control to a cloud. It offers fakeaws.PublicAccess.
func Install(c *fakeaws.Cloud) {
	s := &Service{store: fakeaws.NewStore(c, "s3control", fakeaws.Global, func(string, string) *State { return &State{} })}
	fakeaws.Provide[fakeaws.PublicAccess](c, s)
	fakeaws.On(c, s.PutPublicAccessBlock, "AccountId", "PublicAccessBlockConfiguration")
	fakeaws.On(c, s.GetPublicAccessBlock, "AccountId")
	fakeaws.On(c, s.DeletePublicAccessBlock, "AccountId")
}

// own refuses the settings of another account.
func (s *Service) own(ctx context.Context, account *string) (*State, error) {
	if *account != fakeaws.CallFrom(ctx).Account {
		return nil, fakeaws.Status(403, fakeaws.Error("AccessDenied", "Access Denied"))
	}
	return s.store.In(ctx), nil
}

// PutPublicAccessBlock replaces the setting; what is not given is false.
func (s *Service) PutPublicAccessBlock(ctx context.Context, in *s3control.PutPublicAccessBlockInput, _ ...Options) (*s3control.PutPublicAccessBlockOutput, error) {
	st, err := s.own(ctx, in.AccountId)
	if err != nil {
		return nil, err
	}
	c := in.PublicAccessBlockConfiguration
	st.PublicAccess = &Block{aws.ToBool(c.BlockPublicAcls), aws.ToBool(c.BlockPublicPolicy), aws.ToBool(c.IgnorePublicAcls), aws.ToBool(c.RestrictPublicBuckets)}
	return &s3control.PutPublicAccessBlockOutput{}, nil
}

// GetPublicAccessBlock answers all four members, or NoSuchPublicAccessBlockConfiguration: an account starts without.
func (s *Service) GetPublicAccessBlock(ctx context.Context, in *s3control.GetPublicAccessBlockInput, _ ...Options) (*s3control.GetPublicAccessBlockOutput, error) {
	st, err := s.own(ctx, in.AccountId)
	if err != nil {
		return nil, err
	}
	b := st.PublicAccess
	if b == nil {
		return nil, fakeaws.Status(404, &types.NoSuchPublicAccessBlockConfiguration{Message: aws.String("The public access block configuration was not found")})
	}
	return &s3control.GetPublicAccessBlockOutput{PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{
		BlockPublicAcls: aws.Bool(b.BlockPublicAcls), BlockPublicPolicy: aws.Bool(b.BlockPublicPolicy),
		IgnorePublicAcls: aws.Bool(b.IgnorePublicAcls), RestrictPublicBuckets: aws.Bool(b.RestrictPublicBuckets),
	}}, nil
}

// DeletePublicAccessBlock removes the setting, if there is one.
func (s *Service) DeletePublicAccessBlock(ctx context.Context, in *s3control.DeletePublicAccessBlockInput, _ ...Options) (*s3control.DeletePublicAccessBlockOutput, error) {
	st, err := s.own(ctx, in.AccountId)
	if err != nil {
		return nil, err
	}
	st.PublicAccess = nil
	return &s3control.DeletePublicAccessBlockOutput{}, nil
}

// BlocksPublic has the form of fakeaws.PublicAccess.
func (s *Service) BlocksPublic(ctx context.Context, account string) (acls, policies bool) {
	b := s.store.At(ctx, account, "").PublicAccess
	return b != nil && b.BlockPublicAcls, b != nil && b.BlockPublicPolicy
}
