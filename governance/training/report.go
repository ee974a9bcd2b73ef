package training

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Report is how a programme stands at a time.
type Report struct {
	Programme string    `json:"programme"`
	At        time.Time `json:"at"`
	Courses   []Status  `json:"courses"`
	Overdue   []Due     `json:"overdue"`  // the longest overdue first
	DueSoon   []Due     `json:"dueSoon"`  // within 30 days
	Upcoming  []Next    `json:"upcoming"` // sessions to come
}

// Status is how many of those who have to take a course are up to date with it. Who is new and within the first time is neither.
type Status struct {
	Course  string `json:"course"`
	Title   string `json:"title"`
	People  int    `json:"people"`
	Current int    `json:"current"`
	Overdue int    `json:"overdue"`
}

// Due is a course that somebody has to take by a date.
type Due struct {
	Person string    `json:"person"`
	Course string    `json:"course"`
	Last   time.Time `json:"last,omitzero"` // attended; zero if never
	By     time.Time `json:"by"`
	Next   string    `json:"next,omitempty"` // the session to come that would do; empty if none is planned
}

// Next is a session to come.
type Next struct {
	Session string    `json:"session"`
	Title   string    `json:"title"`
	Start   time.Time `json:"start"`
	Where   string    `json:"where,omitempty"`
	For     string    `json:"for"` // the roles
}

// soon is how far ahead a report warns.
const soon = 30 * day

// Report tells who is behind at a time. What is not over by then does not count as attended. Check the programme first.
func (p Programme) Report(at time.Time) *Report {
	r := &Report{Programme: p.Name, At: at, Courses: []Status{}, Overdue: []Due{}, DueSoon: []Due{}, Upcoming: []Next{}}
	sessions := slices.SortedStableFunc(slices.Values(p.Sessions), func(a, b Session) int { return a.Start.Compare(b.Start) })
	for _, s := range sessions {
		if s.Start.After(at) {
			r.Upcoming = append(r.Upcoming, Next{Session: s.ID, Title: p.Title(s), Start: s.Start, Where: s.Where, For: p.Audience(s)})
		}
	}
	for _, c := range p.Courses {
		status := Status{Course: c.ID, Title: c.Title}
		for _, who := range p.People {
			if !c.For(who) {
				continue
			}
			status.People++
			due := Due{Person: who.ID, Course: c.ID, Last: lastAttended(sessions, c.ID, who.ID, at)}
			if due.By = who.Joined.Add(c.within()); !due.Last.IsZero() {
				due.By = due.Last.Add(c.every())
				if due.By.After(at) {
					status.Current++
				}
			}
			if i := slices.IndexFunc(sessions, func(s Session) bool { return s.Course == c.ID && s.Start.After(at) }); i >= 0 {
				due.Next = sessions[i].ID
			}
			switch {
			case !due.By.After(at):
				status.Overdue++
				r.Overdue = append(r.Overdue, due)
			case !due.By.After(at.Add(soon)):
				r.DueSoon = append(r.DueSoon, due)
			}
		}
		r.Courses = append(r.Courses, status)
	}
	for _, list := range [][]Due{r.Overdue, r.DueSoon} {
		slices.SortStableFunc(list, func(a, b Due) int {
			return cmp.Or(a.By.Compare(b.By), cmp.Compare(a.Person, b.Person), cmp.Compare(a.Course, b.Course))
		})
	}
	return r
}

func lastAttended(sessions []Session, course, person string, at time.Time) (last time.Time) {
	for _, s := range sessions {
		if end := s.Start.Add(s.Length); s.Course == course && slices.Contains(s.Attended, person) && !end.After(at) {
			last = end
		}
	}
	return last
}

// Markdown is the report for people.
func (r *Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Security training: %s\n\nAs of %s.\n\n| course | people | up to date | overdue |\n|---|---|---|---|\n", r.Programme, r.At.Format(time.DateOnly))
	for _, s := range r.Courses {
		fmt.Fprintf(&b, "| %s | %d | %d | %d |\n", cell(s.Title), s.People, s.Current, s.Overdue)
	}
	table := func(title string, list []Due) {
		if len(list) == 0 {
			return
		}
		fmt.Fprintf(&b, "\n## %s: %d\n\n| person | course | last | by | next session |\n|---|---|---|---|---|\n", title, len(list))
		for _, d := range list {
			last := "never"
			if !d.Last.IsZero() {
				last = d.Last.Format(time.DateOnly)
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", cell(d.Person), d.Course, last, d.By.Format(time.DateOnly), cmp.Or(d.Next, "none is planned"))
		}
	}
	table("Overdue", r.Overdue)
	table("Due within 30 days", r.DueSoon)
	if len(r.Upcoming) > 0 {
		b.WriteString("\n## Sessions to come\n\n| date | course | where | for |\n|---|---|---|---|\n")
		for _, n := range r.Upcoming {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", n.Start.Format("2006-01-02 15:04 MST"), cell(n.Title), cell(n.Where), cell(n.For))
		}
	}
	return b.String()
}

// cell keeps a text from breaking a table.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "\r", " ", "<", "&lt;").Replace(s)
}
