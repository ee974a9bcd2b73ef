package containment

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// StepStatus is how a step of the playbook came out.
type StepStatus string

const (
	StepDone   StepStatus = "done"   // or there was nothing to do
	StepFailed StepStatus = "failed" // in part at least
)

// StepReport is one step of the playbook.
type StepReport struct {
	Name   string     `json:"name"`
	Status StepStatus `json:"status"`
	Error  string     `json:"error,omitempty"`
	Limits []string   `json:"limits,omitempty"` // what it does not do
}

// Flow says of one class of connections what cut it, and what remains possible.
type Flow struct {
	Class   string `json:"class"`
	Cut     string `json:"cut"`     // the mechanism; "" if nothing cut it
	Remains string `json:"remains"` // what is possible still; "" for nothing
}

// Report is what was done about a case, or would be, for people (Markdown) and as JSON.
type Report struct {
	Headline   string           `json:"headline"`
	PlanOnly   bool             `json:"planOnly,omitempty"`
	Case       Case             `json:"case"`
	Targets    []Target         `json:"targets"`
	Account    string           `json:"account"`
	Actor      string           `json:"actor"`
	Steps      []StepReport     `json:"steps,omitempty"`
	Planned    []Record         `json:"planned,omitempty"`    // what would be changed
	Collateral []string         `json:"collateral,omitempty"` // whom else it touches
	Flows      []Flow           `json:"flows,omitempty"`
	Residual   []ztcore.Finding `json:"residual,omitempty"` // what is not contained now
	Lifts      []Lift           `json:"lifts,omitempty"`    // until when denials must stay
	Holds      []string         `json:"holds,omitempty"`    // what the case holds still
	Timeline   []Record         `json:"timeline,omitempty"`
	// Started is when the case was first worked on, Contained when the last of its changes was made.
	Started   time.Time `json:"started,omitzero"`
	Contained time.Time `json:"contained,omitzero"`
	// TimeToContain counts from detection or, where that is not known, from the start.
	TimeToContain time.Duration `json:"timeToContainNanoseconds,omitempty"`
	Head          string        `json:"head,omitempty"` // hash of the last record, for VerifyChain
}

// report puts together what is known, even when some of it can't be read any more.
func (r *run) report(ctx context.Context) *Report {
	out := &Report{
		PlanOnly: r.planning, Case: r.c.Case, Targets: r.c.Targets, Account: r.home.Account, Actor: r.caller,
		Steps: r.outcomes, Planned: r.planned, Collateral: union(r.collateral, nil), Timeline: r.journal.records(),
	}
	slices.SortStableFunc(out.Planned, func(a, b Record) int { return strings.Compare(a.Target, b.Target) })
	slices.SortStableFunc(out.Planned, func(a, b Record) int { return r.position(a.Step) - r.position(b.Step) })
	out.times()
	for _, h := range r.journal.open() {
		out.Holds = append(out.Holds, h.Setting+" of "+h.Target)
	}
	if !r.planning {
		var err error
		if out.Residual, err = r.verify(ctx); err != nil {
			out.Residual = append(out.Residual, ztcore.Finding{Attribute: "verification", Message: "not all could be read: " + err.Error(), Fix: "verify again"})
		}
		if out.Lifts, err = r.lifts(ctx, r.journal.open()); err != nil {
			out.Residual = append(out.Residual, ztcore.Finding{Attribute: "lift date", Message: err.Error(), Fix: "verify again"})
		}
	}
	out.Flows = r.flows(out)
	out.Headline = out.headline()
	return out
}

func (r *run) position(step string) int {
	return slices.IndexFunc(r.c.Playbook, func(s Step) bool { return s.Name() == step })
}

func (r *Report) times() {
	for _, e := range r.Timeline {
		if r.Started.IsZero() {
			r.Started = e.Time
		}
		if e.Event == Changed {
			r.Contained = e.Time
		}
		r.Head = e.Hash
	}
	from := r.Case.Detected
	if from.IsZero() {
		from = r.Started
	}
	if !r.Contained.IsZero() {
		r.TimeToContain = r.Contained.Sub(from)
	}
}

func (r *Report) headline() string {
	failed := 0
	for _, s := range r.Steps {
		if s.Status == StepFailed {
			failed++
		}
	}
	closed := len(r.Timeline) > 0 && r.Timeline[len(r.Timeline)-1].Event == Closed
	switch {
	case r.PlanOnly && failed > 0:
		return fmt.Sprintf("Plan only: nothing was changed. %d of %d steps could not be planned.", failed, len(r.Steps))
	case r.PlanOnly:
		return "Plan only: nothing was changed."
	case failed > 0:
		return fmt.Sprintf("PARTIAL FAILURE: %d of %d steps failed. Run it again.", failed, len(r.Steps))
	case closed:
		return "Closed: everything is as it was before, but for evidence."
	case len(r.Steps) == 0:
		return fmt.Sprintf("Undone in part: the case still holds %d settings.", len(r.Holds))
	case len(r.Residual) > 0:
		return fmt.Sprintf("NOT CONTAINED: verification found %d things.", len(r.Residual))
	}
	return fmt.Sprintf("Contained, %s after detection.", r.TimeToContain.Round(time.Second))
}

