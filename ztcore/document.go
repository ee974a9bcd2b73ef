package ztcore

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// document is the stable JSON form of a plan.
type document struct {
	Format    int               `json:"format"`
	Baseline  string            `json:"baseline"`
	Account   string            `json:"account"`
	Region    string            `json:"region"`
	Partition string            `json:"partition"`
	Options   []string          `json:"options,omitempty"` // as "Prune" and "AllowDelete network.VPC/main"
	Waivers   []waiverDocument  `json:"waivers,omitempty"`
	Steps     []Step            `json:"steps"`
	Ignored   []ignoredDocument `json:"ignored,omitempty"`
	Findings  []Finding         `json:"findings,omitempty"`
	LeftOut   []Address         `json:"leftOut,omitempty"`
	World     string            `json:"world"`            // SHA-256 of what was seen
	Digest    string            `json:"digest,omitempty"` // SHA-256 of this document without it
}

type waiverDocument struct {
	Guardrail string    `json:"guardrail"`
	On        Address   `json:"on"`
	Reason    string    `json:"reason"`
	Until     time.Time `json:"until"`
}

// ignoredDocument is a resource without a step.
type ignoredDocument struct {
	Address  Address `json:"address"`
	Kind     string  `json:"kind"`
	Declared string  `json:"declared"`
}

// documentFormat 2 has digests of what is declared, options and waivers.
const documentFormat = 2

// MarshalJSON gives the form that is kept for approval; Baseline.Load reads it. It is the same for the same plan,
// byte for byte, and holds no secret. Its digest tells whether it is whole, not whose it is: sign the file, or keep it where only those
// who approve can write, if others could put another in its place.
func (p Plan) MarshalJSON() ([]byte, error) {
	doc, err := p.document()
	if err != nil {
		return nil, err
	}
	return json.Marshal(doc)
}

func (p *Plan) document() (document, error) {
	doc := document{
		Format: documentFormat, Baseline: p.Baseline, Account: p.Account, Region: p.Region, Partition: p.Partition, Options: p.options.names(), Waivers: documentsOf(p.waivers),
		Steps: p.Steps, Findings: p.Findings, LeftOut: p.LeftOut, World: p.world(),
	}
	for _, a := range sortedKeys(p.ignored) {
		n := p.graph.byName[a]
		doc.Ignored = append(doc.Ignored, ignoredDocument{a, n.kind.kindName(), n.digest})
	}
	var err error
	doc.Digest, err = doc.sum()
	return doc, err
}

// sum is the digest of a document: SHA-256 of its JSON as encoding/json writes it, without white space and without the digest.
func (doc document) sum() (string, error) {
	doc.Digest = ""
	text, err := json.Marshal(doc)
	return digest(text), err
}

