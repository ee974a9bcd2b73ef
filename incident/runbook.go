package incident

import (
	"encoding/json"

	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// The parameters of the runbook that ProtectAndTell writes.
const (
	InstanceParameter = "InstanceId"
	FindingParameter  = "Finding" // what is known of the incident, as the finding's id
	RoleParameter     = "AutomationAssumeRole"
)

// ProtectAndTell is the content of an automation document of Systems Manager that does at once, at any hour, what can do no
// harm and can't be done later: it tells a topic, keeps the instance from being terminated and stopped, makes a shutdown
// from inside stop it rather than terminate it, marks it with the finding, and takes snapshots of all its volumes as one
// set. It isolates nothing, since that may cut off customers; a person does, with package containment, or a program in that
// person's place. A step that fails does not keep the others from being tried.
//
// https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html
func ProtectAndTell(topic id.TopicARN) string {
	instance, finding := "{{ "+InstanceParameter+" }}", "{{ "+FindingParameter+" }}"
	attribute := func(name, attribute string, value any) automationStep {
		return apiCall(name, "ec2", "ModifyInstanceAttribute", map[string]any{"InstanceId": instance, attribute: map[string]any{"Value": value}})
	}
	parameter := func(description string) map[string]string {
		return map[string]string{"type": "String", "description": description}
	}
	doc := automationDocument{
		Schema: "0.3", Description: "Tells of a suspected instance, protects it and preserves its disks. It isolates and stops nothing.",
		AssumeRole: "{{ " + RoleParameter + " }}",
		Parameters: map[string]map[string]string{
			InstanceParameter: parameter("The instance, as the finding names it"),
			FindingParameter:  parameter("What is known, as the finding's id"),
			RoleParameter:     parameter("The role that the runbook runs as"),
		},
		Steps: []automationStep{
			apiCall("tell", "sns", "Publish", map[string]any{
				"TopicArn": string(topic), "Subject": "Suspected instance " + instance,
				"Message": "Finding " + finding + " names " + instance + ". It is being protected from termination and its disks are preserved. It is not isolated: follow the incident response plan.",
			}),
			attribute("keepFromTermination", "DisableApiTermination", true),
			attribute("keepFromStopping", "DisableApiStop", true),
			attribute("shutdownStops", "InstanceInitiatedShutdownBehavior", "stop"),
			apiCall("mark", "ec2", "CreateTags", map[string]any{"Resources": []string{instance}, "Tags": []map[string]string{{"Key": findingTag, "Value": finding}}}),
			apiCall("preserveDisks", "ec2", "CreateSnapshots", map[string]any{
				"InstanceSpecification": map[string]any{"InstanceId": instance}, "Description": "Evidence of " + finding,
				"TagSpecifications": []map[string]any{{"ResourceType": "snapshot", "Tags": []map[string]string{{"Key": findingTag, "Value": finding}}}},
			}),
		},
	}
	text, err := json.Marshal(doc)
	if err != nil {
		panic("incident: " + err.Error()) // it holds nothing but texts
	}
	return string(text)
}

const findingTag = "incident:finding"

// automationDocument is the part of the schema that ProtectAndTell uses.
type automationDocument struct {
	Schema      string                       `json:"schemaVersion"`
	Description string                       `json:"description"`
	AssumeRole  string                       `json:"assumeRole"`
	Parameters  map[string]map[string]string `json:"parameters"`
	Steps       []automationStep             `json:"mainSteps"`
}

type automationStep struct {
	Name      string         `json:"name"`
	Action    string         `json:"action"`
	OnFailure string         `json:"onFailure"`
	Inputs    map[string]any `json:"inputs"`
}

func apiCall(name, service, api string, inputs map[string]any) automationStep {
	inputs["Service"], inputs["Api"] = service, api
	return automationStep{Name: name, Action: "aws:executeAwsApi", OnFailure: "Continue", Inputs: inputs}
}

// RunbookPolicy is what the role of the runbook needs, and no more.
func RunbookPolicy(topic id.TopicARN) policy.Document {
	return policy.Allow("sns:Publish").On(id.ARN(topic)).Named("Tell").
		And(policy.Allow("ec2:ModifyInstanceAttribute", "ec2:CreateSnapshots", "ec2:DescribeInstances").OnAny().Named("ProtectAndPreserve")).
		And(policy.Allow("ec2:CreateTags").OnAny().When("ForAllValues:StringEquals", "aws:TagKeys", findingTag).Named("Mark"))
}
