package fakeiam

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

func (s *Service) installInlinePolicies(c *fakeaws.Cloud) {
	fakeaws.On(c, s.PutUserPolicy, "UserName", "PolicyName", "PolicyDocument")
	fakeaws.On(c, s.GetUserPolicy, "UserName", "PolicyName")
	fakeaws.On(c, s.ListUserPolicies, "UserName", "Marker", "MaxItems")
	fakeaws.On(c, s.DeleteUserPolicy, "UserName", "PolicyName")
	fakeaws.On(c, s.PutGroupPolicy, "GroupName", "PolicyName", "PolicyDocument")
	fakeaws.On(c, s.GetGroupPolicy, "GroupName", "PolicyName")
	fakeaws.On(c, s.ListGroupPolicies, "GroupName", "Marker", "MaxItems")
	fakeaws.On(c, s.DeleteGroupPolicy, "GroupName", "PolicyName")
	fakeaws.On(c, s.PutRolePolicy, "RoleName", "PolicyName", "PolicyDocument")
	fakeaws.On(c, s.GetRolePolicy, "RoleName", "PolicyName")
	fakeaws.On(c, s.ListRolePolicies, "RoleName", "Marker", "MaxItems")
	fakeaws.On(c, s.DeleteRolePolicy, "RoleName", "PolicyName")
}

// put stores an inline policy. The sizes of all of an owner's add up to one quota.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
func (g *grants) put(name, text *string, kind, owner string, class policy.Class) error {
	if err := checkName("policyName", name, longestName); err != nil {
		return err
	}
	if _, err := identityDocument(text); err != nil {
		return err
	}
	total := size(*text)
	for other, t := range g.Inline {
		if other != *name {
			total += size(t)
		}
	}
	if total > policy.Limit(class) {
		return limitExceeded("Maximum policy size of %d bytes exceeded for %s %s", policy.Limit(class), kind, owner)
	}
	if g.Inline == nil {
		g.Inline = map[string]string{}
	}
	g.Inline[*name] = *text
	return nil
}

func (g *grants) inline(name *string, kind string) (document *string, err error) {
	text, ok := g.Inline[aws.ToString(name)]
	if !ok {
		return nil, noSuchEntity("The %s policy with name %s cannot be found.", kind, aws.ToString(name))
	}
	return encoded(text), nil
}

func (g *grants) drop(name *string, kind string) error {
	if _, err := g.inline(name, kind); err != nil {
		return err
	}
	delete(g.Inline, *name)
	return nil
}

