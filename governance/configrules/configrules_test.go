package configrules_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/governance/configrules"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeconfigservice"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakekms"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakes3"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakes3control"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

const serviceRole = "arn:aws:iam::123456789012:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"

func newCloud() *fakeaws.Cloud { return fakeaws.New(fakests.Install, fakeconfigservice.Install) }

// wholeCloud has what the preset needs.
func wholeCloud() *fakeaws.Cloud {
	return fakeaws.New(fakests.Install, fakeconfigservice.Install, fakeiam.Install, fakekms.Install, fakes3.Install, fakes3control.Install)
}

var (
	recorder = configrules.Recorder{Role: "arn:aws:iam::123456789012:role/config", Bucket: "acme-config"}
	check    = configrules.Rule{Name: "s3-bucket-encryption-check", Managed: "S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED", After: []string{recorder.Started()}}
)

func recorderCase() kindtest.Case {
	other, bucket, elsewhere := recorder, recorder, recorder
	other.Role, other.SnapshotEvery = "arn:aws:iam::123456789012:role/other", "Six_Hours"
	bucket = other
	bucket.Prefix, bucket.Bucket = "history", "acme-config-2"
	bucket.Key, bucket.Topic = "arn:aws:kms:us-east-1:123456789012:key/11112222-3333-4444-5555-666677778888", "arn:aws:sns:us-east-1:123456789012:config"
	elsewhere = bucket
	elsewhere.GlobalIn = "eu-west-1"
	const r, c = "governance.ConfigRecorder/default ", "governance.ConfigDeliveryChannel/default "
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: recorder},
			{Resource: other, Changes: []string{r + "Role", c + "SnapshotEvery"}},
			{Resource: bucket, Changes: []string{c + "Bucket", c + "Prefix", c + "Key", c + "Topic"}},
			{Resource: elsewhere, Changes: []string{r + "GlobalIn"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			sdk := configservice.NewFromConfig(cfg)
			if _, err := sdk.StopConfigurationRecorder(ctx, &configservice.StopConfigurationRecorderInput{ConfigurationRecorderName: aws.String("default")}); err != nil {
				return err
			}
			_, err := sdk.PutConfigurationRecorder(ctx, &configservice.PutConfigurationRecorderInput{ConfigurationRecorder: &types.ConfigurationRecorder{
				Name: aws.String("default"), RoleARN: aws.String("arn:aws:iam::123456789012:role/else"), RecordingGroup: &types.RecordingGroup{ResourceTypes: []types.ResourceType{"AWS::S3::Bucket"}},
			}})
			return err
		},
	}
}

func TestRecorderLife(t *testing.T) { kindtest.Run(t, recorderCase()) }

func ruleCase(guard bool) kindtest.Case {
	scoped, rotated := check, check
	scoped.ResourceTypes, scoped.Description = []string{"AWS::S3::Bucket"}, "Buckets are encrypted"
	rotated = scoped
	rotated.Tags = map[string]string{"team": "security"}
	keys := configrules.Rule{Name: "access-keys-rotated", Managed: "ACCESS_KEYS_ROTATED", Parameters: map[string]string{"maxAccessKeyAge": "90"}, Every: "Six_Hours", After: check.After}
	younger := keys
	younger.Parameters, younger.Every = map[string]string{"maxAccessKeyAge": "30"}, "One_Hour"
	const r, k = "governance.ConfigRule/s3-bucket-encryption-check ", "governance.ConfigRule/access-keys-rotated "
	c := kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: ztcore.List{recorder, check, keys}},
			{Resource: ztcore.List{recorder, scoped, younger}, Changes: []string{r + "Description", r + "ResourceTypes", k + "Parameters[maxAccessKeyAge]", k + "Every"}},
			{Resource: ztcore.List{recorder, rotated, younger}, Changes: []string{r + "Tags"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			_, err := configservice.NewFromConfig(cfg).PutConfigRule(ctx, &configservice.PutConfigRuleInput{ConfigRule: &types.ConfigRule{
				ConfigRuleName: aws.String("access-keys-rotated"), Source: &types.Source{Owner: types.OwnerAws, SourceIdentifier: aws.String("ACCESS_KEYS_ROTATED")},
				InputParameters: aws.String(`{"maxAccessKeyAge":"900"}`),
			}})
			return err
		},
	}
	c.Variants[1].Changes[2] = k + "Parameters"
	if guard {
		own := configrules.Rule{Name: "own", Guard: "rule encrypted { configuration.encrypted == true }", ResourceTypes: []string{"AWS::EC2::Volume"}, After: check.After}
		stricter := own
		stricter.Guard = "rule encrypted { configuration.encrypted == true\n configuration.kmsKeyId exists }"
		c.Variants = []kindtest.Variant{{Resource: ztcore.List{recorder, own}}, {Resource: ztcore.List{recorder, stricter}, Changes: []string{"governance.ConfigRule/own Guard"}}}
		c.Drift = nil
	}
	return c
}

