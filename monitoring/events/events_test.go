package events_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/monitoring/events"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeeventbridge"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakescheduler"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

func newCloud() *fakeaws.Cloud {
	return fakeaws.New(fakests.Install, fakeeventbridge.Install, fakescheduler.Install)
}

const (
	topic = "arn:aws:sns:us-east-1:123456789012:alerts"
	queue = "arn:aws:sqs:us-east-1:123456789012:dead"
	role  = "arn:aws:iam::123456789012:role/Events"
)

// steps makes variants of one thing that is changed a little each time.
func steps[R ztcore.Resource](first R, changes ...func(*R) []string) []kindtest.Variant {
	out := []kindtest.Variant{{Resource: first}}
	for _, change := range changes {
		names := change(&first)
		out = append(out, kindtest.Variant{Resource: first, Changes: names})
	}
	return out
}

func ruleCase() kindtest.Case {
	first := events.Rule{Name: "sign-in", Pattern: `{"source": ["aws.signin", "aws.iam"]}`, Targets: []events.Target{{ID: "security", ARN: topic}}}
	change := func(names []string, f func(*events.Rule)) func(*events.Rule) []string {
		return func(r *events.Rule) []string { r.Targets = append([]events.Target{}, r.Targets...); f(r); return names }
	}
	members := []string{"monitoring.EventTargets/sign-in Members"}
	return kindtest.Case{
		Cloud: newCloud,
		Variants: steps(first,
			change([]string{"monitoring.EventRule/sign-in Description"}, func(r *events.Rule) { r.Description = "somebody signed in" }),
			change([]string{"monitoring.EventRule/sign-in Pattern"}, func(r *events.Rule) { r.Pattern = `{"source": ["aws.signin"]}` }),
			change([]string{"monitoring.EventRule/sign-in State"}, func(r *events.Rule) { r.ReadOnlyEvents = true }),
			change([]string{"monitoring.EventRule/sign-in State"}, func(r *events.Rule) { r.ReadOnlyEvents, r.DisabledBecause = false, "a game day" }),
			change([]string{"monitoring.EventRule/sign-in Tags"}, func(r *events.Rule) { r.Tags = map[string]string{"team": "security"} }),
			change([]string{"monitoring.EventRule/sign-in Pattern", "monitoring.EventRule/sign-in Schedule"}, func(r *events.Rule) { r.Pattern, r.Schedule = "", "rate(1 day)" }),
			change(members, func(r *events.Rule) { r.Targets[0].Role = role }),
			change(members, func(r *events.Rule) { r.Targets[0].Input = `{"a": 1}` }),
			change(members, func(r *events.Rule) { r.Targets[0].Input, r.Targets[0].InputPath = "", "$.detail" }),
			change(members, func(r *events.Rule) {
				r.Targets[0].InputPath, r.Targets[0].Transform = "", events.Transform{Paths: map[string]string{"who": "$.detail.who"}, Template: `"<who> signed in"`}
			}),
			change(members, func(r *events.Rule) { r.Targets[0].DeadLetters = queue }),
			change(members, func(r *events.Rule) { r.Targets[0].Retry = events.Retry{For: time.Hour, Attempts: 3} }),
			change(members, func(r *events.Rule) { r.Targets[0].Retry.Never = true }),
			change(members, func(r *events.Rule) {
				r.Targets = append(r.Targets, events.Target{ID: "fifo", ARN: queue + ".fifo", MessageGroup: "g"})
			}),
		),
		Drift: func(ctx context.Context, cfg aws.Config) error {
			c := eventbridge.NewFromConfig(cfg)
			narrowed := &eventbridge.PutRuleInput{Name: aws.String("sign-in"), EventPattern: aws.String(`{"source": ["none"]}`), Description: aws.String("spied on"), State: types.RuleStateEnabled, ScheduleExpression: aws.String("rate(7 days)")}
			if _, err := c.PutRule(ctx, narrowed); err != nil {
				return err
			}
			_, err := c.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: aws.String("sign-in"), Targets: []types.Target{{Id: aws.String("spy"), Arn: aws.String(topic + "2")}}})
			return err
		},
	}
}

func TestRule(t *testing.T) { kindtest.Run(t, ruleCase()) }

// TestRuleWire runs against moto.
func TestRuleWire(t *testing.T) { kindtest.RunOn(t, kindtest.Wire(t), ruleCase()) }

