package fakeconfigservice_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeconfigservice"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
)

var ctx = context.Background()

const role = "arn:aws:iam::123456789012:role/config"

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return fmt.Sprint(err)
}

func client() *configservice.Client {
	return configservice.NewFromConfig(fakeaws.New(fakeconfigservice.Install).Config())
}

func recorder(c *configservice.Client, name string, group *types.RecordingGroup) error {
	_, err := c.PutConfigurationRecorder(ctx, &configservice.PutConfigurationRecorderInput{ConfigurationRecorder: &types.ConfigurationRecorder{Name: &name, RoleARN: aws.String(role), RecordingGroup: group}})
	return err
}

func channel(c *configservice.Client, name string) error {
	_, err := c.PutDeliveryChannel(ctx, &configservice.PutDeliveryChannelInput{DeliveryChannel: &types.DeliveryChannel{Name: &name, S3BucketName: aws.String("b")}})
	return err
}

func managed(name, identifier string) *types.ConfigRule {
	return &types.ConfigRule{ConfigRuleName: &name, Source: &types.Source{Owner: types.OwnerAws, SourceIdentifier: &identifier}}
}

func rule(c *configservice.Client, r *types.ConfigRule) error {
	_, err := c.PutConfigRule(ctx, &configservice.PutConfigRuleInput{ConfigRule: r})
	return err
}

func start(c *configservice.Client, name string) error {
	_, err := c.StartConfigurationRecorder(ctx, &configservice.StartConfigurationRecorderInput{ConfigurationRecorderName: &name})
	return err
}

// Recorder, channel, start: and out of it in the reverse.
func TestTheOrder(t *testing.T) {
	c := client()
	require.Equal(t, "NoAvailableConfigurationRecorderException", code(channel(c, "default")))
	require.Equal(t, "NoAvailableConfigurationRecorderException", code(rule(c, managed("r", "ROOT_ACCOUNT_MFA_ENABLED"))))
	require.Equal(t, "NoSuchConfigurationRecorderException", code(start(c, "default")))
	require.NoError(t, recorder(c, "default", nil))
	require.Equal(t, "NoAvailableDeliveryChannelException", code(start(c, "default")))
	require.Equal(t, "MaxNumberOfConfigurationRecordersExceededException", code(recorder(c, "second", nil)))
	require.NoError(t, channel(c, "default"))
	require.Equal(t, "MaxNumberOfDeliveryChannelsExceededException", code(channel(c, "second")))
	require.NoError(t, start(c, "default"))
	_, err := c.DeleteDeliveryChannel(ctx, &configservice.DeleteDeliveryChannelInput{DeliveryChannelName: aws.String("default")})
	var running *types.LastDeliveryChannelDeleteFailedException
	require.ErrorAs(t, err, &running)
	_, err = c.StopConfigurationRecorder(ctx, &configservice.StopConfigurationRecorderInput{ConfigurationRecorderName: aws.String("default")})
	require.NoError(t, err)
	_, err = c.DeleteDeliveryChannel(ctx, &configservice.DeleteDeliveryChannelInput{DeliveryChannelName: aws.String("default")})
	require.NoError(t, err)
	_, err = c.DeleteConfigurationRecorder(ctx, &configservice.DeleteConfigurationRecorderInput{ConfigurationRecorderName: aws.String("default")})
	require.NoError(t, err)
	out, err := c.DescribeConfigurationRecorders(ctx, &configservice.DescribeConfigurationRecordersInput{})
	require.NoError(t, err)
	require.Empty(t, out.ConfigurationRecorders)
}

func TestRecorderGetsAWSsDefaults(t *testing.T) {
	c := client()
	require.NoError(t, recorder(c, "default", nil))
	out, err := c.DescribeConfigurationRecorders(ctx, &configservice.DescribeConfigurationRecordersInput{})
	require.NoError(t, err)
	r := out.ConfigurationRecorders[0]
	require.True(t, r.RecordingGroup.AllSupported)
	require.False(t, r.RecordingGroup.IncludeGlobalResourceTypes)
	require.Equal(t, types.RecordingStrategyTypeAllSupportedResourceTypes, r.RecordingGroup.RecordingStrategy.UseOnly)
	require.Equal(t, types.RecordingFrequencyContinuous, r.RecordingMode.RecordingFrequency)
}

