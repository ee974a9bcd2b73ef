package lease_test

import (
	"context"
	"fmt"
	"net/http"
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

// Each call that the lease makes is disturbed in each way, once or until further notice, while a rival waits for the lease. Whatever
// comes of it, no two are at work at once, the rival has it in the end, and nothing is left.
func TestEveryCallOfTheLeaseCanGoWrong(t *testing.T) {
	for name, fault := range map[string]*fakeaws.Fault{
		"lost before the effect": {Before: fakeaws.Lost()},
		"lost after the effect":  {After: fakeaws.Lost()},
		"denied":                 {Before: fakeaws.Denied("s3:Something")},
		"throttled":              {Before: fakeaws.Status(http.StatusServiceUnavailable, fakeaws.Error("SlowDown", "Please reduce your request rate."))},
		"internal error before":  {Before: fakeaws.Status(http.StatusInternalServerError, fakeaws.Error("InternalError", "We encountered an internal error."))},
		"internal error after":   {After: fakeaws.Status(http.StatusInternalServerError, fakeaws.Error("InternalError", "We encountered an internal error."))},
		"conflict":               {Before: fakeaws.Status(http.StatusConflict, fakeaws.Error("ConditionalRequestConflict", "A conflicting conditional operation is in progress."))},
		"hangs":                  {Latency: time.Hour},
		"cancelled in it":        {Latency: time.Second},
	} {
		for k := range 7 {
			for _, times := range []int{1, 4, 1000} {
				t.Run(fmt.Sprintf("%s/call %d/%d times", name, k, times), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						f := &fakeaws.Fault{Before: fault.Before, After: fault.After, Latency: fault.Latency, Skip: k, Times: times}
						disturbed(t, f, name == "cancelled in it")
					})
				})
			}
		}
	}
}

func disturbed(t *testing.T, f *fakeaws.Fault, cancelled bool) {
	s := newSite(t, 35*time.Second)
	began, refused := time.Now(), f.Before != nil && strings.Contains(f.Before.Error(), "AccessDenied")
	within, cancel := context.WithTimeout(ctx, 10*time.Minute) // for what hangs
	defer cancel()
	calls, skip, times := 0, f.Skip, f.Times
	f.Skip, f.Times = 0, 0
	seen := map[string]bool{} // latency asks more than once of a call
	f.Match = func(c fakeaws.Call) bool {
		if c.Service != "S3" || !strings.HasSuffix(c.Caller.ARN, "/ada") {
			return false
		}
		if !seen[c.RequestID] {
			seen[c.RequestID] = true
			calls++
		}
		hit := calls > skip && calls <= skip+times
		if f.Before != nil && strings.Contains(f.Before.Error(), "ConditionalRequestConflict") && !c.Mutating() {
			return false // no read is answered so
		}
		if hit && cancelled {
			time.AfterFunc(500*time.Millisecond, cancel)
		}
		return hit
	}
	ada, bob := s.plan(t, "ada", "north", "south"), s.plan(t, "bob", "north", "south")
	s.cloud.Inject(nil, f)
	var whole int // walls of hers, if her run said that all is well
	over := make(chan time.Time)
	go func() {
		if report, err := ada.Apply(within, oneMinute, ztcore.WithParallelism(1)); err == nil {
			whole = report.Count(ztcore.Done)
		}
		over <- time.Now()
	}()
	time.Sleep(10 * time.Second)
	_, err := bob.Apply(ctx, ztcore.WithLease(lease.Bucket{Name: "leases", Length: time.Minute, Wait: time.Hour}))
	require.NoError(t, err, "nobody had to unlock anything")
	require.Len(t, s.walls, 2)
	require.Zero(t, s.overlaps)
	ended := <-over
	require.Contains(t, []int{0, 2}, whole)
	if times == 1 && f.Latency == 0 && !refused {
		require.Equal(t, 2, whole, "one hitch is no failure")
	}
	if f.Latency == 0 {
		require.Less(t, ended.Sub(began), 3*time.Minute, "it does not try for ever")
	}
	s.cloud.Lift(f)
	if s.object(t) != nil { // what could not be given back ends by itself
		require.Equal(t, "arn:aws:iam::123456789012:user/ada", s.object(t)["holder"])
		time.Sleep(time.Until(ended.Add(62 * time.Second)))
		_, err = s.plan(t, "bob", "north", "south", "east").Apply(ctx, oneMinute)
		require.NoError(t, err)
		require.Nil(t, s.object(t))
	}
}

// The write that took the lease is answered late and not at all: from then on S3 counts, not from when it was found.
func TestTimeCountsFromWhenTheLeaseWasWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, 10*time.Minute)
		s.cloud.SetLatencyFunc(func(c fakeaws.Call) time.Duration {
			if c.Operation == "PutObject" && !c.Start.Equal(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)) {
				return 40 * time.Second // the second attempt, which finds that the first one did it
			}
			return 0
		})
		s.cloud.Inject(t, &fakeaws.Fault{Operation: "PutObject", Times: 1, After: fakeaws.Lost()})
		_, err := s.plan(t, "ada", "north").Apply(ctx, oneMinute) // renewals take ten seconds at most and fail
		var lost *lease.LostError
		require.ErrorAs(t, err, &lost)
		require.Less(t, s.ended, time.Date(2000, 1, 1, 0, 1, 0, 0, time.UTC), "before the minute is over")
	})
}

