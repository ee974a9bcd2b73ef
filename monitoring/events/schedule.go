package events

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/schedule"
)

// Schedule does one thing at set times, such as sending a reminder to a topic. It has no tags; put the schedules of a baseline
// into a ScheduleGroup, which has.
type Schedule struct {
	Name        string // 1–64 letters, digits and ._-
	Group       string // the group's name, or a ScheduleGroup's GroupName; "default" if empty. A change makes another schedule
	Description string // at most 512 characters
	When        string // rate(1 day), cron(0 8 ? * MON-FRI *) or at(2027-01-15T09:00:00)
	TimeZone    string // of the IANA database, as "Europe/Berlin"; UTC if empty
	// Within lets AWS choose the moment within this long after the time; 0 means at the time. 1 minute to 24 hours, in whole minutes.
	Within     time.Duration
	Start, End time.Time // none if zero; no part of a schedule that runs once
	// Target is the ARN of a topic, a queue, a function …, or arn:aws:scheduler:::aws-sdk:service:action.
	Target      id.ARN
	Role        id.RoleARN // that trusts scheduler.amazonaws.com and may use the target
	Input       string     // what the target is given
	DeadLetters id.QueueARN
	Retry       Retry
	Key         id.KeyARN // encrypts what the schedule holds; AWS's own key if empty
	// DeleteAfter has AWS remove the schedule when it has run for the last time. The next plan makes it again, so declare
	// that only for as long as it is to run.
	DeleteAfter     bool
	DisabledBecause string // turns the schedule off, and says why
}

// ARN is the schedule's ARN, known before it exists.
func (s Schedule) ARN() id.ScheduleARN { return id.ScheduleARN(schedules.Ref(s.address(), "ARN")) }

func (s Schedule) address() string {
	if s.Group == "" || ztcore.HasToken(s.Group) {
		return s.Name
	}
	return s.Group + "/" + s.Name
}

// Declare implements ztcore.Resource.
func (s Schedule) Declare(d *ztcore.Declaration) {
	want := scheduleState{
		Group: cmp.Or(s.Group, "default"), Name: s.Name, Description: s.Description, When: s.When, TimeZone: cmp.Or(s.TimeZone, "UTC"), WithinMinutes: int32(s.Within / time.Minute),
		Start: moment(s.Start), End: moment(s.End), Target: string(s.Target), Role: string(s.Role), Input: s.Input, DeadLetters: string(s.DeadLetters),
		Key: string(s.Key), Enabled: s.DisabledBecause == "", After: string(types.ActionAfterCompletionNone),
	}
	want.RetrySeconds, want.RetryAttempts = s.Retry.normal()
	if s.DeleteAfter {
		want.After = string(types.ActionAfterCompletionDelete)
	}
	n := schedules.Declare(d, s.address(), want)
	if s.DisabledBecause != "" {
		n.Except("Enabled", s.DisabledBecause)
	}
}

// moment is in UTC and whole seconds, as AWS keeps it; "" for none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Truncate(time.Second).Format(time.RFC3339)
}

type scheduleState struct {
	Group         string `zt:"key"`
	Name          string `zt:"key"`
	Description   string
	When          string
	TimeZone      string
	WithinMinutes int32
	Start         string
	End           string
	Target        string
	Role          string
	Input         string
	DeadLetters   string
	RetrySeconds  int32
	RetryAttempts int32
	Key           string
	Enabled       bool
	After         string
	ARN           string `zt:"output"`
}

