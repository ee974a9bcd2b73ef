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

// User is a user without a password and without access keys; see MFA for its second factor. Where people or workloads
// can assume a role, prefer one: what a role has expires by itself.
type User struct {
	Name string // 1–64 letters, digits and _+=,.@-
	Path string // "/" if empty; a change moves the user, which keeps its credentials

	// Inline are inline policies by name. nil means not managed; otherwise there are no others.
	Inline map[string]policy.Document
	// Attached are the managed policies, at most 10. nil means not managed; otherwise there are no others.
	Attached []id.PolicyARN

	Boundary id.PolicyARN      // permissions boundary; empty leaves it as it is, NoBoundary removes it
	Tags     map[string]string // others' tags are left alone
}

// ARN is the user's ARN, known before the user exists.
func (u User) ARN() id.UserARN { return id.UserARN(users.Ref(u.Name, "ARN")) }

// UserName is the user's name, for what has to wait for the user but asks for the name.
func (u User) UserName() id.UserName { return id.UserName(users.Ref(u.Name, "Name")) }

// Declare implements ztcore.Resource.
func (u User) Declare(d *ztcore.Declaration) {
	n := users.Declare(d, u.Name, userState{Name: u.Name, Path: orRoot(u.Path), Boundary: wantedBoundary(u.Boundary), Tags: u.Tags})
	if u.Boundary == "" || u.Boundary == NoBoundary {
		n.Note("a user without a permissions boundary; prefer a role, or set Boundary")
	}
	grants{userPolicies, userAttachments, u.Inline, u.Attached}.declare(d, u.Name, string(u.UserName()))
}

type userState struct {
	Name     string `zt:"key"`
	Path     string
	Boundary *id.PolicyARN
	Tags     map[string]string `zt:"tags"`
	ARN      id.UserARN        `zt:"output"`
	Created  time.Time         `zt:"output"`
	Attached []string          `zt:"-"` // what goes after the user when both are no longer declared
}

var users = &ztcore.Kind[userState]{
	Name: "iam.User", Permissions: &usersNeed, Read: readUsers, Create: createUser, Update: updateUser, Delete: deleteUser,
	Predict: func(sc *ztcore.Scope, want *userState) {
		want.ARN = id.UserARN(arnOf(sc, "user"+want.Path+want.Name))
	},
	Check: func(want userState) []ztcore.Finding {
		out := checkName(want.Name, 64)
		out = append(out, checkPath(want.Path)...)
		return append(out, checkBoundary(want.Boundary)...)
	},
	CheckAll: differOnlyInCase(func(s userState) string { return s.Name }),
	Retry:    []ztcore.Retry{stillHeld, unsettled},
	Controls: []string{"CIS AWS 3.0 1.15", "NIST SP 800-207 tenet 6", "CISA ZTMM Identity"},
}

var usersNeed = ztcore.Permissions{
	Read:  []string{"iam:GetAccountAuthorizationDetails", "iam:GetUser"},
	Write: []string{"iam:CreateUser", "iam:DeleteUserPermissionsBoundary", "iam:PutUserPermissionsBoundary", "iam:TagUser", "iam:UpdateUser"},
	Delete: []string{
		"iam:DeactivateMFADevice", "iam:DeleteAccessKey", "iam:DeleteLoginProfile", "iam:DeleteSSHPublicKey", "iam:DeleteServiceSpecificCredential",
		"iam:DeleteSigningCertificate", "iam:DeleteUser", "iam:DeleteUserPolicy", "iam:DetachUserPolicy", "iam:ListAccessKeys", "iam:ListAttachedUserPolicies",
		"iam:ListGroupsForUser", "iam:ListMFADevices", "iam:ListSSHPublicKeys", "iam:ListServiceSpecificCredentials", "iam:ListSigningCertificates", "iam:ListUserPolicies",
		"iam:RemoveUserFromGroup",
	},
}

func readUsers(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[userState]) ([]userState, error) {
	if len(q.Want) == 1 && !q.Owned {
		return readUser(ctx, sc, q.Want[0].Name)
	}
	all, err := list(ctx, sc, types.EntityTypeUser)
	var out []userState
	for _, u := range all.users {
		s := seenUser(types.User{UserName: u.UserName, Path: u.Path, Arn: u.Arn, CreateDate: u.CreateDate, PermissionsBoundary: u.PermissionsBoundary, Tags: u.Tags})
		for _, p := range u.AttachedManagedPolicies {
			s.Attached = append(s.Attached, *p.PolicyArn)
		}
		out = append(out, s)
	}
	return out, err
}

func readUser(ctx context.Context, sc *ztcore.Scope, name string) ([]userState, error) {
	out, err := iam.NewFromConfig(sc.Config).GetUser(ctx, &iam.GetUserInput{UserName: &name})
	if err != nil {
		return nil, unlessAbsent(err)
	}
	return []userState{seenUser(*out.User)}, nil
}

func seenUser(u types.User) userState {
	return userState{
		Name: *u.UserName, Path: *u.Path, Boundary: seenBoundary(u.PermissionsBoundary), Tags: fromTags(u.Tags),
		ARN: id.UserARN(*u.Arn), Created: aws.ToTime(u.CreateDate),
	}
}

func createUser(ctx context.Context, sc *ztcore.Scope, want userState) error {
	_, err := iam.NewFromConfig(sc.Config).CreateUser(ctx, &iam.CreateUserInput{
		UserName: &want.Name, Path: &want.Path, PermissionsBoundary: boundaryOnCreate(want.Boundary), Tags: toTags(want.Tags),
	})
	return err
}

func updateUser(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[userState]) error {
	c := iam.NewFromConfig(sc.Config)
	name := &u.Want.Name
	if u.Changed("Boundary") {
		if err := putUserBoundary(ctx, c, *name, *u.Want.Boundary); err != nil {
			return err
		}
	}
	if u.Changed("Path") {
		if _, err := c.UpdateUser(ctx, &iam.UpdateUserInput{UserName: name, NewPath: &u.Want.Path}); err != nil {
			return err
		}
	}
	if u.Changed("Tags") {
		_, err := c.TagUser(ctx, &iam.TagUserInput{UserName: name, Tags: toTags(u.Want.Tags)})
		return err
	}
	return nil
}

func putUserBoundary(ctx context.Context, c *iam.Client, user string, boundary id.PolicyARN) error {
	if boundary == "" {
		_, err := c.DeleteUserPermissionsBoundary(ctx, &iam.DeleteUserPermissionsBoundaryInput{UserName: &user})
		return unlessAbsent(err)
	}
	_, err := c.PutUserPermissionsBoundary(ctx, &iam.PutUserPermissionsBoundaryInput{UserName: &user, PermissionsBoundary: (*string)(&boundary)})
	return err
}
