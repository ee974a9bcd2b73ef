package ztcore

import (
	"slices"
	"strings"
)

// sightings are the objects of one kind that were read, in the ways they are looked up.
type sightings struct {
	schema   *schema
	baseline string
	all      []any
	byKey    map[string][]any
	byOwner  map[Address][]any // tagged as this baseline's, by the address that the tag gives
	byLabel  map[string][]any
	byID     map[string]any
}

func sight(s *schema, found []any, baseline string) *sightings {
	x := &sightings{schema: s, baseline: baseline}
	switch {
	case s.keys > 0:
		x.byKey = make(map[string][]any, len(found))
		for _, f := range found {
			key := s.key(f)
			if slices.ContainsFunc(x.byKey[key], func(seen any) bool { return s.unique() || s.given(seen) == s.given(f) }) {
				continue // it was read twice
			}
			if x.byKey[key] = append(x.byKey[key], f); len(x.byKey[key]) == 1 {
				x.all = append(x.all, f)
			}
		}
	case s.tags < 0: // there is only one of it
		x.all = found
	default:
		x.all, x.byOwner, x.byLabel, x.byID = found, map[Address][]any{}, map[string][]any{}, map[string]any{}
		for _, f := range found {
			tags := s.tagsOf(f)
			if tags[TagBaseline] == baseline {
				x.byOwner[Address(tags[TagResource])] = append(x.byOwner[Address(tags[TagResource])], f)
			}
			x.byLabel[s.label(f)] = append(x.byLabel[s.label(f)], f)
			x.byID[s.identity(f)] = f
		}
	}
	return x
}

// match finds the object that a node stands for, and how many claim to be it.
func (x *sightings) match(n *Node, want any) (have any, twins int) {
	all := x.claimants(n, want)
	if len(all) == 0 {
		return nil, 0
	}
	return all[0], len(all)
}

// claimants are the objects that claim to be what a node stands for: one, none, or twins that runs at the same time, an interrupted
// run, or a person who copied tags have made.
func (x *sightings) claimants(n *Node, want any) []any {
	switch {
	case n.schema.keys > 0:
		return x.byKey[n.schema.key(want)]
	case n.schema.tags < 0:
		return x.all
	case n.orphan != "":
		if have, ok := x.byID[n.orphan]; ok {
			return []any{have}
		}
		return nil
	}
	if own := x.byOwner[n.address]; len(own) > 0 {
		return own
	}
	var called []any
	for _, f := range x.namesakes(n, want) {
		if o, who := n.ownershipOf(f, x.baseline); o == nobodys || o == renamed && !n.declaredBeside(Address(who)) || n.mode == Observed {
			called = append(called, f)
		}
	}
	return called
}

// namesakes are the objects of a kind without keys that are called as a node is, whoever's they are.
func (x *sightings) namesakes(n *Node, want any) []any {
	label := n.schema.label(want)
	if x.byLabel == nil || strings.Trim(label, keySeparator) == "" {
		return nil
	}
	return x.byLabel[label]
}

// declaredBeside reports that an ownership tag names another resource of the kind. One that names nothing was edited by hand, or is of a
// resource that has another address now.
func (n *Node) declaredBeside(a Address) bool {
	other := n.siblings[a]
	return other != nil && other.kind.kindName() == n.kind.kindName()
}

// orphans are the objects that carry the baseline's tag and that no declared resource stands for. An object under the
// name of a declared resource is none, whatever its tag says: the resource was renamed.
func (x *sightings) orphans(k AnyKind, g *Graph, wanted func(*Node) any) []orphan {
	claimed := map[string]bool{} // by identity
	for _, n := range g.nodes {
		if n.kind.kindName() != k.kindName() {
			continue
		}
		if x.schema.keys > 0 {
			claimed[x.schema.key(wanted(n))] = true
		} else if have, _ := x.match(n, wanted(n)); have != nil {
			claimed[x.schema.identity(have)] = true
		}
	}
	var out []orphan
	taken := map[Address]bool{}
	for _, f := range x.all {
		tags := x.schema.tagsOf(f)
		address := Address(tags[TagResource])
		if tags[TagBaseline] != x.baseline || claimed[x.schema.identity(f)] {
			continue
		}
		if n := g.byName[address]; n != nil {
			if x.schema.keys == 0 || n.mode == Ignored || stateHasToken(n, wanted(n)) {
				continue // it is what the node stands for, or may be
			}
			address = addressOf(k.kindName(), x.schema.called(f)) // the node's natural name is another now
		}
		if address.Kind() != k.kindName() {
			address = addressOf(k.kindName(), x.schema.called(f)) // the tag was edited by hand
		}
		if g.byName[address] != nil || taken[address] {
			address = addressOf(k.kindName(), x.schema.called(f)+" ("+strings.ReplaceAll(x.schema.identity(f), keySeparator, ", ")+")")
		}
		taken[address] = true
		out = append(out, orphan{&Node{address: address, kind: k, schema: x.schema, want: f, orphan: x.schema.identity(f)}, f})
	}
	return out
}
