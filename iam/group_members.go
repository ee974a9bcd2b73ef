package iam

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// groupMembers are all users of one group. They do not vanish with it: a user can't be deleted while in a group.
var groupMembers = ztcore.SetKind[id.UserName]{
	Name: "iam.GroupMembers", Permissions: &groupMembersNeed, ID: func(u id.UserName) string { return string(u) },
	List: listMembers, Add: addMembers, Remove: removeMembers,
	Controls: []string{"NIST SP 800-207 tenet 3", "CISA ZTMM Identity"},
}.Kind()

var groupMembersNeed = ztcore.Permissions{
	Read:   []string{"iam:GetAccountAuthorizationDetails", "iam:GetGroup"},
	Write:  []string{"iam:AddUserToGroup", "iam:RemoveUserFromGroup"},
	Delete: []string{"iam:RemoveUserFromGroup"},
}

// listMembers turns the account's users around for many groups: each user says which groups it is in.
func listMembers(ctx context.Context, sc *ztcore.Scope, names []string) (map[string][]id.UserName, error) {
	found := map[string][]id.UserName{}
	if len(names) == 1 {
		members, err := membersOf(ctx, sc, names[0])
		if err == nil {
			found[names[0]] = members
		}
		return found, unlessAbsent(err)
	}
	groups, err := list(ctx, sc, types.EntityTypeGroup)
	if err != nil {
		return nil, err
	}
	users, err := list(ctx, sc, types.EntityTypeUser)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if _, ok := groups.groups[name]; !ok {
			continue
		}
		found[name] = []id.UserName{}
		for user, details := range users.users {
			if slices.Contains(details.GroupList, name) {
				found[name] = append(found[name], id.UserName(user))
			}
		}
	}
	return found, nil
}

func membersOf(ctx context.Context, sc *ztcore.Scope, group string) (members []id.UserName, err error) {
	c := iam.NewFromConfig(sc.Config)
	users, err := allPages(func(marker *string) ([]types.User, *string, error) {
		out, err := answer(c.GetGroup(ctx, &iam.GetGroupInput{GroupName: &group, Marker: marker}))
		return out.Users, out.Marker, err
	})
	for _, u := range users {
		members = append(members, id.UserName(*u.UserName))
	}
	return members, err
}

func addMembers(ctx context.Context, sc *ztcore.Scope, group string, members []id.UserName) error {
	c := iam.NewFromConfig(sc.Config)
	for _, u := range members {
		if _, err := c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: &group, UserName: (*string)(&u)}); err != nil {
			return err
		}
	}
	return nil
}

func removeMembers(ctx context.Context, sc *ztcore.Scope, group string, members []id.UserName) error {
	c := iam.NewFromConfig(sc.Config)
	for _, u := range members {
		if err := leaveGroup(ctx, c, group, string(u)); err != nil {
			return err
		}
	}
	return nil
}

func leaveGroup(ctx context.Context, c *iam.Client, group, user string) error {
	_, err := c.RemoveUserFromGroup(ctx, &iam.RemoveUserFromGroupInput{GroupName: &group, UserName: &user})
	return unlessAbsent(err)
}
