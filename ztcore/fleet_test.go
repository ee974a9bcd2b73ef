package ztcore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
)

// toyFleet is n targets in as many accounts, each with a toy service of its own.
func toyFleet(n int) (ztcore.Fleet, []*toyAWS) {
	cloud := fakeaws.New(fakests.Install)
	var f ztcore.Fleet
	var toys []*toyAWS
	of := map[string]*toyAWS{}
	for i := range n {
		account := fmt.Sprintf("%012d", i+1)
		toys = append(toys, newToy())
		of[account] = toys[i]
		f.Targets = append(f.Targets, ztcore.Target{Account: account, Region: "us-east-1", Config: func(_ context.Context, t ztcore.Target) (aws.Config, error) {
			return cloud.ConfigFor(t.Account, t.Region), nil
		}})
	}
	f.Baseline = func(t ztcore.Target) *ztcore.Baseline {
		return ztcore.NewBaseline("home", shelf{aws: of[t.Account], Name: "s"})
	}
	return f, toys
}

func TestAFleetsTargetsStandApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, toys := toyFleet(60)
		broken := func(int) bool { return true }
		f.Targets[3].Config = func(context.Context, ztcore.Target) (aws.Config, error) {
			return aws.Config{}, errors.New("no such role")
		}
		f.Targets[4].Account = "999999999999" // whose credentials are not those of its baseline's account
		f.Targets[4].Config = func(_ context.Context, t ztcore.Target) (aws.Config, error) {
			return fakeaws.New(fakests.Install).ConfigFor("000000000005", t.Region), nil
		}
		inner := f.Baseline
		f.Baseline = func(t ztcore.Target) *ztcore.Baseline {
			if t.Account == "999999999999" {
				t.Account = "000000000005"
			}
			if t.Account == "000000000007" {
				return nil
			}
			return inner(t)
		}
		for _, i := range []int{10, 11, 12} {
			toys[i].fail = func(call string) error {
				if call == "CreateShelf" && broken(i) {
					return &smithy.GenericAPIError{Code: "LimitExceeded", Message: "too many shelves"}
				}
				return nil
			}
		}
		f.Review = func(t ztcore.Target, p *ztcore.Plan) error {
			if t.Account == "000000000021" {
				return errors.New("not on a Friday")
			}
			return nil
		}
		report, err := f.Apply(ctx)
		var target *ztcore.TargetError
		require.ErrorAs(t, err, &target)
		require.Equal(t, ztcore.PhaseConfig, target.Phase)
		require.Len(t, report.Failed(), 6)
		require.Equal(t, 60-6-1, report.Changed())
		var sizes []int
		for _, c := range report.Causes() {
			sizes = append(sizes, len(c.Targets))
		}
		require.Equal(t, []int{1, 1, 3, 1}, sizes)
		require.Contains(t, report.String(), "apply, 3 targets, LimitExceeded")
		require.Contains(t, report.String(), "review, 1 target: not on a Friday")
		_, err = json.Marshal(report)
		require.NoError(t, err)

		// What failed is tried again alone, from a list that was written down.
		text, err := json.Marshal(report.Failed())
		require.NoError(t, err)
		var again []ztcore.Target
		require.NoError(t, json.Unmarshal(text, &again))
		broken = func(int) bool { return false }
		retry := ztcore.Fleet{Baseline: inner}
		for _, r := range again {
			r.Config = f.Targets[0].Config
			if r.Account != "999999999999" {
				retry.Targets = append(retry.Targets, r)
			}
		}
		report, err = retry.Apply(ctx)
		require.NoError(t, err)
		require.Equal(t, 5, report.Changed())

		// Nothing to do is no write anywhere.
		f, _ = ztcore.Fleet{Targets: f.Targets[20:], Baseline: inner}, toys
		report, err = f.Plan(ctx, func(_ ztcore.Target, p *ztcore.Plan) { require.True(t, p.Empty()) })
		require.NoError(t, err)
		for _, r := range report.Targets {
			require.Zero(t, r.Pending)
		}
	})
}

