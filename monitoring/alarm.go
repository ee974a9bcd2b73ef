package monitoring

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Metric names what an alarm watches: a metric of AWS as {Namespace: "AWS/EC2", Name: "CPUUtilization"}, one of the
// account's own, or MetricFilter.Metric().
type Metric struct {
	Namespace  string
	Name       string
	Dimensions map[string]string // all of those that the metric is emitted with, as InstanceId; at most 30

	filter string // the token of the MetricFilter that emits it
}

// Alarm watches a metric and tells a topic. What could never fire, or tell nobody, is refused before any call.
//
//	monitoring.Alarm{
//		Name: "HighCPU", Metric: monitoring.Metric{Namespace: "AWS/EC2", Name: "CPUUtilization"},
//		Threshold: 80, Period: 5 * time.Minute, Periods: 2, Actions: []id.ARN{id.ARN(topic.ARN())},
//	}
type Alarm struct {
	Name        string // 1–255 characters
	Description string // at most 1,024 characters: what to do when it fires
	Metric      Metric
	Statistic   string // Average if empty; Sum, Minimum, Maximum, SampleCount, or a percentile as p99
	Comparison  Comparison
	Threshold   float64
	Period      time.Duration // 5 minutes if zero; 10, 20 or 30 seconds (of the account's own metrics) or whole minutes
	Periods     int32         // how many periods are looked at, 1 if zero; a day's worth at most, a week's if Period is an hour or more
	Datapoints  int32         // how many of them have to breach; all if zero
	// Missing is what a period without data counts as: "missing" if empty, "notBreaching", "breaching" or "ignore".
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
	Missing string
	// Actions are told when the alarm fires, at most 5: topics, functions, EC2 and Systems Manager actions by ARN.
	Actions       []id.ARN
	OKActions     []id.ARN // when it is over
	NoDataActions []id.ARN // when there is not enough data
	// SilentBecause keeps the alarm from acting, and says why.
	SilentBecause string
	Tags          map[string]string
}

// Comparison is how the metric is compared with the threshold: metric ≥ threshold if empty.
type Comparison string

// The comparisons with a fixed threshold.
const (
	AtLeast  Comparison = "GreaterThanOrEqualToThreshold"
	MoreThan Comparison = "GreaterThanThreshold"
	LessThan Comparison = "LessThanThreshold"
	AtMost   Comparison = "LessThanOrEqualToThreshold"
)

// ARN is the alarm's ARN, known before the alarm exists.
func (a Alarm) ARN() id.AlarmARN { return id.AlarmARN(alarms.Ref(a.Name, "ARN")) }

// Declare implements ztcore.Resource.
func (a Alarm) Declare(d *ztcore.Declaration) { a.declare(d) }

func (a Alarm) declare(d *ztcore.Declaration) *ztcore.Node {
	want := alarmState{
		Name: a.Name, Description: a.Description, Namespace: a.Metric.Namespace, Metric: a.Metric.Name, Dimensions: maps.Clone(a.Metric.Dimensions), Statistic: a.Statistic,
		Comparison: string(a.Comparison), Threshold: a.Threshold, Period: a.Period.String(), Periods: a.Periods, Datapoints: a.Datapoints, Missing: a.Missing,
		Actions: plain(a.Actions), OKActions: plain(a.OKActions), NoDataActions: plain(a.NoDataActions), Acts: a.SilentBecause == "", Tags: a.Tags, Filter: a.Metric.filter,
	}
	if want.Dimensions == nil {
		want.Dimensions = map[string]string{}
	}
	for to, standard := range map[*string]string{&want.Statistic: "Average", &want.Comparison: string(AtLeast), &want.Missing: "missing"} {
		if *to == "" {
			*to = standard
		}
	}
	if a.Period == 0 {
		want.Period = (5 * time.Minute).String()
	}
	if want.Periods == 0 {
		want.Periods = 1
	}
	if want.Datapoints == 0 {
		want.Datapoints = want.Periods
	}
	n := alarms.Declare(d, a.Name, want)
	if a.Metric.filter != "" {
		n.After(a.Metric.filter)
	}
	if a.SilentBecause != "" {
		n.Except("SilentBecause", a.SilentBecause)
	}
	if want.Namespace == "AWS/EC2" && len(want.Dimensions) == 0 {
		// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/GetSingleMetricAllDimensions.html
		n.Note("without dimensions the metric is that of all instances with detailed monitoring, and there is none if no instance has it")
	}
	return n
}

