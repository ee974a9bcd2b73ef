package fakesecurityhub_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeeventbridge"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakesecurityhub"
)

var ctx = context.Background()

const nist = "arn:aws:securityhub:us-east-1::standards/nist-800-53/v/5.0.0"

func client(t *testing.T, enabled bool) (*fakeaws.Cloud, *securityhub.Client) {
	t.Helper()
	cloud := fakeaws.New(fakesecurityhub.Install, fakeeventbridge.Install)
	c := securityhub.NewFromConfig(cloud.Config())
	if enabled {
		_, err := c.EnableSecurityHub(ctx, &securityhub.EnableSecurityHubInput{EnableDefaultStandards: aws.Bool(false)})
		require.NoError(t, err)
	}
	return cloud, c
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return fmt.Sprint(err)
}

func TestHubGetsAWSsDefaults(t *testing.T) {
	_, c := client(t, false)
	_, err := c.DescribeHub(ctx, nil)
	var off *types.InvalidAccessException
	require.ErrorAs(t, err, &off)
	_, err = c.EnableSecurityHub(ctx, &securityhub.EnableSecurityHubInput{Tags: map[string]string{"a": "1"}})
	require.NoError(t, err)
	_, err = c.EnableSecurityHub(ctx, nil)
	require.Equal(t, "ResourceConflictException", code(err))
	got, err := c.DescribeHub(ctx, nil)
	require.NoError(t, err)
	require.True(t, *got.AutoEnableControls)
	require.Equal(t, types.ControlFindingGeneratorSecurityControl, got.ControlFindingGenerator)
	on, err := c.GetEnabledStandards(ctx, nil)
	require.NoError(t, err)
	require.Len(t, on.StandardsSubscriptions, 2, "two standards come by themselves")
	_, err = c.TagResource(ctx, &securityhub.TagResourceInput{ResourceArn: got.HubArn, Tags: map[string]string{"b": "2"}})
	require.NoError(t, err)
	_, err = c.UntagResource(ctx, &securityhub.UntagResourceInput{ResourceArn: got.HubArn, TagKeys: []string{"a"}})
	require.NoError(t, err)
	tags, err := c.ListTagsForResource(ctx, &securityhub.ListTagsForResourceInput{ResourceArn: got.HubArn})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"b": "2"}, tags.Tags)
}

func TestStandardsComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c := client(t, true)
		status := func() []types.StandardsStatus {
			out, err := c.GetEnabledStandards(ctx, nil)
			require.NoError(t, err)
			var all []types.StandardsStatus
			for _, s := range out.StandardsSubscriptions {
				all = append(all, s.StandardsStatus)
			}
			return all
		}
		on, err := c.BatchEnableStandards(ctx, &securityhub.BatchEnableStandardsInput{StandardsSubscriptionRequests: []types.StandardsSubscriptionRequest{{StandardsArn: aws.String(nist)}}})
		require.NoError(t, err)
		require.Equal(t, "arn:aws:securityhub:us-east-1:123456789012:subscription/nist-800-53/v/5.0.0", *on.StandardsSubscriptions[0].StandardsSubscriptionArn)
		require.Equal(t, []types.StandardsStatus{types.StandardsStatusPending}, status())
		time.Sleep(time.Minute)
		require.Equal(t, []types.StandardsStatus{types.StandardsStatusReady}, status())
		_, err = c.BatchDisableStandards(ctx, &securityhub.BatchDisableStandardsInput{StandardsSubscriptionArns: []string{*on.StandardsSubscriptions[0].StandardsSubscriptionArn}})
		require.NoError(t, err)
		require.Equal(t, []types.StandardsStatus{types.StandardsStatusDeleting}, status())
		time.Sleep(time.Minute)
		require.Empty(t, status())
	})
}

func finding(id string, severity int32) types.AwsSecurityFinding {
	now := aws.String("2027-01-01T00:00:00Z")
	return types.AwsSecurityFinding{
		Id: &id, AwsAccountId: aws.String(fakeaws.DefaultAccount), CreatedAt: now, UpdatedAt: now, Title: aws.String("t"), Description: aws.String("d"), GeneratorId: aws.String("g"),
		ProductArn: aws.String("arn:aws:securityhub:us-east-1:123456789012:product/123456789012/default"), SchemaVersion: aws.String("2018-10-08"), Types: []string{"Software and Configuration Checks"},
		Resources: []types.Resource{{Id: aws.String("arn:aws:ec2:us-east-1:123456789012:instance/i-1"), Type: aws.String("AwsEc2Instance")}}, Severity: &types.Severity{Normalized: &severity},
	}
}

