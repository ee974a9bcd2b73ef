package incident

import (
	"time"
)

// Plan is an incident response plan: who does what when something happens, written down before it does. It is plain data:
// it marshals to JSON, renders to Markdown, and Holes says what is missing in it. Its structure is that of NIST SP 800-61.
// https://csrc.nist.gov/pubs/sp/800/61/r2/final
type Plan struct {
	Name     string        `json:"name"`
	Scope    string        `json:"scope"` // the accounts and systems that it is for
	Version  string        `json:"version"`
	Owner    string        `json:"owner"` // a role, who keeps the plan up to date
	Reviewed time.Time     `json:"reviewed"`
	Every    time.Duration `json:"every,omitempty"` // how often it is reviewed and exercised; a year if zero
	// Exercised is when a game day last went through the plan.
	Exercised      time.Time       `json:"exercised"`
	Roles          []Role          `json:"roles"`
	Contacts       []Contact       `json:"contacts"`
	Severities     []Severity      `json:"severities"`
	Detections     []Detection     `json:"detections"`
	Playbooks      []Playbook      `json:"playbooks"`
	Communications []Communication `json:"communications"`
}

// Role is a part that somebody plays in a response, as incident commander.
type Role struct {
	Name    string `json:"name"`
	Duties  string `json:"duties"`
	Contact string `json:"contact"` // who has it, a Contact's name
	Deputy  string `json:"deputy"`  // who has it when the first can't be reached, somebody else
}

// Contact is a person or a team, and how to reach them when the usual systems may be down or listened to.
type Contact struct {
	Name      string `json:"name"`
	Email     string `json:"email,omitempty"`
	Phone     string `json:"phone,omitempty"`
	OutOfBand string `json:"outOfBand,omitempty"` // a way that does not depend on what may be compromised, as a phone or a messenger of its own
}

// Severity is a class of incidents, with what it demands.
type Severity struct {
	Name        string        `json:"name"`
	Means       string        `json:"means"`
	Owner       string        `json:"owner"`       // the role that decides
	Acknowledge time.Duration `json:"acknowledge"` // within which somebody is at work
	Contain     time.Duration `json:"contain"`     // within which it does not spread any more
}

// Detection is a way to learn of an incident.
type Detection struct {
	Name     string `json:"name"`
	Source   string `json:"source"` // as "GuardDuty", or the name of an alarm
	Severity string `json:"severity"`
	Playbook string `json:"playbook"`
}

// Playbook is what is done about one kind of incident.
type Playbook struct {
	Name  string `json:"name"`
	Steps []Step `json:"steps"`
}

// Step is one thing to do.
type Step struct {
	Phase Phase  `json:"phase"`
	Role  string `json:"role"` // who does it
	Do    string `json:"do"`
	// Runbook is the automation document, or the function of package containment, that does it; empty for what people do.
	Runbook string `json:"runbook,omitempty"`
}

// Phase is a phase of the response.
type Phase string

// The phases of NIST SP 800-61. Preparation is the plan itself.
const (
	Detect       Phase = "detection and analysis"
	Contain      Phase = "containment"
	Eradicate    Phase = "eradication"
	Recover      Phase = "recovery"
	PostIncident Phase = "post-incident activity"
)

// Phases are those that every playbook goes through, in their order.
var phases = []Phase{Detect, Contain, Eradicate, Recover, PostIncident}

// Communication is who is told what.
type Communication struct {
	Audience   string        `json:"audience"` // as "customers", "the supervisory authority"
	Channel    string        `json:"channel"`
	Severities []string      `json:"severities"`
	Owner      string        `json:"owner"` // the role that speaks
	Within     time.Duration `json:"within"`
	Template   string        `json:"template"` // the first words, agreed beforehand
}

func (p Plan) every() time.Duration {
	if p.Every == 0 {
		return 365 * 24 * time.Hour
	}
	return p.Every
}
