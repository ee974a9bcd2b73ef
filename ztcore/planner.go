package ztcore

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"slices"
	"sort"
)

// planner makes one plan.
type planner struct {
	scope   *Scope
	decl    *Declaration
	graph   *Graph
	options planOptions
	found   *world
	wants   map[Address]any
	steps   map[Address]*Step
	pinned  map[Address]Address // what must not be replaced, and what needs it
	parts   map[*Node][]*Node   // see partsOf
}

func (p *planner) plan(ctx context.Context) (*Plan, error) {
	order, _ := p.graph.order()
	p.parts = p.graph.partsOf()
	for _, n := range order {
		p.wants[n.address] = n.owned(n.kind.predict(p.scope, p.resolve(n.want, nil)), p.scope.Baseline)
	}
	if twice := p.sameObjects(order); len(twice) > 0 {
		return nil, &InvalidError{p.scope.Baseline, twice}
	}
	var err error
	if p.found, err = readWorld(ctx, p.scope.reading(), p.graph, p.wants, p.options); err != nil {
		return nil, err
	}
	for again := true; again; {
		p.steps = make(map[Address]*Step, len(order))
		for _, n := range order {
			if s := p.step(n); s != nil {
				p.steps[n.address] = s
			}
		}
		again = p.pin(order)
	}
	plan := &Plan{
		Baseline: p.scope.Baseline, Account: p.scope.Account, Region: p.scope.Region, Partition: p.scope.Partition,
		scope: p.scope, graph: p.graph, options: p.options, ignored: map[Address]any{}, Steps: make([]Step, 0, len(order)),
	}
	p.spare(order)
	for _, n := range order {
		if s := p.steps[n.address]; s != nil {
			plan.Steps = append(plan.Steps, *s)
			continue
		}
		plan.ignored[n.address] = p.wants[n.address]
		if p.options.leaveOut[n.kind.kindName()] {
			plan.LeftOut = append(plan.LeftOut, n.address)
		}
	}
	orphans := p.orphaned()
	sort.SliceStable(orphans, func(i, j int) bool { return orphans[i].Address < orphans[j].Address })
	plan.Steps = append(plan.Steps, orphans...)
	for i := range plan.Steps {
		s := &plan.Steps[i]
		s.invalid, s.guardrails = p.refused(s)
		if s.Action == Delete {
			s.Changes = s.node.schema.inventory(s.have)
		}
	}
	return plan, nil
}

// refused finds what a step must not do.
func (p *planner) refused(s *Step) (invalid, guardrails []Finding) {
	if !s.writes() {
		return nil, nil
	}
	var found []Finding
	if s.Action == Delete || s.Action == Replace {
		found = s.node.kind.refuseDelete(p.scope, s.have)
	}
	if s.Action != Delete {
		invalid = p.unknowable(s)
		found = append(found, s.node.kind.refuse(p.scope, s.want)...)
	}
	for _, f := range found {
		f.Resource = s.Address
		if f.Guardrail == "" {
			invalid = append(invalid, f)
		} else {
			guardrails = append(guardrails, f)
		}
	}
	return invalid, guardrails
}

// sameObjects finds resources that stand for one AWS object, now that account, region and names are known.
func (p *planner) sameObjects(order []*Node) []Finding {
	byKind := map[string][]*Node{}
	for _, n := range order {
		if !stateHasToken(n, p.wants[n.address]) {
			byKind[n.kind.kindName()] = append(byKind[n.kind.kindName()], n)
		}
	}
	var out []Finding
	for _, name := range sortedKeys(byKind) {
		out = append(out, sameKey(byKind[name], func(n *Node) any { return p.wants[n.address] })...)
	}
	return out
}

