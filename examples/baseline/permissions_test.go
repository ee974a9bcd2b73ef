package main

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
	"github.com/seed-08ecc977/zerotrust/ztcore/permission"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// deployer holds the policies of the baseline and nothing else.
const deployer = "arn:aws:iam::" + fakeaws.DefaultAccount + ":user/deployer"

var here = ztcore.Target{Account: fakeaws.DefaultAccount, Region: fakeaws.DefaultRegion}

func asDeployer(cloud *fakeaws.Cloud) aws.Config {
	return cloud.ConfigAs(fakeaws.Caller{Account: fakeaws.DefaultAccount, ARN: deployer, UserID: "AIDADEPLOYER"}, fakeaws.DefaultRegion)
}

// attachable are how many managed policies a role can have unless the quota is raised.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const attachable = 10

func requireAttachable(t *testing.T, docs []policy.Document) (actions []string) {
	t.Helper()
	require.LessOrEqual(t, len(docs), attachable)
	for _, d := range docs {
		require.LessOrEqual(t, d.Size(policy.Identity), policy.Limit(policy.Identity))
		for _, f := range d.Lint(policy.Identity) {
			require.NotEqual(t, policy.SeverityError, f.Severity, f)
		}
		for _, s := range d.Statements {
			require.NotContains(t, strings.Join(s.Actions, " "), "*")
			if slices.Contains(s.Actions, permission.PassRole) {
				require.NotContains(t, strings.Join(s.Resources, " "), "*", "a role that is passed is named")
			}
			actions = append(actions, s.Actions...)
		}
	}
	return actions
}

func TestThePlanPolicyPlansTheWholeGuide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base, cloud := everything(t), newCloud(t)
		docs, err := base.PlanPolicy()
		require.NoError(t, err)
		t.Logf("%d actions in %d documents", len(requireAttachable(t, docs)), len(docs))
		cloud.Restrict(deployer, docs...)
		kinds := [][]ztcore.PlanOption{nil, {ztcore.Prune()}, {ztcore.Destroy()}}
		for _, opts := range kinds {
			_, err = base.Plan(ctx, asDeployer(cloud), opts...)
			require.NoError(t, err)
		}
		_, err = planAndApply(base, cloud.Config())
		require.NoError(t, err)
		cloud.ResetCalls()
		for _, opts := range kinds {
			_, err = base.Plan(ctx, asDeployer(cloud), opts...)
			require.NoError(t, err)
		}
		require.Empty(t, cloud.Writes(), "planning makes no mutating call")
	})
}

func TestTheApplyPolicyMakesRepairsAndRemovesTheWholeGuide(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		base, cloud := everything(t), newCloud(t)
		for _, s := range stages(base, pillarNames()...) {
			docs, err := base.ApplyPolicy(here, s.opts...)
			require.NoError(t, err)
			t.Logf("%s: %d actions in %d documents", s.name, len(requireAttachable(t, docs)), len(docs))
			s.before(t, cloud)
			cloud.Restrict(deployer, docs...)
			_, err = planAndApply(base, asDeployer(cloud), s.opts...)
			require.NoError(t, err, s.name)
			again, err := base.Plan(ctx, asDeployer(cloud), s.opts...)
			require.NoError(t, err)
			require.True(t, again.Empty(), again)
		}
	})
}

// A run that may not read says so of every kind at once, and asks for no more rights one by one.
func TestWhatMayNotBeReadIsToldAllAtOnce(t *testing.T) {
	base, cloud := everything(t), newCloud(t)
	cloud.Restrict(deployer)
	_, err := base.Plan(ctx, asDeployer(cloud))
	joined, ok := err.(interface{ Unwrap() []error })
	require.True(t, ok, "%v", err)
	told := map[string]bool{}
	for _, e := range joined.Unwrap() {
		var read *ztcore.ReadError
		var denied *ztcore.PermissionError
		require.ErrorAs(t, e, &read)
		require.ErrorAs(t, e, &denied)
		require.ErrorContains(t, e, "reading "+read.Kind+": the permission "+denied.Action+" is missing")
		told[read.Kind] = true
	}
	cloud.Unrestrict(deployer)
	plan, err := base.Plan(ctx, asDeployer(cloud))
	require.NoError(t, err)
	waits := 0 // kinds that are found by the ids of others, whose reads never start
	for _, s := range plan.Steps {
		if !told[s.Kind] {
			told[s.Kind] = true
			waits++
		}
	}
	t.Logf("%d of %d kinds, %d wait for others", len(told)-waits, len(told), waits)
	require.Greater(t, len(told)-waits, 50)
}

