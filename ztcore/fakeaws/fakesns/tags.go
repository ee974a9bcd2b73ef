package fakesns

import (
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
)

// https://docs.aws.amazon.com/sns/latest/dg/sns-tags.html
var (
	tagKey   = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$`)
	tagValue = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$`)
)

const mostTags = 50

// tagged finds a topic for tagging, which has an error of its own for what is not there.
func (st *State) tagged(ctx context.Context, arn *string) (*Topic, error) {
	t, err := st.topic(ctx, arn)
	var missing *types.NotFoundException
	if errors.As(err, &missing) {
		return nil, &types.ResourceNotFoundException{Message: aws.String("Resource does not exist")}
	}
	return t, err
}

// TagResource adds tags to a topic, or gives those that are there new values.
func (s *Service) TagResource(ctx context.Context, in *sns.TagResourceInput, _ ...Options) (*sns.TagResourceOutput, error) {
	t, err := s.store.In(ctx).tagged(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(t.Tags)
	for _, tag := range in.Tags {
		all[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	if err := checkTags(all); err != nil {
		return nil, err
	}
	t.Tags = all
	return &sns.TagResourceOutput{}, nil
}

// UntagResource removes tags; those that are not there are no error.
func (s *Service) UntagResource(ctx context.Context, in *sns.UntagResourceInput, _ ...Options) (*sns.UntagResourceOutput, error) {
	t, err := s.store.In(ctx).tagged(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(t.Tags, func(k, _ string) bool { return slices.Contains(in.TagKeys, k) })
	return &sns.UntagResourceOutput{}, nil
}

// ListTagsForResource answers a topic's tags by key.
func (s *Service) ListTagsForResource(ctx context.Context, in *sns.ListTagsForResourceInput, _ ...Options) (*sns.ListTagsForResourceOutput, error) {
	t, err := s.store.In(ctx).tagged(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	out := &sns.ListTagsForResourceOutput{}
	for _, k := range slices.Sorted(maps.Keys(t.Tags)) {
		out.Tags = append(out.Tags, types.Tag{Key: aws.String(k), Value: aws.String(t.Tags[k])})
	}
	return out, nil
}

func checkTags(tags map[string]string) error {
	if len(tags) > mostTags {
		return &types.TagLimitExceededException{Message: aws.String("Could not complete request: tag quota of per resource exceeded")}
	}
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		if !tagKey.MatchString(k) || !tagValue.MatchString(tags[k]) || strings.HasPrefix(strings.ToLower(k), "aws:") {
			return invalid("Tags Reason: %s=%s is not a valid tag", k, tags[k])
		}
	}
	return nil
}
