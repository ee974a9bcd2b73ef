package iam_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

const partner = "arn:aws:iam::999999999999:role/scanner"

func TestGuardrails(t *testing.T) {
	role := func(r iam.Role) iam.Role {
		r.Name = "R"
		if r.Trust.IsZero() {
			r.TrustedBy = ec2
		}
		return r
	}
	trusting := func(d policy.Document) iam.Role { return role(iam.Role{Trust: d}) }
	for name, c := range map[string]struct {
		resource ztcore.Resource
		want     []string
	}{
		"a role that reads":                {role(iam.Role{Inline: readLogs}), []string{}},
		"everything on everything, inline": {role(iam.Role{Inline: policy.Allow("*").OnAny()}), []string{"iam.full-administrator"}},
		"everything on everything":         {iam.Policy{Name: "P", Document: policy.Allow("*").OnAny()}, []string{"iam.full-administrator"}},
		"nothing on everything":            {iam.Policy{Name: "P", Document: policy.Deny("*").OnAny()}, []string{}},
		"any role to pass":                 {role(iam.Role{Inline: policy.Allow("iam:PassRole").OnAny()}), []string{"iam.pass-role-with-star-in-resource"}},
		"administrator attached":           {role(iam.Role{Attached: []id.PolicyARN{iam.AWSManaged("AdministratorAccess")}}), []string{"iam.administrator-attached"}},
		"administrator of IAM attached":    {iam.User{Name: "U", Attached: []id.PolicyARN{iam.AWSManaged("IAMFullAccess")}}, []string{"iam.administrator-attached"}},
		"10 attached":                      {role(iam.Role{Attached: manyARNs(10)}), []string{}},
		"11 attached":                      {role(iam.Role{Attached: manyARNs(11)}), []string{"iam.attachment-quota"}},
		"anyone trusted":                   {trusting(policy.Trust(policy.Anyone())), []string{"iam.public-access"}},
		"anyone of the organization":       {trusting(policy.Trust(policy.Anyone()).When("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5")), []string{}},
		"another account trusted":          {trusting(policy.Trust(policy.AWS(partner))), []string{"iam.unconditional-cross-account-trust"}},
		"another account by its digits":    {trusting(policy.Trust(policy.Account("999999999999"))), []string{"iam.unconditional-cross-account-trust"}},
		"with an external id":              {trusting(policy.Trust(policy.AWS(partner)).When("StringEquals", "sts:ExternalId", "c0ffee")), []string{}},
		"own account trusted":              {trusting(policy.Trust(policy.Account(ztcore.AccountID))), []string{}},
		"any repository on GitHub":         {trusting(policy.Trust(policy.Federated("arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"))), []string{"iam.web-identity-without-subject"}},
		"short passwords":                  {iam.PasswordPolicy{MinimumLength: 8}, []string{"iam.weak-password-policy"}},
		"passwords used again":             {iam.PasswordPolicy{ReusePrevention: 5}, []string{"iam.weak-password-policy"}},
	} {
		t.Run(name, func(t *testing.T) {
			cloud := newCloud()
			p := planned(t, cloud.Config(), nil, c.resource)
			require.Equal(t, c.want, guardrailsOf(p.Findings))
			for _, f := range p.Findings {
				require.NotEmpty(t, f.Fix)
				require.NotEmpty(t, f.Resource)
			}
			if len(c.want) > 0 {
				_, err := p.Apply(context.Background())
				var blocked *ztcore.BlockedError
				require.ErrorAs(t, err, &blocked)
				require.Empty(t, cloud.Writes())
			}
		})
	}
}

func TestBreakGlassRoleIsWaived(t *testing.T) {
	applied(t, newCloud().Config(),
		iam.Role{Name: "break-glass", Trust: policy.Trust(policy.Account(ztcore.AccountID)).When("Bool", "aws:MultiFactorAuthPresent", "true"), Attached: []id.PolicyARN{iam.AWSManaged("AdministratorAccess")}},
		ztcore.Waive("iam.administrator-attached", "iam.RoleAttachments/break-glass", "the way in when all else fails", time.Now().AddDate(1, 0, 0)),
	)
}

