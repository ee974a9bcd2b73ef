package monitoring_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/monitoring"
	"github.com/seed-08ecc977/zerotrust/monitoring/events"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakesns"
)

var watch = monitoring.Preset{Name: "acme", Emails: []string{"soc@example.com"}}

// From an empty account everything stands at the first try: what CloudTrail, CloudWatch Logs and SNS check is there before.
func TestPreset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := whole()
		cloud.SetPropagation(8 * time.Second)
		cfg := cloud.Config()
		apply(t, cfg, watch)
		require.True(t, replan(t, cfg, watch).Empty(), "pending subscriptions are no difference")

		status, err := cloudtrail.NewFromConfig(cfg).GetTrailStatus(t.Context(), &cloudtrail.GetTrailStatusInput{Name: aws.String("acme-trail")})
		require.NoError(t, err)
		require.True(t, *status.IsLogging)
		alarms, err := cloudwatch.NewFromConfig(cfg).DescribeAlarms(t.Context(), nil)
		require.NoError(t, err)
		require.Len(t, alarms.MetricAlarms, 15)

		tamper(t, cfg)
		drift := replan(t, cfg, watch, ztcore.ObserveAll())
		require.Len(t, drift.Drift(), 4, drift)
		apply(t, cfg, watch)
		require.True(t, replan(t, cfg, watch).Empty())

		var keep []ztcore.Address
		for _, s := range apply(t, cfg, watch, ztcore.Destroy()).Outcomes {
			require.NotEqual(t, ztcore.Failed, s.Status)
		}
		for _, s := range replan(t, cfg, watch, ztcore.Destroy()).Steps {
			if s.Action == ztcore.Retain {
				keep = append(keep, s.Address)
			}
		}
		require.Contains(t, keep, ztcore.Address("monitoring.Trail/acme-trail"), "what holds data stays until it is named")
		require.Contains(t, keep, ztcore.Address("monitoring.LogGroup/acme-trail"))
		apply(t, cfg, watch, ztcore.Destroy(), ztcore.AllowDelete(keep...))
		gone := replan(t, cfg, watch, ztcore.Destroy())
		require.True(t, gone.Empty(), gone)
	})
}

// tamper does what an intruder does first.
func tamper(t *testing.T, cfg aws.Config) {
	t.Helper()
	ctx := t.Context()
	require.NoError(t, second(cloudtrail.NewFromConfig(cfg).StopLogging(ctx, &cloudtrail.StopLoggingInput{Name: aws.String("acme-trail")})))
	require.NoError(t, second(cloudwatch.NewFromConfig(cfg).DisableAlarmActions(ctx, &cloudwatch.DisableAlarmActionsInput{AlarmNames: []string{"cis-4.3-RootUse"}})))
	require.NoError(t, second(cloudwatchlogs.NewFromConfig(cfg).DeleteMetricFilter(ctx, &cloudwatchlogs.DeleteMetricFilterInput{LogGroupName: aws.String("acme-trail"), FilterName: aws.String("cis-4.5-TrailChanges")})))
	require.NoError(t, second(sns.NewFromConfig(cfg).SetTopicAttributes(ctx, &sns.SetTopicAttributesInput{
		TopicArn: aws.String("arn:aws:sns:us-east-1:123456789012:acme-alerts"), AttributeName: aws.String("KmsMasterKeyId"), AttributeValue: aws.String(""),
	})))
}

// Whoever brings a key, bucket, role and topic gets none of the preset's.
func TestPresetWithOwnParts(t *testing.T) {
	p := monitoring.Preset{
		Name: "acme", UseKey: key, UseBucket: "central-trails", UseRole: "arn:aws:iam::123456789012:role/TrailLogs", UseTopic: "arn:aws:sns:us-east-1:123456789012:soc",
		Without: map[string]string{"4.10": "GuardDuty and Config watch the groups"}, DetectionElsewhere: "the security account administers both",
	}
	plan := replan(t, whole().Config(), p)
	kinds := map[string]int{}
	for _, s := range plan.Steps {
		kinds[s.Kind]++
	}
	for _, k := range []string{"dataprotect.Key", "dataprotect.Bucket", "iam.Role", "monitoring.Topic", "monitoring.Detector", "monitoring.SecurityHub"} {
		require.Zero(t, kinds[k], k)
	}
	require.Equal(t, 14, kinds["monitoring.Alarm"])
	require.Contains(t, plan.String(), "GuardDuty and Config watch the groups")
	require.Contains(t, plan.String(), "the security account administers both")
}

// A person who has not confirmed is said so in the report, and on request shows as drift.
func TestPendingSubscription(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := cloud()
		cfg := c.Config()
		topic := monitoring.Topic{Name: "alerts"}
		mail := monitoring.Subscription{Name: "soc", Topic: topic.ARN(), Protocol: monitoring.Email, Endpoint: "soc@example.com"}
		report := apply(t, cfg, ztcore.List{topic, mail})
		require.Contains(t, report.String(), "was asked to confirm")
		require.True(t, replan(t, cfg, ztcore.List{topic, mail}).Empty())

		strict := mail
		strict.Confirmed = true
		p := replan(t, cfg, ztcore.Observe(topic, strict))
		require.Contains(t, p.String(), `"pending confirmation" → "confirmed"`)
		token := fakesns.Token(c, "soc@example.com")
		require.NoError(t, second(sns.NewFromConfig(cfg).ConfirmSubscription(t.Context(), &sns.ConfirmSubscriptionInput{TopicArn: aws.String("arn:aws:sns:us-east-1:123456789012:alerts"), Token: &token})))
		require.True(t, replan(t, cfg, ztcore.List{topic, strict}).Empty())

		other := mail
		other.Name, other.Endpoint = "late", "late@example.com"
		apply(t, cfg, ztcore.List{topic, mail, other})
		time.Sleep(48 * time.Hour)
		again := replan(t, cfg, ztcore.List{topic, mail, other})
		require.Len(t, again.Steps, 3)
		require.False(t, again.Empty(), "SNS has forgotten who did not confirm")
		apply(t, cfg, ztcore.List{topic, mail, other}, ztcore.Destroy())
		require.True(t, replan(t, cfg, ztcore.List{topic, mail, other}, ztcore.Destroy()).Empty())
	})
}

