package fakeconfigservice

import (
	"context"
	"maps"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"
)

type aggregator struct {
	Aggregator types.ConfigurationAggregator
	Tags       map[string]string
}

// mostAggregators is of one region. https://docs.aws.amazon.com/config/latest/developerguide/configlimits.html
const mostAggregators = 50

var namePattern = regexp.MustCompile(`^[\w-]{1,256}$`)

// PutConfigurationAggregator makes or changes an aggregator. Tags count only when it is new.
func (s *Service) PutConfigurationAggregator(ctx context.Context, in *configservice.PutConfigurationAggregatorInput, _ ...opt) (*configservice.PutConfigurationAggregatorOutput, error) {
	r := s.regions.In(ctx)
	name, organization := aws.ToString(in.ConfigurationAggregatorName), in.OrganizationAggregationSource
	if !namePattern.MatchString(name) {
		return nil, &types.ValidationException{Message: aws.String("configurationAggregatorName must match [\\w\\-]+")}
	}
	if (organization == nil) == (len(in.AccountAggregationSources) == 0) || len(in.AccountAggregationSources) > 1 {
		return nil, invalid("You must choose either one source of accounts or the organization")
	}
	for _, a := range in.AccountAggregationSources {
		if len(a.AccountIds) == 0 || a.AllAwsRegions == (len(a.AwsRegions) > 0) {
			return nil, invalid("A source has accounts, and either all regions or some")
		}
	}
	if organization != nil {
		if organization.AllAwsRegions == (len(organization.AwsRegions) > 0) {
			return nil, invalid("A source has either all regions or some")
		}
		if err := s.checkRole(ctx, aws.ToString(organization.RoleArn)); err != nil {
			return nil, err
		}
	}
	have := r.Aggregators[name]
	if have == nil {
		if len(r.Aggregators) >= mostAggregators {
			return nil, &types.LimitExceededException{Message: aws.String("You have reached the limit of aggregators")}
		}
		tags := map[string]string{}
		if err := addTags(tags, in.Tags); err != nil {
			return nil, err
		}
		have = &aggregator{Tags: tags, Aggregator: types.ConfigurationAggregator{
			ConfigurationAggregatorName: &name, ConfigurationAggregatorArn: aws.String(arn(ctx, "config-aggregator/config-aggregator-"+s.cloud.ID("", 8))), CreationTime: aws.Time(now()),
		}}
		r.Aggregators[name] = have
	}
	have.Aggregator.AccountAggregationSources, have.Aggregator.OrganizationAggregationSource, have.Aggregator.LastUpdatedTime = in.AccountAggregationSources, organization, aws.Time(now())
	out := have.Aggregator
	return &configservice.PutConfigurationAggregatorOutput{ConfigurationAggregator: &out}, nil
}

// DescribeConfigurationAggregators answers the aggregators by name.
func (s *Service) DescribeConfigurationAggregators(ctx context.Context, in *configservice.DescribeConfigurationAggregatorsInput, _ ...opt) (*configservice.DescribeConfigurationAggregatorsOutput, error) {
	r := s.regions.In(ctx)
	found := []types.ConfigurationAggregator{}
	for _, n := range in.ConfigurationAggregatorNames {
		if r.Aggregators[n] == nil {
			return nil, noAggregator()
		}
	}
	for _, n := range slices.Sorted(maps.Keys(r.Aggregators)) {
		if len(in.ConfigurationAggregatorNames) == 0 || slices.Contains(in.ConfigurationAggregatorNames, n) {
			found = append(found, r.Aggregators[n].Aggregator)
		}
	}
	some, next, err := page(ctx, found, in.NextToken, in.Limit, 100)
	return &configservice.DescribeConfigurationAggregatorsOutput{ConfigurationAggregators: some, NextToken: next}, err
}

// DeleteConfigurationAggregator removes an aggregator.
func (s *Service) DeleteConfigurationAggregator(ctx context.Context, in *configservice.DeleteConfigurationAggregatorInput, _ ...opt) (*configservice.DeleteConfigurationAggregatorOutput, error) {
	r := s.regions.In(ctx)
	if r.Aggregators[*in.ConfigurationAggregatorName] == nil {
		return nil, noAggregator()
	}
	delete(r.Aggregators, *in.ConfigurationAggregatorName)
	return &configservice.DeleteConfigurationAggregatorOutput{}, nil
}

func noAggregator() error {
	return &types.NoSuchConfigurationAggregatorException{Message: aws.String("The configuration aggregator does not exist. Check the configuration aggregator name and try again.")}
}