func plain(arns []id.ARN) []string {
	out := make([]string, len(arns))
	for i, a := range arns {
		out[i] = string(a)
	}
	return out
}

type alarmState struct {
	Name          string `zt:"key"`
	Description   string
	Namespace     string
	Metric        string
	Dimensions    map[string]string
	Statistic     string
	Comparison    string
	Threshold     float64
	Period        string // as time.Duration writes it, for people to read
	Periods       int32
	Datapoints    int32
	Missing       string
	Actions       []string `zt:"set"`
	OKActions     []string `zt:"set"`
	NoDataActions []string `zt:"set"`
	Acts          bool
	Tags          map[string]string `zt:"tags"`
	ARN           string            `zt:"output"`
	Filter        string            `zt:"-"`
}

var alarms = &ztcore.Kind[alarmState]{
	Name: "monitoring.Alarm", Permissions: &alarmsNeed, Read: readAlarms, Create: createAlarm, Update: updateAlarm,
	Delete: func(ctx context.Context, sc *ztcore.Scope, have alarmState) error {
		_, err := cloudwatch.NewFromConfig(sc.Config).DeleteAlarms(ctx, &cloudwatch.DeleteAlarmsInput{AlarmNames: []string{have.Name}})
		if gone := new(types.ResourceNotFound); errors.As(err, &gone) {
			return nil
		}
		return err
	},
	Predict: func(sc *ztcore.Scope, want *alarmState) {
		want.ARN = "arn:" + sc.Partition + ":cloudwatch:" + sc.Region + ":" + sc.Account + ":alarm:" + want.Name
	},
	Check: checkAlarm, CheckAll: checkAlarms,
	Controls: []string{"FSBP CloudWatch.15", "FSBP CloudWatch.17", "NIST SP 800-207 tenet 7", "CISA ZTMM Visibility and Analytics"},
}

var alarmsNeed = ztcore.Permissions{
	Read:   []string{"cloudwatch:DescribeAlarms", "cloudwatch:ListTagsForResource"},
	Write:  []string{"cloudwatch:PutMetricAlarm", "cloudwatch:TagResource"},
	Delete: []string{"cloudwatch:DeleteAlarms"},
}

