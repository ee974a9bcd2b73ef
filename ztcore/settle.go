package ztcore

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"
)

const (
	firstPoll    = 100 * time.Millisecond // between reads that wait for a write to show; doubles
	longestPoll  = 5 * time.Second
	firstRetry   = 500 * time.Millisecond // between writes that wait for something to pass; doubles
	rewriteAfter = 15 * time.Second       // a difference that stays this long after a write is written again
	lostCreate   = 20 * time.Second       // how long to look for what an unanswered create may have made
	youth        = 5 * time.Minute        // how long a dependency may still be on its way through AWS
)

// put makes what a step wants, and reads until it is so.
func (r *run) put(t *task) (Status, error) {
	n := t.step.node
	want, err := r.wanted(n)
	if err != nil {
		return Failed, err
	}
	have, err := r.readOne(n, want)
	if twins := new(twinsError); errors.As(err, &twins) {
		have, err = r.awaitOthers(t, want, twins)
	}
	if err != nil {
		return Failed, err
	}
	have = r.unclaimed(n, have)
	changes := compareNode(n, want, have)
	if have != nil && len(changes) == 0 {
		r.settled(n, have, false)
		return Already, nil
	}
	if have != nil && t.step.Action == Replace { // its removal may not show in every read yet
		if have, err = r.untilGone(t.step, want, time.Now()); err != nil {
			return Failed, err
		}
		changes = compareNode(n, want, have)
	}
	if err := r.mayWrite(t.step, n, want, have); err != nil {
		return Failed, err
	}
	retries := patience{run: r, step: t.step, started: time.Now(), creation: &t.creation}
	var since time.Time // the first of the writes in a row that were acknowledged
	ours := have != nil // that what is found now is this run's, or was there before
	for {
		t.outcome.Attempts++
		made, err := r.write(t, have, want, changes)
		ours = ours || err == nil || made || isAmbiguous(err)
		if err == nil {
			if since.IsZero() {
				since = time.Now()
			}
		} else {
			since = time.Time{}
			if final := retries.wait(err); final != nil && !r.metAnother(t, want, have, err) {
				return Failed, final
			}
		}
		again := rewriteAfter
		if err != nil {
			again = waitAfter(n, have, made, err)
		}
		before, yielded := have, len(t.yielding.removed)
		have, changes, err = r.settle(t, want, since, again, err != nil)
		if err != nil {
			return Failed, err
		}
		if len(t.yielding.removed) > yielded {
			retries.started, retries.tries = time.Now(), 0 // it is another object's turn
		}
		if before == nil && have == nil {
			since = time.Time{} // what was acknowledged is gone, or never was
			if made && again == lostCreate {
				t.creation.another()
			}
		}
		if have != nil && len(changes) == 0 {
			r.settled(n, have, true)
			return Done, nil
		}
		if err := r.mayGoOn(n, have, ours); err != nil {
			return Failed, err
		}
	}
}

// metAnother reports whether a write was refused since another run has done it meanwhile, whatever AWS calls that: nothing differs any
// more, or what was not there before a create is there now and is the baseline's.
func (r *run) metAnother(t *task, want, before any, refusal error) bool {
	if ends(refusal) || isDenied(refusal) || IsUnsupported(refusal) {
		return false
	}
	n := t.step.node
	have, err := r.readOne(n, want)
	for poll := firstPoll; err == nil && have == nil && before == nil && !n.schema.unique() && t.creation.recent(); poll = min(2*poll, longestPoll) {
		if r.sleep(poll) != nil { // what is made in part does not show yet, nor what stands in its way
			return false
		}
		have, err = r.readOne(n, want)
	}
	if twins := new(twinsError); errors.As(err, &twins) {
		return before == nil
	}
	if err != nil || have == nil {
		return false
	}
	if before != nil || t.creation.made(n.schema.given(have)) {
		return len(compareNode(n, want, have)) == 0 // what this run has made in part, it does not finish: the next one's plan shows it
	}
	o, _ := n.ownershipOf(have, r.plan.Baseline)
	return o == ours
}

// waitAfter is how long to look at what a failed write has done before it is repeated.
func waitAfter(n *Node, before any, made bool, err error) time.Duration {
	switch {
	case before == nil && !n.schema.unique() && (made || isAmbiguous(err) || isCollision(err)):
		return lostCreate // another create would make another object
	case isCollision(err):
		return firstRetry
	}
	return 0
}

// mayGoOn refuses to update what turned out to be somebody else's: an object that took the name after the plan was made, and
// that no create of this run can have made.
func (r *run) mayGoOn(n *Node, have any, ours bool) error {
	if have == nil {
		return nil
	}
	if o, _ := n.ownershipOf(have, r.plan.Baseline); o == another || o == nobodys && !ours {
		return notOurs(n)
	}
	return nil
}

