package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Two processes, A and B, apply one baseline to one account at once. They share nothing but the cloud: each has its own
// configuration, its own clients, its own declaration, plan and apply.

// gate holds a process up at one of its writes, and with it every call that the process begins from then on.
type gate struct {
	at      int  // which write, counted from 0
	after   bool // once it has had its effect, and not before
	reached chan struct{}
	opened  chan struct{}

	mu     sync.Mutex
	writes int
	shut   bool
}

func newGate(at int, after bool) *gate {
	return &gate{at: at, after: after, reached: make(chan struct{}), opened: make(chan struct{})}
}

// arrive counts a call, and closes the gate if it is the one.
func (g *gate) arrive(write, done bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !write || g.shut || done != g.after {
		return
	}
	if g.writes == g.at {
		g.shut = true
		close(g.reached)
	}
	g.writes++
}

func (g *gate) pass() {
	g.mu.Lock()
	shut := g.shut
	g.mu.Unlock()
	if shut {
		<-g.opened
	}
}

// process is the configuration of one more process, whose calls go through its gate.
func process(cloud *fakeaws.Cloud, name string, g *gate) aws.Config {
	cfg := cloud.ConfigAs(fakeaws.Caller{Account: fakeaws.DefaultAccount, ARN: "arn:aws:iam::" + fakeaws.DefaultAccount + ":user/" + name, UserID: "AIDA" + name}, fakeaws.DefaultRegion)
	if g == nil {
		return cfg
	}
	cfg.APIOptions = append(slices.Clip(cfg.APIOptions), func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("racesGate", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			write := !fakeaws.IsRead(awsmiddleware.GetOperationName(ctx))
			g.arrive(write, false)
			g.pass()
			out, md, err := next.HandleInitialize(ctx, in)
			g.arrive(write, true)
			g.pass()
			return out, md, err
		}), middleware.After)
	})
	return cfg
}

// job is what a process is there for.
type job struct {
	base *ztcore.Baseline
	opts []ztcore.PlanOption
	plan *ztcore.Plan // made before the race began; nil to plan in it
}

func (j job) run(cfg aws.Config) error {
	plan := j.plan
	if plan == nil {
		var err error
		if plan, err = j.base.Plan(ctx, cfg, j.opts...); err != nil {
			return err
		}
	}
	_, err := plan.Apply(ctx)
	return err
}

// race is a world, and what two processes do to it.
type race struct {
	pillar  string
	prepare func(t *testing.T, cloud *fakeaws.Cloud)
	a, b    func(t *testing.T) job
	early   bool // B plans before A begins
	// after is what must stand at the end, when whoever is named has planned and applied once more.
	after func(t *testing.T) *ztcore.Baseline
}

// findings are what races came to, for the log.
type findings struct {
	mu      sync.Mutex
	races   int
	clean   int // both succeeded
	again   int // a plan more was needed
	refused map[string]int
}

// hold runs A to its k-th write, B to its end, and A to its end. It reports false if A has no such write.
func (r race) hold(t *testing.T, k int, after bool, want map[string]int, sum *findings) (held bool) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud(t)
		if r.prepare != nil {
			r.prepare(t, cloud)
		}
		g := newGate(k, after)
		cfgA, cfgB := process(cloud, "a", g), process(cloud, "b", nil)
		a, b := r.a(t), r.b(t)
		if r.early {
			var err error
			b.plan, err = b.base.Plan(ctx, cfgB, b.opts...)
			require.NoError(t, err)
		}
		errA := make(chan error, 1)
		go func() { errA <- a.run(cfgA) }()
		select {
		case <-g.reached:
			held = true
		case err := <-errA:
			require.NoError(t, err, "A by itself")
			return
		}
		started := time.Now()
		errB := b.run(cfgB)
		close(g.opened)
		r.judge(t, cloud, map[string]error{"A": <-errA, "B": errB}, want, sum)
		require.Less(t, time.Since(started), 30*time.Minute)
	})
	return held
}

