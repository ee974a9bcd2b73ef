package ztcore

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Apply does what the plan says, or says what it could not do. Before the first write it reads again: if anything
// that the plan touches has changed in a way the plan did not show, it returns a *StaleError and nothing was done. Other errors
// before any write: *BlockedError, *ConflictError, *ReadError, and the lease's where it is not to be had. After that a failure stops
// only what depends on it, unless it is one that every further call would meet, as expired credentials are; the report has every
// outcome, and the error joins the failures, each a *StepError. Planning and applying again finishes the job.
func (p *Plan) Apply(ctx context.Context, opts ...ApplyOption) (*Report, error) {
	r := &run{plan: p, ctx: ctx, tasks: map[taskID]*task{}, steps: map[Address]*Step{}, states: map[Address]any{}, touched: map[Address]bool{}, replaced: map[Address]bool{}}
	r.opts.settle = 2 * time.Minute
	r.opts.domains = &domains{}
	for _, o := range opts {
		o(&r.opts)
	}
	if len(p.blocking) > 0 {
		return nil, &BlockedError{p.blocking}
	}
	var conflicts []Step
	for i := range p.Steps {
		s := &p.Steps[i]
		r.steps[s.Address] = s
		if s.Action == Conflict {
			conflicts = append(conflicts, *s)
		}
	}
	if len(conflicts) > 0 {
		return nil, &ConflictError{conflicts}
	}
	started := time.Now()
	r.prepare()
	report := &Report{Baseline: p.Baseline, Account: p.Account, Region: p.Region}
	if len(r.tasks) > 0 {
		if err := r.underLease(report, func() error {
			if err := r.verify(r.ctx); err != nil {
				return err
			}
			r.walk()
			return nil
		}); err != nil {
			return nil, err
		}
	}
	for i := range p.Steps {
		if o := r.outcome(&p.Steps[i]); o != nil {
			report.Outcomes = append(report.Outcomes, *o)
		}
	}
	report.Took = time.Since(started)
	return report, r.sayLost(report.Err())
}

// run is one apply.
type run struct {
	ctx  context.Context
	plan *Plan
	opts applyOptions

	tasks    map[taskID]*task
	order    []*task
	placed   *task              // see whenPlaced
	replaced map[Address]bool   // by an earlier run of this plan
	claimed  map[string]Address // see claims
	steps    map[Address]*Step

	mu      sync.Mutex // guards what follows
	states  map[Address]any
	touched map[Address]bool // made, changed or removed by this run
	halted  error
	lost    error // the lease was
	events  sync.Mutex
	slots   chan struct{}
}

type taskID struct {
	address Address
	remove  bool
}

// task is one half of a step: removing what is there, or putting what is wanted. A replacement has both.
type task struct {
	id      taskID
	step    *Step
	waits   []*task
	done    chan struct{}
	remarks remarks
	outcome Outcome

	creation creation
	yielding yielding
}

// context is what the task's writes are made with.
func (t *task) context(ctx context.Context) context.Context {
	return context.WithValue(ctx, remarksKey{}, &t.remarks)
}

// prepare lays out the tasks and what each waits for.
func (r *run) prepare() {
	for i := range r.plan.Steps {
		s := &r.plan.Steps[i]
		if s.Action == Delete || s.Action == Replace {
			r.add(s, true)
		}
		if s.writes() && s.Action != Delete {
			r.add(s, false)
		}
	}
	for _, t := range r.order {
		if t.id.remove {
			continue
		}
		if own := r.tasks[taskID{t.id.address, true}]; own != nil {
			t.waits = append(t.waits, own)
		}
		for _, dep := range t.step.DependsOn {
			if d := r.tasks[taskID{dep, false}]; d != nil {
				t.waits = append(t.waits, d)
			}
		}
	}
	r.claimed = r.claims()
	r.orderRemovals()
	if n := r.opts.parallelism; n > 0 {
		r.slots = make(chan struct{}, n)
	}
}

func (r *run) add(s *Step, remove bool) {
	t := &task{id: taskID{s.Address, remove}, step: s, done: make(chan struct{}), outcome: Outcome{Address: s.Address, Action: s.Action}}
	r.tasks[t.id] = t
	r.order = append(r.order, t)
}

// verify re-reads what the plan touches, all kinds side by side, and refuses if it has changed.
func (r *run) verify(ctx context.Context) error {
	byKind := map[string][]*Step{}
	for _, t := range r.order {
		if t.step.readable && (t.id.remove || t.step.Action != Replace) {
			byKind[t.step.Kind] = append(byKind[t.step.Kind], t.step)
		}
	}
	parents := r.parents()
	for _, s := range parents {
		if !slices.Contains(byKind[s.Kind], s) {
			byKind[s.Kind] = append(byKind[s.Kind], s)
		}
	}
	kinds := sortedKeys(byKind)
	seen := make([]*sightings, len(kinds))
	sc := r.plan.scope.reading()
	err := Each(ctx, len(kinds), func(ctx context.Context, i int) error {
		steps := byKind[kinds[i]]
		var want []any
		for _, s := range steps {
			want = append(want, s.want)
		}
		found, err := steps[0].node.kind.read(ctx, sc, want, false)
		if err != nil {
			return &ReadError{kinds[i], explain(err)}
		}
		seen[i] = sight(steps[0].node.schema, found, sc.Baseline)
		return nil
	})
	if err != nil {
		return err
	}
	now := map[string]*sightings{}
	for i, kind := range kinds {
		now[kind] = seen[i]
	}
	if stale := append(r.compareAgain(now), r.taken(parents, now)...); len(stale) > 0 {
		return &StaleError{stale}
	}
	return nil
}