// flows tells per class of connections what the isolation did, by what the log has, not by what was intended.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/security-group-connection-tracking.html
func (r *run) flows(out *Report) []Flow {
	groups, acl := false, false
	for _, h := range r.journal.open() {
		groups = groups || h.Setting == interfaceGroups.name && h.known
		acl = acl || h.Setting == subnetACL.name && h.known
	}
	for _, f := range out.Residual {
		groups = groups && !strings.HasPrefix(f.Attribute, "eni-") && !strings.HasPrefix(f.Attribute, interfaceGroups.name)
	}
	if !groups && !acl {
		return nil
	}
	cut := "untracked by the open group, then denied by the closed group"
	tracked, remains := "", "the connection goes on until it is idle for its time-out: 350 s or up to 5 days for TCP, 30 to 180 s for UDP"
	if !groups {
		cut = "denied by the subnet's network ACL; traffic within the subnet is not"
	}
	if acl {
		tracked, remains = "denied by the subnet's network ACL", ""
	}
	return []Flow{
		{"new connections, in and out, IPv4 and IPv6", "denied by the closed group", ""},
		{"open TCP and UDP connections", cut, ""},
		{"ICMP", tracked, "answers to what was asked before, for seconds"},
		{"other protocols", tracked, "what matches an exchange of the last 600 s"},
		{"open connections through NAT and egress-only gateways, network load balancers, interface endpoints, transit gateways, firewalls, Global Accelerator", tracked, remains},
		{"instance metadata, Amazon's DNS resolver and time service, DHCP, license activation", "", "not filtered by groups or network ACLs: DNS may carry data; DNS Firewall filters it"},
		{"EC2 serial console", "", "open to whoever may connect to it, if the account has it enabled"},
	}
}

// Markdown is the report for people.
func (r *Report) Markdown() string {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("# Case %s\n\n**%s**\n", r.Case.ID, r.Headline)
	line("| | |\n|---|---|")
	line("| Severity | %s |\n| Owner | %s |\n| Review | %s |", r.Case.Severity, r.Case.Owner, stamp(r.Case.Review))
	if r.Case.Finding != "" {
		line("| Finding | %s |", cell(r.Case.Finding))
	}
	if r.Case.Summary != "" {
		line("| Summary | %s |", cell(r.Case.Summary))
	}
	for _, t := range r.Targets {
		line("| Target | %s |", cell(t.String()))
	}
	line("| Actor | %s |", cell(r.Actor))
	if !r.Case.Detected.IsZero() {
		line("| Detected | %s |", stamp(r.Case.Detected))
	}
	if !r.Started.IsZero() {
		line("| Started | %s |", stamp(r.Started))
	}
	if !r.Contained.IsZero() {
		line("| Contained | %s |\n| Time to contain | %s |", stamp(r.Contained), r.TimeToContain.Round(time.Second))
	}
	section := func(title string, lines []string) {
		if len(lines) > 0 {
			line("\n## %s\n\n%s", title, strings.Join(lines, "\n"))
		}
	}
	section("Not contained", each(r.Residual, func(f ztcore.Finding) string { return "- " + f.String() }))
	section("Steps", each(r.Steps, func(s StepReport) string {
		if s.Error != "" {
			return fmt.Sprintf("- %s: **%s**: %s", s.Name, s.Status, strings.ReplaceAll(s.Error, "\n", "; "))
		}
		return fmt.Sprintf("- %s: %s", s.Name, s.Status)
	}))
	section("Would be changed", each(r.Planned, func(p Record) string {
		return fmt.Sprintf("- %s: %s of %s: %s → %s", p.Step, p.Setting, p.Target, unquote(p.Before), unquote(p.After))
	}))
	section("Touched besides", each(r.Collateral, func(s string) string { return "- " + s }))
	if len(r.Flows) > 0 {
		line("\n## Connections\n\n| Class | Cut by | Remains possible |\n|---|---|---|")
		for _, f := range r.Flows {
			line("| %s | %s | %s |", cell(f.Class), cell(f.Cut), cell(f.Remains))
		}
	}
	section("Denials that must stay", each(r.Lifts, func(l Lift) string {
		return fmt.Sprintf("- %s: sessions from before %s, until %s", l.Role, stamp(l.CutOff), stamp(l.At))
	}))
	section("Held", each(r.Holds, func(s string) string { return "- " + s }))
	var limits []string
	for _, s := range r.Steps {
		for _, l := range s.Limits {
			if text := fmt.Sprintf("- %s: %s", s.Name, l); !slices.Contains(limits, text) {
				limits = append(limits, text)
			}
		}
	}
	section("What the playbook does not do", limits)
	if len(r.Timeline) > 0 {
		line("\n## Timeline\n\n| # | Time | Step | Event | What | Requests |\n|---|---|---|---|---|---|")
		for _, e := range r.Timeline {
			line("| %d | %s | %s | %s | %s | %s |", e.Seq, e.Time.UTC().Format(time.RFC3339), e.Step, e.Event, cell(e.what()), cell(e.requests()))
		}
		line("\n%d records, the last with the hash `%s`.", len(r.Timeline), r.Head)
	}
	return b.String()
}

// what is a record in a line.
func (r Record) what() string {
	var parts []string
	if r.Setting != "" {
		parts = append(parts, r.Setting+" of "+r.Target)
	} else if r.Target != "" {
		parts = append(parts, r.Target)
	}
	switch r.Event {
	case Intended, Changed, Restored:
		parts = append(parts, unquote(r.Before)+" → "+unquote(r.After))
	case Preserved:
		parts = append(parts, unquote(r.After))
	}
	for _, s := range []string{r.Note, r.Error} {
		if s != "" {
			parts = append(parts, strings.ReplaceAll(s, "\n", "; "))
		}
	}
	return strings.Join(parts, ": ")
}

func (r Record) requests() string {
	return strings.Join(each(r.Calls, func(c Call) string { return c.Action + " " + c.RequestID }), ", ")
}

func each[T any](all []T, f func(T) string) []string {
	out := make([]string, len(all))
	for i, v := range all {
		out[i] = f(v)
	}
	return out
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

func cell(s string) string { return strings.ReplaceAll(s, "|", "\\|") }