// judge looks at how both came out, and lets one of them plan and apply once more.
func (r race) judge(t *testing.T, cloud *fakeaws.Cloud, errs map[string]error, want map[string]int, sum *findings) {
	t.Helper()
	sum.mu.Lock()
	sum.races++
	if errs["A"] == nil && errs["B"] == nil {
		sum.clean++
	}
	sum.mu.Unlock()
	for _, name := range []string{"A", "B"} {
		for _, reason := range refusals(t, name, errs[name]) {
			sum.mu.Lock()
			sum.refused[reason]++
			sum.mu.Unlock()
		}
	}
	cfg := process(cloud, "c", nil)
	plan, err := r.after(t).Plan(ctx, cfg)
	require.NoError(t, err)
	if !plan.Empty() {
		sum.mu.Lock()
		sum.again++
		sum.mu.Unlock()
		_, err = plan.Apply(ctx)
		require.NoError(t, err, "once more, after A: %v\nB: %v", errs["A"], errs["B"])
		plan, err = r.after(t).Plan(ctx, cfg)
		require.NoError(t, err)
	}
	require.True(t, plan.Empty(), "after A: %v\nB: %v\n%s", errs["A"], errs["B"], plan)
	strays, err := r.after(t).Plan(ctx, cfg, ztcore.Prune())
	require.NoError(t, err)
	require.True(t, strays.Empty(), "outside of the plan, after A: %v\nB: %v\n%s", errs["A"], errs["B"], strays)
	have := shape(t, cloud)
	if !maps.Equal(want, have) {
		var diff []string
		for k := range want {
			if want[k] != have[k] {
				diff = append(diff, fmt.Sprintf("%s: %d, undisturbed %d", k, have[k], want[k]))
			}
		}
		for k := range have {
			if _, ok := want[k]; !ok {
				diff = append(diff, fmt.Sprintf("%s: %d, undisturbed none", k, have[k]))
			}
		}
		slices.Sort(diff)
		t.Errorf("the end state is another than that of one run alone, after A: %v\nB: %v\n%s", errs["A"], errs["B"], strings.Join(diff, "\n"))
	}
}

// refusals are the reasons of a failed run, without names. What is no clean refusal fails the test.
func refusals(t *testing.T, who string, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var stale *ztcore.StaleError
	var conflict *ztcore.ConflictError
	var step *ztcore.StepError
	switch {
	case errors.As(err, &step):
	case errors.As(err, &stale):
		return []string{"the plan is stale"}
	case errors.As(err, &conflict):
	default:
		t.Errorf("%s was not refused cleanly: %v", who, err)
	}
	return []string{err.Error()}
}

// shape counts what a world holds, by place, without the ids: what exists twice shows. What AWS keeps of requests is no object.
func shape(t *testing.T, cloud *fakeaws.Cloud) map[string]int {
	t.Helper()
	var world any
	require.NoError(t, json.Unmarshal([]byte(cloud.Snapshot()), &world))
	out := map[string]int{}
	var walk func(path string, v any)
	walk = func(path string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if v["Deletion"] != nil && v["Deletion"] != "0001-01-01T00:00:00Z" {
				return // a KMS key whose window runs: it is disabled, nobody's, and can't go sooner
			}
			for k, e := range v {
				if !isName.MatchString(k) {
					k = "*"
				}
				if notObjects.MatchString(path + "/" + k) {
					continue
				}
				walk(path+"/"+k, e)
			}
		case []any:
			for _, e := range v {
				walk(path+"/[]", e)
			}
		case nil:
		default:
			out[path]++
		}
	}
	walk("", world)
	return out
}

var (
	isName     = regexp.MustCompile(`^([A-Z][A-Za-z]{0,30}|[a-z].*/.*)$`)
	notObjects = regexp.MustCompile(`/(Requests|Tokens|ByID|Order)$`) // what AWS keeps of requests, and indexes
)

// alone is the shape of the world when one process has done its job undisturbed, and how many writes that took.
func alone(t *testing.T, prepare func(*testing.T, *fakeaws.Cloud), jobs ...job) (want map[string]int, writes int) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud(t)
		if prepare != nil {
			prepare(t, cloud)
		}
		cloud.ResetCalls()
		for _, j := range jobs {
			require.NoError(t, j.run(process(cloud, "a", nil)))
		}
		want, writes = shape(t, cloud), len(cloud.Writes())
	})
	return want, writes
}

func TestOneRunIsHeldUpWhileAnotherAppliesTheSame(t *testing.T) {
	sum := &findings{refused: map[string]int{}}
	for _, pillar := range pillarNames() {
		t.Run(pillar, func(t *testing.T) {
			declare := func(t *testing.T) job { return job{base: part(t, pillar)} }
			want, writes := alone(t, nil, declare(t))
			for k := 0; k < writes; k += stride {
				for name, r := range map[string]race{
					"planned late":  {a: declare, b: declare},
					"planned early": {a: declare, b: declare, early: true},
				} {
					r.after = func(t *testing.T) *ztcore.Baseline { return part(t, pillar) }
					for _, after := range []bool{false, true} {
						t.Run(fmt.Sprintf("%d %s after=%t", k, name, after), func(t *testing.T) { r.hold(t, k, after, want, sum) })
					}
				}
			}
		})
	}
	t.Log(sum)
}

func (f *findings) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d races: in %d both runs succeeded, in %d one planned and applied once more", f.races, f.clean, f.again)
	for _, k := range slices.Sorted(maps.Keys(f.refused)) {
		fmt.Fprintf(&b, "\n%6d × %s", f.refused[k], k)
	}
	return b.String()
}

var stride = func() int {
	if os.Getenv("ZEROTRUST_SWEEP") != "" {
		return 1
	}
	return 7
}()

var _ = fnv.New64