func TestRefusals(t *testing.T) {
	c := client()
	require.NoError(t, recorder(c, "default", nil))
	aggregate := func(in *configservice.PutConfigurationAggregatorInput) error {
		_, err := c.PutConfigurationAggregator(ctx, in)
		return err
	}
	guard := managed("g", "")
	guard.Source = &types.Source{Owner: types.OwnerCustomPolicy, CustomPolicyDetails: &types.CustomPolicyDetails{PolicyRuntime: aws.String("rego"), PolicyText: aws.String("x")}}
	parameters := managed("r", "ACCESS_KEYS_ROTATED")
	parameters.InputParameters = aws.String("90")
	scope := managed("r", "ENCRYPTED_VOLUMES")
	scope.Scope = &types.Scope{TagValue: aws.String("x")}
	often := managed("r", "ROOT_ACCOUNT_MFA_ENABLED")
	often.MaximumExecutionFrequency = "Hourly"
	for name, r := range map[string]struct {
		err  error
		code string
	}{
		"types and everything":     {recorder(c, "default", &types.RecordingGroup{AllSupported: true, ResourceTypes: []types.ResourceType{"AWS::S3::Bucket"}}), "InvalidRecordingGroupException"},
		"global and not all":       {recorder(c, "default", &types.RecordingGroup{IncludeGlobalResourceTypes: true, ResourceTypes: []types.ResourceType{"AWS::S3::Bucket"}}), "InvalidRecordingGroupException"},
		"nothing":                  {recorder(c, "default", &types.RecordingGroup{}), "InvalidRecordingGroupException"},
		"an identifier":            {rule(c, managed("r", "no-identifier")), "InvalidParameterValueException"},
		"parameters":               {rule(c, parameters), "InvalidParameterValueException"},
		"a scope":                  {rule(c, scope), "InvalidParameterValueException"},
		"a frequency":              {rule(c, often), "ValidationException"},
		"a runtime":                {rule(c, guard), "InvalidParameterValueException"},
		"an aggregator of nothing": {aggregate(&configservice.PutConfigurationAggregatorInput{ConfigurationAggregatorName: aws.String("a")}), "InvalidParameterValueException"},
		"an aggregator's name":     {aggregate(&configservice.PutConfigurationAggregatorInput{ConfigurationAggregatorName: aws.String("a b")}), "ValidationException"},
		"an unknown rule": {func() error {
			_, err := c.DescribeConfigRules(ctx, &configservice.DescribeConfigRulesInput{ConfigRuleNames: []string{"none"}})
			return err
		}(), "NoSuchConfigRuleException"},
		"an unknown aggregator": {func() error {
			_, err := c.DeleteConfigurationAggregator(ctx, &configservice.DeleteConfigurationAggregatorInput{ConfigurationAggregatorName: aws.String("none")})
			return err
		}(), "NoSuchConfigurationAggregatorException"},
		"an unknown channel": {func() error {
			_, err := c.DescribeDeliveryChannels(ctx, &configservice.DescribeDeliveryChannelsInput{DeliveryChannelNames: []string{"none"}})
			return err
		}(), "NoSuchDeliveryChannelException"},
		"tags of nothing": {func() error {
			_, err := c.ListTagsForResource(ctx, &configservice.ListTagsForResourceInput{ResourceArn: aws.String("arn:aws:config:us-east-1:123456789012:config-rule/none")})
			return err
		}(), "ResourceNotFoundException"},
		"a foreign token": {func() error {
			_, err := c.DescribeConfigRules(ctx, &configservice.DescribeConfigRulesInput{NextToken: aws.String("x")})
			return err
		}(), "InvalidNextTokenException"},
	} {
		require.Equal(t, r.code, code(r.err), "%s: %v", name, r.err)
	}
	var lambda *fakeaws.NotFakedError
	require.ErrorAs(t, rule(c, &types.ConfigRule{ConfigRuleName: aws.String("l"), Source: &types.Source{Owner: types.OwnerCustomLambda, SourceIdentifier: aws.String("arn:aws:lambda:us-east-1:123456789012:function:f")}}), &lambda)
}