// compareAgain lists what has changed since the plan was made. It goes in the order of dependencies, so that what an
// earlier run of the same plan has made is known to what refers to it.
func (r *run) compareAgain(now map[string]*sightings) []StaleResource {
	var stale []StaleResource
	made := map[Address]any{}
	for i := range r.plan.Steps {
		s := &r.plan.Steps[i]
		if !s.writes() || !s.readable {
			continue
		}
		want := s.want
		if len(s.node.refs) > 0 && s.Action != Delete {
			want = resolveState(want, r.plan.scope, func(ref reference) (string, bool) {
				if state, ok := made[ref.address]; ok {
					return known(r.plan.graph.byName[ref.address], state, state, None, ref.field)
				}
				return "", false
			})
		}
		have, twins := now[s.Kind].match(s.node, s.want)
		if twins > 1 {
			stale = append(stale, StaleResource{Address: s.Address, Why: "there are two of it now"})
			continue
		}
		if changed := s.stale(have, want, r.plan.Baseline); changed != nil {
			stale = append(stale, *changed)
		}
		if have != nil && s.Action != Delete && !replaces(compareNode(s.node, want, have)) {
			made[s.Address] = have
			r.replaced[s.Address] = s.Action == Replace && replaces(s.Changes)
		}
	}
	return stale
}

func replaces(changes []Change) bool {
	return slices.ContainsFunc(changes, func(c Change) bool { return c.replaces })
}

// stale compares what is there now with what the plan was made from. Less to do than planned is no staleness:
// an earlier run of the same plan may have been cut off.
func (s *Step) stale(now, want any, baseline string) *StaleResource {
	if now == nil {
		if s.have == nil || s.Action == Delete {
			return nil
		}
		return &StaleResource{Address: s.Address, Why: "it is gone"}
	}
	if s.have == nil {
		if o, who := s.node.ownershipOf(now, baseline); s.Action != Delete && (o == nobodys || o == another) {
			return &StaleResource{Address: s.Address, Why: strings.TrimSpace("it was made by someone else meanwhile " + who)}
		}
		return nil // made by an earlier run of this plan, or a kind that goes with its parent
	}
	if id := s.node.schema.tagsOf(now)[TagCase]; id != "" {
		return &StaleResource{Address: s.Address, Why: "case " + id + " holds it now"}
	}
	var fresh []Change
	if s.Action == Delete {
		fresh = slices.DeleteFunc(s.node.schema.compare(s.have, s.own(now)), func(c Change) bool {
			f := s.node.schema.fields[s.node.schema.byName[c.Field]]
			return f.guards || f.exclusive && c.Before == "" // what it guards goes first, and what another takes over
		})
	} else {
		for _, c := range compareNode(s.node, want, now) {
			if !planned(c, s.Changes) {
				fresh = append(fresh, c)
			}
		}
	}
	if len(fresh) > 0 {
		return &StaleResource{Address: s.Address, Changes: fresh}
	}
	return nil
}

func planned(c Change, changes []Change) bool {
	for _, p := range changes {
		if p.Path == c.Path && p.Before == c.Before && (p.After == c.After || HasToken(p.After)) {
			return true
		}
	}
	return false
}

// walk starts every task as soon as what it waits for is done.
func (r *run) walk() {
	var wg sync.WaitGroup
	wg.Go(r.place)
	for _, t := range r.order {
		wg.Go(func() {
			defer close(t.done)
			for _, w := range t.waits {
				<-w.done
			}
			r.perform(t)
		})
	}
	wg.Wait()
}

func (r *run) perform(t *task) {
	o := &t.outcome
	finish := func() { r.emit(Finished{*o}) }
	for _, w := range t.waits {
		if w.outcome.unfinished() {
			o.Status, o.Err = Skipped, &StepError{o.Address, o.Action, skippedSince(w)}
			finish()
			return
		}
	}
	if r.slots != nil {
		r.slots <- struct{}{}
		defer func() { <-r.slots }()
	}
	defer finish() // told of before another may start in its place
	if err := r.stopped(); err != nil {
		o.Status, o.Err = Skipped, &StepError{o.Address, o.Action, fmt.Errorf("not started: %w", err)}
		return
	}
	started := time.Now()
	r.emit(Started{o.Address, o.Action})
	var err error
	if t.id.remove {
		o.Status, err = r.remove(t)
	} else {
		o.Status, err = r.put(t)
	}
	o.Took, o.Notes = time.Since(started), t.remarks.all()
	if err != nil {
		if ends(err) {
			err = r.sayLost(err)
		}
		o.Status, o.Err = Failed, &StepError{o.Address, o.Action, explain(err)}
		if ends(err) {
			r.mu.Lock()
			r.halted = err
			r.mu.Unlock()
		}
	}
}

// stopped says why no more calls are to be started.
func (r *run) stopped() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := context.Cause(r.ctx); err != nil {
		return err
	}
	return r.halted
}

// outcome is a step's, of its two tasks the one that tells more, with the notes of both.
func (r *run) outcome(s *Step) *Outcome {
	put, removed := r.tasks[taskID{s.Address, false}], r.tasks[taskID{s.Address, true}]
	if put != nil && removed != nil {
		notes := slices.Concat(removed.outcome.Notes, put.outcome.Notes)
		removed.outcome.Notes, put.outcome.Notes = notes, notes
	}
	switch {
	case put == nil && removed == nil:
		return nil
	case put == nil || removed != nil && removed.outcome.Status == Failed:
		return &removed.outcome
	case removed != nil && removed.outcome.Status == Done && put.outcome.Status == Skipped:
		o := put.outcome
		o.Status, o.Err = Failed, fmt.Errorf("removed, and not made again: %w", o.Err)
		return &o
	}
	return &put.outcome
}