// unknowable finds what a step needs and no run will ever know: ids of what is not made by it.
func (p *planner) unknowable(s *Step) []Finding {
	var out []Finding
	seen := map[reference]bool{}
	visit(reflect.ValueOf(s.want), func(text string) {
		for _, r := range references(text) {
			n := p.graph.byName[r.address]
			if seen[r] || n != nil && n.mode == Managed {
				continue
			}
			seen[r] = true
			if n == nil { // put together from what other tokens stood for
				out = append(out, Finding{Resource: s.Address, Message: fmt.Sprintf("holds a token of %q, which is nothing", r.String()), Fix: "don't put tokens into tokens"})
				continue
			}
			f := Finding{Resource: s.Address}
			switch {
			case p.options.leaveOut[n.kind.kindName()]:
				f.Message = fmt.Sprintf("refers to %s of %s, which is never known, since LeaveOut names the kind %s", r.field, r.address, n.kind.kindName())
				f.Fix = fmt.Sprintf("leave %s out as well, ignore this resource, or use a literal", s.Kind)
			case n.mode == Ignored:
				f.Message, f.Fix = fmt.Sprintf("refers to %s of %s, which is ignored, so that it is never known", r.field, r.address), "observe it, or use a literal"
			case p.steps[r.address].have != nil:
				f.Message, f.Fix = fmt.Sprintf("refers to %s of %s, which is only observed and has none", r.field, r.address), "use a literal"
			default:
				f.Message, f.Fix = fmt.Sprintf("refers to %s of %s, which is only observed and does not exist", r.field, r.address), "make it first, or let the baseline manage it"
			}
			out = append(out, f)
		}
	})
	return out
}

// pin holds back replacements of what something needs that must stay, and reports whether there are new ones.
func (p *planner) pin(order []*Node) (again bool) {
	for _, n := range order {
		s := p.steps[n.address]
		if s == nil || !s.stays() {
			continue
		}
		for _, to := range p.graph.edges(n) {
			if dep := p.steps[to.address]; dep != nil && dep.Action == Replace {
				p.pinned[to.address], again = n.address, true
			}
		}
	}
	return again
}

// resolve puts what is known in the place of tokens. steps is nil before anything was read.
func (p *planner) resolve(want any, steps map[Address]*Step) any {
	return resolveState(want, p.scope, func(r reference) (string, bool) {
		n := p.graph.byName[r.address]
		if steps == nil || steps[r.address] == nil {
			return knownInAdvance(n, p.wants[r.address], r.field)
		}
		s := steps[r.address]
		return known(n, s.have, s.want, s.Action, r.field)
	})
}

// known is the value of an attribute of a resource that was planned.
func known(n *Node, have, want any, action Action, field string) (string, bool) {
	f := n.schema.fields[n.schema.byName[field]]
	exists := have != nil && action != Replace // what is to be deleted is still there to be found by
	if exists && (f.output || f.key || f.immutable) {
		return n.schema.text(have, field)
	}
	return knownInAdvance(n, want, field)
}

// knownInAdvance is the value of an attribute that follows from the declaration.
func knownInAdvance(n *Node, want any, field string) (string, bool) {
	if want == nil {
		return "", false
	}
	v, ok := n.schema.text(want, field)
	if !ok || v == "" || HasToken(v) {
		return "", false
	}
	return v, true
}

func (p *planner) step(n *Node) *Step {
	if n.mode == Ignored {
		return nil
	}
	want := p.wants[n.address]
	if len(n.refs) > 0 {
		want = n.owned(n.kind.predict(p.scope, p.resolve(n.want, p.steps)), p.scope.Baseline)
	}
	s := &Step{Address: n.address, Kind: n.kind.kindName(), node: n, want: want, Exceptions: n.exceptions, Notes: append([]string(nil), n.notes...), Controls: n.kind.traits().controls, Declared: n.digest}
	for _, to := range append(p.graph.edges(n), p.parts[n]...) {
		s.DependsOn = append(s.DependsOn, to.address)
	}
	slices.Sort(s.DependsOn)
	s.DependsOn = slices.Compact(s.DependsOn)
	have, twins := p.found.kinds[n.kind.kindName()].match(n, want)
	s.readable = !stateHasToken(n, want)
	if !s.readable {
		have, twins = p.before(n)
	}
	s.have = have
	switch {
	case p.options.destroy:
		if s.have = s.own(s.have); gone(s.have) {
			s.have = nil
		}
		p.planDelete(s)
		if s.Action == Delete && twins > 1 {
			s.twins(p.found.kinds[s.Kind].claimants(n, want))
		}
	case n.mode == Observed:
		p.observe(s, twins)
	default:
		p.compareStep(s, twins)
	}
	p.hold(s)
	return s
}

