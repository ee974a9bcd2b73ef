package ztcore

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Kind reads, creates, updates and deletes one type of AWS object. S, its state, is a struct of plain data that
// says both what is wanted and what is seen: the engine compares the two, so a kind writes no comparison. The zt
// tags of S's fields, all of which are exported:
//
//	key        part of the natural name by which the object is found, as a role's name. A kind without keys is
//	           found by its ownership tags
//	label      the name by which an object without a key may be adopted, as the tag Name of a VPC
//	immutable  a change means a replacement
//	holds      can be changed, but what it refers to can't be removed meanwhile: if that is replaced, so is this
//	guards     what it refers to is guarded by this, and so is removed first where both are to go, as the subnets of
//	           a network ACL
//	exclusive  strings, each of which one resource of the kind has at most, as a subnet its network ACL: what another one takes over
//	           in the same run is left to that, and never let go of in between
//	output     set by AWS: not compared, and what other resources refer to, as an id
//	tags       the object's tags, a map[string]string. Only keys that are wanted are compared; the engine adds the
//	           ownership tags to what is wanted
//	set        a slice whose order has no meaning
//	secret     never shown, logged or serialized
//	-          for the kind's own use: not compared, not shown
//
// A nil pointer, slice or map in what is wanted means "not managed". A type with a method Equal(T) bool, as
// policy.Document, is compared by it.
//
// Three archetypes cover what AWS has. An object has Read, Create, Update and Delete. A setting, of which there
// is always exactly one for its key, has Get, Put and perhaps Delete. For members of something (rules,
// attachments) see SetKind.
//
// All functions must be safe for concurrent use, make their clients from sc.Config, and return the SDK's errors as they are.
type Kind[S any] struct {
	Name string // pillar and AWS's name for the object, as "network.VPC"

	// Read finds the objects that q asks for and whatever else it comes across at no further cost: the engine
	// matches by key or by tags. What does not exist is left out. An error is never read as absence: a kind turns its service's
	// own not-found error into absence, and no other.
	Read func(ctx context.Context, sc *Scope, q Query[S]) ([]S, error)
	// Get reads one setting, in place of Read, and runs for all of them in parallel. ok is false when it is not configured.
	Get func(ctx context.Context, sc *Scope, want S) (have S, ok bool, err error)

	// Create makes what was not found. It is retried only after an answer that proves that nothing was
	// made, or after Read has not found the object for a while.
	Create func(ctx context.Context, sc *Scope, want S) error
	// Update changes what differs, granting before it revokes. Repeating it does no harm.
	Update func(ctx context.Context, sc *Scope, u Update[S]) error
	// Put serves for Create and Update alike, in their place.
	Put func(ctx context.Context, sc *Scope, want S) error
	// Delete removes the object, with what AWS wants removed first; for a setting it restores AWS's default. A
	// kind without it is left as it is.
	Delete func(ctx context.Context, sc *Scope, have S) error

	// Predict fills in the outputs that follow from the account, the region and the name, so that plans show them.
	Predict func(sc *Scope, want *S)
	// Check finds what is wrong with a resource by itself, before any call. Strings may hold tokens.
	Check func(want S) []Finding
	// CheckAll finds what is wrong between resources of this kind and those they refer to.
	CheckAll func(g *Graph, all []Declared[S]) []Finding
	// Refuse finds what must not be done to this account by this caller, such as locking itself out, when tokens
	// that can be resolved are and nothing was changed yet.
	Refuse func(sc *Scope, want S) []Finding
	// RefuseDelete does so for what is to be deleted, or replaced, such as the role that the run is made as.
	RefuseDelete func(sc *Scope, have S) []Finding

	// Retry lists the errors that time heals, where the engine has reason to believe that it will.
	Retry []Retry
	// Domain names what AWS serializes, such as one bucket: writes of equal, non-empty domains never overlap in one apply.
	Domain func(want S) string
	// HoldsData marks what guards or holds data. It is deleted or replaced only when named by AllowDelete.
	HoldsData bool
	// NotUnique says of a kind with keys that AWS lets several objects have the same, as clients of a user pool. Read returns all of
	// them then, and the state has an output ID or ARN that tells them apart.
	NotUnique bool
	// PartOf marks what vanishes with the resource that its key refers to, so that its own removal is not needed then.
	PartOf bool
	// Controls are the requirements that the kind serves, as "NIST SP 800-207 tenet 3" or "CIS AWS 3.0 2.1.1".
	Controls []string
	// Permissions are the IAM actions that the functions above need, for Baseline.PlanPolicy and ApplyPolicy. kindtest.Run holds the
	// kind to them. Without them the kind works, and only those policies can't be had. (A pointer to a variable costs a program that
	// does not use the kind nothing.)
	Permissions *Permissions
	// PermissionsFor are those that only some resources of the kind need besides, as what is logged to a bucket.
	PermissionsFor func(want S) Permissions
}

