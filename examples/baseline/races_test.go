package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/appsec"
	"github.com/seed-08ecc977/zerotrust/appsec/instance"
	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/dataprotect/ebs"
	"github.com/seed-08ecc977/zerotrust/endpoint"
	"github.com/seed-08ecc977/zerotrust/endpoint/firewall"
	"github.com/seed-08ecc977/zerotrust/endpoint/launch"
	"github.com/seed-08ecc977/zerotrust/endpoint/webacl"
	"github.com/seed-08ecc977/zerotrust/governance"
	"github.com/seed-08ecc977/zerotrust/governance/configrules"
	"github.com/seed-08ecc977/zerotrust/governance/review"
	"github.com/seed-08ecc977/zerotrust/governance/stack"
	"github.com/seed-08ecc977/zerotrust/governance/thirdparty"
	"github.com/seed-08ecc977/zerotrust/governance/thirdparty/edge"
	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/iam/analyzer"
	"github.com/seed-08ecc977/zerotrust/iam/contact"
	"github.com/seed-08ecc977/zerotrust/incident"
	"github.com/seed-08ecc977/zerotrust/monitoring"
	"github.com/seed-08ecc977/zerotrust/monitoring/detection"
	"github.com/seed-08ecc977/zerotrust/monitoring/events"
	"github.com/seed-08ecc977/zerotrust/network"
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
	declares func(t *testing.T) *ztcore.Baseline
	opts     []ztcore.PlanOption
}

// plan allows the deletion of all that holds data, where the job is to replace or destroy.
func (j job) plan(t *testing.T, cfg aws.Config) (*ztcore.Plan, error) {
	base := j.declares(t)
	plan, err := base.Plan(ctx, cfg, j.opts...)
	if err != nil {
		return nil, err
	}
	var retained []ztcore.Address
	for _, s := range plan.Steps {
		if s.Action == ztcore.Retain {
			retained = append(retained, s.Address)
		}
	}
	if len(retained) == 0 {
		return plan, nil
	}
	return base.Plan(ctx, cfg, append(slices.Clip(j.opts), ztcore.AllowDelete(retained...))...)
}

func (j job) run(t *testing.T, cfg aws.Config) error {
	plan, err := j.plan(t, cfg)
	if err != nil {
		return err
	}
	_, err = plan.Apply(ctx)
	return err
}

// race is a world, and what two processes do to it.
type race struct {
	before []job // done, one after the other, before the race begins
	a, b   job
	early  bool // B plans before A begins
	strict bool // both succeed, wherever A is held up
	after  job  // what must stand at the end, when a third process has planned and applied it once more
}

// races are what is raced in each pillar, by name.
func races(pillar string) map[string]race {
	first := job{declares: func(t *testing.T) *ztcore.Baseline { return part(t, pillar) }}
	second := job{declares: func(t *testing.T) *ztcore.Baseline {
		return ztcore.NewBaseline("zero-trust-guide", changed(resourcesOf(t, pillar))...)
	}}
	destroy := job{declares: first.declares, opts: []ztcore.PlanOption{ztcore.Destroy()}}
	prune := job{declares: func(t *testing.T) *ztcore.Baseline { return ztcore.NewBaseline("zero-trust-guide") }, opts: []ztcore.PlanOption{ztcore.Prune(allKinds()...)}}
	done := []job{first}
	return map[string]race{
		"both create":                        {a: first, b: first, after: first, strict: true},
		"both create, one with an old plan":  {a: first, b: first, early: true, after: first, strict: true},
		"both update":                        {before: done, a: second, b: second, after: second},
		"both update, one with an old plan":  {before: done, a: second, b: second, early: true, after: second},
		"one updates and one reverts":        {before: done, a: second, b: first, after: second},
		"one creates and one destroys":       {a: first, b: destroy, after: first},
		"one updates and one destroys":       {before: done, a: second, b: destroy, after: second},
		"one destroys and one creates":       {before: done, a: destroy, b: first, after: first},
		"both destroy":                       {before: done, a: destroy, b: destroy, after: destroy},
		"one destroys, with an old plan one": {before: done, a: destroy, b: destroy, early: true, after: destroy},
		"one creates and one prunes":         {a: first, b: prune, after: first},
	}
}

// findings are what races came to, for the log.
type findings struct {
	mu      sync.Mutex
	races   int
	clean   int // both succeeded
	again   int // a plan more was needed
	refused map[string]int
	met     map[string]int // what AWS has answered to A's writes, when B had been there first
}

