package ztcore

import (
	"fmt"
	"slices"
	"strings"
)

// Principle is one of the three principles of zero trust.
type Principle string

// The principles of zero trust.
const (
	VerifyExplicitly Principle = "verify explicitly"
	LeastPrivilege   Principle = "least privilege"
	AssumeBreach     Principle = "assume breach"
)

// tenets are those of NIST SP 800-207, section 2.1, with the principle that each comes from.
// https://doi.org/10.6028/NIST.SP.800-207
var tenets = [...]struct {
	text      string
	principle Principle
}{
	{"all data sources and computing services are resources", VerifyExplicitly},
	{"all communication is secured, wherever it takes place", AssumeBreach},
	{"access is granted for a session", LeastPrivilege},
	{"access is decided by dynamic policy", LeastPrivilege},
	{"the integrity and security of all assets are monitored", AssumeBreach},
	{"authentication and authorization are strictly enforced before access", VerifyExplicitly},
	{"as much as possible is learned about assets and used to improve", AssumeBreach},
}

const tenetPrefix = "NIST SP 800-207 tenet "

// Principles are those that controls serve, by the tenets of NIST SP 800-207 among them, as "NIST SP 800-207 tenet 3".
func Principles(controls []string) []Principle {
	var out []Principle
	for i, t := range tenets {
		if slices.Contains(controls, fmt.Sprint(tenetPrefix, i+1)) && !slices.Contains(out, t.principle) {
			out = append(out, t.principle)
		}
	}
	slices.Sort(out)
	return out
}

// Verdict says what reading an account has shown.
type Verdict string

// Verdicts, from the best.
const (
	Met     Verdict = "met"                 // everything is as declared
	Excused Verdict = "met with exceptions" // as declared, and the declaration gives reasons for departing from the safe form
	Open    Verdict = "open"                // something is missing, differs, was not read, or a guardrail has a finding
)

// Evidence is what a plan proves of an account: for every control that its resources serve, which of them were read and found as
// declared. It is made from reads alone, so a plan right after an apply, or one that only observes, is an audit.
type Evidence struct {
	Baseline string            `json:"baseline"`
	Account  string            `json:"account"`
	Region   string            `json:"region"`
	Controls []ControlEvidence `json:"controls"`
}

// ControlEvidence is the evidence for one control, as "CIS AWS 3.0 3.6".
type ControlEvidence struct {
	Control    string             `json:"control"`
	Principles []Principle        `json:"principles,omitempty"`
	Verdict    Verdict            `json:"verdict"`
	Resources  []ResourceEvidence `json:"resources"`
	Findings   []Finding          `json:"findings,omitempty"` // of guardrails, those that are waived included
}

// ResourceEvidence is one resource's part.
type ResourceEvidence struct {
	Address    Address     `json:"address"`
	Verdict    Verdict     `json:"verdict"`
	Why        string      `json:"why,omitempty"` // of Open
	Exceptions []Exception `json:"exceptions,omitempty"`
}

// Evidence is what the plan's reads prove. Controls come in the order of their names.
func (p *Plan) Evidence() Evidence {
	byControl := map[string]*ControlEvidence{}
	control := func(name string) *ControlEvidence {
		if byControl[name] == nil {
			byControl[name] = &ControlEvidence{Control: name, Verdict: Met}
		}
		return byControl[name]
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		r, principles := s.evidence(), Principles(s.Controls)
		for _, name := range s.Controls {
			c := control(name)
			c.Resources = append(c.Resources, r)
			c.Verdict = worse(c.Verdict, r.Verdict)
			c.Principles = append(c.Principles, principles...)
		}
	}
	for _, f := range p.Findings {
		principles := Principles(f.Controls)
		for _, name := range f.Controls {
			c := control(name)
			c.Findings = append(c.Findings, f)
			c.Principles = append(c.Principles, principles...)
			if f.Waived != nil {
				c.Verdict = worse(c.Verdict, Excused)
			} else {
				c.Verdict = Open
			}
		}
	}
	out := Evidence{Baseline: p.Baseline, Account: p.Account, Region: p.Region}
	for _, name := range sortedKeys(byControl) {
		c := byControl[name]
		slices.Sort(c.Principles)
		c.Principles = slices.Compact(c.Principles)
		out.Controls = append(out.Controls, *c)
	}
	return out
}

// evidence is what a step proves: only what was read and needs nothing done is as declared.
func (s *Step) evidence() ResourceEvidence {
	r := ResourceEvidence{Address: s.Address, Verdict: Met, Exceptions: s.Exceptions}
	switch {
	case s.Action != None:
		r.Verdict, r.Why = Open, string(s.Action)
	case s.have == nil:
		r.Verdict, r.Why = Open, "was not read"
	case len(s.Exceptions) > 0:
		r.Verdict = Excused
	}
	if r.Verdict == Open && s.Reason != "" {
		r.Why += ": " + s.Reason
	}
	return r
}

func worse(a, b Verdict) Verdict {
	order := []Verdict{Met, Excused, Open}
	return order[max(slices.Index(order, a), slices.Index(order, b))]
}

// Markdown is the evidence for people, by principle and control.
func (e Evidence) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Evidence: %s in account %s, region %s\n", e.Baseline, e.Account, e.Region)
	for _, p := range []Principle{VerifyExplicitly, LeastPrivilege, AssumeBreach, ""} {
		head := "\n## " + strings.ToUpper(string(p[:min(1, len(p))])) + string(p[min(1, len(p)):]) + "\n\n| control | verdict | resources | open, or excused |\n|---|---|---|---|\n"
		if p == "" {
			head = strings.Replace(head, "## ", "## Controls of no tenet", 1)
		}
		for _, c := range e.Controls {
			if slices.Contains(c.Principles, p) || p == "" && len(c.Principles) == 0 {
				fmt.Fprintf(&b, "%s| %s | %s | %d | %s |\n", head, c.title(), c.Verdict, len(c.Resources), cell(strings.Join(c.remarks(), "; ")))
				head = ""
			}
		}
	}
	return b.String()
}

// title is the control's name, with the words of a tenet.
func (c ControlEvidence) title() string {
	for i, t := range tenets {
		if c.Control == fmt.Sprint(tenetPrefix, i+1) {
			return c.Control + ": " + t.text
		}
	}
	return cell(c.Control)
}

func (c ControlEvidence) remarks() []string {
	var out []string
	for _, r := range c.Resources {
		switch r.Verdict {
		case Open:
			out = append(out, fmt.Sprintf("%s: %s", r.Address, r.Why))
		case Excused:
			for _, x := range r.Exceptions {
				out = append(out, fmt.Sprintf("%s, %s: %s", r.Address, x.Attribute, x.Reason))
			}
		}
	}
	for _, f := range c.Findings {
		out = append(out, f.String())
	}
	return out
}

// cell keeps a text in its cell of a table.
func cell(s string) string { return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s) }
