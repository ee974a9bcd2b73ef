package fakescheduler_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakescheduler"
)

var ctx = context.Background()

const (
	topic = "arn:aws:sns:us-east-1:123456789012:reminders"
	role  = "arn:aws:iam::123456789012:role/Reminder"
)

func client(also ...func(*fakeaws.Cloud)) (*fakeaws.Cloud, *scheduler.Client) {
	cloud := fakeaws.New(append(also, fakescheduler.Install)...)
	return cloud, scheduler.NewFromConfig(cloud.Config())
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return fmt.Sprint(err)
}

func plain(name string) *scheduler.CreateScheduleInput {
	return &scheduler.CreateScheduleInput{
		Name: &name, ScheduleExpression: aws.String("rate(1 day)"), FlexibleTimeWindow: &types.FlexibleTimeWindow{Mode: types.FlexibleTimeWindowModeOff},
		Target: &types.Target{Arn: aws.String(topic), RoleArn: aws.String(role), Input: aws.String("hello")},
	}
}

func TestScheduleGetsAWSsDefaults(t *testing.T) {
	_, c := client()
	made, err := c.CreateSchedule(ctx, plain("daily"))
	require.NoError(t, err)
	require.Equal(t, "arn:aws:scheduler:us-east-1:123456789012:schedule/default/daily", *made.ScheduleArn)
	got, err := c.GetSchedule(ctx, &scheduler.GetScheduleInput{Name: aws.String("daily")})
	require.NoError(t, err)
	require.Equal(t, "UTC", *got.ScheduleExpressionTimezone)
	require.Equal(t, types.ScheduleStateEnabled, got.State)
	require.Equal(t, types.ActionAfterCompletionNone, got.ActionAfterCompletion)
	require.EqualValues(t, 86400, *got.Target.RetryPolicy.MaximumEventAgeInSeconds)
	require.EqualValues(t, 185, *got.Target.RetryPolicy.MaximumRetryAttempts)

	with := scheduler.UpdateScheduleInput(*plain("daily"))
	with.Description, with.State = aws.String("d"), types.ScheduleStateDisabled
	_, err = c.UpdateSchedule(ctx, &with)
	require.NoError(t, err)
	without := scheduler.UpdateScheduleInput(*plain("daily"))
	_, err = c.UpdateSchedule(ctx, &without)
	require.NoError(t, err)
	got, err = c.GetSchedule(ctx, &scheduler.GetScheduleInput{Name: aws.String("daily")})
	require.NoError(t, err)
	require.Nil(t, got.Description, "what is left out goes back to its default")
	require.Equal(t, types.ScheduleStateEnabled, got.State)
}

func TestGroupGoesWithItsSchedules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c := client()
		_, err := c.CreateScheduleGroup(ctx, &scheduler.CreateScheduleGroupInput{Name: aws.String("g"), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}}})
		require.NoError(t, err)
		in := plain("daily")
		in.GroupName = aws.String("g")
		_, err = c.CreateSchedule(ctx, in)
		require.NoError(t, err)
		_, err = c.DeleteScheduleGroup(ctx, &scheduler.DeleteScheduleGroupInput{Name: aws.String("g")})
		require.NoError(t, err)
		got, err := c.GetScheduleGroup(ctx, &scheduler.GetScheduleGroupInput{Name: aws.String("g")})
		require.NoError(t, err)
		require.Equal(t, types.ScheduleGroupStateDeleting, got.State)
		_, err = c.CreateScheduleGroup(ctx, &scheduler.CreateScheduleGroupInput{Name: aws.String("g")})
		require.Equal(t, "ConflictException", code(err))
		_, err = c.GetSchedule(ctx, &scheduler.GetScheduleInput{Name: aws.String("daily"), GroupName: aws.String("g")})
		require.Equal(t, "ResourceNotFoundException", code(err))
		time.Sleep(time.Minute)
		_, err = c.GetScheduleGroup(ctx, &scheduler.GetScheduleGroupInput{Name: aws.String("g")})
		var gone *types.ResourceNotFoundException
		require.ErrorAs(t, err, &gone)
		_, err = c.CreateScheduleGroup(ctx, &scheduler.CreateScheduleGroupInput{Name: aws.String("g")})
		require.NoError(t, err)
	})
}

