package fakeiam

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

func (s *Service) installDetails(c *fakeaws.Cloud) {
	fakeaws.On(c, s.GetAccountAuthorizationDetails, "Filter", "Marker", "MaxItems")
}

// GetAccountAuthorizationDetails answers everything at once, documents and all: one page over users, groups, roles and
// policies. Of AWS's policies it shows those in use, as AWS does. Roles come without description and session length.
func (s *Service) GetAccountAuthorizationDetails(ctx context.Context, in *iam.GetAccountAuthorizationDetailsInput, _ ...opt) (*iam.GetAccountAuthorizationDetailsOutput, error) {
	a := s.in(ctx)
	for _, f := range in.Filter {
		if !slices.Contains(f.Values(), f) {
			return nil, invalid("1 validation error detected: Value '%s' at 'filter' failed to satisfy constraint: Member must satisfy enum value set: [User, Role, Group, LocalManagedPolicy, AWSManagedPolicy]", f)
		}
	}
	wanted := func(t types.EntityType) bool { return len(in.Filter) == 0 || slices.Contains(in.Filter, t) }
	uses := a.uses()
	var found []any
	if wanted(types.EntityTypeUser) {
		found = appendAll(found, a.Users.all())
	}
	if wanted(types.EntityTypeGroup) {
		found = appendAll(found, a.Groups.all())
	}
	if wanted(types.EntityTypeRole) {
		found = appendAll(found, a.Roles.all())
	}
	if wanted(types.EntityTypeLocalManagedPolicy) {
		found = appendAll(found, a.Policies.all())
	}
	if wanted(types.EntityTypeAWSManagedPolicy) {
		for _, p := range awsManaged(ctx) {
			if u := uses[p.Entity.ARN]; u.Attached+u.Bounds > 0 {
				found = append(found, p)
			}
		}
	}
	some, more, next, err := page(ctx, found, in.Marker, in.MaxItems)
	if err != nil {
		return nil, err
	}
	profiles := map[string][]*profile{}
	for _, p := range a.Profiles.all() {
		profiles[p.Role] = append(profiles[p.Role], p)
	}
	out := &iam.GetAccountAuthorizationDetailsOutput{
		UserDetailList: []types.UserDetail{}, GroupDetailList: []types.GroupDetail{}, RoleDetailList: []types.RoleDetail{}, Policies: []types.ManagedPolicyDetail{},
		IsTruncated: more, Marker: next,
	}
	for _, it := range some {
		switch it := it.(type) {
		case *user:
			out.UserDetailList = append(out.UserDetailList, a.userDetail(it))
		case *group:
			out.GroupDetailList = append(out.GroupDetailList, groupDetail(it))
		case *role:
			out.RoleDetailList = append(out.RoleDetailList, s.roleDetail(ctx, it, profiles[key(it.Entity.Name)]))
		case *managedPolicy:
			out.Policies = append(out.Policies, policyDetail(it, uses[it.Entity.ARN]))
		}
	}
	return out, nil
}

func appendAll[T any](list []any, items []T) []any {
	for _, it := range items {
		list = append(list, it)
	}
	return list
}

func (a *account) userDetail(u *user) types.UserDetail {
	e := u.Entity
	return types.UserDetail{
		Arn: &e.ARN, CreateDate: &e.Created, Path: &e.Path, UserId: &e.ID, UserName: &e.Name, Tags: copiedTags(e.Tags),
		AttachedManagedPolicies: u.Grants.attached(nil), UserPolicyList: u.Grants.inlineDetails(), PermissionsBoundary: boundaryInfo(u.Grants.Boundary),
		GroupList: each(u.Groups, func(k string) string { return a.Groups.get(k).Entity.Name }),
	}
}

func groupDetail(g *group) types.GroupDetail {
	e := g.Entity
	return types.GroupDetail{
		Arn: &e.ARN, CreateDate: &e.Created, Path: &e.Path, GroupId: &e.ID, GroupName: &e.Name,
		AttachedManagedPolicies: g.Grants.attached(nil), GroupPolicyList: g.Grants.inlineDetails(),
	}
}

func (s *Service) roleDetail(ctx context.Context, r *role, in []*profile) types.RoleDetail {
	e := r.Entity
	return types.RoleDetail{
		Arn: &e.ARN, CreateDate: &e.Created, Path: &e.Path, RoleId: &e.ID, RoleName: &e.Name, Tags: copiedTags(e.Tags),
		AssumeRolePolicyDocument: s.shown(ctx, r.Trust), AttachedManagedPolicies: r.Grants.attached(nil), RolePolicyList: r.Grants.inlineDetails(),
		PermissionsBoundary: boundaryInfo(r.Grants.Boundary), InstanceProfileList: s.profileInfos(ctx, in), RoleLastUsed: &types.RoleLastUsed{},
	}
}

func policyDetail(p *managedPolicy, u uses) types.ManagedPolicyDetail {
	i := policyInfo(p, u)
	out := types.ManagedPolicyDetail{
		Arn: i.Arn, CreateDate: i.CreateDate, UpdateDate: i.UpdateDate, Path: i.Path, PolicyId: i.PolicyId, PolicyName: i.PolicyName,
		DefaultVersionId: i.DefaultVersionId, AttachmentCount: i.AttachmentCount, PermissionsBoundaryUsageCount: i.PermissionsBoundaryUsageCount,
		IsAttachable: i.IsAttachable, PolicyVersionList: p.newestFirst(),
	}
	if p.Description != nil {
		out.Description = aws.String(*p.Description)
	}
	return out
}
