package iam

import (
	"context"
	"fmt"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// Role is a role: what a workload, a person's session or another account works as, without long-lived credentials.
type Role struct {
	Name        string // 1–64 letters, digits and _+=,.@-
	Path        string // "/" if empty; a change makes another role
	Description string // at most 1000 characters

	// TrustedBy is who may assume the role; for more than one principal, or with conditions, use Trust in its place.
	TrustedBy policy.Principal
	Trust     policy.Document

	// Inline is the role's inline policy, kept under the role's name; InlinePolicies are inline policies by name. If both
	// are left out, inline policies are not managed; otherwise there are no others.
	Inline         policy.Document
	InlinePolicies map[string]policy.Document
	// Attached are the managed policies, at most 10. nil means not managed; otherwise there are no others.
	Attached []id.PolicyARN

	Boundary   id.PolicyARN      // permissions boundary; empty leaves it as it is, NoBoundary removes it
	MaxSession time.Duration     // 1 to 12 hours, in whole seconds; 0 is 1 hour
	Tags       map[string]string // others' tags are left alone
}

// ARN is the role's ARN, known before the role exists.
func (r Role) ARN() id.RoleARN { return id.RoleARN(roles.Ref(r.Name, "ARN")) }

// RoleName is the role's name, for what has to wait for the role but asks for the name.
func (r Role) RoleName() id.RoleName { return id.RoleName(roles.Ref(r.Name, "Name")) }

// Declare implements ztcore.Resource.
func (r Role) Declare(d *ztcore.Declaration) {
	trust := r.Trust
	switch given := r.TrustedBy != (policy.Principal{}); {
	case given && !trust.IsZero():
		d.Reject(ztcore.Finding{Attribute: "Role " + r.Name, Message: "both TrustedBy and Trust are set", Fix: "name all principals in Trust"})
	case given:
		trust = policy.Trust(r.TrustedBy)
	}
	session := r.MaxSession
	if session == 0 {
		session = time.Hour
	}
	roles.Declare(d, r.Name, roleState{
		Name: r.Name, Path: orRoot(r.Path), Description: r.Description, Trust: trust, Boundary: wantedBoundary(r.Boundary),
		MaxSession: session.String(), Tags: r.Tags,
	})
	inline := r.InlinePolicies
	if !r.Inline.IsZero() {
		if _, twice := inline[r.Name]; twice {
			d.Reject(ztcore.Finding{Attribute: "Role " + r.Name, Message: "InlinePolicies has a policy of the name under which Inline is kept", Fix: "give it another name"})
		}
		inline = map[string]policy.Document{r.Name: r.Inline}
		maps.Copy(inline, r.InlinePolicies)
	}
	grants{rolePolicies, roleAttachments, inline, r.Attached}.declare(d, r.Name, string(r.RoleName()))
}

type roleState struct {
	Name        string `zt:"key"`
	Path        string `zt:"immutable"`
	Description string
	Trust       policy.Document
	Boundary    *id.PolicyARN
	MaxSession  string            // as time.Duration writes it, for people to read
	Tags        map[string]string `zt:"tags"`
	ARN         id.RoleARN        `zt:"output"`
	Created     time.Time         `zt:"output"`
	Attached    []string          `zt:"-"` // what goes after the role when both are no longer declared
}

var roles = &ztcore.Kind[roleState]{
	Name: "iam.Role", Permissions: &rolesNeed, Read: readRoles, Create: createRole, Update: updateRole, Delete: deleteRole,
	Predict: func(sc *ztcore.Scope, want *roleState) {
		want.ARN = id.RoleARN(arnOf(sc, "role"+want.Path+want.Name))
	},
	Check: checkRole, CheckAll: differOnlyInCase(func(s roleState) string { return s.Name }), Refuse: refuseRole, RefuseDelete: refuseOwnRole,
	Retry:    []ztcore.Retry{freshPrincipal, stillHeld},
	Controls: []string{"NIST SP 800-207 tenet 3", "NIST SP 800-207 tenet 4", "CISA ZTMM Identity"},
}

var rolesNeed = ztcore.Permissions{
	Read:  []string{"iam:GetAccountAuthorizationDetails", "iam:GetRole", "iam:ListRoles"},
	Write: []string{"iam:CreateRole", "iam:DeleteRolePermissionsBoundary", "iam:PutRolePermissionsBoundary", "iam:TagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole"},
	Delete: []string{
		"iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListRolePolicies",
		"iam:RemoveRoleFromInstanceProfile",
	},
}

// readRoles needs two listings: the account's details lack description and session length, the list of roles all else.
func readRoles(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[roleState]) ([]roleState, error) {
	if len(q.Want) == 1 && !q.Owned {
		return readRole(ctx, sc, q.Want[0].Name)
	}
	all, err := list(ctx, sc, types.EntityTypeRole)
	if err != nil {
		return nil, err
	}
	c := iam.NewFromConfig(sc.Config)
	listed, err := allPages(func(marker *string) ([]types.Role, *string, error) {
		page, err := answer(c.ListRoles(ctx, &iam.ListRolesInput{MaxItems: aws.Int32(pageSize), Marker: marker}))
		return page.Roles, page.Marker, err
	})
	var out []roleState
	for _, r := range listed {
		if details, ok := all.roles[*r.RoleName]; ok { // else it was made between the two listings
			out = append(out, detailedRole(r, details))
		}
	}
	return out, err
}

func detailedRole(r types.Role, details types.RoleDetail) roleState {
	r.PermissionsBoundary, r.Tags = details.PermissionsBoundary, details.Tags
	s := seenRole(r)
	for _, p := range details.AttachedManagedPolicies {
		s.Attached = append(s.Attached, *p.PolicyArn)
	}
	return s
}

func readRole(ctx context.Context, sc *ztcore.Scope, name string) ([]roleState, error) {
	out, err := iam.NewFromConfig(sc.Config).GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if err != nil {
		return nil, unlessAbsent(err)
	}
	return []roleState{seenRole(*out.Role)}, nil
}

func seenRole(r types.Role) roleState {
	return roleState{
		Name: *r.RoleName, Path: *r.Path, Description: aws.ToString(r.Description),
		Trust: seenDocument(r.AssumeRolePolicyDocument), Boundary: seenBoundary(r.PermissionsBoundary),
		MaxSession: (time.Duration(aws.ToInt32(r.MaxSessionDuration)) * time.Second).String(),
		Tags:       fromTags(r.Tags), ARN: id.RoleARN(*r.Arn), Created: aws.ToTime(r.CreateDate),
	}
}

func createRole(ctx context.Context, sc *ztcore.Scope, want roleState) error {
	_, err := iam.NewFromConfig(sc.Config).CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: &want.Name, Path: &want.Path, Description: &want.Description, AssumeRolePolicyDocument: aws.String(want.Trust.JSON()),
		MaxSessionDuration: want.seconds(), PermissionsBoundary: boundaryOnCreate(want.Boundary), Tags: toTags(want.Tags),
	})
	return err
}

