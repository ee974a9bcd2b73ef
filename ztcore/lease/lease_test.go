package lease_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakes3"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/lease"
)

var ctx = context.Background()

const key = "zerotrust/leases/home/123456789012/us-east-1.json"

// site is a world in which people make walls, and where it shows if two are at work at once.
type site struct {
	cloud    *fakeaws.Cloud
	takes    time.Duration // a write
	mu       sync.Mutex
	walls    map[string]string // who made them
	working  map[string]int
	overlaps int
	unread   error
	ended    time.Time // the last write
}

type wall struct {
	Name string `zt:"key"`
}

type declared func(d *ztcore.Declaration)

func (f declared) Declare(d *ztcore.Declaration) { f(d) }

func newSite(t *testing.T, takes time.Duration) *site {
	t.Helper()
	s := &site{cloud: fakeaws.New(fakests.Install, fakes3.Install), takes: takes, walls: map[string]string{}, working: map[string]int{}}
	_, err := s.s3().CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("leases")})
	require.NoError(t, err)
	return s
}

func (s *site) s3() *s3.Client { return s3.NewFromConfig(s.cloud.Config()) }

// plan is somebody's plan of walls that stand on each other.
func (s *site) plan(t *testing.T, who string, walls ...string) *ztcore.Plan {
	t.Helper()
	caller := fakeaws.Caller{Account: fakeaws.DefaultAccount, ARN: "arn:aws:iam::123456789012:user/" + who, UserID: "AIDA" + who}
	plan, err := s.baseline(who, walls...).Plan(ctx, s.cloud.ConfigAs(caller, fakeaws.DefaultRegion))
	require.NoError(t, err)
	return plan
}

func (s *site) baseline(who string, walls ...string) *ztcore.Baseline {
	kind := &ztcore.Kind[wall]{
		Name: "toy.Wall",
		Read: func(context.Context, *ztcore.Scope, ztcore.Query[wall]) (out []wall, err error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.unread != nil {
				return nil, s.unread
			}
			for name := range s.walls {
				out = append(out, wall{name})
			}
			return out, nil
		},
		Create: func(ctx context.Context, _ *ztcore.Scope, want wall) error { return s.work(ctx, who, want.Name) },
	}
	var all ztcore.List
	for _, w := range walls {
		all = append(all, declared(func(d *ztcore.Declaration) { kind.Declare(d, w, wall{w}) }))
	}
	return ztcore.NewBaseline("home", all)
}

func (s *site) work(ctx context.Context, who, name string) error {
	s.mu.Lock()
	s.working[who]++
	if len(s.working) > 1 {
		s.overlaps++
	}
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.ended = time.Now()
		if s.working[who]--; s.working[who] == 0 {
			delete(s.working, who)
		}
	}()
	select {
	case <-time.After(s.takes):
	case <-ctx.Done():
		return ctx.Err()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if who == "carl" {
		return fakeaws.Error("NoMortar", "there is no mortar")
	}
	s.walls[name] = who
	return nil
}

// object is the lease as it stands, nil if there is none.
func (s *site) object(t *testing.T) map[string]any {
	t.Helper()
	out, err := s.s3().GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String("leases"), Key: aws.String(key)})
	var none *types.NoSuchKey
	if errors.As(err, &none) {
		return nil
	}
	require.NoError(t, err)
	body, err := io.ReadAll(out.Body)
	require.NoError(t, err)
	var doc map[string]any
	require.NoError(t, json.Unmarshal(body, &doc))
	return doc
}

// cut has none of somebody's requests reach AWS any more, as if the process were killed, and ends its run.
func (s *site) cut(who string, cancel func()) {
	s.cloud.Inject(nil, &fakeaws.Fault{Match: func(c fakeaws.Call) bool { return strings.HasSuffix(c.Caller.ARN, "/"+who) }, Before: fakeaws.Lost()})
	cancel()
}

var oneMinute = ztcore.WithLease(lease.Bucket{Name: "leases", Length: time.Minute, Note: "CHG-1041"})

func TestOfTwoRunsAtOnceOneProceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, 30*time.Second)
		s.cloud.SetLatency(10 * time.Millisecond)
		type outcome struct {
			who string
			err error
		}
		out := make(chan outcome)
		for who, plan := range map[string]*ztcore.Plan{"ada": s.plan(t, "ada", "north", "south"), "bob": s.plan(t, "bob", "north", "south")} {
			go func() {
				_, err := plan.Apply(ctx, oneMinute) // both see that there is none before either writes
				out <- outcome{who, err}
			}()
		}
		refused, done := <-out, <-out
		if refused.err == nil { // the other was done first
			refused, done = done, refused
		}
		require.NoError(t, done.err)
		var held *lease.HeldError
		require.ErrorAs(t, refused.err, &held)
		require.Equal(t, "arn:aws:iam::123456789012:user/"+done.who, held.Holder)
		require.Equal(t, "CHG-1041", held.Note)
		require.WithinDuration(t, held.Since.Add(time.Minute), held.Until, 2*time.Second)
		require.Equal(t, fmt.Sprintf("the lease of home in 123456789012, us-east-1 is held by %s (CHG-1041) since %s until %s: wait until then, or, if that run is known to be dead, delete s3://leases/%s",
			held.Holder, held.Since.Format(time.RFC3339), held.Until.Format(time.RFC3339), key), held.Error())
		require.Equal(t, map[string]string{"north": done.who, "south": done.who}, s.walls)
		require.Zero(t, s.overlaps)
		require.Nil(t, s.object(t), "it was given back")
	})
}

func TestItIsRenewedAsLongAsTheRunLasts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, 10*time.Minute)
		rival := s.plan(t, "bob", "north")
		refused := 0
		stop := make(chan struct{})
		go func() {
			defer close(stop)
			for range 59 {
				time.Sleep(10 * time.Second)
				_, err := rival.Apply(ctx, oneMinute)
				var held *lease.HeldError
				if errors.As(err, &held) {
					refused++
				}
			}
		}()
		began := time.Now()
		_, err := s.plan(t, "ada", "north").Apply(ctx, oneMinute)
		require.NoError(t, err)
		<-stop
		require.Equal(t, 59, refused)
		require.Zero(t, s.overlaps)
		require.Equal(t, 10*time.Minute, time.Since(began))
		puts := 0
		for _, c := range s.cloud.Calls() {
			if c.Operation == "PutObject" {
				puts++
			}
		}
		require.InDelta(t, 1+29, puts, 1, "every twenty seconds, and the last falls together with the end")
	})
}

// A process that is killed gives nothing back. Nobody unlocks anything.
func TestTheLeaseOfADeadRunEndsByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, time.Hour)
		within, cancel := context.WithCancel(ctx)
		go func() {
			time.Sleep(95 * time.Second)
			s.cut("ada", cancel)
		}()
		_, err := s.plan(t, "ada", "north").Apply(within, oneMinute)
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, "arn:aws:iam::123456789012:user/ada", s.object(t)["holder"])

		s.takes = time.Second
		plan := s.plan(t, "bob", "north")
		_, err = plan.Apply(ctx, oneMinute)
		var held *lease.HeldError
		require.ErrorAs(t, err, &held)
		time.Sleep(time.Until(held.Until) - time.Second)
		_, err = plan.Apply(ctx, oneMinute)
		require.ErrorAs(t, err, &held, "a second before it ends")
		time.Sleep(time.Second)
		_, err = plan.Apply(ctx, oneMinute)
		require.NoError(t, err)
		require.Equal(t, "bob", s.walls["north"])
		require.Nil(t, s.object(t))
	})
}

