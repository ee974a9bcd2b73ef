package fakeiam

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// mostAttached is the default quota of managed policies for one user, group or role.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const mostAttached = 10

func (s *Service) installAttachments(c *fakeaws.Cloud) {
	fakeaws.On(c, s.AttachUserPolicy, "UserName", "PolicyArn")
	fakeaws.On(c, s.DetachUserPolicy, "UserName", "PolicyArn")
	fakeaws.On(c, s.ListAttachedUserPolicies, "UserName", "PathPrefix", "Marker", "MaxItems")
	fakeaws.On(c, s.AttachGroupPolicy, "GroupName", "PolicyArn")
	fakeaws.On(c, s.DetachGroupPolicy, "GroupName", "PolicyArn")
	fakeaws.On(c, s.ListAttachedGroupPolicies, "GroupName", "PathPrefix", "Marker", "MaxItems")
	fakeaws.On(c, s.AttachRolePolicy, "RoleName", "PolicyArn")
	fakeaws.On(c, s.DetachRolePolicy, "RoleName", "PolicyArn")
	fakeaws.On(c, s.ListAttachedRolePolicies, "RoleName", "PathPrefix", "Marker", "MaxItems")
}

// attach adds a managed policy; one that is attached already is no error. quota is the one's name in the refusal.
func (s *Service) attach(ctx context.Context, g *grants, policyARN *string, quota string) error {
	p, err := s.policy(ctx, policyARN)
	if err != nil {
		return noSuchEntity("Policy %s does not exist or is not attachable.", aws.ToString(policyARN))
	}
	if slices.Contains(g.Attached, p.Entity.ARN) {
		return nil
	}
	if p.ServiceOnly {
		return &types.PolicyNotAttachableException{Message: aws.String("Cannot attach a Service Role Policy to a Customer Role.")}
	}
	if len(g.Attached) >= mostAttached {
		return limitExceeded("Cannot exceed quota for %s: %d", quota, mostAttached)
	}
	g.Attached = append(g.Attached, p.Entity.ARN)
	slices.SortFunc(g.Attached, func(x, y string) int { return strings.Compare(policyName(x)+x, policyName(y)+y) })
	return nil
}

func (g *grants) detach(policyARN *string) error {
	at := slices.Index(g.Attached, aws.ToString(policyARN))
	if at < 0 {
		return noSuchEntity("Policy %s was not found.", aws.ToString(policyARN))
	}
	g.Attached = slices.Delete(g.Attached, at, at+1)
	return nil
}

// attached is the attachments as lists show them.
func (g *grants) attached(prefix *string) []types.AttachedPolicy {
	arns := under(g.Attached, prefix, policyPath)
	return each(arns, func(a string) types.AttachedPolicy {
		name := policyName(a)
		return types.AttachedPolicy{PolicyArn: &a, PolicyName: &name}
	})
}

// policyName is the last part of a policy's ARN.
func policyName(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }

// policyPath is what stands between "policy" and the name in a policy's ARN.
func policyPath(arn string) string {
	_, rest, _ := strings.Cut(arn, ":policy/")
	return "/" + rest[:strings.LastIndex(rest, "/")+1]
}

// AttachUserPolicy attaches a managed policy to a user.
func (s *Service) AttachUserPolicy(ctx context.Context, in *iam.AttachUserPolicyInput, _ ...opt) (*iam.AttachUserPolicyOutput, error) {
	x, err := s.in(ctx).user(in.UserName)
	if err != nil {
		return nil, err
	}
	return &iam.AttachUserPolicyOutput{}, s.attach(ctx, &x.Grants, in.PolicyArn, "PoliciesPerUser")
}

// DetachUserPolicy takes a managed policy from a user.
func (s *Service) DetachUserPolicy(ctx context.Context, in *iam.DetachUserPolicyInput, _ ...opt) (*iam.DetachUserPolicyOutput, error) {
	x, err := s.in(ctx).user(in.UserName)
	if err != nil {
		return nil, err
	}
	return &iam.DetachUserPolicyOutput{}, x.Grants.detach(in.PolicyArn)
}