func TestRuleLife(t *testing.T)  { kindtest.Run(t, ruleCase(false)) }
func TestGuardLife(t *testing.T) { kindtest.Run(t, ruleCase(true)) }

func aggregatorCase() kindtest.Case {
	one := configrules.Aggregator{Name: "all", Accounts: []string{"111122223333"}}
	two, tagged := one, one
	two.Accounts = []string{"111122223333", "444455556666"}
	tagged = two
	tagged.Tags = map[string]string{"team": "security"}
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: one},
			{Resource: two, Changes: []string{"governance.ConfigAggregator/all Accounts"}},
			{Resource: tagged, Changes: []string{"governance.ConfigAggregator/all Tags"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			_, err := configservice.NewFromConfig(cfg).PutConfigurationAggregator(ctx, &configservice.PutConfigurationAggregatorInput{
				ConfigurationAggregatorName: aws.String("all"), AccountAggregationSources: []types.AccountAggregationSource{{AccountIds: []string{"999999999999"}, AwsRegions: []string{"us-east-1"}}},
			})
			return err
		},
	}
}

func TestAggregatorLife(t *testing.T) { kindtest.Run(t, aggregatorCase()) }

// TestOnTheWire runs against moto, which has no texts of custom policy rules, and forgets the tags of a rule or an aggregator
// that is changed without them, as the drift does.
func TestOnTheWire(t *testing.T) {
	rule, aggregator := ruleCase(false), aggregatorCase()
	rule.Drift, aggregator.Drift = nil, nil
	for name, c := range map[string]kindtest.Case{"recorder": recorderCase(), "rule": rule, "aggregator": aggregator} {
		t.Run(name, func(t *testing.T) {
			c.Before = makeBuckets
			kindtest.RunOn(t, kindtest.Wire(t), c)
		})
	}
}

func makeBuckets(ctx context.Context, cfg aws.Config) error {
	c := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
	for _, name := range []string{"acme-config", "acme-config-2"} {
		_, err := c.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name})
		if taken := new(s3types.BucketAlreadyExists); err != nil && !errors.As(err, &taken) { // by the test before, on the wire
			return err
		}
	}
	return nil
}

func TestInputIsChecked(t *testing.T) {
	for want, r := range map[string]ztcore.Resource{
		"can't be a role":                  configrules.Recorder{Role: "config", Bucket: "b"},
		"can't be a name here":             configrules.Recorder{Name: "a b", Role: serviceRole, Bucket: "b"},
		"there is nowhere to deliver to":   configrules.Recorder{Role: serviceRole},
		`"Daily" is no frequency`:          configrules.Recorder{Role: serviceRole, Bucket: "b", SnapshotEvery: "Daily"},
		"can't be a rule's name":           configrules.Rule{Name: "a b", Managed: "X"},
		"can't be the identifier":          configrules.Rule{Name: "a", Managed: "s3-bucket-encryption"},
		"both Managed and Guard":           configrules.Rule{Name: "a", Managed: "X", Guard: "rule x {}"},
		"says what it is about":            configrules.Rule{Name: "a", Guard: "rule x {}"},
		"more than 10,000 characters":      configrules.Rule{Name: "a", Guard: strings.Repeat("x", 10001)},
		"more than 256 characters":         configrules.Rule{Name: "a", Managed: "X", Description: strings.Repeat("x", 257)},
		"can't be a scope":                 configrules.Rule{Name: "a", Managed: "X", ResourceTypes: []string{"bucket"}},
		"more than 1,024 characters":       configrules.Rule{Name: "a", Managed: "X", Parameters: map[string]string{"x": strings.Repeat("x", 1024)}},
		`"Hourly" is no frequency`:         configrules.Rule{Name: "a", Managed: "X", Every: "Hourly"},
		"can't be an aggregator's name":    configrules.Aggregator{Name: "a b", Accounts: []string{"111122223333"}},
		"about accounts or about the orga": configrules.Aggregator{Name: "a"},
		"can't be an account":              configrules.Aggregator{Name: "a", Accounts: []string{"1"}},
		"is not declared":                  check,
	} {
		require.ErrorContains(t, ztcore.NewBaseline("b", r).Check(), want)
	}
}

