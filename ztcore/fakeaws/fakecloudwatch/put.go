package fakecloudwatch

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
var (
	alarmName  = regexp.MustCompile(`^[^\x00-\x1f\x7f]{1,255}$`)
	percentile = regexp.MustCompile(`^(p(\d{1,2}(\.\d{1,10})?|100)|(tm|tc|ts|wm)\d{1,2}(\.\d{1,10})?|IQM|(PR|TC|TM|TS|WM)\(.+\))$`)
	actionARN  = regexp.MustCompile(`^arn:aws[\w-]*:(automate|swf|autoscaling|lambda|sns|ssm|ssm-incidents|aiops):[a-z0-9-]*:(\d{12})?:?.+$`)
)

// static are the comparisons with a fixed threshold; the others belong to anomaly detection.
var static = []types.ComparisonOperator{
	types.ComparisonOperatorGreaterThanOrEqualToThreshold, types.ComparisonOperatorGreaterThanThreshold,
	types.ComparisonOperatorLessThanThreshold, types.ComparisonOperatorLessThanOrEqualToThreshold,
}

// PutMetricAlarm makes an alarm or replaces it; the tags of one that exists stay as they are.
func (s *Service) PutMetricAlarm(ctx context.Context, in *cloudwatch.PutMetricAlarmInput, _ ...Options) (*cloudwatch.PutMetricAlarmOutput, error) {
	call, st := fakeaws.CallFrom(ctx), s.store.In(ctx)
	if err := checkAlarm(call, in); err != nil {
		return nil, err
	}
	name := *in.AlarmName
	a := st.Alarms[name]
	if a == nil {
		a = &Alarm{Tags: map[string]string{}, Changed: now()}
		for _, t := range in.Tags {
			a.Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
		if err := checkTags(a.Tags); err != nil {
			return nil, err
		}
		a.Spec.StateValue, a.Spec.StateReason = types.StateValueInsufficientData, aws.String("Unchecked: Initial alarm creation")
		st.Alarms[name] = a
	}
	state, reason, data := a.Spec.StateValue, a.Spec.StateReason, a.Spec.StateReasonData
	a.Spec = types.MetricAlarm{
		AlarmName: &name, AlarmArn: aws.String("arn:" + call.Partition() + ":cloudwatch:" + call.Region + ":" + call.Account + ":alarm:" + name),
		AlarmDescription: in.AlarmDescription, ActionsEnabled: aws.Bool(in.ActionsEnabled == nil || *in.ActionsEnabled),
		AlarmActions: slices.Clone(in.AlarmActions), OKActions: slices.Clone(in.OKActions), InsufficientDataActions: slices.Clone(in.InsufficientDataActions),
		Namespace: in.Namespace, MetricName: in.MetricName, Dimensions: in.Dimensions, Statistic: in.Statistic, ExtendedStatistic: in.ExtendedStatistic,
		Period: in.Period, Unit: in.Unit, EvaluationPeriods: in.EvaluationPeriods, DatapointsToAlarm: in.DatapointsToAlarm,
		Threshold: in.Threshold, ComparisonOperator: in.ComparisonOperator, TreatMissingData: in.TreatMissingData, EvaluateLowSampleCountPercentile: in.EvaluateLowSampleCountPercentile,
		StateValue: state, StateReason: reason, StateReasonData: data, AlarmConfigurationUpdatedTimestamp: aws.Time(now()),
	}
	a.Spec = a.seen()
	return &cloudwatch.PutMetricAlarmOutput{}, nil
}

// checkAlarm refuses what PutMetricAlarm's documentation excludes.
func checkAlarm(call fakeaws.Call, in *cloudwatch.PutMetricAlarmInput) error {
	period, periods := aws.ToInt32(in.Period), aws.ToInt32(in.EvaluationPeriods)
	switch {
	case !alarmName.MatchString(aws.ToString(in.AlarmName)):
		return invalid("1 validation error detected: Value '%s' at 'alarmName' failed to satisfy constraint: Member must have length between 1 and 255", aws.ToString(in.AlarmName))
	case len(aws.ToString(in.AlarmDescription)) > 1024:
		return invalid("1 validation error detected: Value at 'alarmDescription' failed to satisfy constraint: Member must have length less than or equal to 1024")
	case aws.ToString(in.Namespace) == "" || strings.HasPrefix(*in.Namespace, ":") || len(*in.Namespace) > 255:
		return invalid("The parameter Namespace must be specified and must not start with a colon")
	case aws.ToString(in.MetricName) == "" || len(*in.MetricName) > 255:
		return invalid("Exactly one element of the metrics list should return data.")
	case len(in.Dimensions) > 30:
		return invalid("The collection Dimensions must not have a size greater than 30.")
	case (in.Statistic == "") == (in.ExtendedStatistic == nil):
		return combination("Exactly one of Statistic or ExtendedStatistic must be specified")
	case in.Statistic != "" && !slices.Contains(in.Statistic.Values(), in.Statistic):
		return invalid("1 validation error detected: Value '%s' at 'statistic' failed to satisfy constraint: Member must satisfy enum value set: [Maximum, SampleCount, Sum, Minimum, Average]", in.Statistic)
	case in.ExtendedStatistic != nil && !percentile.MatchString(*in.ExtendedStatistic):
		return invalid("The value %s for parameter ExtendedStatistic is not supported.", *in.ExtendedStatistic)
	case in.Unit != "" && !slices.Contains(in.Unit.Values(), in.Unit):
		return invalid("The value %s for parameter Unit is not supported.", in.Unit)
	case in.Period == nil:
		return &types.MissingRequiredParameterException{Message: aws.String("The parameter Period must be specified")}
	case in.Threshold == nil:
		return &types.MissingRequiredParameterException{Message: aws.String("The parameter Threshold must be specified")}
	case period != 10 && period != 20 && period != 30 && (period < 60 || period%60 != 0):
		return invalid("Valid values for Period are 10, 20, 30, or any multiple of 60.")
	case periods < 1:
		return invalid("1 validation error detected: Value '%d' at 'evaluationPeriods' failed to satisfy constraint: Member must have value greater than or equal to 1", periods)
	case period >= 3600 && int64(period)*int64(periods) > 604800:
		return invalid("Metrics cannot be checked across more than 7 days (EvaluationPeriods * Period must be <= 604800).")
	case period < 3600 && int64(period)*int64(periods) > 86400:
		return invalid("Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).")
	case in.DatapointsToAlarm != nil && (*in.DatapointsToAlarm < 1 || *in.DatapointsToAlarm > periods):
		return invalid("DatapointsToAlarm must be between 1 and EvaluationPeriods")
	case !slices.Contains(static, in.ComparisonOperator):
		return invalid("The value %s for parameter ComparisonOperator is not supported for a static threshold.", in.ComparisonOperator)
	case in.TreatMissingData != nil && !slices.Contains([]string{"breaching", "notBreaching", "ignore", "missing"}, *in.TreatMissingData):
		return invalid("Option %s is not supported for TreatMissingData parameter. Supported options are [breaching, notBreaching, ignore, missing].", *in.TreatMissingData)
	case in.EvaluateLowSampleCountPercentile != nil && (in.ExtendedStatistic == nil || *in.EvaluateLowSampleCountPercentile != "evaluate" && *in.EvaluateLowSampleCountPercentile != "ignore"):
		return invalid("Option %s is not supported for EvaluateLowSampleCountPercentile parameter.", *in.EvaluateLowSampleCountPercentile)
	}
	for _, d := range in.Dimensions {
		if n, v := aws.ToString(d.Name), aws.ToString(d.Value); n == "" || len(n) > 255 || strings.HasPrefix(n, ":") || v == "" || len(v) > 1024 {
			return invalid("The dimension %s=%s is not valid", n, v)
		}
	}
	for name, actions := range map[string][]string{"AlarmActions": in.AlarmActions, "OKActions": in.OKActions, "InsufficientDataActions": in.InsufficientDataActions} {
		if len(actions) > 5 {
			return invalid("The collection %s must not have a size greater than 5.", name)
		}
		for _, arn := range actions {
			if err := checkAction(call, arn); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkAction(call fakeaws.Call, arn string) error {
	if !actionARN.MatchString(arn) {
		return invalid("Invalid arn syntax: %s", arn)
	}
	if parts := strings.SplitN(arn, ":", 6); parts[3] != "" && parts[3] != call.Region {
		return invalid("Invalid region %s specified. Only %s is supported.", parts[3], call.Region)
	}
	return nil
}

// seen is the alarm as AWS answers it, and shares nothing with the state.
func (a *Alarm) seen() types.MetricAlarm {
	out := a.Spec
	out.AlarmActions, out.OKActions, out.InsufficientDataActions = append([]string{}, a.Spec.AlarmActions...), append([]string{}, a.Spec.OKActions...), append([]string{}, a.Spec.InsufficientDataActions...)
	out.Dimensions = []types.Dimension{}
	for _, d := range a.Spec.Dimensions {
		out.Dimensions = append(out.Dimensions, types.Dimension{Name: aws.String(aws.ToString(d.Name)), Value: aws.String(aws.ToString(d.Value))})
	}
	out.StateUpdatedTimestamp, out.StateTransitionedTimestamp = aws.Time(a.Changed), aws.Time(a.Changed)
	return out
}

const mostTags = 50

func checkTags(tags map[string]string) error {
	if len(tags) > mostTags {
		return invalid("The number of tags exceeds the limit of %d", mostTags)
	}
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		if k == "" || len(k) > 128 || len(tags[k]) > 256 || strings.HasPrefix(strings.ToLower(k), "aws:") {
			return invalid("The tag %s=%s is not valid", k, tags[k])
		}
	}
	return nil
}

// tagged finds an alarm by its ARN.
func (st *State) tagged(arn *string) (*Alarm, error) {
	if parts := strings.SplitN(aws.ToString(arn), ":", 7); len(parts) == 7 && parts[5] == "alarm" {
		if a := st.Alarms[parts[6]]; a != nil && *a.Spec.AlarmArn == *arn {
			return a, nil
		}
	}
	return nil, fakeaws.Status(404, &types.ResourceNotFoundException{Message: aws.String(fmt.Sprintf("%s does not exist", aws.ToString(arn)))})
}

// TagResource adds tags to an alarm, or gives those that are there new values.
func (s *Service) TagResource(ctx context.Context, in *cloudwatch.TagResourceInput, _ ...Options) (*cloudwatch.TagResourceOutput, error) {
	a, err := s.store.In(ctx).tagged(in.ResourceARN)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(a.Tags)
	for _, t := range in.Tags {
		all[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	if err := checkTags(all); err != nil {
		return nil, err
	}
	a.Tags = all
	return &cloudwatch.TagResourceOutput{}, nil
}

// UntagResource removes tags; those that are not there are no error.
func (s *Service) UntagResource(ctx context.Context, in *cloudwatch.UntagResourceInput, _ ...Options) (*cloudwatch.UntagResourceOutput, error) {
	a, err := s.store.In(ctx).tagged(in.ResourceARN)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(a.Tags, func(k, _ string) bool { return slices.Contains(in.TagKeys, k) })
	return &cloudwatch.UntagResourceOutput{}, nil
}

// ListTagsForResource answers an alarm's tags by key.
func (s *Service) ListTagsForResource(ctx context.Context, in *cloudwatch.ListTagsForResourceInput, _ ...Options) (*cloudwatch.ListTagsForResourceOutput, error) {
	a, err := s.store.In(ctx).tagged(in.ResourceARN)
	if err != nil {
		return nil, err
	}
	out := &cloudwatch.ListTagsForResourceOutput{}
	for _, k := range slices.Sorted(maps.Keys(a.Tags)) {
		out.Tags = append(out.Tags, types.Tag{Key: aws.String(k), Value: aws.String(a.Tags[k])})
	}
	return out, nil
}
