package fakeguardduty_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/guardduty/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeeventbridge"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeguardduty"
)

var ctx = context.Background()

func client() (*fakeaws.Cloud, *guardduty.Client) {
	cloud := fakeaws.New(fakeguardduty.Install, fakeeventbridge.Install)
	return cloud, guardduty.NewFromConfig(cloud.Config())
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return fmt.Sprint(err)
}

func create(t *testing.T, c *guardduty.Client) *string {
	t.Helper()
	out, err := c.CreateDetector(ctx, &guardduty.CreateDetectorInput{Enable: aws.Bool(true)})
	require.NoError(t, err)
	return out.DetectorId
}

func TestDetectorGetsAWSsDefaults(t *testing.T) {
	_, c := client()
	id := create(t, c)
	require.Len(t, *id, 32)
	got, err := c.GetDetector(ctx, &guardduty.GetDetectorInput{DetectorId: id})
	require.NoError(t, err)
	require.Equal(t, types.FindingPublishingFrequencySixHours, got.FindingPublishingFrequency)
	on := map[string]types.FeatureStatus{}
	for _, f := range got.Features {
		on[string(f.Name)] = f.Status
	}
	require.Equal(t, types.FeatureStatusEnabled, on["CLOUD_TRAIL"])
	require.Equal(t, types.FeatureStatusEnabled, on["S3_DATA_EVENTS"])
	require.Equal(t, types.FeatureStatusDisabled, on["RUNTIME_MONITORING"])
}

func TestThereIsOneDetectorInARegion(t *testing.T) {
	_, c := client()
	first := &guardduty.CreateDetectorInput{Enable: aws.Bool(true), ClientToken: aws.String("t")}
	a, err := c.CreateDetector(ctx, first)
	require.NoError(t, err)
	b, err := c.CreateDetector(ctx, first)
	require.NoError(t, err)
	require.Equal(t, *a.DetectorId, *b.DetectorId, "the client token is the same")
	_, err = c.CreateDetector(ctx, &guardduty.CreateDetectorInput{Enable: aws.Bool(true)})
	var refused *types.BadRequestException
	require.ErrorAs(t, err, &refused)
	require.ErrorContains(t, err, "a detector already exists for the current account")
}

func TestFindingsReachTheBus(t *testing.T) {
	cloud, c := client()
	id := create(t, c)
	bus := eventbridge.NewFromConfig(cloud.Config())
	_, err := bus.PutRule(ctx, &eventbridge.PutRuleInput{Name: aws.String("high"), EventPattern: aws.String(`{"source": ["aws.guardduty"], "detail-type": ["GuardDuty Finding"], "detail": {"severity": [{"numeric": [">=", 7]}], "resource": {"instanceDetails": {"instanceId": ["i-1"]}}}}`)})
	require.NoError(t, err)
	_, err = bus.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: aws.String("high"), Targets: []eventtypes.Target{{Id: aws.String("1"), Arn: aws.String("arn:aws:sns:us-east-1:123456789012:alerts"), InputPath: aws.String("$.detail.id")}}})
	require.NoError(t, err)

	var found []string
	for _, severity := range []float64{2, 8} {
		one, err := fakeguardduty.PutFinding(cloud, fakeaws.DefaultAccount, fakeaws.DefaultRegion, types.Finding{
			Type: aws.String("UnauthorizedAccess:EC2/SSHBruteForce"), Severity: &severity, Resource: &types.Resource{InstanceDetails: &types.InstanceDetails{InstanceId: aws.String("i-1")}},
		})
		require.NoError(t, err)
		found = append(found, one)
	}
	_, err = c.CreateSampleFindings(ctx, &guardduty.CreateSampleFindingsInput{DetectorId: id, FindingTypes: []string{"Recon:EC2/Portscan"}})
	require.NoError(t, err)
	sent := fakeeventbridge.Deliveries(cloud, fakeaws.DefaultAccount, fakeaws.DefaultRegion)
	require.Len(t, sent, 1)
	require.Equal(t, `"`+found[1]+`"`, sent[0].Input)

	cloud.SetPageSize(1)
	listed := 0
	for p := guardduty.NewListFindingsPaginator(c, &guardduty.ListFindingsInput{DetectorId: id}); p.HasMorePages(); listed++ {
		out, err := p.NextPage(ctx)
		require.NoError(t, err)
		require.Len(t, out.FindingIds, 1)
	}
	require.Equal(t, 3, listed)
	_, err = c.ArchiveFindings(ctx, &guardduty.ArchiveFindingsInput{DetectorId: id, FindingIds: found[:1]})
	require.NoError(t, err)
	got, err := c.GetFindings(ctx, &guardduty.GetFindingsInput{DetectorId: id, FindingIds: found})
	require.NoError(t, err)
	require.True(t, *got.Findings[0].Service.Archived)
	require.False(t, *got.Findings[1].Service.Archived)

	_, err = c.UpdateDetector(ctx, &guardduty.UpdateDetectorInput{DetectorId: id, Enable: aws.Bool(false)})
	require.NoError(t, err)
	_, err = fakeguardduty.PutFinding(cloud, fakeaws.DefaultAccount, fakeaws.DefaultRegion, types.Finding{})
	require.ErrorContains(t, err, "GuardDuty is off")
}

