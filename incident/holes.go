package incident

import (
	"fmt"
	"slices"
	"time"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// Holes says what is missing in the plan or contradicts itself, as of a moment: what would be found out in the middle of an
// incident. A plan without findings can be followed from any detection to the last step, with somebody for each.
func (p Plan) Holes(now time.Time) []ztcore.Finding {
	h := &holes{plan: p, roles: map[string]bool{}, contacts: map[string]bool{}, severities: map[string]bool{}, playbooks: map[string]bool{}}
	h.names()
	h.head(now)
	h.people()
	h.responses()
	h.communications()
	return h.found
}

type holes struct {
	plan                                   Plan
	roles, contacts, severities, playbooks map[string]bool
	found                                  []ztcore.Finding
}

func (h *holes) bad(attribute, message, fix string) {
	h.found = append(h.found, ztcore.Finding{Attribute: attribute, Message: message, Fix: fix, Controls: []string{"NIST SP 800-61 2.3"}})
}

// names gathers what there is, and finds what is there twice or has no name.
func (h *holes) names() {
	add := func(seen map[string]bool, kind, name string) {
		switch {
		case name == "":
			h.bad(kind, "one has no name", "name it")
		case seen[name]:
			h.bad(kind+"["+name+"]", "is there twice", "give each a name of its own")
		}
		seen[name] = true
	}
	for _, r := range h.plan.Roles {
		add(h.roles, "Roles", r.Name)
	}
	for _, c := range h.plan.Contacts {
		add(h.contacts, "Contacts", c.Name)
	}
	for _, s := range h.plan.Severities {
		add(h.severities, "Severities", s.Name)
	}
	for _, b := range h.plan.Playbooks {
		add(h.playbooks, "Playbooks", b.Name)
	}
	detections := map[string]bool{}
	for _, d := range h.plan.Detections {
		add(detections, "Detections", d.Name)
	}
}

func (h *holes) head(now time.Time) {
	p := h.plan
	for _, x := range []struct{ attribute, text string }{{"Name", p.Name}, {"Scope", p.Scope}, {"Version", p.Version}} {
		if x.text == "" {
			h.bad(x.attribute, "is empty", "fill it in")
		}
	}
	h.role("Owner", p.Owner)
	for _, due := range []struct {
		what string
		last time.Time
	}{{"Reviewed", p.Reviewed}, {"Exercised", p.Exercised}} {
		switch {
		case due.last.IsZero():
			h.bad(due.what, "never happened", "do it, and note the day")
		case now.Sub(due.last) > p.every():
			h.bad(due.what, fmt.Sprintf("was last on %s, more than %d days ago", due.last.Format(time.DateOnly), int(p.every().Hours()/24)), "do it again, and note the day")
		case due.last.After(now):
			h.bad(due.what, fmt.Sprintf("is on %s, which is still to come", due.last.Format(time.DateOnly)), "note the day on which it happened")
		}
	}
	for _, x := range []struct {
		what string
		n    int
	}{{"Roles", len(p.Roles)}, {"Severities", len(p.Severities)}, {"Detections", len(p.Detections)}, {"Playbooks", len(p.Playbooks)}, {"Communications", len(p.Communications)}} {
		if x.n == 0 {
			h.bad(x.what, "there are none", "a plan needs some")
		}
	}
}

// role finds a role that is not filled or not there.
func (h *holes) role(attribute, name string) {
	switch {
	case name == "":
		h.bad(attribute, "no role is named", "name the role that has it")
	case !h.roles[name]:
		h.bad(attribute, fmt.Sprintf("there is no role %q", name), "name one of Roles")
	}
}

func (h *holes) people() {
	for _, r := range h.plan.Roles {
		at := "Roles[" + r.Name + "]"
		for _, x := range []struct{ attribute, name string }{{".Contact", r.Contact}, {".Deputy", r.Deputy}} {
			if !h.contacts[x.name] {
				h.bad(at+x.attribute, fmt.Sprintf("there is no contact %q", x.name), "name one of Contacts, so that the role is filled at any hour")
			}
		}
		if r.Contact != "" && r.Contact == r.Deputy {
			h.bad(at+".Deputy", "is the same as Contact, who may not be reached", "name somebody else")
		}
		if r.Duties == "" {
			h.bad(at+".Duties", "are not said", "say what the role does and decides")
		}
	}
	for _, c := range h.plan.Contacts {
		if c.Email == "" && c.Phone == "" {
			h.bad("Contacts["+c.Name+"]", "can't be reached", "add a phone number")
		}
		if c.OutOfBand == "" {
			h.bad("Contacts["+c.Name+"].OutOfBand", "the only ways to reach them are those that an intruder may read or cut", "add one that does not depend on the company's systems")
		}
	}
}

func (h *holes) responses() {
	used, detected := map[string]bool{}, map[string]bool{}
	for _, s := range h.plan.Severities {
		at := "Severities[" + s.Name + "]"
		h.role(at+".Owner", s.Owner)
		if s.Means == "" {
			h.bad(at+".Means", "is not said, so nobody can tell which severity it is", "say what belongs to it")
		}
		if s.Acknowledge <= 0 || s.Contain <= 0 || s.Contain < s.Acknowledge {
			h.bad(at+".Contain", fmt.Sprintf("%s to acknowledge and %s to contain are no targets", s.Acknowledge, s.Contain), "set both; containing includes acknowledging")
		}
	}
	for _, d := range h.plan.Detections {
		at := "Detections[" + d.Name + "]"
		if !h.severities[d.Severity] {
			h.bad(at+".Severity", fmt.Sprintf("there is no severity %q", d.Severity), "name one of Severities")
		}
		if !h.playbooks[d.Playbook] {
			h.bad(at+".Playbook", fmt.Sprintf("there is no playbook %q: the detection leads nowhere", d.Playbook), "name one of Playbooks")
		}
		if d.Source == "" {
			h.bad(at+".Source", "is not said", "name what detects it, as GuardDuty")
		}
		used[d.Playbook], detected[d.Severity] = true, true
	}
	for _, s := range h.plan.Severities {
		if !detected[s.Name] {
			h.bad("Severities["+s.Name+"]", "no detection leads to it", "add one, or leave the severity out")
		}
	}
	for _, b := range h.plan.Playbooks {
		if !used[b.Name] {
			h.bad("Playbooks["+b.Name+"]", "no detection leads to it", "add one, or leave the playbook out")
		}
		h.steps(b)
	}
}

func (h *holes) steps(b Playbook) {
	at := "Playbooks[" + b.Name + "]"
	last, seen := 0, map[Phase]bool{}
	for i, s := range b.Steps {
		here := fmt.Sprintf("%s.Steps[%d]", at, i)
		n := slices.Index(phases, s.Phase)
		switch {
		case n < 0:
			h.bad(here+".Phase", fmt.Sprintf("%q is no phase", s.Phase), "use one of Detect, Contain, Eradicate, Recover and PostIncident")
		case n < last:
			h.bad(here+".Phase", fmt.Sprintf("%s comes after %s", s.Phase, phases[last]), "put the steps in the order of their phases")
		default:
			last = n
		}
		seen[s.Phase] = true
		h.role(here+".Role", s.Role)
		if s.Do == "" {
			h.bad(here+".Do", "is empty", "say what is to be done")
		}
	}
	for _, p := range phases {
		if !seen[p] {
			h.bad(at, "has no step for "+string(p), "add one")
		}
	}
}

func (h *holes) communications() {
	told := map[string]bool{}
	for _, c := range h.plan.Communications {
		at := "Communications[" + c.Audience + "]"
		h.role(at+".Owner", c.Owner)
		if c.Channel == "" || c.Template == "" || c.Within <= 0 {
			h.bad(at, "lacks its channel, its first words or its time", "agree on them now")
		}
		for _, s := range c.Severities {
			if !h.severities[s] {
				h.bad(at+".Severities", fmt.Sprintf("there is no severity %q", s), "name some of Severities")
			}
			told[s] = true
		}
	}
	for _, s := range h.plan.Severities {
		if !told[s.Name] && len(h.plan.Communications) > 0 {
			h.bad("Severities["+s.Name+"]", "nobody is told of it", "add it to a Communication")
		}
	}
}
