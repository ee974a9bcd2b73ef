package ztcore

import (
	"fmt"
	"strings"
)

var verbs = []struct {
	action     Action
	sign, verb string
}{
	{Create, "+", "create"}, {Modify, "~", "update"}, {Replace, "±", "replace"}, {Delete, "-", "delete"}, {TakeOver, "→", "adopt"},
	{Drift, "!", "drifted"}, {Retain, "=", "retain"}, {Held, "‖", "held"}, {Conflict, "✗", "conflict"}, {None, " ", "unchanged"},
}

func (a Action) known() bool {
	for _, v := range verbs {
		if v.action == a {
			return true
		}
	}
	return false
}

// String is the plan for people: what matters first, then every step with its changes, then what is unchanged as a count.
func (p Plan) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Baseline %q in account %s, region %s\n", p.Baseline, p.Account, p.Region)
	counts := map[Action]int{}
	for _, s := range p.Steps {
		counts[s.Action]++
	}
	var parts []string
	for _, v := range verbs {
		if counts[v.action] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[v.action], v.verb))
		}
	}
	fmt.Fprintf(&b, "%s\n", strings.Join(parts, ", "))
	first, more := p.head()
	for _, line := range first {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	if p.Empty() && len(p.Drift()) == 0 {
		b.WriteString("Nothing to do.\n")
	} else {
		p.renderSteps(&b)
	}
	if len(more) > 0 {
		fmt.Fprintf(&b, "\n  %s\n", strings.Join(more, "\n  "))
	}
	return b.String()
}

func (p *Plan) renderSteps(b *strings.Builder) {
	for _, v := range verbs[:len(verbs)-1] {
		for _, s := range p.Steps {
			if s.Action == v.action {
				p.renderStep(b, v.sign, s)
			}
		}
	}
}

// headLines is how many lines at most stand before the steps in full: what a reviewer must not miss is among them.
const headLines = 20

// head names what can't be undone or stands in the way, the gravest first; more is what there is no room for.
func (p *Plan) head() (first, more []string) {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	steps := func(action Action) {
		for _, s := range p.Steps {
			if s.Action == action {
				add("%s", s)
			}
		}
	}
	findings := func(waived bool) {
		for _, f := range p.Findings {
			if waived == (f.Waived != nil) {
				add("finding: %s", f)
			}
		}
	}
	steps(Conflict)
	findings(false)
	steps(Delete)
	steps(Replace)
	findings(true)
	steps(Retain)
	steps(Held)
	for _, a := range p.LeftOut {
		add("left out, since the endpoint does not offer it: %s", a)
	}
	room := headLines - 3 // less the two lines above, and the one that tells of more
	if len(lines) <= room+1 {
		return lines, nil
	}
	first = append(first, lines[:room]...)
	return append(first, fmt.Sprintf("… and %d more of these at the end", len(lines)-room)), lines[room:]
}

func (p *Plan) renderStep(b *strings.Builder, sign string, s Step) {
	fmt.Fprintf(b, "\n%s %s", sign, s.Address)
	if s.Reason != "" {
		fmt.Fprintf(b, "  (%s)", s.Reason)
	}
	b.WriteByte('\n')
	for _, e := range s.Exceptions {
		fmt.Fprintf(b, "    exception, %s: %s\n", e.Attribute, e.Reason)
	}
	for _, n := range s.Notes {
		fmt.Fprintf(b, "    note: %s\n", n)
	}
	for _, c := range s.Changes {
		if s.Action == Create && (strings.HasSuffix(c.Path, "["+TagBaseline+"]") || strings.HasSuffix(c.Path, "["+TagResource+"]")) {
			continue // what is created is ours; the JSON form has the tags
		}
		fmt.Fprintf(b, "    %s\n", c)
	}
}

func (s Step) String() string {
	out := fmt.Sprintf("%s %s", s.Action, s.Address)
	if s.Reason != "" {
		out += ": " + s.Reason
	}
	return out
}

// GoString is String: see Plan.GoString.
func (s Step) GoString() string { return s.String() }
