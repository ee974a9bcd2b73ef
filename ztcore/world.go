package ztcore

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// world is what a round of reads has found.
type world struct {
	kinds   map[string]*sightings
	orphans []orphan
}

type orphan struct {
	node *Node
	have any
}

// batch is one read: all resources of a kind. Where some of a kind are found by the ids of others of it, as units of
// an organization are, those of each depth are a batch of their own.
type batch struct {
	kind   AnyKind
	schema *schema
	nodes  []*Node
	owned  bool
	after  map[*batch]bool // what the keys of these resources refer to

	done   chan struct{} // closes before anyone else reads what follows
	wants  map[Address]any
	found  *sightings
	failed bool
}

// readWorld reads all kinds side by side. A batch whose resources are found by other resources' ids waits for those.
func readWorld(ctx context.Context, sc *Scope, g *Graph, wants map[Address]any, o planOptions) (*world, error) {
	batches, of, err := batchesOf(g, o)
	if err != nil {
		return nil, err
	}
	errs := make([]error, len(batches))
	_ = Each(ctx, len(batches), func(ctx context.Context, i int) error {
		b := batches[i]
		defer close(b.done)
		for dep := range b.after {
			select {
			case <-dep.done:
			case <-ctx.Done():
				errs[i], b.failed = ctx.Err(), true
				return nil
			}
			if dep.failed {
				b.failed = true // reported where it happened
				return nil
			}
		}
		errs[i] = b.read(ctx, sc, g, of, wants)
		b.failed = errs[i] != nil
		return nil
	})
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	w := &world{kinds: map[string]*sightings{}}
	resolved := map[Address]any{}
	byKind := map[string][]*batch{}
	for _, b := range batches {
		byKind[b.kind.kindName()] = append(byKind[b.kind.kindName()], b)
		for a, want := range b.wants {
			resolved[a] = want
		}
	}
	for _, name := range sortedKeys(byKind) {
		parts := byKind[name]
		found := parts[0].found
		if len(parts) > 1 {
			var all []any
			for _, b := range parts {
				all = append(all, b.found.all...)
			}
			found = sight(parts[0].schema, all, sc.Baseline)
		}
		w.kinds[name] = found
		if parts[0].owned && parts[0].schema.tags >= 0 {
			w.orphans = append(w.orphans, found.orphans(parts[0].kind, g, func(n *Node) any {
				if want, ok := resolved[n.address]; ok {
					return want
				}
				return wants[n.address]
			})...)
		}
	}
	return w, nil
}

// batchesOf lays out the reads. Nodes don't wait for each other in a circle, but their kinds may: those are split by depth.
func batchesOf(g *Graph, o planOptions) ([]*batch, map[Address]*batch, error) {
	waits := map[string]map[string]bool{} // kinds whose keys refer to kinds
	for _, n := range g.nodes {
		for _, r := range n.keyRefs {
			if waits[n.kind.kindName()] == nil {
				waits[n.kind.kindName()] = map[string]bool{}
			}
			waits[n.kind.kindName()][r.address.Kind()] = true
		}
	}
	depths := map[*Node]int{}
	var depth func(n *Node) int
	depth = func(n *Node) int {
		d, ok := depths[n]
		if ok {
			return d
		}
		for _, r := range n.keyRefs {
			d = max(d, 1+depth(g.byName[r.address]))
		}
		depths[n] = d
		return d
	}
	type id struct {
		kind  string
		depth int
	}
	byID, of := map[id]*batch{}, map[Address]*batch{}
	var all []*batch
	add := func(k AnyKind, depth int) (*batch, error) {
		at := id{k.kindName(), depth}
		if byID[at] == nil {
			s, err := k.schema()
			if err != nil {
				return nil, fmt.Errorf("ztcore: kind %s: %w", k.kindName(), err)
			}
			byID[at] = &batch{kind: k, schema: s, owned: o.prune || o.destroy, after: map[*batch]bool{}, done: make(chan struct{}), wants: map[Address]any{}}
			all = append(all, byID[at])
		}
		return byID[at], nil
	}
	nested := map[string]bool{}
	for k := range waits {
		nested[k] = reaches(waits, k, k, map[string]bool{})
	}
	for _, n := range g.nodes {
		if n.mode == Ignored {
			continue
		}
		d := 0
		if nested[n.kind.kindName()] {
			d = depth(n)
		}
		b, err := add(n.kind, d)
		if err != nil {
			return nil, nil, err
		}
		b.nodes, of[n.address] = append(b.nodes, n), b
	}
	for _, k := range o.kinds {
		if !o.leaveOut[k.kindName()] && !slices.ContainsFunc(all, func(b *batch) bool { return b.kind.kindName() == k.kindName() }) {
			if _, err := add(k, 0); err != nil {
				return nil, nil, err
			}
		}
	}
	for _, b := range all {
		for _, n := range b.nodes {
			for _, r := range n.keyRefs {
				if to := of[r.address]; to != nil {
					b.after[to] = true
				}
			}
		}
	}
	return all, of, nil
}

func reaches(edges map[string]map[string]bool, from, to string, seen map[string]bool) bool {
	for next := range edges[from] {
		if next == to {
			return true
		}
		if !seen[next] {
			seen[next] = true
			if reaches(edges, next, to, seen) {
				return true
			}
		}
	}
	return false
}

// read finds a batch's resources, with what the batches before it have found in the place of tokens.
func (b *batch) read(ctx context.Context, sc *Scope, g *Graph, of map[Address]*batch, wants map[Address]any) error {
	var query []any
	for _, n := range b.nodes {
		want := wants[n.address]
		if len(n.keyRefs) > 0 {
			want = resolveState(want, sc, func(r reference) (string, bool) {
				to := g.byName[r.address]
				if from := of[r.address]; b.after[from] {
					if have, twins := from.found.match(to, from.wants[r.address]); twins == 1 {
						if v, ok := to.schema.text(have, r.field); ok {
							return v, true
						}
					}
				}
				return knownInAdvance(to, wants[r.address], r.field)
			})
		}
		b.wants[n.address] = want
		if !stateHasToken(n, want) {
			query = append(query, want)
		}
	}
	var found []any
	if len(query) > 0 || b.owned {
		var err error
		if found, err = b.kind.read(ctx, sc, query, b.owned); err != nil {
			return &ReadError{b.kind.kindName(), explain(err)}
		}
	}
	b.found = sight(b.schema, found, sc.Baseline)
	return nil
}

// stateHasToken reports whether the key of a resource is not known yet, so that it can't exist.
func stateHasToken(n *Node, want any) bool {
	unknown := false
	for _, f := range n.schema.fields {
		if f.key {
			visit(reflect.ValueOf(want).Field(f.index), func(s string) { unknown = unknown || HasToken(s) })
		}
	}
	return unknown
}

// resolveState is a copy of a state with tokens replaced by what value knows of them.
func resolveState(state any, sc *Scope, value func(reference) (string, bool)) any {
	return rewrite(reflect.ValueOf(state), func(s string) string {
		return resolveString(s, func(tok string) (string, bool) {
			switch tok {
			case AccountID:
				return sc.Account, true
			case Region:
				return sc.Region, true
			case Partition:
				return sc.Partition, true
			}
			refs := references(tok)
			if len(refs) != 1 {
				return "", false
			}
			return value(refs[0])
		})
	}).Interface()
}
