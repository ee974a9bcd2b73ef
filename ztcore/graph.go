package ztcore

import (
	"fmt"
	"reflect"
	"slices"
	"sort"
	"strings"
)

// Graph is what a baseline declares, for checks that look beyond one resource.
type Graph struct {
	nodes  []*Node
	byName map[Address]*Node
}

// Lookup returns what the token refers to, as the state of its kind; false if token is a literal or of another kind.
func Lookup[S any](g *Graph, token string) (Declared[S], bool) {
	for _, r := range references(token) {
		if n, ok := g.byName[r.address]; ok {
			if s, ok := n.want.(S); ok {
				return Declared[S]{n.address, s}, true
			}
		}
	}
	return Declared[S]{}, false
}

// check finds everything that can be found before the first call.
func (d *Declaration) check() (*Graph, []Finding) {
	g := &Graph{nodes: d.nodes, byName: d.byName}
	findings := append([]Finding(nil), d.findings...)
	byKind := map[string][]*Node{}
	for _, n := range d.nodes {
		byKind[n.kind.kindName()] = append(byKind[n.kind.kindName()], n)
		for _, f := range n.kind.check(n.want) {
			f.Resource = n.address
			findings = append(findings, f)
		}
		for _, e := range n.exceptions {
			if strings.TrimSpace(e.Reason) == "" {
				findings = append(findings, Finding{Resource: n.address, Attribute: e.Attribute, Message: "departs from the safe form without a reason", Fix: "say why in the field that allows it"})
			}
		}
		findings = append(findings, g.dangling(n)...)
		if n.schema.tags >= 0 {
			findings = append(findings, checkTags(n)...)
		}
	}
	for _, name := range sortedKeys(byKind) {
		nodes := byKind[name]
		findings = append(findings, nodes[0].kind.checkAll(g, nodes)...)
		findings = append(findings, sameKey(nodes, func(n *Node) any { return n.want })...)
	}
	if cycle := g.cycle(); cycle != "" {
		findings = append(findings, Finding{Message: "resources refer to each other in a cycle: " + cycle, Fix: "let one of them refer to a literal, or declare identity and members apart"})
	}
	return g, findings
}

// dangling finds references to what is not declared.
func (g *Graph) dangling(n *Node) []Finding {
	var out []Finding
	seen := map[reference]bool{}
	for _, r := range n.refs {
		if seen[r] {
			continue
		}
		seen[r] = true
		to, ok := g.byName[r.address]
		switch {
		case r.field == "":
			out = append(out, Finding{Resource: n.address, Message: fmt.Sprintf("holds a token of %q, which is nothing", string(r.address)), Fix: "use what resources' methods return, or AccountID, Region and Partition"})
		case !ok:
			out = append(out, Finding{Resource: n.address, Message: fmt.Sprintf("refers to %s, which is not declared", r.address), Fix: "add it to the baseline, or use a literal id"})
		case !to.schema.has(r.field):
			out = append(out, Finding{Resource: n.address, Message: fmt.Sprintf("refers to %s of %s, which has no such attribute", r.field, r.address)})
		default:
			switch f := to.schema.fields[to.schema.byName[r.field]]; {
			case f.secret:
				out = append(out, Finding{Resource: n.address, Message: fmt.Sprintf("refers to %s of %s, which is a secret", r.field, r.address), Fix: "refer to where the secret is kept"})
			case to.schema.typ.Field(f.index).Type.Kind() != reflect.String:
				out = append(out, Finding{Resource: n.address, Message: fmt.Sprintf("refers to %s of %s, which is no text", r.field, r.address)})
			}
		}
	}
	return out
}

// sameKey finds two resources that stand for one AWS object.
func sameKey(nodes []*Node, want func(*Node) any) []Finding {
	var out []Finding
	seen := map[string]Address{}
	for _, n := range nodes {
		key := n.schema.key(want(n))
		if key == "" {
			continue
		}
		if first, ok := seen[key]; ok {
			out = append(out, Finding{Resource: n.address, Message: fmt.Sprintf("is the same AWS object as %s", first), Fix: "declare it once"})
		}
		seen[key] = n.address
	}
	return out
}

