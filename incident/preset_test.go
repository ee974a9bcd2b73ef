package incident_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	guardduty "github.com/aws/aws-sdk-go-v2/service/guardduty/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/incident"
	"github.com/seed-08ecc977/zerotrust/monitoring/detection"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/all"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeeventbridge"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeguardduty"
)

func applied(t *testing.T, cfg aws.Config, r ...ztcore.Resource) *ztcore.Baseline {
	t.Helper()
	base := ztcore.NewBaseline("acme", r...)
	plan, err := base.Plan(t.Context(), cfg)
	require.NoError(t, err)
	_, err = plan.Apply(t.Context())
	require.NoError(t, err)
	again, err := base.Plan(t.Context(), cfg)
	require.NoError(t, err)
	require.True(t, again.Empty(), again)
	return base
}

// From the finding to the runbook, with nobody awake.
func TestAFindingStartsTheRunbook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := all.New()
		cfg := cloud.Config()
		applied(t, cfg, incident.Preset{Name: "acme"}, detection.Detector{})
		find := func(severity float64, kind string) string {
			id, err := fakeguardduty.PutFinding(cloud, fakeaws.DefaultAccount, fakeaws.DefaultRegion, guardduty.Finding{
				Type: aws.String("Backdoor:EC2/C&CActivity.B"), Severity: &severity, Title: aws.String("x"), Description: aws.String("x"),
				Resource: &guardduty.Resource{ResourceType: &kind, InstanceDetails: &guardduty.InstanceDetails{InstanceId: aws.String("i-0123456789abcdef0")}},
			})
			require.NoError(t, err)
			return id
		}
		find(4, "Instance")
		find(8, "AccessKey")
		require.Empty(t, fakeeventbridge.Deliveries(cloud, fakeaws.DefaultAccount, fakeaws.DefaultRegion), "neither is severe and of an instance")
		finding := find(8, "Instance")
		runs, err := ssm.NewFromConfig(cfg).DescribeAutomationExecutions(t.Context(), &ssm.DescribeAutomationExecutionsInput{})
		require.NoError(t, err)
		require.Len(t, runs.AutomationExecutionMetadataList, 1)
		run, err := ssm.NewFromConfig(cfg).GetAutomationExecution(t.Context(), &ssm.GetAutomationExecutionInput{AutomationExecutionId: runs.AutomationExecutionMetadataList[0].AutomationExecutionId})
		require.NoError(t, err)
		require.Equal(t, "acme-protect-and-tell", *run.AutomationExecution.DocumentName)
		require.Equal(t, map[string][]string{
			"InstanceId": {"i-0123456789abcdef0"}, "Finding": {finding}, "AutomationAssumeRole": {"arn:aws:iam::" + fakeaws.DefaultAccount + ":role/acme-runbook"},
		}, run.AutomationExecution.Parameters)
		told := fakeeventbridge.Deliveries(cloud, fakeaws.DefaultAccount, fakeaws.DefaultRegion)
		require.Len(t, told, 2, "the runbook and the topic")
	})
}

func TestWhatOneHasIsUsedInPlaceOfThePresets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := all.New().Config()
		topic, err := sns.NewFromConfig(cfg).CreateTopic(t.Context(), &sns.CreateTopicInput{Name: aws.String("security")})
		require.NoError(t, err)
		require.NotEmpty(t, topic.TopicArn)
		p := incident.Preset{Name: "acme", Topic: "arn:aws:sns:us-east-1:123456789012:security", Runbook: "AWSSupport-ContainEC2Instance"}
		for _, a := range ztcore.Addresses(p) {
			require.NotContains(t, []string{"monitoring.Topic", "dataprotect.Key", "endpoint.Document"}, a.Kind())
		}
		applied(t, cfg, p)
	})
}

// The runbook does what can do no harm: it isolates, stops and terminates nothing, and goes on when a step fails.
func TestTheRunbookDoesNoHarm(t *testing.T) {
	var doc struct {
		MainSteps []struct {
			Name, Action, OnFailure string
			Inputs                  map[string]any
		} `json:"mainSteps"`
	}
	require.NoError(t, json.Unmarshal([]byte(incident.ProtectAndTell("arn:aws:sns:us-east-1:123456789012:security")), &doc))
	var calls []string
	for _, s := range doc.MainSteps {
		require.Equal(t, "aws:executeAwsApi", s.Action)
		require.Equal(t, "Continue", s.OnFailure, s.Name)
		calls = append(calls, s.Inputs["Service"].(string)+":"+s.Inputs["Api"].(string))
	}
	require.Equal(t, []string{"sns:Publish", "ec2:ModifyInstanceAttribute", "ec2:ModifyInstanceAttribute", "ec2:ModifyInstanceAttribute", "ec2:CreateTags", "ec2:CreateSnapshots"}, calls)
}
