package ztcore

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// patience decides which errors of writes are worth another try, and for how long.
type patience struct {
	run     *run
	step    *Step
	started time.Time
	tries   int

	creation *creation // of a put
}

// wait sleeps before the next try, or returns the error that ends the step.
func (p *patience) wait(err error) error {
	limit, ok := p.limit(err)
	if !ok || time.Since(p.started) >= limit {
		if ok {
			return fmt.Errorf("gave up after %s: %w", time.Since(p.started).Round(time.Second), err)
		}
		return err
	}
	pause := min(firstRetry<<min(p.tries, 10), 2*longestPoll)
	p.tries++
	p.run.emit(Retrying{p.step.Address, explain(err), pause})
	return p.run.sleep(pause)
}

func (p *patience) limit(err error) (time.Duration, bool) {
	if ends(err) || IsUnsupported(err) {
		return 0, false
	}
	for _, r := range p.step.node.kind.traits().retry {
		if code(err) == r.Code && strings.Contains(err.Error(), r.Message) {
			if !p.run.mayHeal(p.step) {
				break // what every kind waits for, this one does as well: another run may be removing it
			}
			if r.For > 0 {
				return r.For, true
			}
			return 2 * time.Minute, true
		}
	}
	switch {
	case isThrottle(err), isCollision(err), isAmbiguous(err), refusedToken(err):
		return 2 * time.Minute, true
	case isTaken(err):
		return lostCreate + rewriteAfter, true // by another run, if reads show before long what has taken it
	case notFound.MatchString(code(err)) && p.creation.mentioned(err):
		return 5 * time.Minute, true // a client token has brought back what is gone, and so may the next one
	case notFound.MatchString(code(err)) && p.run.mayHeal(p.step):
		return time.Minute, true // a dependency that this run has made is not visible everywhere yet
	}
	return 0, false
}

// mayHeal reports whether waiting can help: something next to the step was made, changed or removed in this run, or is young.
func (r *run) mayHeal(s *Step) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	near := map[Address]bool{s.Address: true}
	var collect func(n *Node)
	collect = func(n *Node) {
		for _, ref := range n.refs {
			if near[ref.address] {
				continue
			}
			near[ref.address] = true
			if to := r.plan.graph.byName[ref.address]; to != nil {
				collect(to)
			}
		}
	}
	collect(s.node)
	for a := range near {
		if a != s.Address && r.touched[a] {
			return true
		}
		if st := r.steps[a]; st != nil && a != s.Address && young(st.have) {
			return true
		}
	}
	own := r.tasks[taskID{s.Address, true}]
	if own != nil {
		for _, w := range own.waits {
			if r.touched[w.id.address] {
				return true
			}
		}
	}
	return false
}

// young reports that an object says of itself that it was made minutes ago, in an output field Created.
func young(have any) bool {
	if have == nil {
		return false
	}
	f := reflect.ValueOf(have).FieldByName("Created")
	if !f.IsValid() || f.Type() != reflect.TypeFor[time.Time]() {
		return false
	}
	created := f.Interface().(time.Time)
	return !created.IsZero() && time.Since(created) < youth
}