// Pillar by pillar: whichever one action is taken away, the run fails and names it; when it is given back, the end is the same as if
// nothing had happened.
func TestWithoutAnyOneAction(t *testing.T) {
	if testing.Short() {
		t.Skip("stands every pillar up some hundred times")
	}
	tried, runs, listed := map[string]bool{}, 0, map[string]bool{}
	for _, pillar := range pillarNames() {
		base := part(t, pillar)
		for i, s := range stages(base, pillar) {
			var used []string
			var end string
			docs, err := base.ApplyPolicy(here, s.opts...)
			require.NoError(t, err)
			for _, a := range requireAttachable(t, docs) {
				listed[a] = true
			}
			synctest.Test(t, func(t *testing.T) {
				cloud := arrive(t, base, stages(base, pillar), i)
				cloud.Restrict(deployer, docs...)
				cloud.ResetCalls()
				_, err := planAndApply(base, asDeployer(cloud), s.opts...)
				require.NoError(t, err)
				used, end = actionsOf(cloud.Calls()), cloud.Essence(ztcore.TagResource)
			})
			for _, action := range used {
				runs, tried[action] = runs+1, true
				t.Run(pillar+" "+s.name+" "+strings.ReplaceAll(action, ":", " "), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						cloud := arrive(t, base, stages(base, pillar), i)
						takeAway(t, cloud, base, docs, action, s.opts)
						require.Equal(t, end, cloud.Essence(ztcore.TagResource), "the end state is another than without the denial")
					})
				})
			}
		}
	}
	var rest []string // what only other changes take, which kindtest.Run takes away kind by kind
	for a := range listed {
		if !tried[a] {
			rest = append(rest, a)
		}
	}
	slices.Sort(rest)
	t.Logf("%d runs, each without one of %d actions; of the policies' %d the guide's life has not used %d: %s", runs, len(tried), len(listed), len(rest), strings.Join(rest, " "))
	require.Greater(t, len(tried), len(listed)/2)
}

func takeAway(t *testing.T, cloud *fakeaws.Cloud, base *ztcore.Baseline, docs []policy.Document, action string, opts []ztcore.PlanOption) {
	t.Helper()
	cloud.Restrict(deployer, kindtest.Without(docs, action)...)
	_, err := planAndApply(base, asDeployer(cloud), opts...)
	var denied *ztcore.PermissionError
	require.ErrorAs(t, err, &denied, "%s was taken away", action)
	require.Equal(t, action, denied.Action)
	require.ErrorContains(t, err, "the permission "+action)
	var step *ztcore.StepError
	var read *ztcore.ReadError
	require.True(t, errors.As(err, &step) || errors.As(err, &read), "the error names no resource: %v", err)
	cloud.Restrict(deployer, docs...)
	_, err = planAndApply(base, asDeployer(cloud), opts...)
	require.NoError(t, err, "%s was given back", action)
	again, err := base.Plan(ctx, asDeployer(cloud), opts...)
	require.NoError(t, err)
	require.True(t, again.Empty(), again)
}

// stage is something that becomes of a baseline.
type stage struct {
	name   string
	opts   []ztcore.PlanOption
	before func(*testing.T, *fakeaws.Cloud)
}

// stages are the life of some pillars: they are made, repaired where somebody has tampered with them, and removed with what holds data.
func stages(base *ztcore.Baseline, pillars ...string) []stage {
	nothing := func(*testing.T, *fakeaws.Cloud) {}
	out := []stage{{"make", nil, nothing}}
	if slices.Contains(pillars, "iam") || slices.Contains(pillars, "network") || slices.Contains(pillars, "dataprotect") {
		out = append(out, stage{"repair", nil, func(t *testing.T, cloud *fakeaws.Cloud) {
			deeds, err := tamper(ctx, cloud.Config(), pillars)
			require.NoError(t, err)
			require.NotEmpty(t, deeds)
		}})
	}
	return append(out, stage{"remove", []ztcore.PlanOption{ztcore.Destroy(), ztcore.AllowDelete(ztcore.Addresses(base)...)}, nothing})
}

// arrive is a cloud to which an administrator has done all stages before one.
func arrive(t *testing.T, base *ztcore.Baseline, all []stage, i int) *fakeaws.Cloud {
	t.Helper()
	cloud := newCloud(t)
	for _, s := range all[:i] {
		s.before(t, cloud)
		_, err := planAndApply(base, cloud.Config(), s.opts...)
		require.NoError(t, err)
	}
	all[i].before(t, cloud)
	return cloud
}

// planAndApply plans and applies once.
func planAndApply(base *ztcore.Baseline, cfg aws.Config, opts ...ztcore.PlanOption) (*ztcore.Report, error) {
	plan, err := base.Plan(ctx, cfg, opts...)
	if err != nil {
		return nil, err
	}
	return plan.Apply(ctx)
}

func actionsOf(calls []fakeaws.Call) []string {
	var out []string
	for _, c := range calls {
		out = append(out, permission.Actions(c.Service, c.Operation, c.Input)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
