// Package fakecloudwatch is the alarms of CloudWatch of a fakeaws.Cloud.
//
// Modelled: metric alarms on one metric with a static threshold, with actions, missing-data treatment and tags; their
// state changes by SetAlarmState alone.
//
// Not modelled: metrics and their evaluation, metric math, anomaly detection, composite and log alarms, alarm history, dashboards,
// metric streams, and what actions do.
package fakecloudwatch

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Service handles CloudWatch.
type Service struct {
	cloud *fakeaws.Cloud
	store *fakeaws.Store[State]
}

// State is what one account has in one region.
type State struct {
	Alarms map[string]*Alarm // by name
}

// Alarm is a metric alarm.
type Alarm struct {
	Spec    types.MetricAlarm
	Changed time.Time
	Tags    map[string]string
}

// Options is what the SDK's calls take beside their input; the fake ignores it.
type Options = func(*cloudwatch.Options)

// Install adds CloudWatch to a cloud.
func Install(c *fakeaws.Cloud) {
	s := &Service{cloud: c}
	s.store = fakeaws.NewStore(c, "cloudwatch", fakeaws.Regional, func(string, string) *State { return &State{Alarms: map[string]*Alarm{}} })

	fakeaws.On(c, s.PutMetricAlarm, "AlarmName", "AlarmDescription", "ActionsEnabled", "AlarmActions", "OKActions", "InsufficientDataActions",
		"Namespace", "MetricName", "Dimensions", "Statistic", "ExtendedStatistic", "Period", "Unit", "EvaluationPeriods", "DatapointsToAlarm",
		"Threshold", "ComparisonOperator", "TreatMissingData", "EvaluateLowSampleCountPercentile", "Tags")
	fakeaws.On(c, s.DescribeAlarms, "AlarmNames", "AlarmNamePrefix", "AlarmTypes", "ActionPrefix", "StateValue", "MaxRecords", "NextToken")
	fakeaws.On(c, s.DescribeAlarmsForMetric, "Namespace", "MetricName", "Dimensions", "Statistic", "ExtendedStatistic", "Period", "Unit")
	fakeaws.On(c, s.DeleteAlarms, "AlarmNames")
	fakeaws.On(c, s.EnableAlarmActions, "AlarmNames")
	fakeaws.On(c, s.DisableAlarmActions, "AlarmNames")
	fakeaws.On(c, s.SetAlarmState, "AlarmName", "StateValue", "StateReason", "StateReasonData")
	fakeaws.On(c, s.TagResource, "ResourceARN", "Tags")
	fakeaws.On(c, s.UntagResource, "ResourceARN", "TagKeys")
	fakeaws.On(c, s.ListTagsForResource, "ResourceARN")
}

// now is in UTC and in milliseconds, as the service's dates are.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }

func invalid(format string, args ...any) error {
	return fakeaws.Error("ValidationError", format, args...)
}

func combination(format string, args ...any) error {
	return &types.InvalidParameterCombinationException{Message: aws.String(fmt.Sprintf(format, args...))}
}

// SetAlarmState puts an alarm into a state, as its metric would.
func (s *Service) SetAlarmState(ctx context.Context, in *cloudwatch.SetAlarmStateInput, _ ...Options) (*cloudwatch.SetAlarmStateOutput, error) {
	a := s.store.In(ctx).Alarms[aws.ToString(in.AlarmName)]
	if a == nil {
		return nil, &types.ResourceNotFound{Message: aws.String("")}
	}
	if !slices.Contains(in.StateValue.Values(), in.StateValue) {
		return nil, invalid("1 validation error detected: Value '%s' at 'stateValue' failed to satisfy constraint: Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]", in.StateValue)
	}
	a.Spec.StateValue, a.Spec.StateReason, a.Spec.StateReasonData = in.StateValue, aws.String(aws.ToString(in.StateReason)), in.StateReasonData
	a.Changed = now()
	return &cloudwatch.SetAlarmStateOutput{}, nil
}

// EnableAlarmActions lets alarms act; names that are unknown are passed over.
func (s *Service) EnableAlarmActions(ctx context.Context, in *cloudwatch.EnableAlarmActionsInput, _ ...Options) (*cloudwatch.EnableAlarmActionsOutput, error) {
	s.actions(ctx, in.AlarmNames, true)
	return &cloudwatch.EnableAlarmActionsOutput{}, nil
}

// DisableAlarmActions keeps alarms from acting; names that are unknown are passed over.
func (s *Service) DisableAlarmActions(ctx context.Context, in *cloudwatch.DisableAlarmActionsInput, _ ...Options) (*cloudwatch.DisableAlarmActionsOutput, error) {
	s.actions(ctx, in.AlarmNames, false)
	return &cloudwatch.DisableAlarmActionsOutput{}, nil
}

