package ztcore_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// The policies of who plans and of who applies. Deletions take rights of their own, which Destroy and Prune add.
func ExampleBaseline_ApplyPolicy() {
	reader := iam.Role{Name: "Reader", Path: "/apps/", TrustedBy: policy.Service("ec2.amazonaws.com")}
	baseline := ztcore.NewBaseline("ledger", reader, iam.InstanceProfile{Name: "Reader", Role: reader.RoleName()})
	plan, err := baseline.PlanPolicy()
	if err != nil {
		fmt.Println(err)
		return
	}
	apply, err := baseline.ApplyPolicy(ztcore.Target{Account: "123456789012", Region: "us-east-1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, document := range slices.Concat(plan, apply) {
		for _, s := range document.Statements {
			fmt.Println(s.Sid, "on", s.Resources)
			for _, a := range s.Actions {
				fmt.Println("  ", a)
			}
		}
	}
	// Output:
	// Iam on [*]
	//    iam:GetAccountAuthorizationDetails
	//    iam:GetInstanceProfile
	//    iam:GetRole
	//    iam:ListInstanceProfiles
	//    iam:ListRoles
	// Iam on [*]
	//    iam:AddRoleToInstanceProfile
	//    iam:CreateInstanceProfile
	//    iam:CreateRole
	//    iam:DeleteRolePermissionsBoundary
	//    iam:GetAccountAuthorizationDetails
	//    iam:GetInstanceProfile
	//    iam:GetRole
	//    iam:ListInstanceProfiles
	//    iam:ListRoles
	//    iam:PutRolePermissionsBoundary
	//    iam:RemoveRoleFromInstanceProfile
	//    iam:TagInstanceProfile
	//    iam:TagRole
	//    iam:UpdateAssumeRolePolicy
	//    iam:UpdateRole
	// PassRole on [arn:aws:iam::123456789012:role/apps/Reader]
	//    iam:PassRole
}

// thing is of a kind that does nothing but say what it needs.
type thing struct {
	kind *ztcore.Kind[thingState]
	name string
	role string
}

type thingState struct {
	Name string `zt:"key"`
	Role string
}

func (th thing) Declare(d *ztcore.Declaration) {
	th.kind.Declare(d, th.name, thingState{th.name, th.role})
}

func thingsThatNeed(p *ztcore.Permissions) *ztcore.Kind[thingState] {
	return &ztcore.Kind[thingState]{
		Name: "acme.Thing", Permissions: p,
		Get: func(context.Context, *ztcore.Scope, thingState) (thingState, bool, error) {
			return thingState{}, false, nil
		},
		Put:    func(context.Context, *ztcore.Scope, thingState) error { return nil },
		Delete: func(context.Context, *ztcore.Scope, thingState) error { return nil },
	}
}

func actionsIn(docs []policy.Document) (actions []string) {
	for _, d := range docs {
		for _, s := range d.Statements {
			actions = append(actions, s.Actions...)
		}
	}
	return actions
}

var target = ztcore.Target{Account: "123456789012", Region: "us-east-1"}

func TestAKindWithoutPermissionsWorksAndIsNamedOnlyWhenAPolicyIsAskedFor(t *testing.T) {
	base := ztcore.NewBaseline("b", thing{thingsThatNeed(nil), "a", ""}, iam.Group{Name: "g"})
	_, err := base.Plan(t.Context(), fakeaws.New(fakests.Install, fakeiam.Install).Config())
	require.NoError(t, err)
	for _, ask := range []func() ([]policy.Document, error){
		func() ([]policy.Document, error) { return base.PlanPolicy() },
		func() ([]policy.Document, error) { return base.ApplyPolicy(target) },
	} {
		docs, err := ask()
		var none *ztcore.NoPermissionsError
		require.ErrorAs(t, err, &none)
		require.Equal(t, []string{"acme.Thing"}, none.Kinds)
		require.Nil(t, docs)
	}
	_, err = base.PlanPolicy(ztcore.LeaveOut("acme.Thing"))
	require.NoError(t, err, "what is left out needs nothing")
}

func TestPoliciesHoldWhatThePlanCanDoAndNoMore(t *testing.T) {
	kind := thingsThatNeed(&ztcore.Permissions{Read: []string{"acme:Get"}, Write: []string{"acme:Put"}, Delete: []string{"acme:Delete"}})
	one := thing{kind, "a", ""}
	for name, c := range map[string]struct {
		r    ztcore.Resource
		opts []ztcore.PlanOption
		want []string
	}{
		"apply":        {one, nil, []string{"acme:Get", "acme:Put"}},
		"prune":        {one, []ztcore.PlanOption{ztcore.Prune()}, []string{"acme:Delete", "acme:Get", "acme:Put"}},
		"destroy":      {one, []ztcore.PlanOption{ztcore.Destroy()}, []string{"acme:Delete", "acme:Get"}},
		"allow delete": {one, []ztcore.PlanOption{ztcore.AllowDelete("acme.Thing/a")}, []string{"acme:Delete", "acme:Get", "acme:Put"}},
		"another's":    {one, []ztcore.PlanOption{ztcore.AllowDelete("acme.Thing/b")}, []string{"acme:Get", "acme:Put"}},
		"observed":     {ztcore.Observe(one), nil, []string{"acme:Get"}},
		"observe all":  {one, []ztcore.PlanOption{ztcore.ObserveAll()}, []string{"acme:Get"}},
		"ignored":      {ztcore.Ignore(one), nil, nil},
		"pruned kinds": {ztcore.List{}, []ztcore.PlanOption{ztcore.Prune(kind)}, []string{"acme:Delete", "acme:Get"}},
	} {
		base := ztcore.NewBaseline("b", c.r)
		docs, err := base.ApplyPolicy(target, c.opts...)
		require.NoError(t, err, name)
		require.Equal(t, c.want, actionsIn(docs), name)
		docs, err = base.PlanPolicy(c.opts...)
		require.NoError(t, err, name)
		require.Subset(t, []string{"acme:Get"}, append([]string{}, actionsIn(docs)...), name)
	}
	_, err := ztcore.NewBaseline("", one).PlanPolicy()
	var invalid *ztcore.InvalidError
	require.ErrorAs(t, err, &invalid)
}

func TestLongPoliciesAreSplitBetweenServicesWhereTheyCanBe(t *testing.T) {
	var p ztcore.Permissions
	for i := range 120 {
		p.Write = append(p.Write, fmt.Sprintf("acme:PutTheThingOfNumber%03d", i), fmt.Sprintf("bolt:PutTheThingOfNumber%03d", i))
	}
	for i := range 400 {
		p.Read = append(p.Read, fmt.Sprintf("zinc:GetTheThingOfNumber%03d", i))
	}
	base := ztcore.NewBaseline("b", thing{thingsThatNeed(&p), "a", ""})
	docs, err := base.ApplyPolicy(target)
	require.NoError(t, err)
	sids := ""
	for _, d := range docs {
		require.LessOrEqual(t, d.Size(policy.Identity), policy.Limit(policy.Identity))
		require.Empty(t, d.Lint(policy.Identity))
		for _, s := range d.Statements {
			sids += s.Sid + " "
		}
		sids += "| "
	}
	require.Equal(t, "Acme | Bolt | Zinc | Zinc2 | ", sids)
	actions := actionsIn(docs)
	require.Len(t, actions, 640)
	require.True(t, slices.IsSorted(actions))
	again, err := base.ApplyPolicy(target)
	require.NoError(t, err)
	require.Equal(t, docs, again)
}

func TestRolesAreNamedToPassThem(t *testing.T) {
	runner := iam.Role{Name: "Runner", Path: "/jobs/", TrustedBy: policy.Service("ec2.amazonaws.com")}
	profile := iam.InstanceProfile{Name: "Runner", Role: runner.RoleName()}
	passes := thingsThatNeed(&ztcore.Permissions{Read: []string{"acme:Get"}, Write: []string{"acme:Put", "iam:PassRole"}})
	const role = "arn:aws:iam::123456789012:role/"
	for name, c := range map[string]struct {
		r    ztcore.Resource
		at   ztcore.Target
		want []string
	}{
		"of the baseline":           {ztcore.List{runner, thing{passes, "a", string(runner.ARN())}}, target, []string{role + "jobs/Runner"}},
		"by its profile":            {ztcore.List{runner, profile, thing{passes, "a", string(profile.ARN())}}, target, []string{role + "jobs/Runner"}},
		"a literal":                 {thing{passes, "a", role + "Other"}, target, []string{role + "Other"}},
		"a literal profile":         {thing{passes, "a", "arn:aws:iam::123456789012:instance-profile/Other"}, target, []string{role + "*"}},
		"a name alone":              {iam.InstanceProfile{Name: "Other", Role: "Other"}, target, []string{role + "*/Other", role + "Other"}},
		"none":                      {thing{passes, "a", ""}, target, nil},
		"a place to be filled in":   {ztcore.List{runner, thing{passes, "a", string(runner.ARN())}}, ztcore.Target{}, []string{"arn:" + ztcore.Partition + ":iam::" + ztcore.AccountID + ":role/jobs/Runner"}},
		"in another partition":      {ztcore.List{runner, thing{passes, "a", string(runner.ARN())}}, ztcore.Target{Account: "123456789012", Region: "cn-north-1"}, []string{"arn:aws-cn:iam::123456789012:role/jobs/Runner"}},
		"observed, and so not used": {ztcore.Observe(thing{passes, "a", role + "Other"}), target, nil},
	} {
		docs, err := ztcore.NewBaseline("b", c.r).ApplyPolicy(c.at)
		require.NoError(t, err, name)
		var got []string
		for _, d := range docs {
			for _, s := range d.Statements {
				if slices.Contains(s.Actions, "iam:PassRole") {
					require.Equal(t, []string{"iam:PassRole"}, s.Actions)
					got = append(got, s.Resources...)
				}
			}
		}
		require.Equal(t, c.want, got, name)
	}
}

// Who holds nothing yet can be given the policies by a baseline of its own.
func TestPoliciesCanBePartOfABaseline(t *testing.T) {
	runner := iam.Role{Name: "Runner", TrustedBy: policy.Service("ec2.amazonaws.com")}
	docs, err := ztcore.NewBaseline("b", runner, iam.InstanceProfile{Name: "Runner", Role: runner.RoleName()}).ApplyPolicy(ztcore.Target{})
	require.NoError(t, err)
	require.Len(t, docs, 1)
	cloud := fakeaws.New(fakests.Install, fakeiam.Install)
	plan, err := ztcore.NewBaseline("bootstrap", iam.Policy{Name: "Deployer", Document: docs[0]}).Plan(t.Context(), cloud.Config())
	require.NoError(t, err)
	_, err = plan.Apply(t.Context())
	require.NoError(t, err)
	require.Contains(t, cloud.Snapshot(), "role/Runner")
	require.NotContains(t, cloud.Snapshot(), "{{zt:")
}

func TestADenialNamesTheActionThatAWSNames(t *testing.T) {
	role := iam.Role{Name: "r", TrustedBy: policy.Service("ec2.amazonaws.com")}
	for name, c := range map[string]struct {
		answer     error
		action     string
		candidates []string
		says       string
	}{
		"named":       {fakeaws.Error("AccessDenied", "User: arn:aws:iam::123456789012:user/x is not authorized to perform: iam:TagRole on resource: * because …"), "iam:TagRole", nil, "the permission iam:TagRole is missing"},
		"in capitals": {fakeaws.Error("AuthorizationError", "User: x is not authorized to perform: IAM:TagRole"), "iam:TagRole", nil, "the permission iam:TagRole is missing"},
		"not named":   {fakeaws.Error("AccessDenied", "Access Denied"), "iam:CreateRole", []string{"iam:CreateRole", "iam:TagRole"}, "the permission iam:CreateRole (or iam:TagRole) is missing"},
	} {
		cloud := fakeaws.New(fakests.Install, fakeiam.Install)
		plan, err := ztcore.NewBaseline("b", role).Plan(t.Context(), cloud.Config())
		require.NoError(t, err)
		cloud.Inject(t, &fakeaws.Fault{Service: "IAM", Operation: "CreateRole", Before: c.answer})
		_, err = plan.Apply(t.Context())
		var step *ztcore.StepError
		require.ErrorAs(t, err, &step, name)
		require.Equal(t, ztcore.Address("iam.Role/r"), step.Address)
		var denied *ztcore.PermissionError
		require.ErrorAs(t, err, &denied, name)
		require.Equal(t, c.action, denied.Action, name)
		require.Equal(t, c.candidates, denied.Candidates, name)
		require.ErrorContains(t, err, c.says, name)
		require.ErrorContains(t, err, "CreateRole", name)
		require.True(t, strings.HasPrefix(err.Error(), "iam.Role/r: create: "), err.Error())
	}
}

// A kind may join what several calls have answered: a denial among the answers is one.
func TestADenialAmongJoinedErrorsIsFound(t *testing.T) {
	cloud := fakeaws.New(fakests.Install, fakeiam.Install)
	cloud.Inject(t, &fakeaws.Fault{Service: "IAM", Operation: "CreateGroup", Before: fakeaws.Error("LimitExceeded", "full")})
	cloud.Inject(t, &fakeaws.Fault{Service: "IAM", Operation: "DeleteGroup", Before: fakeaws.Denied("iam:DeleteGroup")})
	kind := thingsThatNeed(nil)
	kind.Put = func(ctx context.Context, sc *ztcore.Scope, want thingState) error {
		c := awsiam.NewFromConfig(sc.Config)
		_, full := c.CreateGroup(ctx, &awsiam.CreateGroupInput{GroupName: &want.Name})
		_, denied := c.DeleteGroup(ctx, &awsiam.DeleteGroupInput{GroupName: &want.Name})
		return errors.Join(full, denied)
	}
	plan, err := ztcore.NewBaseline("b", thing{kind, "a", ""}).Plan(t.Context(), cloud.Config())
	require.NoError(t, err)
	_, err = plan.Apply(t.Context())
	var denied *ztcore.PermissionError
	require.ErrorAs(t, err, &denied)
	require.Equal(t, "iam:DeleteGroup", denied.Action)
	require.ErrorContains(t, err, "full", "the other errors are told as well")
}
