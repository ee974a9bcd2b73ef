package ztcore

import (
	"reflect"
	"strings"
)

// What an open case of incident response holds is left alone by every baseline until the case is closed, so that nothing
// "repairs" a contained instance's groups or its role's policies.
const (
	TagCase       = "zerotrust:case"        // on an object: the case that holds it
	TagCaseOwner  = "zerotrust:case-owner"  // and who answers for the case
	TagCaseReview = "zerotrust:case-review" // and when they look at it again
	CasePrefix    = "zerotrust-case-"       // begins the name of a set's member that a case has put there, as a role's inline policy
)

// hold keeps a step from writing to what a case holds.
func (p *planner) hold(s *Step) {
	if by := p.heldBy(s.node, s.have); by[TagCase] != "" && s.writes() {
		s.Action, s.Reason = Held, "held by case "+by[TagCase]
		for _, more := range []struct{ before, key string }{{" of ", TagCaseOwner}, {", to be reviewed by ", TagCaseReview}} {
			if by[more.key] != "" {
				s.Reason += more.before + by[more.key]
			}
		}
	}
	if set, ok := s.have.(foreignSet); ok {
		if _, names := set.withoutHeld(s.want); len(names) > 0 {
			s.Notes = append(s.Notes, "put there by a case, and left: "+strings.Join(names, ", "))
		}
	}
}

// heldBy are the tags of an object that a case holds or, where it has none of its own, of what it is part of.
func (p *planner) heldBy(n *Node, have any) map[string]string {
	if have != nil && n.schema.tags >= 0 {
		return n.schema.tagsOf(have)
	}
	for _, k := range n.keyRefs {
		if parent := p.steps[k.address]; n.schema.tags < 0 && parent != nil && parent.have != nil {
			if by := p.heldBy(parent.node, parent.have); by[TagCase] != "" {
				return by
			}
		}
	}
	return nil
}

// stays reports that what a step found is there afterwards as well, whatever is declared.
func (s *Step) stays() bool { return s.Action == Retain || s.Action == Held }

// withoutHeld is the set as seen, less what cases have put there and want does not have, and the names of those.
func (s Set[M]) withoutHeld(want any) (kept any, held []string) {
	out := Set[M]{Parent: s.Parent, Members: []M{}, Foreign: s.Foreign}
	w, _ := want.(Set[M])
	for _, m := range s.Members {
		if name := nameByCase(m); name != "" && !w.has(m) {
			held = append(held, name)
			continue
		}
		out.Members = append(out.Members, m)
	}
	return out, held
}

// nameByCase is the text in a set's member that is a name which a case has given, or "".
func nameByCase(member any) (name string) {
	visit(reflect.ValueOf(member), func(text string) {
		if strings.HasPrefix(text, CasePrefix) {
			name = text
		}
	})
	return name
}