func readAlarms(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[alarmState]) ([]alarmState, error) {
	client, in := cloudwatch.NewFromConfig(sc.Config), &cloudwatch.DescribeAlarmsInput{AlarmTypes: []types.AlarmType{types.AlarmTypeMetricAlarm}, MaxRecords: aws.Int32(100)}
	if len(q.Want) <= 100 && !q.Owned { // as many as one call takes by name
		for _, w := range q.Want {
			in.AlarmNames = append(in.AlarmNames, w.Name)
		}
	}
	wanted := map[string]bool{}
	for _, w := range q.Want {
		wanted[w.Name] = true
	}
	var found []*alarmState
	for {
		page, err := client.DescribeAlarms(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, a := range page.MetricAlarms {
			if q.Owned || wanted[*a.AlarmName] {
				s := seenAlarm(a)
				found = append(found, &s)
			}
		}
		if in.NextToken = page.NextToken; in.NextToken == nil {
			break
		}
	}
	err := ztcore.Each(ctx, len(found), func(ctx context.Context, i int) error {
		out, err := client.ListTagsForResource(ctx, &cloudwatch.ListTagsForResourceInput{ResourceARN: &found[i].ARN})
		if gone := new(types.ResourceNotFoundException); errors.As(err, &gone) {
			found[i] = nil // since it was listed
			return nil
		} else if err == nil {
			found[i].Tags = tagMap(out.Tags, func(t types.Tag) (*string, *string) { return t.Key, t.Value })
		}
		return err
	})
	return present(found), err
}

func seenAlarm(a types.MetricAlarm) alarmState {
	s := alarmState{
		Name: *a.AlarmName, Description: aws.ToString(a.AlarmDescription), Namespace: aws.ToString(a.Namespace), Metric: aws.ToString(a.MetricName),
		Dimensions: tagMap(a.Dimensions, func(d types.Dimension) (*string, *string) { return d.Name, d.Value }), Statistic: string(a.Statistic) + aws.ToString(a.ExtendedStatistic),
		Comparison: string(a.ComparisonOperator), Threshold: aws.ToFloat64(a.Threshold), Period: (time.Duration(aws.ToInt32(a.Period)) * time.Second).String(),
		Periods: aws.ToInt32(a.EvaluationPeriods), Datapoints: aws.ToInt32(a.EvaluationPeriods), Missing: "missing", Acts: aws.ToBool(a.ActionsEnabled), ARN: aws.ToString(a.AlarmArn),
		Actions: a.AlarmActions, OKActions: a.OKActions, NoDataActions: a.InsufficientDataActions,
	}
	if a.DatapointsToAlarm != nil {
		s.Datapoints = *a.DatapointsToAlarm
	}
	if a.TreatMissingData != nil && *a.TreatMissingData != "" {
		s.Missing = *a.TreatMissingData
	}
	return s
}

func (s alarmState) period() time.Duration {
	d, _ := time.ParseDuration(s.Period) // written by Declare
	return d
}

func putAlarm(ctx context.Context, sc *ztcore.Scope, want alarmState, tags []types.Tag) error {
	in := &cloudwatch.PutMetricAlarmInput{
		AlarmName: &want.Name, AlarmDescription: &want.Description, Namespace: &want.Namespace, MetricName: &want.Metric, ComparisonOperator: types.ComparisonOperator(want.Comparison),
		Dimensions: tagList(want.Dimensions, func(k, v *string) types.Dimension { return types.Dimension{Name: k, Value: v} }), Threshold: &want.Threshold,
		Period: aws.Int32(int32(want.period() / time.Second)), EvaluationPeriods: &want.Periods, DatapointsToAlarm: &want.Datapoints, TreatMissingData: &want.Missing,
		AlarmActions: want.Actions, OKActions: want.OKActions, InsufficientDataActions: want.NoDataActions, ActionsEnabled: &want.Acts, Tags: tags,
	}
	if plainStatistic(want.Statistic) {
		in.Statistic = types.Statistic(want.Statistic)
	} else {
		in.ExtendedStatistic = &want.Statistic
	}
	_, err := cloudwatch.NewFromConfig(sc.Config).PutMetricAlarm(ctx, in)
	return err
}

func alarmTags(tags map[string]string) []types.Tag {
	return tagList(tags, func(k, v *string) types.Tag { return types.Tag{Key: k, Value: v} })
}

func createAlarm(ctx context.Context, sc *ztcore.Scope, want alarmState) error {
	return putAlarm(ctx, sc, want, alarmTags(want.Tags))
}

// updateAlarm puts the alarm as a whole; CloudWatch keeps the tags of one that exists.
func updateAlarm(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[alarmState]) error {
	if u.Changed("Tags") {
		if _, err := cloudwatch.NewFromConfig(sc.Config).TagResource(ctx, &cloudwatch.TagResourceInput{ResourceARN: &u.Have.ARN, Tags: alarmTags(u.Want.Tags)}); err != nil {
			return err
		}
	}
	return putAlarm(ctx, sc, u.Want, nil)
}
