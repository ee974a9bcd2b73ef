package governance_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/governance"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

func TestInputIsChecked(t *testing.T) {
	const unit = id.OrganizationTarget("ou-abcd-12345678")
	fine := policy.Deny("s3:DeleteBucket").OnAny()
	many := ztcore.List{}
	for i := range 10 {
		many = append(many, governance.Policy{Name: fmt.Sprint("n", i), Document: fine, Targets: []id.OrganizationTarget{unit}})
	}
	long := fine
	for i := range 200 {
		long = long.And(policy.Deny("s3:DeleteBucket").On(id.ARN(fmt.Sprintf("arn:aws:s3:::bucket-number-%d", i))))
	}
	for want, r := range map[string]ztcore.Resource{
		"can't be a policy's name":                 governance.Policy{Name: "Größe", Document: fine},
		"more than 512 characters":                 governance.Policy{Name: "p", Description: strings.Repeat("x", 513), Document: fine},
		"set Document and not JSON":                governance.Policy{Name: "p", JSON: "{}"},
		"set JSON and not Document":                governance.Policy{Name: "p", Type: governance.TagPolicy, Document: fine},
		"is no JSON":                               governance.Policy{Name: "p", Type: governance.BackupPolicy, JSON: "{"},
		"AWS takes 2500":                           governance.Policy{Name: "p", Type: governance.AIOptOut, JSON: `{"x":"` + strings.Repeat("x", 2500) + `"}`},
		"POLICY_SIZE_EXCEEDS_QUOTA":                governance.Policy{Name: "p", Document: long},
		"UNSUPPORTED_PRINCIPAL":                    governance.Policy{Name: "p", Document: policy.Deny("s3:*").To(policy.Anyone()).OnAny()},
		"RCP_SYNTAX_ERROR_ALLOW":                   governance.Policy{Name: "p", Type: governance.ResourceControl, Document: policy.Allow("s3:*").To(policy.Anyone()).OnAny()},
		"can't be used as a type of policies":      governance.PolicyType{Type: "HOUSE_RULES"},
		`nothing can be attached to "ou-1"`:        governance.Policy{Name: "p", Document: fine, Targets: []id.OrganizationTarget{"ou-1"}},
		"more than the 9 policies":                 many,
		"reason":                                   governance.Policy{Name: "p", Document: fine, Targets: []id.OrganizationTarget{"r-ab12"}},
		"can't be a unit's parent":                 governance.OrganizationalUnit{Name: "u", Parent: "111122223333"},
		"can't be a unit's name":                   governance.OrganizationalUnit{Name: " u", Parent: "r-ab12"},
		`"config" can't be a service principal`:    governance.ServiceAccess{Service: "config"},
		"can't be an account":                      governance.DelegatedAdministrator{Service: "config.amazonaws.com", Account: "12"},
		"without FullAWSAccess nobody could":       governance.WithoutFullAccess{Target: unit, Because: "x"},
		"allowed is not attached to":               ztcore.List{governance.WithoutFullAccess{Target: unit, Because: "x", Instead: []governance.Policy{{Name: "allowed", Document: policy.Allow("*").OnAny()}}}},
		"locks out BreakGlass: it would be denied": governance.Policy{Name: "p", Document: policy.Deny("iam:*").OnAny(), BreakGlass: []string{"BreakGlass"}},
	} {
		require.ErrorContains(t, ztcore.NewBaseline("b", r).Check(), want)
	}
}

// What is sensible in an emergency blocks, until it is waived with a reason and a date.
func TestGuardrails(t *testing.T) {
	cloud, _, _ := organized(t)
	findings := func(p governance.Policy) []ztcore.Finding {
		plan, err := ztcore.NewBaseline("b", p).Plan(t.Context(), cloud.Config())
		require.NoError(t, err)
		return plan.Findings
	}
	everything := governance.Policy{Name: "p", Document: policy.Deny("*").OnAny()}
	all := findings(everything)
	require.Len(t, all, 2)
	require.Equal(t, "governance.denies-everything", all[0].Guardrail)
	require.Equal(t, "governance.possible-lockout", all[1].Guardrail)

	identities := governance.Policy{Name: "p", Document: policy.Deny("iam:*").OnAny()}
	require.Equal(t, "governance.possible-lockout", findings(identities)[0].Guardrail)
	identities.Document = identities.Document.When("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/Platform")
	identities.BreakGlass = []string{"arn:aws:iam::*:role/Platform"}
	require.Empty(t, findings(identities), "the role is excepted")

	at := governance.Policy{Name: "p", Document: policy.Deny("sts:AssumeRole").OnAny().When("NotIpAddress", "aws:SourceIp", "203.0.113.0/24"), BreakGlass: []string{"BreakGlass"}}
	require.Contains(t, findings(at)[0].Message, "depends on how it calls")
}

