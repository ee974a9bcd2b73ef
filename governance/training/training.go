// Package training is a programme of security training: who learns what, how often, in which sessions, and who is behind. It needs
// no AWS; package reminders has EventBridge Scheduler send the reminders.
//
//	programme := training.Programme{
//		Name: "security-2027", Courses: training.Curriculum(),
//		People:   []training.Person{{ID: "alice@example.com", Roles: []training.Role{training.Developer}, Joined: joined}},
//		Sessions: []training.Session{{ID: "zt-q1", Course: "zero-trust", Start: start, Length: time.Hour, Where: "Room 1", Attended: []string{"alice@example.com"}}},
//	}
//	err := programme.Check()                        // everything that is wrong with it, at once
//	report := programme.Report(time.Now())
//	fmt.Print(report.Markdown())                    // for people; its JSON form is for machines
//
//	guide                                             here
//	10  44 training sessions                          Programme, Report; reminders.Reminders
//
// Left out: where the material is kept, tests of what was learned, and invitations.
package training

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Role is what somebody does, as far as it decides what there is to learn.
type Role string

// Roles of the curriculum; a programme may have others.
const (
	Everyone  Role = "everyone" // which everybody has, without being told
	Developer Role = "developer"
	Operator  Role = "operator" // of accounts, networks, pipelines
	Responder Role = "responder"
	Manager   Role = "manager"
)

// Course is what is taught to some roles, again and again.
type Course struct {
	ID     string // 1–40 small letters, digits and hyphens
	Title  string
	Topics []string
	Roles  []Role
	// Every is how long attendance counts: 365 days if zero.
	Every time.Duration
	// Within is how long somebody new has for the first time: 30 days if zero.
	Within time.Duration
}

// Person is somebody who is to be trained.
type Person struct {
	ID     string // as an e-mail address; unique
	Name   string
	Roles  []Role    // besides Everyone
	Joined time.Time // when the person, or the role, was new
}

// Session is one date of a course.
type Session struct {
	ID       string // 1–40 small letters, digits and hyphens
	Course   string // its ID
	Start    time.Time
	Length   time.Duration
	Trainer  string
	Where    string
	Attended []string // IDs of people
}

// Programme is a curriculum with its sessions and people. It is plain data, to be kept as JSON or Go.
type Programme struct {
	Name     string // 1–40 small letters, digits and hyphens
	Courses  []Course
	Sessions []Session
	People   []Person
}

const day = 24 * time.Hour

func (c Course) every() time.Duration {
	if c.Every == 0 {
		return 365 * day
	}
	return c.Every
}

func (c Course) within() time.Duration {
	if c.Within == 0 {
		return 30 * day
	}
	return c.Within
}

// For reports whether a person has to take the course.
func (c Course) For(p Person) bool {
	return slices.ContainsFunc(c.Roles, func(r Role) bool { return r == Everyone || slices.Contains(p.Roles, r) })
}

// Curriculum is what NIST SP 800-50 and the CISA Zero Trust Maturity Model ask for, by role: zero trust for everybody, IAM for who
// grants, secure coding for who writes, response for who is called at night.
func Curriculum() []Course {
	return []Course{
		{ID: "zero-trust", Title: "Zero trust", Roles: []Role{Everyone}, Topics: []string{"verify explicitly", "least privilege", "assume breach", "phishing-resistant sign-in", "reporting an incident"}},
		{ID: "iam", Title: "Identities and permissions on AWS", Roles: []Role{Developer, Operator}, Topics: []string{"roles in place of keys", "reading and writing policies", "conditions and boundaries", "ways of escalation", "access reviews"}},
		{ID: "secure-coding", Title: "Secure coding", Roles: []Role{Developer}, Topics: []string{"input and output", "secrets", "dependencies", "authentication and sessions", "threat modelling", "review"}},
		{ID: "network-and-data", Title: "Networks, encryption and logs", Roles: []Role{Operator}, Topics: []string{"segmentation", "endpoints", "keys and their policies", "trails and detection"}},
		{ID: "incident-response", Title: "Incident response", Roles: []Role{Responder}, Every: 182 * day, Topics: []string{"containment", "evidence", "communication", "game day"}},
		{ID: "risk", Title: "Governing zero trust", Roles: []Role{Manager}, Topics: []string{"maturity", "exceptions and their end", "third parties"}},
	}
}

var nameRE = regexp.MustCompile(`^[a-z0-9-]{1,40}$`)

// Check finds everything that is wrong with a programme: names that can't be or are double, courses nobody takes, sessions of no
// course, people unknown. The error joins all faults.
func (p Programme) Check() error {
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	seen := map[string]bool{}
	name := func(kind, id string) {
		if !nameRE.MatchString(id) {
			fault("%s %q can't be a name (use 1–40 small letters, digits and hyphens)", kind, id)
		}
		if seen[kind+id] {
			fault("%s %q is there twice (give each its own)", kind, id)
		}
		seen[kind+id] = true
	}
	name("programme", p.Name)
	if len(p.Courses) == 0 {
		fault("programme %q teaches nothing (begin with training.Curriculum())", p.Name)
	}
	for _, c := range p.Courses {
		name("course", c.ID)
		if c.Title == "" || len(c.Topics) == 0 {
			fault("course %q has no title or no topics (say what is taught)", c.ID)
		}
		if len(c.Roles) == 0 {
			fault("course %q is for nobody (name the roles)", c.ID)
		}
		if c.Every < 0 || c.Within < 0 {
			fault("course %q has a negative time (leave it zero for the default)", c.ID)
		}
	}
	people := map[string]bool{}
	for _, who := range p.People {
		if who.ID == "" || people[who.ID] {
			fault("person %q is there twice or has no ID (use an address)", who.ID)
		}
		people[who.ID] = true
		if who.Joined.IsZero() {
			fault("person %q has no date (set Joined, from which the first deadline follows)", who.ID)
		}
		for _, r := range who.Roles {
			if !slices.ContainsFunc(p.Courses, func(c Course) bool { return slices.Contains(c.Roles, r) }) {
				fault("person %q has the role %q, for which there is no course (add one, or strike the role)", who.ID, r)
			}
		}
	}
	for _, s := range p.Sessions {
		name("session", s.ID)
		if !seen["course"+s.Course] {
			fault("session %q is of the course %q, which there is not (name one of the courses)", s.ID, s.Course)
		}
		if s.Start.IsZero() || s.Length <= 0 {
			fault("session %q has no date or no length (set Start and Length)", s.ID)
		}
		for i, who := range s.Attended {
			if !people[who] {
				fault("session %q was attended by %q, who is not among the people (add the person)", s.ID, who)
			}
			if slices.Contains(s.Attended[:i], who) {
				fault("session %q was attended by %q twice (name each once)", s.ID, who)
			}
		}
	}
	return errors.Join(faults...)
}

// course finds a course of the programme.
func (p Programme) course(id string) (Course, bool) {
	i := slices.IndexFunc(p.Courses, func(c Course) bool { return c.ID == id })
	if i < 0 {
		return Course{}, false
	}
	return p.Courses[i], true
}

// Title is a session's course by its title.
func (p Programme) Title(s Session) string {
	if c, ok := p.course(s.Course); ok {
		return c.Title
	}
	return s.Course
}

// Audience are the roles that a session is for.
func (p Programme) Audience(s Session) string {
	c, _ := p.course(s.Course)
	var out []string
	for _, r := range c.Roles {
		out = append(out, string(r))
	}
	return strings.Join(out, ", ")
}
