package incident_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssmincidents"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/incident"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakessmincidents"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

func newCloud() *fakeaws.Cloud { return fakeaws.New(fakests.Install, fakessmincidents.Install) }

const (
	role  id.RoleARN  = "arn:aws:iam::123456789012:role/IncidentRunbooks"
	topic id.TopicARN = "arn:aws:sns:us-east-1:123456789012:security"
)

// myPlan is the guide's plan, with what it leaves out.
func myPlan() incident.ResponsePlan {
	return incident.ResponsePlan{
		Name: "MyResponsePlan", Title: "Security Incident", Impact: incident.Medium, Topics: []id.TopicARN{topic}, After: []string{incident.ReplicationSet{}.ARN()},
		Runbook: incident.Runbook{
			Document: "AWSSupport-ContainEC2Instance", Role: role, Parameters: map[string][]string{"Action": {"Contain"}},
			FromIncident: map[string]incident.FromIncident{"InstanceId": incident.InvolvedResources},
		},
	}
}

func TestResponsePlanLife(t *testing.T) {
	changed := myPlan()
	changed.DisplayName, changed.Title, changed.Impact, changed.Summary = "My plan", "Compromise", incident.High, "An instance does what it should not."
	changed.Topics, changed.Engagements = []id.TopicARN{topic + "-two"}, []id.ARN{"arn:aws:ssm-contacts:us-east-1:123456789012:contact/oncall"}
	changed.Runbook = incident.Runbook{Document: "Contain", Version: "3", Role: role + "2", FromIncident: map[string]incident.FromIncident{"Incident": incident.IncidentARN}}
	changed.Tags = map[string]string{"team": "soc"}
	all := func(p incident.ResponsePlan) ztcore.Resource { return ztcore.List{incident.ReplicationSet{}, p} }
	var changes []string
	for _, f := range []string{"DisplayName", "Document", "Engagements", "Impact", "Parameters", "Role", "Summary", "Tags", "Title", "Topics", "Version"} {
		changes = append(changes, "incident.ResponsePlan/MyResponsePlan "+f)
	}
	kindtest.Run(t, kindtest.Case{
		Cloud:    newCloud,
		Variants: []kindtest.Variant{{Resource: all(myPlan())}, {Resource: all(changed), Changes: changes}},
		Drift: func(ctx context.Context, cfg aws.Config) error { // somebody silences the plan
			c := ssmincidents.NewFromConfig(cfg)
			plans, err := c.ListResponsePlans(ctx, &ssmincidents.ListResponsePlansInput{})
			if err != nil {
				return err
			}
			_, err = c.UpdateResponsePlan(ctx, &ssmincidents.UpdateResponsePlanInput{Arn: plans.ResponsePlanSummaries[0].Arn, IncidentTemplateImpact: aws.Int32(5)})
			return err
		},
	})
}

func TestReplicationSetLife(t *testing.T) {
	kindtest.Run(t, kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: incident.ReplicationSet{}},
			{Resource: incident.ReplicationSet{Regions: map[string]id.KeyARN{"us-east-1": "", "us-west-2": "", "eu-west-1": ""}}, Changes: []string{"incident.ReplicationSet/account Regions"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			c := ssmincidents.NewFromConfig(cfg)
			sets, err := c.ListReplicationSets(ctx, &ssmincidents.ListReplicationSetsInput{})
			if err != nil {
				return err
			}
			_, err = c.UpdateDeletionProtection(ctx, &ssmincidents.UpdateDeletionProtectionInput{Arn: &sets.ReplicationSetArns[0], DeletionProtected: aws.Bool(false)})
			return err
		},
	})
}

func TestPlansWithHolesAreFoundBefore(t *testing.T) {
	hollow := incident.ResponsePlan{Name: "my plan", Impact: 7}
	fixed := myPlan()
	fixed.Name = "Fixed"
	fixed.Runbook = incident.Runbook{Document: "AWS-StopEC2Instance", Role: role, Parameters: map[string][]string{"InstanceId": {"i-0123456789abcdef0"}}}
	_, err := ztcore.NewBaseline("b", hollow, fixed, incident.ReplicationSet{Regions: map[string]id.KeyARN{"a": "", "b": "", "c": "", "d": ""}}).Plan(t.Context(), newCloud().Config())
	for _, want := range []string{
		`"my plan" is not one that Incident Manager takes`, "an incident needs a title", "7 is no impact", "the plan does nothing", "Topics: nobody is told: departs from the safe form without a reason",
		"names the instance i-0123456789abcdef0", "AWS-StopEC2Instance loses what is in memory: departs from the safe form without a reason", "names 4 regions",
	} {
		require.ErrorContains(t, err, want)
	}
}
