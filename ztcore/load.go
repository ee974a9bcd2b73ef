package ztcore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Load makes a plan of the baseline again and holds it to one that was approved in its JSON form: only what
// the approved plan does is in the result, and what has been done since is left out. opts are those that the approved plan was made
// with. Errors: *StaleError if a resource that the plan touches, in the world or in the baseline, is not
// what was approved; *InvalidError for another baseline, account, region or format; those of Plan.
func (b *Baseline) Load(ctx context.Context, cfg aws.Config, approved []byte, opts ...PlanOption) (*Plan, error) {
	var doc document
	dec := json.NewDecoder(bytes.NewReader(approved))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("ztcore: this is no plan: %w", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, errors.New("ztcore: this is no plan: something follows it")
	}
	plan, err := b.Plan(ctx, cfg, opts...)
	if err != nil {
		return nil, err
	}
	var wrong []Finding
	seen := map[Address]bool{}
	for _, s := range doc.Steps {
		if seen[s.Address] { // who approved it may have looked at the other
			wrong = append(wrong, Finding{Resource: s.Address, Message: "stands twice in the approved plan"})
		}
		seen[s.Address] = true
	}
	for _, m := range []struct{ what, is, was string }{
		{"format", fmt.Sprint(documentFormat), fmt.Sprint(doc.Format)}, {"baseline", plan.Baseline, doc.Baseline},
		{"account", plan.Account, doc.Account}, {"region", plan.Region, doc.Region}, {"partition", plan.Partition, doc.Partition},
	} {
		if m.is != m.was {
			wrong = append(wrong, Finding{Attribute: m.what, Message: fmt.Sprintf("the plan was approved for %s, and this is %s", m.was, m.is)})
		}
	}
	if len(wrong) > 0 {
		return nil, &InvalidError{b.name, wrong}
	}
	if err := plan.restrict(doc); err != nil {
		return nil, err
	}
	return plan, nil
}

// restrict leaves of a plan what was approved.
func (p *Plan) restrict(doc document) error {
	steps := map[Address]Step{}
	for _, s := range doc.Steps {
		if s.writes() {
			steps[s.Address] = s
		}
	}
	now := map[Address]*Step{}
	for i := range p.Steps {
		now[p.Steps[i].Address] = &p.Steps[i]
	}
	var stale []StaleResource
	for i := range p.Steps {
		s := &p.Steps[i]
		was, ok := steps[s.Address]
		delete(steps, s.Address)
		switch {
		case !s.writes() && s.Action != Conflict:
		case !ok:
			s.Action, s.Reason = None, "not part of the approved plan"
		default:
			var fresh []Change
			for _, c := range s.Changes {
				if !approved(c, was.Changes, now) {
					fresh = append(fresh, c)
				}
			}
			// The rest of what was begun to be made, replaced or adopted is an update.
			if s.Action != was.Action && (s.Action != Modify || was.Action == Delete) {
				stale = append(stale, StaleResource{Address: s.Address, Why: fmt.Sprintf("approved was %q, now it is %q", was.Action, s.Action)})
			} else if s.Kind != was.Kind || !slices.Equal(s.Exceptions, was.Exceptions) {
				stale = append(stale, StaleResource{Address: s.Address, Why: "its kind or its exceptions are not those that were approved"})
			} else if len(fresh) > 0 {
				stale = append(stale, StaleResource{Address: s.Address, Changes: fresh})
			}
		}
	}
	for _, a := range sortedKeys(steps) {
		if steps[a].Action != Delete {
			stale = append(stale, StaleResource{Address: a, Why: "the baseline no longer declares it"})
		}
	}
	if len(stale) > 0 {
		return &StaleError{stale}
	}
	return nil
}

// approved reports that a change is one of those that were approved. What was known only after apply then may be known now.
func approved(c Change, changes []Change, now map[Address]*Step) bool {
	for _, was := range changes {
		if was.Path == c.Path && was.Before == c.Before && (was.After == c.After || knownNow(was.After, now) == c.After) {
			return true
		}
	}
	return false
}

// knownNow puts what a plan knows in the place of an approved text's tokens.
func knownNow(text string, steps map[Address]*Step) string {
	return resolveString(text, func(tok string) (string, bool) {
		for _, r := range references(tok) {
			if s := steps[r.address]; s != nil && s.node.schema.has(r.field) {
				return known(s.node, s.have, s.want, s.Action, r.field)
			}
		}
		return "", false
	})
}
