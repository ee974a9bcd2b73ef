package ztcore_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// lag makes a kind's reads show what was there d ago; while flapping, only every other read.
func lag[S any](k *ztcore.Kind[S], d time.Duration, flapping bool) {
	type past struct {
		until time.Time
		found []S
	}
	var history []past
	reads := 0
	read, create, update, remove := k.Read, k.Create, k.Update, k.Delete
	remember := func(sc *ztcore.Scope) {
		found, err := read(ctx, sc, ztcore.Query[S]{})
		if err == nil {
			history = append(history, past{time.Now(), found})
		}
	}
	k.Read = func(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[S]) ([]S, error) {
		reads++
		for _, h := range history {
			if time.Since(h.until) < d && !(flapping && reads%2 == 0) {
				return h.found, nil
			}
		}
		return read(ctx, sc, q)
	}
	k.Create = func(ctx context.Context, sc *ztcore.Scope, want S) error { remember(sc); return create(ctx, sc, want) }
	k.Update = func(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[S]) error {
		remember(sc)
		return update(ctx, sc, u)
	}
	k.Delete = func(ctx context.Context, sc *ztcore.Scope, have S) error { remember(sc); return remove(ctx, sc, have) }
}

func count(calls []string, name string) int {
	n := 0
	for _, c := range calls {
		if c == name {
			n++
		}
	}
	return n
}

func TestReadsThatLagOrFlapAreWaitedFor(t *testing.T) {
	for name, flapping := range map[string]bool{"stale": false, "flapping": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const d = 4 * time.Second
				toy := newToy()
				cfg := toy.config()
				lag(toy.Box, d, flapping)
				b := box{aws: toy, Name: "b", Size: 1}
				for _, step := range []func(){func() {}, func() { b.Color = "red" }, func() { b.Size = 2 }} {
					step()
					started := time.Now()
					apply(t, ztcore.NewBaseline("home", b), cfg, ztcore.AllowDelete("toy.Box/b"))
					require.Less(t, time.Since(started), 4*d, "a replacement waits twice, each time until d has passed and the next poll")
					time.Sleep(d)
					require.True(t, plan(t, ztcore.NewBaseline("home", b), cfg).Empty())
				}
				require.Len(t, toy.boxes, 1)
				require.Equal(t, 2, count(toy.calls, "CreateBox"), "the first, and its replacement")
				require.Equal(t, 1, count(toy.calls, "UpdateBox"))
				require.Equal(t, 1, count(toy.calls, "DeleteBox"))
			})
		})
	}
}

func TestAWriteThatNeverShowsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		b := box{aws: toy, Name: "b", Color: "red"}
		apply(t, ztcore.NewBaseline("home", b), cfg)
		toy.Box.Update = func(context.Context, *ztcore.Scope, ztcore.Update[boxState]) error { return nil }
		b.Color = "blue"
		started := time.Now()
		_, err := plan(t, ztcore.NewBaseline("home", b), cfg).Apply(ctx, ztcore.WithSettleTimeout(time.Minute))
		var unsettled *ztcore.UnsettledError
		require.ErrorAs(t, err, &unsettled)
		require.ErrorContains(t, err, `toy.Box/b: update: ztcore: did not settle in 1m`)
		require.ErrorContains(t, err, `Color: "red" → "blue"`)
		require.InDelta(t, time.Minute, time.Since(started), float64(10*time.Second))
	})
}

func TestARemovalThatNeverShowsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		base := ztcore.NewBaseline("home", shelf{aws: toy, Name: "s"})
		apply(t, base, cfg)
		toy.Shelf.Delete = func(context.Context, *ztcore.Scope, shelfState) error { return nil }
		_, err := plan(t, base, cfg, ztcore.Destroy()).Apply(ctx)
		var unsettled *ztcore.UnsettledError
		require.ErrorAs(t, err, &unsettled)
		require.True(t, unsettled.Removed)
		require.ErrorContains(t, err, "reads still find it after its removal")
	})
}

// The SDK repeats a request whose answer was lost, and AWS refuses to delete what is being deleted.
func TestARemovalThatIsRefusedAndDoneIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		base := ztcore.NewBaseline("home", shelf{aws: toy, Name: "s"})
		apply(t, base, cfg)
		toy.lose = func(call string) error {
			if call == "DeleteShelf" {
				return fakeaws.Error("StillGoing", "it is being deleted")
			}
			return nil
		}
		report, err := plan(t, base, cfg, ztcore.Destroy()).Apply(ctx)
		require.NoError(t, err)
		require.Equal(t, 1, report.Count(ztcore.Done))
		require.Equal(t, 1, count(toy.calls, "DeleteShelf"))
		require.Empty(t, toy.shelves)
	})
}