// Where there is an IAM, the role must be known.
func TestRoleMustExist(t *testing.T) {
	c := configservice.NewFromConfig(fakeaws.New(fakeconfigservice.Install, fakeiam.Install).Config())
	require.Equal(t, "InvalidRoleException", code(recorder(c, "default", nil)))
}

// A deleted rule is there for a while, and its name is taken.
func TestDeletionTakesTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := client()
		require.NoError(t, recorder(c, "default", nil))
		require.NoError(t, rule(c, managed("r", "ROOT_ACCOUNT_MFA_ENABLED")))
		_, err := c.DeleteConfigRule(ctx, &configservice.DeleteConfigRuleInput{ConfigRuleName: aws.String("r")})
		require.NoError(t, err)
		out, err := c.DescribeConfigRules(ctx, &configservice.DescribeConfigRulesInput{})
		require.NoError(t, err)
		require.Equal(t, types.ConfigRuleStateDeleting, out.ConfigRules[0].ConfigRuleState)
		require.Equal(t, "ResourceInUseException", code(rule(c, managed("r", "ROOT_ACCOUNT_MFA_ENABLED"))))
		time.Sleep(time.Minute)
		out, err = c.DescribeConfigRules(ctx, &configservice.DescribeConfigRulesInput{})
		require.NoError(t, err)
		require.Empty(t, out.ConfigRules)
		require.NoError(t, rule(c, managed("r", "ROOT_ACCOUNT_MFA_ENABLED")))
	})
}

func TestPages(t *testing.T) {
	cloud := fakeaws.New(fakeconfigservice.Install)
	cloud.SetPageSize(1)
	c := configservice.NewFromConfig(cloud.Config())
	require.NoError(t, recorder(c, "default", nil))
	for i := range 3 {
		require.NoError(t, rule(c, managed(fmt.Sprint("r", i), "ROOT_ACCOUNT_MFA_ENABLED")))
	}
	var names []string
	in := &configservice.DescribeConfigRulesInput{}
	for {
		out, err := c.DescribeConfigRules(ctx, in)
		require.NoError(t, err)
		require.Len(t, out.ConfigRules, 1)
		names = append(names, *out.ConfigRules[0].ConfigRuleName)
		if in.NextToken = out.NextToken; in.NextToken == nil {
			break
		}
	}
	require.Equal(t, []string{"r0", "r1", "r2"}, names)
}

// Tags of a rule count when it is made, and are changed by themselves.
func TestTags(t *testing.T) {
	c := client()
	require.NoError(t, recorder(c, "default", nil))
	put := func(team string) string {
		_, err := c.PutConfigRule(ctx, &configservice.PutConfigRuleInput{ConfigRule: managed("r", "ROOT_ACCOUNT_MFA_ENABLED"), Tags: []types.Tag{{Key: aws.String("team"), Value: &team}}})
		require.NoError(t, err)
		rules, err := c.DescribeConfigRules(ctx, &configservice.DescribeConfigRulesInput{})
		require.NoError(t, err)
		out, err := c.ListTagsForResource(ctx, &configservice.ListTagsForResourceInput{ResourceArn: rules.ConfigRules[0].ConfigRuleArn})
		require.NoError(t, err)
		return *out.Tags[0].Value
	}
	require.Equal(t, "a", put("a"))
	require.Equal(t, "a", put("b"))
}

// No rule is taken before there is a recorder.
func Example() {
	c := configservice.NewFromConfig(fakeaws.New(fakeconfigservice.Install).Config())
	_, err := c.PutConfigRule(context.Background(), &configservice.PutConfigRuleInput{ConfigRule: &types.ConfigRule{
		ConfigRuleName: aws.String("s3-bucket-encryption-check"),
		Source:         &types.Source{Owner: types.OwnerAws, SourceIdentifier: aws.String("S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED")},
	}})
	var none *types.NoAvailableConfigurationRecorderException
	fmt.Println(errors.As(err, &none))
	// Output: true
}
