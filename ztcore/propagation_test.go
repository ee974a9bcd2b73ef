package ztcore_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// principal is what others may name only a while after it was made, as an IAM role.
type principal struct {
	Name    string            `zt:"key"`
	Color   string            // anything that may change
	Tags    map[string]string `zt:"tags"`
	ARN     string            `zt:"output"`
	Created time.Time         `zt:"output"`
}

// grant names a principal in its document, as a key policy does.
type grant struct {
	Name string `zt:"key"`
	To   string
	Tags map[string]string `zt:"tags"`
}

type propagating struct {
	mu         sync.Mutex
	delay      time.Duration
	principals map[string]principal // by ARN
	grants     map[string]grant
	tried      int

	Principal *ztcore.Kind[principal]
	Grant     *ztcore.Kind[grant]
}

func newPropagating(delay time.Duration) *propagating {
	p := &propagating{delay: delay, principals: map[string]principal{}, grants: map[string]grant{}}
	p.Principal = &ztcore.Kind[principal]{
		Name: "toy.Principal",
		Read: func(context.Context, *ztcore.Scope, ztcore.Query[principal]) (out []principal, err error) {
			p.mu.Lock()
			defer p.mu.Unlock()
			for _, arn := range ids(p.principals) {
				out = append(out, p.principals[arn])
			}
			return out, nil
		},
		Put: func(_ context.Context, _ *ztcore.Scope, want principal) error {
			p.mu.Lock()
			defer p.mu.Unlock()
			if old, ok := p.principals[want.ARN]; ok {
				want.Created = old.Created
			} else {
				want.Created = time.Now()
			}
			p.principals[want.ARN] = want
			return nil
		},
		Predict: func(sc *ztcore.Scope, want *principal) {
			want.ARN = "arn:" + sc.Partition + ":toy::" + sc.Account + ":" + want.Name
		},
	}
	p.Grant = &ztcore.Kind[grant]{
		Name: "toy.Grant",
		Read: func(context.Context, *ztcore.Scope, ztcore.Query[grant]) (out []grant, err error) {
			p.mu.Lock()
			defer p.mu.Unlock()
			for _, name := range ids(p.grants) {
				out = append(out, p.grants[name])
			}
			return out, nil
		},
		Put: func(_ context.Context, _ *ztcore.Scope, want grant) error {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.tried++
			if to, ok := p.principals[want.To]; !ok || time.Since(to.Created) < p.delay {
				return fakeaws.Error("MalformedPolicyDocumentException", "Invalid principal in policy: %s", want.To)
			}
			p.grants[want.Name] = want
			return nil
		},
		Retry: []ztcore.Retry{{Code: "MalformedPolicyDocumentException", Message: "Invalid principal"}},
	}
	return p
}

func (p *propagating) baseline(to string) *ztcore.Baseline {
	return ztcore.NewBaseline("home", declares(func(d *ztcore.Declaration) {
		p.Principal.Declare(d, "r", principal{Name: "r"})
		p.Grant.Declare(d, "g", grant{Name: "g", To: to})
	}))
}

// declares is a resource made of a function.
type declares func(d *ztcore.Declaration)

func (f declares) Declare(d *ztcore.Declaration) { f(d) }

func TestAFreshPrincipalIsWaitedFor(t *testing.T) {
	const delay, longestBackoff = 17 * time.Second, 10 * time.Second
	synctest.Test(t, func(t *testing.T) {
		p := newPropagating(delay)
		cfg := newToy().config()
		started := time.Now()
		report, err := plan(t, p.baseline(p.Principal.Ref("r", "ARN")), cfg).Apply(ctx)
		require.NoError(t, err)
		require.LessOrEqual(t, time.Since(started), delay+longestBackoff)
		require.Equal(t, p.tried, report.Outcomes[1].Attempts)
	})
}

func TestAPrincipalOfAnEarlierRunIsWaitedForWhileItIsYoung(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPropagating(30 * time.Second)
		cfg := newToy().config()
		apply(t, ztcore.NewBaseline("home", declares(func(d *ztcore.Declaration) { p.Principal.Declare(d, "r", principal{Name: "r"}) })), cfg)
		time.Sleep(time.Second)
		apply(t, p.baseline(p.Principal.Ref("r", "ARN")), cfg)
		require.Greater(t, p.tried, 1)
	})
}

func TestAWrongPrincipalFailsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPropagating(0)
		cfg := newToy().config()
		_, err := plan(t, p.baseline("arn:aws:toy::123456789012:nobody"), cfg).Apply(ctx)
		require.ErrorContains(t, err, "nobody")
		require.Equal(t, 1, p.tried, "the grant refers to nothing that this run made")

		time.Sleep(time.Hour)
		p.delay, p.tried = 1000*time.Hour, 0
		started := time.Now()
		_, err = plan(t, p.baseline(p.Principal.Ref("r", "ARN")), cfg).Apply(ctx)
		require.ErrorContains(t, err, "Invalid principal in policy: arn:aws:toy::123456789012:r")
		require.Equal(t, 1, p.tried, "the principal is an hour old")
		require.Equal(t, started, time.Now())
	})
}

func TestAChangedPrincipalIsWaitedForToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPropagating(0)
		cfg := newToy().config()
		token := p.Principal.Ref("r", "ARN")
		apply(t, p.baseline(token), cfg)
		time.Sleep(time.Hour)
		p.delay, p.tried = time.Hour+2*time.Second, 0
		delete(p.grants, "g")
		apply(t, ztcore.NewBaseline("home", declares(func(d *ztcore.Declaration) {
			p.Principal.Declare(d, "r", principal{Name: "r", Color: "red"})
			p.Grant.Declare(d, "g", grant{Name: "g", To: token})
		})), cfg)
		require.Greater(t, p.tried, 1)
	})
}

func TestPatienceEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPropagating(time.Hour)
		_, err := plan(t, p.baseline(p.Principal.Ref("r", "ARN")), newToy().config()).Apply(ctx)
		require.ErrorContains(t, err, "gave up after 2m")
		require.ErrorContains(t, err, "Invalid principal")
	})
}