func scheduleCase() kindtest.Case {
	const at = "monitoring.Schedule/daily"
	day := time.Date(2027, 1, 15, 9, 0, 0, 0, time.UTC)
	change := func(name string, f func(*events.Schedule)) func(*events.Schedule) []string {
		return func(s *events.Schedule) []string { f(s); return []string{at + " " + name} }
	}
	return kindtest.Case{
		Cloud: newCloud,
		Variants: steps(events.Schedule{Name: "daily", When: "rate(1 day)", Target: topic, Role: role},
			change("Description", func(s *events.Schedule) { s.Description = "reminder" }),
			change("When", func(s *events.Schedule) { s.When = "cron(0 8 ? * MON-FRI *)" }),
			change("TimeZone", func(s *events.Schedule) { s.TimeZone = "Europe/Berlin" }),
			change("WithinMinutes", func(s *events.Schedule) { s.Within = 15 * time.Minute }),
			change("Start", func(s *events.Schedule) { s.Start = day }),
			change("End", func(s *events.Schedule) { s.End = day.AddDate(1, 0, 0) }),
			change("Target", func(s *events.Schedule) { s.Target = queue }),
			change("Role", func(s *events.Schedule) { s.Role += "2" }),
			change("Input", func(s *events.Schedule) { s.Input = "training is due" }),
			change("DeadLetters", func(s *events.Schedule) { s.DeadLetters = queue }),
			change("RetrySeconds", func(s *events.Schedule) { s.Retry.For = time.Hour }),
			change("RetryAttempts", func(s *events.Schedule) { s.Retry.Never = true }),
			change("Key", func(s *events.Schedule) {
				s.Key = "arn:aws:kms:us-east-1:123456789012:key/00000000-0000-0000-0000-000000000001"
			}),
			change("After", func(s *events.Schedule) { s.DeleteAfter = true }),
			change("Enabled", func(s *events.Schedule) { s.DisabledBecause = "holidays" }),
		),
		Drift: func(ctx context.Context, cfg aws.Config) error {
			_, err := scheduler.NewFromConfig(cfg).DeleteSchedule(ctx, &scheduler.DeleteScheduleInput{Name: aws.String("daily")})
			return err
		},
	}
}

func TestSchedule(t *testing.T) { kindtest.Run(t, scheduleCase()) }

// TestScheduleWire runs against moto, whose UpdateSchedule forgets ActionAfterCompletion.
func TestScheduleWire(t *testing.T) {
	c := scheduleCase()
	const after = 14
	require.Equal(t, []string{"monitoring.Schedule/daily After"}, c.Variants[after].Changes)
	c.Variants = c.Variants[:after]
	kindtest.RunOn(t, kindtest.Wire(t), c)
}

func groupCase() kindtest.Case {
	reminders := events.ScheduleGroup{Name: "training"}
	tagged := reminders
	tagged.Tags = map[string]string{"team": "security"}
	daily := events.Schedule{Name: "daily", Group: reminders.GroupName(), When: "rate(1 day)", Target: topic, Role: role}
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: ztcore.List{reminders, daily}},
			{Resource: ztcore.List{tagged, daily}, Changes: []string{"monitoring.ScheduleGroup/training Tags"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			_, err := scheduler.NewFromConfig(cfg).DeleteSchedule(ctx, &scheduler.DeleteScheduleInput{Name: aws.String("daily"), GroupName: aws.String("training")})
			return err
		},
	}
}

func TestScheduleGroup(t *testing.T)     { kindtest.Run(t, groupCase()) }
func TestScheduleGroupWire(t *testing.T) { kindtest.RunOn(t, kindtest.Wire(t), groupCase()) }