// ListAttachedUserPolicies answers the managed policies attached to a user.
func (s *Service) ListAttachedUserPolicies(ctx context.Context, in *iam.ListAttachedUserPoliciesInput, _ ...opt) (*iam.ListAttachedUserPoliciesOutput, error) {
	x, err := s.in(ctx).user(in.UserName)
	if err != nil {
		return nil, err
	}
	found, more, next, err := page(ctx, x.Grants.attached(in.PathPrefix), in.Marker, in.MaxItems)
	return &iam.ListAttachedUserPoliciesOutput{AttachedPolicies: found, IsTruncated: more, Marker: next}, err
}

// AttachGroupPolicy attaches a managed policy to a group.
func (s *Service) AttachGroupPolicy(ctx context.Context, in *iam.AttachGroupPolicyInput, _ ...opt) (*iam.AttachGroupPolicyOutput, error) {
	x, err := s.in(ctx).group(in.GroupName)
	if err != nil {
		return nil, err
	}
	return &iam.AttachGroupPolicyOutput{}, s.attach(ctx, &x.Grants, in.PolicyArn, "PoliciesPerGroup")
}

// DetachGroupPolicy takes a managed policy from a group.
func (s *Service) DetachGroupPolicy(ctx context.Context, in *iam.DetachGroupPolicyInput, _ ...opt) (*iam.DetachGroupPolicyOutput, error) {
	x, err := s.in(ctx).group(in.GroupName)
	if err != nil {
		return nil, err
	}
	return &iam.DetachGroupPolicyOutput{}, x.Grants.detach(in.PolicyArn)
}

// ListAttachedGroupPolicies answers the managed policies attached to a group.
func (s *Service) ListAttachedGroupPolicies(ctx context.Context, in *iam.ListAttachedGroupPoliciesInput, _ ...opt) (*iam.ListAttachedGroupPoliciesOutput, error) {
	x, err := s.in(ctx).group(in.GroupName)
	if err != nil {
		return nil, err
	}
	found, more, next, err := page(ctx, x.Grants.attached(in.PathPrefix), in.Marker, in.MaxItems)
	return &iam.ListAttachedGroupPoliciesOutput{AttachedPolicies: found, IsTruncated: more, Marker: next}, err
}

// AttachRolePolicy attaches a managed policy to a role.
func (s *Service) AttachRolePolicy(ctx context.Context, in *iam.AttachRolePolicyInput, _ ...opt) (*iam.AttachRolePolicyOutput, error) {
	x, err := s.in(ctx).ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	return &iam.AttachRolePolicyOutput{}, s.attach(ctx, &x.Grants, in.PolicyArn, "PoliciesPerRole")
}

// DetachRolePolicy takes a managed policy from a role.
func (s *Service) DetachRolePolicy(ctx context.Context, in *iam.DetachRolePolicyInput, _ ...opt) (*iam.DetachRolePolicyOutput, error) {
	x, err := s.in(ctx).ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	return &iam.DetachRolePolicyOutput{}, x.Grants.detach(in.PolicyArn)
}

// ListAttachedRolePolicies answers the managed policies attached to a role.
func (s *Service) ListAttachedRolePolicies(ctx context.Context, in *iam.ListAttachedRolePoliciesInput, _ ...opt) (*iam.ListAttachedRolePoliciesOutput, error) {
	x, err := s.in(ctx).role(in.RoleName)
	if err != nil {
		return nil, err
	}
	found, more, next, err := page(ctx, x.Grants.attached(in.PathPrefix), in.Marker, in.MaxItems)
	return &iam.ListAttachedRolePoliciesOutput{AttachedPolicies: found, IsTruncated: more, Marker: next}, err
}
