// Package fakeconfigservice is the AWS Config of a fakeaws.Cloud.
//
// Modelled: the one customer managed recorder and the one delivery channel of a region with AWS's order among them (no channel
// without a recorder, no start without a channel, no deletion of the channel while recording), the role, the bucket and its
// policy, the key and the topic, of which those are checked that the cloud has services for; managed and custom policy rules,
// which go on being deleted for ten seconds of the cloud's clock; aggregators; tags. A rule's compliance is INSUFFICIENT_DATA
// until a test calls SetCompliance.
//
// Not modelled: evaluation and recording themselves, whether an identifier of a managed rule exists, Lambda rules, conformance
// packs, rules and recorders of the organization or of other services, remediation, and retention.
package fakeconfigservice

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Service handles AWS Config. fakeaws.Capability[*Service] finds that of a cloud, for SetCompliance.
type Service struct {
	cloud   *fakeaws.Cloud
	regions *fakeaws.Store[region]
}

// region is what Config holds of one account and region.
type region struct {
	Recorder    *recorder
	Channel     *types.DeliveryChannel
	Rules       map[string]*rule // by name
	Aggregators map[string]*aggregator
}

type opt = func(*configservice.Options)

// Install adds AWS Config to a cloud.
func Install(c *fakeaws.Cloud) {
	s := &Service{cloud: c, regions: fakeaws.NewStore(c, "config", fakeaws.Regional, func(string, string) *region {
		return &region{Rules: map[string]*rule{}, Aggregators: map[string]*aggregator{}}
	})}
	fakeaws.Provide(c, s)
	fakeaws.On(c, s.PutConfigurationRecorder, "ConfigurationRecorder.Name", "ConfigurationRecorder.RoleARN", "ConfigurationRecorder.RecordingGroup",
		"ConfigurationRecorder.RecordingMode.RecordingFrequency", "Tags")
	fakeaws.On(c, s.DescribeConfigurationRecorders, "ConfigurationRecorderNames")
	fakeaws.On(c, s.DescribeConfigurationRecorderStatus, "ConfigurationRecorderNames")
	fakeaws.On(c, s.StartConfigurationRecorder, "ConfigurationRecorderName")
	fakeaws.On(c, s.StopConfigurationRecorder, "ConfigurationRecorderName")
	fakeaws.On(c, s.DeleteConfigurationRecorder, "ConfigurationRecorderName")
	fakeaws.On(c, s.PutDeliveryChannel, "DeliveryChannel")
	fakeaws.On(c, s.DescribeDeliveryChannels, "DeliveryChannelNames")
	fakeaws.On(c, s.DeleteDeliveryChannel, "DeliveryChannelName")
	fakeaws.On(c, s.PutConfigRule, "ConfigRule.ConfigRuleName", "ConfigRule.Description", "ConfigRule.InputParameters", "ConfigRule.MaximumExecutionFrequency",
		"ConfigRule.Scope", "ConfigRule.Source.Owner", "ConfigRule.Source.SourceIdentifier", "ConfigRule.Source.SourceDetails", "ConfigRule.Source.CustomPolicyDetails", "Tags")
	fakeaws.On(c, s.DescribeConfigRules, "ConfigRuleNames", "NextToken")
	fakeaws.On(c, s.DeleteConfigRule, "ConfigRuleName")
	fakeaws.On(c, s.GetCustomRulePolicy, "ConfigRuleName")
	fakeaws.On(c, s.DescribeComplianceByConfigRule, "ConfigRuleNames", "ComplianceTypes", "NextToken")
	fakeaws.On(c, s.PutConfigurationAggregator, "ConfigurationAggregatorName", "AccountAggregationSources", "OrganizationAggregationSource", "Tags")
	fakeaws.On(c, s.DescribeConfigurationAggregators, "ConfigurationAggregatorNames", "Limit", "NextToken")
	fakeaws.On(c, s.DeleteConfigurationAggregator, "ConfigurationAggregatorName")
	fakeaws.On(c, s.TagResource, "ResourceArn", "Tags")
	fakeaws.On(c, s.UntagResource, "ResourceArn", "TagKeys")
	fakeaws.On(c, s.ListTagsForResource, "ResourceArn", "Limit", "NextToken")
}

// mostPage is the size of pages that have no limit of their own; AWS documents none for rules.
const mostPage = 25

func page[E any](ctx context.Context, items []E, token *string, limit int32, most int) ([]E, *string, error) {
	out, next, ok := fakeaws.Page(ctx, items, token, &limit, most)
	if !ok {
		return nil, nil, &types.InvalidNextTokenException{Message: aws.String("The nextToken provided is invalid")}
	}
	return out, next, nil
}

func invalid(message string) error {
	return &types.InvalidParameterValueException{Message: &message}
}

func arn(ctx context.Context, resource string) string {
	call := fakeaws.CallFrom(ctx)
	return "arn:" + call.Partition() + ":config:" + call.Region + ":" + call.Account + ":" + resource
}

// mostTags is of one object. https://docs.aws.amazon.com/config/latest/APIReference/API_TagResource.html
const mostTags = 50

func addTags(to map[string]string, tags []types.Tag) error {
	for _, t := range tags {
		key, value := aws.ToString(t.Key), aws.ToString(t.Value)
		if key == "" || utf8.RuneCountInString(key) > 128 || utf8.RuneCountInString(value) > 256 || strings.HasPrefix(strings.ToLower(key), "aws:") {
			return &types.ValidationException{Message: aws.String("a tag's key has 1 to 128 characters and does not begin with aws:, its value has 0 to 256")}
		}
		to[key] = value
	}
	if len(to) > mostTags {
		return &types.TooManyTagsException{Message: aws.String("You have reached the limit of the number of tags you can use")}
	}
	return nil
}

// now is in UTC and in milliseconds, as the service's dates are.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
