package main

import (
	"time"

	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/monitoring"
	"github.com/seed-08ecc977/zerotrust/monitoring/detection"
	"github.com/seed-08ecc977/zerotrust/monitoring/events"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// alerts is the topic that everything which has something to tell publishes to, with the key that encrypts it and the
// trail. Several pillars declare it; it is one.
func alerts() (monitoring.Topic, dataprotect.Key) {
	topic := monitoring.Topic{Name: "my-sns-topic", Publishers: []monitoring.Publisher{monitoring.CloudWatch, monitoring.EventBridge}}
	key := dataprotect.Key{
		Name: "monitoring", Description: "Encrypts logs and alerts",
		Policy: monitoring.TrailKeyPolicy("my-trail").And(monitoring.LogKeyPolicy(trailGroup, firewallGroup)).And(monitoring.TopicKeyPolicy(topic)),
	}
	topic.Key = key.ARN()
	return topic, key
}

const (
	trailGroup    = "/zero-trust/trail"
	firewallGroup = "/zero-trust/firewall"
)

// watching is section 5 of the guide.
func watching(place) []step {
	topic, key := alerts()
	bucket := dataprotect.Bucket{Name: "my-cloudtrail-bucket", Key: key.ARN(), EmptyOnDelete: "an example's logs are not missed"}
	bucket.Policy = monitoring.TrailBucketPolicy("my-trail", bucket.ARN(), "")
	group := monitoring.LogGroup{Name: trailGroup, Key: key.ARN()}
	role := iam.Role{Name: "CloudTrailToLogs", Trust: monitoring.TrailLogsTrust("my-trail"), Inline: monitoring.TrailLogsPolicy(group.ARN())}
	trail := monitoring.Trail{
		Name: "my-trail", Bucket: bucket.Delivery(), Key: key.ARN(), LogGroup: group.ARN(), LogsRole: role.ARN(), After: []string{string(group.GroupName())},
	}
	tell := []events.Target{{ID: "security-team", ARN: id.ARN(topic.ARN())}}
	return []step{
		{rows: "14–15", what: "a trail of all regions, logging, with what it delivers to", resources: ztcore.List{key, bucket, group, role, trail}},
		{rows: "16", what: "an alarm, and the topic that it tells", resources: ztcore.List{
			key, topic,
			monitoring.Subscription{Name: "security-team", Topic: topic.ARN(), Protocol: monitoring.Email, Endpoint: "security@example.com"},
			monitoring.Alarm{
				Name: "HighCPU", Metric: monitoring.Metric{Namespace: "AWS/EC2", Name: "CPUUtilization"},
				Threshold: 80, Period: 5 * time.Minute, Periods: 2, Actions: []id.ARN{id.ARN(topic.ARN())},
			},
		}},
		{rows: "5 +", what: "the CIS benchmark's metric filters and alarms", resources: ztcore.List{monitoring.CISAlarms{LogGroup: group.GroupName(), Topic: topic.ARN()}}},
		{rows: "5 +", what: "GuardDuty, Security Hub with its standards, and the way of their findings", resources: ztcore.List{
			detection.Detector{}, detection.Hub{},
			detection.Route{Name: "guardduty-findings", Of: detection.GuardDuty, To: tell}, detection.Route{Name: "securityhub-findings", Of: detection.SecurityHub, To: tell},
		}},
	}
}
