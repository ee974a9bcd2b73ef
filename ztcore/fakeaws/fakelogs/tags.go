package fakelogs

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_TagResource.html
var (
	tagKey   = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$`)
	tagValue = regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$`)
)

const mostTags = 50

// tagged finds a group by the ARN that tagging takes, without ":*".
func (st *State) tagged(arn *string) (*Group, error) {
	if strings.HasSuffix(aws.ToString(arn), ":*") {
		return nil, invalid("The ARN of a log group must not end with :* here: %s", *arn)
	}
	return st.byIdentifier(arn)
}

// TagResource adds tags to a group, or gives those that are there new values.
func (s *Service) TagResource(ctx context.Context, in *cloudwatchlogs.TagResourceInput, _ ...Options) (*cloudwatchlogs.TagResourceOutput, error) {
	g, err := s.store.In(ctx).tagged(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(g.Tags)
	maps.Copy(all, in.Tags)
	if err := checkTags(all); err != nil {
		return nil, err
	}
	g.Tags = all
	return &cloudwatchlogs.TagResourceOutput{}, nil
}

// UntagResource removes tags; those that are not there are no error.
func (s *Service) UntagResource(ctx context.Context, in *cloudwatchlogs.UntagResourceInput, _ ...Options) (*cloudwatchlogs.UntagResourceOutput, error) {
	g, err := s.store.In(ctx).tagged(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(g.Tags, func(k, _ string) bool { return slices.Contains(in.TagKeys, k) })
	return &cloudwatchlogs.UntagResourceOutput{}, nil
}

// ListTagsForResource answers a group's tags.
func (s *Service) ListTagsForResource(ctx context.Context, in *cloudwatchlogs.ListTagsForResourceInput, _ ...Options) (*cloudwatchlogs.ListTagsForResourceOutput, error) {
	g, err := s.store.In(ctx).tagged(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &cloudwatchlogs.ListTagsForResourceOutput{Tags: maps.Clone(g.Tags)}, nil
}

func checkTags(tags map[string]string) error {
	if len(tags) > mostTags {
		return &types.TooManyTagsException{Message: aws.String("A resource can have no more than 50 tags.")}
	}
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		if !tagKey.MatchString(k) || !tagValue.MatchString(tags[k]) || strings.HasPrefix(strings.ToLower(k), "aws:") {
			return invalid("The tag %s=%s is not valid", k, tags[k])
		}
	}
	return nil
}
