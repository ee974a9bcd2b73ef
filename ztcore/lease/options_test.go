package lease_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/lease"
)

func TestAHeldLeaseCanBeWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, 3*time.Minute)
		ada, bob := s.plan(t, "ada", "north"), s.plan(t, "bob", "north", "south")
		done := make(chan error)
		go func() {
			_, err := ada.Apply(ctx, oneMinute)
			done <- err
		}()
		time.Sleep(time.Second)
		var told []string
		waiting := lease.Bucket{Name: "leases", Length: time.Minute, Wait: time.Minute, OnWait: func(held lease.HeldError) { told = append(told, held.Holder) }}
		began := time.Now()
		_, err := bob.Apply(ctx, ztcore.WithLease(waiting))
		var held *lease.HeldError
		require.ErrorAs(t, err, &held)
		require.Equal(t, time.Minute, time.Since(began), "no longer than Wait")
		require.Equal(t, []string{"arn:aws:iam::123456789012:user/ada"}, told)

		waiting.Wait = time.Hour
		within, cancel := context.WithTimeout(ctx, 7*time.Second)
		defer cancel()
		_, err = bob.Apply(within, ztcore.WithLease(waiting))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorAs(t, err, &held, "it says for whom it waited")

		_, err = bob.Apply(ctx, ztcore.WithLease(waiting))
		require.NoError(t, err)
		require.NoError(t, <-done)
		require.Equal(t, map[string]string{"north": "ada", "south": "bob"}, s.walls)
		require.LessOrEqual(t, time.Since(began), 6*time.Minute+6*time.Second, "it was given back, and not waited for to expire")
		require.Zero(t, s.overlaps)
	})
}

func TestWhatIsWrongWithALeaseIsSaidBeforeAnyCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, time.Second)
		plan := s.plan(t, "ada", "north")
		s.cloud.ResetCalls()
		for says, l := range map[string]lease.Bucket{
			`Name: "" is no bucket's name`:                   {},
			`Name: "Leases" is no`:                           {Name: "Leases"},
			`Name: "a..b" is no`:                             {Name: "a..b"},
			"Length: 59s (use 1m0s to 12h0m0s)":              {Name: "leases", Length: 59 * time.Second},
			"Length: 13h0m0s":                                {Name: "leases", Length: 13 * time.Hour},
			"Wait: -1s is negative":                          {Name: "leases", Wait: -time.Second},
			`Owner: "12" is no account`:                      {Name: "leases", Owner: "12"},
			"Region: holds a token":                          {Name: "leases", Region: ztcore.Region},
			"Note: has 1001 characters":                      {Name: "leases", Note: strings.Repeat("ä", 1001)},
			"Prefix: makes the object's key 1042 bytes long": {Name: "leases", Prefix: strings.Repeat("x", 1010)},
			"Name: \"\" is no bucket's name (use 3–63":       {Length: time.Second, Wait: -1},
		} {
			_, err := plan.Apply(ctx, ztcore.WithLease(l))
			require.ErrorContains(t, err, says)
			require.ErrorContains(t, err, "lease.Bucket.")
			var invalid *ztcore.InvalidError
			require.ErrorAs(t, err, &invalid)
		}
		require.Empty(t, s.cloud.Calls())
		require.Empty(t, s.walls)
	})
}

func TestTheObjectCanBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, 30*time.Second)
		go func() {
			_, _ = s.plan(t, "ada", "north").Apply(ctx, oneMinute)
		}()
		time.Sleep(25 * time.Second)
		doc := s.object(t)
		require.Len(t, doc["run"], 26)
		delete(doc, "run")
		require.Equal(t, map[string]any{
			"baseline": "home", "account": "123456789012", "region": "us-east-1", "holder": "arn:aws:iam::123456789012:user/ada", "note": "CHG-1041",
			"since": "2000-01-01T00:00:00Z", "expires": "2000-01-01T00:01:20Z", "length": "1m0s",
		}, doc)
		time.Sleep(time.Minute)
	})
}

func TestAPlanWithNothingToDoTakesNoLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, time.Second)
		s.walls["north"] = "god"
		plan := s.plan(t, "ada", "north")
		s.cloud.ResetCalls()
		_, err := plan.Apply(ctx, oneMinute)
		require.NoError(t, err)
		require.Empty(t, s.cloud.Calls())
	})
}

// A baseline of another name has another lease, whatever is in the name.
func TestNamesDoNotRunIntoEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, 5*time.Second)
		done := make(chan error)
		for i, name := range []string{"home", "home/123456789012", "home/123456789012/us-east-1.json", "ho me"} {
			plan, err := ztcore.NewBaseline(name, s.baseline(fmt.Sprint("mason", i), fmt.Sprint("wall", i))).Plan(ctx, s.cloud.Config())
			require.NoError(t, err)
			go func() {
				_, err := plan.Apply(ctx, oneMinute)
				done <- err
			}()
		}
		time.Sleep(time.Second)
		require.Equal(t, []string{
			"zerotrust/leases/ho%20me/123456789012/us-east-1.json",
			"zerotrust/leases/home%2F123456789012%2Fus-east-1.json/123456789012/us-east-1.json",
			"zerotrust/leases/home%2F123456789012/123456789012/us-east-1.json",
			"zerotrust/leases/home/123456789012/us-east-1.json",
		}, s.keys(t, "leases"))
		for range 4 {
			require.NoError(t, <-done)
		}
	})
}