func TestOfManyThatTakeOverAnExpiredLeaseOneWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSite(t, time.Hour)
		within, cancel := context.WithCancel(ctx)
		go func() {
			time.Sleep(5 * time.Second)
			s.cut("ada", cancel)
		}()
		_, err := s.plan(t, "ada", "north").Apply(within, oneMinute)
		require.ErrorIs(t, err, context.Canceled)
		time.Sleep(2 * time.Minute)
		s.takes = time.Second
		s.cloud.SetLatency(100 * time.Millisecond) // all have seen that it expired before any writes
		errs := make(chan error)
		var rivals []*ztcore.Plan
		for i := range 8 {
			rivals = append(rivals, s.plan(t, fmt.Sprint("rival", i), "north"))
		}
		for _, plan := range rivals {
			go func() {
				_, err := plan.Apply(ctx, oneMinute)
				errs <- err
			}()
		}
		won := 0
		for range 8 {
			err := <-errs
			var held *lease.HeldError
			if err == nil {
				won++
			} else {
				require.ErrorAs(t, err, &held)
			}
		}
		require.Equal(t, 1, won)
		require.Zero(t, s.overlaps)
	})
}

// The machine's clock is five hours off; so is the holder's, as what it wrote shows.
func TestAWrongClockTakesNoLiveLease(t *testing.T) {
	for _, ahead := range []time.Duration{-5 * time.Hour, 5 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			s := newSite(t, 5*time.Minute)
			s.cloud.SetClock(ahead)
			done := make(chan error)
			ada := s.plan(t, "ada", "north")
			go func() {
				_, err := ada.Apply(ctx, oneMinute)
				done <- err
			}()
			time.Sleep(30 * time.Second)
			bob := s.plan(t, "bob", "north")
			_, err := bob.Apply(ctx, oneMinute)
			var held *lease.HeldError
			require.ErrorAs(t, err, &held)
			require.WithinDuration(t, s.cloud.Now().Add(50*time.Second), held.Until, 2*time.Second, "by S3's clock; it was renewed ten seconds ago")
			require.WithinDuration(t, s.cloud.Now().Add(-30*time.Second), held.Since, 2*time.Second)
			require.NoError(t, <-done)

			s.write(t, time.Minute, "long ago", time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC))
			_, err = bob.Apply(ctx, oneMinute)
			require.ErrorAs(t, err, &held, "what the holder wrote of the time does not count")
			time.Sleep(61 * time.Second)
			_, err = bob.Apply(ctx, oneMinute)
			require.NoError(t, err)
		})
	}
}

// write puts somebody else's lease in the place.
func (s *site) write(t *testing.T, length time.Duration, run string, expires time.Time) {
	t.Helper()
	body := fmt.Sprintf(`{"baseline":"home","account":"123456789012","region":"us-east-1","holder":"eve","since":%q,"expires":%[1]q,"length":%q,"run":%q}`, expires.Format(time.RFC3339), length, run)
	_, err := s.s3().PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("leases"), Key: aws.String(key), Body: strings.NewReader(body)})
	require.NoError(t, err)
}

func TestALostLeaseStopsTheRun(t *testing.T) {
	for name, c := range map[string]struct {
		disturb func(t *testing.T, s *site)
		says    string
		by      string
	}{
		"deleted":    {func(t *testing.T, s *site) { s.remove(t) }, "was deleted by somebody", ""},
		"taken over": {func(t *testing.T, s *site) { s.write(t, time.Hour, "another", time.Now()) }, "was lost to eve since 2000-01-01T00:00:30Z until 2000-01-01T01:00:31Z", "eve"},
		"denied":     {func(t *testing.T, s *site) { s.refuse("ada", fakeaws.Denied("s3:PutObject")) }, "could not be renewed and ends at 2000-01-01T00:01:2", ""},
		"cut off":    {func(t *testing.T, s *site) { s.refuse("ada", fakeaws.Lost()) }, "could not be renewed and ends at 2000-01-01T00:01:2", ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, 10*time.Minute)
				plan := s.plan(t, "ada", "north", "south")
				go func() {
					time.Sleep(30 * time.Second)
					c.disturb(t, s)
				}()
				report, err := plan.Apply(ctx, oneMinute, ztcore.WithParallelism(1))
				require.LessOrEqual(t, s.ended, time.Date(2000, 1, 1, 0, 1, 14, 0, time.UTC), "a tenth of a minute before anybody can take it over")
				var lost *lease.LostError
				require.ErrorAs(t, err, &lost)
				require.ErrorContains(t, err, c.says)
				require.Contains(t, report.String(), "s3://leases/"+key)
				require.Equal(t, 1, report.Count(ztcore.Failed))
				require.Equal(t, 1, report.Count(ztcore.Skipped), report)
				for _, o := range report.Outcomes {
					require.ErrorAs(t, o.Err, &lost, "each says why")
				}
				require.Empty(t, s.walls)
				if c.by != "" {
					require.Equal(t, c.by, lost.By.Holder)
					require.Equal(t, "eve", s.object(t)["holder"], "and is left alone")
				}
			})
		})
	}
}