func TestListsPageAndTagsStay(t *testing.T) {
	cloud, c := client()
	for _, n := range []string{"a1", "a2", "b"} {
		_, err := c.CreateSchedule(ctx, plain(n))
		require.NoError(t, err)
		_, err = c.CreateScheduleGroup(ctx, &scheduler.CreateScheduleGroupInput{Name: &n})
		require.NoError(t, err)
	}
	cloud.SetPageSize(1)
	var names []string
	for p := scheduler.NewListSchedulesPaginator(c, &scheduler.ListSchedulesInput{NamePrefix: aws.String("a")}); p.HasMorePages(); {
		out, err := p.NextPage(ctx)
		require.NoError(t, err)
		require.Len(t, out.Schedules, 1)
		names = append(names, *out.Schedules[0].Name)
	}
	require.Equal(t, []string{"a1", "a2"}, names)
	first, err := c.ListScheduleGroups(ctx, &scheduler.ListScheduleGroupsInput{})
	require.NoError(t, err)
	_, err = c.ListSchedules(ctx, &scheduler.ListSchedulesInput{NextToken: first.NextToken})
	require.Equal(t, "ValidationException", code(err))

	arn := aws.String("arn:aws:scheduler:us-east-1:123456789012:schedule-group/b")
	_, err = c.TagResource(ctx, &scheduler.TagResourceInput{ResourceArn: arn, Tags: []types.Tag{{Key: aws.String("x"), Value: aws.String("1")}, {Key: aws.String("y"), Value: aws.String("2")}}})
	require.NoError(t, err)
	_, err = c.UntagResource(ctx, &scheduler.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"x"}})
	require.NoError(t, err)
	tags, err := c.ListTagsForResource(ctx, &scheduler.ListTagsForResourceInput{ResourceArn: arn})
	require.NoError(t, err)
	require.Len(t, tags.Tags, 1)
	require.Equal(t, "y", *tags.Tags[0].Key)
}

func TestRefusals(t *testing.T) {
	_, c := client()
	_, err := c.CreateSchedule(ctx, plain("there"))
	require.NoError(t, err)
	for name, x := range map[string]struct {
		change func(*scheduler.CreateScheduleInput)
		code   string
	}{
		"a name twice":  {func(in *scheduler.CreateScheduleInput) { in.Name = aws.String("there") }, "ConflictException"},
		"a bad name":    {func(in *scheduler.CreateScheduleInput) { in.Name = aws.String("a b") }, "ValidationException"},
		"a bad time":    {func(in *scheduler.CreateScheduleInput) { in.ScheduleExpression = aws.String("daily") }, "ValidationException"},
		"a bad zone":    {func(in *scheduler.CreateScheduleInput) { in.ScheduleExpressionTimezone = aws.String("Mars/Base") }, "ValidationException"},
		"no such group": {func(in *scheduler.CreateScheduleInput) { in.GroupName = aws.String("none") }, "ResourceNotFoundException"},
		"no window": {func(in *scheduler.CreateScheduleInput) {
			in.FlexibleTimeWindow.Mode = types.FlexibleTimeWindowModeFlexible
		}, "ValidationException"},
		"a window too": {func(in *scheduler.CreateScheduleInput) { in.FlexibleTimeWindow.MaximumWindowInMinutes = aws.Int32(5) }, "ValidationException"},
		"a bad state":  {func(in *scheduler.CreateScheduleInput) { in.State = "ON" }, "ValidationException"},
		"a bad target": {func(in *scheduler.CreateScheduleInput) { in.Target.Arn = aws.String("reminders") }, "ValidationException"},
		"many retries": {func(in *scheduler.CreateScheduleInput) {
			in.Target.RetryPolicy = &types.RetryPolicy{MaximumRetryAttempts: aws.Int32(186)}
		}, "ValidationException"},
		"no queue": {func(in *scheduler.CreateScheduleInput) {
			in.Target.DeadLetterConfig = &types.DeadLetterConfig{Arn: aws.String(topic)}
		}, "ValidationException"},
		"an end too soon": {func(in *scheduler.CreateScheduleInput) { now := time.Now(); in.StartDate, in.EndDate = &now, &now }, "ValidationException"},
	} {
		in := plain("x")
		x.change(in)
		_, err := c.CreateSchedule(ctx, in)
		require.Equal(t, x.code, code(err), "%s: %v", name, err)
	}
	_, err = c.DeleteScheduleGroup(ctx, &scheduler.DeleteScheduleGroupInput{Name: aws.String("default")})
	require.Equal(t, "ValidationException", code(err))
	_, err = c.DeleteSchedule(ctx, &scheduler.DeleteScheduleInput{Name: aws.String("none")})
	require.Equal(t, "ResourceNotFoundException", code(err))

	_, withIAM := client(fakeiam.Install)
	_, err = withIAM.CreateSchedule(ctx, plain("x"))
	require.ErrorContains(t, err, "must allow AWS EventBridge Scheduler to assume the role")
}

func Example() {
	ctx, cloud := context.Background(), fakeaws.New(fakescheduler.Install)
	if _, err := scheduler.NewFromConfig(cloud.Config()).CreateSchedule(ctx, plain("daily")); err != nil {
		fmt.Println(err)
		return
	}
	if err := fakescheduler.Run(cloud, fakeaws.DefaultAccount, fakeaws.DefaultRegion, "default", "daily"); err != nil {
		fmt.Println(err)
		return
	}
	for _, d := range fakescheduler.Invocations(cloud, fakeaws.DefaultAccount, fakeaws.DefaultRegion) {
		fmt.Println(d.Target, d.Input)
	}
	fmt.Println(fakescheduler.Run(cloud, fakeaws.DefaultAccount, fakeaws.DefaultRegion, "default", "weekly"))
	// Output:
	// arn:aws:sns:us-east-1:123456789012:reminders hello
	// schedule default/weekly does not exist or is disabled
}
