package monitoring_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	cttypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/monitoring"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakecloudtrail"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakecloudwatch"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeeventbridge"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeguardduty"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakekms"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakelogs"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakes3"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakesecurityhub"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakesns"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

func cloud() *fakeaws.Cloud {
	return fakeaws.New(fakests.Install, fakelogs.Install, fakesns.Install, fakecloudwatch.Install, fakecloudtrail.Install, fakes3.Install)
}

// whole is a cloud with all that a preset uses.
func whole() *fakeaws.Cloud {
	return fakeaws.New(fakests.Install, fakelogs.Install, fakesns.Install, fakecloudwatch.Install, fakecloudtrail.Install, fakes3.Install, fakekms.Install, fakeiam.Install,
		fakeeventbridge.Install, fakeguardduty.Install, fakesecurityhub.Install)
}

func second[O any](_ O, err error) error { return err }

func logGroupCase() kindtest.Case {
	plain := monitoring.LogGroup{Name: "trail"}
	longer, forever, tagged := plain, plain, plain
	longer.Retention = 731 * 24 * time.Hour
	forever.KeepForever = true
	tagged.KeepForever, tagged.Tags = true, map[string]string{"team": "blue"}
	return kindtest.Case{
		Cloud: cloud,
		Variants: []kindtest.Variant{
			{Resource: plain},
			{Resource: longer, Changes: []string{"monitoring.LogGroup/trail Days"}},
			{Resource: forever, Changes: []string{"monitoring.LogGroup/trail Days"}},
			{Resource: tagged, Changes: []string{"monitoring.LogGroup/trail Tags"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			return second(cloudwatchlogs.NewFromConfig(cfg).PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: aws.String("trail"), RetentionInDays: aws.Int32(1)}))
		},
	}
}

func makeGroup(ctx context.Context, cfg aws.Config) error {
	return second(cloudwatchlogs.NewFromConfig(cfg).CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("trail")}))
}

// metricFilterCase on the wire: moto takes a filter that is put again for another one, so that it can be made and removed only.
func metricFilterCase(wire bool) kindtest.Case {
	f := monitoring.MetricFilter{Name: "stops", LogGroup: "trail", Pattern: `{ $.eventName = "StopLogging" }`, Namespace: "Audit"}
	variants := []kindtest.Variant{{Resource: f}}
	for _, c := range []struct {
		change func()
		field  string
	}{
		{func() { f.Pattern = "StopLogging" }, "Pattern"}, {func() { f.Namespace = "Trail" }, "Namespace"}, {func() { f.MetricName = "Stops" }, "Metric"},
		{func() { f.Value = "2" }, "Value"}, {func() { f.Default = aws.Float64(0) }, "Default"},
	} {
		c.change()
		variants = append(variants, kindtest.Variant{Resource: f, Changes: []string{"monitoring.MetricFilter/stops " + c.field}})
	}
	if wire {
		variants = variants[:1]
	}
	return kindtest.Case{
		Cloud: cloud, Before: makeGroup, Variants: variants,
		Drift: func(ctx context.Context, cfg aws.Config) error {
			client := cloudwatchlogs.NewFromConfig(cfg)
			if wire {
				return second(client.DeleteMetricFilter(ctx, &cloudwatchlogs.DeleteMetricFilterInput{LogGroupName: aws.String("trail"), FilterName: aws.String("stops")}))
			}
			have, err := client.DescribeMetricFilters(ctx, &cloudwatchlogs.DescribeMetricFiltersInput{LogGroupName: aws.String("trail")})
			if err != nil {
				return err
			}
			return second(client.PutMetricFilter(ctx, &cloudwatchlogs.PutMetricFilterInput{
				LogGroupName: aws.String("trail"), FilterName: aws.String("stops"), FilterPattern: aws.String("nothing"), MetricTransformations: have.MetricFilters[0].MetricTransformations,
			}))
		},
	}
}

