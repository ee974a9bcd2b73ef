package fakeiam

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// mostGroups is how many groups a user may be in.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const mostGroups = 10

func (s *Service) installGroups(c *fakeaws.Cloud) {
	fakeaws.On(c, s.CreateGroup, "GroupName", "Path")
	fakeaws.On(c, s.GetGroup, "GroupName", "Marker", "MaxItems")
	fakeaws.On(c, s.ListGroups, "PathPrefix", "Marker", "MaxItems")
	fakeaws.On(c, s.UpdateGroup, "GroupName", "NewPath")
	fakeaws.On(c, s.DeleteGroup, "GroupName")
	fakeaws.On(c, s.AddUserToGroup, "GroupName", "UserName")
	fakeaws.On(c, s.RemoveUserFromGroup, "GroupName", "UserName")
	fakeaws.On(c, s.ListGroupsForUser, "UserName", "Marker", "MaxItems")
}

// CreateGroup makes an empty group.
func (s *Service) CreateGroup(ctx context.Context, in *iam.CreateGroupInput, _ ...opt) (*iam.CreateGroupOutput, error) {
	a := s.in(ctx)
	if err := checkName("groupName", in.GroupName, longestName); err != nil {
		return nil, err
	}
	path, err := checkPath(in.Path)
	if err != nil {
		return nil, err
	}
	if a.Groups.get(*in.GroupName) != nil {
		return nil, alreadyExists("Group with name %s already exists.", *in.GroupName)
	}
	g := &group{Entity: s.entity(ctx, "group", "AGPA", path, *in.GroupName)}
	a.Groups.put(g.Entity.Name, g)
	out := groupInfo(g)
	return &iam.CreateGroupOutput{Group: &out}, nil
}

// GetGroup answers a group with one page of its users.
func (s *Service) GetGroup(ctx context.Context, in *iam.GetGroupInput, _ ...opt) (*iam.GetGroupOutput, error) {
	a := s.in(ctx)
	g, err := a.group(in.GroupName)
	if err != nil {
		return nil, err
	}
	users, more, next, err := page(ctx, a.members(g), in.Marker, in.MaxItems)
	out := groupInfo(g)
	return &iam.GetGroupOutput{Group: &out, Users: each(users, userInfo), IsTruncated: more, Marker: next}, err
}

// ListGroups answers the groups below a path.
func (s *Service) ListGroups(ctx context.Context, in *iam.ListGroupsInput, _ ...opt) (*iam.ListGroupsOutput, error) {
	found := under(s.in(ctx).Groups.all(), in.PathPrefix, func(g *group) string { return g.Entity.Path })
	groups, more, next, err := page(ctx, found, in.Marker, in.MaxItems)
	return &iam.ListGroupsOutput{Groups: each(groups, groupInfo), IsTruncated: more, Marker: next}, err
}

// UpdateGroup moves a group to another path. Renaming is not modelled.
func (s *Service) UpdateGroup(ctx context.Context, in *iam.UpdateGroupInput, _ ...opt) (*iam.UpdateGroupOutput, error) {
	g, err := s.in(ctx).group(in.GroupName)
	if err != nil {
		return nil, err
	}
	if in.NewPath != nil {
		path, err := checkPath(in.NewPath)
		if err != nil {
			return nil, err
		}
		g.Entity.Path, g.Entity.ARN = path, arn(ctx, "group", path, g.Entity.Name)
	}
	return &iam.UpdateGroupOutput{}, nil
}

// DeleteGroup refuses a group with users or policies.
func (s *Service) DeleteGroup(ctx context.Context, in *iam.DeleteGroupInput, _ ...opt) (*iam.DeleteGroupOutput, error) {
	a := s.in(ctx)
	g, err := a.group(in.GroupName)
	if err != nil {
		return nil, err
	}
	switch {
	case len(a.members(g)) > 0:
		return nil, deleteConflict("Cannot delete entity, must remove users from group first.")
	case len(g.Grants.Attached) > 0:
		return nil, deleteConflict("Cannot delete entity, must detach all policies first.")
	case len(g.Grants.Inline) > 0:
		return nil, deleteConflict("Cannot delete entity, must delete policies first.")
	}
	a.Groups.remove(g.Entity.Name)
	return &iam.DeleteGroupOutput{}, nil
}

// AddUserToGroup makes a user a member; one that is already is no error.
func (s *Service) AddUserToGroup(ctx context.Context, in *iam.AddUserToGroupInput, _ ...opt) (*iam.AddUserToGroupOutput, error) {
	g, u, err := s.in(ctx).groupAndUser(in.GroupName, in.UserName)
	if err != nil {
		return nil, err
	}
	k := key(g.Entity.Name)
	at, there := slices.BinarySearch(u.Groups, k)
	if !there {
		if len(u.Groups) >= mostGroups {
			return nil, limitExceeded("Cannot exceed quota for GroupsPerUser: %d", mostGroups)
		}
		u.Groups = slices.Insert(u.Groups, at, k)
	}
	return &iam.AddUserToGroupOutput{}, nil
}

// RemoveUserFromGroup ends a membership; none is no error.
func (s *Service) RemoveUserFromGroup(ctx context.Context, in *iam.RemoveUserFromGroupInput, _ ...opt) (*iam.RemoveUserFromGroupOutput, error) {
	g, u, err := s.in(ctx).groupAndUser(in.GroupName, in.UserName)
	if err != nil {
		return nil, err
	}
	if at, there := slices.BinarySearch(u.Groups, key(g.Entity.Name)); there {
		u.Groups = slices.Delete(u.Groups, at, at+1)
	}
	return &iam.RemoveUserFromGroupOutput{}, nil
}

// ListGroupsForUser answers the groups that a user is in.
func (s *Service) ListGroupsForUser(ctx context.Context, in *iam.ListGroupsForUserInput, _ ...opt) (*iam.ListGroupsForUserOutput, error) {
	a := s.in(ctx)
	u, err := a.user(in.UserName)
	if err != nil {
		return nil, err
	}
	found := each(u.Groups, func(k string) types.Group { return groupInfo(a.Groups.get(k)) })
	groups, more, next, err := page(ctx, found, in.Marker, in.MaxItems)
	return &iam.ListGroupsForUserOutput{Groups: groups, IsTruncated: more, Marker: next}, err
}

func (a *account) group(name *string) (*group, error) {
	if g := a.Groups.get(aws.ToString(name)); g != nil {
		return g, nil
	}
	return nil, noSuchEntity("The group with name %s cannot be found.", aws.ToString(name))
}

func (a *account) groupAndUser(groupName, userName *string) (*group, *user, error) {
	g, err := a.group(groupName)
	if err != nil {
		return nil, nil, err
	}
	u, err := a.user(userName)
	return g, u, err
}

func (a *account) members(g *group) []*user {
	return slices.DeleteFunc(a.Users.all(), func(u *user) bool {
		_, in := slices.BinarySearch(u.Groups, key(g.Entity.Name))
		return !in
	})
}

func groupInfo(g *group) types.Group {
	e := g.Entity
	return types.Group{Arn: &e.ARN, CreateDate: &e.Created, GroupId: &e.ID, GroupName: &e.Name, Path: &e.Path}
}