// hold runs A to its k-th write, B to its end, and A to its end. It reports false if A has no such write.
func (r race) hold(t *testing.T, k int, after bool, want map[string]int, sum *findings) (held bool) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cloud := r.prepared(t)
		cloud.SetLatencyFunc(scattered(1))
		g := newGate(k, after)
		cfgA, cfgB := process(cloud, "a", g), process(cloud, "b", nil)
		var plan *ztcore.Plan
		if r.early {
			var err error
			plan, err = r.b.plan(t, cfgB)
			require.NoError(t, err)
		}
		errA := make(chan error, 1)
		go func() { errA <- r.a.run(t, cfgA) }()
		select {
		case <-g.reached:
			held = true
		case err := <-errA:
			require.NoError(t, err, "A by itself")
			return
		}
		started := time.Now()
		var errB error
		if plan != nil {
			_, errB = plan.Apply(ctx)
		} else {
			errB = r.b.run(t, cfgB)
		}
		close(g.opened)
		failedA := <-errA
		if r.strict {
			require.NoError(t, failedA)
			require.NoError(t, errB)
			sum.meet(cloud.Calls())
		}
		r.judge(t, cloud, failedA, errB, want, sum)
		require.Less(t, time.Since(started), longestRace+forgotten)
	})
	return held
}

// interleave runs both at once, each call after a pause that the seed decides. With every other seed reads lag behind writes by three
// seconds, or flap.
func (r race) interleave(t *testing.T, seed int, want map[string]int, sum *findings) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		cloud := r.prepared(t)
		cloud.SetLatencyFunc(scattered(seed))
		if seed%2 == 1 {
			cloud.SetStaleReads(3*time.Second, seed%4 == 3)
		}
		started := time.Now()
		errA := make(chan error, 1)
		go func() { errA <- r.a.run(t, process(cloud, "a", nil)) }()
		time.Sleep(scattered(seed)(fakeaws.Call{}) * 40) // up to eight seconds later
		errB := r.b.run(t, process(cloud, "b", nil))
		r.judge(t, cloud, <-errA, errB, want, sum)
		require.Less(t, time.Since(started), longestRace+forgotten)
	})
}

// forgotten is when AWS no longer shows what was deleted.
const forgotten = 2 * time.Hour

// longestRace bounds a race in virtual time: stacks, firewalls and gateways take minutes.
const longestRace = 2 * time.Hour

// scattered is a latency that differs from call to call and from process to process, and is the same for the same seed.
func scattered(seed int) func(fakeaws.Call) time.Duration {
	return func(c fakeaws.Call) time.Duration {
		h := fnv.New64a()
		input, _ := json.Marshal(c.Input)
		fmt.Fprint(h, seed, c.Caller.ARN, c.Operation, string(input))
		return time.Duration(h.Sum64()%200_000) * time.Microsecond
	}
}

func (r race) prepared(t *testing.T) *fakeaws.Cloud {
	t.Helper()
	cloud := newCloud(t)
	for _, j := range r.before {
		require.NoError(t, j.run(t, process(cloud, "a", nil)))
	}
	time.Sleep(time.Hour) // what the preparation has made is no longer young
	cloud.ResetCalls()
	return cloud
}

// alone is the shape of the world in the end when A's job and what must stand are done undisturbed, and how many writes A's takes.
func (r race) alone(t *testing.T, name string) (want map[string]int, writes int) {
	t.Helper()
	if known, ok := undisturbed[name]; ok {
		return known.shape, known.writes
	}
	synctest.Test(t, func(t *testing.T) {
		cloud := r.prepared(t)
		require.NoError(t, r.a.run(t, process(cloud, "a", nil)))
		writes = len(cloud.Writes())
		require.NoError(t, r.after.run(t, process(cloud, "a", nil)))
		r.requireNoStrays(t, cloud)
		time.Sleep(forgotten)
		want = shape(t, cloud)
	})
	undisturbed[name] = one{want, writes}
	return want, writes
}

// one is what a run alone comes to, by pillar and race, for both tests.
type one struct {
	shape  map[string]int
	writes int
}

var undisturbed = map[string]one{}

