package fakes3

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// blocked is what Block Public Access refuses to store.
type blocked struct{ acls, policies bool }

// blocks joins the bucket's setting and its account's; the stricter one counts.
func (s *Service) blocks(ctx context.Context, b *Bucket) blocked {
	var out blocked
	if p := b.PublicAccess; p != nil {
		out = blocked{acls: aws.ToBool(p.BlockPublicAcls), policies: aws.ToBool(p.BlockPublicPolicy)}
	}
	if account, ok := fakeaws.Capability[fakeaws.PublicAccess](s.cloud); ok {
		acls, policies := account.BlocksPublic(ctx, b.Account)
		out.acls, out.policies = out.acls || acls, out.policies || policies
	}
	return out
}

// PutPublicAccessBlock replaces the setting; what is not given is false.
func (s *Service) PutPublicAccessBlock(ctx context.Context, in *s3.PutPublicAccessBlockInput, _ ...Options) (*s3.PutPublicAccessBlockOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	c := in.PublicAccessBlockConfiguration
	b.PublicAccess = &types.PublicAccessBlockConfiguration{
		BlockPublicAcls: aws.Bool(aws.ToBool(c.BlockPublicAcls)), BlockPublicPolicy: aws.Bool(aws.ToBool(c.BlockPublicPolicy)),
		IgnorePublicAcls: aws.Bool(aws.ToBool(c.IgnorePublicAcls)), RestrictPublicBuckets: aws.Bool(aws.ToBool(c.RestrictPublicBuckets)),
	}
	return &s3.PutPublicAccessBlockOutput{}, nil
}

// GetPublicAccessBlock answers all four members.
func (s *Service) GetPublicAccessBlock(ctx context.Context, in *s3.GetPublicAccessBlockInput, _ ...Options) (*s3.GetPublicAccessBlockOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	if b.PublicAccess == nil {
		return nil, refuse(404, "NoSuchPublicAccessBlockConfiguration", "The public access block configuration was not found")
	}
	return &s3.GetPublicAccessBlockOutput{PublicAccessBlockConfiguration: clone(b.PublicAccess)}, nil
}

// DeletePublicAccessBlock removes the setting: nothing is blocked then.
func (s *Service) DeletePublicAccessBlock(ctx context.Context, in *s3.DeletePublicAccessBlockInput, _ ...Options) (*s3.DeletePublicAccessBlockOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	b.PublicAccess = nil
	return &s3.DeletePublicAccessBlockOutput{}, nil
}
