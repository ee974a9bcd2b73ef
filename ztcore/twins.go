package ztcore

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Two runs at once that both saw nothing both create, where AWS offers neither a unique name nor a client token. Then each finds two
// objects that claim to be the resource, and knows by AWS's answers which one it has made itself. The run whose object has the
// greater id removes its own, which nothing uses yet, and goes on with the other's. That may have gone on without seeing the second,
// and then waits for nothing: so the run with the smaller id waits for the other to yield, and after that yields itself. A run removes
// only what it has made, and never after it has gone on with it.
//
// What remains is where reads lag by more than the difference of these times, or each run sees its own object only: then both go on,
// and the next plan shows a conflict that names both. A lease excludes that.
const (
	yieldAtOnce = 10 * time.Second // how old an object may be for its run to yield without waiting
	yieldAfter  = 20 * time.Second // how long the run with the smaller id waits for the other
	yieldLate   = 40 * time.Second // and the one with the greater, when its object is older than that
	othersYield = 60 * time.Second // how long to wait when none of them is this run's
)

// twinsError says that several objects claim to be one resource.
type twinsError struct {
	node  *Node
	twins []any
}

func (e *twinsError) Error() string {
	return fmt.Sprintf("%d objects claim to be it%s: delete all but one, the one that nothing uses, or take the tag %s off it", len(e.twins), e.names(), TagResource)
}

// names are what AWS calls them.
func (e *twinsError) names() string {
	var ids []string
	for _, x := range e.twins {
		if id := e.node.schema.given(x); id != "" {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return ""
	}
	return " (" + strings.Join(ids, ", ") + ")"
}

// yielding is how far a task is in settling which of the twins stays.
type yielding struct {
	since   time.Time
	removed map[string]time.Time // by what AWS calls them
	tries   int
}

// resolve has this run do its part, and reports whether it has removed something. An error ends the step.
func (r *run) resolve(t *task, e *twinsError) (yielded bool, err error) {
	y := &t.yielding
	if y.since.IsZero() {
		y.since, y.removed = time.Now(), map[string]time.Time{}
	}
	waited := time.Since(y.since)
	s := e.node.schema
	twins := slices.SortedFunc(slices.Values(e.twins), func(a, b any) int { return strings.Compare(s.given(a), s.given(b)) })
	var mine, others []any
	for _, x := range twins {
		if t.creation.made(s.given(x)) {
			mine = append(mine, x)
		} else {
			others = append(others, x)
		}
	}
	var yield []any
	switch {
	case len(mine) == 0 || !e.node.kind.traits().deletable:
		if waited >= othersYield {
			return false, e
		}
	case len(others) == 0:
		yield = mine[1:]
	case s.given(mine[0]) > s.given(others[0]) && time.Since(t.creation.since()) < yieldAtOnce,
		s.given(mine[0]) < s.given(others[0]) && waited >= yieldAfter,
		waited >= yieldLate:
		yield = mine
	}
	for _, x := range yield {
		id := s.given(x)
		if at, done := y.removed[id]; done && time.Since(at) < rewriteAfter {
			continue // acknowledged, and not to be seen yet
		}
		if y.tries++; y.tries > 5 {
			return yielded, e
		}
		if err := e.node.kind.remove(t.context(r.ctx), r.plan.scope, x); err != nil {
			if y.tries == 5 || ends(err) || isDenied(err) {
				return yielded, fmt.Errorf("%w; removing %s, which this run has made: %w", e, id, explain(err))
			}
			continue // what has just been attached to it by its own create may still be on its way
		}
		y.removed[id], yielded = time.Now(), true
		if len(others) > 0 {
			Remark(t.context(r.ctx), fmt.Sprintf("another run was making it at the same time: this one has removed its own, %s, which nothing used, and goes on with %s", id, s.given(others[0])))
		}
	}
	return yielded, nil
}

// awaitOthers reads until those that are making the same object have settled which one stays.
func (r *run) awaitOthers(t *task, want any, e *twinsError) (have any, err error) {
	for poll := firstPoll; ; poll = min(2*poll, longestPoll) {
		if _, err := r.resolve(t, e); err != nil {
			return nil, err
		}
		if err := r.sleep(poll); err != nil {
			return nil, err
		}
		have, err = r.readOne(t.step.node, want)
		if err == nil || !errors.As(err, &e) {
			return have, err
		}
	}
}
