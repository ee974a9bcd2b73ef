package ztcore

import (
	"fmt"
	"reflect"
	"slices"
	"time"
)

// Resource is anything that can be declared: one AWS object, a List, a pillar's preset, a whole Baseline. It is an
// immutable value: a run writes nothing back, and the same resource can be planned against many accounts at once.
type Resource interface {
	// Declare adds to d what the resource stands for. It makes no calls.
	Declare(d *Declaration)
}

// List is several resources as one.
type List []Resource

// Declare implements Resource.
func (l List) Declare(d *Declaration) {
	for _, r := range l {
		if r != nil {
			r.Declare(d)
		}
	}
}

// Mode says how far the engine goes with a resource.
type Mode int

const (
	Managed  Mode = iota // create, update, replace; the default
	Observed             // read and compare; the plan reports drift and Apply writes nothing
	Ignored              // not even read; what others refer to must be known without reading
)

type configured struct {
	r  Resource
	on func(*Declaration)
}

// Declare implements Resource.
func (c configured) Declare(d *Declaration) {
	before := d.options
	c.on(d)
	c.r.Declare(d)
	d.options = before
}

// Observe makes resources observed: plans show how they differ from what is declared, and nothing is written.
func Observe(r ...Resource) Resource {
	return configured{List(r), func(d *Declaration) { d.options.mode = Observed }}
}

// Ignore leaves resources out of plans, without removing what they stand for.
func Ignore(r ...Resource) Resource {
	return configured{List(r), func(d *Declaration) { d.options.mode = Ignored }}
}

// Adopt takes over what already exists under the resources' names and belongs to no baseline: the plan shows what
// would change, ownership tags included. Without it such an object is a conflict.
func Adopt(r ...Resource) Resource {
	return configured{List(r), func(d *Declaration) { d.options.adopt = true }}
}

// Waive lets Apply go on in spite of a guardrail's finding on one resource, until a date. The reason shows in every plan.
func Waive(guardrail string, on Address, reason string, until time.Time) Resource {
	return waiver{guardrail, on, reason, until}
}

type waiver struct {
	guardrail string
	on        Address
	reason    string
	until     time.Time
}

// Declare implements Resource.
func (w waiver) Declare(d *Declaration) {
	if w.reason == "" || w.until.IsZero() {
		d.Reject(Finding{Resource: w.on, Attribute: "waiver of " + w.guardrail, Message: "a waiver needs a reason and an end date", Fix: "say why, and until when"})
		return
	}
	d.waivers = append(d.waivers, w)
}

// Addresses lists what resources declare, in their order, each once: what AllowDelete and Waive name, say. It makes no
// calls and finds no mistakes; Baseline.Check does.
func Addresses(r ...Resource) []Address {
	d := newDeclaration()
	List(r).Declare(d)
	out := make([]Address, len(d.nodes))
	for i, n := range d.nodes {
		out[i] = n.address
	}
	return out
}

// Declaration collects what resources declare.
type Declaration struct {
	nodes    []*Node
	byName   map[Address]*Node
	kinds    map[string]AnyKind
	byKind   map[string]*schema
	findings []Finding
	waivers  []waiver
	options  struct {
		mode  Mode
		adopt bool
	}
}

func newDeclaration() *Declaration {
	return &Declaration{byName: map[Address]*Node{}, kinds: map[string]AnyKind{}, byKind: map[string]*schema{}}
}

// Node is one declared object.
type Node struct {
	address    Address
	kind       AnyKind
	schema     *schema
	want       any
	mode       Mode
	adopt      bool
	exceptions []Exception
	notes      []string
	refs       []reference
	keyRefs    []reference
	holdRefs   []reference
	guardRefs  []reference
	orphan     string            // the identity of an object that nothing declares
	digest     string            // see declaration
	siblings   map[Address]*Node // what is declared beside it
}

// Exception is a departure from the safe form that the declaration gives a reason for.
type Exception struct {
	Attribute string `json:"attribute"`
	Reason    string `json:"reason"`
}

// GoString is the node's address: what is wanted may hold secrets.
func (n *Node) GoString() string { return string(n.address) }

// Except records that an attribute departs from the safe form, and why; an empty reason is a finding. Plans show it, as text and as JSON.
func (n *Node) Except(attribute, reason string) *Node {
	if e := (Exception{attribute, reason}); !slices.Contains(n.exceptions, e) { // declared twice
		n.exceptions = append(n.exceptions, e)
	}
	return n
}

// Note adds a remark to the resource's step in plans, such as what AWS adds by itself and the baseline takes away.
func (n *Node) Note(text string) *Node {
	if !slices.Contains(n.notes, text) {
		n.notes = append(n.notes, text)
	}
	return n
}

// After makes the node wait for others that nothing in its state refers to, such as the policy that AWS checks when
// the object is made. tokens are what the others' methods return.
func (n *Node) After(tokens ...string) *Node {
	for _, t := range tokens {
		n.refs = append(n.refs, references(t)...)
	}
	return n
}

// Reject records that a resource can't be declared as it is. All findings are reported together, before any call.
func (d *Declaration) Reject(f Finding) { d.findings = append(d.findings, f) }

func (d *Declaration) add(k AnyKind, name string, want any) *Node {
	n := &Node{address: addressOf(k.kindName(), name), kind: k, want: want, mode: d.options.mode, adopt: d.options.adopt, siblings: d.byName}
	var err error
	if known := d.byKind[k.kindName()]; known != nil {
		n.schema = known
	} else if n.schema, err = k.schema(); err != nil { // a kind is looked at once
		panic("ztcore: kind " + k.kindName() + ": " + err.Error()) // a mistake in a kind, not in its use
	}
	if !nameRE.MatchString(name) {
		d.Reject(Finding{Resource: n.address, Attribute: "Name", Message: fmt.Sprintf("%q can't be used as a name", name), Fix: "use 1–200 letters, digits, spaces and _.:/=+@-"})
	}
	visit(reflect.ValueOf(want), func(s string) { n.refs = append(n.refs, references(s)...) })
	for _, f := range n.schema.fields {
		if !f.key && !f.holds && !f.guards {
			continue
		}
		var refs []reference
		visit(reflect.ValueOf(want).Field(f.index), func(s string) { refs = append(refs, references(s)...) })
		switch {
		case f.key:
			n.keyRefs = append(n.keyRefs, refs...)
		case f.holds:
			n.holdRefs = append(n.holdRefs, refs...)
		case f.guards:
			n.guardRefs = append(n.guardRefs, refs...)
		}
	}
	if old, ok := d.byName[n.address]; ok {
		if !reflect.DeepEqual(old.want, want) {
			d.Reject(Finding{Resource: n.address, Message: "declared twice with different contents", Fix: "declare it once, or give one of the two another name"})
		}
		if old.mode != n.mode || old.adopt != n.adopt {
			d.Reject(Finding{Resource: n.address, Message: "declared twice, to be treated in different ways", Fix: "observe, ignore or adopt it in one place"})
		}
		return old
	}
	if other, ok := d.kinds[k.kindName()]; ok && other != k {
		panic("ztcore: two kinds are named " + k.kindName())
	}
	d.kinds[k.kindName()], d.byKind[k.kindName()] = k, n.schema
	d.byName[n.address] = n
	d.nodes = append(d.nodes, n)
	return n
}
