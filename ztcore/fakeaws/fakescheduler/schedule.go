package fakescheduler

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/schedule"
)

// plan is one schedule.
type plan struct {
	Group, Name, ARN  string
	Description       *string
	Expression        string
	TimeZone          string
	State             types.ScheduleState
	Start, End        *time.Time
	Window            types.FlexibleTimeWindow
	Key               *string
	After             types.ActionAfterCompletion
	Target            types.Target
	Created, Modified time.Time
}

// CreateSchedule makes a schedule in a group that exists.
func (s *Service) CreateSchedule(ctx context.Context, in *scheduler.CreateScheduleInput, _ ...opt) (*scheduler.CreateScheduleOutput, error) {
	r := s.regions.In(ctx)
	p, err := s.planOf(ctx, r, in)
	if err != nil {
		return nil, err
	}
	at := p.Group + "/" + p.Name
	if r.Schedules[at] != nil {
		if in.ClientToken != nil && r.Tokens[*in.ClientToken] == at {
			return &scheduler.CreateScheduleOutput{ScheduleArn: &p.ARN}, nil
		}
		return nil, conflict("Schedule " + p.Name + " already exists.")
	}
	p.Created, p.Modified = time.Now(), time.Now()
	r.Schedules[at], r.Tokens[aws.ToString(in.ClientToken)] = p, at
	return &scheduler.CreateScheduleOutput{ScheduleArn: &p.ARN}, nil
}

// UpdateSchedule replaces a schedule: what is left out goes back to its default.
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_UpdateSchedule.html
func (s *Service) UpdateSchedule(ctx context.Context, in *scheduler.UpdateScheduleInput, _ ...opt) (*scheduler.UpdateScheduleOutput, error) {
	r, same := s.regions.In(ctx), scheduler.CreateScheduleInput(*in)
	p, err := s.planOf(ctx, r, &same)
	if err != nil {
		return nil, err
	}
	have, err := r.find(in.GroupName, in.Name)
	if err != nil {
		return nil, err
	}
	p.Created, p.Modified = have.Created, time.Now()
	*have = *p
	return &scheduler.UpdateScheduleOutput{ScheduleArn: aws.String(p.ARN)}, nil
}

// planOf checks a request. https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
func (s *Service) planOf(ctx context.Context, r *region, in *scheduler.CreateScheduleInput) (*plan, error) {
	if err := checkName("name", in.Name); err != nil {
		return nil, err
	}
	call := fakeaws.CallFrom(ctx)
	p := &plan{
		Group: cmp.Or(aws.ToString(in.GroupName), "default"), Name: *in.Name, Description: in.Description, Expression: aws.ToString(in.ScheduleExpression),
		TimeZone: cmp.Or(aws.ToString(in.ScheduleExpressionTimezone), "UTC"), State: cmp.Or(in.State, types.ScheduleStateEnabled), Start: in.StartDate, End: in.EndDate,
		Window: *in.FlexibleTimeWindow, Key: in.KmsKeyArn, After: cmp.Or(in.ActionAfterCompletion, types.ActionAfterCompletionNone), Target: *in.Target,
	}
	p.ARN = "arn:" + call.Partition() + ":scheduler:" + call.Region + ":" + call.Account + ":schedule/" + p.Group + "/" + p.Name
	g, err := r.group(&p.Group)
	if err != nil {
		return nil, err
	}
	if !g.Deleted.IsZero() {
		return nil, conflict("Schedule group " + p.Group + " is being deleted.")
	}
	minutes := p.Window.MaximumWindowInMinutes
	switch _, zoneErr := time.LoadLocation(p.TimeZone); {
	case schedule.Check(p.Expression) != nil:
		return nil, invalid("Invalid Schedule Expression %s.", p.Expression)
	case zoneErr != nil:
		return nil, invalid("Invalid Schedule Expression Timezone %s.", p.TimeZone)
	case !slices.Contains(p.State.Values(), p.State), !slices.Contains(p.After.Values(), p.After), !slices.Contains(p.Window.Mode.Values(), p.Window.Mode):
		return nil, invalid("1 validation error detected: Member must satisfy enum value set")
	case len([]rune(aws.ToString(p.Description))) > 512:
		return nil, invalid("1 validation error detected: Value at 'description' failed to satisfy constraint: Member must have length less than or equal to 512")
	case p.Window.Mode == types.FlexibleTimeWindowModeOff && minutes != nil:
		return nil, invalid("Maximum window in minutes must not be set when flexible time window is OFF.")
	case p.Window.Mode == types.FlexibleTimeWindowModeFlexible && (minutes == nil || *minutes < 1 || *minutes > 1440):
		return nil, invalid("1 validation error detected: Value at 'flexibleTimeWindow.maximumWindowInMinutes' failed to satisfy constraint: Member must have value between 1 and 1440")
	case p.Start != nil && p.End != nil && !p.End.After(*p.Start):
		return nil, invalid("The StartDate you specify must come before the EndDate.")
	}
	if k, ok := fakeaws.Capability[fakeaws.Keys](s.cloud); ok && p.Key != nil {
		if _, enabled, _, found := k.Key(ctx, *p.Key); !found || !enabled {
			return nil, invalid("The KMS key %s does not exist or is not enabled.", *p.Key)
		}
	}
	return p, s.checkTarget(ctx, p)
}