// before finds what a node stands for while what its key refers to is not replaced yet.
func (p *planner) before(n *Node) (have any, twins int) {
	if p.replacedParent(n) == nil {
		return nil, 0
	}
	want := resolveState(p.wants[n.address], p.scope, func(r reference) (string, bool) {
		if s := p.steps[r.address]; s != nil && s.have != nil {
			return s.node.schema.text(s.have, r.field)
		}
		return "", false
	})
	if stateHasToken(n, want) {
		return nil, 0
	}
	return p.found.kinds[n.kind.kindName()].match(n, want)
}

// own is what is to be removed of what was seen: of a set that leaves foreign members alone, its own.
func (s *Step) own(have any) any {
	set, ok := have.(foreignSet)
	want, declared := s.want.(foreignSet)
	if !ok || !declared || want.foreign() == RemoveForeign {
		return have
	}
	return set.withoutForeign(s.want)
}

func (s *Step) twins(all []any) {
	e := &twinsError{s.node, all}
	s.Action, s.Reason = Conflict, fmt.Sprintf("%d objects are called %s%s; delete or rename all but one", len(all), s.node.schema.called(s.want), e.names())
	if tags := s.node.schema.tagsOf(s.have); tags[TagResource] == string(s.Address) {
		s.Reason = fmt.Sprintf("%d objects carry its ownership tags%s; delete all but one, or mend the tag %s of those that are others'", len(all), e.names(), TagResource)
	}
}

// observe compares with whatever is there, whoever's it is.
func (p *planner) observe(s *Step, twins int) {
	s.Changes = compareNode(s.node, s.want, s.have)
	s.Action, s.Reason = Drift, "observed only"
	switch {
	case twins > 1:
		s.Reason = fmt.Sprintf("observed only; %d objects are called %s", twins, s.node.schema.called(s.want))
	case s.have != nil && len(s.Changes) == 0:
		s.Action, s.Reason = None, ""
	}
	s.noteForeign()
}

// noteNamesakes tells of objects that are called as what is to be made, and are somebody else's: names without a key may be used
// twice, and a tag may have been edited by hand.
func (s *Step) noteNamesakes(x *sightings, baseline string) {
	for _, f := range x.namesakes(s.node, s.want) {
		switch o, who := s.node.ownershipOf(f, baseline); o {
		case another:
			s.Notes = append(s.Notes, fmt.Sprintf("another is called %s: %s, of baseline %q", s.node.schema.called(s.want), s.node.schema.identity(f), who))
		case renamed:
			s.Notes = append(s.Notes, fmt.Sprintf("another is called %s: %s, whose ownership tag says that it is %s", s.node.schema.called(s.want), s.node.schema.identity(f), who))
		}
	}
}

// noteShared tells of a change to what has no owner, so that whoever else declares it would change it back: a setting of the account.
func (s *Step) noteShared() {
	if _, set := s.want.(foreignSet); s.node.schema.tags < 0 && len(s.node.keyRefs) == 0 && !set {
		s.Notes = append(s.Notes, sharedSetting)
	}
}

const sharedSetting = "the account's, and nobody's: if another baseline declares it otherwise, the two undo each other's"

// noteForeign tells of a set's members that are reported and left.
func (s *Step) noteForeign() {
	set, ok := s.want.(foreignSet)
	if !ok || set.foreign() != ReportForeign || s.have == nil {
		return
	}
	for _, c := range s.node.schema.compare(s.want, s.have) {
		if !planned(c, s.Changes) {
			s.Notes = append(s.Notes, "not declared, and left: "+c.Before)
		}
	}
}

