package ztcore_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// paper is a lease that a test holds in its hands.
type paper struct {
	toy      *toyAWS
	refuse   error
	unheld   error // what giving it back fails with
	lose     error // and after how long
	after    time.Duration
	calls    int // of AWS before it was asked for
	scope    *ztcore.Scope
	released int
}

func (p *paper) Take(_ context.Context, sc *ztcore.Scope, lost context.CancelCauseFunc) (func() error, error) {
	p.calls, p.scope = len(p.toy.calls), sc
	if p.refuse != nil {
		return nil, p.refuse
	}
	if p.lose != nil {
		time.AfterFunc(p.after, func() { lost(p.lose) })
	}
	return func() error { p.released++; return p.unheld }, nil
}

func TestALeaseIsTakenBeforeAnythingAndGivenBackInTheEnd(t *testing.T) {
	for name, c := range map[string]struct {
		paper    paper
		err      error // that the shelves fail with
		want     string
		released int
		made     bool
	}{
		"done":           {made: true, released: 1},
		"refused":        {paper: paper{refuse: errors.New("it is Bob's")}, want: "it is Bob's"},
		"not given back": {paper: paper{unheld: errors.New("it sticks")}, made: true, released: 1},
		"failed":         {err: errors.New("no wood"), want: "no wood", released: 1},
		"lost":           {paper: paper{lose: errors.New("a thief"), after: 1500 * time.Millisecond}, want: "a thief", released: 1},
		"lost at once":   {paper: paper{lose: errors.New("a thief")}, want: "a thief", released: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				toy := newToy()
				toy.latency = time.Second
				b := box{aws: toy, Name: "b"}
				p := plan(t, ztcore.NewBaseline("home", b, shelf{aws: toy, Name: "s", Box: b.ID()}), toy.config())
				toy.calls = nil
				toy.fail = func(call string) error {
					if call == "CreateShelf" {
						return c.err
					}
					return nil
				}
				c.paper.toy = toy
				report, err := p.Apply(ctx, ztcore.WithLease(&c.paper))
				if c.want == "" {
					require.NoError(t, err)
				} else {
					require.ErrorContains(t, err, c.want)
				}
				require.Zero(t, c.paper.calls, "it is taken before anything is read again")
				require.Equal(t, "home 123456789012 us-east-1", c.paper.scope.Baseline+" "+c.paper.scope.Account+" "+c.paper.scope.Region)
				require.Equal(t, c.released, c.paper.released)
				require.Equal(t, c.made, len(toy.shelves) == 1)
				if c.paper.unheld != nil {
					require.Contains(t, report.String(), "note: it sticks")
				}
				if c.paper.refuse != nil {
					require.Empty(t, toy.calls)
				}
				if c.paper.lose != nil {
					require.ErrorIs(t, err, c.paper.lose)
					require.NotContains(t, toy.calls, "CreateShelf", "no call is started any more")
				}
			})
		})
	}
}