func (s *site) keys(t *testing.T, bucket string) (keys []string) {
	t.Helper()
	out, err := s.s3().ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &bucket})
	require.NoError(t, err)
	for _, o := range out.Contents {
		keys = append(keys, *o.Key)
	}
	return keys
}

// fleet is one mason in each of two accounts and two regions.
func (s *site) fleet(l lease.Bucket) ztcore.Fleet {
	f := ztcore.Fleet{Applies: []ztcore.ApplyOption{ztcore.WithLease(l)}, Baseline: func(t ztcore.Target) *ztcore.Baseline {
		return s.baseline(t.Account+"/"+t.Region, "wall of "+t.String())
	}}
	for _, account := range []string{"111111111111", "222222222222"} {
		for _, region := range []string{"us-east-1", "eu-west-1"} {
			f.Targets = append(f.Targets, ztcore.Target{Account: account, Region: region, Config: func(_ context.Context, t ztcore.Target) (aws.Config, error) {
				return s.cloud.ConfigFor(t.Account, t.Region), nil
			}})
		}
	}
	return f
}

// A central bucket whose policy lets the accounts in: each target has a lease of its own, and a held one stops its target alone.
func TestAFleetHasALeaseForEachTarget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, 90*time.Second)
		_, err := s.s3().PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: aws.String("leases"), Policy: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",
			"Principal":{"AWS":["arn:aws:iam::111111111111:root","arn:aws:iam::222222222222:root"]},
			"Action":["s3:GetObject","s3:PutObject","s3:DeleteObject","s3:ListBucket"],"Resource":["arn:aws:s3:::leases","arn:aws:s3:::leases/*"]}]}`)})
		require.NoError(t, err)
		f := s.fleet(lease.Bucket{Name: "leases", Owner: fakeaws.DefaultAccount, Region: "us-east-1", Length: time.Minute})
		done := make(chan *ztcore.FleetReport)
		var failed error
		go func() {
			report, err := f.Apply(ctx)
			failed = err
			done <- report
		}()
		time.Sleep(time.Minute)
		var want []string
		for _, at := range []string{"111111111111/eu-west-1", "111111111111/us-east-1", "222222222222/eu-west-1", "222222222222/us-east-1"} {
			want = append(want, "zerotrust/leases/home/"+at+".json")
		}
		require.Equal(t, want, s.keys(t, "leases"))

		one := f
		one.Targets = f.Targets[2:3]
		_, err = one.Apply(ctx)
		var target *ztcore.TargetError
		require.ErrorAs(t, err, &target)
		require.Equal(t, ztcore.PhaseApply, target.Phase)
		var held *lease.HeldError
		require.ErrorAs(t, err, &held)
		require.Equal(t, "222222222222", held.Account)

		report := <-done
		require.NoError(t, failed)
		require.Equal(t, 4, report.Changed())
		require.Empty(t, s.keys(t, "leases"))
	})
}

// A bucket in each account, and one lease for all of its regions: those of one account come one after the other.
func TestAFleetCanHaveALeaseForEachAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, 90*time.Second)
		for _, account := range []string{"111111111111", "222222222222"} {
			_, err := s3.NewFromConfig(s.cloud.ConfigFor(account, "eu-west-1")).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("leases-" + account),
				CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: "eu-west-1"}})
			require.NoError(t, err)
		}
		l := lease.Bucket{Name: "leases-" + ztcore.AccountID, Region: "eu-west-1", Length: time.Minute, AccountWide: true}
		report, err := s.fleet(l).Apply(ctx)
		var held *lease.HeldError
		require.ErrorAs(t, err, &held, "which of them is first is nobody's business: without Wait the other is refused")
		require.Len(t, report.Failed(), 2)

		s.walls = map[string]string{}
		s.overlaps, s.working = 0, map[string]int{}
		l.Wait = time.Hour
		began := time.Now()
		report, err = s.fleet(l).Apply(ctx)
		require.NoError(t, err)
		require.Equal(t, 4, report.Changed())
		require.GreaterOrEqual(t, time.Since(began), 3*time.Minute)
		require.Less(t, time.Since(began), 4*time.Minute, "accounts do not wait for each other")
		accounts := map[string]int{}
		for _, c := range s.cloud.Calls() {
			if c.Operation == "PutObject" && c.Err == nil {
				key := *c.Input.(*s3.PutObjectInput).Key
				require.True(t, strings.HasSuffix(key, "/all-regions.json"), key)
				accounts[c.Account]++
			}
		}
		require.Len(t, accounts, 2)
	})
}

func TestALeaseWorksWhereTheBucketIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, time.Second)
		plan, err := s.baseline("ada", "north").Plan(ctx, s.cloud.ConfigFor(fakeaws.DefaultAccount, "eu-west-1"))
		require.NoError(t, err)
		_, err = plan.Apply(ctx, oneMinute)
		require.ErrorContains(t, err, "is in another region than eu-west-1: set Region")
		_, err = plan.Apply(ctx, ztcore.WithLease(lease.Bucket{Name: "leases", Region: "us-east-1"}))
		require.NoError(t, err)
		var regions []string
		for _, c := range s.cloud.Calls() {
			if c.Service == "S3" && c.Err == nil {
				regions = append(regions, c.Region)
			}
		}
		require.Equal(t, []string{"us-east-1"}, slices.Compact(regions))
	})
}
