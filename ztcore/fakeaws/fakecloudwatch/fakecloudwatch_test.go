package fakecloudwatch_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakecloudwatch"
)

var ctx = context.Background()

func code(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return fmt.Sprint(err)
	}
	return api.ErrorCode()
}

func second[O any](_ O, err error) error { return err }

func highCPU() *cloudwatch.PutMetricAlarmInput {
	return &cloudwatch.PutMetricAlarmInput{
		AlarmName: aws.String("HighCPU"), Namespace: aws.String("AWS/EC2"), MetricName: aws.String("CPUUtilization"), Statistic: types.StatisticAverage,
		Period: aws.Int32(300), EvaluationPeriods: aws.Int32(2), Threshold: aws.Float64(80), ComparisonOperator: types.ComparisonOperatorGreaterThanOrEqualToThreshold,
		AlarmActions: []string{"arn:aws:sns:us-east-1:123456789012:my-sns-topic"}, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("blue")}},
	}
}

func TestRefusals(t *testing.T) {
	client := cloudwatch.NewFromConfig(fakeaws.New(fakecloudwatch.Install).Config())
	for name, c := range map[string]struct {
		change func(*cloudwatch.PutMetricAlarmInput)
		code   string
	}{
		"name":            {func(in *cloudwatch.PutMetricAlarmInput) { in.AlarmName = aws.String("a\n") }, "ValidationError"},
		"description":     {func(in *cloudwatch.PutMetricAlarmInput) { in.AlarmDescription = aws.String(strings.Repeat("x", 1025)) }, "ValidationError"},
		"no namespace":    {func(in *cloudwatch.PutMetricAlarmInput) { in.Namespace = nil }, "ValidationError"},
		"no metric":       {func(in *cloudwatch.PutMetricAlarmInput) { in.MetricName = nil }, "ValidationError"},
		"two statistics":  {func(in *cloudwatch.PutMetricAlarmInput) { in.ExtendedStatistic = aws.String("p90") }, "InvalidParameterCombinationException"},
		"no statistic":    {func(in *cloudwatch.PutMetricAlarmInput) { in.Statistic = "" }, "InvalidParameterCombinationException"},
		"statistic":       {func(in *cloudwatch.PutMetricAlarmInput) { in.Statistic = "Median" }, "ValidationError"},
		"percentile":      {func(in *cloudwatch.PutMetricAlarmInput) { in.Statistic, in.ExtendedStatistic = "", aws.String("p101") }, "ValidationError"},
		"unit":            {func(in *cloudwatch.PutMetricAlarmInput) { in.Unit = "Miles" }, "ValidationError"},
		"no period":       {func(in *cloudwatch.PutMetricAlarmInput) { in.Period = nil }, "MissingRequiredParameterException"},
		"no threshold":    {func(in *cloudwatch.PutMetricAlarmInput) { in.Threshold = nil }, "MissingRequiredParameterException"},
		"period":          {func(in *cloudwatch.PutMetricAlarmInput) { in.Period = aws.Int32(45) }, "ValidationError"},
		"no periods":      {func(in *cloudwatch.PutMetricAlarmInput) { in.EvaluationPeriods = aws.Int32(0) }, "ValidationError"},
		"more than a day": {func(in *cloudwatch.PutMetricAlarmInput) { in.EvaluationPeriods = aws.Int32(289) }, "ValidationError"},
		"more than a week": {func(in *cloudwatch.PutMetricAlarmInput) {
			in.Period, in.EvaluationPeriods = aws.Int32(86400), aws.Int32(8)
		}, "ValidationError"},
		"datapoints": {func(in *cloudwatch.PutMetricAlarmInput) { in.DatapointsToAlarm = aws.Int32(3) }, "ValidationError"},
		"comparison": {func(in *cloudwatch.PutMetricAlarmInput) {
			in.ComparisonOperator = types.ComparisonOperatorGreaterThanUpperThreshold
		}, "ValidationError"},
		"missing data": {func(in *cloudwatch.PutMetricAlarmInput) { in.TreatMissingData = aws.String("hide") }, "ValidationError"},
		"low samples":  {func(in *cloudwatch.PutMetricAlarmInput) { in.EvaluateLowSampleCountPercentile = aws.String("ignore") }, "ValidationError"},
		"dimension": {func(in *cloudwatch.PutMetricAlarmInput) {
			in.Dimensions = []types.Dimension{{Name: aws.String(":a"), Value: aws.String("b")}}
		}, "ValidationError"},
		"action": {func(in *cloudwatch.PutMetricAlarmInput) { in.AlarmActions = []string{"my-sns-topic"} }, "ValidationError"},
		"action of another region": {func(in *cloudwatch.PutMetricAlarmInput) {
			in.OKActions = []string{"arn:aws:sns:eu-west-1:123456789012:t"}
		}, "ValidationError"},
		"too many actions": {func(in *cloudwatch.PutMetricAlarmInput) { in.AlarmActions = slicesOf(6) }, "ValidationError"},
		"tag": {func(in *cloudwatch.PutMetricAlarmInput) {
			in.Tags = []types.Tag{{Key: aws.String("aws:x"), Value: aws.String("1")}}
		}, "ValidationError"},
	} {
		in := highCPU()
		c.change(in)
		err := second(client.PutMetricAlarm(ctx, in))
		require.Equal(t, c.code, code(err), "%s: %v", name, err)
	}
	require.Equal(t, "InvalidParameterCombinationException", code(second(client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{AlarmNames: []string{"a"}, AlarmNamePrefix: aws.String("a")}))))
	require.Equal(t, "InvalidNextToken", code(second(client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{NextToken: aws.String("x")}))))
	require.Equal(t, "ValidationError", code(second(client.DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{MaxRecords: aws.Int32(101)}))))
	var unknown *types.ResourceNotFound
	require.ErrorAs(t, second(client.DeleteAlarms(ctx, &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"nobody"}})), &unknown)
	require.ErrorAs(t, second(client.SetAlarmState(ctx, &cloudwatch.SetAlarmStateInput{AlarmName: aws.String("nobody"), StateValue: types.StateValueOk, StateReason: aws.String("x")})), &unknown)
	var untaggable *types.ResourceNotFoundException
	require.ErrorAs(t, second(client.ListTagsForResource(ctx, &cloudwatch.ListTagsForResourceInput{ResourceARN: aws.String("arn:aws:cloudwatch:us-east-1:123456789012:alarm:nobody")})), &untaggable)
}