// The memory of a run does not grow with the number of targets: once a target has had its turn, its report keeps neither its plan nor its
// configuration, however it came out.
func TestAFleetKeepsNothingOfATargetThatHadItsTurn(t *testing.T) {
	f, toys := toyFleet(60)
	for i, toy := range toys {
		switch i % 5 {
		case 0:
			toy.fail = func(call string) error {
				if call == "CreateShelf" {
					return &smithy.GenericAPIError{Code: "LimitExceeded", Message: "too many shelves"}
				}
				return nil
			}
		case 1: // a conflict
			toy.shelves["s"] = shelfState{Name: "s", Tags: map[string]string{ztcore.TagBaseline: "another"}}
		case 2: // stale: somebody makes it after the plan
			reads := 0
			toy.fail = func(call string) error {
				if reads++; call == "ReadShelves" && reads > 1 {
					toy.shelves["s"] = shelfState{Name: "s"}
				}
				return nil
			}
		}
	}
	var plans, configs atomic.Int64
	inner := f.Targets[0].Config
	for i := range f.Targets {
		f.Targets[i].Config = func(ctx context.Context, t ztcore.Target) (aws.Config, error) {
			cfg, err := inner(ctx, t)
			held := new([1 << 10]byte) // as credentials are held
			configs.Add(1)
			runtime.AddCleanup(held, func(struct{}) { configs.Add(-1) }, struct{}{})
			credentials := cfg.Credentials
			cfg.Credentials = aws.CredentialsProviderFunc(func(ctx context.Context) (aws.Credentials, error) {
				defer runtime.KeepAlive(held)
				return credentials.Retrieve(ctx)
			})
			return cfg, err
		}
	}
	made := 0
	var mu sync.Mutex
	watch := func(p *ztcore.Plan) {
		mu.Lock()
		made++
		mu.Unlock()
		plans.Add(1)
		runtime.AddCleanup(p, func(struct{}) { plans.Add(-1) }, struct{}{})
	}
	f.Review = func(t ztcore.Target, p *ztcore.Plan) error {
		watch(p)
		if strings.HasSuffix(t.Account, "4") {
			return errors.New("not on a Friday")
		}
		return nil
	}
	report, err := f.Apply(ctx)
	require.Error(t, err)
	var conflict *ztcore.ConflictError
	require.ErrorAs(t, report.Targets[1].Err, &conflict)
	var stale *ztcore.StaleError
	require.ErrorAs(t, report.Targets[2].Err, &stale)
	planned, err := f.Plan(ctx, func(_ ztcore.Target, p *ztcore.Plan) { watch(p) })
	require.NoError(t, err)
	require.Equal(t, 60+60, made)
	for range 100 { // cleanups run some time after a collection
		if runtime.GC(); plans.Load() == 0 && configs.Load() == 0 {
			break
		}
		runtime.Gosched()
	}
	require.Zero(t, plans.Load(), "plans that are still reachable")
	require.Zero(t, configs.Load(), "configurations that are")
	runtime.KeepAlive(report)
	runtime.KeepAlive(planned)
}

func TestAFleetIsParallelAndBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, toys := toyFleet(64)
		var mu sync.Mutex
		now, most := 0, 0
		for i := range f.Targets {
			toys[i].latency = time.Second
			inner := f.Targets[i].Config
			f.Targets[i].Config = func(ctx context.Context, t ztcore.Target) (aws.Config, error) {
				mu.Lock()
				now++
				most = max(most, now)
				mu.Unlock()
				time.Sleep(time.Second)
				mu.Lock()
				now--
				mu.Unlock()
				return inner(ctx, t)
			}
		}
		alone := ztcore.Fleet{Targets: f.Targets[:1], Baseline: f.Baseline}
		first, err := alone.Apply(ctx)
		require.NoError(t, err)
		f.Targets, f.Parallel = f.Targets[1:61], 20
		report, err := f.Apply(ctx)
		require.NoError(t, err)
		require.Equal(t, 3*first.Took, report.Took, "60 targets, 20 at a time")
		require.Equal(t, 20, most)
	})
}

// What AWS serializes in an account is serialized over all its targets.
func TestAFleetSharesConflictDomains(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		toy.latency = time.Second
		toy.Shelf.Domain = func(shelfState) string { return "organization" }
		cloud := fakeaws.New(fakests.Install)
		var f ztcore.Fleet
		for i := range 10 {
			f.Targets = append(f.Targets, ztcore.Target{Account: "111111111111", Region: fmt.Sprint("region-", i), Config: func(_ context.Context, t ztcore.Target) (aws.Config, error) {
				return cloud.ConfigFor(t.Account, t.Region), nil
			}})
		}
		f.Baseline = func(t ztcore.Target) *ztcore.Baseline {
			return ztcore.NewBaseline(t.Region, shelf{aws: toy, Name: "shelf-of-" + t.Region})
		}
		_, err := f.Apply(ctx)
		require.NoError(t, err)
		require.Len(t, toy.shelves, 10)
		require.Equal(t, 1, toy.most, "writes at a time")
	})
}

func TestAFleetThatIsCalledOffSaysWhatItDidNotStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, toys := toyFleet(10)
		for _, toy := range toys {
			toy.latency = time.Second
		}
		f.Parallel = 2
		ctx, cancel := context.WithTimeout(ctx, 1500*time.Millisecond)
		defer cancel()
		report, err := f.Apply(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		phases := map[ztcore.Phase]int{}
		for _, r := range report.Targets {
			phases[r.Phase]++
		}
		require.Equal(t, 8, phases[ztcore.PhaseSkipped], phases)
	})
}
