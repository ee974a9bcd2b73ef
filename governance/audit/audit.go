// Package audit reviews the identities of an account: who may do everything, who could give himself more than he has, what nobody
// uses, whom outsiders trust, and whose second factor is missing. It only reads.
//
//	report, err := audit.Run(ctx, cfg, audit.Options{})
//	fmt.Print(report.Markdown())                 // for people
//	text, err := json.MarshalIndent(report, "", "  ")   // for machines
//
// One paged listing (GetAccountAuthorizationDetails) has all documents; get-policy, which the guide names, has none. The other
// source is the credential report, which may be four hours old.
//
//	guide                                             here
//	10  45–46 review IAM policies: list, get          Run, Report
//
// What it does not see: service control policies, resource policies, sessions, and conditions that depend on the request. A
// permission that holds under a condition only is not counted as a way up; Access Analyzer (iam/analyzer) sees what is shared.
package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Severity says how soon a finding has to be seen to.
type Severity string

// Severities, the worst first.
const (
	Critical Severity = "CRITICAL"
	High     Severity = "HIGH"
	Medium   Severity = "MEDIUM"
	Low      Severity = "LOW"
)

var severities = []Severity{Critical, High, Medium, Low}

// Options say what is normal in an account. The zero value suits an account of its own.
type Options struct {
	// Accounts of 12 digits that are one's own, besides the audited one: trust in them needs no external id.
	Accounts []string
	// UnusedAfter is how long an identity or a credential may lie idle: 45 days if zero (CIS AWS 3.0 1.12).
	UnusedAfter time.Duration
	// RotateAfter is how old an access key may be: 90 days if zero (CIS AWS 3.0 1.14).
	RotateAfter time.Duration
}

// Finding is one thing that is wrong.
type Finding struct {
	Rule     string   `json:"rule"` // as "admin", "escalation", "public-trust"
	Severity Severity `json:"severity"`
	Entity   string   `json:"entity"` // ARN of the user, role, group or policy
	Message  string   `json:"message"`
	Controls []string `json:"controls,omitempty"`
	Fix      string   `json:"fix"`
}

// Report is the outcome of an audit.
type Report struct {
	Account  string    `json:"account"`
	At       time.Time `json:"at"`
	Users    int       `json:"users"`
	Roles    int       `json:"roles"` // without those that AWS services link to themselves
	Groups   int       `json:"groups"`
	Policies int       `json:"policies"` // the account's own managed policies
	Findings []Finding `json:"findings"` // the worst first
}

// check finds all that is wrong with the options.
func (o Options) check() error {
	var faults []error
	for _, a := range o.Accounts {
		if len(a) != 12 || strings.Trim(a, "0123456789") != "" {
			faults = append(faults, fmt.Errorf("audit: %q is no account: use 12 digits", a))
		}
	}
	if o.UnusedAfter < 0 || o.RotateAfter < 0 {
		faults = append(faults, errors.New("audit: UnusedAfter and RotateAfter can't be negative: leave them zero for the benchmark's values"))
	}
	return errors.Join(faults...)
}

// Run reads an account and finds what is wrong. Options are checked before the first call; other errors are the SDK's, or name the
// document that can't be read. ctx bounds the wait for the credential report.
func Run(ctx context.Context, cfg aws.Config, o Options) (*Report, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	facts, err := read(ctx, cfg)
	if err != nil {
		return nil, err
	}
	a := &auditor{facts: facts, now: time.Now(), own: append([]string{facts.account}, o.Accounts...)}
	a.unusedAfter, a.rotateAfter = cmp.Or(o.UnusedAfter, 45*24*time.Hour), cmp.Or(o.RotateAfter, 90*24*time.Hour)
	if err := errors.Join(a.policies(), a.principals(), a.trusts()); err != nil {
		return nil, err
	}
	a.idle()
	a.credentials()
	slices.SortStableFunc(a.found, func(x, y Finding) int {
		return cmp.Or(cmp.Compare(slices.Index(severities, x.Severity), slices.Index(severities, y.Severity)), cmp.Compare(x.Rule, y.Rule), cmp.Compare(x.Entity, y.Entity))
	})
	return &Report{
		Account: facts.account, At: a.now.UTC(), Users: len(facts.users), Roles: len(facts.roles), Groups: len(facts.groups), Policies: len(facts.managed), Findings: a.found,
	}, nil
}

type auditor struct {
	*facts
	now                      time.Time
	own                      []string
	unusedAfter, rotateAfter time.Duration
	found                    []Finding
}

func (a *auditor) find(rule string, s Severity, entity, message, fix string, controls ...string) {
	a.found = append(a.found, Finding{Rule: rule, Severity: s, Entity: entity, Message: message, Fix: fix, Controls: controls})
}

// Count is how many findings there are of a severity.
func (r *Report) Count(s Severity) int {
	n := 0
	for _, f := range r.Findings {
		if f.Severity == s {
			n++
		}
	}
	return n
}

// Markdown is the report for people: a summary and, for each severity, a table.
func (r *Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# IAM audit of account %s\n\n%s. %d users, %d roles, %d groups, %d policies.\n", r.Account, r.At.Format(time.DateOnly), r.Users, r.Roles, r.Groups, r.Policies)
	if len(r.Findings) == 0 {
		b.WriteString("\nNothing was found.\n")
	}
	for _, s := range severities {
		if n := r.Count(s); n == 0 {
			continue
		} else {
			fmt.Fprintf(&b, "\n## %s: %d\n\n| entity | finding | fix | controls |\n|---|---|---|---|\n", s, n)
		}
		for _, f := range r.Findings {
			if f.Severity == s {
				fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", cell(f.Entity), cell(f.Message), cell(f.Fix), cell(strings.Join(f.Controls, ", ")))
			}
		}
	}
	return b.String()
}

// cell keeps a text from breaking a table.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "\r", " ", "<", "&lt;", "*", `\*`).Replace(s)
}