func (g *grants) inlineNames() []string {
	names := make([]string, 0, len(g.Inline))
	for n := range g.Inline {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// inlineDetails is how GetAccountAuthorizationDetails shows inline policies.
func (g *grants) inlineDetails() []types.PolicyDetail {
	return each(g.inlineNames(), func(n string) types.PolicyDetail {
		return types.PolicyDetail{PolicyName: &n, PolicyDocument: encoded(g.Inline[n])}
	})
}

// PutUserPolicy adds an inline policy to a user, or replaces it.
func (s *Service) PutUserPolicy(ctx context.Context, in *iam.PutUserPolicyInput, _ ...opt) (*iam.PutUserPolicyOutput, error) {
	x, err := s.in(ctx).user(in.UserName)
	if err != nil {
		return nil, err
	}
	return &iam.PutUserPolicyOutput{}, x.Grants.put(in.PolicyName, in.PolicyDocument, "user", x.Entity.Name, policy.InlineUser)
}

// GetUserPolicy answers the document URL-encoded and otherwise as it was sent.
func (s *Service) GetUserPolicy(ctx context.Context, in *iam.GetUserPolicyInput, _ ...opt) (*iam.GetUserPolicyOutput, error) {
	x, err := s.in(ctx).user(in.UserName)
	if err != nil {
		return nil, err
	}
	doc, err := x.Grants.inline(in.PolicyName, "user")
	return &iam.GetUserPolicyOutput{UserName: aws.String(x.Entity.Name), PolicyName: in.PolicyName, PolicyDocument: doc}, err
}

// ListUserPolicies answers the names of the inline policies of a user.
func (s *Service) ListUserPolicies(ctx context.Context, in *iam.ListUserPoliciesInput, _ ...opt) (*iam.ListUserPoliciesOutput, error) {
	x, err := s.in(ctx).user(in.UserName)
	if err != nil {
		return nil, err
	}
	names, more, next, err := page(ctx, x.Grants.inlineNames(), in.Marker, in.MaxItems)
	return &iam.ListUserPoliciesOutput{PolicyNames: names, IsTruncated: more, Marker: next}, err
}

// DeleteUserPolicy removes an inline policy from a user.
func (s *Service) DeleteUserPolicy(ctx context.Context, in *iam.DeleteUserPolicyInput, _ ...opt) (*iam.DeleteUserPolicyOutput, error) {
	x, err := s.in(ctx).user(in.UserName)
	if err != nil {
		return nil, err
	}
	return &iam.DeleteUserPolicyOutput{}, x.Grants.drop(in.PolicyName, "user")
}

// PutGroupPolicy adds an inline policy to a group, or replaces it.
func (s *Service) PutGroupPolicy(ctx context.Context, in *iam.PutGroupPolicyInput, _ ...opt) (*iam.PutGroupPolicyOutput, error) {
	x, err := s.in(ctx).group(in.GroupName)
	if err != nil {
		return nil, err
	}
	return &iam.PutGroupPolicyOutput{}, x.Grants.put(in.PolicyName, in.PolicyDocument, "group", x.Entity.Name, policy.InlineGroup)
}

// GetGroupPolicy answers the document URL-encoded and otherwise as it was sent.
func (s *Service) GetGroupPolicy(ctx context.Context, in *iam.GetGroupPolicyInput, _ ...opt) (*iam.GetGroupPolicyOutput, error) {
	x, err := s.in(ctx).group(in.GroupName)
	if err != nil {
		return nil, err
	}
	doc, err := x.Grants.inline(in.PolicyName, "group")
	return &iam.GetGroupPolicyOutput{GroupName: aws.String(x.Entity.Name), PolicyName: in.PolicyName, PolicyDocument: doc}, err
}

// ListGroupPolicies answers the names of the inline policies of a group.
func (s *Service) ListGroupPolicies(ctx context.Context, in *iam.ListGroupPoliciesInput, _ ...opt) (*iam.ListGroupPoliciesOutput, error) {
	x, err := s.in(ctx).group(in.GroupName)
	if err != nil {
		return nil, err
	}
	names, more, next, err := page(ctx, x.Grants.inlineNames(), in.Marker, in.MaxItems)
	return &iam.ListGroupPoliciesOutput{PolicyNames: names, IsTruncated: more, Marker: next}, err
}

// DeleteGroupPolicy removes an inline policy from a group.
func (s *Service) DeleteGroupPolicy(ctx context.Context, in *iam.DeleteGroupPolicyInput, _ ...opt) (*iam.DeleteGroupPolicyOutput, error) {
	x, err := s.in(ctx).group(in.GroupName)
	if err != nil {
		return nil, err
	}
	return &iam.DeleteGroupPolicyOutput{}, x.Grants.drop(in.PolicyName, "group")
}

// PutRolePolicy adds an inline policy to a role, or replaces it.
func (s *Service) PutRolePolicy(ctx context.Context, in *iam.PutRolePolicyInput, _ ...opt) (*iam.PutRolePolicyOutput, error) {
	x, err := s.in(ctx).ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	return &iam.PutRolePolicyOutput{}, x.Grants.put(in.PolicyName, in.PolicyDocument, "role", x.Entity.Name, policy.InlineRole)
}

// GetRolePolicy answers the document URL-encoded and otherwise as it was sent.
func (s *Service) GetRolePolicy(ctx context.Context, in *iam.GetRolePolicyInput, _ ...opt) (*iam.GetRolePolicyOutput, error) {
	x, err := s.in(ctx).role(in.RoleName)
	if err != nil {
		return nil, err
	}
	doc, err := x.Grants.inline(in.PolicyName, "role")
	return &iam.GetRolePolicyOutput{RoleName: aws.String(x.Entity.Name), PolicyName: in.PolicyName, PolicyDocument: doc}, err
}

// ListRolePolicies answers the names of the inline policies of a role.
func (s *Service) ListRolePolicies(ctx context.Context, in *iam.ListRolePoliciesInput, _ ...opt) (*iam.ListRolePoliciesOutput, error) {
	x, err := s.in(ctx).role(in.RoleName)
	if err != nil {
		return nil, err
	}
	names, more, next, err := page(ctx, x.Grants.inlineNames(), in.Marker, in.MaxItems)
	return &iam.ListRolePoliciesOutput{PolicyNames: names, IsTruncated: more, Marker: next}, err
}

// DeleteRolePolicy removes an inline policy from a role.
func (s *Service) DeleteRolePolicy(ctx context.Context, in *iam.DeleteRolePolicyInput, _ ...opt) (*iam.DeleteRolePolicyOutput, error) {
	x, err := s.in(ctx).ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	return &iam.DeleteRolePolicyOutput{}, x.Grants.drop(in.PolicyName, "role")
}
