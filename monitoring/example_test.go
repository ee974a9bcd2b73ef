package monitoring_test

import (
	"context"
	"fmt"
	"time"

	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/monitoring"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// The guide's trail and alarm. The bucket lets CloudTrail in before the trail is made, and the topic CloudWatch before the alarm.
func Example() {
	key := dataprotect.Key{Name: "monitoring"}
	topic := monitoring.Topic{Name: "my-sns-topic", Key: key.ARN(), Publishers: []monitoring.Publisher{monitoring.CloudWatch}}
	key.Policy = monitoring.TrailKeyPolicy("my-trail").And(monitoring.TopicKeyPolicy(topic))
	bucket := dataprotect.Bucket{Name: "my-cloudtrail-bucket", Key: key.ARN()}
	bucket.Policy = monitoring.TrailBucketPolicy("my-trail", bucket.ARN(), "")
	trail := monitoring.Trail{Name: "my-trail", Bucket: bucket.Delivery(), Key: key.ARN()}
	alarm := monitoring.Alarm{
		Name: "HighCPU", Metric: monitoring.Metric{Namespace: "AWS/EC2", Name: "CPUUtilization"},
		Threshold: 80, Period: 5 * time.Minute, Periods: 2, Actions: []id.ARN{id.ARN(topic.ARN())},
	}
	baseline := ztcore.NewBaseline("watch", key, topic, bucket, trail, alarm)

	ctx, cfg := context.Background(), whole().Config() // outside of a test: config.LoadDefaultConfig(ctx)
	plan, err := baseline.Plan(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := plan.Apply(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Count(ztcore.Done)+report.Count(ztcore.Already), "resources are as declared")
	plan, err = baseline.Plan(ctx, cfg)
	fmt.Println("empty:", plan.Empty(), err)
	// Output:
	// 12 resources are as declared
	// empty: true <nil>
}

// An alarm that could never fire is refused before anything is called.
func ExampleAlarm() {
	alarm := monitoring.Alarm{
		Name: "HighCPU", Metric: monitoring.Metric{Namespace: "AWS/EC2", Name: "CPUUtilization"},
		Threshold: 101, Actions: []id.ARN{"arn:aws:sns:us-east-1:123456789012:my-sns-topic"},
	}
	fmt.Println(ztcore.NewBaseline("watch", alarm).Check())
	// Output:
	// ztcore: baseline "watch" is invalid: 1 finding
	//   monitoring.Alarm/HighCPU: Threshold: the alarm can never fire: Average CPUUtilization is never at least 101 (use a threshold that the metric can reach)
}

// Controls of the benchmark can be left out, with a reason that every plan shows.
func ExampleCISAlarms() {
	group := monitoring.LogGroup{Name: "trail"}
	topic := monitoring.Topic{Name: "alerts", Key: "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555", Publishers: []monitoring.Publisher{monitoring.CloudWatch}}
	alarms := monitoring.CISAlarms{LogGroup: group.GroupName(), Topic: topic.ARN(), Without: map[string]string{"4.15": "the management account watches the organization"}}
	plan, err := ztcore.NewBaseline("watch", group, topic, alarms).Plan(context.Background(), whole().Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(plan.Steps), "steps")
	for _, s := range plan.Steps {
		for _, e := range s.Exceptions {
			fmt.Printf("%s: %s\n", e.Attribute, e.Reason)
		}
	}
	// Output:
	// 30 steps
	// CIS AWS 3.0 4.15: the management account watches the organization
}

// A preset is complete with a name and somebody to tell.
func ExamplePreset() {
	plan, err := ztcore.NewBaseline("watch", monitoring.Preset{Name: "acme", Emails: []string{"soc@example.com"}}).Plan(context.Background(), whole().Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	kinds := map[string]int{}
	for _, s := range plan.Steps {
		kinds[s.Kind]++
	}
	for _, k := range []string{"monitoring.Trail", "monitoring.LogGroup", "monitoring.MetricFilter", "monitoring.Alarm", "monitoring.Topic", "monitoring.Subscription", "dataprotect.Key", "dataprotect.Bucket", "iam.Role"} {
		fmt.Println(kinds[k], k)
	}
	// Output:
	// 1 monitoring.Trail
	// 1 monitoring.LogGroup
	// 15 monitoring.MetricFilter
	// 15 monitoring.Alarm
	// 1 monitoring.Topic
	// 1 monitoring.Subscription
	// 1 dataprotect.Key
	// 1 dataprotect.Bucket
	// 1 iam.Role
}
