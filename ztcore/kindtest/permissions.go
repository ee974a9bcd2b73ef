package kindtest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/permission"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// deployer is who has the policies of a baseline, and nothing else.
const deployer = "arn:aws:iam::" + fakeaws.DefaultAccount + ":user/kindtest"

func asDeployer(cloud *fakeaws.Cloud) aws.Config {
	return cloud.ConfigAs(fakeaws.Caller{Account: fakeaws.DefaultAccount, ARN: deployer, UserID: "AIDAKINDTEST"}, fakeaws.DefaultRegion)
}

// permissions takes the resource through its life with the policies of its baselines and no other right, and then without each action in
// turn, at the first step that uses it: the run fails and names it, and when it is given back the end is the same, with nothing twice.
func (c Case) permissions(t *testing.T) {
	t.Run("permissions", func(t *testing.T) {
		if why := c.Skip["permissions"]; why != "" {
			t.Logf("does not hold here: %s", why)
			return
		}
		var none *ztcore.NoPermissionsError
		if _, err := c.baseline(0).PlanPolicy(); errors.As(err, &none) {
			t.Logf("not checked: %v", err)
			return
		}
		tried := map[string]bool{}
		for i := range len(c.Variants) + 1 {
			var used []string
			var end map[string]int
			synctest.Test(t, func(t *testing.T) { used, end = c.usedBy(t, i) })
			for _, action := range used {
				if tried[action] {
					continue
				}
				tried[action] = true
				t.Run(strings.ReplaceAll(action, ":", " "), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) { c.without(t, i, action, end) })
				})
			}
		}
	})
}

// policies are those that step i takes: to go from one variant to the next AWS may ask for what the former needed.
func (c Case) policies(t *testing.T, i int) (docs []policy.Document) {
	t.Helper()
	at := ztcore.Target{Account: fakeaws.DefaultAccount, Region: fakeaws.DefaultRegion}
	for _, v := range []int{i - 1, i} {
		if v < 0 || v == len(c.Variants) {
			continue
		}
		opts := []ztcore.PlanOption{ztcore.Prune()} // for what is replaced
		if i == len(c.Variants) {
			opts = []ztcore.PlanOption{ztcore.Destroy()}
		}
		more, err := c.baseline(v).ApplyPolicy(at, opts...)
		require.NoError(t, err)
		docs = append(docs, more...)
	}
	return docs
}

// usedBy lists the actions that a step asks for, when its policies suffice and planning takes no more than the plan's, with the shape
// of the world after it.
func (c Case) usedBy(t *testing.T, i int) (used []string, end map[string]int) {
	t.Helper()
	cloud, _ := c.arrive(t, i)
	v := min(i, len(c.Variants)-1)
	read, err := c.baseline(v).PlanPolicy()
	require.NoError(t, err)
	cloud.Restrict(deployer, read...)
	cloud.ResetCalls()
	c.plan(t, asDeployer(cloud), v)
	require.Empty(t, cloud.Writes(), "planning made mutating calls")
	cloud.Restrict(deployer, c.policies(t, i)...)
	cloud.ResetCalls()
	c.step(t, asDeployer(cloud), i)
	for _, call := range cloud.Calls() {
		used = append(used, permission.Actions(call.Service, call.Operation, call.Input)...)
	}
	slices.Sort(used)
	return slices.Compact(used), shape(t, cloud)
}

func (c Case) without(t *testing.T, i int, action string, end map[string]int) {
	cloud, _ := c.arrive(t, i)
	cfg, docs := asDeployer(cloud), c.policies(t, i)
	cloud.Restrict(deployer, Without(docs, action)...)
	err := c.try(cfg, i)
	var denied *ztcore.PermissionError
	require.ErrorAs(t, err, &denied, "%s was taken away", action)
	require.True(t, strings.EqualFold(action, denied.Action), "%s was taken away, and %s is missed: %v", action, denied.Action, err)
	require.ErrorContains(t, err, "the permission "+denied.Action)

	cloud.Restrict(deployer, docs...)
	c.step(t, cfg, i)
	if i == len(c.Variants) {
		require.True(t, c.destroyPlan(t, cfg, i-1).Empty(), "something is left")
	} else {
		c.requireEmpty(t, cfg, i)
	}
	if why := c.Skip["without "+action]; why != "" {
		t.Logf("the end state is another: %s", why)
		return
	}
	require.Equal(t, end, shape(t, cloud), "the end state is another than without the denial")
}

// try takes a step that may fail.
func (c Case) try(cfg aws.Config, i int) error {
	v, opts := i, []ztcore.PlanOption{}
	if i == len(c.Variants) {
		v, opts = i-1, append(opts, ztcore.Destroy())
	}
	p, err := c.baseline(v).Plan(context.Background(), cfg, opts...)
	if err != nil {
		return err
	}
	if p, err = c.baseline(v).Plan(context.Background(), cfg, append(opts, allowAll(p))...); err != nil {
		return err
	}
	_, err = p.Apply(context.Background())
	return err
}

// Without are documents less one action, to see what becomes of a run that lacks it.
func Without(docs []policy.Document, action string) (out []policy.Document) {
	for _, d := range docs {
		rest := policy.Document{Version: d.Version}
		for _, s := range d.Statements {
			s.Actions = slices.DeleteFunc(slices.Clone(s.Actions), func(a string) bool { return a == action })
			if len(s.Actions) > 0 {
				rest.Statements = append(rest.Statements, s)
			}
		}
		if len(rest.Statements) > 0 {
			out = append(out, rest)
		}
	}
	return out
}