// The ready-made policies are what AWS takes, lock nobody out, and do what they say.
func TestReadyMadePolicies(t *testing.T) {
	const glass = "aws-reserved/sso.amazonaws.com/*/AWSReservedSSO_BreakGlass_*"
	regions := []string{"eu-central-1", "us-east-1"}
	for _, c := range []struct {
		name     string
		document policy.Document
		denied   policy.Request
		allowed  policy.Request
	}{
		{"users", governance.DenyIAMUserCreation(glass), policy.Request{Action: "iam:CreateUser"}, policy.Request{Action: "iam:CreateRole"}},
		{"leaving", governance.DenyLeaveOrganization(glass), policy.Request{Action: "organizations:LeaveOrganization"}, policy.Request{Action: "organizations:DescribeOrganization"}},
		{"regions", governance.DenyRegionsExcept(regions, glass), policy.Request{Action: "ec2:RunInstances", Context: map[string][]string{"aws:RequestedRegion": {"ap-east-1"}}}, policy.Request{Action: "ec2:RunInstances", Context: map[string][]string{"aws:RequestedRegion": {"eu-central-1"}}}},
		{"watching", governance.ProtectSecurityServices(glass), policy.Request{Action: "cloudtrail:StopLogging"}, policy.Request{Action: "cloudtrail:StartLogging"}},
		{"metadata", governance.RequireIMDSv2(glass), policy.Request{Action: "ec2:RunInstances", Resource: "arn:aws:ec2:us-east-1:111122223333:instance/*", Context: map[string][]string{"ec2:MetadataHttpTokens": {"optional"}}}, policy.Request{Action: "ec2:RunInstances", Resource: "arn:aws:ec2:us-east-1:111122223333:instance/*", Context: map[string][]string{"ec2:MetadataHttpTokens": {"required"}}}},
	} {
		require.NoError(t, ztcore.NewBaseline("b", governance.Policy{Name: c.name, Document: c.document, BreakGlass: []string{glass}}).Check(), c.name)
		require.LessOrEqual(t, c.document.Size(policy.SCP), 5120, "%s is within what AWS has always taken", c.name)
		decide := func(r policy.Request, principal string) policy.Outcome {
			r.Principal, r.Complete = principal, true
			if r.Resource == "" {
				r.Resource = "*"
			}
			everything := policy.Allow("*").OnAny()
			d, err := policy.Evaluate(r, policy.Policies{Identity: []policy.Document{everything}, SCP: [][]policy.Document{{everything, c.document}}})
			require.NoError(t, err)
			return d.Outcome
		}
		require.Equal(t, policy.Denied, decide(c.denied, "arn:aws:iam::111122223333:role/Developer"), c.name)
		require.Equal(t, policy.Allowed, decide(c.allowed, "arn:aws:iam::111122223333:role/Developer"), c.name)
		require.Equal(t, policy.Allowed, decide(c.denied, "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_BreakGlass_1a2b"), c.name)
	}

	require.NoError(t, ztcore.NewBaseline("b", governance.Policy{Name: "ec2", Type: governance.DeclarativeEC2, JSON: governance.EC2Defaults()}).Check())

	root := func(context map[string][]string) policy.Outcome {
		everything := policy.Allow("*").OnAny()
		d, err := policy.Evaluate(policy.Request{Principal: "arn:aws:iam::111122223333:root", Action: "s3:DeleteBucket", Resource: "arn:aws:s3:::b", Context: context, Complete: true},
			policy.Policies{SCP: [][]policy.Document{{everything, governance.DenyRootUser()}}})
		require.NoError(t, err)
		return d.Outcome
	}
	require.Equal(t, policy.Denied, root(nil))
	require.Equal(t, policy.Allowed, root(map[string][]string{"aws:AssumedRoot": {"111122223333"}}))

	perimeter := governance.DataPerimeter("o-a1b2c3d4e5")
	read := func(organization string) policy.Outcome {
		everything := policy.Allow("*").OnAny()
		d, err := policy.Evaluate(policy.Request{
			Principal: "arn:aws:iam::444455556666:role/r", Action: "s3:GetObject", Resource: "arn:aws:s3:::b/o", Complete: true,
			Context: map[string][]string{"aws:PrincipalOrgID": {organization}, "aws:SecureTransport": {"true"}, "aws:ResourceAccount": {"111122223333"}},
		}, policy.Policies{Identity: []policy.Document{everything}, Resource: []policy.Document{everything.To(policy.Anyone())}, RCP: []policy.Document{perimeter}})
		require.NoError(t, err)
		return d.Outcome
	}
	require.Equal(t, policy.Allowed, read("o-a1b2c3d4e5"))
	require.Equal(t, policy.Denied, read("o-other"))
}

