package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/all"
)

var ctx = context.Background()

func invoke(t *testing.T, args ...string) (code int, stdout string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(ctx, args, &out, &errs)
	return code, out.String() + errs.String()
}

func TestTheWholeStory(t *testing.T) {
	code, out := invoke(t)
	require.Equal(t, nothingToDo, code, out)
	for _, want := range []string{"Now someone tampers with the account", `Members: - "ingress from 0.0.0.0/0: tcp 22"`, "AdministratorAccess", "BlockPublicPolicy: false → true"} {
		require.Contains(t, out, want)
	}
	_, end, ok := strings.Cut(out, "Now someone tampers with the account")
	require.True(t, ok)
	require.Contains(t, end, "Planned again: nothing is left to do", "it ends with an empty plan")
	require.Contains(t, end, "0 are open.")
}

func TestExitCodes(t *testing.T) {
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"-plan", toDo, "create"},
		{"-plan -destroy", nothingToDo, "Nothing to do"},
		{"-destroy", nothingToDo, "nothing is left to do"},
		{"-pillars iam -plan", toDo, "iam.Role/EC2S3AccessRole"},
		{"-pillars ima", failed, `there is no pillar "ima"; there are iam, network, dataprotect`},
		{"-plan now", failed, "unexpected arguments: now"},
		{"-h", nothingToDo, "-pillars"},
	} {
		code, out := invoke(t, strings.Fields(c.args)...)
		require.Equal(t, c.code, code, "%s\n%s", c.args, out)
		require.Contains(t, out, c.says, c.args)
	}
}

func TestThePlanIsWrittenForApproval(t *testing.T) {
	file := filepath.Join(t.TempDir(), "plan.json")
	code, _ := invoke(t, "-plan", "-pillars", "network", "-json", file)
	require.Equal(t, toDo, code)
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	var plan struct {
		Account string
		Steps   []struct{ Address, Action string }
	}
	require.NoError(t, json.Unmarshal(text, &plan))
	require.Equal(t, fakeaws.DefaultAccount, plan.Account)
	require.Greater(t, len(plan.Steps), 20)
}

func everything(t *testing.T) *ztcore.Baseline { return only(t, pillarNames()...) }

func only(t *testing.T, pillars ...string) *ztcore.Baseline {
	t.Helper()
	base, err := guide(pillars, place{region: fakeaws.DefaultRegion, unit: unitID()})
	require.NoError(t, err)
	return base
}

// unitID is the id of the unit that newCloud makes: the same in each.
var unitID = sync.OnceValue(func() string {
	unit, err := organization(ctx, all.New().Config())
	if err != nil {
		panic(err)
	}
	return unit
})

// newCloud is an AWS as the baseline expects to find it: the ids of the same things are the same in each.
func newCloud(t *testing.T) *fakeaws.Cloud {
	t.Helper()
	cloud := all.New()
	unit, err := organization(ctx, cloud.Config())
	require.NoError(t, err)
	require.Equal(t, unitID(), unit)
	cloud.ResetCalls()
	return cloud
}

const latency = 50 * time.Millisecond

// Every step starts in the very moment in which the last of what it depends on is done, and with the last step the
// run is over: what is left is the critical path.
func TestApplyTakesItsCriticalPath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud(t)
		plan, err := everything(t).Plan(ctx, cloud.Config())
		require.NoError(t, err)
		cloud.SetLatency(latency)
		cloud.ResetCalls()
		began := time.Now()
		started, finished := map[ztcore.Address]time.Time{}, map[ztcore.Address]time.Time{}
		report, err := plan.Apply(ctx, ztcore.WithProgress(func(e ztcore.Event) {
			switch e := e.(type) {
			case ztcore.Started:
				started[e.Address] = time.Now()
			case ztcore.Finished:
				finished[e.Outcome.Address] = time.Now()
			}
		}))
		require.NoError(t, err)
		walk, last := began.Add(time.Hour), began
		for _, at := range started {
			if at.Before(walk) {
				walk = at // when all reads that verify the plan are done
			}
		}
		for _, s := range plan.Steps {
			at, ran := started[s.Address]
			if !ran {
				continue
			}
			ready := walk
			for _, dep := range s.DependsOn {
				if f := finished[dep]; f.After(ready) {
					ready = f
				}
			}
			require.Equal(t, ready.Sub(began), at.Sub(began), "%s started late", s.Address)
			if finished[s.Address].After(last) {
				last = finished[s.Address]
			}
		}
		require.Equal(t, last.Sub(began), report.Took)
		serial := time.Duration(len(cloud.Calls())) * latency
		t.Logf("%d steps, %d calls: %s, where one call after the other would take %s", len(started), len(cloud.Calls()), report.Took, serial)
	})
}

// Planning takes its longest chain of reads, and no more.
func TestPlanTakesItsLongestChainOfReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud(t)
		base := everything(t)
		plan, err := base.Plan(ctx, cloud.Config())
		require.NoError(t, err)
		_, err = plan.Apply(ctx)
		require.NoError(t, err)
		cloud.SetLatency(latency)
		cloud.ResetCalls()
		began := time.Now()
		again, err := base.Plan(ctx, cloud.Config())
		require.NoError(t, err)
		took := time.Since(began)
		require.True(t, again.Empty())
		t.Logf("%d reads in %s", len(cloud.Calls()), took)
		// Whose account it is; then, as the longest of many, the user pools, their tags, the pool, its clients, the client. All else
		// goes side by side.
		require.Equal(t, 6*latency, took)
	})
}

// A reviewer is to see documents, not "(known after apply)": in a first plan only what AWS makes up is not known.
func TestWhatAFirstPlanDoesNotKnow(t *testing.T) {
	plan, err := everything(t).Plan(ctx, newCloud(t).Config())
	require.NoError(t, err)
	unknown := 0
	for _, s := range plan.Steps {
		for _, c := range s.Changes {
			if strings.Contains(c.After, "{{zt:") {
				unknown++
				require.NotRegexp(t, `^"?\{\{zt:[^}]*(Policy|Document|Trust)\}\}"?$`, c.After, "%s %s is wholly unknown", s.Address, c.Path)
			}
		}
	}
	require.Equal(t, goldenUnknown, unknown)
}

const goldenUnknown = 206

// Every resource names the tenet of NIST SP 800-207 that it serves, and so the principle: they are the axis of the evidence.
func TestEveryResourceServesAPrinciple(t *testing.T) {
	plan, err := everything(t).Plan(ctx, newCloud(t).Config())
	require.NoError(t, err)
	missing := map[string]bool{}
	for _, s := range plan.Steps {
		if len(ztcore.Principles(s.Controls)) == 0 {
			missing[s.Kind] = true
		}
	}
	require.Empty(t, missing)
}
