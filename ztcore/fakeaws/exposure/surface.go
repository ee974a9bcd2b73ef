package exposure

import (
	"fmt"
	"maps"
	"slices"
)

// surface is one thing that lets in or lets do.
type surface interface {
	// text is equal for equal contents.
	text() string
	// probe adds what is worth asking, given this content.
	probe(into map[string]bool)
	// allows answers: 0 no, 1 it depends on conditions, 2 yes.
	allows(probe string) int
}

// surfaces are those of a world, by a name that an object keeps when it is replaced.
type surfaces map[string]part

// part is a surface with the id of what it belongs to, which is another once that is replaced.
type part struct {
	surface
	id string
}

// Violation is a moment at which more was open, or less, than before and after.
type Violation struct {
	Call    string // the call after which it was so
	Surface string // as "security group network.SecurityGroup/web"
	Probe   string // as "ingress tcp 22 from 198.51.100.0"
	Before  string // no, conditionally, yes
	Now     string
	Wanted  string
	More    int // how many other probes of the surface were answered alike
}

func (v Violation) String() string {
	what := "is more open than before and after"
	if rank(v.Now) < rank(v.Before) {
		what = "is cut off, though it is allowed before and after"
	}
	return fmt.Sprintf("after %s: %s: %s %s (before: %s, now: %s, after: %s; %d more like it)", v.Call, v.Surface, v.Probe, what, v.Before, v.Now, v.Wanted, v.More)
}

var answers = []string{"no", "conditionally", "yes"}

func rank(answer string) int {
	for i, a := range answers {
		if a == answer {
			return i
		}
	}
	return -1
}

// between lists where now is outside of before and wanted.
func between(call string, before, wanted, now surfaces) []Violation {
	var out []Violation
	for name := range union(before, wanted, now) {
		b, w, n := before[name].surface, wanted[name].surface, now[name].surface
		if same(n, b) || same(n, w) {
			continue
		}
		if b == nil || n != nil && now[name].id != before[name].id { // it is new
			if use, ok := n.(interface{ unused() bool }); ok && use.unused() {
				continue
			}
			b, n, w = untrusted(b), untrusted(n), untrusted(w)
		}
		if p, ok := n.(permits); ok && w == nil && p.empty {
			continue // a unit that goes
		}
		replaced := before[name].id != wanted[name].id
		if r, ok := n.(routes); ok && (now[name].id != before[name].id || now[name].id != wanted[name].id) {
			n = r.beyond()
		}
		probes := map[string]bool{}
		for _, s := range together(b, w, n) {
			s.probe(probes)
		}
		found := map[[3]int]*Violation{}
		for _, p := range slices.Sorted(maps.Keys(probes)) {
			was, is, shall := ask(b, p), ask(n, p), ask(w, p)
			if (replaced || is >= min(was, shall)) && is <= max(was, shall) {
				continue
			}
			if v := found[[3]int{was, is, shall}]; v != nil {
				v.More++
				continue
			}
			found[[3]int{was, is, shall}] = &Violation{Call: call, Surface: name, Probe: p, Before: answers[was], Now: answers[is], Wanted: answers[shall]}
		}
		for _, v := range found {
			out = append(out, *v)
		}
	}
	return out
}

// together makes one of the lists of rules, and of routes: what differs may lie between the ends of a port range of one and of a block
// of another.
func together(all ...surface) []surface {
	var out []surface
	rules, table := firewall{}, routes{}
	for _, s := range all {
		switch s := s.(type) {
		case nil:
		case firewall:
			rules.rules = append(rules.rules, s.rules...)
		case routes:
			table = append(table, s...)
		default:
			out = append(out, s)
		}
	}
	return append(out, rules, table)
}

// untrusted is a new resource's surface for whom identity policies give nothing.
func untrusted(s surface) surface {
	if p, ok := s.(permits); ok && len(p.resource) > 0 {
		p.fresh = true
		return p
	}
	return s
}

func union(all ...surfaces) map[string]bool {
	out := map[string]bool{}
	for _, s := range all {
		for name := range s {
			out[name] = true
		}
	}
	return out
}

func same(a, b surface) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return a.text() == b.text()
}

func ask(s surface, probe string) int {
	if s == nil {
		return 0
	}
	return s.allows(probe)
}
