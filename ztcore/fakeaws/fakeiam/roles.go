package fakeiam

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// The length of a role's sessions, in seconds.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html
const (
	shortestSession = 3600 // also the default
	longestSession  = 43200
)

const longestDescription = 1000

func (s *Service) installRoles(c *fakeaws.Cloud) {
	fakeaws.On(c, s.CreateRole, "AssumeRolePolicyDocument", "RoleName", "Description", "MaxSessionDuration", "Path", "PermissionsBoundary", "Tags")
	fakeaws.On(c, s.GetRole, "RoleName")
	fakeaws.On(c, s.ListRoles, "PathPrefix", "Marker", "MaxItems")
	fakeaws.On(c, s.UpdateRole, "RoleName", "Description", "MaxSessionDuration")
	fakeaws.On(c, s.UpdateRoleDescription, "RoleName", "Description")
	fakeaws.On(c, s.UpdateAssumeRolePolicy, "RoleName", "PolicyDocument")
	fakeaws.On(c, s.DeleteRole, "RoleName")
}

// CreateRole makes a role whose sessions last an hour unless the input says otherwise.
func (s *Service) CreateRole(ctx context.Context, in *iam.CreateRoleInput, _ ...opt) (*iam.CreateRoleOutput, error) {
	a := s.in(ctx)
	if err := checkName("roleName", in.RoleName, longestRole); err != nil {
		return nil, err
	}
	path, err := checkPath(in.Path)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(path, "/aws-service-role/") {
		return nil, invalid("The specified value for path is invalid. The path /aws-service-role/ is reserved for service-linked roles.")
	}
	r := &role{MaxSession: shortestSession}
	if err := r.describe(in.Description, in.MaxSessionDuration); err != nil {
		return nil, err
	}
	tags, err := retag(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	if r.Trust, err = s.trustDocument(ctx, in.AssumeRolePolicyDocument); err != nil {
		return nil, err
	}
	if r.Grants.Boundary, err = s.boundary(ctx, in.PermissionsBoundary); err != nil {
		return nil, err
	}
	if a.Roles.get(*in.RoleName) != nil {
		return nil, alreadyExists("Role with name %s already exists.", *in.RoleName)
	}
	r.Entity = s.entity(ctx, "role", "AROA", path, *in.RoleName)
	r.Entity.Tags = tags
	a.Roles.put(r.Entity.Name, r)
	s.register(ctx, r.Entity)
	// CreateRole answers neither the description nor the session's length; it does answer tags and boundary.
	out := s.roleInfo(ctx, r)
	out.Description, out.MaxSessionDuration = nil, nil
	out.PermissionsBoundary, out.Tags = boundaryInfo(r.Grants.Boundary), copiedTags(tags)
	return &iam.CreateRoleOutput{Role: &out}, nil
}

// GetRole answers everything there is to know of a role.
func (s *Service) GetRole(ctx context.Context, in *iam.GetRoleInput, _ ...opt) (*iam.GetRoleOutput, error) {
	r, err := s.in(ctx).role(in.RoleName)
	if err != nil {
		return nil, err
	}
	out := s.fullRole(ctx, r)
	return &iam.GetRoleOutput{Role: &out}, nil
}

// ListRoles leaves out tags, boundaries and last use, as AWS does.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html
func (s *Service) ListRoles(ctx context.Context, in *iam.ListRolesInput, _ ...opt) (*iam.ListRolesOutput, error) {
	found := under(s.in(ctx).Roles.all(), in.PathPrefix, func(r *role) string { return r.Entity.Path })
	roles, more, next, err := page(ctx, found, in.Marker, in.MaxItems)
	infos := each(roles, func(r *role) types.Role { return s.roleInfo(ctx, r) })
	return &iam.ListRolesOutput{Roles: infos, IsTruncated: more, Marker: next}, err
}

// UpdateRole sets what is given and leaves the rest.
func (s *Service) UpdateRole(ctx context.Context, in *iam.UpdateRoleInput, _ ...opt) (*iam.UpdateRoleOutput, error) {
	r, err := s.in(ctx).ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	return &iam.UpdateRoleOutput{}, r.describe(in.Description, in.MaxSessionDuration)
}

// UpdateRoleDescription is the older form of UpdateRole. A service-linked role may be described anew too.
func (s *Service) UpdateRoleDescription(ctx context.Context, in *iam.UpdateRoleDescriptionInput, _ ...opt) (*iam.UpdateRoleDescriptionOutput, error) {
	r, err := s.in(ctx).role(in.RoleName)
	if err != nil {
		return nil, err
	}
	if err := r.describe(in.Description, nil); err != nil {
		return nil, err
	}
	out := s.fullRole(ctx, r)
	return &iam.UpdateRoleDescriptionOutput{Role: &out}, nil
}

// UpdateAssumeRolePolicy replaces the trust policy.
func (s *Service) UpdateAssumeRolePolicy(ctx context.Context, in *iam.UpdateAssumeRolePolicyInput, _ ...opt) (*iam.UpdateAssumeRolePolicyOutput, error) {
	r, err := s.in(ctx).ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	trust, err := s.trustDocument(ctx, in.PolicyDocument)
	if err != nil {
		return nil, err
	}
	r.Trust = trust
	return &iam.UpdateAssumeRolePolicyOutput{}, nil
}

// DeleteRole refuses a role that holds policies or is in an instance profile.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteRole.html
func (s *Service) DeleteRole(ctx context.Context, in *iam.DeleteRoleInput, _ ...opt) (*iam.DeleteRoleOutput, error) {
	a := s.in(ctx)
	r, err := a.ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	switch {
	case len(a.profilesOf(r)) > 0:
		return nil, deleteConflict("Cannot delete entity, must remove roles from instance profile first.")
	case len(r.Grants.Attached) > 0:
		return nil, deleteConflict("Cannot delete entity, must detach all policies first.")
	case len(r.Grants.Inline) > 0:
		return nil, deleteConflict("Cannot delete entity, must delete policies first.")
	}
	a.Roles.remove(r.Entity.Name)
	s.unregister(ctx, r.Entity)
	return &iam.DeleteRoleOutput{}, nil
}

func (a *account) role(name *string) (*role, error) {
	if r := a.Roles.get(aws.ToString(name)); r != nil {
		return r, nil
	}
	return nil, noSuchEntity("The role with name %s cannot be found.", aws.ToString(name))
}

// ownRole is a role that the account itself may change.
func (a *account) ownRole(name *string) (*role, error) {
	r, err := a.role(name)
	if err == nil && r.Service != "" {
		return nil, unmodifiable(r.Entity.Name)
	}
	return r, err
}

// describe sets the description and the session's length, of which nil leaves what is.
func (r *role) describe(description *string, session *int32) error {
	if description != nil && utf8.RuneCountInString(*description) > longestDescription {
		return invalid("1 validation error detected: Value at 'description' failed to satisfy constraint: Member must have length less than or equal to %d", longestDescription)
	}
	if session != nil && (*session < shortestSession || *session > longestSession) {
		return invalid("1 validation error detected: Value '%d' at 'maxSessionDuration' failed to satisfy constraint: Member must have value between %d and %d", *session, shortestSession, longestSession)
	}
	if description != nil {
		r.Description = aws.String(*description)
	}
	if session != nil {
		r.MaxSession = *session
	}
	return nil
}

// roleInfo is a role as lists show it.
func (s *Service) roleInfo(ctx context.Context, r *role) types.Role {
	e, session := r.Entity, r.MaxSession
	out := types.Role{
		Arn: &e.ARN, CreateDate: &e.Created, Path: &e.Path, RoleId: &e.ID, RoleName: &e.Name,
		AssumeRolePolicyDocument: s.shown(ctx, r.Trust), MaxSessionDuration: &session,
	}
	if r.Description != nil {
		out.Description = aws.String(*r.Description)
	}
	return out
}

func (s *Service) fullRole(ctx context.Context, r *role) types.Role {
	out := s.roleInfo(ctx, r)
	out.PermissionsBoundary, out.Tags = boundaryInfo(r.Grants.Boundary), copiedTags(r.Entity.Tags)
	out.RoleLastUsed = &types.RoleLastUsed{} // there, but empty, for a role that was never used
	return out
}
