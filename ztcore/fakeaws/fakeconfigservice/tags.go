package fakeconfigservice

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/configservice"
	"github.com/aws/aws-sdk-go-v2/service/configservice/types"
)

// TagResource adds tags, or gives those that are there new values.
func (s *Service) TagResource(ctx context.Context, in *configservice.TagResourceInput, _ ...opt) (*configservice.TagResourceOutput, error) {
	have, err := s.tagsOf(ctx, *in.ResourceArn)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(have)
	if err := addTags(all, in.Tags); err != nil {
		return nil, err
	}
	maps.Copy(have, all)
	return &configservice.TagResourceOutput{}, nil
}

// UntagResource removes tags; those that are not there are no error.
func (s *Service) UntagResource(ctx context.Context, in *configservice.UntagResourceInput, _ ...opt) (*configservice.UntagResourceOutput, error) {
	have, err := s.tagsOf(ctx, *in.ResourceArn)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(have, func(k, _ string) bool { return slices.Contains(in.TagKeys, k) })
	return &configservice.UntagResourceOutput{}, nil
}

// ListTagsForResource answers the tags of a recorder, rule or aggregator by key.
func (s *Service) ListTagsForResource(ctx context.Context, in *configservice.ListTagsForResourceInput, _ ...opt) (*configservice.ListTagsForResourceOutput, error) {
	have, err := s.tagsOf(ctx, *in.ResourceArn)
	if err != nil {
		return nil, err
	}
	found := []types.Tag{}
	for _, k := range slices.Sorted(maps.Keys(have)) {
		found = append(found, types.Tag{Key: aws.String(k), Value: aws.String(have[k])})
	}
	some, next, err := page(ctx, found, in.NextToken, in.Limit, mostTags)
	return &configservice.ListTagsForResourceOutput{Tags: some, NextToken: next}, err
}

func (s *Service) tagsOf(ctx context.Context, arn string) (map[string]string, error) {
	r := s.regions.In(ctx)
	if r.Recorder != nil && r.Recorder.ARN == arn {
		return r.Recorder.Tags, nil
	}
	for _, have := range r.Rules {
		if *have.Rule.ConfigRuleArn == arn && !have.gone() {
			return have.Tags, nil
		}
	}
	for _, have := range r.Aggregators {
		if *have.Aggregator.ConfigurationAggregatorArn == arn {
			return have.Tags, nil
		}
	}
	return nil, &types.ResourceNotFoundException{Message: aws.String("ResourceArn '" + arn + "' does not exist")}
}
