package fakekms

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/internal/resourcepolicy"
)

// maxPolicy is the size of a key policy in bytes. https://docs.aws.amazon.com/kms/latest/developerguide/resource-limits.html
const maxPolicy = 32 << 10

// defaultPolicy is what a key gets that is made without a policy.
// https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html
func defaultPolicy(account, partition string) string {
	return fmt.Sprintf(`{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:%s:iam::%s:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}`, partition, account)
}

// setPolicy stores a policy, the default one for an empty text.
func (s *Service) setPolicy(ctx context.Context, k *Key, text string, bypass bool) error {
	call := fakeaws.CallFrom(ctx)
	if text == "" {
		text = defaultPolicy(call.Account, call.Partition())
	}
	if len(text) > maxPolicy {
		return &types.LimitExceededException{Message: aws.String(fmt.Sprintf("The key policy exceeds %d bytes.", maxPolicy))}
	}
	p, doc, err := resourcepolicy.Bind(ctx, s.cloud, text)
	var unknown *resourcepolicy.InvalidPrincipalError
	switch {
	case errors.As(err, &unknown):
		return malformed("Policy contains a statement with one or more invalid principals.")
	case err != nil:
		return malformed(err.Error())
	case !bypass && !doc.Allows(call.Caller, "kms:PutKeyPolicy", k.ARN):
		return malformed("The new key policy will not allow you to update the key policy in the future.")
	}
	k.Policy = p
	return nil
}

func malformed(why string) error { return &types.MalformedPolicyDocumentException{Message: &why} }

// onlyDefault refuses names of policies other than the one there is.
func onlyDefault(name *string) error {
	if name != nil && *name != "default" {
		return notFound("No such policy exists")
	}
	return nil
}

// GetKeyPolicy answers the text as it was sent; principals that were deleted since appear as unique ids.
func (s *Service) GetKeyPolicy(ctx context.Context, in *kms.GetKeyPolicyInput, _ ...Options) (*kms.GetKeyPolicyOutput, error) {
	k, err := s.inspect(ctx, in.KeyId, "GetKeyPolicy")
	if err != nil {
		return nil, err
	}
	if err := onlyDefault(in.PolicyName); err != nil {
		return nil, err
	}
	return &kms.GetKeyPolicyOutput{Policy: aws.String(k.Policy.Shown(ctx, s.cloud)), PolicyName: aws.String("default")}, nil
}

// PutKeyPolicy replaces the policy. Unless the check is bypassed, the caller must keep the right to do so again.
func (s *Service) PutKeyPolicy(ctx context.Context, in *kms.PutKeyPolicyInput, _ ...Options) (*kms.PutKeyPolicyOutput, error) {
	k, err := s.manage(ctx, in.KeyId, "PutKeyPolicy")
	if err != nil {
		return nil, err
	}
	if err := onlyDefault(in.PolicyName); err != nil {
		return nil, err
	}
	if *in.Policy == "" {
		return nil, malformed("The policy is empty")
	}
	if err := s.setPolicy(ctx, k, *in.Policy, in.BypassPolicyLockoutSafetyCheck); err != nil {
		return nil, err
	}
	return &kms.PutKeyPolicyOutput{}, nil
}

// ListKeyPolicies lists the one name there is.
func (s *Service) ListKeyPolicies(ctx context.Context, in *kms.ListKeyPoliciesInput, _ ...Options) (*kms.ListKeyPoliciesOutput, error) {
	if _, err := s.inspect(ctx, in.KeyId, "ListKeyPolicies"); err != nil {
		return nil, err
	}
	limit, err := pageSize(in.Limit, 100, 1000)
	if err != nil {
		return nil, err
	}
	page, next, ok := fakeaws.Page(ctx, []string{"default"}, in.Marker, limit, 1000)
	if !ok {
		return nil, badMarker()
	}
	return &kms.ListKeyPoliciesOutput{PolicyNames: page, NextMarker: next, Truncated: next != nil}, nil
}