// checkTarget fills in AWS's retry policy.
// https://docs.aws.amazon.com/scheduler/latest/APIReference/API_RetryPolicy.html
func (s *Service) checkTarget(ctx context.Context, p *plan) error {
	t := &p.Target
	if parts := strings.Split(*t.Arn, ":"); len(parts) < 6 || parts[0] != "arn" {
		return invalid("Provided Arn is not in correct format.")
	}
	if known, ok := fakeaws.Capability[fakeaws.Principals](s.cloud); ok {
		if _, made, found := known.Principal(ctx, *t.RoleArn); !found || time.Since(made) < s.cloud.Propagation() {
			return invalid("The execution role you provide must allow AWS EventBridge Scheduler to assume the role.")
		}
	}
	retry := types.RetryPolicy{MaximumEventAgeInSeconds: aws.Int32(86400), MaximumRetryAttempts: aws.Int32(185)}
	if t.RetryPolicy != nil && t.RetryPolicy.MaximumEventAgeInSeconds != nil {
		retry.MaximumEventAgeInSeconds = t.RetryPolicy.MaximumEventAgeInSeconds
	}
	if t.RetryPolicy != nil && t.RetryPolicy.MaximumRetryAttempts != nil {
		retry.MaximumRetryAttempts = t.RetryPolicy.MaximumRetryAttempts
	}
	if age, n := *retry.MaximumEventAgeInSeconds, *retry.MaximumRetryAttempts; age < 60 || age > 86400 || n < 0 || n > 185 {
		return invalid("1 validation error detected: Value at 'target.retryPolicy' failed to satisfy constraint: Member must have value between 60 and 86400, and 0 and 185")
	}
	t.RetryPolicy = &retry
	if d := t.DeadLetterConfig; d != nil && (!strings.Contains(aws.ToString(d.Arn), ":sqs:") || strings.HasSuffix(aws.ToString(d.Arn), ".fifo")) {
		return invalid("The dead-letter queue must be a standard Amazon SQS queue.")
	}
	return nil
}

func (r *region) find(groupName, name *string) (*plan, error) {
	g := cmp.Or(aws.ToString(groupName), "default")
	if p := r.Schedules[g+"/"+aws.ToString(name)]; p != nil {
		return p, nil
	}
	return nil, notFound("Schedule " + aws.ToString(name) + " does not exist.")
}

// GetSchedule answers one schedule.
func (s *Service) GetSchedule(ctx context.Context, in *scheduler.GetScheduleInput, _ ...opt) (*scheduler.GetScheduleOutput, error) {
	p, err := s.regions.In(ctx).find(in.GroupName, in.Name)
	if err != nil {
		return nil, err
	}
	window, target := p.Window, p.Target
	return &scheduler.GetScheduleOutput{
		Arn: aws.String(p.ARN), GroupName: aws.String(p.Group), Name: aws.String(p.Name), Description: p.Description, ScheduleExpression: aws.String(p.Expression),
		ScheduleExpressionTimezone: aws.String(p.TimeZone), State: p.State, StartDate: p.Start, EndDate: p.End, FlexibleTimeWindow: &window, KmsKeyArn: p.Key,
		ActionAfterCompletion: p.After, Target: &target, CreationDate: aws.Time(p.Created), LastModificationDate: aws.Time(p.Modified),
	}, nil
}

// ListSchedules answers summaries, by group and name.
func (s *Service) ListSchedules(ctx context.Context, in *scheduler.ListSchedulesInput, _ ...opt) (*scheduler.ListSchedulesOutput, error) {
	r, found := s.regions.In(ctx), []types.ScheduleSummary{}
	if in.GroupName != nil {
		if _, err := r.group(in.GroupName); err != nil {
			return nil, err
		}
	}
	for _, at := range slices.Sorted(maps.Keys(r.Schedules)) {
		p := r.Schedules[at]
		if (in.GroupName == nil || *in.GroupName == p.Group) && strings.HasPrefix(p.Name, aws.ToString(in.NamePrefix)) && (in.State == "" || in.State == p.State) {
			found = append(found, types.ScheduleSummary{
				Arn: aws.String(p.ARN), GroupName: aws.String(p.Group), Name: aws.String(p.Name), State: p.State, Target: &types.TargetSummary{Arn: p.Target.Arn},
				CreationDate: aws.Time(p.Created), LastModificationDate: aws.Time(p.Modified),
			})
		}
	}
	some, next, err := page(ctx, found, in.NextToken, in.MaxResults)
	return &scheduler.ListSchedulesOutput{Schedules: some, NextToken: next}, err
}

// DeleteSchedule removes a schedule.
func (s *Service) DeleteSchedule(ctx context.Context, in *scheduler.DeleteScheduleInput, _ ...opt) (*scheduler.DeleteScheduleOutput, error) {
	r := s.regions.In(ctx)
	p, err := r.find(in.GroupName, in.Name)
	if err != nil {
		return nil, err
	}
	delete(r.Schedules, p.Group+"/"+p.Name)
	return &scheduler.DeleteScheduleOutput{}, nil
}
