// Package reminders has EventBridge Scheduler announce the sessions of a training programme at a topic, some days before.
//
//	reminders.Reminders{Programme: programme, Topic: topic.ARN(), Role: role.ARN(), AsOf: time.Now()}
//
// The role trusts scheduler.amazonaws.com and may publish to the topic (and use its key), with aws:SourceAccount as a condition
// against confused deputies. Whom the topic reaches is for its subscriptions to say; reminders name no people.
package reminders

import (
	"fmt"
	"strings"
	"time"

	"github.com/seed-08ecc977/zerotrust/governance/training"
	"github.com/seed-08ecc977/zerotrust/monitoring/events"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Reminders are a schedule for every session to come and every time before it, in a group of their own.
type Reminders struct {
	Programme training.Programme
	Topic     id.TopicARN
	Role      id.RoleARN
	Before    []time.Duration // the session's start, at most a year; 7 days and 1 day if nil
	// AsOf is the time from which on reminders are declared, as time.Now(): a schedule deletes itself when it has run, and what
	// is past is not made again. The zero value declares all.
	AsOf        time.Time
	DeadLetters id.QueueARN
	Key         id.KeyARN // encrypts the schedules; AWS's own key if empty
	Tags        map[string]string
}

// Group is the group that the schedules are in.
func (r Reminders) Group() events.ScheduleGroup {
	return events.ScheduleGroup{Name: "training-" + r.Programme.Name, Tags: r.Tags}
}

// Schedules are the reminders that are declared.
func (r Reminders) Schedules() []events.Schedule {
	before := r.Before
	if before == nil {
		before = []time.Duration{7 * 24 * time.Hour, 24 * time.Hour}
	}
	var out []events.Schedule
	for _, s := range r.Programme.Sessions {
		for _, b := range before {
			at := s.Start.Add(-b).UTC().Truncate(time.Second)
			if !r.AsOf.IsZero() && !at.After(r.AsOf) {
				continue
			}
			out = append(out, events.Schedule{
				Name: fmt.Sprintf("%s-%s", s.ID, short(b)), Group: r.Group().GroupName(), Description: "Reminder of a training session",
				When: "at(" + at.Format("2006-01-02T15:04:05") + ")", Target: id.ARN(r.Topic), Role: r.Role, Input: r.text(s), DeadLetters: r.DeadLetters, Key: r.Key, DeleteAfter: true,
			})
		}
	}
	return out
}

// short is a duration as part of a name: 7d, 36h, 90m.
func short(d time.Duration) string {
	switch {
	case d%(24*time.Hour) == 0:
		return fmt.Sprintf("%dd", d/(24*time.Hour))
	case d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	}
	return fmt.Sprintf("%dm", d/time.Minute)
}

func (r Reminders) text(s training.Session) string {
	out := fmt.Sprintf("Training: %s, %s, %d minutes", r.Programme.Title(s), s.Start.Format("Monday 2 January 2006 15:04 MST"), int(s.Length.Minutes()))
	if s.Where != "" {
		out += ", " + s.Where
	}
	return out + ". For: " + r.Programme.Audience(s) + "."
}

// Declare implements ztcore.Resource.
func (r Reminders) Declare(d *ztcore.Declaration) {
	reject := func(message, fix string) {
		d.Reject(ztcore.Finding{Attribute: "Reminders " + r.Programme.Name, Message: message, Fix: fix})
	}
	if err := r.Programme.Check(); err != nil {
		for _, fault := range strings.Split(err.Error(), "\n") {
			reject(fault, "mend the programme")
		}
	}
	if r.Topic == "" {
		reject("no topic is named", "set Topic")
	}
	for _, b := range r.Before {
		if b < time.Minute || b > 365*24*time.Hour || b%time.Minute != 0 {
			reject(b.String()+" can't be a time before a session", "use whole minutes, up to a year")
		}
	}
	r.Group().Declare(d)
	for _, s := range r.Schedules() {
		s.Declare(d)
	}
}
