package detection

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-08ecc977/zerotrust/monitoring/events"
	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// Source is where findings come from.
type Source string

// Sources of findings.
const (
	GuardDuty   Source = "aws.guardduty"
	SecurityHub Source = "aws.securityhub"
)

// Severity is how bad a finding is. GuardDuty's numbers are read as its own documentation does: from 1 Low, 4 Medium, 7 High,
// 9 Critical. https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings-severity.html
type Severity string

// Severities.
const (
	Low      Severity = "LOW"
	Medium   Severity = "MEDIUM"
	High     Severity = "HIGH"
	Critical Severity = "CRITICAL"
)

var (
	severities = []Severity{Low, Medium, High, Critical}
	lowest     = map[Severity]int{Low: 1, Medium: 4, High: 7, Critical: 9}
)

// Route passes findings to targets, such as a topic or a runbook: a rule of EventBridge with the pattern written already.
// Of Security Hub it takes findings that are new and active.
type Route struct {
	Name    string          // of the rule
	Of      Source          // GuardDuty if empty
	AtLeast Severity        // High if empty
	Types   []string        // beginnings of finding types, as "UnauthorizedAccess:EC2/"; all if empty
	To      []events.Target // at least one
	Tags    map[string]string
}

// Pattern is the pattern of the rule, for events.Match.
func (r Route) Pattern() string {
	r = r.normal()
	from := slices.Index(severities, r.AtLeast)
	prefixes := make([]string, 0, len(r.Types))
	for _, t := range r.Types {
		prefixes = append(prefixes, fmt.Sprintf(`{"prefix": %q}`, t))
	}
	ofType := func(field string) string {
		if len(prefixes) == 0 {
			return ""
		}
		return fmt.Sprintf(`, %q: [%s]`, field, strings.Join(prefixes, ", "))
	}
	if r.Of == SecurityHub {
		var labels []string
		for _, s := range severities[max(from, 0):] {
			labels = append(labels, fmt.Sprintf("%q", s))
		}
		return fmt.Sprintf(`{"source": [%q], "detail-type": ["Security Hub Findings - Imported"], "detail": {"findings": {"Severity": {"Label": [%s]}, "Workflow": {"Status": ["NEW"]}, "RecordState": ["ACTIVE"]%s}}}`,
			r.Of, strings.Join(labels, ", "), ofType("Types"))
	}
	return fmt.Sprintf(`{"source": [%q], "detail-type": ["GuardDuty Finding"], "detail": {"severity": [{"numeric": [">=", %d]}]%s}}`, r.Of, lowest[r.AtLeast], ofType("type"))
}

func (r Route) normal() Route {
	if r.Of == "" {
		r.Of = GuardDuty
	}
	if r.AtLeast == "" {
		r.AtLeast = High
	}
	return r
}

// Rule is the rule that the route declares.
func (r Route) Rule() events.Rule {
	n := r.normal()
	return events.Rule{Name: r.Name, Description: fmt.Sprintf("Findings of %s, %s and above", n.Of, n.AtLeast), Pattern: r.Pattern(), Targets: r.To, Tags: r.Tags}
}

// Declare implements ztcore.Resource.
func (r Route) Declare(d *ztcore.Declaration) {
	n := r.normal()
	if n.Of != GuardDuty && n.Of != SecurityHub {
		d.Reject(ztcore.Finding{Attribute: "Route " + r.Name + " Of", Message: string(r.Of) + " is no source of findings", Fix: "use GuardDuty or SecurityHub"})
	}
	if !slices.Contains(severities, n.AtLeast) {
		d.Reject(ztcore.Finding{Attribute: "Route " + r.Name + " AtLeast", Message: string(r.AtLeast) + " is no severity", Fix: "use one of the package's constants"})
	}
	if len(r.To) == 0 {
		d.Reject(ztcore.Finding{Attribute: "Route " + r.Name + " To", Message: "nobody gets the findings", Fix: "name a target, as a topic"})
	}
	r.Rule().Declare(d)
}