func TestInputIsCheckedAllAtOnce(t *testing.T) {
	six := []events.Target{
		{ID: "a b", ARN: "alerts"}, {ID: "x", ARN: "arn:aws:ssm:us-east-1:123456789012:automation-definition/D:$DEFAULT"}, {ID: "x", ARN: queue + ".fifo", DeadLetters: topic},
		{ID: "y", ARN: topic, Input: "{", InputPath: "detail", Retry: events.Retry{For: time.Second, Attempts: 186}},
		{ID: "z", ARN: topic, Transform: events.Transform{Template: `"<who>"`, Paths: map[string]string{"awsx": "$.a"}}}, {ID: "w", ARN: topic, Transform: events.Transform{Paths: map[string]string{"a": "$.a"}}},
	}
	err := ztcore.NewBaseline("b",
		events.Rule{Name: "bad name", Pattern: `{"source": "x", "detail": {"a": [{"like": 1}]}}`, Schedule: "rate(1 days)", Targets: six},
		events.Rule{Name: "once", Schedule: "at(2027-01-15T09:00:00)"}, events.Rule{Name: "never"},
		events.Schedule{Name: "s", Group: "g h", When: "daily", TimeZone: "Mars/Base", Within: 25 * time.Hour, Target: "t", Retry: events.Retry{For: time.Second}},
		events.Schedule{Name: "f", When: "rate(1 day)", Target: "arn:aws:lambda:us-east-1:123456789012:function:f", Role: role, Input: "plain", DeadLetters: topic, Start: time.Unix(9, 0), End: time.Unix(8, 0)},
		events.ScheduleGroup{Name: "default"},
	).Check()
	for _, want := range []string{
		"bad name can't be a name", "either a pattern or a schedule", "source must be an object", `unknown comparison "like"`, "1 goes with day", "a rule can't run once",
		"a b can't be a name", "alerts is no ARN", "targets of ssm need a role", "two targets have it", "goes with a FIFO queue", "is no standard queue", "more than one of Input",
		"is no JSON", "detail is no path", "is not within a minute", "is not within 1 and 185", "<who> is not among Paths", "awsx → $.a can't be a path", "Transform.Template: is empty",
		"6 targets are more than a rule can have", "g h can't be a name", "is none of rate", "Mars/Base is no time zone", "is more than 24 hours", "a schedule needs a role",
		"targets of lambda take JSON", "End: is not after Start", "default is AWS's own group",
	} {
		require.ErrorContains(t, err, want)
	}
}

func TestRuleThatExistsIsAConflictUntilItIsAdopted(t *testing.T) {
	ctx, cfg := t.Context(), newCloud().Config()
	_, err := eventbridge.NewFromConfig(cfg).PutRule(ctx, &eventbridge.PutRuleInput{Name: aws.String("r"), ScheduleExpression: aws.String("rate(1 day)")})
	require.NoError(t, err)
	rule := events.Rule{Name: "r", Schedule: "rate(1 hour)"}
	plan, err := ztcore.NewBaseline("b", rule).Plan(ctx, cfg)
	require.NoError(t, err)
	require.Equal(t, ztcore.Conflict, plan.Steps[0].Action)
	plan, err = ztcore.NewBaseline("b", ztcore.Adopt(rule)).Plan(ctx, cfg)
	require.NoError(t, err)
	require.Equal(t, ztcore.TakeOver, plan.Steps[0].Action)
	_, err = plan.Apply(ctx)
	require.NoError(t, err)
}

func ExampleRule() {
	ctx, cloud := context.Background(), newCloud()
	rule := events.Rule{
		Name: "root-sign-in", Pattern: `{"detail-type": ["AWS Console Sign In via CloudTrail"], "detail": {"userIdentity": {"type": ["Root"]}}}`,
		Targets: []events.Target{{ID: "security", ARN: topic, InputPath: "$.detail.userIdentity.type"}},
	}
	plan, err := ztcore.NewBaseline("monitoring", rule).Plan(ctx, cloud.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := plan.Apply(ctx); err != nil {
		fmt.Println(err)
		return
	}
	again, err := ztcore.NewBaseline("monitoring", rule).Plan(ctx, cloud.Config())
	fmt.Println(again.Empty(), err)
	// Output: true <nil>
}

// A pattern is tried on an event before anything is deployed.
func ExampleMatch() {
	pattern := `{"source": ["aws.guardduty"], "detail": {"severity": [{"numeric": [">=", 7]}]}}`
	fmt.Println(events.Match(pattern, `{"source": "aws.guardduty", "detail": {"severity": 8.5}}`))
	fmt.Println(events.Match(pattern, `{"source": "aws.guardduty", "detail": {"severity": 2}}`))
	// Output:
	// true <nil>
	// false <nil>
}

func ExampleSchedule() {
	group := events.ScheduleGroup{Name: "training"}
	reminder := events.Schedule{
		Name: "zero-trust-2027", Group: group.GroupName(), When: "at(2027-01-08T09:00:00)", TimeZone: "Europe/Berlin",
		Target: topic, Role: role, Input: "Zero trust training on 15 January",
	}
	plan, err := ztcore.NewBaseline("reminders", group, reminder).Plan(context.Background(), newCloud().Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range plan.Steps {
		fmt.Println(s.Action, s.Address)
	}
	// Output:
	// create monitoring.ScheduleGroup/training
	// create monitoring.Schedule/zero-trust-2027
}
