package governance_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/seed-08ecc977/zerotrust/governance"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

var (
	scps = governance.PolicyType{Type: governance.ServiceControl}
	work = governance.OrganizationalUnit{Name: "Workloads", Parent: scps.Root()}
	prod = governance.OrganizationalUnit{Name: "Production", Parent: work.ID()}
)

func policyCase() kindtest.Case {
	plain := governance.Policy{Name: "DenyIAMUserCreation", Document: governance.DenyIAMUserCreation(), Targets: []id.OrganizationTarget{work.ID()}}
	excepted, described, moved := plain, plain, plain
	excepted.BreakGlass, excepted.Document = []string{"BreakGlass"}, governance.DenyIAMUserCreation("BreakGlass")
	described = excepted
	described.Description, described.Tags = "Nobody has long-lived credentials", map[string]string{"team": "security"}
	moved = described
	moved.Targets = []id.OrganizationTarget{prod.ID()}
	in := func(p governance.Policy) ztcore.Resource { return ztcore.List{scps, work, prod, p} }
	const address, targets = "governance.Policy/DenyIAMUserCreation", "governance.PolicyTargets/DenyIAMUserCreation"
	return kindtest.Case{
		Cloud: newCloud, Before: organize,
		Variants: []kindtest.Variant{
			{Resource: in(plain)},
			{Resource: in(excepted), Changes: []string{address + " Document"}},
			{Resource: in(described), Changes: []string{address + " Description", address + " Tags"}},
			{Resource: in(moved), Changes: []string{targets + " Members"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			c := organizations.NewFromConfig(cfg)
			scp, err := policyNamed(ctx, c, types.PolicyTypeServiceControlPolicy, "DenyIAMUserCreation")
			if err != nil {
				return err
			}
			if _, err := c.AttachPolicy(ctx, &organizations.AttachPolicyInput{PolicyId: &scp, TargetId: aws.String(rootOf(ctx, c))}); err != nil {
				return err
			}
			_, err = c.UpdatePolicy(ctx, &organizations.UpdatePolicyInput{PolicyId: &scp, Content: aws.String(policy.Deny("s3:DeleteBucket").OnAny().JSON())})
			return err
		},
	}
}

func TestPolicyLife(t *testing.T) { kindtest.Run(t, policyCase()) }

func unitCase() kindtest.Case {
	tagged := work
	tagged.Tags = map[string]string{"stage": "all"}
	renamed := tagged
	renamed.Name = "Apps"
	return kindtest.Case{
		Cloud: newCloud, Before: organize,
		Variants: []kindtest.Variant{
			{Resource: ztcore.List{scps, work}},
			{Resource: ztcore.List{scps, tagged}, Changes: []string{"governance.OrganizationalUnit/Workloads Tags"}},
			{Resource: ztcore.List{scps, tagged, renamed}, Changes: []string{"create governance.OrganizationalUnit/Apps"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			c := organizations.NewFromConfig(cfg)
			out, err := c.ListOrganizationalUnitsForParent(ctx, &organizations.ListOrganizationalUnitsForParentInput{ParentId: aws.String(rootOf(ctx, c))})
			if err != nil {
				return err
			}
			_, err = c.UntagResource(ctx, &organizations.UntagResourceInput{ResourceId: out.OrganizationalUnits[0].Id, TagKeys: []string{"zerotrust:resource"}})
			return err
		},
	}
}

func TestUnitLife(t *testing.T) {
	c := unitCase()
	c.Drift = nil // a unit has nothing but tags, and without those of ownership it is nobody's
	kindtest.Run(t, c)
}

// settingsCase are the settings of an organization, and a policy of a type that AWS has not enabled from the start.
func settingsCase() kindtest.Case {
	rcps := governance.PolicyType{Type: governance.ResourceControl}
	config := governance.ServiceAccess{Service: "config.amazonaws.com"}
	perimeter := governance.Policy{
		Name: "perimeter", Type: governance.ResourceControl, Document: governance.DataPerimeter("o-a1b2c3d4e5"),
		Targets: []id.OrganizationTarget{rcps.Root()}, RootBecause: "no account shares data outside the organization",
	}
	return kindtest.Case{
		Cloud: newCloud, Before: organize,
		Variants: []kindtest.Variant{
			{Resource: ztcore.List{rcps}},
			{Resource: ztcore.List{rcps, config}, Changes: []string{"create governance.ServiceAccess/config.amazonaws.com"}},
			{Resource: ztcore.List{rcps, config, perimeter}, Changes: []string{"create governance.Policy/perimeter", "create governance.PolicyTargets/perimeter"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			c := organizations.NewFromConfig(cfg)
			_, err := c.DisablePolicyType(ctx, &organizations.DisablePolicyTypeInput{RootId: aws.String(rootOf(ctx, c)), PolicyType: types.PolicyTypeResourceControlPolicy})
			return err
		},
		Skip: map[string]string{"recreate": "a policy type stays enabled"},
	}
}

func TestSettingsLife(t *testing.T) { kindtest.Run(t, settingsCase()) }

func TestTagPolicyLife(t *testing.T) {
	tags := governance.PolicyType{Type: governance.TagPolicy}
	// Space between the elements makes no difference.
	before := governance.Policy{Name: "stages", Type: governance.TagPolicy, JSON: `{"tags": {"stage": {"tag_key": {"@@assign": "stage"}}}}`, Targets: []id.OrganizationTarget{tags.Root()}, RootBecause: "tags are written alike everywhere"}
	after := before
	after.JSON = `{"tags": {"stage": {"tag_key": {"@@assign": "stage"}, "tag_value": {"@@assign": ["dev", "prod"]}}}}`
	kindtest.Run(t, kindtest.Case{
		Cloud: newCloud, Before: organize,
		Variants: []kindtest.Variant{
			{Resource: ztcore.List{tags, before}},
			{Resource: ztcore.List{tags, after}, Changes: []string{"governance.Policy/stages Text"}},
		},
		Skip: map[string]string{"recreate": "a policy type stays enabled"},
	})
}

// Without FullAWSAccess only what other policies allow is allowed.
func TestAllowListLife(t *testing.T) {
	allow := governance.Policy{Name: "allowed", Document: policy.Allow("s3:*", "sts:*", "iam:*", "organizations:*").OnAny(), Targets: []id.OrganizationTarget{work.ID()}}
	list := governance.WithoutFullAccess{Name: "Workloads", Target: work.ID(), Because: "workloads use four services", Instead: []governance.Policy{allow}}
	kindtest.Run(t, kindtest.Case{
		Cloud: newCloud, Before: organize,
		Variants: []kindtest.Variant{
			{Resource: ztcore.List{scps, work, allow}},
			{Resource: ztcore.List{scps, work, allow, list}, Changes: []string{"create governance.FullAccess/Workloads"}},
		},
	})
}

func TestDelegatedAdministratorLife(t *testing.T) {
	config := governance.ServiceAccess{Service: "config.amazonaws.com"}
	kindtest.Run(t, kindtest.Case{
		Cloud: newCloud,
		Before: func(ctx context.Context, cfg aws.Config) error {
			if err := organize(ctx, cfg); err != nil {
				return err
			}
			return makeAccount(ctx, organizations.NewFromConfig(cfg), "audit")
		},
		Variants: []kindtest.Variant{
			{Resource: config},
			{
				Resource: ztcore.List{config, governance.DelegatedAdministrator{Service: "config.amazonaws.com", Account: auditAccount}},
				Changes:  []string{"create governance.DelegatedAdministrator/" + auditAccount + "-config.amazonaws.com"},
			},
		},
	})
}