func (s roleState) seconds() *int32 {
	d, _ := time.ParseDuration(s.MaxSession) // written by Declare
	return aws.Int32(int32(d / time.Second))
}

func updateRole(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[roleState]) error {
	c := iam.NewFromConfig(sc.Config)
	name, want := &u.Want.Name, u.Want
	if u.Changed("Boundary") {
		if err := putRoleBoundary(ctx, c, *name, *want.Boundary); err != nil {
			return err
		}
	}
	if u.Changed("Trust") {
		if _, err := c.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: name, PolicyDocument: aws.String(want.Trust.JSON())}); err != nil {
			return err
		}
	}
	if u.Changed("Description", "MaxSession") {
		if _, err := c.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: name, Description: &want.Description, MaxSessionDuration: want.seconds()}); err != nil {
			return err
		}
	}
	if u.Changed("Tags") {
		_, err := c.TagRole(ctx, &iam.TagRoleInput{RoleName: name, Tags: toTags(want.Tags)})
		return err
	}
	return nil
}

func putRoleBoundary(ctx context.Context, c *iam.Client, role string, boundary id.PolicyARN) error {
	if boundary == "" {
		_, err := c.DeleteRolePermissionsBoundary(ctx, &iam.DeleteRolePermissionsBoundaryInput{RoleName: &role})
		return unlessAbsent(err)
	}
	_, err := c.PutRolePermissionsBoundary(ctx, &iam.PutRolePermissionsBoundaryInput{RoleName: &role, PermissionsBoundary: (*string)(&boundary)})
	return err
}

// deleteRole takes away first what keeps AWS from deleting a role.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage_delete.html
func deleteRole(ctx context.Context, sc *ztcore.Scope, have roleState) error {
	for _, strip := range []func(context.Context, *ztcore.Scope, string) error{leaveProfiles, roleHolder.strip} {
		if err := strip(ctx, sc, have.Name); err != nil {
			return unlessAbsent(err)
		}
	}
	_, err := iam.NewFromConfig(sc.Config).DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &have.Name})
	return unlessAbsent(err)
}

func leaveProfiles(ctx context.Context, sc *ztcore.Scope, role string) error {
	c := iam.NewFromConfig(sc.Config)
	return removeAll(func(marker *string) ([]types.InstanceProfile, *string, error) {
		out, err := answer(c.ListInstanceProfilesForRole(ctx, &iam.ListInstanceProfilesForRoleInput{RoleName: &role, Marker: marker}))
		return out.InstanceProfiles, out.Marker, err
	}, func(p types.InstanceProfile) error {
		_, err := c.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: p.InstanceProfileName, RoleName: &role})
		return err
	})
}

// Limits of a role's session length.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_manage-assume.html
const (
	shortestSession = time.Hour
	longestSession  = 12 * time.Hour
)

func checkRole(want roleState) []ztcore.Finding {
	out := checkName(want.Name, 64)
	out = append(out, checkPath(want.Path)...)
	out = append(out, checkDescription(want.Description)...)
	out = append(out, checkBoundary(want.Boundary)...)
	if want.Trust.IsZero() {
		out = append(out, ztcore.Finding{Attribute: "Trust", Message: "nobody may assume the role", Fix: "set TrustedBy or Trust"})
	} else {
		out = append(out, checkDocument("Trust", want.Trust, policy.TrustPolicy)...)
	}
	d, err := time.ParseDuration(want.MaxSession)
	if err != nil || d < shortestSession || d > longestSession || d%time.Second != 0 {
		out = append(out, ztcore.Finding{
			Attribute: "MaxSession", Message: want.MaxSession + " is no session length",
			Fix: fmt.Sprintf("use whole seconds from %s to %s", shortestSession, longestSession),
		})
	}
	return out
}