// Organizations refuses two changes at a time; a baseline never makes two, and outlasts those of others.
func TestChangesOfTheOrganizationNeverOverlap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, c, _ := organized(t)
		cloud.SetLatency(200 * time.Millisecond)
		many := ztcore.List{scps}
		for i := range 50 {
			unit := governance.OrganizationalUnit{Name: fmt.Sprint("unit", i), Parent: scps.Root()}
			many = append(many, unit, governance.Policy{Name: fmt.Sprint("policy", i), Document: policy.Deny("s3:DeleteBucket").OnAny(), Targets: []id.OrganizationTarget{unit.ID()}})
		}
		apply(t, cloud.Config(), many)
		for _, call := range cloud.Calls() {
			var overlap *types.ConcurrentModificationException
			require.NotErrorAs(t, call.Err, &overlap)
		}

		// Several pipelines at once outlast one another.
		errs := make(chan error, 3)
		for n := range 3 {
			own := ztcore.List{}
			for i := range 5 {
				own = append(own, governance.Policy{Name: fmt.Sprintf("pipeline%d-%d", n, i), Document: policy.Deny("s3:DeleteBucket").OnAny()})
			}
			go func() {
				plan, err := ztcore.NewBaseline(fmt.Sprint("pipeline", n), own).Plan(t.Context(), cloud.Config())
				if err == nil {
					_, err = plan.Apply(t.Context())
				}
				errs <- err
			}()
		}
		require.NoError(t, errors.Join(<-errs, <-errs, <-errs))

		// Another tool is at work as well.
		done := make(chan struct{})
		go func() {
			defer close(done)
			for i := range 10 {
				_, _ = c.TagResource(t.Context(), &organizations.TagResourceInput{ResourceId: aws.String(fakeaws.DefaultAccount), Tags: []types.Tag{{Key: aws.String("n"), Value: aws.String(fmt.Sprint(i))}}})
			}
		}()
		apply(t, cloud.Config(), append(many, governance.ServiceAccess{Service: "config.amazonaws.com"}, governance.ServiceAccess{Service: "ram.amazonaws.com"}))
		<-done
	})
}

// Where a target has all the policies it takes, a new one waits for the old one to go.
func TestFullTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, c, root := organized(t)
		policies := func(from, to int, targets ...id.OrganizationTarget) ztcore.List {
			out := ztcore.List{scps, work}
			for i := from; i < to; i++ {
				out = append(out, governance.Policy{Name: fmt.Sprint("policy", i), Document: policy.Deny("s3:DeleteBucket").OnAny(), Targets: targets})
			}
			return out
		}
		apply(t, cloud.Config(), policies(0, 9, work.ID()))
		replaced := append(policies(1, 9, work.ID()),
			governance.Policy{Name: "policy0", Document: policy.Deny("s3:DeleteBucket").OnAny(), Targets: []id.OrganizationTarget{}},
			governance.Policy{Name: "a-new-one", Document: policy.Deny("s3:DeleteBucket").OnAny(), Targets: []id.OrganizationTarget{work.ID()}})
		apply(t, cloud.Config(), replaced)
		units, err := c.ListOrganizationalUnitsForParent(t.Context(), &organizations.ListOrganizationalUnitsForParentInput{ParentId: &root})
		require.NoError(t, err)
		names := attachedNames(t, c, *units.OrganizationalUnits[0].Id)
		require.Len(t, names, 10)
		require.Contains(t, names, "a-new-one")
		require.NotContains(t, names, "policy0")
	})
}

