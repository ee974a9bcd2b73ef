// Package monitoring is the pillar that sees what happens in an account: trails, log groups and metric filters, alarms, and the
// topics and subscriptions by which somebody is told. What finds threats (GuardDuty, Security Hub) is in the package detection
// below it, what routes events in the package events.
//
//	key := dataprotect.Key{Name: "alerts"}
//	topic := monitoring.Topic{Name: "my-sns-topic", Key: key.ARN(), Publishers: []monitoring.Publisher{monitoring.CloudWatch}}
//	key.Policy = monitoring.TopicKeyPolicy(topic) // or CloudWatch could not publish
//	alarm := monitoring.Alarm{
//		Name: "HighCPU", Metric: monitoring.Metric{Namespace: "AWS/EC2", Name: "CPUUtilization"},
//		Threshold: 80, Period: 5 * time.Minute, Periods: 2, Actions: []id.ARN{id.ARN(topic.ARN())},
//	}
//	baseline := ztcore.NewBaseline("watch", key, topic, alarm, monitoring.Preset{Name: "acme", Emails: []string{"soc@example.com"}})
//
// The zero value of each is the safe form: trails of all regions with validated files, log groups that keep a year, topics that are
// encrypted and take no message without TLS. A Preset is all of it, with a key, a bucket and a role of its own.
//
// Steps of the guide, and what stands for them:
//
//	14  trail my-trail to my-cloudtrail-bucket   Trail, with TrailBucketPolicy and TrailKeyPolicy
//	15  logging started                          Trail, unless StoppedBecause says why not
//	16  alarm HighCPU to my-sns-topic            Alarm, Topic, Subscription
//	 +  the alarms of CIS AWS 3.0, 4.1–4.15      CISAlarms, over a LogGroup: a MetricFilter and an Alarm each
//	 +  services that write to log groups        LogResourcePolicy
//	 +  GuardDuty, Security Hub, routes          the packages detection and events, which Preset includes
//
// Mistakes that leave an account unwatched are refused before the first call: an alarm that can never fire, because its
// threshold is out of the metric's range or no filter emits its metric; that tells nobody, or a topic to which CloudWatch may not
// publish; a topic with publishers under AWS's own key, which no service may use; a pattern that CloudWatch Logs can't read. The
// policy of a key of your own is yours to see to: TopicKeyPolicy, TrailKeyPolicy and LogKeyPolicy have the statements.
//
// Trails and log groups hold data: a plan that would delete one retains it, unless ztcore.AllowDelete names it.
//
// Left out: organization trails, CloudTrail Lake, notification of log files by SNS; metric math, anomaly detection, composite and
// log alarms, dashboards; FIFO topics, SMS, push and Firehose subscriptions, filter policies; subscription filters.
package monitoring
