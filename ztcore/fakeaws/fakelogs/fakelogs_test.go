package fakelogs_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakekms"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakelogs"
)

var ctx = context.Background()

func code(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return fmt.Sprint(err)
	}
	return api.ErrorCode()
}

func second[O any](_ O, err error) error { return err }

func newGroup(t *testing.T, name string) (*fakeaws.Cloud, *cloudwatchlogs.Client) {
	t.Helper()
	cloud := fakeaws.New(fakelogs.Install, fakekms.Install)
	client := cloudwatchlogs.NewFromConfig(cloud.Config())
	_, err := client.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &name, Tags: map[string]string{"team": "blue"}})
	require.NoError(t, err)
	return cloud, client
}

func transformation(change func(*types.MetricTransformation)) []types.MetricTransformation {
	t := types.MetricTransformation{MetricName: aws.String("Logins"), MetricNamespace: aws.String("App"), MetricValue: aws.String("1")}
	if change != nil {
		change(&t)
	}
	return []types.MetricTransformation{t}
}

func TestRefusals(t *testing.T) {
	cloud, client := newGroup(t, "trail")
	made, err := kms.NewFromConfig(cloud.Config()).CreateKey(ctx, nil)
	require.NoError(t, err)
	create := func(in cloudwatchlogs.CreateLogGroupInput) error { return second(client.CreateLogGroup(ctx, &in)) }
	filter := func(in cloudwatchlogs.PutMetricFilterInput) error {
		if in.LogGroupName == nil {
			in.LogGroupName = aws.String("trail")
		}
		if in.FilterName == nil {
			in.FilterName = aws.String("f")
		}
		if in.FilterPattern == nil {
			in.FilterPattern = aws.String("")
		}
		if in.MetricTransformations == nil {
			in.MetricTransformations = transformation(nil)
		}
		return second(client.PutMetricFilter(ctx, &in))
	}
	policy := func(document string) error {
		return second(client.PutResourcePolicy(ctx, &cloudwatchlogs.PutResourcePolicyInput{PolicyName: aws.String("p"), PolicyDocument: &document}))
	}
	tag := func(k, v string) error {
		return second(client.TagResource(ctx, &cloudwatchlogs.TagResourceInput{ResourceArn: aws.String("arn:aws:logs:us-east-1:123456789012:log-group:trail"), Tags: map[string]string{k: v}}))
	}
	nobody := aws.String("nobody")
	for name, c := range map[string]struct {
		err  error
		code string
	}{
		"name":                {create(cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("a b")}), "InvalidParameterException"},
		"reserved name":       {create(cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("aws/x")}), "InvalidParameterException"},
		"class":               {create(cloudwatchlogs.CreateLogGroupInput{LogGroupName: nobody, LogGroupClass: "COLD"}), "InvalidParameterException"},
		"twice":               {create(cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("trail")}), "ResourceAlreadyExistsException"},
		"key by id":           {create(cloudwatchlogs.CreateLogGroupInput{LogGroupName: nobody, KmsKeyId: made.KeyMetadata.KeyId}), "InvalidParameterException"},
		"key without policy":  {create(cloudwatchlogs.CreateLogGroupInput{LogGroupName: nobody, KmsKeyId: made.KeyMetadata.Arn}), "InvalidParameterException"},
		"unknown key":         {create(cloudwatchlogs.CreateLogGroupInput{LogGroupName: nobody, KmsKeyId: aws.String(*made.KeyMetadata.Arn + "0")}), "InvalidParameterException"},
		"retention":           {second(client.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: aws.String("trail"), RetentionInDays: aws.Int32(100)})), "InvalidParameterException"},
		"retention of nobody": {second(client.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: nobody, RetentionInDays: aws.Int32(1)})), "ResourceNotFoundException"},
		"delete nobody":       {second(client.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: nobody})), "ResourceNotFoundException"},
		"prefix and pattern":  {second(client.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: nobody, LogGroupNamePattern: nobody})), "InvalidParameterException"},
		"limit":               {second(client.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{Limit: aws.Int32(51)})), "InvalidParameterException"},
		"token":               {second(client.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{NextToken: nobody})), "InvalidParameterException"},
		"filter of nobody":    {filter(cloudwatchlogs.PutMetricFilterInput{LogGroupName: nobody}), "ResourceNotFoundException"},
		"filter name":         {filter(cloudwatchlogs.PutMetricFilterInput{FilterName: aws.String("a:b")}), "InvalidParameterException"},
		"pattern":             {filter(cloudwatchlogs.PutMetricFilterInput{FilterPattern: aws.String("{ $.a = }")}), "InvalidParameterException"},
		"no transformation":   {filter(cloudwatchlogs.PutMetricFilterInput{MetricTransformations: []types.MetricTransformation{}}), "InvalidParameterException"},
		"metric name":         {filter(cloudwatchlogs.PutMetricFilterInput{MetricTransformations: transformation(func(t *types.MetricTransformation) { t.MetricName = aws.String("a$") })}), "InvalidParameterException"},
		"AWS's namespace":     {filter(cloudwatchlogs.PutMetricFilterInput{MetricTransformations: transformation(func(t *types.MetricTransformation) { t.MetricNamespace = aws.String("AWS/EC2") })}), "InvalidParameterException"},
		"metric value":        {filter(cloudwatchlogs.PutMetricFilterInput{MetricTransformations: transformation(func(t *types.MetricTransformation) { t.MetricValue = aws.String("one") })}), "InvalidParameterException"},
		"default with dimensions": {filter(cloudwatchlogs.PutMetricFilterInput{MetricTransformations: transformation(func(t *types.MetricTransformation) {
			t.DefaultValue, t.Dimensions = aws.Float64(0), map[string]string{"a": "$.a"}
		})}), "InvalidParameterException"},
		"metric alone":      {second(client.DescribeMetricFilters(ctx, &cloudwatchlogs.DescribeMetricFiltersInput{MetricName: nobody})), "InvalidParameterException"},
		"filters of nobody": {second(client.DescribeMetricFilters(ctx, &cloudwatchlogs.DescribeMetricFiltersInput{LogGroupName: nobody})), "ResourceNotFoundException"},
		"delete no filter":  {second(client.DeleteMetricFilter(ctx, &cloudwatchlogs.DeleteMetricFilterInput{LogGroupName: aws.String("trail"), FilterName: nobody})), "ResourceNotFoundException"},
		"policy is no JSON": {policy("x"), "InvalidParameterException"},
		"policy for nobody": {policy(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:PutLogEvents","Resource":"*"}]}`), "InvalidParameterException"},
		"policy too long":   {policy(strings.Repeat(" ", 5121)), "InvalidParameterException"},
		"delete no policy":  {second(client.DeleteResourcePolicy(ctx, &cloudwatchlogs.DeleteResourcePolicyInput{PolicyName: nobody})), "ResourceNotFoundException"},
		"tag of AWS":        {tag("aws:x", "1"), "InvalidParameterException"},
		"tag value":         {tag("x", "*"), "InvalidParameterException"},
		"stream name":       {second(client.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: aws.String("trail"), LogStreamName: aws.String("a:b")})), "InvalidParameterException"},
		"delete no stream":  {second(client.DeleteLogStream(ctx, &cloudwatchlogs.DeleteLogStreamInput{LogGroupName: aws.String("trail"), LogStreamName: nobody})), "ResourceNotFoundException"},
	} {
		require.Equal(t, c.code, code(c.err), "%s: %v", name, c.err)
	}
	var missing *types.ResourceNotFoundException
	require.ErrorAs(t, second(client.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: nobody})), &missing)
}