// A policy of another team on the same unit is theirs; so are policies of the same name that nobody's tags are on.
func TestOthersPoliciesStay(t *testing.T) {
	cloud, c, root := organized(t)
	made, err := c.CreatePolicy(t.Context(), &organizations.CreatePolicyInput{Name: aws.String("aws-guardrails-x"), Description: aws.String(""), Content: aws.String(policy.Deny("s3:DeleteBucket").OnAny().JSON()), Type: types.PolicyTypeServiceControlPolicy})
	require.NoError(t, err)
	_, err = c.AttachPolicy(t.Context(), &organizations.AttachPolicyInput{PolicyId: made.Policy.PolicySummary.Id, TargetId: &root})
	require.NoError(t, err)
	own := governance.Policy{Name: "users", Document: governance.DenyIAMUserCreation(), Targets: []id.OrganizationTarget{id.OrganizationTarget(root)}, RootBecause: "everywhere"}
	apply(t, cloud.Config(), own)
	require.Equal(t, []string{"FullAWSAccess", "aws-guardrails-x", "users"}, attachedNames(t, c, root))
	apply(t, cloud.Config(), own, ztcore.Destroy())
	require.Equal(t, []string{"FullAWSAccess", "aws-guardrails-x"}, attachedNames(t, c, root))

	taken := governance.Policy{Name: "aws-guardrails-x", Document: governance.DenyIAMUserCreation()}
	plan, err := ztcore.NewBaseline("org", taken).Plan(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.Equal(t, ztcore.Conflict, plan.Steps[0].Action)
}

func attachedNames(t *testing.T, c *organizations.Client, target string) []string {
	t.Helper()
	out, err := c.ListPoliciesForTarget(t.Context(), &organizations.ListPoliciesForTargetInput{TargetId: &target, Filter: types.PolicyTypeServiceControlPolicy})
	require.NoError(t, err)
	names := []string{}
	for _, p := range out.Policies {
		names = append(names, *p.Name)
	}
	slices.Sort(names)
	return names
}

// What was made by hand is taken over when that is asked for, with nothing but the tags of ownership changed.
func TestAdoption(t *testing.T) {
	cloud, c, root := organized(t)
	unit, err := c.CreateOrganizationalUnit(t.Context(), &organizations.CreateOrganizationalUnitInput{Name: aws.String("Workloads"), ParentId: &root})
	require.NoError(t, err)
	made, err := c.CreatePolicy(t.Context(), &organizations.CreatePolicyInput{
		Name: aws.String("DenyIAMUserCreation"), Description: aws.String(""), Type: types.PolicyTypeServiceControlPolicy,
		Content: aws.String(governance.DenyIAMUserCreation().Pretty()),
	})
	require.NoError(t, err)
	_, err = c.AttachPolicy(t.Context(), &organizations.AttachPolicyInput{PolicyId: made.Policy.PolicySummary.Id, TargetId: unit.OrganizationalUnit.Id})
	require.NoError(t, err)
	users := governance.Policy{Name: "DenyIAMUserCreation", Document: governance.DenyIAMUserCreation(), Targets: []id.OrganizationTarget{work.ID()}}
	plan := apply(t, cloud.Config(), ztcore.List{scps, work, users}, ztcore.AdoptAll())
	for _, s := range plan.Steps {
		for _, change := range s.Changes {
			require.Equal(t, ztcore.TakeOver, s.Action)
			require.Equal(t, "Tags", change.Field, "%s %s", s.Address, change)
		}
	}
	require.Len(t, cloud.Writes(), 6, "the unit's and the policy's tags")
	for _, call := range cloud.Writes()[4:] {
		require.Equal(t, "TagResource", call.Operation)
	}
}

func TestWhatLeftTheBaselineIsPruned(t *testing.T) {
	cloud, c, root := organized(t)
	gone := governance.Policy{Name: "gone", Document: governance.DenyIAMUserCreation(), Targets: []id.OrganizationTarget{prod.ID()}}
	apply(t, cloud.Config(), ztcore.List{scps, work, prod, gone})
	apply(t, cloud.Config(), ztcore.List{scps}, ztcore.Prune(governance.Kinds()...))
	_, err := policyNamed(t.Context(), c, types.PolicyTypeServiceControlPolicy, "gone")
	require.Error(t, err)
	left, err := c.ListOrganizationalUnitsForParent(t.Context(), &organizations.ListOrganizationalUnitsForParentInput{ParentId: &root})
	require.NoError(t, err)
	require.Empty(t, left.OrganizationalUnits)
}

// A unit in use stays, and the error says who is in it.
func TestUnitInUseStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, c, root := organized(t)
		apply(t, cloud.Config(), ztcore.List{scps, work})
		require.NoError(t, makeAccount(t.Context(), c, "audit"))
		units, err := c.ListOrganizationalUnitsForParent(t.Context(), &organizations.ListOrganizationalUnitsForParentInput{ParentId: &root})
		require.NoError(t, err)
		_, err = c.MoveAccount(t.Context(), &organizations.MoveAccountInput{AccountId: aws.String(auditAccount), SourceParentId: &root, DestinationParentId: units.OrganizationalUnits[0].Id})
		require.NoError(t, err)
		plan, err := ztcore.NewBaseline("org", ztcore.List{scps, work}).Plan(t.Context(), cloud.Config(), ztcore.Destroy())
		require.NoError(t, err)
		_, err = plan.Apply(t.Context())
		require.ErrorContains(t, err, "Workloads holds "+auditAccount)
	})
}

