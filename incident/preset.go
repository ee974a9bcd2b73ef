package incident

import (
	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/endpoint"
	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/monitoring"
	"github.com/seed-08ecc977/zerotrust/monitoring/events"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// Preset is a first response at any hour, for every account, with Incident Manager or without: what GuardDuty finds of an
// instance, of severity 7 and above, starts a runbook that protects the instance and preserves its disks (ProtectAndTell),
// and a topic is told. The zero value with a name is complete, but for a subscription to the topic; GuardDuty is
// monitoring's. A person, or a program with package containment, does the rest.
type Preset struct {
	Name  string      // begins the names of what the preset makes
	Topic id.TopicARN // in place of the preset's own, whose publishers include EventBridge
	// TopicKey is the key that encrypts Topic, which the runbook then needs to publish; the preset's own if Topic is empty.
	TopicKey id.KeyARN
	// Runbook is a document of your own, in place of ProtectAndTell's. It takes the same parameters.
	Runbook id.Document
	// RunbookPolicy is what its role may do, in place of RunbookPolicy(topic).
	RunbookPolicy policy.Document
	Tags          map[string]string
}

func (p Preset) key() dataprotect.Key {
	return dataprotect.Key{Name: p.Name + "-incidents", Description: "Encrypts what " + p.Name + " is told of incidents", Policy: monitoring.TopicKeyPolicy(p.bareTopic()), Tags: p.Tags}
}

func (p Preset) bareTopic() monitoring.Topic {
	return monitoring.Topic{Name: p.Name + "-incidents", Publishers: []monitoring.Publisher{monitoring.EventBridge}, Tags: p.Tags}
}

func (p Preset) topic() id.TopicARN {
	if p.Topic != "" {
		return p.Topic
	}
	return p.bareTopic().ARN()
}

func (p Preset) topicKey() id.KeyARN {
	if p.Topic != "" {
		return p.TopicKey
	}
	return p.key().ARN()
}

// Document is the runbook that the preset makes, unless Runbook names another.
func (p Preset) Document() endpoint.Document {
	return endpoint.Document{Name: p.Name + "-protect-and-tell", Content: ProtectAndTell(p.topic()), TargetType: "/AWS::EC2::Instance", Tags: p.Tags}
}

func (p Preset) document() id.Document {
	if p.Runbook != "" {
		return p.Runbook
	}
	return p.Document().ID()
}

// RunbookRole is what the runbook works as. Only Systems Manager assumes it, for automations of this account.
func (p Preset) RunbookRole() iam.Role {
	allowed := p.RunbookPolicy
	if allowed.IsZero() {
		allowed = RunbookPolicy(p.topic())
		if key := p.topicKey(); key != "" {
			allowed = allowed.And(policy.Allow("kms:GenerateDataKey", "kms:Decrypt").On(id.ARN(key)).Named("TellEncrypted"))
		}
	}
	return iam.Role{
		Name: p.Name + "-runbook", Description: "What the runbook for incidents works as", Inline: allowed, Tags: p.Tags,
		Trust: policy.Allow("sts:AssumeRole").To(policy.Service("ssm.amazonaws.com")).When("StringEquals", "aws:SourceAccount", ztcore.AccountID),
	}
}

// automation is the prefix of the ARNs that the runbook's automations go by.
const automation = id.ARN("arn:" + ztcore.Partition + ":ssm:" + ztcore.Region + ":" + ztcore.AccountID + ":automation-")

// StarterRole is what EventBridge starts the runbook as: this one, with this role, and nothing else.
func (p Preset) StarterRole() iam.Role {
	return iam.Role{
		Name: p.Name + "-runbook-starter", Description: "What EventBridge starts the runbook for incidents as", Tags: p.Tags,
		Trust: policy.Allow("sts:AssumeRole").To(policy.Service("events.amazonaws.com")).When("StringEquals", "aws:SourceAccount", ztcore.AccountID),
		Inline: policy.Allow("ssm:StartAutomationExecution").On(automation+"definition/"+id.ARN(p.document())+":*", automation+"execution/*").Named("Start").
			And(policy.Allow("iam:PassRole").On(id.ARN(p.RunbookRole().ARN())).When("StringEquals", "iam:PassedToService", "ssm.amazonaws.com").Named("AsTheRunbook")),
	}
}

// Rule is what starts the runbook, and tells the topic at once besides.
func (p Preset) Rule() events.Rule {
	start := `{"` + InstanceParameter + `": ["<instance>"], "` + FindingParameter + `": ["<finding>"], "` + RoleParameter + `": ["` + string(p.RunbookRole().ARN()) + `"]}`
	return events.Rule{
		Name: p.Name + "-instances", Description: "What GuardDuty finds of instances starts the runbook for incidents", Tags: p.Tags,
		Pattern: `{"source": ["aws.guardduty"], "detail-type": ["GuardDuty Finding"], "detail": {"severity": [{"numeric": [">=", 7]}], "resource": {"resourceType": ["Instance"]}}}`,
		Targets: []events.Target{
			{
				ID: "runbook", ARN: automation + "definition/" + id.ARN(p.document()) + ":$DEFAULT", Role: p.StarterRole().ARN(),
				Transform: events.Transform{Paths: map[string]string{"instance": "$.detail.resource.instanceDetails.instanceId", "finding": "$.detail.id"}, Template: start},
			},
			{ID: "topic", ARN: id.ARN(p.topic())},
		},
	}
}

// Declare implements ztcore.Resource.
func (p Preset) Declare(d *ztcore.Declaration) {
	all := ztcore.List{p.RunbookRole(), p.StarterRole(), p.Rule()}
	if p.Topic == "" {
		topic := p.bareTopic()
		topic.Key = p.key().ARN()
		all = append(all, p.key(), topic)
	}
	if p.Runbook == "" {
		all = append(all, p.Document())
	}
	all.Declare(d)
}

// Kinds lists the package's kinds, for ztcore.Prune. What Preset is made of is other packages'.
func Kinds() []ztcore.AnyKind { return []ztcore.AnyKind{replicationSets, responsePlans} }