func TestGroup(t *testing.T) {
	cloud, client := newGroup(t, "trail")
	_, err := client.PutRetentionPolicy(ctx, &cloudwatchlogs.PutRetentionPolicyInput{LogGroupName: aws.String("trail"), RetentionInDays: aws.Int32(365)})
	require.NoError(t, err)
	out, err := client.DescribeLogGroups(ctx, nil)
	require.NoError(t, err)
	require.Len(t, out.LogGroups, 1)
	g := out.LogGroups[0]
	require.Equal(t, "arn:aws:logs:us-east-1:123456789012:log-group:trail:*", *g.Arn)
	require.Equal(t, "arn:aws:logs:us-east-1:123456789012:log-group:trail", *g.LogGroupArn)
	require.Equal(t, types.LogGroupClassStandard, g.LogGroupClass)
	require.Equal(t, int32(365), *g.RetentionInDays)
	require.Nil(t, g.KmsKeyId)
	_, err = client.DeleteRetentionPolicy(ctx, &cloudwatchlogs.DeleteRetentionPolicyInput{LogGroupName: aws.String("trail")})
	require.NoError(t, err)

	_, err = client.UntagResource(ctx, &cloudwatchlogs.UntagResourceInput{ResourceArn: g.LogGroupArn, TagKeys: []string{"team", "other"}})
	require.NoError(t, err)
	tags, err := client.ListTagsForResource(ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: g.LogGroupArn})
	require.NoError(t, err)
	require.Empty(t, tags.Tags)
	require.Equal(t, "InvalidParameterException", code(second(client.ListTagsForResource(ctx, &cloudwatchlogs.ListTagsForResourceInput{ResourceArn: g.Arn}))))

	groups, ok := fakeaws.Capability[fakeaws.LogGroups](cloud)
	require.True(t, ok)
	require.True(t, groups.LogGroup(ctx, *g.Arn))
	require.True(t, groups.LogGroup(ctx, *g.LogGroupArn))
	require.False(t, groups.LogGroup(ctx, *g.LogGroupArn+"s"))
	require.False(t, groups.LogGroup(ctx, "trail"))
}