var schedules = &ztcore.Kind[scheduleState]{
	Name: "monitoring.Schedule", Permissions: &schedulesNeed, Read: readSchedules, Check: checkSchedule,
	Create: func(ctx context.Context, sc *ztcore.Scope, want scheduleState) error {
		_, err := scheduler.NewFromConfig(sc.Config).CreateSchedule(ctx, want.input())
		return err
	},
	Update: func(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[scheduleState]) error {
		in := scheduler.UpdateScheduleInput(*u.Want.input())
		_, err := scheduler.NewFromConfig(sc.Config).UpdateSchedule(ctx, &in)
		return err
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have scheduleState) error {
		_, err := scheduler.NewFromConfig(sc.Config).DeleteSchedule(ctx, &scheduler.DeleteScheduleInput{Name: &have.Name, GroupName: &have.Group})
		return unlessNoSchedule(err)
	},
	Predict: func(sc *ztcore.Scope, want *scheduleState) {
		want.ARN = "arn:" + sc.Partition + ":scheduler:" + sc.Region + ":" + sc.Account + ":schedule/" + want.Group + "/" + want.Name
	},
	Retry:    []ztcore.Retry{{Code: "ValidationException", Message: "must allow AWS EventBridge Scheduler to assume the role"}},
	Controls: []string{"NIST SP 800-207 tenet 7", "CISA ZTMM Automation and Orchestration"},
}

var schedulesNeed = ztcore.Permissions{
	Read:   []string{"scheduler:GetSchedule"},
	Write:  []string{"iam:PassRole", "scheduler:CreateSchedule", "scheduler:UpdateSchedule"},
	Delete: []string{"scheduler:DeleteSchedule"},
}

// readSchedules asks for each: the listing has no more of a schedule than its name, state and target.
func readSchedules(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[scheduleState]) ([]scheduleState, error) {
	found := make([]*scheduleState, len(q.Want))
	err := ztcore.Each(ctx, len(q.Want), func(ctx context.Context, i int) error {
		out, err := scheduler.NewFromConfig(sc.Config).GetSchedule(ctx, &scheduler.GetScheduleInput{Name: &q.Want[i].Name, GroupName: &q.Want[i].Group})
		if err != nil {
			return unlessNoSchedule(err)
		}
		found[i] = seenSchedule(out)
		return nil
	})
	var out []scheduleState
	for _, s := range found {
		if s != nil {
			out = append(out, *s)
		}
	}
	return out, err
}

func seenSchedule(o *scheduler.GetScheduleOutput) *scheduleState {
	t := o.Target
	s := &scheduleState{
		Group: aws.ToString(o.GroupName), Name: aws.ToString(o.Name), Description: aws.ToString(o.Description), When: aws.ToString(o.ScheduleExpression),
		TimeZone: cmp.Or(aws.ToString(o.ScheduleExpressionTimezone), "UTC"), WithinMinutes: aws.ToInt32(o.FlexibleTimeWindow.MaximumWindowInMinutes),
		Start: moment(aws.ToTime(o.StartDate)), End: moment(aws.ToTime(o.EndDate)), Target: aws.ToString(t.Arn), Role: aws.ToString(t.RoleArn), Input: aws.ToString(t.Input),
		RetrySeconds: longestRetry, RetryAttempts: mostRetries, Key: aws.ToString(o.KmsKeyArn), Enabled: o.State == types.ScheduleStateEnabled,
		After: cmp.Or(string(o.ActionAfterCompletion), string(types.ActionAfterCompletionNone)), ARN: aws.ToString(o.Arn),
	}
	if t.DeadLetterConfig != nil {
		s.DeadLetters = aws.ToString(t.DeadLetterConfig.Arn)
	}
	if r := t.RetryPolicy; r != nil {
		s.RetrySeconds, s.RetryAttempts = aws.ToInt32(r.MaximumEventAgeInSeconds), aws.ToInt32(r.MaximumRetryAttempts)
	}
	return s
}