// A trail of all regions is one trail, wherever it is planned from.
func TestTrailFromAnotherRegion(t *testing.T) {
	c := cloud()
	home, away := c.Config(), c.ConfigFor("123456789012", "eu-west-1")
	require.NoError(t, makeBucket("my-cloudtrail-bucket", "123456789012")(t.Context(), home))
	trail := monitoring.Trail{Name: "my-trail", Bucket: "my-cloudtrail-bucket", Key: key}
	apply(t, home, trail)
	require.True(t, replan(t, away, trail).Empty())
	require.NoError(t, second(cloudtrail.NewFromConfig(home).StopLogging(t.Context(), &cloudtrail.StopLoggingInput{Name: aws.String("my-trail")})))
	apply(t, away, trail)
	require.True(t, replan(t, home, trail).Empty())

	moved := trail
	moved.Bucket = "my-cloudtrail-bucket-of-eu-west-1"
	_, err := replan(t, away, moved).Apply(t.Context())
	require.ErrorContains(t, err, "my-trail is at home in us-east-1, where it already records eu-west-1")
	require.True(t, replan(t, home, trail).Empty())
}

// Somebody else's trail is a conflict and not overwritten.
func TestForeignTrailIsAConflict(t *testing.T) {
	c := cloud()
	cfg := c.Config()
	require.NoError(t, makeBucket("my-cloudtrail-bucket", "123456789012")(t.Context(), cfg))
	require.NoError(t, second(cloudtrail.NewFromConfig(cfg).CreateTrail(t.Context(), &cloudtrail.CreateTrailInput{Name: aws.String("my-trail"), S3BucketName: aws.String("my-cloudtrail-bucket")})))
	trail := monitoring.Trail{Name: "my-trail", Bucket: "my-cloudtrail-bucket", Key: key}
	p := replan(t, cfg, trail)
	require.Equal(t, ztcore.Conflict, p.Steps[0].Action)
	apply(t, cfg, ztcore.Adopt(trail))
	require.True(t, replan(t, cfg, trail).Empty())
}

// Whatever of what is ready comes first, nothing is made before what AWS checks it against.
func TestPresetInAnyOrder(t *testing.T) {
	for seed := range uint64(8) {
		synctest.Test(t, func(t *testing.T) {
			c := whole()
			random := rand.New(rand.NewPCG(seed, 0))
			var mu sync.Mutex
			c.SetLatencyFunc(func(fakeaws.Call) time.Duration {
				mu.Lock()
				defer mu.Unlock()
				return time.Duration(random.IntN(2000)) * time.Millisecond
			})
			apply(t, c.Config(), watch)
			for _, call := range c.Calls() {
				require.False(t, call.Mutating() && call.Err != nil, "seed %d: %s: %v", seed, call.Operation, call.Err)
			}
			require.True(t, replan(t, c.Config(), watch).Empty())
		})
	}
}

// The routes let severe findings through, and no others.
func TestRoutesChooseSevereFindings(t *testing.T) {
	routes := watch.Routes()
	guardduty := func(severity string) string {
		return `{"source":"aws.guardduty","detail-type":"GuardDuty Finding","detail":{"severity":` + severity + `}}`
	}
	hub := func(label, status string) string {
		return `{"source":"aws.securityhub","detail-type":"Security Hub Findings - Imported","detail":{"findings":[{"RecordState":"ACTIVE","Severity":{"Label":"` + label + `"},"Workflow":{"Status":"` + status + `"}}]}}`
	}
	for event, want := range map[string][2]bool{
		guardduty("8.5"):        {true, false},
		guardduty("7"):          {true, false},
		guardduty("6.9"):        {false, false},
		hub("CRITICAL", "NEW"):  {false, true},
		hub("HIGH", "NOTIFIED"): {false, false},
		hub("LOW", "NEW"):       {false, false},
	} {
		for i, r := range routes {
			got, err := events.Match(r.Pattern(), event)
			require.NoError(t, err)
			require.Equal(t, want[i], got, "%s on %s", r.Name, event)
		}
	}
}

// CloudWatch Logs refuses writes to one group's filters that overlap.
func TestFiltersOfAGroupAreMadeOneByOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := whole()
		c.SetLatency(100 * time.Millisecond)
		apply(t, c.Config(), watch)
		var last fakeaws.Call
		for _, call := range c.Calls() {
			if call.Operation == "PutMetricFilter" {
				require.False(t, call.Start.Before(last.End), "two filters at once")
				last = call
			}
		}
		require.NotZero(t, last.End)
	})
}
