package fakeelbv2

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// mostTags is how many tags a resource can have (TooManyTags, Elastic Load Balancing API reference).
const mostTags = 50

// checked refuses tags that Elastic Load Balancing does.
func checked(tags []types.Tag) (map[string]string, error) {
	out := map[string]string{}
	for _, t := range tags {
		key := aws.ToString(t.Key)
		switch _, twice := out[key]; {
		case twice:
			return nil, &types.DuplicateTagKeysException{Message: aws.String("Tag keys must be unique")}
		case key == "" || len(key) > 128 || len(aws.ToString(t.Value)) > 256 || strings.HasPrefix(strings.ToLower(key), "aws:"):
			return nil, invalid("The tag key '%s' or its value is not valid", key)
		}
		out[key] = aws.ToString(t.Value)
	}
	if len(out) > mostTags {
		return nil, &types.TooManyTagsException{Message: aws.String("The maximum number of tags has been reached")}
	}
	return out, nil
}

func (s *State) tag(arn string, tags map[string]string) {
	if len(tags) == 0 {
		return
	}
	if s.Tags[arn] == nil {
		s.Tags[arn] = map[string]string{}
	}
	maps.Copy(s.Tags[arn], tags)
}

// taggable refuses ARNs of nothing.
func (s *State) taggable(arns []string) error {
	for _, arn := range arns {
		switch {
		case s.group(arn) != nil || s.balancer(arn) != nil:
		case slices.ContainsFunc(s.Listeners, func(l *types.Listener) bool { return *l.ListenerArn == arn }):
		case strings.Contains(arn, ":targetgroup/"):
			return notFound()
		case strings.Contains(arn, ":listener/"):
			return noListener()
		case strings.Contains(arn, ":loadbalancer/"):
			return noBalancer(arn)
		default:
			return invalid("'%s' is not a valid ARN of a load balancer, listener or target group", arn)
		}
	}
	return nil
}

// AddTags adds tags to resources, or overwrites them.
func (s *Service) AddTags(ctx context.Context, in *elasticloadbalancingv2.AddTagsInput, _ ...Options) (*elasticloadbalancingv2.AddTagsOutput, error) {
	state := s.store.In(ctx)
	if err := state.taggable(in.ResourceArns); err != nil {
		return nil, err
	}
	tags, err := checked(in.Tags)
	if err != nil {
		return nil, err
	}
	for _, arn := range in.ResourceArns {
		after := maps.Clone(tags)
		maps.Copy(after, state.Tags[arn])
		if len(after) > mostTags {
			return nil, &types.TooManyTagsException{Message: aws.String("The maximum number of tags has been reached")}
		}
	}
	for _, arn := range in.ResourceArns {
		state.tag(arn, tags)
	}
	return &elasticloadbalancingv2.AddTagsOutput{}, nil
}

// RemoveTags takes tags off resources; those that are not there are passed over.
func (s *Service) RemoveTags(ctx context.Context, in *elasticloadbalancingv2.RemoveTagsInput, _ ...Options) (*elasticloadbalancingv2.RemoveTagsOutput, error) {
	state := s.store.In(ctx)
	if err := state.taggable(in.ResourceArns); err != nil {
		return nil, err
	}
	for _, arn := range in.ResourceArns {
		for _, key := range in.TagKeys {
			delete(state.Tags[arn], key)
		}
	}
	return &elasticloadbalancingv2.RemoveTagsOutput{}, nil
}

// DescribeTags answers the tags of at most 20 resources, sorted by key.
func (s *Service) DescribeTags(ctx context.Context, in *elasticloadbalancingv2.DescribeTagsInput, _ ...Options) (*elasticloadbalancingv2.DescribeTagsOutput, error) {
	state := s.store.In(ctx)
	if len(in.ResourceArns) > 20 {
		return nil, invalid("At most 20 resources can be described in one request")
	}
	if err := state.taggable(in.ResourceArns); err != nil {
		return nil, err
	}
	out := &elasticloadbalancingv2.DescribeTagsOutput{}
	for _, arn := range in.ResourceArns {
		d := types.TagDescription{ResourceArn: aws.String(arn)}
		for _, k := range slices.Sorted(maps.Keys(state.Tags[arn])) {
			d.Tags = append(d.Tags, types.Tag{Key: aws.String(k), Value: aws.String(state.Tags[arn][k])})
		}
		out.TagDescriptions = append(out.TagDescriptions, d)
	}
	return out, nil
}