func TestRunDoesNotLockItselfOut(t *testing.T) {
	deny := policy.Deny("iam:*").OnAny()
	for name, c := range map[string]struct {
		caller   string
		resource ztcore.Resource
		want     string // "" if it may go on
	}{
		"own role denied":         {"arn:aws:sts::123456789012:assumed-role/deployer/ci", iam.Role{Name: "deployer", TrustedBy: ec2, Inline: deny}, "would deny itself iam:PutRolePolicy"},
		"another role denied":     {"arn:aws:sts::123456789012:assumed-role/deployer/ci", iam.Role{Name: "worker", TrustedBy: ec2, Inline: deny}, ""},
		"own role, something":     {"arn:aws:sts::123456789012:assumed-role/deployer/ci", iam.Role{Name: "deployer", TrustedBy: ec2, Inline: policy.Deny("iam:CreateUser").OnAny()}, ""},
		"own user denied":         {"arn:aws:iam::123456789012:user/people/ann", iam.User{Name: "ann", Inline: map[string]policy.Document{"no": policy.Deny("iam:DeleteUserPolicy").OnAny()}}, "would deny itself iam:DeleteUserPolicy"},
		"user of the role's name": {"arn:aws:sts::123456789012:assumed-role/deployer/ci", iam.User{Name: "deployer", Inline: map[string]policy.Document{"no": deny}}, ""},
		"own role denied all":     {"arn:aws:sts::123456789012:assumed-role/deployer/ci", iam.Role{Name: "deployer", TrustedBy: ec2, Attached: []id.PolicyARN{iam.AWSManaged("AWSDenyAll")}}, "would deny itself everything"},
		"another role denied all": {"arn:aws:sts::123456789012:assumed-role/deployer/ci", iam.Role{Name: "worker", TrustedBy: ec2, Attached: []id.PolicyARN{iam.AWSManaged("AWSDenyAll")}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			cloud := newCloud()
			cfg := cloud.ConfigAs(fakeaws.Caller{Account: fakeaws.DefaultAccount, ARN: c.caller}, fakeaws.DefaultRegion)
			_, err := ztcore.NewBaseline("test", c.resource).Plan(context.Background(), cfg)
			if c.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, c.want)
			require.Empty(t, cloud.Writes())
		})
	}
}

func TestRunDoesNotDeleteItsOwnRole(t *testing.T) {
	cloud := newCloud()
	as := func(arn string) aws.Config {
		return cloud.ConfigAs(fakeaws.Caller{Account: fakeaws.DefaultAccount, ARN: arn}, fakeaws.DefaultRegion)
	}
	deployer, worker := iam.Role{Name: "deployer", TrustedBy: ec2}, iam.Role{Name: "worker", TrustedBy: ec2}
	applied(t, cloud.Config(), deployer, worker)
	moved := deployer
	moved.Path = "/ci/"
	for name, c := range map[string]struct {
		caller    string
		resources []ztcore.Resource
		opt       ztcore.PlanOption
		refused   bool
	}{
		"destroyed":            {"arn:aws:sts::123456789012:assumed-role/deployer/ci", []ztcore.Resource{deployer, worker}, ztcore.Destroy(), true},
		"pruned":               {"arn:aws:sts::123456789012:assumed-role/deployer/ci", []ztcore.Resource{worker}, ztcore.Prune(), true},
		"replaced":             {"arn:aws:sts::123456789012:assumed-role/deployer/ci", []ztcore.Resource{moved, worker}, ztcore.AdoptAll(), true},
		"another is destroyed": {"arn:aws:sts::123456789012:assumed-role/deployer/ci", []ztcore.Resource{ztcore.Ignore(deployer), worker}, ztcore.Destroy(), false},
		"a user of the name":   {"arn:aws:iam::123456789012:user/deployer", []ztcore.Resource{deployer, worker}, ztcore.Destroy(), false},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := ztcore.NewBaseline("test", c.resources...).Plan(context.Background(), as(c.caller), c.opt)
			if !c.refused {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "iam.Role/deployer: Name: this run is made as "+c.caller+", and would delete its own role (run as another principal")
		})
	}
}