func TestFindingsReachTheBus(t *testing.T) {
	cloud, c := client(t, true)
	bus := eventbridge.NewFromConfig(cloud.Config())
	_, err := bus.PutRule(ctx, &eventbridge.PutRuleInput{Name: aws.String("high"), EventPattern: aws.String(`{"source": ["aws.securityhub"], "detail": {"findings": {"Severity": {"Label": ["HIGH", "CRITICAL"]}, "Workflow": {"Status": ["NEW"]}, "RecordState": ["ACTIVE"]}}}`)})
	require.NoError(t, err)
	_, err = bus.PutTargets(ctx, &eventbridge.PutTargetsInput{Rule: aws.String("high"), Targets: []eventtypes.Target{{Id: aws.String("1"), Arn: aws.String("arn:aws:sns:us-east-1:123456789012:alerts"), InputPath: aws.String("$.detail.findings[0].Id")}}})
	require.NoError(t, err)
	foreign := finding("foreign", 90)
	foreign.AwsAccountId = aws.String("210987654321")
	unknown := finding("unknown", 90)
	unknown.ProductArn = aws.String("arn:aws:securityhub:us-east-1::product/aws/guardduty")
	out, err := c.BatchImportFindings(ctx, &securityhub.BatchImportFindingsInput{Findings: []types.AwsSecurityFinding{finding("low", 20), finding("high", 70), foreign, unknown}})
	require.NoError(t, err)
	require.EqualValues(t, 2, *out.SuccessCount)
	require.EqualValues(t, 2, *out.FailedCount)
	sent := fakeeventbridge.Deliveries(cloud, fakeaws.DefaultAccount, fakeaws.DefaultRegion)
	require.Len(t, sent, 1)
	require.Equal(t, `"high"`, sent[0].Input)
	cloud.SetPageSize(1)
	first, err := c.GetFindings(ctx, nil)
	require.NoError(t, err)
	require.Len(t, first.Findings, 1)
	require.NotNil(t, first.NextToken)
	require.Equal(t, types.WorkflowStatusNew, first.Findings[0].Workflow.Status)
}

func TestRefusals(t *testing.T) {
	_, c := client(t, true)
	product := aws.String("arn:aws:securityhub:us-east-1::product/aws/guardduty")
	on, err := c.EnableImportFindingsForProduct(ctx, &securityhub.EnableImportFindingsForProductInput{ProductArn: product})
	require.NoError(t, err)
	enable := func(arn string) error {
		_, err := c.BatchEnableStandards(ctx, &securityhub.BatchEnableStandardsInput{StandardsSubscriptionRequests: []types.StandardsSubscriptionRequest{{StandardsArn: &arn}}})
		return err
	}
	for name, want := range map[string]struct {
		err  error
		code string
	}{
		"an unknown standard": {enable("arn:aws:securityhub:us-east-1::standards/house-rules/v/1.0.0"), "InvalidInputException"},
		"another region's":    {enable("arn:aws:securityhub:eu-west-1::standards/nist-800-53/v/5.0.0"), "InvalidInputException"},
		"a product twice": {func() error {
			_, err := c.EnableImportFindingsForProduct(ctx, &securityhub.EnableImportFindingsForProductInput{ProductArn: product})
			return err
		}(), "ResourceConflictException"},
		"an unknown product": {func() error {
			_, err := c.EnableImportFindingsForProduct(ctx, &securityhub.EnableImportFindingsForProductInput{ProductArn: aws.String("arn:aws:securityhub:us-east-1::product/x/y")})
			return err
		}(), "InvalidInputException"},
		"a product not subscribed": {func() error {
			_, err := c.DisableImportFindingsForProduct(ctx, &securityhub.DisableImportFindingsForProductInput{ProductSubscriptionArn: aws.String("x")})
			return err
		}(), "ResourceNotFoundException"},
		"a standard not enabled": {func() error {
			_, err := c.BatchDisableStandards(ctx, &securityhub.BatchDisableStandardsInput{StandardsSubscriptionArns: []string{"x"}})
			return err
		}(), "InvalidInputException"},
		"another hub": {func() error {
			_, err := c.DescribeHub(ctx, &securityhub.DescribeHubInput{HubArn: aws.String("x")})
			return err
		}(), "ResourceNotFoundException"},
		"a bad generator": {func() error {
			_, err := c.UpdateSecurityHubConfiguration(ctx, &securityhub.UpdateSecurityHubConfigurationInput{ControlFindingGenerator: "X"})
			return err
		}(), "InvalidInputException"},
		"a bad token": {func() error {
			_, err := c.DescribeStandards(ctx, &securityhub.DescribeStandardsInput{NextToken: aws.String("x")})
			return err
		}(), "InvalidInputException"},
	} {
		require.Equal(t, want.code, code(want.err), "%s: %v", name, want.err)
	}
	_, err = c.DisableImportFindingsForProduct(ctx, &securityhub.DisableImportFindingsForProductInput{ProductSubscriptionArn: on.ProductSubscriptionArn})
	require.NoError(t, err)
	_, err = c.DisableSecurityHub(ctx, nil)
	require.NoError(t, err)
	_, err = c.DisableSecurityHub(ctx, nil)
	require.Equal(t, "InvalidAccessException", code(err))
}

func Example() {
	ctx, client := context.Background(), securityhub.NewFromConfig(fakeaws.New(fakesecurityhub.Install).Config())
	if _, err := client.EnableSecurityHub(ctx, nil); err != nil {
		fmt.Println(err)
		return
	}
	out, err := client.GetEnabledStandards(ctx, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range out.StandardsSubscriptions {
		fmt.Println(*s.StandardsArn, s.StandardsStatus)
	}
	// Output:
	// arn:aws:securityhub:::ruleset/cis-aws-foundations-benchmark/v/1.2.0 PENDING
	// arn:aws:securityhub:us-east-1::standards/aws-foundational-security-best-practices/v/1.0.0 PENDING
}
