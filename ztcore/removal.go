package ztcore

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// mentions finds the objects whose ids, ARNs or names stand in other objects' states.
type mentions map[string][]Address

// add notes what an object may be called by. Short texts, as a name like "db", would be found everywhere; and of a key
// of several fields some are other objects' ids, as the VPC's in a security group's.
func (m mentions) add(a Address, s *schema, have any, outputsOnly bool) {
	for _, f := range s.fields {
		if text, ok := s.text(have, f.name); ok && len(text) > 3 && (f.output || f.key && s.keys == 1 && !outputsOnly) {
			m[text] = append(m[text], a)
		}
	}
}

// in calls f for each object that state mentions, and the field that does. What people write into tags ties nothing to anything.
func (m mentions) in(s *schema, state any, f func(Address, field)) {
	if len(m) == 0 {
		return
	}
	for i, part := range s.fields {
		if i == s.tags {
			continue
		}
		visit(reflect.ValueOf(state).Field(part.index), func(text string) {
			eachName(text, func(name string) {
				for _, a := range m[name] {
					f(a, part)
				}
			})
		})
	}
}

// eachName calls f with the parts of a text that may be a name: the whole, its words, and in those that hold
// colons or slashes, as ARNs and paths do, every run of parts. The id box-1 is in "box-1/lid" and not in "box-12".
func eachName(text string, f func(string)) {
	f(text)
	for _, word := range strings.FieldsFunc(text, func(r rune) bool {
		return !(r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || strings.ContainsRune("_.:/=+@-", r))
	}) {
		if word != text {
			f(word)
		}
		cuts := []int{-1}
		for i, c := range word {
			if c == ':' || c == '/' {
				cuts = append(cuts, i)
			}
		}
		cuts = append(cuts, len(word))
		if len(cuts) > 16 {
			continue // no AWS name has as many parts
		}
		for i, from := range cuts {
			for _, to := range cuts[i+1:] {
				if from+1 < to && to-from-1 < len(word) {
					f(word[from+1 : to])
				}
			}
		}
	}
}

// orphaned plans what becomes of the objects that carry our tags and that nothing declares.
func (p *planner) orphaned() []Step {
	var out []Step
	for _, o := range p.found.orphans {
		s := Step{Address: o.node.address, Kind: o.node.kind.kindName(), node: o.node, have: o.have, want: o.have, readable: true, Controls: o.node.kind.traits().controls}
		p.planDelete(&s)
		if s.Action == Delete {
			s.Reason = "no longer declared"
			if p.options.observe {
				s.Action, s.Reason = Drift, "no longer declared; observed only"
			}
		}
		p.hold(&s)
		out = append(out, s)
	}
	p.keepMentioned(out)
	return out
}

// keepMentioned retains the orphans that something else needs that stays.
func (p *planner) keepMentioned(orphans []Step) {
	m := mentions{}
	at := map[Address]*Step{}
	for i := range orphans {
		m.add(orphans[i].Address, orphans[i].node.schema, orphans[i].have, true)
		at[orphans[i].Address] = &orphans[i]
	}
	var keep func(by *Node, state any)
	keep = func(by *Node, state any) {
		m.in(by.schema, state, func(a Address, _ field) {
			if s := at[a]; s.Action == Delete && a != by.address {
				s.Action, s.Reason = Retain, "needed by "+string(by.address)
				keep(s.node, s.have)
			}
		})
	}
	for _, n := range p.graph.nodes {
		s := p.steps[n.address]
		switch {
		case s == nil:
			keep(n, p.wants[n.address]) // ignored, and so left as it is
		case s.Action == Delete:
		case (s.stays() || n.mode == Observed) && s.have != nil:
			keep(n, s.have)
		case !p.options.destroy && n.mode == Managed:
			keep(n, s.want)
		}
	}
	for i := range orphans {
		if orphans[i].stays() {
			keep(orphans[i].node, orphans[i].have)
		}
	}
}

// orderRemovals lets what is removed go before what it depends on: by what is declared and, where something is
// not, by what its state mentions. Two that mention each other go in either order. Orphans go last of all, for what takes their place
// must be in force first; but those before that hold up the replacement of something declared.
func (r *run) orderRemovals() {
	var all []*task
	m := mentions{}
	for _, t := range r.order {
		if t.id.remove {
			all = append(all, t)
			m.add(t.id.address, t.step.node.schema, t.step.have, false)
		}
	}
	before := map[*task][]*task{} // a task → those that wait for it
	for _, t := range all {
		seen := map[*task]bool{t: true}
		link := func(a Address, guarded bool) {
			d := r.tasks[taskID{a, true}]
			switch {
			case d == nil || seen[d]:
				return
			case guarded:
				before[d] = append(before[d], t)
			default:
				before[t] = append(before[t], d)
			}
			seen[d] = true
		}
		for _, ref := range t.step.node.refs {
			link(ref.address, slices.Contains(t.step.node.guardRefs, ref))
		}
		m.in(t.step.node.schema, t.step.have, func(a Address, in field) {
			if t.step.node.orphan != "" || r.tasks[taskID{a, true}].step.node.orphan != "" {
				link(a, in.guards)
			}
		})
	}
	const (
		visiting = 1
		visited  = 2
	)
	state := map[*task]int{}
	early := map[*task]bool{}
	var visit func(t *task)
	visit = func(t *task) {
		state[t] = visiting
		for _, d := range before[t] {
			if state[d] == 0 {
				visit(d)
			}
			if state[d] == visited {
				d.waits = append(d.waits, t)
				early[t] = early[t] || early[d] || d.step.node.orphan == ""
			}
		}
		state[t] = visited
	}
	for _, t := range all {
		if state[t] == 0 {
			visit(t)
		}
	}
	placed := r.whenPlaced()
	for _, t := range all {
		if t.step.node.orphan != "" && !early[t] {
			t.waits = append(t.waits, placed)
		}
	}
}

// whenPlaced is done when everything that is to be put is in force.
func (r *run) whenPlaced() *task {
	r.placed = &task{done: make(chan struct{}), outcome: Outcome{Status: Done}}
	for _, t := range r.order {
		if !t.id.remove {
			r.placed.waits = append(r.placed.waits, t)
		}
	}
	return r.placed
}

// place finishes whenPlaced; it fails as the first of what it waited for did.
func (r *run) place() {
	defer close(r.placed.done)
	for _, t := range r.placed.waits {
		<-t.done
		if t.outcome.unfinished() && r.placed.outcome.Status == Done {
			r.placed.id, r.placed.outcome = t.id, t.outcome
		}
	}
}

func (o Outcome) unfinished() bool { return o.Status == Failed || o.Status == Skipped }

// skippedSince is the reason why a task was not begun.
func skippedSince(t *task) error {
	return fmt.Errorf("skipped, since %s %s", t.id.address, t.outcome.Status)
}
