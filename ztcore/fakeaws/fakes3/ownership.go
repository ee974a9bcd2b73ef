package fakes3

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

func known(o types.ObjectOwnership) bool {
	for _, v := range o.Values() {
		if v == o {
			return true
		}
	}
	return false
}

// PutBucketOwnershipControls sets the one rule. Enforcing the owner is refused while the ACL gives anything to others.
func (s *Service) PutBucketOwnershipControls(ctx context.Context, in *s3.PutBucketOwnershipControlsInput, _ ...Options) (*s3.PutBucketOwnershipControlsOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	if len(in.OwnershipControls.Rules) != 1 || !known(in.OwnershipControls.Rules[0].ObjectOwnership) {
		return nil, malformedXML()
	}
	want := in.OwnershipControls.Rules[0].ObjectOwnership
	if want == types.ObjectOwnershipBucketOwnerEnforced {
		for _, g := range b.Grants {
			if aws.ToString(g.Grantee.ID) != *owner(b.Account).ID {
				return nil, refuse(400, "InvalidBucketAclWithObjectOwnership", "Bucket cannot have ACLs set with ObjectOwnership's BucketOwnerEnforced setting")
			}
		}
	}
	b.Ownership = want
	return &s3.PutBucketOwnershipControlsOutput{}, nil
}

// GetBucketOwnershipControls answers the rule.
func (s *Service) GetBucketOwnershipControls(ctx context.Context, in *s3.GetBucketOwnershipControlsInput, _ ...Options) (*s3.GetBucketOwnershipControlsOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	if b.Ownership == "" {
		return nil, refuse(404, "OwnershipControlsNotFoundError", "The bucket ownership controls were not found")
	}
	return &s3.GetBucketOwnershipControlsOutput{OwnershipControls: &types.OwnershipControls{
		Rules: []types.OwnershipControlsRule{{ObjectOwnership: b.Ownership}},
	}}, nil
}

// DeleteBucketOwnershipControls removes the rule, which enables ACLs.
func (s *Service) DeleteBucketOwnershipControls(ctx context.Context, in *s3.DeleteBucketOwnershipControlsInput, _ ...Options) (*s3.DeleteBucketOwnershipControlsOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	b.Ownership = ""
	return &s3.DeleteBucketOwnershipControlsOutput{}, nil
}