func (p *planner) compareStep(s *Step, twins int) {
	n := s.node
	if twins > 1 {
		s.twins(p.found.kinds[s.Kind].claimants(s.node, s.want))
		return
	}
	s.Changes = compareNode(n, s.want, s.have)
	s.noteForeign()
	parent := p.replacedParent(n)
	if s.have == nil {
		s.Action = Create
		s.noteNamesakes(p.found.kinds[s.Kind], p.scope.Baseline)
		return
	}
	switch owner, who := n.ownershipOf(s.have, p.scope.Baseline); {
	case owner == another:
		s.Action, s.Reason = Conflict, fmt.Sprintf("%s belongs to baseline %q; remove it there first", n.schema.called(s.have), who)
		return
	case owner == renamed && p.mayStandFor(Address(who)):
		s.Action, s.Reason = Conflict, fmt.Sprintf("%s belongs to %s of this baseline", n.schema.called(s.have), who)
		return
	case owner == renamed:
		s.Action, s.Reason = Modify, "was "+cmp.Or(who, "without the tag "+TagResource)
	case owner == nobodys && !n.adopt:
		s.Action, s.Reason = Conflict, fmt.Sprintf("%s exists and belongs to no baseline; adopt it with ztcore.Adopt, or choose another name", n.schema.called(s.have))
		return
	case owner == nobodys:
		s.Action = TakeOver
	case len(s.Changes) == 0:
		s.Action = None
	default:
		s.Action = Modify
		s.noteShared()
	}
	replaced := ""
	for _, c := range s.Changes {
		if c.replaces {
			replaced = c.Path + " can't be changed in place"
		}
	}
	if replaced == "" && parent != nil {
		if t := n.kind.traits(); t.partOf || !t.deletable || n.schema.tags < 0 { // a parent's Delete takes members and settings along
			s.have = nil
			s.Changes = compareNode(n, s.want, nil)
			s.Action, s.Reason = Create, "goes with "+string(parent.Address)+", which is replaced"
			return
		}
		replaced = "part of " + string(parent.Address) + ", which is replaced"
	}
	if held := p.replaced(n.holdRefs); replaced == "" && held != nil && s.changesHold() {
		replaced = "holds " + string(held.Address) + ", which is replaced"
	}
	if replaced != "" {
		p.replace(s, replaced)
	}
}

// mayStandFor reports that a declared resource may be found under a name that is not known yet. One whose name is known has let
// go of every other.
func (p *planner) mayStandFor(a Address) bool {
	n := p.graph.byName[a]
	return n != nil && n.mode != Ignored && stateHasToken(n, p.resolve(n.want, p.steps))
}

// replacedParent is the resource that a node's key refers to, if it is about to be replaced: the node goes with it or before it.
func (p *planner) replacedParent(n *Node) *Step { return p.replaced(n.keyRefs) }

// replaced is the first of what is referred to that is about to be replaced.
func (p *planner) replaced(refs []reference) *Step {
	for _, r := range refs {
		if s := p.steps[r.address]; s != nil && s.Action == Replace {
			return s
		}
	}
	return nil
}

// changesHold reports that a field changes that holds something now.
func (s *Step) changesHold() bool {
	v := reflect.ValueOf(s.have)
	for _, c := range s.Changes {
		if f := s.node.schema.fields[s.node.schema.byName[c.Field]]; f.holds && !v.Field(f.index).IsZero() {
			return true
		}
	}
	return false
}

// replace plans a replacement, or says why there can't be one.
func (p *planner) replace(s *Step, why string) {
	t := s.node.kind.traits()
	allow := "allow it with AllowDelete(" + fmt.Sprintf("%q", s.Address) + ")"
	switch holder := p.pinned[s.Address]; {
	case s.Action == TakeOver:
		s.Action, s.Reason = Conflict, why+", and what is adopted is not replaced; declare it as it is, or delete it by hand"
	case !t.deletable:
		s.Action, s.Reason = Conflict, why+", and it can't be deleted; declare it as it is"
	case holder != "":
		s.Action, s.Reason = Retain, why+", and "+string(holder)+" needs it and is retained"
	case t.holdsData && !p.options.allowDelete[s.Address]:
		s.Action, s.Reason = Retain, why+", and replacing it loses data; "+allow
	default:
		s.Action, s.Reason = Replace, why
	}
}

