package ztcore

// Action is what a plan does with a resource.
type Action string

const (
	None     Action = "none"     // it is as declared, or the reason says why it is left alone
	Create   Action = "create"   // it does not exist
	Modify   Action = "update"   // it differs
	Replace  Action = "replace"  // it, or what it is part of, differs in what AWS can't change: delete, then create
	Delete   Action = "delete"   // destroyed or pruned
	TakeOver Action = "adopt"    // it exists, is nobody's, and becomes ours, with the changes shown
	Drift    Action = "drift"    // it differs, and is only observed
	Retain   Action = "retain"   // would be deleted or replaced, but holds data and is not named by AllowDelete, or is needed by what stays
	Held     Action = "held"     // would be written, but an open case of incident response holds it, see TagCase
	Conflict Action = "conflict" // it exists and is not ours; Apply refuses
)

// Step is what a plan does with one resource.
type Step struct {
	Address    Address     `json:"address"`
	Kind       string      `json:"kind"`
	Action     Action      `json:"action"`
	Reason     string      `json:"reason,omitempty"`
	Changes    []Change    `json:"changes,omitempty"`
	DependsOn  []Address   `json:"dependsOn,omitempty"` // what it comes after: what it refers to, and the parts of that, as a group's rules
	Exceptions []Exception `json:"exceptions,omitempty"`
	Notes      []string    `json:"notes,omitempty"`
	Controls   []string    `json:"controls,omitempty"`
	Declared   string      `json:"declared,omitempty"` // digest of all that is declared for it, secrets left out; empty for what is not

	node     *Node
	want     any  // with all tokens resolved that can be
	have     any  // nil if there is nothing
	readable bool // its key was known, so that have is what a read showed

	invalid, guardrails []Finding // against doing it
}

// writes reports whether Apply has something to do.
func (s *Step) writes() bool {
	switch s.Action {
	case Create, Modify, Replace, Delete, TakeOver:
		return true
	}
	return false
}

// Plan is what Apply will do, and what it was made from. It is immutable, and can be applied only in the account
// and region it was made for.
type Plan struct {
	Baseline  string
	Account   string
	Region    string
	Partition string
	Steps     []Step    // in the order in which they depend on each other, then what is no longer declared
	Findings  []Finding // of guardrails
	LeftOut   []Address // of the kinds that LeaveOut names

	standing []Finding // those of Findings that do not depend on what is there
	blocking []Finding
	waivers  []waiver
	scope    *Scope
	graph    *Graph
	options  planOptions
	ignored  map[Address]any // what ignored resources are declared as, as far as it is known
}

// GoString is String, so that no way of printing a plan, or a copy of one, shows the secrets that it will write.
func (p Plan) GoString() string { return p.String() }

// Empty reports whether there is nothing to do: no write, and no conflict or retained difference in the place of one.
func (p *Plan) Empty() bool {
	for i := range p.Steps {
		if p.Steps[i].writes() || p.Steps[i].Action == Conflict || len(p.Steps[i].Changes) > 0 && p.Steps[i].stays() {
			return false
		}
	}
	return true
}

// Drift lists the observed resources that differ from what is declared.
func (p *Plan) Drift() []Step {
	var out []Step
	for _, s := range p.Steps {
		if s.Action == Drift {
			out = append(out, s)
		}
	}
	return out
}
