package training_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/governance/training"
)

func date(month time.Month, day int) time.Time {
	return time.Date(2027, month, day, 9, 0, 0, 0, time.UTC)
}

func programme() training.Programme {
	return training.Programme{
		Name: "security-2027", Courses: training.Curriculum(),
		People: []training.Person{
			{ID: "alice@example.com", Roles: []training.Role{training.Developer}, Joined: date(1, 1)},
			{ID: "bob@example.com", Joined: date(1, 1)},
			{ID: "carol@example.com", Joined: date(3, 20)},
		},
		Sessions: []training.Session{
			{ID: "zt-q2", Course: "zero-trust", Start: date(4, 15), Length: time.Hour, Where: "Room 1"},
			{ID: "zt-q1", Course: "zero-trust", Start: date(1, 15), Length: time.Hour, Attended: []string{"alice@example.com"}},
			{ID: "iam-q1", Course: "iam", Start: date(2, 1), Length: 2 * time.Hour, Attended: []string{"alice@example.com"}},
		},
	}
}

func TestReportTellsWhoIsBehind(t *testing.T) {
	p := programme()
	require.NoError(t, p.Check())
	r := p.Report(date(4, 1))
	require.Equal(t, []training.Due{
		{Person: "alice@example.com", Course: "secure-coding", By: date(1, 31)},
		{Person: "bob@example.com", Course: "zero-trust", By: date(1, 31), Next: "zt-q2"},
	}, r.Overdue)
	require.Equal(t, []training.Due{{Person: "carol@example.com", Course: "zero-trust", By: date(4, 19), Next: "zt-q2"}}, r.DueSoon)
	require.Equal(t, training.Status{Course: "zero-trust", Title: "Zero trust", People: 3, Current: 1, Overdue: 1}, r.Courses[0])
	require.Equal(t, training.Status{Course: "iam", Title: "Identities and permissions on AWS", People: 1, Current: 1}, r.Courses[1])
	require.Equal(t, "zt-q2", r.Upcoming[0].Session)
	require.Len(t, r.Upcoming, 1)

	next := p.Report(date(1, 15).AddDate(1, 0, 1)).Overdue
	var again []string
	for _, d := range next {
		if d.Person == "alice@example.com" {
			again = append(again, d.Course)
		}
	}
	require.Equal(t, []string{"secure-coding", "zero-trust"}, again, "attendance counts for a year")
}

func TestSessionCountsOnceItIsOver(t *testing.T) {
	p := programme()
	require.Zero(t, p.Report(date(1, 15).Add(30 * time.Minute)).Courses[0].Current)
	require.Equal(t, 1, p.Report(date(1, 15).Add(time.Hour)).Courses[0].Current)
}

func TestReportsForPeopleAndMachines(t *testing.T) {
	p := programme()
	p.Sessions[0].Where = "Room 1|2\n"
	r := p.Report(date(4, 1))
	text := r.Markdown()
	for _, want := range []string{
		"# Security training: security-2027", "| Zero trust | 3 | 1 | 1 |", "| bob@example.com | zero-trust | never | 2027-01-31 | zt-q2 |",
		"| alice@example.com | secure-coding | never | 2027-01-31 | none is planned |", "## Due within 30 days: 1", `| 2027-04-15 09:00 UTC | Zero trust | Room 1\|2  | everyone |`,
	} {
		require.Contains(t, text, want)
	}
	raw, err := json.Marshal(r)
	require.NoError(t, err)
	var again training.Report
	require.NoError(t, json.Unmarshal(raw, &again))
	require.Equal(t, *r, again)
}

func TestEverythingWrongIsFoundAtOnce(t *testing.T) {
	err := training.Programme{
		Name:     "Security 2027",
		Courses:  []training.Course{{ID: "a", Every: -1}, {ID: "a", Title: "A", Topics: []string{"x"}, Roles: []training.Role{training.Everyone}}},
		People:   []training.Person{{ID: "p", Roles: []training.Role{"pilot"}}, {ID: "p", Joined: date(1, 1)}},
		Sessions: []training.Session{{ID: "s", Course: "b", Attended: []string{"q", "p", "p"}}},
	}.Check()
	for _, want := range []string{
		`programme "Security 2027" can't be a name`, `course "a" is there twice`, `course "a" has no title`, `course "a" is for nobody`, "negative time", `person "p" is there twice`, `person "p" has no date`,
		`the role "pilot", for which there is no course`, `of the course "b", which there is not`, `session "s" has no date`, `attended by "q", who is not among`, `attended by "p" twice`,
	} {
		require.ErrorContains(t, err, want)
	}
	require.ErrorContains(t, training.Programme{Name: "x"}.Check(), "teaches nothing")
}

func Example() {
	p := programme()
	if err := p.Check(); err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range p.Report(date(4, 1)).Overdue {
		fmt.Println(d.Person, d.Course, d.By.Format(time.DateOnly))
	}
	// Output:
	// alice@example.com secure-coding 2027-01-31
	// bob@example.com zero-trust 2027-01-31
}