// compareNode is compare, less the members of a set that are to be left alone.
func compareNode(n *Node, want, have any) []Change {
	if set, ok := have.(foreignSet); ok {
		have, _ = set.withoutHeld(want)
		if want.(foreignSet).foreign() != RemoveForeign {
			have = have.(foreignSet).withoutForeign(want)
		}
	}
	return n.schema.compare(want, have)
}

func (p *planner) planDelete(s *Step) {
	t := s.node.kind.traits()
	owner, _ := ours, ""
	if s.have != nil {
		owner, _ = s.node.ownershipOf(s.have, p.scope.Baseline)
	}
	switch {
	case s.have == nil:
		s.Action = None
	case owner == nobodys || owner == another:
		s.Action, s.Reason = None, "not ours"
	case p.foreignParent(s.node) != "":
		s.Action, s.Reason = None, "part of "+string(p.foreignParent(s.node))+", which is not ours"
	case s.node.mode == Observed:
		s.Action, s.Reason = None, "observed only"
	case !t.deletable:
		s.Action, s.Reason = None, "has no state to return to"
	case t.holdsData && !p.options.allowDelete[s.Address]:
		s.Action, s.Reason = Retain, "holds data; allow it with AllowDelete("+fmt.Sprintf("%q", s.Address)+")"
	default:
		s.Action, s.Reason = Delete, "destroyed"
	}
}

// foreignParent is what a resource without tags of its own is part of, if that belongs to somebody else.
func (p *planner) foreignParent(n *Node) Address {
	for _, k := range n.keyRefs {
		parent := p.steps[k.address]
		if n.schema.tags >= 0 || parent == nil || parent.have == nil {
			continue
		}
		if owner, _ := parent.node.ownershipOf(parent.have, p.scope.Baseline); owner == nobodys || owner == another {
			return parent.Address
		}
	}
	return ""
}

// spare leaves alone what vanishes with a parent that is deleted, what protects one that is retained, and what something
// needs that stays.
func (p *planner) spare(order []*Node) {
	for p.retainParts(order) || p.options.destroy && p.retainNeeded(order) {
	}
	for _, n := range order {
		if s := p.steps[n.address]; s != nil && s.Action == Delete && n.kind.traits().partOf {
			for _, k := range n.keyRefs {
				if parent := p.steps[k.address]; parent != nil && parent.Action == Delete {
					s.Action, s.Reason = None, "goes with "+string(parent.Address)
				}
			}
		}
	}
}

// retainParts retains what is part of something retained, as a bucket's policy.
func (p *planner) retainParts(order []*Node) (changed bool) {
	for _, n := range order {
		s := p.steps[n.address]
		if s == nil || s.Action != Delete {
			continue
		}
		for _, k := range n.keyRefs {
			if parent := p.steps[k.address]; parent != nil && parent.Action == Retain {
				s.Action, s.Reason, changed = Retain, "part of "+string(parent.Address), true
			}
		}
	}
	return changed
}

// retainNeeded retains what something depends on that stays: the key of a bucket that holds data, the network of an instance
// that is only observed.
func (p *planner) retainNeeded(order []*Node) (changed bool) {
	for i := len(order) - 1; i >= 0; i-- {
		n := order[i]
		s := p.steps[n.address]
		stays := s == nil || s.stays() || n.mode == Observed && s.have != nil
		if !stays {
			continue
		}
		for _, to := range p.graph.edges(n) {
			if dep := p.steps[to.address]; dep != nil && dep.Action == Delete {
				dep.Action, dep.Reason, changed = Retain, "needed by "+string(n.address), true
			}
		}
	}
	return changed
}