func (s *Service) actions(ctx context.Context, names []string, enabled bool) {
	st := s.store.In(ctx)
	for _, n := range names {
		if a := st.Alarms[n]; a != nil {
			a.Spec.ActionsEnabled = aws.Bool(enabled)
		}
	}
}

// DeleteAlarms removes alarms, all or none.
func (s *Service) DeleteAlarms(ctx context.Context, in *cloudwatch.DeleteAlarmsInput, _ ...Options) (*cloudwatch.DeleteAlarmsOutput, error) {
	st := s.store.In(ctx)
	if len(in.AlarmNames) > 100 {
		return nil, invalid("1 validation error detected: Value at 'alarmNames' failed to satisfy constraint: Member must have length less than or equal to 100")
	}
	for _, n := range in.AlarmNames {
		if st.Alarms[n] == nil {
			return nil, fakeaws.Status(404, &types.ResourceNotFound{Message: aws.String("Unknown alarm " + n)})
		}
	}
	for _, n := range in.AlarmNames {
		delete(st.Alarms, n)
	}
	return &cloudwatch.DeleteAlarmsOutput{}, nil
}

// DescribeAlarms answers metric alarms by name. Names that are unknown are left out.
func (s *Service) DescribeAlarms(ctx context.Context, in *cloudwatch.DescribeAlarmsInput, _ ...Options) (*cloudwatch.DescribeAlarmsOutput, error) {
	switch {
	case len(in.AlarmNames) > 0 && in.AlarmNamePrefix != nil:
		return nil, combination("AlarmNames and AlarmNamePrefix must not both be specified")
	case len(in.AlarmNames) > 100:
		return nil, invalid("1 validation error detected: Value at 'alarmNames' failed to satisfy constraint: Member must have length less than or equal to 100")
	case in.MaxRecords != nil && (*in.MaxRecords < 1 || *in.MaxRecords > 100):
		return nil, invalid("1 validation error detected: Value '%d' at 'maxRecords' failed to satisfy constraint: Member must have value between 1 and 100", *in.MaxRecords)
	}
	metric := len(in.AlarmTypes) == 0 || slices.Contains(in.AlarmTypes, types.AlarmTypeMetricAlarm)
	found := s.find(ctx, func(a types.MetricAlarm) bool {
		acts := in.ActionPrefix == nil || slices.ContainsFunc(slices.Concat(a.AlarmActions, a.OKActions, a.InsufficientDataActions), func(arn string) bool {
			return strings.HasPrefix(arn, *in.ActionPrefix)
		})
		return metric && acts && (len(in.AlarmNames) == 0 || slices.Contains(in.AlarmNames, *a.AlarmName)) &&
			strings.HasPrefix(*a.AlarmName, aws.ToString(in.AlarmNamePrefix)) && (in.StateValue == "" || in.StateValue == a.StateValue)
	})
	limit := in.MaxRecords
	if limit == nil {
		limit = aws.Int32(50)
	}
	some, next, ok := fakeaws.Page(ctx, found, in.NextToken, limit, 100)
	if !ok {
		return nil, &types.InvalidNextToken{Message: aws.String("Invalid token")}
	}
	return &cloudwatch.DescribeAlarmsOutput{MetricAlarms: some, NextToken: next}, nil
}

// DescribeAlarmsForMetric answers the alarms on one metric, dimensions included.
func (s *Service) DescribeAlarmsForMetric(ctx context.Context, in *cloudwatch.DescribeAlarmsForMetricInput, _ ...Options) (*cloudwatch.DescribeAlarmsForMetricOutput, error) {
	found := s.find(ctx, func(a types.MetricAlarm) bool {
		return *a.Namespace == aws.ToString(in.Namespace) && *a.MetricName == aws.ToString(in.MetricName) && maps.Equal(dimensions(a.Dimensions), dimensions(in.Dimensions)) &&
			(in.Statistic == "" || in.Statistic == a.Statistic) && (in.ExtendedStatistic == nil || *in.ExtendedStatistic == aws.ToString(a.ExtendedStatistic)) &&
			(in.Period == nil || *in.Period == *a.Period) && (in.Unit == "" || in.Unit == a.Unit)
	})
	return &cloudwatch.DescribeAlarmsForMetricOutput{MetricAlarms: found}, nil
}

func dimensions(ds []types.Dimension) map[string]string {
	out := map[string]string{}
	for _, d := range ds {
		out[aws.ToString(d.Name)] = aws.ToString(d.Value)
	}
	return out
}

// find returns copies of the alarms that are asked for, by name.
func (s *Service) find(ctx context.Context, is func(types.MetricAlarm) bool) []types.MetricAlarm {
	st := s.store.In(ctx)
	var out []types.MetricAlarm
	for _, name := range slices.Sorted(maps.Keys(st.Alarms)) {
		if a := st.Alarms[name]; is(a.Spec) {
			out = append(out, a.seen())
		}
	}
	return out
}
