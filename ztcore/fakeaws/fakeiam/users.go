package fakeiam

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

func (s *Service) installUsers(c *fakeaws.Cloud) {
	fakeaws.On(c, s.CreateUser, "UserName", "Path", "PermissionsBoundary", "Tags")
	fakeaws.On(c, s.GetUser, "UserName")
	fakeaws.On(c, s.ListUsers, "PathPrefix", "Marker", "MaxItems")
	fakeaws.On(c, s.UpdateUser, "UserName", "NewPath", "NewUserName")
	fakeaws.On(c, s.DeleteUser, "UserName")
}

// CreateUser makes a user without any permission.
func (s *Service) CreateUser(ctx context.Context, in *iam.CreateUserInput, _ ...opt) (*iam.CreateUserOutput, error) {
	a := s.in(ctx)
	if err := checkName("userName", in.UserName, longestUser); err != nil {
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
	boundary, err := s.boundary(ctx, in.PermissionsBoundary)
	if err != nil {
		return nil, err
	}
	if a.Users.get(*in.UserName) != nil {
		return nil, alreadyExists("User with name %s already exists.", *in.UserName)
	}
	u := &user{Entity: s.entity(ctx, "user", "AIDA", path, *in.UserName), Grants: grants{Boundary: boundary}}
	u.Entity.Tags = tags
	a.Users.put(u.Entity.Name, u)
	s.register(ctx, u.Entity)
	out := userInfo(u)
	out.PermissionsBoundary, out.Tags = boundaryInfo(boundary), copiedTags(tags)
	return &iam.CreateUserOutput{User: &out}, nil
}

// GetUser answers the caller itself when no name is given.
func (s *Service) GetUser(ctx context.Context, in *iam.GetUserInput, _ ...opt) (*iam.GetUserOutput, error) {
	if in.UserName == nil {
		if u, ok := administrator(fakeaws.CallFrom(ctx)); ok {
			return &iam.GetUserOutput{User: u}, nil
		}
	}
	u, err := s.userOrCaller(ctx, in.UserName)
	if err != nil {
		return nil, err
	}
	out := userInfo(u)
	out.PermissionsBoundary, out.Tags = boundaryInfo(u.Grants.Boundary), copiedTags(u.Entity.Tags)
	return &iam.GetUserOutput{User: &out}, nil
}

// ListUsers leaves out tags and boundaries, as AWS does.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListUsers.html
func (s *Service) ListUsers(ctx context.Context, in *iam.ListUsersInput, _ ...opt) (*iam.ListUsersOutput, error) {
	found := under(s.in(ctx).Users.all(), in.PathPrefix, func(u *user) string { return u.Entity.Path })
	users, more, next, err := page(ctx, found, in.Marker, in.MaxItems)
	return &iam.ListUsersOutput{Users: each(users, userInfo), IsTruncated: more, Marker: next}, err
}

// UpdateUser renames or moves a user. Its unique id stays, so policies that name the user follow.
func (s *Service) UpdateUser(ctx context.Context, in *iam.UpdateUserInput, _ ...opt) (*iam.UpdateUserOutput, error) {
	a := s.in(ctx)
	u, err := a.user(in.UserName)
	if err != nil {
		return nil, err
	}
	name, path := u.Entity.Name, u.Entity.Path
	if in.NewPath != nil {
		if path, err = checkPath(in.NewPath); err != nil {
			return nil, err
		}
	}
	if in.NewUserName != nil {
		if err := checkName("newUserName", in.NewUserName, longestUser); err != nil {
			return nil, err
		}
		name = *in.NewUserName
		if other := a.Users.get(name); other != nil && other != u {
			return nil, alreadyExists("User with name %s already exists.", name)
		}
	}
	s.unregister(ctx, u.Entity)
	a.Users.remove(u.Entity.Name)
	for _, d := range a.MFA.all() {
		if d.User == key(u.Entity.Name) {
			d.User = key(name)
		}
	}
	u.Entity.Name, u.Entity.Path, u.Entity.ARN = name, path, arn(ctx, "user", path, name)
	a.Users.put(name, u)
	s.register(ctx, u.Entity)
	return &iam.UpdateUserOutput{}, nil
}

// DeleteUser refuses a user that still holds anything.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_DeleteUser.html
func (s *Service) DeleteUser(ctx context.Context, in *iam.DeleteUserInput, _ ...opt) (*iam.DeleteUserOutput, error) {
	a := s.in(ctx)
	u, err := a.user(in.UserName)
	if err != nil {
		return nil, err
	}
	switch {
	case len(u.Groups) > 0:
		return nil, deleteConflict("Cannot delete entity, must remove users from group first.")
	case len(u.Grants.Attached) > 0:
		return nil, deleteConflict("Cannot delete entity, must detach all policies first.")
	case len(u.Grants.Inline) > 0:
		return nil, deleteConflict("Cannot delete entity, must delete policies first.")
	case u.Login != nil:
		return nil, deleteConflict("Cannot delete entity, must delete login profile first.")
	case len(u.Keys) > 0:
		return nil, deleteConflict("Cannot delete entity, must delete access keys first.")
	case len(a.devicesOf(u)) > 0:
		return nil, deleteConflict("Cannot delete entity, must delete MFA device first.")
	}
	a.Users.remove(u.Entity.Name)
	s.unregister(ctx, u.Entity)
	return &iam.DeleteUserOutput{}, nil
}

func (a *account) user(name *string) (*user, error) {
	if u := a.Users.get(aws.ToString(name)); u != nil {
		return u, nil
	}
	return nil, noSuchEntity("The user with name %s cannot be found.", aws.ToString(name))
}

// userOrCaller is the named user, or who signed the request where the name may be left out.
func (s *Service) userOrCaller(ctx context.Context, name *string) (*user, error) {
	if name == nil {
		_, rest, isUser := strings.Cut(fakeaws.CallFrom(ctx).Caller.ARN, ":user/")
		if !isUser {
			return nil, invalid("Must specify userName when calling with non-User credentials")
		}
		rest = rest[strings.LastIndex(rest, "/")+1:]
		name = &rest
	}
	return s.in(ctx).user(name)
}

// administrator is the user that Cloud.Config signs as, which is in no list.
func administrator(call fakeaws.Call) (*types.User, bool) {
	if !adminPattern.MatchString(call.Caller.ARN) {
		return nil, false
	}
	return &types.User{
		Arn: aws.String(call.Caller.ARN), UserId: aws.String(call.Caller.UserID), UserName: aws.String("administrator"),
		Path: aws.String("/"), CreateDate: aws.Time(awsManagedSince),
	}, true
}

func userInfo(u *user) types.User {
	e := u.Entity
	return types.User{Arn: &e.ARN, CreateDate: &e.Created, Path: &e.Path, UserId: &e.ID, UserName: &e.Name}
}

// entity makes what a new thing of a kind starts with.
func (s *Service) entity(ctx context.Context, kind, prefix, path, name string) entity {
	return entity{Name: name, Path: path, ARN: arn(ctx, kind, path, name), ID: s.cloud.UniqueID(prefix), Created: now()}
}

// arn places a name below its path, which begins and ends with a slash.
func arn(ctx context.Context, kind, path, name string) string {
	call := fakeaws.CallFrom(ctx)
	return "arn:" + call.Partition() + ":iam::" + call.Account + ":" + kind + path + name
}

// now is in UTC and in whole seconds, as IAM's dates are.
func now() time.Time { return time.Now().UTC().Truncate(time.Second) }
