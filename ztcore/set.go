package ztcore

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Set is the state of an authoritative set: all the members of one parent, such as the rules of a security
// group. What is not declared is removed, unless Foreign says otherwise.
type Set[M any] struct {
	Parent  string  `zt:"key"`
	Members []M     `zt:"set"`
	Foreign Foreign `zt:"-"`
}

// Foreign says what becomes of members that are not declared.
type Foreign int

const (
	RemoveForeign Foreign = iota // remove them, the default
	ReportForeign                // show them in every plan, and leave them
	LeaveForeign                 // pass over them
)

// SetKind describes an authoritative set; Kind makes a kind of it.
type SetKind[M any] struct {
	Name string
	// ID tells members apart. Two members of equal ID and other content are one member that changed.
	ID func(M) string
	// List returns the members of each of the parents that exist; an existing parent without members has an empty entry.
	List func(ctx context.Context, sc *Scope, parents []string) (map[string][]M, error)
	// Add adds members, or changes those that exist under the same ID.
	Add func(ctx context.Context, sc *Scope, parent string, members []M) error
	// Remove removes members; that they are gone already is no error.
	Remove func(ctx context.Context, sc *Scope, parent string, members []M) error
	// Full recognizes the error of Add that says that the parent holds as many members as it can: only then
	// are members removed before the new ones are added, and the report says so.
	Full func(error) bool

	Check    func(want Set[M]) []Finding
	CheckAll func(g *Graph, all []Declared[Set[M]]) []Finding
	Refuse   func(sc *Scope, want Set[M]) []Finding
	Retry    []Retry
	Domain   func(want Set[M]) string
	// Vanishes marks members that go with their parent and need no removal of their own.
	Vanishes    bool
	Controls    []string
	Permissions *Permissions
}

// Kind makes the kind. It grants before it revokes, or where the parent is full the other way round; either way at no time
// less is in force than before and after have in common.
func (s SetKind[M]) Kind() *Kind[Set[M]] {
	return &Kind[Set[M]]{
		Name: s.Name,
		Read: func(ctx context.Context, sc *Scope, q Query[Set[M]]) ([]Set[M], error) {
			var parents []string
			for _, w := range q.Want {
				parents = append(parents, w.Parent)
			}
			if len(parents) == 0 {
				return nil, nil
			}
			found, err := s.List(ctx, sc, parents)
			var out []Set[M]
			for _, p := range parents {
				if members, ok := found[p]; ok {
					out = append(out, Set[M]{Parent: p, Members: append([]M{}, members...)})
				}
			}
			return out, err
		},
		Create: func(ctx context.Context, sc *Scope, want Set[M]) error {
			if len(want.Members) == 0 {
				return nil
			}
			return s.Add(ctx, sc, want.Parent, want.Members)
		},
		Update: func(ctx context.Context, sc *Scope, u Update[Set[M]]) error {
			return s.update(ctx, sc, u.Have, u.Want)
		},
		Delete: func(ctx context.Context, sc *Scope, have Set[M]) error {
			kept, _ := have.withoutHeld(nil)
			if members := kept.(Set[M]).Members; len(members) > 0 {
				return s.Remove(ctx, sc, have.Parent, members)
			}
			return nil
		},
		Check: s.checkIDs, CheckAll: s.CheckAll, Refuse: s.Refuse,
		Retry: s.Retry, Domain: s.Domain, PartOf: s.Vanishes, Controls: s.Controls, Permissions: s.Permissions,
	}
}

func (s SetKind[M]) update(ctx context.Context, sc *Scope, have, want Set[M]) error {
	unheld, _ := have.withoutHeld(want)
	have = unheld.(Set[M])
	before := map[string]M{}
	for _, m := range have.Members {
		before[s.ID(m)] = m
	}
	var add, gone []M
	for _, m := range want.Members {
		old, ok := before[s.ID(m)]
		if !ok || !sameValue(m, old) {
			add = append(add, m)
		}
		delete(before, s.ID(m))
	}
	if want.Foreign == RemoveForeign {
		for _, id := range sortedKeys(before) {
			gone = append(gone, before[id])
		}
	}
	if len(add) > 0 {
		err := s.Add(ctx, sc, want.Parent, add)
		if err != nil && s.Full != nil && s.Full(err) && len(gone) > 0 {
			if rerr := s.Remove(ctx, sc, want.Parent, gone); rerr != nil {
				return errors.Join(err, rerr)
			}
			Remark(ctx, fmt.Sprintf("%s was full, so what is not declared (%d) was removed before what is new (%d) was added", want.Parent, len(gone), len(add)))
			gone = nil
			err = s.Add(ctx, sc, want.Parent, add)
		}
		if err != nil {
			return err
		}
	}
	if len(gone) > 0 {
		return s.Remove(ctx, sc, want.Parent, gone)
	}
	return nil
}

func (s SetKind[M]) checkIDs(want Set[M]) []Finding {
	var out []Finding
	seen := map[string]bool{}
	for _, m := range want.Members {
		id := s.ID(m)
		if seen[id] {
			out = append(out, Finding{Attribute: "Members", Message: id + " is declared twice", Fix: "declare it once"})
		}
		seen[id] = true
	}
	if s.Check != nil {
		out = append(out, s.Check(want)...)
	}
	return out
}

// foreignSet is how the engine asks a set what to do with members that are not declared.
type foreignSet interface {
	foreign() Foreign
	withoutForeign(want any) any
	withoutHeld(want any) (kept any, names []string)
}

func (s Set[M]) foreign() Foreign { return s.Foreign }

// withoutForeign is the set as seen, less the members that are not among the wanted.
func (s Set[M]) withoutForeign(want any) any {
	var kept []M
	for _, m := range s.Members {
		if want.(Set[M]).has(m) {
			kept = append(kept, m)
		}
	}
	return Set[M]{Parent: s.Parent, Members: append([]M{}, kept...)}
}

// has reports whether a value is among the members.
func (s Set[M]) has(m M) bool {
	return slices.ContainsFunc(s.Members, func(w M) bool { return sameValue(w, m) })
}

func sortedKeys[K ~string, V any](m map[K]V) []K {
	out := make([]K, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