// A recorder and a channel that exist are taken over under the names they have, and never met with "already exists".
func TestWhatExistsIsTakenOver(t *testing.T) {
	cfg := newCloud().Config()
	sdk := configservice.NewFromConfig(cfg)
	_, err := sdk.PutConfigurationRecorder(t.Context(), &configservice.PutConfigurationRecorderInput{ConfigurationRecorder: &types.ConfigurationRecorder{Name: aws.String("theirs"), RoleARN: aws.String(serviceRole)}})
	require.NoError(t, err)
	_, err = sdk.PutDeliveryChannel(t.Context(), &configservice.PutDeliveryChannelInput{DeliveryChannel: &types.DeliveryChannel{Name: aws.String("their-channel"), S3BucketName: aws.String("b")}})
	require.NoError(t, err)
	apply(t, cfg, ztcore.List{recorder, check})
	out, err := sdk.DescribeConfigurationRecorderStatus(t.Context(), &configservice.DescribeConfigurationRecorderStatusInput{})
	require.NoError(t, err)
	require.Len(t, out.ConfigurationRecordersStatus, 1)
	require.Equal(t, "theirs", *out.ConfigurationRecordersStatus[0].Name)
	require.True(t, out.ConfigurationRecordersStatus[0].Recording)
	channels, err := sdk.DescribeDeliveryChannels(t.Context(), &configservice.DescribeDeliveryChannelsInput{})
	require.NoError(t, err)
	require.Equal(t, "their-channel", *channels.DeliveryChannels[0].Name)
	require.Equal(t, "acme-config", *channels.DeliveryChannels[0].S3BucketName)
}

// Control Tower would change its recorder back, so the plan names it, and nothing is written over it.
func TestControlTowersRecorderIsLeft(t *testing.T) {
	cloud := newCloud()
	cfg := cloud.Config()
	sdk := configservice.NewFromConfig(cfg)
	name := aws.String("aws-controltower-BaselineConfigRecorder")
	_, err := sdk.PutConfigurationRecorder(t.Context(), &configservice.PutConfigurationRecorderInput{ConfigurationRecorder: &types.ConfigurationRecorder{Name: name, RoleARN: aws.String(serviceRole)}})
	require.NoError(t, err)
	plan, err := ztcore.NewBaseline("config", recorder).Plan(t.Context(), cfg)
	require.NoError(t, err)
	require.Contains(t, plan.String(), "AWS Control Tower")
	_, err = plan.Apply(t.Context())
	require.ErrorContains(t, err, "is managed by AWS Control Tower")
	out, err := sdk.DescribeConfigurationRecorders(t.Context(), &configservice.DescribeConfigurationRecordersInput{ConfigurationRecorderNames: []string{*name}})
	require.NoError(t, err)
	require.Equal(t, serviceRole, *out.ConfigurationRecorders[0].RoleARN)

	plan, err = ztcore.NewBaseline("config", configrules.Rule{Name: "r", Managed: "ROOT_ACCOUNT_MFA_ENABLED"}).Plan(t.Context(), cfg)
	require.NoError(t, err)
	_, err = plan.Apply(t.Context())
	require.NoError(t, err, "rules do with it as well")
}

// A rule declared again while it is being deleted is made when that is over.
func TestDeletedRuleComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := newCloud().Config()
		apply(t, cfg, ztcore.List{recorder, check})
		apply(t, cfg, ztcore.List{recorder}, ztcore.Prune(configrules.Kinds()...))
		time.Sleep(time.Minute)
		apply(t, cfg, ztcore.List{recorder, check})
		managed := check
		managed.Managed = "S3_BUCKET_SSL_REQUESTS_ONLY" // a replacement: the new one waits for the old
		apply(t, cfg, ztcore.List{recorder, managed})
	})
}

// The preset is complete, in an account where there is nothing, at the first try.
func TestPreset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := wholeCloud()
		cloud.SetPropagation(8 * time.Second)
		cfg := cloud.Config()
		preset := configrules.Preset{Name: "acme", Tags: map[string]string{"team": "security"}}
		apply(t, cfg, preset)
		baseline := ztcore.NewBaseline("config", preset)
		plan := func() *ztcore.Plan {
			p, err := baseline.Plan(t.Context(), cfg)
			require.NoError(t, err)
			return p
		}
		require.True(t, plan().Empty(), plan())
		require.Empty(t, plan().Findings)

		sdk := configservice.NewFromConfig(cfg)
		_, err := sdk.StopConfigurationRecorder(t.Context(), &configservice.StopConfigurationRecorderInput{ConfigurationRecorderName: aws.String("default")})
		require.NoError(t, err)
		_, err = sdk.DeleteConfigRule(t.Context(), &configservice.DeleteConfigRuleInput{ConfigRuleName: aws.String("restricted-ssh")})
		require.NoError(t, err)
		time.Sleep(time.Minute)
		require.False(t, plan().Empty())
		apply(t, cfg, preset)
		require.True(t, plan().Empty(), plan())

		// What has been recorded is evidence, and what it takes to record stays with it.
		apply(t, cfg, preset, ztcore.Destroy())
		status, err := sdk.DescribeConfigurationRecorderStatus(t.Context(), &configservice.DescribeConfigurationRecorderStatusInput{})
		require.NoError(t, err)
		require.True(t, status.ConfigurationRecordersStatus[0].Recording)
		time.Sleep(time.Minute)
		left, err := sdk.DescribeConfigRules(t.Context(), &configservice.DescribeConfigRulesInput{})
		require.NoError(t, err)
		require.Empty(t, left.ConfigRules)
	})
}

