package monitoring

import (
	"maps"

	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/monitoring/detection"
	"github.com/seed-08ecc977/zerotrust/monitoring/events"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// Preset watches an account: a trail of all regions into a bucket and a log group, both encrypted with a key of its own, GuardDuty
// and Security Hub, and a topic that is told of the CIS benchmark's events and of severe findings. The zero value with a name is complete, but for somebody to tell: Emails, or subscriptions
// to Topic().
//
// Whoever has a key, bucket, role or topic already names it in place of the preset's. Its policy is then theirs to see to:
// KeyPolicy, TrailBucketPolicy, TrailLogsTrust with TrailLogsPolicy, and for the topic CloudWatch and EventBridge as publishers.
type Preset struct {
	Name   string   // begins the names of what the preset makes
	Emails []string // are told of alarms, once they have confirmed

	UseKey    id.KeyARN   // in place of Key()
	UseBucket id.Bucket   // in place of Bucket()
	UseRole   id.RoleARN  // in place of Role()
	UseTopic  id.TopicARN // in place of Topic()

	BucketName string            // of Bucket(); Name-trail-<account>-<region> if empty, so that one preset serves many accounts
	TrailName  string            // Name-trail if empty
	TopicName  string            // Name-alerts if empty
	Without    map[string]string // controls of the benchmark that are left out, and why, as in CISAlarms
	// Detector and Hub turn on GuardDuty and Security Hub, in their safe forms if left out. Where there is one already,
	// ztcore.Adopt takes it over.
	Detector detection.Detector
	Hub      detection.Hub
	// DetectionElsewhere leaves both as they are, and says who sees to them, such as the organization's security account.
	DetectionElsewhere string
	Tags               map[string]string
}

// Key is the key that encrypts the trail's files, the log group and the topic.
func (p Preset) Key() dataprotect.Key {
	return dataprotect.Key{Name: p.keyName(), Description: "Audit trail and alarms of " + p.Name, Policy: p.KeyPolicy(), Tags: p.Tags}
}

// KeyPolicy is what the preset needs in the policy of its key.
func (p Preset) KeyPolicy() policy.Document {
	return TrailKeyPolicy(p.trailName()).And(LogKeyPolicy(p.groupName()), TopicKeyPolicy(p.Topic()))
}

func (p Preset) keyName() string { return p.Name + "-monitoring" }

func (p Preset) key() id.KeyARN { return or(p.UseKey, dataprotect.Key{Name: p.keyName()}.ARN()) }

// or is the caller's own, or the preset's.
func or[S ~string](own, standard S) S {
	if own != "" {
		return own
	}
	return standard
}

// Bucket keeps the trail's files.
func (p Preset) Bucket() dataprotect.Bucket {
	b := dataprotect.Bucket{Name: or(p.BucketName, p.Name+"-trail-"+ztcore.AccountID+"-"+ztcore.Region), Key: p.key(), Tags: p.Tags}
	b.Policy = TrailBucketPolicy(p.trailName(), b.ARN(), "")
	return b
}

func (p Preset) trailName() string { return or(p.TrailName, p.Name+"-trail") }
func (p Preset) groupName() string { return p.Name + "-trail" }

// LogGroup gets a copy of the trail's events, for the alarms.
func (p Preset) LogGroup() LogGroup { return LogGroup{Name: p.groupName(), Key: p.key(), Tags: p.Tags} }

// Role is what CloudTrail writes to the log group as.
func (p Preset) Role() iam.Role {
	return iam.Role{
		Name: p.Name + "-trail-logs", Description: "CloudTrail writes to the log group of " + p.Name, Trust: TrailLogsTrust(p.trailName()),
		Inline: TrailLogsPolicy(p.LogGroup().ARN()), Tags: p.Tags,
	}
}

// Trail records the account.
func (p Preset) Trail() Trail {
	t := Trail{Name: p.trailName(), Bucket: p.UseBucket, Key: p.key(), LogGroup: p.LogGroup().ARN(), LogsRole: or(p.UseRole, p.Role().ARN()), Tags: p.Tags}
	if t.Bucket == "" {
		t.Bucket = p.Bucket().Delivery()
	}
	return t
}

// Topic takes the alarms, and what EventBridge sends.
func (p Preset) Topic() Topic {
	return Topic{Name: or(p.TopicName, p.Name+"-alerts"), DisplayName: p.Name + " alerts", Key: p.key(), Publishers: []Publisher{CloudWatch, EventBridge}, Tags: p.Tags}
}

// TopicARN is where alarms go: to Topic(), or the caller's own.
func (p Preset) TopicARN() id.TopicARN { return or(p.UseTopic, p.Topic().ARN()) }

// Alarms are those of the benchmark.
func (p Preset) Alarms() CISAlarms {
	return CISAlarms{LogGroup: p.LogGroup().GroupName(), Topic: p.TopicARN(), Without: p.Without, Tags: p.Tags}
}

// Routes tell the topic of the findings of GuardDuty and Security Hub that are high or critical.
func (p Preset) Routes() []detection.Route {
	where := map[string]string{"account": "$.account", "region": "$.region"}
	route := func(name string, of detection.Source, text, severity, title string) detection.Route {
		paths := maps.Clone(where)
		paths["severity"], paths["title"] = severity, title
		return detection.Route{
			Name: p.Name + "-" + name, Of: of, AtLeast: detection.High, Tags: p.Tags,
			To: []events.Target{{ID: "alerts", ARN: id.ARN(p.TopicARN()), Transform: events.Transform{Paths: paths, Template: text}}},
		}
	}
	return []detection.Route{
		// https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_findings_eventbridge.html
		route("guardduty-findings", detection.GuardDuty, `"GuardDuty in <account> <region>, severity <severity>: <title>"`, "$.detail.severity", "$.detail.title"),
		// https://docs.aws.amazon.com/securityhub/latest/userguide/securityhub-cwe-event-formats.html
		route("securityhub-findings", detection.SecurityHub, `"Security Hub in <account> <region>, <severity>: <title>"`, "$.detail.findings[0].Severity.Label", "$.detail.findings[0].Title"),
	}
}

// Declare implements ztcore.Resource.
func (p Preset) Declare(d *ztcore.Declaration) {
	trail := p.Trail().declare(d)
	all := ztcore.List{p.LogGroup(), p.Alarms()}
	if p.DetectionElsewhere == "" {
		all = append(all, p.Detector, p.Hub)
	} else {
		trail.Except("DetectionElsewhere", p.DetectionElsewhere)
	}
	if p.UseKey == "" {
		all = append(all, p.Key())
	}
	if p.UseBucket == "" {
		all = append(all, p.Bucket())
	}
	if p.UseRole == "" {
		all = append(all, p.Role())
	}
	if p.UseTopic == "" {
		all = append(all, p.Topic())
	}
	for _, route := range p.Routes() {
		all = append(all, route)
	}
	for _, address := range p.Emails {
		all = append(all, Subscription{Name: p.Name + "-" + address, Topic: p.TopicARN(), Protocol: Email, Endpoint: address})
	}
	all.Declare(d)
}
