package ztcore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Baseline is a named set of resources. It is immutable, and can be planned against many accounts and regions at once.
type Baseline struct {
	name      string
	resources List
	account   string
}

// NewBaseline puts resources together under a name. The name is the ownership tag of all that the baseline
// makes, so it must not change, nor be used by another baseline in the same account.
func NewBaseline(name string, resources ...Resource) *Baseline {
	return &Baseline{name: name, resources: append(List(nil), resources...)}
}

// Name is the baseline's name.
func (b *Baseline) Name() string { return b.name }

// ForAccount is the same baseline pinned to an account of 12 digits: planning against any other fails.
func (b *Baseline) ForAccount(account string) *Baseline {
	c := *b
	c.account = account
	return &c
}

// Declare implements Resource, so that a baseline can be part of another, whose name then counts.
func (b *Baseline) Declare(d *Declaration) { b.resources.Declare(d) }

// Check finds all that is wrong with a baseline without making a call, as Plan does first. The error is an *InvalidError.
// Findings of guardrails are no error: Plan shows them, and Apply is blocked by them.
func (b *Baseline) Check() error {
	if _, invalid, _ := b.declare(planOptions{}); len(invalid) > 0 {
		return &InvalidError{Baseline: b.name, Findings: invalid}
	}
	return nil
}

// declare collects the resources, with what is wrong with them and what guardrails find.
func (b *Baseline) declare(o planOptions) (d *Declaration, invalid, guardrails []Finding) {
	d = newDeclaration()
	if !nameRE.MatchString(b.name) {
		d.Reject(Finding{Attribute: "baseline name", Message: fmt.Sprintf("%q can't be used as a name", b.name), Fix: "use 1–200 letters, digits, spaces and _.:/=+@-"})
	}
	b.Declare(d)
	_, findings := d.check()
	for _, f := range findings {
		if f.Guardrail == "" {
			invalid = append(invalid, f)
		} else {
			guardrails = append(guardrails, f)
		}
	}
	for _, n := range d.nodes {
		n.digest = n.declaration()
		n.adopt = n.adopt || o.adopt
		if o.observe && n.mode == Managed {
			n.mode = Observed
		}
		if o.leaveOut[n.kind.kindName()] {
			n.mode = Ignored
		}
	}
	return d, invalid, guardrails
}

// Plan compares what is declared with what exists, and changes nothing. Errors: *InvalidError for what is wrong with the
// baseline, then with the configuration or the account, then with what it would do there; or, joined, a *ReadError for
// each kind that could not be read.
func (b *Baseline) Plan(ctx context.Context, cfg aws.Config, opts ...PlanOption) (*Plan, error) {
	plan, err := b.plan(ctx, cfg, newPlanOptions(opts), nil)
	if err != nil {
		return nil, err
	}
	if err := plan.judge(); err != nil {
		return nil, err
	}
	return plan, nil
}

// plan makes a plan that is not judged yet. elsewhere may refuse it before anything is read.
func (b *Baseline) plan(ctx context.Context, cfg aws.Config, o planOptions, elsewhere func(*Scope, *Declaration) []Finding) (*Plan, error) {
	d, invalid, guardrails := b.declare(o)
	missing := checkConfig(cfg)
	invalid = append(invalid, missing...)
	var sc *Scope
	if len(invalid) == 0 || (b.account != "" || elsewhere != nil) && len(missing) == 0 { // an invalid baseline can be of the wrong account too
		var err error
		if sc, err = openScope(ctx, cfg, b.name); err != nil {
			if len(invalid) == 0 {
				return nil, err
			}
			return nil, errors.Join(&InvalidError{b.name, invalid}, err)
		}
		if b.account != "" && sc.Account != b.account {
			invalid = append(invalid, Finding{Attribute: "account", Message: fmt.Sprintf("the credentials are of account %s, and the baseline is pinned to %s", sc.Account, b.account), Fix: "use that account's credentials"})
		}
		if elsewhere != nil {
			invalid = append(invalid, elsewhere(sc, d)...)
		}
	}
	if len(invalid) > 0 {
		return nil, &InvalidError{b.name, invalid}
	}
	p := &planner{scope: sc, decl: d, graph: &Graph{nodes: d.nodes, byName: d.byName}, options: o, wants: map[Address]any{}, pinned: map[Address]Address{}}
	plan, err := p.plan(ctx)
	if err != nil {
		return nil, err
	}
	plan.standing, plan.waivers = guardrails, d.waivers
	return plan, nil
}

// judge puts the findings together of what is declared and of what is to be done, and refuses what must not be.
func (p *Plan) judge() error {
	var invalid []Finding
	p.Findings = slices.Clone(p.standing)
	for i := range p.Steps {
		if s := &p.Steps[i]; s.writes() {
			invalid, p.Findings = append(invalid, s.invalid...), append(p.Findings, s.guardrails...)
		}
	}
	if len(invalid) > 0 {
		return &InvalidError{p.Baseline, invalid}
	}
	p.blocking = waive(p.Findings, p.waivers, time.Now())
	return nil
}

// PlanOf makes a baseline of one resource and plans it, for pillars' and tools' convenience.
func PlanOf(ctx context.Context, cfg aws.Config, name string, r Resource, opts ...PlanOption) (*Plan, error) {
	return NewBaseline(name, r).Plan(ctx, cfg, opts...)
}