func TestAnAcknowledgedCreateThatNeverShowsIsNotRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		lag(toy.Box, time.Hour, false)
		_, err := plan(t, ztcore.NewBaseline("home", box{aws: toy, Name: "b"}), toy.config()).Apply(ctx)
		var unsettled *ztcore.UnsettledError
		require.ErrorAs(t, err, &unsettled)
		require.True(t, unsettled.Absent)
		require.Equal(t, 2*time.Minute, unsettled.After.Round(10*time.Second))
		require.Len(t, toy.boxes, 1)
	})
}

func TestADeniedReadEndsTheWaitAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		written := time.Time{}
		toy.fail = func(call string) error {
			switch {
			case call == "CreateBox":
				written = time.Now()
			case call == "ReadBoxes" && !written.IsZero():
				return &smithy.OperationError{ServiceID: "Toy", OperationName: "ReadBoxes", Err: fakeaws.Denied("toy:ReadBoxes")}
			}
			return nil
		}
		_, err := plan(t, ztcore.NewBaseline("home", box{aws: toy, Name: "b"}), toy.config()).Apply(ctx)
		var denied *ztcore.PermissionError
		require.ErrorAs(t, err, &denied)
		require.Equal(t, "toy:ReadBoxes", denied.Action)
		require.Equal(t, time.Now(), written, "it does not wait for a timeout")
	})
}

func TestALostCreateUnderStaleReadsMakesNoDuplicate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		lag(toy.Box, 10*time.Second, false)
		lost := false
		toy.lose = func(call string) error {
			if call == "CreateBox" && !lost {
				lost = true
				return fakeaws.Lost()
			}
			return nil
		}
		apply(t, ztcore.NewBaseline("home", box{aws: toy, Name: "b"}), toy.config())
		require.Len(t, toy.boxes, 1)
	})
}

// A create of several calls has made its object when a later call is refused: the refusal proves nothing then.
func TestACreateThatFailsHalfWayMakesNoDuplicate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		create, tried := toy.Box.Create, 0
		toy.Box.Create = func(ctx context.Context, sc *ztcore.Scope, want boxState) error {
			if err := create(ctx, sc, want); err != nil {
				return err
			}
			role := &sts.AssumeRoleInput{RoleArn: aws.String("arn:aws:iam::123456789012:role/r"), RoleSessionName: aws.String("toy")}
			if _, err := sts.NewFromConfig(sc.Config).AssumeRole(ctx, role); err != nil {
				return err
			}
			tried++
			return fakeaws.Throttled()
		}
		lag(toy.Box, 5*time.Second, false)
		apply(t, ztcore.NewBaseline("home", box{aws: toy, Name: "b"}), toy.config())
		require.Len(t, toy.boxes, 1)
		require.Equal(t, 1, tried)
	})
}

func TestAnUpdateThatFailsHalfWayIsFinished(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		b := box{aws: toy, Name: "b", Color: "red"}
		apply(t, ztcore.NewBaseline("home", b), cfg)
		update, half := toy.Box.Update, true
		toy.Box.Update = func(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[boxState]) error {
			if half {
				half = false
				u.Want.Lid = nil
				return errors.Join(update(ctx, sc, u), fakeaws.Lost())
			}
			require.False(t, u.Changed("Color"), "what is done already is not asked for again")
			return update(ctx, sc, u)
		}
		b.Color, b.Lid = "blue", aws.Bool(true)
		apply(t, ztcore.NewBaseline("home", b), cfg)
		require.True(t, plan(t, ztcore.NewBaseline("home", b), cfg).Empty())
	})
}

func TestWhatTakesTheNameMeanwhileIsNotTakenOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		toy.fail = func(call string) error {
			if call == "CreateShelf" && len(toy.shelves) == 0 {
				toy.shelves["s"] = shelfState{Name: "s", Box: "theirs"}
			}
			return nil
		}
		_, err := plan(t, ztcore.NewBaseline("home", shelf{aws: toy, Name: "s", Box: "mine"}), toy.config()).Apply(ctx)
		var conflict *ztcore.ConflictError
		require.ErrorAs(t, err, &conflict)
		require.Equal(t, "theirs", toy.shelves["s"].Box)
		require.Zero(t, count(toy.calls, "UpdateShelf"))
	})
}