func logPolicyCase() kindtest.Case {
	group := id.LogGroupARN("arn:aws:logs:us-east-1:123456789012:log-group:/aws/events/x")
	return kindtest.Case{
		Cloud: cloud,
		Variants: []kindtest.Variant{
			{Resource: monitoring.LogResourcePolicy{Name: "events", Policy: monitoring.LogsFrom("events.amazonaws.com", group)}},
			{Resource: monitoring.LogResourcePolicy{Name: "events", Policy: monitoring.LogsFrom("events.amazonaws.com", group+"y")}, Changes: []string{"monitoring.LogResourcePolicy/events Policy"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			return second(cloudwatchlogs.NewFromConfig(cfg).PutResourcePolicy(ctx, &cloudwatchlogs.PutResourcePolicyInput{
				PolicyName: aws.String("events"), PolicyDocument: aws.String(monitoring.LogsFrom("route53.amazonaws.com", "arn:aws:logs:us-east-1:123456789012:log-group:dns").JSON()),
			}))
		},
	}
}

const key = id.KeyARN("arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555")

func topicCase() kindtest.Case {
	t := monitoring.Topic{Name: "my-sns-topic"}
	variants := []kindtest.Variant{{Resource: t}}
	for _, c := range []struct {
		change func()
		fields []string
	}{
		{func() { t.DisplayName = "Alerts" }, []string{"DisplayName"}},
		{func() {
			t.Key, t.Publishers = key, []monitoring.Publisher{monitoring.CloudWatch, monitoring.EventBridge}
		}, []string{"Key", "Policy"}},
		{func() {
			t.Policy = policy.Allow("sns:Subscribe").To(policy.Account("210987654321")).On("arn:aws:sns:" + ztcore.Region + ":" + ztcore.AccountID + ":my-sns-topic")
		}, []string{"Policy"}},
		{func() { t.Tags = map[string]string{"team": "blue"} }, []string{"Tags"}},
		{func() { t.Key, t.UnencryptedBecause = "", "the drill shows it" }, []string{"Key"}},
	} {
		c.change()
		v := kindtest.Variant{Resource: t}
		for _, f := range c.fields {
			v.Changes = append(v.Changes, "monitoring.Topic/my-sns-topic "+f)
		}
		variants = append(variants, v)
	}
	return kindtest.Case{
		Cloud: cloud, Variants: variants,
		Drift: func(ctx context.Context, cfg aws.Config) error {
			client := sns.NewFromConfig(cfg)
			listed, err := client.ListTopics(ctx, nil)
			if err != nil {
				return err
			}
			return second(client.SetTopicAttributes(ctx, &sns.SetTopicAttributesInput{TopicArn: listed.Topics[0].TopicArn, AttributeName: aws.String("DisplayName"), AttributeValue: aws.String("Somebody else")}))
		},
	}
}

const topicARN = "arn:aws:sns:" + ztcore.Region + ":" + ztcore.AccountID + ":alerts"

func subscriptionCase() kindtest.Case {
	s := monitoring.Subscription{Name: "queue", Topic: topicARN, Protocol: monitoring.SQS, Endpoint: "arn:aws:sqs:us-east-1:123456789012:alerts"}
	raw, dead, sure := s, s, s
	raw.Raw = true
	dead.Raw, dead.DeadLetters = true, "arn:aws:sqs:us-east-1:123456789012:dead"
	sure.Confirmed = true
	return kindtest.Case{
		Cloud: cloud,
		Before: func(ctx context.Context, cfg aws.Config) error {
			return second(sns.NewFromConfig(cfg).CreateTopic(ctx, &sns.CreateTopicInput{Name: aws.String("alerts")}))
		},
		Variants: []kindtest.Variant{
			{Resource: s},
			{Resource: raw, Changes: []string{"monitoring.Subscription/queue Raw"}},
			{Resource: dead, Changes: []string{"monitoring.Subscription/queue DeadLetters"}},
			{Resource: sure, Changes: []string{"monitoring.Subscription/queue Raw", "monitoring.Subscription/queue DeadLetters"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			client := sns.NewFromConfig(cfg)
			listed, err := client.ListSubscriptions(ctx, nil)
			if err != nil {
				return err
			}
			return second(client.SetSubscriptionAttributes(ctx, &sns.SetSubscriptionAttributesInput{
				SubscriptionArn: listed.Subscriptions[0].SubscriptionArn, AttributeName: aws.String("RedrivePolicy"), AttributeValue: aws.String(`{"deadLetterTargetArn":"arn:aws:sqs:us-east-1:123456789012:elsewhere"}`),
			}))
		},
	}
}

func highCPU() monitoring.Alarm {
	return monitoring.Alarm{
		Name: "HighCPU", Metric: monitoring.Metric{Namespace: "AWS/EC2", Name: "CPUUtilization"}, Threshold: 80, Period: 5 * time.Minute, Periods: 2,
		Actions: []id.ARN{"arn:aws:sns:us-east-1:123456789012:my-sns-topic"},
	}
}

func alarmCase() kindtest.Case {
	a := highCPU()
	variants := []kindtest.Variant{{Resource: a}}
	for _, c := range []struct {
		change func()
		fields []string
	}{
		{func() { a.Description = "look at the fleet" }, []string{"Description"}},
		{func() { a.Metric.Dimensions = map[string]string{"InstanceId": "i-0123456789abcdef0"} }, []string{"Dimensions"}},
		{func() { a.Statistic = "p99" }, []string{"Statistic"}},
		{func() { a.Statistic, a.Comparison = "Maximum", monitoring.MoreThan }, []string{"Statistic", "Comparison"}},
		{func() { a.Threshold = 90 }, []string{"Threshold"}},
		{func() { a.Period = time.Minute }, []string{"Period"}},
		{func() { a.Periods, a.Datapoints = 5, 2 }, []string{"Periods"}},
		{func() { a.Datapoints = 3 }, []string{"Datapoints"}},
		{func() { a.Missing = "breaching" }, []string{"Missing"}},
		{func() { a.Actions = append(a.Actions, "arn:aws:sns:us-east-1:123456789012:other") }, []string{"Actions"}},
		{func() { a.OKActions = a.Actions }, []string{"OKActions"}},
		{func() { a.NoDataActions = a.Actions }, []string{"NoDataActions"}},
		{func() { a.SilentBecause = "maintenance" }, []string{"Acts"}},
		{func() { a.Tags = map[string]string{"team": "blue"} }, []string{"Tags"}},
		{func() { a.Metric = monitoring.Metric{Namespace: "AWS/EC2", Name: "NetworkOut"} }, []string{"Metric", "Dimensions"}},
		{func() { a.Metric.Namespace = "App" }, []string{"Namespace"}},
	} {
		c.change()
		v := kindtest.Variant{Resource: a}
		for _, f := range c.fields {
			v.Changes = append(v.Changes, "monitoring.Alarm/HighCPU "+f)
		}
		variants = append(variants, v)
	}
	return kindtest.Case{
		Cloud: cloud, Variants: variants,
		Drift: func(ctx context.Context, cfg aws.Config) error {
			client := cloudwatch.NewFromConfig(cfg)
			out, err := client.DescribeAlarms(ctx, nil)
			if err != nil {
				return err
			}
			a := out.MetricAlarms[0]
			return second(client.PutMetricAlarm(ctx, &cloudwatch.PutMetricAlarmInput{
				AlarmName: a.AlarmName, Namespace: a.Namespace, MetricName: a.MetricName, Statistic: a.Statistic, ExtendedStatistic: a.ExtendedStatistic, Period: a.Period,
				EvaluationPeriods: a.EvaluationPeriods, Threshold: aws.Float64(99.5), ComparisonOperator: a.ComparisonOperator, ActionsEnabled: aws.Bool(false),
			}))
		},
	}
}

// makeBucket makes the bucket that the trail needs, with the policy that AWS asks for.
func makeBucket(bucket, account string) func(context.Context, aws.Config) error {
	return func(ctx context.Context, cfg aws.Config) error {
		client := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
		if err := second(client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &bucket})); err != nil {
			return err
		}
		arn := "arn:aws:cloudtrail:us-east-1:" + account + ":trail/my-trail"
		return second(client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{Bucket: &bucket, Policy: aws.String(fmt.Sprintf(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":["s3:GetBucketAcl","s3:PutObject"],
			"Resource":["arn:aws:s3:::%[1]s","arn:aws:s3:::%[1]s/*"],"Condition":{"StringEquals":{"aws:SourceArn":"%[2]s"}}}]}`, bucket, arn))}))
	}
}

// trailCase on the wire: moto adds Insights selectors to those that are there, and basic event selectors to advanced ones, so that
// neither can be taken back.
func trailCase(account string, wire bool) kindtest.Case {
	bucket := "my-cloudtrail-bucket"
	if wire {
		bucket += "-" + account // names are moto's whole world's
	}
	t := monitoring.Trail{Name: "my-trail", Bucket: id.Bucket(bucket), Key: key}
	variants := []kindtest.Variant{{Resource: t}}
	type step struct {
		change func()
		fields []string
	}
	steps := []step{
		{func() { t.Prefix = "audit" }, []string{"Prefix"}},
		{func() { t.Key, t.NoKeyBecause = "", "the drill shows it" }, []string{"Key"}},
		{func() { t.SingleRegionBecause = "another trail has the others" }, []string{"MultiRegion"}},
		{func() {
			t.DataEvents = []monitoring.DataEvents{{Type: "AWS::S3::Object", Under: []id.ARN{"arn:aws:s3:::ledger/", "arn:aws:s3:::books/"}, Access: "WriteOnly"}, {Type: "AWS::Lambda::Function"}}
		}, []string{"Events"}},
		{func() { t.StoppedBecause = "maintenance" }, []string{"Logging"}},
		{func() { t.Tags = map[string]string{"team": "blue"} }, []string{"Tags"}},
	}
	if !wire {
		steps = append(steps, step{func() { t.NoInsightsBecause = "GuardDuty looks for it" }, []string{"Insights"}},
			step{func() { t.DataEvents, t.StoppedBecause = nil, "" }, []string{"Events", "Logging"}})
	}
	for _, c := range steps {
		c.change()
		v := kindtest.Variant{Resource: t}
		for _, f := range c.fields {
			v.Changes = append(v.Changes, "monitoring.Trail/my-trail "+f)
		}
		variants = append(variants, v)
	}
	return kindtest.Case{
		Cloud: cloud, Before: makeBucket(bucket, account), Variants: variants,
		Drift: func(ctx context.Context, cfg aws.Config) error {
			client := cloudtrail.NewFromConfig(cfg)
			if err := second(client.StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: aws.String("my-trail")})); err != nil {
				return err
			}
			return second(client.PutEventSelectors(ctx, &cloudtrail.PutEventSelectorsInput{TrailName: aws.String("my-trail"), EventSelectors: []cttypes.EventSelector{
				{ReadWriteType: cttypes.ReadWriteTypeWriteOnly, IncludeManagementEvents: aws.Bool(true), ExcludeManagementEventSources: []string{"kms.amazonaws.com"}},
			}}))
		},
	}
}

func cases(account string, wire bool) map[string]kindtest.Case {
	return map[string]kindtest.Case{
		"LogGroup": logGroupCase(), "MetricFilter": metricFilterCase(wire), "LogResourcePolicy": logPolicyCase(), "Topic": topicCase(),
		"Subscription": subscriptionCase(), "Alarm": alarmCase(), "Trail": trailCase(account, wire),
	}
}

// Every kind goes through its whole life.
func TestLife(t *testing.T) {
	for name, c := range cases(fakeaws.DefaultAccount, false) {
		t.Run(name, func(t *testing.T) { kindtest.Run(t, c) })
	}
}

// apply plans and applies a baseline named "watch".
func apply(t *testing.T, cfg aws.Config, r ztcore.Resource, opts ...ztcore.PlanOption) *ztcore.Report {
	t.Helper()
	p := replan(t, cfg, r, opts...)
	report, err := p.Apply(t.Context())
	require.NoError(t, err, p)
	return report
}

func replan(t *testing.T, cfg aws.Config, r ztcore.Resource, opts ...ztcore.PlanOption) *ztcore.Plan {
	t.Helper()
	p, err := ztcore.NewBaseline("watch", r).Plan(t.Context(), cfg, opts...)
	require.NoError(t, err)
	return p
}
