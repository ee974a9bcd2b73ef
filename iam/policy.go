package iam

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// Policy is a managed policy of the account's own, to attach to several identities or to use as a boundary. A changed
// document becomes a new default version; of the five versions that IAM keeps, the oldest that is not in force makes room.
type Policy struct {
	Name string // 1–128 letters, digits and _+=,.@-
	Path string // "/" if empty; a change makes another policy
	// Description has at most 1000 characters. IAM never changes it, so it is what it was when the policy was made.
	Description string
	Document    policy.Document // at most 6144 characters without white space
	// Boundary says that the policy serves as a permissions boundary only. It gives nothing then, so it may allow everything,
	// and must not be attached.
	Boundary bool
	Tags     map[string]string
}

// ARN is the policy's ARN, known before the policy exists.
func (p Policy) ARN() id.PolicyARN { return id.PolicyARN(policies.Ref(p.Name, "ARN")) }

// Declare implements ztcore.Resource.
func (p Policy) Declare(d *ztcore.Declaration) {
	policies.Declare(d, p.Name, policyState{Name: p.Name, Path: orRoot(p.Path), Description: p.Description, Document: p.Document, Boundary: p.Boundary, Tags: p.Tags})
}

type policyState struct {
	Name        string `zt:"key"`
	Path        string `zt:"immutable"`
	Description string `zt:"-"`
	Document    policy.Document
	Boundary    bool              `zt:"-"`
	Tags        map[string]string `zt:"tags"`
	ARN         id.PolicyARN      `zt:"output"`
	Created     time.Time         `zt:"output"`
}

var policies = &ztcore.Kind[policyState]{
	Name: "iam.Policy", Permissions: &policiesNeed, Read: readPolicies, Create: createPolicy, Update: updatePolicy, Delete: deletePolicy,
	Predict: func(sc *ztcore.Scope, want *policyState) {
		want.ARN = id.PolicyARN(arnOf(sc, "policy"+want.Path+want.Name))
	},
	Check:    checkPolicy,
	CheckAll: differOnlyInCase(func(s policyState) string { return s.Name }),
	Retry:    []ztcore.Retry{stillHeld},
	Controls: []string{"CIS AWS 3.0 1.16", "NIST SP 800-207 tenet 3", "CISA ZTMM Identity"},
}

var policiesNeed = ztcore.Permissions{
	Read:   []string{"iam:GetAccountAuthorizationDetails", "iam:GetPolicy", "iam:GetPolicyVersion", "iam:ListPolicyTags"},
	Write:  []string{"iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicyVersion", "iam:ListPolicyVersions", "iam:TagPolicy"},
	Delete: []string{"iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:ListEntitiesForPolicy", "iam:ListPolicyVersions"},
}

func checkPolicy(want policyState) []ztcore.Finding {
	out := checkName(want.Name, 128)
	out = append(out, checkPath(want.Path)...)
	out = append(out, checkDescription(want.Description)...)
	class := policy.Identity
	if want.Boundary {
		class = policy.Boundary
	}
	return append(out, checkDocument("Document", want.Document, class)...)
}

// readPolicies takes documents from the account's listing. No listing has the tags of policies, so they cost a call for each
// policy that is asked for; one alone is read without the listing.
func readPolicies(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[policyState]) ([]policyState, error) {
	if len(q.Want) == 1 && !q.Owned {
		found, err := readPolicy(ctx, sc, string(q.Want[0].ARN))
		if err != nil || len(found) > 0 {
			return found, err
		} // it may be under another path
	}
	all, err := list(ctx, sc, types.EntityTypeLocalManagedPolicy)
	if err != nil {
		return nil, err
	}
	var found []*policyState
	for name, p := range all.policies {
		if q.Owned || slices.ContainsFunc(q.Want, func(w policyState) bool { return w.Name == name }) {
			found = append(found, seenPolicy(name, p))
		}
	}
	return addTags(ctx, sc, found, func(s *policyState) map[string]string { return s.Tags }, policyTags)
}

func policyTags(ctx context.Context, sc *ztcore.Scope, s *policyState, marker *string) ([]types.Tag, *string, error) {
	out, err := answer(iam.NewFromConfig(sc.Config).ListPolicyTags(ctx, &iam.ListPolicyTagsInput{PolicyArn: (*string)(&s.ARN), Marker: marker}))
	return out.Tags, out.Marker, err
}

func seenPolicy(name string, p types.ManagedPolicyDetail) *policyState {
	s := &policyState{Name: name, Path: *p.Path, Tags: map[string]string{}, ARN: id.PolicyARN(*p.Arn), Created: aws.ToTime(p.CreateDate)}
	for _, v := range p.PolicyVersionList {
		if v.IsDefaultVersion {
			s.Document = seenDocument(v.Document)
		}
	}
	return s
}