func (s *site) remove(t *testing.T) {
	t.Helper()
	_, err := s.s3().DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String("leases"), Key: aws.String(key)})
	require.NoError(t, err)
}

// refuse has all of somebody's writes to S3 refused from now on.
func (s *site) refuse(who string, err error) {
	s.cloud.Inject(nil, &fakeaws.Fault{Service: "S3", Match: func(c fakeaws.Call) bool { return c.Mutating() && strings.HasSuffix(c.Caller.ARN, "/"+who) }, Before: err})
}

// The last renewal was fine, and at the end the lease is somebody else's: the work is done, and the error says what happened.
func TestALeaseThatWasLostUnnoticedIsSaidInTheEnd(t *testing.T) {
	for name, disturb := range map[string]func(t *testing.T, s *site){
		"deleted":    func(t *testing.T, s *site) { s.remove(t) },
		"taken over": func(t *testing.T, s *site) { s.write(t, time.Hour, "another", time.Now()) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, 10*time.Second)
				go func() {
					time.Sleep(5 * time.Second)
					disturb(t, s)
				}()
				report, err := s.plan(t, "ada", "north").Apply(ctx, oneMinute)
				var lost *lease.LostError
				require.ErrorAs(t, err, &lost)
				require.Equal(t, 1, report.Count(ztcore.Done))
			})
		})
	}
}

func TestItIsGivenBackHoweverTheRunEnds(t *testing.T) {
	for name, run := range map[string]func(t *testing.T, s *site) error{
		"failed": func(t *testing.T, s *site) error {
			_, err := s.plan(t, "carl", "north").Apply(ctx, oneMinute)
			return err
		},
		"cancelled": func(t *testing.T, s *site) error {
			within, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			_, err := s.plan(t, "ada", "north").Apply(within, oneMinute)
			return err
		},
		"cancelled in a renewal": func(t *testing.T, s *site) error {
			s.takes = time.Hour
			within, cancel := context.WithTimeout(ctx, 20*time.Second+time.Microsecond)
			defer cancel()
			s.cloud.Inject(t, &fakeaws.Fault{Service: "S3", Operation: "PutObject", Skip: 1, Times: 1, After: fakeaws.Lost()}) // whose retry waits
			_, err := s.plan(t, "ada", "north").Apply(within, oneMinute)
			return err
		},
		"cancelled while it is taken": func(t *testing.T, s *site) error {
			within, cancel := context.WithTimeout(ctx, time.Microsecond)
			defer cancel()
			s.cloud.Inject(t, &fakeaws.Fault{Service: "S3", Operation: "PutObject", Times: 1, After: fakeaws.Lost()}) // whose retry waits
			_, err := s.plan(t, "ada", "north").Apply(within, oneMinute)
			return err
		},
		"unread": func(t *testing.T, s *site) error {
			plan := s.plan(t, "ada", "north")
			s.unread = fakeaws.Denied("toy:ListWalls")
			_, err := plan.Apply(ctx, oneMinute)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(t, 10*time.Second)
				require.Error(t, run(t, s))
				require.Nil(t, s.object(t))
				taken := false
				for _, c := range s.cloud.Calls() {
					taken = taken || c.Operation == "PutObject"
				}
				require.True(t, taken)
			})
		})
	}
}