// judge looks at how both came out, and lets a third process plan and apply once more.
func (r race) judge(t *testing.T, cloud *fakeaws.Cloud, errA, errB error, want map[string]int, sum *findings) {
	t.Helper()
	sum.add(func() {
		sum.races++
		if errA == nil && errB == nil {
			sum.clean++
		}
	})
	for who, err := range map[string]error{"A": errA, "B": errB} {
		for _, reason := range refusals(t, who, err) {
			sum.add(func() { sum.refused[reason]++ })
		}
	}
	cfg := process(cloud, "c", nil)
	cloud.SetLatency(0)
	cloud.SetStaleReads(0, false)
	plan, err := r.after.plan(t, cfg)
	require.NoError(t, err)
	if !plan.Empty() {
		sum.add(func() { sum.again++ })
		_, err = plan.Apply(ctx)
		require.NoError(t, err, "once more; after A: %v\nB: %v\n%s", errA, errB, plan)
		plan, err = r.after.plan(t, cfg)
		require.NoError(t, err)
	}
	require.True(t, plan.Empty(), "after A: %v\nB: %v\n%s", errA, errB, plan)
	r.requireNoStrays(t, cloud, "outside of the plan, after A: %v\nB: %v\n%s", errA, errB)
	time.Sleep(forgotten)
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
		t.Errorf("the end state is another than that of one run alone, after A: %v\nB: %v\n%s", errA, errB, strings.Join(diff, "\n"))
	}
}

// requireNoStrays checks that nothing of ours is outside of the plan. (It has the fakes fill every service that it reads with AWS's own.)
func (r race) requireNoStrays(t *testing.T, cloud *fakeaws.Cloud, why ...any) {
	t.Helper()
	opts := append(slices.Clip(r.after.opts), ztcore.Prune(allKinds()...))
	strays, err := job{declares: r.after.declares, opts: opts}.plan(t, process(cloud, "c", nil))
	require.NoError(t, err)
	if !strays.Empty() {
		why = append(why, strays)
	}
	require.True(t, strays.Empty(), why...)
}

// refusals are the reasons of a failed run, without names. What is no clean refusal fails the test.
func refusals(t *testing.T, who string, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var stale *ztcore.StaleError
	var conflict *ztcore.ConflictError
	var unread *ztcore.ReadError
	var step *ztcore.StepError
	switch {
	case errors.As(err, &step):
	case errors.As(err, &stale):
		return []string{"the plan is stale"}
	case errors.As(err, &conflict), errors.As(err, &unread): // before any write
	default:
		t.Errorf("%s was not refused cleanly: %v", who, err)
	}
	return []string{err.Error()}
}