// exhausted is what a run's retryer is in a storm of throttled calls: it lets nobody through.
type exhausted struct{ aws.Retryer }

func (exhausted) GetAttemptToken(ctx context.Context) (func(error) error, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func TestAThrottledRunCanStillRenewItsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, 5*time.Minute)
		cfg, storm := s.cloud.Config(), false
		cfg.Retryer = func() aws.Retryer {
			if storm {
				return exhausted{aws.NopRetryer{}}
			}
			return aws.NopRetryer{}
		}
		plan, err := s.baseline("ada", "north").Plan(ctx, cfg)
		require.NoError(t, err)
		storm = true
		_, err = plan.Apply(ctx, oneMinute)
		require.NoError(t, err)
	})
}

// What has no lease in it is refused with what to do; it is not overwritten.
func TestWhatCanNotBeReadIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(t *testing.T, s *site)
		says    []string
	}{
		"something else": {func(t *testing.T, s *site) {
			_, err := s.s3().PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("leases"), Key: aws.String(key), Body: strings.NewReader("shopping list")})
			require.NoError(t, err)
		}, []string{"what stands in the place of the lease s3://leases/" + key, "delete it, or use another Prefix"}},
		"a lease for ever": {func(t *testing.T, s *site) { s.write(t, 1000*time.Hour, "x", time.Now()) }, []string{"its length or its run is missing"}},
		"no such bucket": {func(t *testing.T, s *site) {
			_, err := s.s3().DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: aws.String("leases")})
			require.NoError(t, err)
		}, []string{"NoSuchBucket"}},
		"somebody else's bucket": {func(t *testing.T, s *site) {
			_, err := s.s3().DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: aws.String("leases")})
			require.NoError(t, err)
			theirs := s3.NewFromConfig(s.cloud.ConfigFor("666666666666", "us-east-1"))
			_, err = theirs.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("leases")})
			require.NoError(t, err)
			_, err = theirs.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: aws.String("leases"), Policy: aws.String(
				`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"s3:*","Resource":["arn:aws:s3:::leases","arn:aws:s3:::leases/*"]}]}`)})
			require.NoError(t, err)
		}, []string{"AccessDenied"}},
		"reading denied": {func(t *testing.T, s *site) {
			s.cloud.Inject(t, &fakeaws.Fault{Operation: "GetObject", Before: fakeaws.Denied("s3:GetObject")})
		}, []string{"the permission s3:GetObject is missing", "s3:ListBucket"}},
		"writing denied": {func(t *testing.T, s *site) {
			s.cloud.Inject(t, &fakeaws.Fault{Operation: "PutObject", Before: fakeaws.Denied("s3:PutObject")})
		}, []string{"the permission s3:PutObject is missing"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, time.Second)
				plan := s.plan(t, "ada", "north")
				c.prepare(t, s)
				s.cloud.ResetCalls()
				report, err := plan.Apply(ctx, oneMinute)
				require.Nil(t, report)
				for _, want := range c.says {
					require.ErrorContains(t, err, want)
				}
				require.Empty(t, s.walls)
				require.LessOrEqual(t, len(s.cloud.Writes()), 1, "a refusal is not tried again")
				for _, call := range s.cloud.Writes() {
					require.Error(t, call.Err, "nothing was written")
				}
			})
		})
	}
}

func TestAConflictThatStaysIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, time.Second)
		s.cloud.Inject(t, &fakeaws.Fault{Operation: "PutObject", Before: fakeaws.Status(http.StatusConflict, fakeaws.Error("ConditionalRequestConflict", "A conflicting conditional operation is in progress."))})
		began := time.Now()
		_, err := s.plan(t, "ada", "north").Apply(ctx, oneMinute)
		require.ErrorContains(t, err, "ConditionalRequestConflict")
		require.Less(t, time.Since(began), time.Minute)
	})
}

func TestTheReportSaysThatALeaseCouldNotBeGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, time.Second)
		plan := s.plan(t, "ada", "north")
		f := s.cloud.Inject(t, &fakeaws.Fault{Operation: "DeleteObject", Before: fakeaws.Denied("s3:DeleteObject")})
		report, err := plan.Apply(ctx, oneMinute)
		require.NoError(t, err, "what was to be done is done")
		require.Len(t, report.Notes, 1)
		require.Contains(t, report.String(), "note: the lease could not be given back and ends by itself, by 2000-01-01T00:01:01Z at the latest; whoever needs it sooner deletes s3://leases/"+key)
		s.cloud.Lift(f)
		time.Sleep(time.Minute + time.Second)
		_, err = s.plan(t, "bob", "south").Apply(ctx, oneMinute)
		require.NoError(t, err)
	})
}

// A delete leaves a marker there, which is as good as nothing.
func TestAVersionedBucketWillDo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, time.Minute)
		_, err := s.s3().PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: aws.String("leases"), VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}})
		require.NoError(t, err)
		for _, name := range []string{"north", "south"} {
			_, err = s.plan(t, "ada", name).Apply(ctx, oneMinute)
			require.NoError(t, err)
			require.Nil(t, s.object(t))
		}
	})
}
