package incident_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/incident"
)

var today = time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)

func complete() incident.Plan {
	return incident.Starter("acme", "all accounts of acme",
		incident.Contact{Name: "Ada", Phone: "+1 202 555 0100", OutOfBand: "private phone, in the safe"},
		incident.Contact{Name: "Grace", Email: "grace@example.com", OutOfBand: "messenger of its own"},
		today.AddDate(0, -2, 0), today.AddDate(0, -1, 0))
}

func TestTheStarterHasNoHoles(t *testing.T) {
	require.Empty(t, complete().Holes(today))
}

// Whatever is taken out of a complete plan is found.
func TestEveryHoleIsFound(t *testing.T) {
	for want, spoil := range map[string]func(p *incident.Plan){
		"Severities[high].Owner: no role is named":             func(p *incident.Plan) { p.Severities[1].Owner = "" },
		`Severities[high].Owner: there is no role "nobody"`:    func(p *incident.Plan) { p.Severities[1].Owner = "nobody" },
		"Severities[high].Means: is not said":                  func(p *incident.Plan) { p.Severities[1].Means = "" },
		"are no targets":                                       func(p *incident.Plan) { p.Severities[1].Contain = time.Minute },
		`there is no playbook "": the detection leads nowhere`: func(p *incident.Plan) { p.Detections[0].Playbook = "" },
		`there is no severity "urgent"`:                        func(p *incident.Plan) { p.Detections[0].Severity = "urgent" },
		"Severities[medium]: no detection leads to it":         func(p *incident.Plan) { p.Detections = p.Detections[:3] },
		"Playbooks[exposed bucket]: no detection leads to it":  func(p *incident.Plan) { p.Detections = p.Detections[:3] },
		"Playbooks[compromised instance]: has no step for recovery": func(p *incident.Plan) {
			p.Playbooks[0].Steps = append(p.Playbooks[0].Steps[:4:4], p.Playbooks[0].Steps[5:]...)
		},
		"detection and analysis comes after containment":              func(p *incident.Plan) { s := p.Playbooks[0].Steps; s[0], s[1] = s[1], s[0] },
		`"panic" is no phase`:                                         func(p *incident.Plan) { p.Playbooks[0].Steps[0].Phase = "panic" },
		"Steps[0].Do: is empty":                                       func(p *incident.Plan) { p.Playbooks[0].Steps[0].Do = "" },
		"Roles[scribe].Deputy: is the same as Contact":                func(p *incident.Plan) { p.Roles[3].Deputy = p.Roles[3].Contact },
		`Roles[scribe].Contact: there is no contact ""`:               func(p *incident.Plan) { p.Roles[3].Contact = "" },
		"Roles[scribe].Duties: are not said":                          func(p *incident.Plan) { p.Roles[3].Duties = "" },
		"Contacts[Ada]: can't be reached":                             func(p *incident.Plan) { p.Contacts[0].Phone = "" },
		"Contacts[Ada].OutOfBand":                                     func(p *incident.Plan) { p.Contacts[0].OutOfBand = "" },
		"Contacts[Ada]: is there twice":                               func(p *incident.Plan) { p.Contacts[1].Name = "Ada" },
		"Severities[medium]: nobody is told of it":                    func(p *incident.Plan) { p.Communications = p.Communications[:2] },
		"Communications[the company's management]: lacks its channel": func(p *incident.Plan) { p.Communications[0].Channel = "" },
		"Communications: there are none":                              func(p *incident.Plan) { p.Communications = nil },
		"Reviewed: never happened":                                    func(p *incident.Plan) { p.Reviewed = time.Time{} },
		"Exercised: was last on 2025-11-01, more than 365 days ago":   func(p *incident.Plan) { p.Exercised = time.Date(2025, 11, 1, 0, 0, 0, 0, time.UTC) },
		"Exercised: is on 2027-01-01, which is still to come":         func(p *incident.Plan) { p.Exercised = time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) },
		"Scope: is empty":                                             func(p *incident.Plan) { p.Scope = "" },
	} {
		p := complete()
		spoil(&p)
		var found []string
		for _, f := range p.Holes(today) {
			found = append(found, f.String())
		}
		require.Contains(t, strings.Join(found, "\n"), want)
	}
}

func TestThePlanSurvivesJSON(t *testing.T) {
	b, err := json.Marshal(complete())
	require.NoError(t, err)
	var back incident.Plan
	require.NoError(t, json.Unmarshal(b, &back))
	require.Equal(t, complete(), back)
}

func TestTheMarkdownHasEverythingAndHoldsTogether(t *testing.T) {
	p := complete()
	p.Severities[0].Means = "a | b\n<script>"
	md := p.Markdown()
	for _, s := range p.Playbooks {
		for _, step := range s.Steps {
			require.Contains(t, md, step.Do)
		}
	}
	for _, d := range p.Detections {
		require.Contains(t, md, d.Source)
	}
	require.Contains(t, md, `a \| b &lt;script>`)
	columns := 0
	for _, line := range strings.Split(md, "\n") {
		n := strings.Count(strings.ReplaceAll(line, `\|`, ""), "|")
		if !strings.HasPrefix(line, "|") {
			columns = 0
			continue
		}
		if columns > 0 {
			require.Equal(t, columns, n, line)
		}
		columns = n
	}
}

func ExamplePlan_Holes() {
	plan := incident.Starter("acme", "all accounts of acme", incident.Contact{Name: "Ada", Phone: "+1 202 555 0100"}, incident.Contact{Name: "Grace", Email: "grace@example.com", OutOfBand: "messenger"},
		time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), time.Time{})
	for _, hole := range plan.Holes(time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)) {
		fmt.Println(hole.Attribute+":", hole.Message)
	}
	// Output:
	// Exercised: never happened
	// Contacts[Ada].OutOfBand: the only ways to reach them are those that an intruder may read or cut
}