// shape counts what a world holds, by place, without the ids: what exists twice shows. What AWS keeps of requests is no object.
func shape(t *testing.T, cloud *fakeaws.Cloud) map[string]int {
	t.Helper()
	_, err := ec2.NewFromConfig(cloud.Config()).DisableEbsEncryptionByDefault(ctx, nil) // with a write EC2's fake forgets what is long gone
	require.NoError(t, err)
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
			if phases, ok := v["Phases"].([]any); ok && len(phases) > 0 && phases[len(phases)-1].(map[string]any)["Status"] == "DELETE_COMPLETE" {
				return // a stack that was, which AWS lists for 90 days
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
	notObjects = regexp.MustCompile(`/(Requests|Tokens|ByID|Order|Templates/Items/..?/Versions|Stacks/.?/Events|APIs/.?/Deployments)$`) // what AWS keeps of requests, indexes, and history
)

// resourcesOf are the resources of a pillar, as part has them.
func resourcesOf(t *testing.T, pillar string) ztcore.List {
	t.Helper()
	at := place{region: fakeaws.DefaultRegion, unit: unitID()}
	for _, p := range pillars() {
		if p.name != pillar {
			continue
		}
		steps := p.steps(at)
		if pillar == "segmentation" {
			steps = steps[:1]
		}
		var out ztcore.List
		for _, s := range steps {
			out = append(out, s.resources...)
		}
		return out
	}
	t.Fatal("no pillar " + pillar)
	return nil
}

// changed is another version of what is declared: everything that has tags has one more, and some of it must be replaced.
func changed(list ztcore.List) (out ztcore.List) {
	for _, r := range list {
		switch r := r.(type) {
		case nil:
			continue
		case ztcore.List:
			out = append(out, changed(r)...)
			continue
		}
		v := reflect.New(reflect.TypeOf(r)).Elem()
		v.Set(reflect.ValueOf(r))
		if v.Kind() == reflect.Struct {
			if tags := v.FieldByName("Tags"); tags.IsValid() && tags.Type() == reflect.TypeFor[map[string]string]() {
				more := map[string]string{"version": "2"}
				maps.Copy(more, tags.Interface().(map[string]string))
				tags.Set(reflect.ValueOf(more))
			}
		}
		switch r := v.Interface().(type) {
		case network.InterfaceEndpoint:
			if r.Service == "ssm" {
				r.Service = "sts"
			}
			out = append(out, r)
		case instance.Instance:
			r.UserData = "#!/bin/sh\nexit 0\n"
			out = append(out, r)
		case appsec.UserPoolClient:
			r.PublicBecause = "another version"
			out = append(out, r)
		case instance.App:
			r.Instance.UserData = "#!/bin/sh\nexit 0\n"
			out = append(out, r)
		default:
			out = append(out, r.(ztcore.Resource))
		}
	}
	return out
}

// allKinds are those of every pillar: what left a baseline is found wherever it is.
func allKinds() []ztcore.AnyKind {
	return slices.Concat(iam.Kinds(), analyzer.Kinds(), contact.Kinds(), network.Kinds(), dataprotect.Kinds(), ebs.Kinds(), monitoring.Kinds(), events.Kinds(), detection.Kinds(),
		endpoint.Kinds(), firewall.Kinds(), launch.Kinds(), webacl.Kinds(), appsec.Kinds(), instance.Kinds(), governance.Kinds(), configrules.Kinds(), review.Kinds(), stack.Kinds(), thirdparty.Kinds(), edge.Kinds(), incident.Kinds())
}

// Whatever two processes do at the same time, wherever one is held up and the other goes on, it ends in one world: that of one process
// alone. Each succeeds or says what kept it.
func TestOneRunIsHeldUpWhileAnotherGoesOn(t *testing.T) {
	eachRace(t, func(t *testing.T, name string, r race, sum *findings) {
		want, writes := r.alone(t, name)
		for k := offset(name); k < writes; k += stride {
			for _, after := range []bool{false, true} {
				t.Run(fmt.Sprintf("%d after=%t", k, after), func(t *testing.T) { r.hold(t, k, after, want, sum) })
			}
		}
	})
}

// So it does when their calls come as they come.
func TestTwoRunsAtOnce(t *testing.T) {
	eachRace(t, func(t *testing.T, name string, r race, sum *findings) {
		want, _ := r.alone(t, name)
		for seed := range seeds {
			t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) { r.interleave(t, seed, want, sum) })
		}
	})
}

func eachRace(t *testing.T, f func(t *testing.T, name string, r race, sum *findings)) {
	all := map[string]*findings{}
	for _, pillar := range pillarNames() {
		for name, r := range races(pillar) {
			if all[name] == nil {
				all[name] = &findings{refused: map[string]int{}, met: map[string]int{}}
			}
			t.Run(pillar+"/"+name, func(t *testing.T) { f(t, pillar+name, r, all[name]) })
		}
	}
	if stride > 1 {
		t.Logf("one write in %d only, and %d seeds; all with ZEROTRUST_SWEEP=1", stride, seeds)
	}
	total := 0
	for _, name := range slices.Sorted(maps.Keys(all)) {
		t.Logf("%s: %s", name, all[name])
		total += all[name].races
	}
	t.Logf("%d interleavings", total)
}

func (f *findings) add(what func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	what()
}

// meet notes which writes were refused, and with what.
func (f *findings) meet(calls []fakeaws.Call) {
	for _, c := range calls {
		var answer smithy.APIError
		if c.Mutating() && errors.As(c.Err, &answer) {
			f.add(func() { f.met[c.Service+" "+c.Operation+": "+answer.ErrorCode()]++ })
		}
	}
}

func (f *findings) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d races: in %d both runs succeeded, in %d one planned and applied once more", f.races, f.clean, f.again)
	for _, k := range slices.Sorted(maps.Keys(f.met)) {
		fmt.Fprintf(&b, "\n%6d × answered and gone on after %s", f.met[k], k)
	}
	for _, k := range slices.Sorted(maps.Keys(f.refused)) {
		fmt.Fprintf(&b, "\n%6d × %s", f.refused[k], k)
	}
	return b.String()
}

// Some of the writes, and the same ones every time, unless all are asked for.
var stride, seeds = sweep(41), max(1, 20/sweep(41))

// offset is where a race's share of the writes begins.
func offset(name string) int {
	h := fnv.New32a()
	fmt.Fprint(h, name)
	return int(h.Sum32() % uint32(stride))
}
