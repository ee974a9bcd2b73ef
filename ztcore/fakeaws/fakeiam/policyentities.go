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

func (s *Service) installPolicyEntities(c *fakeaws.Cloud) {
	fakeaws.On(c, s.ListEntitiesForPolicy, "PolicyArn", "EntityFilter", "PathPrefix", "PolicyUsageFilter", "Marker", "MaxItems")
}

// holder is an entity that has a policy, and of which kind it is.
type holder struct {
	kind types.EntityType
	entity
}

// ListEntitiesForPolicy answers who has a policy attached or is bounded by it: one page over groups, users and roles.
func (s *Service) ListEntitiesForPolicy(ctx context.Context, in *iam.ListEntitiesForPolicyInput, _ ...opt) (*iam.ListEntitiesForPolicyOutput, error) {
	p, err := s.policy(ctx, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	a := s.in(ctx)
	var found []holder
	consider := func(kind types.EntityType, e entity, g grants) {
		attached := slices.Contains(g.Attached, p.Entity.ARN) && in.PolicyUsageFilter != types.PolicyUsageTypePermissionsBoundary
		bounds := g.Boundary == p.Entity.ARN && in.PolicyUsageFilter != types.PolicyUsageTypePermissionsPolicy
		if (attached || bounds) && (in.EntityFilter == "" || in.EntityFilter == kind) && strings.HasPrefix(e.Path, aws.ToString(in.PathPrefix)) {
			found = append(found, holder{kind, e})
		}
	}
	for _, g := range a.Groups.all() {
		consider(types.EntityTypeGroup, g.Entity, g.Grants)
	}
	for _, u := range a.Users.all() {
		consider(types.EntityTypeUser, u.Entity, u.Grants)
	}
	for _, r := range a.Roles.all() {
		consider(types.EntityTypeRole, r.Entity, r.Grants)
	}
	some, more, next, err := page(ctx, found, in.Marker, in.MaxItems)
	out := &iam.ListEntitiesForPolicyOutput{
		PolicyGroups: []types.PolicyGroup{}, PolicyUsers: []types.PolicyUser{}, PolicyRoles: []types.PolicyRole{}, IsTruncated: more, Marker: next,
	}
	for _, h := range some {
		switch h.kind {
		case types.EntityTypeGroup:
			out.PolicyGroups = append(out.PolicyGroups, types.PolicyGroup{GroupId: &h.ID, GroupName: &h.Name})
		case types.EntityTypeUser:
			out.PolicyUsers = append(out.PolicyUsers, types.PolicyUser{UserId: &h.ID, UserName: &h.Name})
		case types.EntityTypeRole:
			out.PolicyRoles = append(out.PolicyRoles, types.PolicyRole{RoleId: &h.ID, RoleName: &h.Name})
		}
	}
	return out, err
}
