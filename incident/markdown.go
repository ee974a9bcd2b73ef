package incident

import (
	"fmt"
	"strings"
	"time"
)

// Markdown is the plan for people to read and to print.
func (p Plan) Markdown() string {
	m := &markdown{}
	m.line("# Incident response plan: %s", p.Name)
	m.line("")
	m.line("Version %s. For %s. Kept by %s; reviewed on %s, exercised on %s, both every %d days.", p.Version, p.Scope, p.Owner, day(p.Reviewed), day(p.Exercised), int(p.every().Hours()/24))
	m.section("Severities")
	m.table("Severity", "Means", "Decides", "At work within", "Contained within")
	for _, s := range p.Severities {
		m.table(s.Name, s.Means, s.Owner, span(s.Acknowledge), span(s.Contain))
	}
	m.section("Roles")
	m.table("Role", "Does", "Who", "Deputy")
	for _, r := range p.Roles {
		m.table(r.Name, r.Duties, r.Contact, r.Deputy)
	}
	m.section("Contacts")
	m.table("Contact", "Phone", "Email", "Out of band")
	for _, c := range p.Contacts {
		m.table(c.Name, c.Phone, c.Email, c.OutOfBand)
	}
	m.section("Detections")
	m.table("Detection", "Source", "Severity", "Playbook")
	for _, d := range p.Detections {
		m.table(d.Name, d.Source, d.Severity, d.Playbook)
	}
	for _, b := range p.Playbooks {
		m.section("Playbook: " + b.Name)
		var phase Phase
		for i, s := range b.Steps {
			if s.Phase != phase {
				phase = s.Phase
				m.line("%s**%s**\n", strings.Repeat("\n", min(i, 1)), strings.ToUpper(string(phase)[:1])+string(phase)[1:])
			}
			m.line("%d. %s (%s)%s", i+1, text(s.Do), text(s.Role), runbook(s))
		}
	}
	m.section("Communication")
	m.table("Audience", "Severities", "Channel", "Speaks", "Within", "First words")
	for _, c := range p.Communications {
		m.table(c.Audience, strings.Join(c.Severities, ", "), c.Channel, c.Owner, span(c.Within), c.Template)
	}
	return m.b.String()
}

type markdown struct {
	b    strings.Builder
	rows int // of the table at hand
}

func (m *markdown) line(format string, args ...any) {
	fmt.Fprintf(&m.b, format+"\n", args...)
	m.rows = 0
}

func (m *markdown) section(title string) { m.line("\n## %s\n", text(title)) }

// table adds a row; the first is the head.
func (m *markdown) table(cells ...string) {
	for i := range cells {
		cells[i] = text(cells[i])
	}
	fmt.Fprintf(&m.b, "| %s |\n", strings.Join(cells, " | "))
	if m.rows++; m.rows == 1 {
		fmt.Fprintf(&m.b, "|%s\n", strings.Repeat("---|", len(cells)))
	}
}

// text keeps what people have written from being taken for Markdown's own signs.
func text(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "\r", " ", "<", "&lt;").Replace(s)
}

func runbook(s Step) string {
	if s.Runbook == "" {
		return ""
	}
	return ", by `" + strings.ReplaceAll(text(s.Runbook), "`", "'") + "`"
}

func day(t time.Time) string {
	if t.IsZero() {
		return "no day yet"
	}
	return t.Format(time.DateOnly)
}

// span is a duration without the zeros of Go's form.
func span(d time.Duration) string {
	s := d.String()
	s = strings.TrimSuffix(s, "0s")
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	if s == "" {
		return "0"
	}
	return s
}
