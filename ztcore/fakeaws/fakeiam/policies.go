package fakeiam

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// managedPolicy is a managed policy, the account's or AWS's.
type managedPolicy struct {
	Entity      entity
	Description *string
	Updated     time.Time
	Versions    []version // oldest first
	Default     string    // the id of the version in force
	Last        int       // number of the newest version there ever was; numbers are not used again
	ServiceOnly bool      // for service-linked roles only
}

type version struct {
	ID       string
	Document string // as it was sent
	Created  time.Time
}

func (s *Service) installPolicies(c *fakeaws.Cloud) {
	fakeaws.On(c, s.CreatePolicy, "PolicyName", "PolicyDocument", "Description", "Path", "Tags")
	fakeaws.On(c, s.GetPolicy, "PolicyArn")
	fakeaws.On(c, s.ListPolicies, "Scope", "OnlyAttached", "PathPrefix", "PolicyUsageFilter", "Marker", "MaxItems")
	fakeaws.On(c, s.DeletePolicy, "PolicyArn")
}

// CreatePolicy makes a managed policy with one version, v1, that is in force.
func (s *Service) CreatePolicy(ctx context.Context, in *iam.CreatePolicyInput, _ ...opt) (*iam.CreatePolicyOutput, error) {
	a := s.in(ctx)
	if err := checkName("policyName", in.PolicyName, longestName); err != nil {
		return nil, err
	}
	path, err := checkPath(in.Path)
	if err != nil {
		return nil, err
	}
	if utf8.RuneCountInString(aws.ToString(in.Description)) > longestDescription {
		return nil, invalid("1 validation error detected: Value at 'description' failed to satisfy constraint: Member must have length less than or equal to %d", longestDescription)
	}
	tags, err := retag(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	if err := checkManaged(in.PolicyDocument); err != nil {
		return nil, err
	}
	if a.Policies.get(*in.PolicyName) != nil {
		return nil, alreadyExists("A policy called %s already exists. Duplicate names are not allowed.", *in.PolicyName)
	}
	p := &managedPolicy{Entity: s.entity(ctx, "policy", "ANPA", path, *in.PolicyName)}
	p.Entity.Tags = tags
	if in.Description != nil {
		p.Description = aws.String(*in.Description)
	}
	p.add(*in.PolicyDocument, true)
	a.Policies.put(p.Entity.Name, p)
	out := policyInfo(p, uses{})
	out.Description, out.Tags = nil, copiedTags(tags) // the description is not answered here
	return &iam.CreatePolicyOutput{Policy: &out}, nil
}

// GetPolicy answers a policy without its document, which GetPolicyVersion has.
func (s *Service) GetPolicy(ctx context.Context, in *iam.GetPolicyInput, _ ...opt) (*iam.GetPolicyOutput, error) {
	p, err := s.policy(ctx, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	out := policyInfo(p, s.in(ctx).uses()[p.Entity.ARN])
	out.Description, out.Tags = copied(p.Description), copiedTags(p.Entity.Tags)
	return &iam.GetPolicyOutput{Policy: &out}, nil
}

// ListPolicies answers the account's own policies, and then AWS's. It leaves out descriptions and tags, as AWS does.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListPolicies.html
func (s *Service) ListPolicies(ctx context.Context, in *iam.ListPoliciesInput, _ ...opt) (*iam.ListPoliciesOutput, error) {
	var found []*managedPolicy
	switch in.Scope {
	case "", types.PolicyScopeTypeAll:
		found = append(s.in(ctx).Policies.all(), awsManaged(ctx)...)
	case types.PolicyScopeTypeLocal:
		found = s.in(ctx).Policies.all()
	case types.PolicyScopeTypeAws:
		found = awsManaged(ctx)
	default:
		return nil, invalid("1 validation error detected: Value '%s' at 'scope' failed to satisfy constraint: Member must satisfy enum value set: [All, AWS, Local]", in.Scope)
	}
	uses := s.in(ctx).uses()
	found = slices.DeleteFunc(found, func(p *managedPolicy) bool {
		u := uses[p.Entity.ARN]
		switch in.PolicyUsageFilter {
		case types.PolicyUsageTypePermissionsPolicy:
			return u.Attached == 0
		case types.PolicyUsageTypePermissionsBoundary:
			return u.Bounds == 0
		}
		return in.OnlyAttached && u.Attached == 0
	})
	found = under(found, in.PathPrefix, func(p *managedPolicy) string { return p.Entity.Path })
	some, more, next, err := page(ctx, found, in.Marker, in.MaxItems)
	infos := each(some, func(p *managedPolicy) types.Policy { return policyInfo(p, uses[p.Entity.ARN]) })
	return &iam.ListPoliciesOutput{Policies: infos, IsTruncated: more, Marker: next}, err
}

// DeletePolicy refuses a policy that is attached, bounds somebody or has other versions.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeletePolicy.html
func (s *Service) DeletePolicy(ctx context.Context, in *iam.DeletePolicyInput, _ ...opt) (*iam.DeletePolicyOutput, error) {
	p, err := s.ownPolicy(ctx, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	a := s.in(ctx)
	switch u := a.uses()[p.Entity.ARN]; {
	case u.Attached > 0:
		return nil, deleteConflict("Cannot delete a policy attached to entities.")
	case u.Bounds > 0:
		return nil, deleteConflict("Cannot delete a policy that is used as a permissions boundary.")
	case len(p.Versions) > 1:
		return nil, deleteConflict("This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
	}
	a.Policies.remove(p.Entity.Name)
	return &iam.DeletePolicyOutput{}, nil
}

func checkManaged(document *string) error {
	if _, err := identityDocument(document); err != nil {
		return err
	}
	if size(*document) > policy.Limit(policy.Identity) {
		return limitExceeded("Cannot exceed quota for PolicySize: %d", policy.Limit(policy.Identity))
	}
	return nil
}

// policy finds one of the account's policies or one of AWS's.
func (s *Service) policy(ctx context.Context, policyARN *string) (*managedPolicy, error) {
	a := aws.ToString(policyARN)
	if len(a) < 20 || !strings.HasPrefix(a, "arn:") {
		return nil, invalidInput("ARN %s is not valid.", a)
	}
	if p := s.in(ctx).Policies.get(policyName(a)); p != nil && p.Entity.ARN == a {
		return p, nil
	}
	if p := awsManagedByARN(ctx, a); p != nil {
		return p, nil
	}
	return nil, noSuchEntity("Policy %s was not found.", a)
}

// ownPolicy is a policy that the account may change.
func (s *Service) ownPolicy(ctx context.Context, policyARN *string) (*managedPolicy, error) {
	p, err := s.policy(ctx, policyARN)
	if err == nil && isAWSManaged(p.Entity.ARN) {
		return nil, fakeaws.Denied("iam:" + fakeaws.CallFrom(ctx).Operation + " on resource: policy " + p.Entity.ARN)
	}
	return p, err
}

func (p *managedPolicy) add(document string, inForce bool) version {
	p.Last++
	v := version{ID: fmt.Sprintf("v%d", p.Last), Document: document, Created: now()}
	p.Versions, p.Updated = append(p.Versions, v), v.Created
	if inForce {
		p.Default = v.ID
	}
	return v
}

// uses counts what one policy is used for.
type uses struct{ Attached, Bounds int32 }

// uses counts the uses of all policies in one pass.
func (a *account) uses() map[string]uses {
	out := map[string]uses{}
	count := func(g grants) {
		for _, arn := range g.Attached {
			u := out[arn]
			u.Attached++
			out[arn] = u
		}
		if g.Boundary != "" {
			u := out[g.Boundary]
			u.Bounds++
			out[g.Boundary] = u
		}
	}
	for _, u := range a.Users.Items {
		count(u.Grants)
	}
	for _, g := range a.Groups.Items {
		count(g.Grants)
	}
	for _, r := range a.Roles.Items {
		count(r.Grants)
	}
	return out
}

// policyInfo is a policy as lists show it.
func policyInfo(p *managedPolicy, u uses) types.Policy {
	e, updated, current := p.Entity, p.Updated, p.Default
	return types.Policy{
		Arn: &e.ARN, CreateDate: &e.Created, Path: &e.Path, PolicyId: &e.ID, PolicyName: &e.Name, UpdateDate: &updated,
		DefaultVersionId: &current, IsAttachable: true, AttachmentCount: &u.Attached, PermissionsBoundaryUsageCount: &u.Bounds,
	}
}