func TestRefusals(t *testing.T) {
	_, c := client()
	id := create(t, c)
	arn := aws.String("arn:aws:guardduty:us-east-1:123456789012:detector/" + *id)
	set := func(f ...types.DetectorFeatureConfiguration) error {
		_, err := c.UpdateDetector(ctx, &guardduty.UpdateDetectorInput{DetectorId: id, Features: f})
		return err
	}
	for name, err := range map[string]error{
		"an unknown detector": func() error {
			_, err := c.GetDetector(ctx, &guardduty.GetDetectorInput{DetectorId: aws.String("none")})
			return err
		}(),
		"an unknown feature": set(types.DetectorFeatureConfiguration{Name: "MAGIC", Status: "ENABLED"}),
		"a bad status":       set(types.DetectorFeatureConfiguration{Name: types.DetectorFeatureS3DataEvents, Status: "ON"}),
		"both runtimes":      set(types.DetectorFeatureConfiguration{Name: "RUNTIME_MONITORING", Status: "ENABLED"}, types.DetectorFeatureConfiguration{Name: "EKS_RUNTIME_MONITORING", Status: "ENABLED"}),
		"another's addition": set(types.DetectorFeatureConfiguration{Name: types.DetectorFeatureS3DataEvents, Status: "ENABLED", AdditionalConfiguration: []types.DetectorAdditionalConfiguration{{Name: "EC2_AGENT_MANAGEMENT", Status: "ENABLED"}}}),
		"a bad frequency": func() error {
			_, err := c.UpdateDetector(ctx, &guardduty.UpdateDetectorInput{DetectorId: id, FindingPublishingFrequency: "DAILY"})
			return err
		}(),
		"a reserved tag": func() error {
			_, err := c.TagResource(ctx, &guardduty.TagResourceInput{ResourceArn: arn, Tags: map[string]string{"aws:x": ""}})
			return err
		}(),
		"a bad token": func() error {
			_, err := c.ListDetectors(ctx, &guardduty.ListDetectorsInput{NextToken: aws.String("x")})
			return err
		}(),
	} {
		require.Equal(t, "BadRequestException", code(err), name)
	}
	_, err := c.TagResource(ctx, &guardduty.TagResourceInput{ResourceArn: arn, Tags: map[string]string{"a": "1", "b": "2"}})
	require.NoError(t, err)
	_, err = c.UntagResource(ctx, &guardduty.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"a"}})
	require.NoError(t, err)
	tags, err := c.ListTagsForResource(ctx, &guardduty.ListTagsForResourceInput{ResourceArn: arn})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"b": "2"}, tags.Tags)
}

// A test tries what a finding sets off.
func ExamplePutFinding() {
	cloud := fakeaws.New(fakeguardduty.Install, fakeeventbridge.Install)
	_, err := fakeguardduty.PutFinding(cloud, fakeaws.DefaultAccount, fakeaws.DefaultRegion, types.Finding{Type: aws.String("Recon:EC2/Portscan"), Severity: aws.Float64(5)})
	fmt.Println(err)
	// Output: GuardDuty is off in us-east-1 of 123456789012
}