// Whoever runs it from the wrong account is told so, and which is the right one.
func TestTheWrongAccountIsNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud, c, _ := organized(t)
		require.NoError(t, makeAccount(t.Context(), c, "audit"))
		for _, r := range []ztcore.Resource{scps, governance.Policy{Name: "p", Document: governance.DenyIAMUserCreation()}, governance.ServiceAccess{Service: "config.amazonaws.com"}} {
			_, err := ztcore.NewBaseline("org", r).Plan(t.Context(), cloud.ConfigFor(auditAccount, "us-east-1"))
			require.ErrorContains(t, err, "is managed by account "+fakeaws.DefaultAccount+", and this run is made in account "+auditAccount)
		}
		_, err := ztcore.NewBaseline("org", scps).Plan(t.Context(), cloud.ConfigFor("999999999999", "us-east-1"))
		require.ErrorContains(t, err, "account 999999999999 is in no organization")
	})
}

// The policies of all levels take part in a decision, each with its name.
func TestEffectiveSCPs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.WithoutCancel(t.Context())
		cloud, c, root := organized(t)
		require.NoError(t, makeAccount(ctx, c, "audit"))
		apply(t, cloud.Config(), ztcore.List{scps, work, governance.Policy{Name: "users", Document: governance.DenyIAMUserCreation(), Targets: []id.OrganizationTarget{work.ID()}}})
		units, err := c.ListOrganizationalUnitsForParent(ctx, &organizations.ListOrganizationalUnitsForParentInput{ParentId: &root})
		require.NoError(t, err)
		unit := units.OrganizationalUnits[0].Id
		_, err = c.MoveAccount(ctx, &organizations.MoveAccountInput{AccountId: aws.String(auditAccount), SourceParentId: &root, DestinationParentId: unit})
		require.NoError(t, err)
		levels, err := governance.EffectiveSCPs(ctx, cloud.Config(), auditAccount)
		require.NoError(t, err)
		require.Len(t, levels, 3)
		require.Equal(t, []string{root, *unit, auditAccount}, []string{levels[0].Target, levels[1].Target, levels[2].Target})
		require.Equal(t, "users", levels[1].Policies[1].Name)
		decision, err := policy.Evaluate(
			policy.Request{Principal: "arn:aws:iam::" + auditAccount + ":role/r", Action: "iam:CreateUser", Resource: "*"},
			policy.Policies{Identity: []policy.Document{policy.Allow("*").OnAny()}, SCP: governance.Documents(levels)},
		)
		require.NoError(t, err)
		require.Equal(t, policy.Denied, decision.Outcome)
		require.Equal(t, "DenyIAMUserCreation", decision.Sid)

		for _, account := range []string{fakeaws.DefaultAccount} {
			none, err := governance.EffectiveSCPs(ctx, cloud.Config(), account)
			require.NoError(t, err)
			require.Empty(t, none, "none bind the management account")
		}
		none, err := governance.EffectiveSCPs(ctx, newCloud().Config(), auditAccount)
		require.NoError(t, err)
		require.Empty(t, none)
	})
}
