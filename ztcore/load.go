package ztcore

import (
	"context"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Load makes a plan of the baseline again and holds it to one that was approved in its JSON form: only what
// the approved plan does is in the result, and what has been done since is left out, so that the rest of a plan that was cut off can be
// applied, and nothing twice. opts are those that the approved plan was made with.
//
// Refused is what was approved for another baseline, account, region, partition, format, or with other options or waivers, before
// anything is read (*InvalidError); what declares any resource otherwise than was approved, or more of them, or fewer; what would do
// anything to a resource, or for a reason, or in spite of a finding, that the approved plan does not show; and, as long as the world is
// the one that the plan was made from, a document that says anything else than that plan (*StaleError, and the errors of Plan). A
// resource that the plan leaves alone may have changed: it is left alone.
//
// What a secret is was never shown, so it is not part of what was approved, nor is what a function does: change the version beside it.
// The document's digest finds mistakes and what was cut off, and proves no author: whoever can write the file can make another for it. They
// can't make Load do more than was approved, nor anything else. But once the world has changed, or the document says so, they can have it do
// less, or say something else of why nothing is done to a resource. Sign the file if others can write it.
func (b *Baseline) Load(ctx context.Context, cfg aws.Config, approved []byte, opts ...PlanOption) (*Plan, error) {
	doc, wrong, err := readDocument(approved)
	if err != nil {
		return nil, err
	}
	if doc.Format != documentFormat {
		return nil, &InvalidError{b.name, wrong}
	}
	o := newPlanOptions(opts)
	plan, err := b.plan(ctx, cfg, o, func(sc *Scope, d *Declaration) []Finding {
		if wrong = append(wrong, doc.elsewhere(sc, o, d.waivers)...); len(wrong) > 0 {
			for _, r := range doc.otherwise(d.nodes) {
				wrong = append(wrong, Finding{Resource: r.Address, Message: r.Why})
			}
		}
		return wrong
	})
	if err != nil {
		return nil, err
	}
	same := doc.World == plan.world()
	if stale := plan.restrict(&doc, same); len(stale) > 0 {
		return nil, &StaleError{stale}
	}
	if err := plan.judge(); err != nil {
		return nil, err
	}
	if stale := plan.unapproved(&doc, same); len(stale) > 0 {
		return nil, &StaleError{stale}
	}
	return plan, nil
}

// otherwise finds what is not declared as it was approved.
func (doc *document) otherwise(nodes []*Node) (out []StaleResource) {
	type resource struct{ kind, declared string }
	was := map[Address]resource{}
	for _, s := range doc.Steps {
		if s.Declared != "" {
			was[s.Address] = resource{s.Address.Kind(), s.Declared}
		}
	}
	for _, i := range doc.Ignored {
		was[i.Address] = resource{i.Kind, i.Declared}
	}
	for _, n := range nodes {
		switch r, ok := was[n.address]; {
		case !ok:
			out = append(out, StaleResource{Address: n.address, Why: "the baseline declares it, and what was approved did not"})
		case r.declared != n.digest:
			out = append(out, StaleResource{Address: n.address, Why: "the baseline declares it otherwise than was approved"})
		case r.kind != n.kind.kindName():
			out = append(out, StaleResource{Address: n.address, Why: fmt.Sprintf("approved was the kind %s", r.kind)})
		}
		delete(was, n.address)
	}
	for _, a := range sortedKeys(was) {
		out = append(out, StaleResource{Address: a, Why: "the baseline no longer declares it"})
	}
	return out
}

// restrict leaves of a plan what was approved, and finds what is otherwise.
func (p *Plan) restrict(doc *document, same bool) (stale []StaleResource) {
	why := map[Address]string{}
	for _, r := range doc.otherwise(p.graph.nodes) {
		why[r.Address] = r.Why
	}
	approved, now := map[Address]*Step{}, map[Address]*Step{}
	for i := range doc.Steps {
		approved[doc.Steps[i].Address] = &doc.Steps[i]
	}
	for i := range p.Steps {
		now[p.Steps[i].Address] = &p.Steps[i]
	}
	lost := map[Address]bool{} // what is somebody else's now, and its parts
	for i := range p.Steps {
		s := &p.Steps[i]
		r := StaleResource{Address: s.Address, Why: why[s.Address]}
		was := approved[s.Address]
		delete(approved, s.Address)
		delete(why, s.Address)
		switch {
		case was != nil:
			s.compareApproved(was, same, now, &r)
		case r.Why == "" && (same || s.Declared != ""):
			r.Why = "what was approved says nothing of it"
		}
		if r.Why != "" || len(r.Changes) > 0 {
			stale = append(stale, r)
			continue
		}
		// A conflict that was approved stays one: nothing of that plan could be applied.
		if lost[s.Address] = s.Action == Conflict; s.node.schema.tags < 0 {
			for _, k := range s.node.keyRefs {
				lost[s.Address] = lost[s.Address] || lost[k.address]
			}
		}
		if s.writes() && was != nil && was.writes() && lost[s.Address] {
			stale = append(stale, StaleResource{Address: s.Address, Why: "what it is part of is not ours any more"})
			continue
		}
		if s.writes() && (was == nil || !was.writes()) || s.Action == Conflict && (was == nil || was.Action != Conflict) {
			s.Action, s.Reason, s.Changes = None, "not part of the approved plan", nil
		}
	}
	for a, was := range approved {
		if why[a] == "" && (same || was.Declared != "" || was.writes() && was.Action != Delete) {
			why[a] = "it is no longer there, nor declared"
		}
	}
	for _, a := range sortedKeys(why) {
		stale = append(stale, StaleResource{Address: a, Why: why[a]})
	}
	if !slices.Equal(p.LeftOut, doc.LeftOut) {
		stale = append(stale, StaleResource{Why: fmt.Sprintf("left out is %v, and approved was %v", p.LeftOut, doc.LeftOut)})
	}
	return stale
}

// compareApproved tells in r what of a step is not as it was approved. In the same world that is everything that differs.
// In another, some of a step may be done already, and what is not to be done may be for any reason.
func (s *Step) compareApproved(was *Step, same bool, now map[Address]*Step, r *StaleResource) {
	var texts, whys []string
	if r.Why != "" {
		whys = append(whys, r.Why)
	}
	differs := func(what string, does bool) {
		if does {
			texts = append(texts, what)
		}
	}
	does := (s.writes() || s.Action == Conflict) && was.writes()
	resumed := s.Action == Modify && was.Action != Delete // the rest of what was begun to be made, replaced or adopted is an update
	if s.Action != was.Action && (same || does && !resumed) {
		whys = append(whys, fmt.Sprintf("approved was %q, now it is %q", was.Action, s.Action))
	}
	made := s.Action == Modify && (was.Action == Create || was.Action == Replace) // all of it was approved, whatever AWS or half a run has begun with
	if same || does && !made {
		for _, c := range s.Changes {
			if !s.approved(c, was.Changes, now) {
				r.Changes = append(r.Changes, c)
			}
		}
	}
	whole := s.Action == was.Action && len(s.Changes) == len(was.Changes) && len(r.Changes) == 0
	gone := strings.HasPrefix(was.Reason, "goes with ") && s.Reason == "" // what it went with is replaced
	differs("kind", s.Kind != was.Kind)
	differs("digest of what is declared", r.Why == "" && s.Declared != was.Declared)
	differs("dependencies", !slices.Equal(s.DependsOn, was.DependsOn))
	differs("exceptions", !slices.Equal(s.Exceptions, was.Exceptions))
	differs("controls", !slices.Equal(s.Controls, was.Controls))
	differs("reason", s.Reason != was.Reason && (same || does && whole && !gone))
	differs("changes", same && !slices.EqualFunc(s.Changes, was.Changes, Change.says) && len(r.Changes) == 0)
	if same || does && whole {
		differs("notes", !slices.Equal(s.Notes, was.Notes))
	} else { // those of the declaration come first
		differs("notes", len(was.Notes) < len(s.node.notes) || !slices.Equal(s.node.notes, was.Notes[:len(s.node.notes)]))
	}
	if len(texts) > 0 && (r.Why == "" || same) {
		whys = append(whys, "not as it was approved: its "+strings.Join(texts, ", its "))
	}
	r.Why = strings.Join(whys, "; ")
}

// says reports whether a reader sees the same.
func (c Change) says(other Change) bool {
	return c.Path == other.Path && c.Before == other.Before && c.After == other.After
}

// unapproved lists the findings that were not approved, and those that were and are gone, though what they are about is still to be done.
func (p *Plan) unapproved(doc *document, same bool) (stale []StaleResource) {
	writes := func(steps []Step, a Address) bool {
		return slices.ContainsFunc(steps, func(s Step) bool { return s.Address == a && s.writes() })
	}
	now, was := map[string]Finding{}, map[string]Finding{}
	for _, f := range p.Findings {
		now[f.key()] = f
	}
	for _, f := range doc.Findings {
		was[f.key()] = f
	}
	for _, key := range sortedKeys(now) {
		if _, ok := was[key]; !ok {
			f := now[key]
			stale = append(stale, StaleResource{Address: f.Resource, Why: "was not approved with the finding " + f.String()})
		}
	}
	for _, key := range sortedKeys(was) {
		f := was[key]
		done := !same && writes(doc.Steps, f.Resource) && !writes(p.Steps, f.Resource)
		if _, ok := now[key]; !ok && !done {
			stale = append(stale, StaleResource{Address: f.Resource, Why: "was approved with a finding that there is not: " + f.String()})
		}
	}
	return stale
}

// key is all that a finding says.
func (f Finding) key() string {
	if f.Waived != nil {
		f.Waived = &Waived{f.Waived.Reason, f.Waived.Until.UTC().Round(0)}
	}
	text, _ := json.Marshal(f)
	return string(text)
}

// approved reports that a change is one of those that were approved. What was known only after apply then may be known now.
func (s *Step) approved(c Change, changes []Change, now map[Address]*Step) bool {
	for _, was := range changes {
		if was.Path != c.Path || was.Before != c.Before {
			continue
		}
		after := knownNow(was.After, now)
		if was.After == c.After || after == c.After || s.node.schema.summed(c.Field) && HasToken(was.After) && !HasToken(after) && !HasToken(c.After) {
			return true
		}
	}
	return false
}

// summed reports that a field's text is made from its value in a way of its own, as a checksum is, so that tokens in it can't be put
// in their places. What it is made from is in the digest of what is declared.
func (s *schema) summed(name string) bool {
	f, ok := s.typ.FieldByName(name)
	return ok && f.Type.Kind() == reflect.Struct && f.Type.Implements(reflect.TypeFor[encoding.TextMarshaler]())
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