func notOurs(n *Node) error {
	return &ConflictError{[]Step{{Address: n.address, Kind: n.kind.kindName(), Action: Conflict, Reason: "it exists and is not ours"}}}
}

// mayWrite is the last look before the first write: what is there must be what the plan has shown.
func (r *run) mayWrite(s *Step, n *Node, want, have any) error {
	if s.Action == Replace {
		if have != nil {
			return &StaleError{[]StaleResource{{Address: n.address, Why: "it is still there after its removal"}}}
		}
		return nil
	}
	if s.readable {
		if changed := s.stale(have, want, r.plan.Baseline); changed != nil {
			return &StaleError{[]StaleResource{*changed}}
		}
		return nil
	}
	if have != nil {
		if o, _ := n.ownershipOf(have, r.plan.Baseline); o == nobodys || o == another {
			return notOurs(n)
		}
	}
	return nil
}

// write makes one attempt, alone in its conflict domain. made says that a create has failed only after some part of it had succeeded.
func (r *run) write(t *task, have, want any, changes []Change) (made bool, err error) {
	n := t.step.node
	defer r.enter(n.kind.domain(want))()
	if err := r.stopped(); err != nil {
		return false, err
	}
	if have == nil {
		t.creation.attempt()
		if t.step.Action == Replace {
			t.creation.predecessor = n.schema.given(t.step.have)
		}
		err := n.kind.create(t.context(r.ctx), r.plan.scope.creating(&t.creation), want)
		if refusedToken(err) {
			t.creation.another()
		}
		return !t.creation.since().IsZero(), err
	}
	changed := map[string]bool{}
	for _, c := range changes {
		changed[c.Field] = true
	}
	return false, n.kind.update(t.context(r.ctx), r.plan.scope, have, want, changed)
}

// enter waits for a conflict domain of the account to be free.
func (r *run) enter(domain string) (leave func()) {
	if domain == "" {
		return func() {}
	}
	return r.opts.domains.enter(r.plan.Account + "/" + domain)
}

// domains are the conflict domains in which something is being written: of one apply, or of a whole fleet.
type domains struct {
	mu   sync.Mutex
	busy map[string]chan struct{}
}

func (d *domains) enter(name string) (leave func()) {
	d.mu.Lock()
	if d.busy == nil {
		d.busy = map[string]chan struct{}{}
	}
	c, ok := d.busy[name]
	if !ok {
		c = make(chan struct{}, 1)
		d.busy[name] = c
	}
	d.mu.Unlock()
	c <- struct{}{}
	return func() { <-c }
}

// settle reads until a write shows. It returns early, with the differences that are left, when the write is to be
// repeated: when they have stayed for as long as again says, or when what a client token stands for is no longer there. It fails once
// writes have been acknowledged since since and don't show.
func (r *run) settle(t *task, want any, since time.Time, again time.Duration, failed bool) (have any, changes []Change, err error) {
	n := t.step.node
	started, poll := time.Now(), firstPoll
	dirty := !n.schema.unique() && t.creation.recent() // one read may show one of two
	for {
		have, err = r.readOne(n, want)
		if twins := new(twinsError); errors.As(err, &twins) {
			yielded, final := r.resolve(t, twins)
			if final != nil {
				return nil, nil, final
			}
			if yielded { // the other's object may need something yet
				started, since, poll, failed, again = time.Now(), time.Time{}, firstPoll, true, lostCreate
			}
		}
		have = r.unclaimed(n, have)
		if err != nil && (ends(err) || isDenied(err) || IsUnsupported(err)) {
			return nil, nil, err
		}
		waited := time.Since(started)
		unsettled := waited
		if !since.IsZero() {
			unsettled = time.Since(since)
		}
		if err == nil {
			changes = compareNode(n, want, have)
			switch {
			case have != nil && !n.schema.unique() && len(t.yielding.removed) == 0 && t.creation.recent() && !t.creation.made(n.schema.given(have)):
				// it is another run's, and there will be two
			case have != nil && len(changes) == 0 && !dirty:
				return have, nil, nil
			case have != nil && len(changes) == 0:
				dirty = false // once more: reads may still flap between old and new
				continue
			case waited >= again && (have != nil || failed) && (failed || unsettled < r.opts.settle):
				return have, changes, nil
			case have == nil && !failed && unsettled >= r.opts.settle/2 && t.creation.another():
				return nil, changes, nil
			}
			dirty = true
		}
		if unsettled >= r.opts.settle {
			return nil, nil, &UnsettledError{Remaining: changes, Absent: have == nil, After: unsettled, Last: err}
		}
		r.emit(Settling{n.address, changes})
		if err := r.sleep(poll); err != nil {
			return nil, nil, err
		}
		poll = min(2*poll, longestPoll)
	}
}

