package fakeiam

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

func (s *Service) installInstanceProfiles(c *fakeaws.Cloud) {
	fakeaws.On(c, s.CreateInstanceProfile, "InstanceProfileName", "Path", "Tags")
	fakeaws.On(c, s.GetInstanceProfile, "InstanceProfileName")
	fakeaws.On(c, s.ListInstanceProfiles, "PathPrefix", "Marker", "MaxItems")
	fakeaws.On(c, s.ListInstanceProfilesForRole, "RoleName", "Marker", "MaxItems")
	fakeaws.On(c, s.AddRoleToInstanceProfile, "InstanceProfileName", "RoleName")
	fakeaws.On(c, s.RemoveRoleFromInstanceProfile, "InstanceProfileName", "RoleName")
	fakeaws.On(c, s.DeleteInstanceProfile, "InstanceProfileName")
}

// CreateInstanceProfile makes a profile without a role.
func (s *Service) CreateInstanceProfile(ctx context.Context, in *iam.CreateInstanceProfileInput, _ ...opt) (*iam.CreateInstanceProfileOutput, error) {
	a := s.in(ctx)
	if err := checkName("instanceProfileName", in.InstanceProfileName, longestName); err != nil {
		return nil, err
	}
	path, err := checkPath(in.Path)
	if err != nil {
		return nil, err
	}
	tags, err := retag(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	if a.Profiles.get(*in.InstanceProfileName) != nil {
		return nil, alreadyExists("Instance Profile %s already exists.", *in.InstanceProfileName)
	}
	p := &profile{Entity: s.entity(ctx, "instance-profile", "AIPA", path, *in.InstanceProfileName)}
	p.Entity.Tags = tags
	a.Profiles.put(p.Entity.Name, p)
	out := s.profileInfo(ctx, p)
	out.Tags = copiedTags(tags)
	return &iam.CreateInstanceProfileOutput{InstanceProfile: &out}, nil
}

// GetInstanceProfile answers a profile with its role.
func (s *Service) GetInstanceProfile(ctx context.Context, in *iam.GetInstanceProfileInput, _ ...opt) (*iam.GetInstanceProfileOutput, error) {
	p, err := s.in(ctx).profile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	out := s.profileInfo(ctx, p)
	out.Tags = copiedTags(p.Entity.Tags)
	return &iam.GetInstanceProfileOutput{InstanceProfile: &out}, nil
}

// ListInstanceProfiles leaves out tags, as AWS does.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListInstanceProfiles.html
func (s *Service) ListInstanceProfiles(ctx context.Context, in *iam.ListInstanceProfilesInput, _ ...opt) (*iam.ListInstanceProfilesOutput, error) {
	found := under(s.in(ctx).Profiles.all(), in.PathPrefix, func(p *profile) string { return p.Entity.Path })
	some, more, next, err := page(ctx, found, in.Marker, in.MaxItems)
	return &iam.ListInstanceProfilesOutput{InstanceProfiles: s.profileInfos(ctx, some), IsTruncated: more, Marker: next}, err
}

// ListInstanceProfilesForRole answers the profiles that hold a role.
func (s *Service) ListInstanceProfilesForRole(ctx context.Context, in *iam.ListInstanceProfilesForRoleInput, _ ...opt) (*iam.ListInstanceProfilesForRoleOutput, error) {
	a := s.in(ctx)
	r, err := a.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	some, more, next, err := page(ctx, a.profilesOf(r), in.Marker, in.MaxItems)
	return &iam.ListInstanceProfilesForRoleOutput{InstanceProfiles: s.profileInfos(ctx, some), IsTruncated: more, Marker: next}, err
}

// AddRoleToInstanceProfile refuses a second role, were it the same.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_AddRoleToInstanceProfile.html
func (s *Service) AddRoleToInstanceProfile(ctx context.Context, in *iam.AddRoleToInstanceProfileInput, _ ...opt) (*iam.AddRoleToInstanceProfileOutput, error) {
	a := s.in(ctx)
	p, err := a.profile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	r, err := a.ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	if p.Role != "" {
		return nil, limitExceeded("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1")
	}
	p.Role = key(r.Entity.Name)
	return &iam.AddRoleToInstanceProfileOutput{}, nil
}

// RemoveRoleFromInstanceProfile empties a profile.
func (s *Service) RemoveRoleFromInstanceProfile(ctx context.Context, in *iam.RemoveRoleFromInstanceProfileInput, _ ...opt) (*iam.RemoveRoleFromInstanceProfileOutput, error) {
	a := s.in(ctx)
	p, err := a.profile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	r, err := a.role(in.RoleName)
	if err != nil {
		return nil, err
	}
	if p.Role != key(r.Entity.Name) {
		return nil, noSuchEntity("The role with name %s cannot be found.", r.Entity.Name)
	}
	p.Role = ""
	return &iam.RemoveRoleFromInstanceProfileOutput{}, nil
}

// DeleteInstanceProfile refuses a profile that holds a role.
func (s *Service) DeleteInstanceProfile(ctx context.Context, in *iam.DeleteInstanceProfileInput, _ ...opt) (*iam.DeleteInstanceProfileOutput, error) {
	a := s.in(ctx)
	p, err := a.profile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	if p.Role != "" {
		return nil, deleteConflict("Cannot delete entity, must remove roles from instance profile first.")
	}
	a.Profiles.remove(p.Entity.Name)
	return &iam.DeleteInstanceProfileOutput{}, nil
}

func (a *account) profile(name *string) (*profile, error) {
	if p := a.Profiles.get(aws.ToString(name)); p != nil {
		return p, nil
	}
	return nil, noSuchEntity("Instance Profile %s cannot be found.", aws.ToString(name))
}

func (a *account) profilesOf(r *role) []*profile {
	return slices.DeleteFunc(a.Profiles.all(), func(p *profile) bool { return p.Role != key(r.Entity.Name) })
}

func (s *Service) profileInfos(ctx context.Context, some []*profile) []types.InstanceProfile {
	return each(some, func(p *profile) types.InstanceProfile { return s.profileInfo(ctx, p) })
}

// profileInfo is a profile as lists show it.
func (s *Service) profileInfo(ctx context.Context, p *profile) types.InstanceProfile {
	e := p.Entity
	out := types.InstanceProfile{
		Arn: &e.ARN, CreateDate: &e.Created, InstanceProfileId: &e.ID, InstanceProfileName: &e.Name, Path: &e.Path, Roles: []types.Role{},
	}
	if r := s.in(ctx).Roles.get(p.Role); r != nil {
		info := s.roleInfo(ctx, r)
		info.Description, info.MaxSessionDuration = nil, nil // not answered here
		out.Roles = append(out.Roles, info)
	}
	return out
}