// input is the whole schedule: what an update leaves out goes back to its default.
func (s scheduleState) input() *scheduler.CreateScheduleInput {
	given := func(text string) *string {
		if text == "" {
			return nil
		}
		return &text
	}
	in := &scheduler.CreateScheduleInput{
		GroupName: &s.Group, Name: &s.Name, Description: &s.Description, ScheduleExpression: &s.When, ScheduleExpressionTimezone: &s.TimeZone,
		ActionAfterCompletion: types.ActionAfterCompletion(s.After), State: types.ScheduleStateEnabled, FlexibleTimeWindow: &types.FlexibleTimeWindow{Mode: types.FlexibleTimeWindowModeOff},
		KmsKeyArn: given(s.Key), Target: &types.Target{
			Arn: &s.Target, RoleArn: &s.Role, Input: given(s.Input),
			RetryPolicy: &types.RetryPolicy{MaximumEventAgeInSeconds: &s.RetrySeconds, MaximumRetryAttempts: &s.RetryAttempts},
		},
	}
	if !s.Enabled {
		in.State = types.ScheduleStateDisabled
	}
	if s.WithinMinutes > 0 {
		in.FlexibleTimeWindow = &types.FlexibleTimeWindow{Mode: types.FlexibleTimeWindowModeFlexible, MaximumWindowInMinutes: &s.WithinMinutes}
	}
	if s.DeadLetters != "" {
		in.Target.DeadLetterConfig = &types.DeadLetterConfig{Arn: &s.DeadLetters}
	}
	for _, m := range []struct {
		text string
		to   **time.Time
	}{{s.Start, &in.StartDate}, {s.End, &in.EndDate}} {
		if at, err := time.Parse(time.RFC3339, m.text); err == nil {
			*m.to = &at
		}
	}
	return in
}

func unlessNoSchedule(err error) error {
	var none *types.ResourceNotFoundException
	if errors.As(err, &none) {
		return nil
	}
	return err
}

// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
func checkSchedule(want scheduleState) []ztcore.Finding {
	out := append(checkName("Name", want.Name), checkName("Group", want.Group)...)
	reject := func(attribute, message, fix string) {
		out = append(out, ztcore.Finding{Attribute: attribute, Message: message, Fix: fix})
	}
	if err := schedule.Check(want.When); err != nil {
		reject("When", err.Error(), "write it as rate(1 day), cron(0 8 ? * MON-FRI *) or at(2027-01-15T09:00:00)")
	}
	if len([]rune(want.Description)) > 512 {
		reject("Description", "has more than 512 characters", "shorten it")
	}
	// A machine may come without the database of time zones, and then knows none.
	_, known := time.LoadLocation("Europe/Berlin")
	if _, err := time.LoadLocation(want.TimeZone); err != nil && known == nil {
		reject("TimeZone", want.TimeZone+" is no time zone", "use a name of the IANA database, as Europe/Berlin")
	}
	if want.WithinMinutes < 0 || want.WithinMinutes > 1440 {
		reject("Within", "is more than 24 hours", "use 1 minute to 24 hours, or 0 for the time itself")
	}
	if want.Start != "" && want.End != "" && want.End <= want.Start {
		reject("End", "is not after Start", "choose a later one, or none")
	}
	if service(want.Target) == "" && !ztcore.HasToken(want.Target) {
		reject("Target", "no ARN is given, but "+want.Target, "name what the schedule is to do")
	}
	if want.Role == "" {
		reject("Role", "a schedule needs a role", "set it to one that trusts scheduler.amazonaws.com")
	}
	for _, s := range []string{"lambda", "states", "events"} { // https://docs.aws.amazon.com/scheduler/latest/APIReference/API_Target.html
		if service(want.Target) == s && want.Input != "" && !json.Valid([]byte(want.Input)) && !ztcore.HasToken(want.Input) {
			reject("Input", "targets of "+s+" take JSON, and this is none", "write a JSON object")
		}
	}
	if q := want.DeadLetters; q != "" && !ztcore.HasToken(q) && (service(q) != "sqs" || strings.HasSuffix(q, ".fifo")) {
		reject("DeadLetters", q+" is no standard queue of Amazon SQS", "use a standard queue of the same region")
	}
	if want.RetrySeconds < shortestRetry || want.RetrySeconds > longestRetry || want.RetryAttempts < 0 || want.RetryAttempts > mostRetries {
		reject("Retry", "is not within a minute and 24 hours, and 185 attempts", "leave it zero for AWS's default")
	}
	return out
}