// Query says what a Read is to look for.
type Query[S any] struct {
	// Want are the resources that are looked for, with their keys (and as much of the rest as is known). It may be
	// empty when only Owned is asked for.
	Want []S
	// Owned asks for everything that carries the ownership tag of sc.Baseline as well, wanted or not.
	Owned bool
}

// Update is one object that differs from what is wanted.
type Update[S any] struct {
	Have, Want S
	changed    map[string]bool
}

// Changed reports whether one of the named fields of S differs.
func (u Update[S]) Changed(fields ...string) bool {
	for _, f := range fields {
		if _, ok := reflect.TypeFor[S]().FieldByName(f); !ok {
			panic(fmt.Sprintf("ztcore: %s has no field %s", reflect.TypeFor[S](), f))
		}
		if u.changed[f] {
			return true
		}
	}
	return false
}

// Retry is an error that goes away by itself: a role that has not reached the other services yet, an interface
// that is still detaching. It is retried only while something that the resource depends on, or that depended on it, was made,
// changed or removed in this run or is young; anything else fails at once.
type Retry struct {
	Code    string        // AWS's error code, exactly
	Message string        // part of its message; empty for any
	For     time.Duration // give up after this long; 0 means 2 minutes
}

// Declared is a resource of a known kind, as its baseline declares it.
type Declared[S any] struct {
	Address Address
	Want    S
}

// Ref is a token for a field of the named resource of this kind, as "ID". It is part of a resource's methods:
//
//	func (v VPC) ID() id.VPC { return id.VPC(vpcs.Ref(v.Name, "ID")) }
func (k *Kind[S]) Ref(name, field string) string { return token(addressOf(k.Name, name), field) }

// Declare adds a resource of this kind to a declaration. The name is unique among the kind's resources in a baseline.
func (k *Kind[S]) Declare(d *Declaration, name string, want S) *Node {
	return d.add(k, name, want)
}

// AnyKind is a Kind of any state.
type AnyKind interface {
	kindName() string
	traits() traits
	schema() (*schema, error)
	read(ctx context.Context, sc *Scope, want []any, owned bool) ([]any, error)
	create(ctx context.Context, sc *Scope, want any) error
	update(ctx context.Context, sc *Scope, have, want any, changed map[string]bool) error
	remove(ctx context.Context, sc *Scope, have any) error
	predict(sc *Scope, want any) any
	check(want any) []Finding
	checkAll(g *Graph, nodes []*Node) []Finding
	refuse(sc *Scope, want any) []Finding
	refuseDelete(sc *Scope, have any) []Finding
	domain(want any) string
	permissions(want any) Permissions
}

// traits are the parts of a kind that do not depend on its state's type.
type traits struct {
	retry                        []Retry
	holdsData, partOf, deletable bool
	setting                      bool // both runs of two at once write the same thing in the same place
	controls                     []string
}

func (k *Kind[S]) kindName() string { return k.Name }

func (k *Kind[S]) traits() traits {
	_, set := any(*new(S)).(foreignSet)
	return traits{k.Retry, k.HoldsData, k.PartOf, k.Delete != nil, k.Put != nil || set, k.Controls}
}