func slicesOf(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("arn:aws:sns:us-east-1:123456789012:t%d", i))
	}
	return out
}

func TestAlarm(t *testing.T) {
	client := cloudwatch.NewFromConfig(fakeaws.New(fakecloudwatch.Install).Config())
	require.NoError(t, second(client.PutMetricAlarm(ctx, highCPU())))
	describe := func(in *cloudwatch.DescribeAlarmsInput) []types.MetricAlarm {
		out, err := client.DescribeAlarms(ctx, in)
		require.NoError(t, err)
		return out.MetricAlarms
	}
	a := describe(nil)[0]
	require.Equal(t, "arn:aws:cloudwatch:us-east-1:123456789012:alarm:HighCPU", *a.AlarmArn)
	require.True(t, *a.ActionsEnabled)
	require.Equal(t, types.StateValueInsufficientData, a.StateValue)
	require.Nil(t, a.TreatMissingData)
	require.Len(t, describe(&cloudwatch.DescribeAlarmsInput{ActionPrefix: aws.String("arn:aws:sns:us-east-1:123456789012:my")}), 1)
	require.Empty(t, describe(&cloudwatch.DescribeAlarmsInput{ActionPrefix: aws.String("arn:aws:sns:us-east-1:123456789012:other")}))
	require.Empty(t, describe(&cloudwatch.DescribeAlarmsInput{AlarmTypes: []types.AlarmType{types.AlarmTypeCompositeAlarm}}))
	out, err := client.DescribeAlarmsForMetric(ctx, &cloudwatch.DescribeAlarmsForMetricInput{Namespace: aws.String("AWS/EC2"), MetricName: aws.String("CPUUtilization")})
	require.NoError(t, err)
	require.Len(t, out.MetricAlarms, 1)

	require.NoError(t, second(client.SetAlarmState(ctx, &cloudwatch.SetAlarmStateInput{AlarmName: aws.String("HighCPU"), StateValue: types.StateValueAlarm, StateReason: aws.String("drill")})))
	require.NoError(t, second(client.DisableAlarmActions(ctx, &cloudwatch.DisableAlarmActionsInput{AlarmNames: []string{"HighCPU", "nobody"}})))
	require.False(t, *describe(nil)[0].ActionsEnabled)

	again := highCPU()
	again.Tags, again.Threshold = []types.Tag{{Key: aws.String("team"), Value: aws.String("red")}}, aws.Float64(90)
	require.NoError(t, second(client.PutMetricAlarm(ctx, again)))
	a = describe(&cloudwatch.DescribeAlarmsInput{StateValue: types.StateValueAlarm})[0]
	require.Equal(t, 90.0, *a.Threshold)
	tags, err := client.ListTagsForResource(ctx, &cloudwatch.ListTagsForResourceInput{ResourceARN: a.AlarmArn})
	require.NoError(t, err)
	require.Equal(t, "blue", *tags.Tags[0].Value, "tags of an alarm that exists change by TagResource alone")
	require.NoError(t, second(client.UntagResource(ctx, &cloudwatch.UntagResourceInput{ResourceARN: a.AlarmArn, TagKeys: []string{"team"}})))
	require.Equal(t, "ResourceNotFound", code(second(client.DeleteAlarms(ctx, &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"HighCPU", "nobody"}}))))
	require.Len(t, describe(nil), 1, "all or none")
	require.NoError(t, second(client.DeleteAlarms(ctx, &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{"HighCPU"}})))
	require.Empty(t, describe(nil))
}

func TestPagesOfOne(t *testing.T) {
	cloud := fakeaws.New(fakecloudwatch.Install)
	cloud.SetPageSize(1)
	client := cloudwatch.NewFromConfig(cloud.Config())
	for _, name := range []string{"b", "a"} {
		in := highCPU()
		in.AlarmName = &name
		require.NoError(t, second(client.PutMetricAlarm(ctx, in)))
	}
	var names []string
	for in := (&cloudwatch.DescribeAlarmsInput{}); ; {
		out, err := client.DescribeAlarms(ctx, in)
		require.NoError(t, err)
		require.Len(t, out.MetricAlarms, 1)
		names = append(names, *out.MetricAlarms[0].AlarmName)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	require.Equal(t, []string{"a", "b"}, names)
}

// An alarm whose periods are too many is refused, as AWS does.
func Example() {
	client := cloudwatch.NewFromConfig(fakeaws.New(fakecloudwatch.Install).Config())
	in := highCPU()
	in.EvaluationPeriods = aws.Int32(300)
	_, err := client.PutMetricAlarm(ctx, in)
	var api smithy.APIError
	if errors.As(err, &api) {
		fmt.Println(api.ErrorMessage())
	}
	// Output:
	// Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).
}
