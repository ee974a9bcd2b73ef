package fakesecretsmanager

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/internal/resourcepolicy"
)

// maxPolicy is the size of a resource policy in bytes. https://docs.aws.amazon.com/secretsmanager/latest/APIReference/API_PutResourcePolicy.html
const maxPolicy = 20480

// check refuses a policy that cannot be attached to a secret.
func (s *Service) check(ctx context.Context, text string) (*resourcepolicy.Policy, *resourcepolicy.Document, error) {
	malformed := func(why string) error { return &types.MalformedPolicyDocumentException{Message: &why} }
	if len(text) < 1 || len(text) > maxPolicy {
		return nil, nil, invalidParameter("ResourcePolicy must have 1 to %d characters.", maxPolicy)
	}
	p, doc, err := resourcepolicy.Bind(ctx, s.cloud, text)
	if err == nil {
		err = doc.Complete()
	}
	var unknown *resourcepolicy.InvalidPrincipalError
	switch {
	case errors.As(err, &unknown):
		return nil, nil, malformed("This resource policy contains an unsupported principal.")
	case err != nil:
		return nil, nil, malformed("This resource policy contains a syntax error: " + err.Error())
	}
	return &p, doc, nil
}

// PutResourcePolicy replaces the policy.
func (s *Service) PutResourcePolicy(ctx context.Context, in *secretsmanager.PutResourcePolicyInput, _ ...Options) (*secretsmanager.PutResourcePolicyOutput, error) {
	x, err := s.live(ctx, in.SecretId)
	if err != nil {
		return nil, err
	}
	p, doc, err := s.check(ctx, *in.ResourcePolicy)
	if err != nil {
		return nil, err
	}
	if aws.ToBool(in.BlockPublicPolicy) && doc.Public() {
		return nil, &types.PublicPolicyException{Message: aws.String("You can't attach a resource policy that allows broad access to the secret.")}
	}
	x.Policy = p
	return &secretsmanager.PutResourcePolicyOutput{ARN: aws.String(x.ARN), Name: aws.String(x.Name)}, nil
}

// GetResourcePolicy answers the text as it was sent, or none; principals that were deleted since appear as unique ids.
func (s *Service) GetResourcePolicy(ctx context.Context, in *secretsmanager.GetResourcePolicyInput, _ ...Options) (*secretsmanager.GetResourcePolicyOutput, error) {
	x, err := s.live(ctx, in.SecretId)
	if err != nil {
		return nil, err
	}
	out := &secretsmanager.GetResourcePolicyOutput{ARN: aws.String(x.ARN), Name: aws.String(x.Name)}
	if x.Policy != nil {
		out.ResourcePolicy = aws.String(x.Policy.Shown(ctx, s.cloud))
	}
	return out, nil
}

// DeleteResourcePolicy removes the policy, if there is one.
func (s *Service) DeleteResourcePolicy(ctx context.Context, in *secretsmanager.DeleteResourcePolicyInput, _ ...Options) (*secretsmanager.DeleteResourcePolicyOutput, error) {
	x, err := s.live(ctx, in.SecretId)
	if err != nil {
		return nil, err
	}
	x.Policy = nil
	return &secretsmanager.DeleteResourcePolicyOutput{ARN: aws.String(x.ARN), Name: aws.String(x.Name)}, nil
}

// ValidateResourcePolicy answers what PutResourcePolicy with BlockPublicPolicy would refuse.
func (s *Service) ValidateResourcePolicy(ctx context.Context, in *secretsmanager.ValidateResourcePolicyInput, _ ...Options) (*secretsmanager.ValidateResourcePolicyOutput, error) {
	if in.SecretId != nil {
		if _, err := s.live(ctx, in.SecretId); err != nil {
			return nil, err
		}
	}
	_, doc, err := s.check(ctx, *in.ResourcePolicy)
	if err != nil {
		return nil, err
	}
	if doc.Public() {
		return &secretsmanager.ValidateResourcePolicyOutput{ValidationErrors: []types.ValidationErrorsEntry{{
			CheckName: aws.String("PUBLIC_POLICY"), ErrorMessage: aws.String("The resource policy allows broad access to the secret."),
		}}}, nil
	}
	return &secretsmanager.ValidateResourcePolicyOutput{PolicyValidationPassed: true, ValidationErrors: []types.ValidationErrorsEntry{}}, nil
}