// schema also finds what the kind itself lacks.
func (k *Kind[S]) schema() (*schema, error) {
	s, err := schemaOf(reflect.TypeFor[S]())
	if err != nil {
		return nil, err
	}
	s.notUnique = k.NotUnique
	switch {
	case (k.Read == nil) == (k.Get == nil):
		return nil, errors.New("needs one of Read and Get")
	case (k.Create == nil) == (k.Put == nil):
		return nil, errors.New("needs one of Create and Put")
	case k.Put == nil && k.Update == nil && s.changeable():
		return nil, errors.New("needs Update or Put, since some of its fields can change")
	}
	return s, nil
}

func (k *Kind[S]) read(ctx context.Context, sc *Scope, want []any, owned bool) ([]any, error) {
	ctx = k.running(ctx, Reading, want...)
	if k.Read == nil {
		return k.getAll(ctx, sc, want)
	}
	q := Query[S]{Owned: owned}
	for _, w := range want {
		q.Want = append(q.Want, w.(S))
	}
	found, err := k.Read(ctx, sc, q)
	out := make([]any, len(found))
	for i, f := range found {
		out[i] = f
	}
	return out, err
}

// getAll reads settings side by side.
func (k *Kind[S]) getAll(ctx context.Context, sc *Scope, want []any) ([]any, error) {
	found := make([]any, len(want))
	err := Each(ctx, len(want), func(ctx context.Context, i int) error {
		have, ok, err := k.Get(ctx, sc, want[i].(S))
		if ok && err == nil {
			found[i] = have
		}
		return err
	})
	var out []any
	for _, f := range found {
		if f != nil {
			out = append(out, f)
		}
	}
	return out, err
}

func (k *Kind[S]) create(ctx context.Context, sc *Scope, want any) error {
	ctx = k.running(ctx, Writing, want)
	if k.Put != nil {
		return k.Put(ctx, sc, want.(S))
	}
	return k.Create(ctx, sc, want.(S))
}

func (k *Kind[S]) update(ctx context.Context, sc *Scope, have, want any, changed map[string]bool) error {
	ctx = k.running(ctx, Writing, want)
	if k.Put != nil {
		return k.Put(ctx, sc, want.(S))
	}
	if k.Update == nil { // nothing of it can change, and yet it differs from what was made a moment ago
		return fmt.Errorf("%s can't be changed, and AWS shows %s otherwise than it was asked for", k.Name, strings.Join(slices.Sorted(maps.Keys(changed)), ", "))
	}
	return k.Update(ctx, sc, Update[S]{Have: have.(S), Want: want.(S), changed: changed})
}

func (k *Kind[S]) remove(ctx context.Context, sc *Scope, have any) error {
	return k.Delete(k.running(ctx, Deleting, have), sc, have.(S))
}

func (k *Kind[S]) predict(sc *Scope, want any) any {
	s := want.(S)
	if k.Predict != nil {
		k.Predict(sc, &s)
	}
	return s
}

func (k *Kind[S]) check(want any) []Finding {
	if k.Check == nil {
		return nil
	}
	return k.Check(want.(S))
}

func (k *Kind[S]) checkAll(g *Graph, nodes []*Node) []Finding {
	if k.CheckAll == nil {
		return nil
	}
	var all []Declared[S]
	for _, n := range nodes {
		all = append(all, Declared[S]{n.address, n.want.(S)})
	}
	return k.CheckAll(g, all)
}

func (k *Kind[S]) refuse(sc *Scope, want any) []Finding {
	if k.Refuse == nil {
		return nil
	}
	return k.Refuse(sc, want.(S))
}

func (k *Kind[S]) refuseDelete(sc *Scope, have any) []Finding {
	if k.RefuseDelete == nil {
		return nil
	}
	return k.RefuseDelete(sc, have.(S))
}

func (k *Kind[S]) domain(want any) string {
	if k.Domain == nil {
		return ""
	}
	return k.Domain(want.(S))
}
