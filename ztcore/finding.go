package ztcore

import (
	"fmt"
	"strings"
	"time"
)

// Finding is something wrong with a resource: an input that AWS would refuse or, when Guardrail is set, one that a
// zero-trust baseline should not have.
type Finding struct {
	Resource  Address  `json:"resource,omitempty"` // filled in by the engine for what a kind finds
	Attribute string   `json:"attribute,omitempty"`
	Message   string   `json:"message"`
	Fix       string   `json:"fix,omitempty"`
	Guardrail string   `json:"guardrail,omitempty"` // the rule's name, as "network.admin-port-open"; empty for invalid input
	Controls  []string `json:"controls,omitempty"`  // as "CIS AWS 3.0 5.2", "NIST SP 800-207 tenet 3"
	Waived    *Waived  `json:"waived,omitempty"`
}

// Waived says why a finding does not block, and until when.
type Waived struct {
	Reason string    `json:"reason"`
	Until  time.Time `json:"until"`
}

func (f Finding) String() string {
	var b strings.Builder
	if f.Resource != "" {
		fmt.Fprintf(&b, "%s: ", f.Resource)
	}
	if f.Attribute != "" {
		fmt.Fprintf(&b, "%s: ", f.Attribute)
	}
	b.WriteString(forReaders(f.Message))
	if f.Fix != "" {
		fmt.Fprintf(&b, " (%s)", forReaders(f.Fix))
	}
	if f.Guardrail != "" {
		fmt.Fprintf(&b, " [%s", f.Guardrail)
		for _, c := range f.Controls {
			fmt.Fprintf(&b, "; %s", c)
		}
		b.WriteString("]")
	}
	if f.Waived != nil {
		fmt.Fprintf(&b, " waived until %s: %s", f.Waived.Until.Format(time.DateOnly), f.Waived.Reason)
	}
	return b.String()
}

// InvalidError lists what is wrong with a baseline, or with where it is to be applied, as far as can be told without a call;
// and if that is nothing, what reading has shown. Nothing was changed, and nothing will be until it is mended.
type InvalidError struct {
	Baseline string
	Findings []Finding
}

func (e *InvalidError) Error() string {
	return listed(fmt.Sprintf("baseline %q is invalid", e.Baseline), e.Findings)
}

// BlockedError lists the guardrail findings that keep a plan from being applied.
type BlockedError struct {
	Findings []Finding
}

func (e *BlockedError) Error() string {
	return listed("blocked by guardrails (mend, or waive with a reason and an end date)", e.Findings)
}

func listed[T fmt.Stringer](title string, items []T) string {
	var b strings.Builder
	fmt.Fprintf(&b, "ztcore: %s: %d", title, len(items))
	if len(items) == 1 {
		b.WriteString(" finding")
	} else {
		b.WriteString(" findings")
	}
	for _, f := range items {
		b.WriteString("\n  " + f.String())
	}
	return b.String()
}

// waive marks the findings that are waived, and returns those that still block.
func waive(findings []Finding, waivers []waiver, now time.Time) (blocking []Finding) {
	for i := range findings {
		f := &findings[i]
		for _, w := range waivers {
			if w.guardrail == f.Guardrail && w.on == f.Resource && now.Before(w.until) {
				f.Waived = &Waived{w.reason, w.until}
			}
		}
		if f.Waived == nil {
			blocking = append(blocking, *f)
		}
	}
	return blocking
}
