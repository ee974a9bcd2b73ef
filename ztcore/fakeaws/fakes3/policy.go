package fakes3

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/internal/resourcepolicy"
)

// maxPolicy is the size of a bucket policy in bytes. https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-policies.html
const maxPolicy = 20 << 10

func malformed(why string) error { return refuse(400, "MalformedPolicy", "%s", why) }

func noPolicy() error {
	return refuse(404, "NoSuchBucketPolicy", "The bucket policy does not exist")
}

// PutBucketPolicy replaces the policy. A public one is refused while Block Public Access of the bucket or the account says so.
func (s *Service) PutBucketPolicy(ctx context.Context, in *s3.PutBucketPolicyInput, _ ...Options) (*s3.PutBucketPolicyOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	text := resourcepolicy.Compact(*in.Policy)
	if len(text) > maxPolicy {
		return nil, refuse(400, "PolicyTooLarge", "Policy size exceeds the maximum allowed size")
	}
	p, doc, err := resourcepolicy.Bind(ctx, s.cloud, text)
	var unknown *resourcepolicy.InvalidPrincipalError
	switch {
	case errors.As(err, &unknown):
		return nil, malformed("Invalid principal in policy")
	case err != nil:
		return nil, malformed(err.Error())
	}
	if err := b.checkStatements(doc); err != nil {
		return nil, err
	}
	if doc.Public() && s.blocks(ctx, b).policies {
		return nil, refuse(403, "AccessDenied", "User: %s is not authorized to perform: s3:PutBucketPolicy on resource: \"%s\" because public policies are prevented by the BlockPublicPolicy setting in S3 Block Public Access.",
			fakeaws.CallFrom(ctx).Caller.ARN, b.arn())
	}
	b.Policy = &p
	return &s3.PutBucketPolicyOutput{}, nil
}

// checkStatements wants S3 actions on this bucket and its objects.
func (b *Bucket) checkStatements(doc *resourcepolicy.Document) error {
	if err := doc.Complete(); err != nil {
		return malformed(err.Error())
	}
	for _, st := range doc.Statements {
		for _, a := range append(append([]string{}, st.Actions...), st.NotActions...) {
			if a != "*" && !strings.HasPrefix(strings.ToLower(a), "s3:") {
				return malformed("Policy has invalid action")
			}
		}
		for _, r := range append(append([]string{}, st.Resources...), st.NotResources...) {
			// A pattern is of this bucket if it can match the bucket's ARN or one below it.
			bucket, _, _ := strings.Cut(r, "/")
			if !resourcepolicy.Match(bucket, b.arn()) {
				return malformed("Policy has invalid resource")
			}
		}
	}
	return nil
}

// GetBucketPolicy answers the policy without white space; principals that were deleted since appear as unique ids.
func (s *Service) GetBucketPolicy(ctx context.Context, in *s3.GetBucketPolicyInput, _ ...Options) (*s3.GetBucketPolicyOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	if b.Policy == nil {
		return nil, noPolicy()
	}
	return &s3.GetBucketPolicyOutput{Policy: aws.String(b.Policy.Shown(ctx, s.cloud))}, nil
}

// GetBucketPolicyStatus tells whether the policy is public.
func (s *Service) GetBucketPolicyStatus(ctx context.Context, in *s3.GetBucketPolicyStatusInput, _ ...Options) (*s3.GetBucketPolicyStatusOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	if b.Policy == nil {
		return nil, noPolicy()
	}
	doc, err := resourcepolicy.Parse(b.Policy.Text)
	if err != nil {
		return nil, malformed(err.Error())
	}
	return &s3.GetBucketPolicyStatusOutput{PolicyStatus: &types.PolicyStatus{IsPublic: aws.Bool(doc.Public())}}, nil
}

// DeleteBucketPolicy succeeds whether there is a policy or not.
func (s *Service) DeleteBucketPolicy(ctx context.Context, in *s3.DeleteBucketPolicyInput, _ ...Options) (*s3.DeleteBucketPolicyOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	b.Policy = nil
	return &s3.DeleteBucketPolicyOutput{}, nil
}