func readPolicy(ctx context.Context, sc *ztcore.Scope, arn string) ([]policyState, error) {
	c := iam.NewFromConfig(sc.Config)
	out, err := c.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
	if err != nil {
		return nil, unlessAbsent(err)
	}
	p := out.Policy
	version, err := c.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: p.DefaultVersionId})
	if err != nil {
		return nil, unlessAbsent(err)
	}
	return []policyState{{
		Name: *p.PolicyName, Path: *p.Path, Document: seenDocument(version.PolicyVersion.Document), Tags: fromTags(p.Tags),
		ARN: id.PolicyARN(*p.Arn), Created: aws.ToTime(p.CreateDate),
	}}, nil
}

func createPolicy(ctx context.Context, sc *ztcore.Scope, want policyState) error {
	in := &iam.CreatePolicyInput{PolicyName: &want.Name, Path: &want.Path, PolicyDocument: aws.String(want.Document.JSON()), Tags: toTags(want.Tags)}
	if want.Description != "" {
		in.Description = &want.Description
	}
	_, err := iam.NewFromConfig(sc.Config).CreatePolicy(ctx, in)
	return err
}

func updatePolicy(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[policyState]) error {
	c := iam.NewFromConfig(sc.Config)
	arn := (*string)(&u.Have.ARN)
	if u.Changed("Document") {
		if err := makeRoom(ctx, c, *arn); err != nil {
			return err
		}
		// One attempt: after a lost answer the engine looks first, while the SDK would make another version.
		once := func(o *iam.Options) { o.RetryMaxAttempts = 1 }
		if _, err := c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: aws.String(u.Want.Document.JSON()), SetAsDefault: true}, once); err != nil {
			return err
		}
	}
	if u.Changed("Tags") {
		_, err := c.TagPolicy(ctx, &iam.TagPolicyInput{PolicyArn: arn, Tags: toTags(u.Want.Tags)})
		return err
	}
	return nil
}

// versionQuota is how many versions IAM keeps of one policy.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_managed-versioning.html
const versionQuota = 5

// makeRoom deletes the oldest version that is not in force if there is no room for another.
func makeRoom(ctx context.Context, c *iam.Client, arn string) error {
	old, err := formerVersions(ctx, c, arn)
	if err != nil || len(old) < versionQuota-1 {
		return err
	}
	oldest := slices.MinFunc(old, func(a, b types.PolicyVersion) int { // v9 before v10; dates may be equal
		return cmp.Or(len(*a.VersionId)-len(*b.VersionId), strings.Compare(*a.VersionId, *b.VersionId))
	})
	_, err = c.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: &arn, VersionId: oldest.VersionId})
	return unlessAbsent(err)
}

// formerVersions are all but the one in force.
func formerVersions(ctx context.Context, c *iam.Client, arn string) ([]types.PolicyVersion, error) {
	all, err := allPages(func(marker *string) ([]types.PolicyVersion, *string, error) {
		out, err := answer(c.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: &arn, Marker: marker}))
		return out.Versions, out.Marker, err
	})
	return slices.DeleteFunc(all, func(v types.PolicyVersion) bool { return v.IsDefaultVersion }), err
}

func deleteFormerVersions(ctx context.Context, c *iam.Client, arn string) error {
	old, err := formerVersions(ctx, c, arn)
	for _, v := range old {
		_, err := c.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: &arn, VersionId: v.VersionId})
		if err := unlessAbsent(err); err != nil {
			return err
		}
	}
	return err
}

// deletePolicy does not detach a policy from what holds it: that is not this baseline's, or it would be gone by now.
// AWS refuses then, and the error names the holders.
func deletePolicy(ctx context.Context, sc *ztcore.Scope, have policyState) error {
	c := iam.NewFromConfig(sc.Config)
	arn := (*string)(&have.ARN)
	holders, err := holdersOf(ctx, c, *arn)
	if err != nil {
		return unlessAbsent(err)
	}
	if len(holders) == 0 {
		if err := deleteFormerVersions(ctx, c, *arn); err != nil {
			return unlessAbsent(err)
		}
	}
	_, err = c.DeletePolicy(ctx, &iam.DeletePolicyInput{PolicyArn: arn})
	var conflict *types.DeleteConflictException
	if errors.As(err, &conflict) && len(holders) > 0 {
		return fmt.Errorf("%s is in use by %s, detach it there first: %w", have.Name, strings.Join(holders, ", "), err)
	}
	return unlessAbsent(err)
}

// holdersOf names the roles, users and groups that a policy is attached to or limits.
func holdersOf(ctx context.Context, c *iam.Client, arn string) (holders []string, err error) {
	err = eachPage(func(marker *string) (*string, error) {
		out, err := c.ListEntitiesForPolicy(ctx, &iam.ListEntitiesForPolicyInput{PolicyArn: &arn, Marker: marker})
		if err != nil {
			return nil, err
		}
		for _, r := range out.PolicyRoles {
			holders = append(holders, "role "+*r.RoleName)
		}
		for _, u := range out.PolicyUsers {
			holders = append(holders, "user "+*u.UserName)
		}
		for _, g := range out.PolicyGroups {
			holders = append(holders, "group "+*g.GroupName)
		}
		return out.Marker, nil
	})
	return holders, err
}