func TestDeletionProtection(t *testing.T) {
	_, client := newGroup(t, "trail")
	protect := func(on bool) {
		_, err := client.PutLogGroupDeletionProtection(ctx, &cloudwatchlogs.PutLogGroupDeletionProtectionInput{LogGroupIdentifier: aws.String("trail"), DeletionProtectionEnabled: &on})
		require.NoError(t, err)
	}
	protect(true)
	require.Equal(t, "ValidationException", code(second(client.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: aws.String("trail")}))))
	protect(false)
	_, err := client.DeleteLogGroup(ctx, &cloudwatchlogs.DeleteLogGroupInput{LogGroupName: aws.String("trail")})
	require.NoError(t, err)
}

// The service says whom it works for in the encryption context: a policy for another group does not let it in.
func TestKeyPolicyDecides(t *testing.T) {
	cloud, client := newGroup(t, "trail")
	keyFor := func(group string) *string {
		made, err := kms.NewFromConfig(cloud.Config()).CreateKey(ctx, &kms.CreateKeyInput{Policy: aws.String(`{"Version":"2012-10-17","Statement":[
			{"Effect":"Allow","Principal":{"AWS":"123456789012"},"Action":"kms:*","Resource":"*"},
			{"Effect":"Allow","Principal":{"Service":"logs.us-east-1.amazonaws.com"},"Action":["kms:Encrypt*","kms:Decrypt*","kms:ReEncrypt*","kms:GenerateDataKey*","kms:Describe*"],"Resource":"*",
			 "Condition":{"ArnEquals":{"kms:EncryptionContext:aws:logs:arn":"arn:aws:logs:us-east-1:123456789012:log-group:` + group + `"}}}]}`)})
		require.NoError(t, err)
		return made.KeyMetadata.Arn
	}
	right, wrong := keyFor("trail"), keyFor("other")
	associate := func(key *string) error {
		return second(client.AssociateKmsKey(ctx, &cloudwatchlogs.AssociateKmsKeyInput{LogGroupName: aws.String("trail"), KmsKeyId: key}))
	}
	require.Equal(t, "InvalidParameterException", code(associate(wrong)))
	require.NoError(t, associate(right))
	out, err := client.DescribeLogGroups(ctx, &cloudwatchlogs.DescribeLogGroupsInput{LogGroupNamePrefix: aws.String("tr")})
	require.NoError(t, err)
	require.Equal(t, *right, *out.LogGroups[0].KmsKeyId)
	_, err = client.DisassociateKmsKey(ctx, &cloudwatchlogs.DisassociateKmsKeyInput{LogGroupName: aws.String("trail")})
	require.NoError(t, err)
}

func TestPagesOfOne(t *testing.T) {
	cloud, client := newGroup(t, "a")
	cloud.SetPageSize(1)
	_, err := client.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: aws.String("b")})
	require.NoError(t, err)
	for _, g := range []string{"a", "b"} {
		_, err := client.PutMetricFilter(ctx, &cloudwatchlogs.PutMetricFilterInput{LogGroupName: &g, FilterName: aws.String("f"), FilterPattern: aws.String("x"), MetricTransformations: transformation(nil)})
		require.NoError(t, err)
	}
	var groups, filters []string
	for in := (&cloudwatchlogs.DescribeLogGroupsInput{}); ; {
		out, err := client.DescribeLogGroups(ctx, in)
		require.NoError(t, err)
		require.Len(t, out.LogGroups, 1)
		groups = append(groups, *out.LogGroups[0].LogGroupName)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	for in := (&cloudwatchlogs.DescribeMetricFiltersInput{MetricName: aws.String("Logins"), MetricNamespace: aws.String("App")}); ; {
		out, err := client.DescribeMetricFilters(ctx, in)
		require.NoError(t, err)
		filters = append(filters, *out.MetricFilters[0].LogGroupName+"/"+*out.MetricFilters[0].FilterName)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	require.Equal(t, []string{"a", "b"}, groups)
	require.Equal(t, []string{"a/f", "b/f"}, filters)
}

// A filter can be tried before it is relied on.
func Example() {
	client := cloudwatchlogs.NewFromConfig(fakeaws.New(fakelogs.Install).Config())
	out, err := client.TestMetricFilter(ctx, &cloudwatchlogs.TestMetricFilterInput{
		FilterPattern:    aws.String(`{ $.eventName = "StopLogging" }`),
		LogEventMessages: []string{`{"eventName": "StartLogging"}`, `{"eventName": "StopLogging"}`},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range out.Matches {
		fmt.Println(m.EventNumber, *m.EventMessage)
	}
	// Output:
	// 2 {"eventName": "StopLogging"}
}