// checkTags refuses keys that are AWS's or the engine's own, and those that differ from another in case only.
// https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
func checkTags(n *Node) []Finding {
	var out []Finding
	seen := map[string]string{}
	tags := n.schema.tagsOf(n.want)
	for _, k := range sortedKeys(tags) {
		lower := strings.ToLower(k)
		attr := "Tags[" + k + "]"
		switch {
		case strings.HasPrefix(lower, "aws:"):
			out = append(out, Finding{Resource: n.address, Attribute: attr, Message: "the prefix aws: is reserved by AWS", Fix: "use another key"})
		case strings.HasPrefix(lower, "zerotrust:"):
			out = append(out, Finding{Resource: n.address, Attribute: attr, Message: "the prefix zerotrust: marks ownership", Fix: "use another key"})
		case len(k) == 0 || len([]rune(k)) > 128 || len([]rune(tags[k])) > 256:
			out = append(out, Finding{Resource: n.address, Attribute: attr, Message: "keys have 1–128 characters, values at most 256", Fix: "shorten it"})
		case seen[lower] != "":
			out = append(out, Finding{Resource: n.address, Attribute: attr, Message: fmt.Sprintf("differs from %q in case only", seen[lower]), Fix: "use one of the two"})
		}
		seen[lower] = k
	}
	return out
}

// edges lists what a node depends on, each once, in a stable order.
func (g *Graph) edges(n *Node) []*Node {
	var out []*Node
	seen := map[Address]bool{n.address: true}
	for _, r := range n.refs {
		if to, ok := g.byName[r.address]; ok && !seen[r.address] {
			seen[r.address] = true
			out = append(out, to)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].address < out[j].address })
	return out
}

// isPart reports that a node is a part of what its key refers to, as a group's rules, a bucket's policy or a role's attachments are.
func (n *Node) isPart() bool { return len(n.keyRefs) > 0 && n.schema.tags < 0 }

// partsOf lists for each node the parts of what it refers to, but for those that depend on it themselves: it comes after them, so that
// no instance starts while its group still lets everything out, and no trail delivers to a bucket without its policy.
func (g *Graph) partsOf() map[*Node][]*Node {
	parts, edges := map[Address][]*Node{}, make(map[*Node][]*Node, len(g.nodes))
	for _, n := range g.nodes {
		edges[n] = g.edges(n) // once: the search below comes by again and again
		if n.isPart() {
			for _, r := range n.keyRefs {
				parts[r.address] = append(parts[r.address], n)
			}
		}
	}
	out := map[*Node][]*Node{}
	var reaches func(from, to *Node, seen map[*Node]bool) bool
	reaches = func(from, to *Node, seen map[*Node]bool) bool {
		if from == to {
			return true
		}
		if seen[from] {
			return false
		}
		seen[from] = true
		for _, next := range slices.Concat(edges[from], out[from]) {
			if reaches(next, to, seen) {
				return true
			}
		}
		return false
	}
	for _, n := range g.nodes {
		if n.isPart() {
			continue
		}
		for _, to := range edges[n] {
			for _, part := range parts[to.address] {
				if !slices.Contains(out[n], part) && !reaches(part, n, map[*Node]bool{}) {
					out[n] = append(out[n], part)
				}
			}
		}
	}
	return out
}

// cycle returns the path of one cycle, or "".
func (g *Graph) cycle() string {
	_, cycle := g.order()
	return cycle
}

// order sorts nodes so that each comes after what it depends on.
func (g *Graph) order() (sorted []*Node, cycle string) {
	const (
		visiting = 1
		done     = 2
	)
	state := map[*Node]int{}
	var path []string
	var walk func(n *Node) bool
	walk = func(n *Node) bool {
		switch state[n] {
		case done:
			return true
		case visiting:
			path = append(path, string(n.address))
			for path[0] != string(n.address) {
				path = path[1:]
			}
			cycle = strings.Join(path, " → ")
			return false
		}
		state[n] = visiting
		path = append(path, string(n.address))
		for _, to := range g.edges(n) {
			if !walk(to) {
				return false
			}
		}
		for _, r := range n.refs {
			if r.address == n.address {
				cycle = string(n.address + " → " + n.address)
				return false
			}
		}
		path = path[:len(path)-1]
		state[n] = done
		sorted = append(sorted, n)
		return true
	}
	for _, n := range g.nodes {
		if !walk(n) {
			return nil, cycle
		}
	}
	return sorted, ""
}