// documentsOf are the waivers, each once, in an order that is not the declaration's.
func documentsOf(waivers []waiver) []waiverDocument {
	var out []waiverDocument
	for _, w := range waivers {
		out = append(out, waiverDocument{w.guardrail, w.on, w.reason, w.until.UTC().Round(0)})
	}
	slices.SortFunc(out, func(a, b waiverDocument) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(out)
}

func (w waiverDocument) String() string {
	return fmt.Sprintf("of %s on %s until %s: %s", w.Guardrail, w.On, w.Until.Format(time.RFC3339Nano), w.Reason)
}

// names are the options as they are called.
func (o planOptions) names() []string {
	var out []string
	for _, f := range []struct {
		on   bool
		name string
	}{{o.destroy, "Destroy"}, {o.prune, "Prune"}, {o.adopt, "AdoptAll"}, {o.observe, "ObserveAll"}} {
		if f.on {
			out = append(out, f.name)
		}
	}
	for _, a := range sortedKeys(o.allowDelete) {
		out = append(out, "AllowDelete "+string(a))
	}
	for _, k := range sortedKeys(o.leaveOut) {
		out = append(out, "LeaveOut "+k)
	}
	var kinds []string
	for _, k := range o.kinds {
		kinds = append(kinds, "Prune "+k.kindName())
	}
	slices.Sort(kinds)
	return append(out, slices.Compact(kinds)...)
}

// readDocument reads an approved plan, and finds what is wrong with it by itself.
func readDocument(approved []byte) (doc document, wrong []Finding, err error) {
	var head struct{ Format int }
	if err := json.Unmarshal(approved, &head); err != nil {
		return doc, nil, fmt.Errorf("ztcore: this is no plan, or not the whole of one: %w", err)
	}
	if head.Format != documentFormat {
		return doc, []Finding{{
			Attribute: "format", Message: fmt.Sprintf("the plan was approved for %d, and this is %d", head.Format, documentFormat), Fix: "plan again with this version, and have that approved",
		}}, nil
	}
	dec := json.NewDecoder(bytes.NewReader(approved))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		return doc, nil, fmt.Errorf("ztcore: this is no plan: %w", err)
	}
	canonical, err := json.Marshal(doc)
	if err != nil {
		return doc, nil, fmt.Errorf("ztcore: this is no plan: %w", err)
	}
	if !sameTokens(approved, canonical) { // who approved it may have looked at the other of two values
		return doc, nil, errors.New("ztcore: this is no plan: something in it stands twice, in another order, is called otherwise or is empty")
	}
	if sum, err := doc.sum(); err != nil || sum != doc.Digest {
		wrong = append(wrong, Finding{Attribute: "digest", Message: "the document is not what its digest was made of: it was edited, or is cut off", Fix: "take the file as it was approved, or plan again and have that approved"})
	}
	seen := map[Address]bool{}
	once := func(a Address) {
		if seen[a] {
			wrong = append(wrong, Finding{Resource: a, Message: "stands twice in the approved plan"})
		}
		seen[a] = true
	}
	for _, s := range doc.Steps {
		once(s.Address)
		if !s.Action.known() || s.Action == None && len(s.Changes) > 0 {
			wrong = append(wrong, Finding{Resource: s.Address, Message: fmt.Sprintf("no plan has the action %q with %d changes", s.Action, len(s.Changes)), Fix: "take the file as it was approved"})
		}
	}
	for _, i := range doc.Ignored {
		once(i.Address)
	}
	return doc, wrong, nil
}

// sameTokens compares two JSON texts but for white space and escapes.
func sameTokens(a, b []byte) bool {
	x, y := json.NewDecoder(bytes.NewReader(a)), json.NewDecoder(bytes.NewReader(b))
	x.UseNumber()
	y.UseNumber()
	for {
		s, xErr := x.Token()
		t, yErr := y.Token()
		if xErr == io.EOF && yErr == io.EOF {
			return true
		}
		if xErr != nil || yErr != nil || s != t {
			return false
		}
	}
}

// elsewhere finds what can be told of an approved plan before anything is read: that it is for another place, or for other options.
func (doc *document) elsewhere(sc *Scope, o planOptions, waivers []waiver) (wrong []Finding) {
	for _, m := range []struct{ what, is, was, fix string }{
		{"baseline", sc.Baseline, doc.Baseline, "load the plan with the baseline that it was made of"},
		{"account", sc.Account, doc.Account, "use that account's credentials"},
		{"region", sc.Region, doc.Region, "set that region"},
		{"partition", sc.Partition, doc.Partition, "use credentials of that partition"},
	} {
		if m.is != m.was {
			wrong = append(wrong, Finding{Attribute: m.what, Message: fmt.Sprintf("the plan was approved for %s, and this is %s", m.was, m.is), Fix: m.fix + ", or plan again and have that approved"})
		}
	}
	differ := func(what, each, fix string, is, was []string) {
		for _, w := range was {
			if !slices.Contains(is, w) {
				wrong = append(wrong, Finding{Attribute: what, Message: fmt.Sprintf("the plan was approved with %s%s, and this is without", each, w), Fix: fix})
			}
		}
		for _, n := range is {
			if !slices.Contains(was, n) {
				wrong = append(wrong, Finding{Attribute: what, Message: fmt.Sprintf("the plan was approved without %s%s, and this is with it", each, n), Fix: fix})
			}
		}
		if len(is) == len(was) && !slices.Equal(is, was) {
			wrong = append(wrong, Finding{Attribute: what, Message: "they are in another order than a plan has them", Fix: "take the file as it was approved"})
		}
	}
	differ("options", "", "pass the options that the plan was made with, or plan again and have that approved", o.names(), doc.Options)
	texts := func(ws []waiverDocument) (out []string) {
		for _, w := range ws {
			out = append(out, w.String())
		}
		return out
	}
	differ("waivers", "the waiver ", "declare the waivers that were approved, each until a fixed date, or plan again and have that approved", texts(documentsOf(waivers)), texts(doc.Waivers))
	return wrong
}
