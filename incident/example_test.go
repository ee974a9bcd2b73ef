package incident_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/seed-08ecc977/zerotrust/incident"
	"github.com/seed-08ecc977/zerotrust/monitoring/events"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/all"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// A first response from a name. Which findings start it can be tried without an account.
func ExamplePreset() {
	ctx := context.Background()
	preset := incident.Preset{Name: "acme"}
	starts, err := events.Match(preset.Rule().Pattern, `{"source": "aws.guardduty", "detail-type": "GuardDuty Finding", "detail": {"severity": 8, "resource": {"resourceType": "Instance"}}}`)
	fmt.Println("a severe finding of an instance starts the runbook:", starts, err)

	baseline := ztcore.NewBaseline("incident", preset)
	cfg := all.New().Config()
	plan, err := baseline.Plan(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := plan.Apply(ctx); err != nil {
		fmt.Println(err)
		return
	}
	again, err := baseline.Plan(ctx, cfg)
	fmt.Println("nothing left to do:", again.Empty(), err)
	// Output:
	// a severe finding of an instance starts the runbook: true <nil>
	// nothing left to do: true <nil>
}

// For those who have Incident Manager.
func ExampleResponsePlan() {
	baseline := ztcore.NewBaseline("incident", incident.ReplicationSet{}, incident.ResponsePlan{
		Name: "MyResponsePlan", Title: "Security Incident", After: []string{incident.ReplicationSet{}.ARN()},
		Runbook: incident.Runbook{
			Document: "AWS-StopEC2Instance", Role: "arn:aws:iam::123456789012:role/IncidentRunbooks", Parameters: map[string][]string{"InstanceId": {"i-1234567890abcdef0"}},
		},
		Topics: []id.TopicARN{"arn:aws:sns:us-east-1:123456789012:security"},
	})
	fmt.Println(baseline.Check())
	// Output:
	// ztcore: baseline "incident" is invalid: 2 findings
	//   incident.ResponsePlan/MyResponsePlan: Runbook.Parameters[InstanceId]: names the instance i-1234567890abcdef0, whichever is affected (let the incident fill it in: FromIncident with InvolvedResources)
	//   incident.ResponsePlan/MyResponsePlan: Runbook: AWS-StopEC2Instance loses what is in memory: departs from the safe form without a reason (say why in the field that allows it)
}

func ExamplePlan_Markdown() {
	plan := incident.Starter("acme", "all accounts of acme", incident.Contact{Name: "Ada", Phone: "+1 202 555 0100"}, incident.Contact{Name: "Grace", Phone: "+1 202 555 0101"},
		time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC))
	fmt.Println(strings.Join(strings.SplitN(plan.Markdown(), "\n", 4)[:3], "\n"))
	// Output:
	// # Incident response plan: acme
	//
	// Version 1. For all accounts of acme. Kept by incident commander; reviewed on 2026-09-01, exercised on 2026-10-01, both every 365 days.
}
