package iam

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// Group is a group of users. IAM keeps no tags for groups, so one that exists under the name is taken over without
// being asked, and pruning does not find it.
type Group struct {
	Name string // 1–128 letters, digits and _+=,.@-
	Path string // "/" if empty; a change moves the group

	// Members are the users in it. nil means not managed; otherwise there are no others.
	Members []id.UserName
	// Inline are inline policies by name. nil means not managed; otherwise there are no others.
	Inline map[string]policy.Document
	// Attached are the managed policies, at most 10. nil means not managed; otherwise there are no others.
	Attached []id.PolicyARN
}

// GroupName is the group's name, for what has to wait for the group.
func (g Group) GroupName() string { return groups.Ref(g.Name, "Name") }

// ARN is the group's ARN, known before the group exists. A group is no principal: no policy can name it as one.
func (g Group) ARN() id.ARN { return id.ARN(groups.Ref(g.Name, "ARN")) }

// Declare implements ztcore.Resource.
func (g Group) Declare(d *ztcore.Declaration) {
	groups.Declare(d, g.Name, groupState{Name: g.Name, Path: orRoot(g.Path)})
	grants{groupPolicies, groupAttachments, g.Inline, g.Attached}.declare(d, g.Name, g.GroupName())
	if g.Members != nil {
		groupMembers.Declare(d, g.Name, ztcore.Set[id.UserName]{Parent: g.GroupName(), Members: g.Members})
	}
}

type groupState struct {
	Name    string `zt:"key"`
	Path    string
	ARN     id.ARN    `zt:"output"`
	Created time.Time `zt:"output"`
}

var groups = &ztcore.Kind[groupState]{
	Name: "iam.Group", Permissions: &groupsNeed, Read: readGroups, Create: createGroup, Update: updateGroup, Delete: deleteGroup,
	Predict: func(sc *ztcore.Scope, want *groupState) {
		want.ARN = id.ARN(arnOf(sc, "group"+want.Path+want.Name))
	},
	Check: func(want groupState) []ztcore.Finding {
		return append(checkName(want.Name, 128), checkPath(want.Path)...)
	},
	CheckAll: differOnlyInCase(func(s groupState) string { return s.Name }),
	Retry:    []ztcore.Retry{stillHeld},
	Controls: []string{"CIS AWS 3.0 1.15", "NIST SP 800-207 tenet 3", "CISA ZTMM Identity"},
}

var groupsNeed = ztcore.Permissions{
	Read:   []string{"iam:GetAccountAuthorizationDetails", "iam:GetGroup"},
	Write:  []string{"iam:CreateGroup", "iam:UpdateGroup"},
	Delete: []string{"iam:DeleteGroup", "iam:DeleteGroupPolicy", "iam:DetachGroupPolicy", "iam:ListAttachedGroupPolicies", "iam:ListGroupPolicies", "iam:RemoveUserFromGroup"},
}

func readGroups(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[groupState]) ([]groupState, error) {
	var out []groupState
	switch len(q.Want) {
	case 0:
		return nil, nil // nothing tells which groups are whose
	case 1:
		g, err := iam.NewFromConfig(sc.Config).GetGroup(ctx, &iam.GetGroupInput{GroupName: &q.Want[0].Name, MaxItems: aws.Int32(1)})
		if err == nil {
			out = append(out, groupState{Name: *g.Group.GroupName, Path: *g.Group.Path, ARN: id.ARN(*g.Group.Arn), Created: aws.ToTime(g.Group.CreateDate)})
		}
		return out, unlessAbsent(err)
	}
	all, err := list(ctx, sc, types.EntityTypeGroup)
	for _, g := range all.groups {
		out = append(out, groupState{Name: *g.GroupName, Path: *g.Path, ARN: id.ARN(*g.Arn), Created: aws.ToTime(g.CreateDate)})
	}
	return out, err
}

func createGroup(ctx context.Context, sc *ztcore.Scope, want groupState) error {
	_, err := iam.NewFromConfig(sc.Config).CreateGroup(ctx, &iam.CreateGroupInput{GroupName: &want.Name, Path: &want.Path})
	return err
}

func updateGroup(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[groupState]) error {
	_, err := iam.NewFromConfig(sc.Config).UpdateGroup(ctx, &iam.UpdateGroupInput{GroupName: &u.Want.Name, NewPath: &u.Want.Path})
	return err
}

// deleteGroup takes away first what keeps AWS from deleting a group.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_groups_manage_delete.html
func deleteGroup(ctx context.Context, sc *ztcore.Scope, have groupState) error {
	members, err := membersOf(ctx, sc, have.Name)
	if err == nil {
		err = removeMembers(ctx, sc, have.Name, members)
	}
	if err != nil {
		return unlessAbsent(err)
	}
	if err := groupHolder.strip(ctx, sc, have.Name); err != nil {
		return unlessAbsent(err)
	}
	c := iam.NewFromConfig(sc.Config)
	_, err = c.DeleteGroup(ctx, &iam.DeleteGroupInput{GroupName: &have.Name})
	return unlessAbsent(err)
}