// remove deletes what is there, and reads until it is gone.
func (r *run) remove(t *task) (Status, error) {
	n := t.step.node
	want := t.step.have
	have, err := r.readOne(n, want)
	if err != nil {
		return Failed, err
	}
	have = t.step.own(have)
	if gone(have) || r.replaced[n.address] {
		r.settled(n, nil, false)
		return Already, nil
	}
	if changed := (&Step{Address: n.address, Action: Delete, node: n, have: t.step.have}).stale(have, nil, r.plan.Baseline); changed != nil {
		return Failed, &StaleError{[]StaleResource{*changed}}
	}
	retries := patience{run: r, step: t.step, started: time.Now()}
	var since time.Time // the first of the removals in a row that were acknowledged
	for {
		t.outcome.Attempts++
		err := func() error {
			defer r.enter(n.kind.domain(have))()
			if err := r.stopped(); err != nil {
				return err
			}
			return n.kind.remove(t.context(r.ctx), r.plan.scope, have)
		}()
		if err != nil {
			since = time.Time{}
			// An answer that was lost may have said that it is done, or another run has done it: then AWS refuses what is asked again.
			if final := retries.wait(err); final != nil {
				if have, err := r.readOne(n, want); isDenied(final) || err != nil || !gone(t.step.own(have)) {
					return Failed, final
				}
			}
		} else if since.IsZero() {
			since = time.Now()
		}
		have, err = r.untilGone(t.step, want, since)
		if err != nil {
			return Failed, err
		}
		if gone(have) {
			r.settled(n, nil, true)
			return Done, nil
		}
	}
}

// untilGone reads until an object no longer shows. It returns early with what is left when the removal is to be repeated: at once
// if none was acknowledged (since is zero), or when it has not shown for long.
func (r *run) untilGone(s *Step, want any, since time.Time) (have any, err error) {
	started, poll := time.Now(), firstPoll
	for {
		have, err = r.readOne(s.node, want)
		have = s.own(have)
		if err != nil && (ends(err) || isDenied(err) || IsUnsupported(err)) {
			return nil, err
		}
		waited := time.Since(started)
		if !since.IsZero() {
			waited = time.Since(since)
		}
		switch {
		case err == nil && (gone(have) || since.IsZero()):
			return have, nil
		case waited >= r.opts.settle:
			return nil, &UnsettledError{Removed: true, After: waited, Last: err}
		case err == nil && time.Since(started) >= rewriteAfter:
			return have, nil
		}
		if err := r.sleep(poll); err != nil {
			return nil, err
		}
		poll = min(2*poll, longestPoll)
	}
}

// gone reports that there is nothing left to delete.
func gone(have any) bool {
	if set, ok := have.(interface{ empty() bool }); ok {
		return set.empty()
	}
	return have == nil
}

func (s Set[M]) empty() bool {
	kept, _ := s.withoutHeld(nil)
	return len(kept.(Set[M]).Members) == 0
}

// wanted is what a node wants now that its dependencies exist.
func (r *run) wanted(n *Node) (any, error) {
	var missing []string
	resolve := func(want any) any {
		return resolveState(want, r.plan.scope, func(ref reference) (string, bool) {
			to := r.plan.graph.byName[ref.address]
			s := r.steps[ref.address]
			r.mu.Lock()
			state, ok := r.states[ref.address]
			r.mu.Unlock()
			switch {
			case ok:
				return known(to, state, state, None, ref.field)
			case s != nil && s.want != nil:
				return known(to, s.have, s.want, s.Action, ref.field)
			case to != nil:
				return knownInAdvance(to, r.plan.ignored[ref.address], ref.field)
			}
			return "", false
		})
	}
	want := n.owned(n.kind.predict(r.plan.scope, resolve(n.want)), r.plan.Baseline)
	visit(reflect.ValueOf(want), func(s string) {
		for _, ref := range references(s) {
			missing = append(missing, ref.String())
		}
	})
	if len(missing) > 0 {
		return nil, errors.New("not sent, since it is still not known: " + strings.Join(missing, ", "))
	}
	return want, nil
}

func (r *run) readOne(n *Node, want any) (any, error) {
	if err := r.stopped(); err != nil {
		return nil, err
	}
	found, err := n.kind.read(r.ctx, r.plan.scope.reading(), []any{want}, false)
	if err != nil {
		return nil, fmt.Errorf("reading: %w", explain(err))
	}
	switch all := sight(n.schema, found, r.plan.Baseline).claimants(n, want); len(all) {
	case 0:
		return nil, nil
	case 1:
		return all[0], nil
	default:
		return nil, &twinsError{n, all}
	}
}

func (r *run) settled(n *Node, state any, wrote bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if state != nil {
		r.states[n.address] = state
	}
	if wrote {
		r.touched[n.address] = true
	}
}

func (r *run) sleep(d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return r.stopped()
	case <-r.ctx.Done():
		return context.Cause(r.ctx)
	}
}
