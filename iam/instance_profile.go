package iam

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// InstanceProfile hands a role to EC2 instances. EC2 does not know a new one for some seconds.
type InstanceProfile struct {
	Name string // 1–128 letters, digits and _+=,.@-
	Path string // "/" if empty; a change makes another profile
	// Role is the role's name, as Role.RoleName returns it. A profile has one at most; empty means none.
	Role id.RoleName
	Tags map[string]string
}

// ARN is the profile's ARN, known before the profile exists.
func (p InstanceProfile) ARN() id.InstanceProfileARN {
	return id.InstanceProfileARN(profiles.Ref(p.Name, "ARN"))
}

// ProfileName is the profile's name, for what has to wait for the profile but asks for the name.
func (p InstanceProfile) ProfileName() string { return profiles.Ref(p.Name, "Name") }

// Declare implements ztcore.Resource.
func (p InstanceProfile) Declare(d *ztcore.Declaration) {
	profiles.Declare(d, p.Name, profileState{Name: p.Name, Path: orRoot(p.Path), Role: p.Role, Tags: p.Tags})
}

type profileState struct {
	Name    string `zt:"key"`
	Path    string `zt:"immutable"`
	Role    id.RoleName
	Tags    map[string]string     `zt:"tags"`
	ARN     id.InstanceProfileARN `zt:"output"`
	Created time.Time             `zt:"output"`
}

var profiles = &ztcore.Kind[profileState]{
	Name: "iam.InstanceProfile", Permissions: &profilesNeed, PermissionsFor: profilesNeedFor, Read: readProfiles, Create: createProfile, Update: updateProfile, Delete: deleteProfile,
	Predict: func(sc *ztcore.Scope, want *profileState) {
		want.ARN = id.InstanceProfileARN(arnOf(sc, "instance-profile"+want.Path+want.Name))
	},
	Check: func(want profileState) []ztcore.Finding {
		return append(checkName(want.Name, 128), checkPath(want.Path)...)
	},
	CheckAll: differOnlyInCase(func(s profileState) string { return s.Name }),
	Retry:    []ztcore.Retry{stillHeld},
	Controls: []string{"CIS AWS 3.0 1.18", "NIST SP 800-207 tenet 3", "CISA ZTMM Identity"},
}

var profilesNeed = ztcore.Permissions{
	Read:   []string{"iam:GetInstanceProfile", "iam:ListInstanceProfiles"},
	Write:  []string{"iam:AddRoleToInstanceProfile", "iam:CreateInstanceProfile", "iam:PassRole", "iam:RemoveRoleFromInstanceProfile", "iam:TagInstanceProfile"},
	Delete: []string{"iam:DeleteInstanceProfile", "iam:RemoveRoleFromInstanceProfile"},
}

// profilesNeedFor names the role for who passes it, where it is nothing that the baseline declares.
func profilesNeedFor(want profileState) ztcore.Permissions {
	if want.Role == "" || ztcore.HasToken(string(want.Role)) {
		return ztcore.Permissions{}
	}
	return ztcore.Permissions{Roles: []string{string(want.Role)}}
}

// readProfiles reads each by itself: the listing lacks tags.
func readProfiles(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[profileState]) ([]profileState, error) {
	c := iam.NewFromConfig(sc.Config)
	every := func() (names []string, err error) {
		all, err := allPages(func(marker *string) ([]types.InstanceProfile, *string, error) {
			out, err := answer(c.ListInstanceProfiles(ctx, &iam.ListInstanceProfilesInput{MaxItems: aws.Int32(pageSize), Marker: marker}))
			return out.InstanceProfiles, out.Marker, err
		})
		for _, p := range all {
			names = append(names, *p.InstanceProfileName)
		}
		return names, err
	}
	return readEach(ctx, q, func(s profileState) string { return s.Name }, every, func(ctx context.Context, name string) (profileState, error) {
		out, err := c.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &name})
		if err != nil {
			return profileState{}, err
		}
		return seenProfile(out.InstanceProfile), nil
	})
}

func seenProfile(p *types.InstanceProfile) profileState {
	s := profileState{Name: *p.InstanceProfileName, Path: *p.Path, Tags: fromTags(p.Tags), ARN: id.InstanceProfileARN(*p.Arn), Created: aws.ToTime(p.CreateDate)}
	for _, r := range p.Roles {
		s.Role = id.RoleName(*r.RoleName)
	}
	return s
}

// createProfile may be cut off between its two calls; what is missing then shows as a difference.
func createProfile(ctx context.Context, sc *ztcore.Scope, want profileState) error {
	c := iam.NewFromConfig(sc.Config)
	_, err := c.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: &want.Name, Path: &want.Path, Tags: toTags(want.Tags)})
	if err != nil || want.Role == "" {
		return err
	}
	return addToProfile(ctx, c, want)
}

// addToProfile takes "full" for success if the role is what fills it: the answer to an earlier attempt was lost.
func addToProfile(ctx context.Context, c *iam.Client, want profileState) error {
	_, err := c.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: &want.Name, RoleName: (*string)(&want.Role)})
	if !overLimit(err) {
		return err
	}
	now, readErr := c.GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &want.Name})
	if readErr == nil && slices.ContainsFunc(now.InstanceProfile.Roles, func(r types.Role) bool { return *r.RoleName == string(want.Role) }) {
		return nil
	}
	return errors.Join(err, readErr)
}

// updateProfile takes the former role out first: a profile holds one at most.
func updateProfile(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[profileState]) error {
	c := iam.NewFromConfig(sc.Config)
	if u.Changed("Role") {
		if err := emptyProfile(ctx, c, u.Have); err != nil {
			return err
		}
		if u.Want.Role != "" {
			if err := addToProfile(ctx, c, u.Want); err != nil {
				return err
			}
		}
	}
	if u.Changed("Tags") {
		_, err := c.TagInstanceProfile(ctx, &iam.TagInstanceProfileInput{InstanceProfileName: &u.Want.Name, Tags: toTags(u.Want.Tags)})
		return err
	}
	return nil
}

func emptyProfile(ctx context.Context, c *iam.Client, have profileState) error {
	if have.Role == "" {
		return nil
	}
	_, err := c.RemoveRoleFromInstanceProfile(ctx, &iam.RemoveRoleFromInstanceProfileInput{InstanceProfileName: &have.Name, RoleName: (*string)(&have.Role)})
	return unlessAbsent(err)
}

func deleteProfile(ctx context.Context, sc *ztcore.Scope, have profileState) error {
	c := iam.NewFromConfig(sc.Config)
	if err := emptyProfile(ctx, c, have); err != nil {
		return err
	}
	_, err := c.DeleteInstanceProfile(ctx, &iam.DeleteInstanceProfileInput{InstanceProfileName: &have.Name})
	return unlessAbsent(err)
}
