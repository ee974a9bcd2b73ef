package main

import (
	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/incident"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// responses is section 12 of the guide.
func responses(place) []step {
	topic, key := alerts()
	everyone := incident.Preset{Name: "incident", Topic: topic.ARN(), TopicKey: key.ARN()}
	manager := iam.Role{
		Name: "IncidentManagerRunbooks", Trust: policy.Allow("sts:AssumeRole").To(policy.Service("ssm-incidents.amazonaws.com")).When("StringEquals", "aws:SourceAccount", ztcore.AccountID),
		Inline: policy.Allow("ssm:StartAutomationExecution").OnAny().Named("StartRunbooks").
			And(policy.Allow("iam:PassRole").On(id.ARN(everyone.RunbookRole().ARN())).When("StringEquals", "iam:PassedToService", "ssm.amazonaws.com").Named("AsTheRunbook")),
	}
	plan := incident.ResponsePlan{
		Name: "MyResponsePlan", Title: "Security Incident", Impact: incident.Medium, Topics: []id.TopicARN{topic.ARN()}, After: []string{incident.ReplicationSet{}.ARN()},
		Runbook: incident.Runbook{
			Document: string(everyone.Document().ID()), Role: manager.ARN(),
			Parameters:   map[string][]string{incident.RoleParameter: {string(everyone.RunbookRole().ARN())}},
			FromIncident: map[string]incident.FromIncident{incident.InstanceParameter: incident.InvolvedResources, incident.FindingParameter: incident.IncidentARN},
		},
	}
	return []step{
		{rows: "50", what: "an incident response plan, checked for holes", proof: "incident.TestTheStarterHasNoHoles"},
		{rows: "51", what: "a response plan of Incident Manager, its runbook on what the incident names", resources: ztcore.List{
			key, topic, incident.ReplicationSet{}, manager, plan, everyone,
		}},
		{rows: "52", what: "a game day: a compromised instance contained, and released", proof: "incident/containment.TestGameDay"},
	}
}