// So it is when Config works as itself, for which the bucket's policy has to let it in.
func TestPresetWithTheServiceRole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := wholeCloud().Config()
		preset := configrules.Preset{Name: "acme", Role: configrules.ServiceRole, Rules: []configrules.Rule{{Name: "root", Managed: "ROOT_ACCOUNT_MFA_ENABLED"}}}
		apply(t, cfg, preset)
		plan, err := ztcore.NewBaseline("config", preset).Plan(t.Context(), cfg)
		require.NoError(t, err)
		require.True(t, plan.Empty(), plan)
		require.Empty(t, plan.Findings)
	})
}

// Config delivers where the bucket's policy lets it.
func TestDeliveryIsRefusedByTheBucket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // the refusal might pass, and is waited for
		cfg := fakeaws.New(fakests.Install, fakes3.Install, fakeconfigservice.Install).Config()
		require.NoError(t, makeBuckets(t.Context(), cfg))
		byItself := configrules.Recorder{Role: serviceRole, Bucket: "acme-config"}
		plan, err := ztcore.NewBaseline("config", byItself).Plan(t.Context(), cfg)
		require.NoError(t, err)
		_, err = plan.Apply(t.Context())
		var refused *types.InsufficientDeliveryPolicyException
		require.ErrorAs(t, err, &refused)
	})
}

func TestCompliance(t *testing.T) {
	cloud := newCloud()
	apply(t, cloud.Config(), ztcore.List{recorder, check, configrules.Rule{Name: "other", Managed: "ROOT_ACCOUNT_MFA_ENABLED", After: check.After}})
	service, ok := fakeaws.Capability[*fakeconfigservice.Service](cloud)
	require.True(t, ok)
	service.SetCompliance(fakeaws.DefaultAccount, fakeaws.DefaultRegion, check.Name, types.ComplianceTypeNonCompliant)
	cloud.SetPageSize(1)
	got, err := configrules.Compliance(t.Context(), cloud.Config())
	require.NoError(t, err)
	require.Equal(t, map[string]types.ComplianceType{check.Name: types.ComplianceTypeNonCompliant, "other": types.ComplianceTypeInsufficientData}, got)
	_, err = configrules.Compliance(t.Context(), cloud.Config(), "absent")
	var none *types.NoSuchConfigRuleException
	require.ErrorAs(t, err, &none)
}

func apply(t *testing.T, cfg aws.Config, r ztcore.Resource, opts ...ztcore.PlanOption) {
	t.Helper()
	p, err := ztcore.NewBaseline("config", r).Plan(t.Context(), cfg, opts...)
	require.NoError(t, err)
	_, err = p.Apply(t.Context())
	require.NoError(t, err, p)
}

// The rule of the guide, with what it can't do without.
func Example() {
	ctx, cfg := context.Background(), newCloud().Config()
	recorder := configrules.Recorder{Role: "arn:aws:iam::123456789012:role/config", Bucket: "acme-config"}
	check := configrules.Rule{Name: "s3-bucket-encryption-check", Managed: "S3_BUCKET_SERVER_SIDE_ENCRYPTION_ENABLED", After: []string{recorder.Started()}}
	plan, err := ztcore.NewBaseline("config", recorder, check).Plan(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range plan.Steps {
		fmt.Println(s.Action, s.Address)
	}
	// Output:
	// create governance.ConfigRecorder/default
	// create governance.ConfigDeliveryChannel/default
	// create governance.ConfigRecording/default
	// create governance.ConfigRule/s3-bucket-encryption-check
}

// A preset is a bucket with a key, a role, the recorder and the rules of the benchmarks.
func ExamplePreset() {
	plan, err := ztcore.NewBaseline("config", configrules.Preset{Name: "acme"}).Plan(context.Background(), wholeCloud().Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	rules := 0
	for _, s := range plan.Steps {
		if s.Kind == "governance.ConfigRule" {
			rules++
		}
	}
	fmt.Println(rules, "rules")
	// Output: 30 rules
}
