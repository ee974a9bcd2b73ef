package fakecloudtrail

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
)

const (
	mostTags     = 50
	mostTagLists = 20 // trails in one ListTags
)

// tagged finds a trail for tagging, by its ARN alone.
func (s *Service) tagged(ctx context.Context, arn *string) (*Trail, error) {
	if !strings.HasPrefix(aws.ToString(arn), "arn:") {
		return nil, &types.CloudTrailARNInvalidException{Message: aws.String("Invalid ARN: " + aws.ToString(arn))}
	}
	t, err := s.find(ctx, arn, false)
	if missing := new(types.TrailNotFoundException); errors.As(err, &missing) {
		return nil, &types.ResourceNotFoundException{Message: aws.String("The specified trail was not found: " + *arn)}
	}
	return t, err
}

// AddTags adds tags to a trail, or gives those that are there new values.
func (s *Service) AddTags(ctx context.Context, in *cloudtrail.AddTagsInput, _ ...Options) (*cloudtrail.AddTagsOutput, error) {
	t, err := s.tagged(ctx, in.ResourceId)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(t.Tags)
	for _, tag := range in.TagsList {
		all[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	if err := checkTags(all); err != nil {
		return nil, err
	}
	t.Tags = all
	return &cloudtrail.AddTagsOutput{}, nil
}

// RemoveTags removes tags; those that are not there are no error.
func (s *Service) RemoveTags(ctx context.Context, in *cloudtrail.RemoveTagsInput, _ ...Options) (*cloudtrail.RemoveTagsOutput, error) {
	t, err := s.tagged(ctx, in.ResourceId)
	if err != nil {
		return nil, err
	}
	for _, tag := range in.TagsList {
		delete(t.Tags, aws.ToString(tag.Key))
	}
	return &cloudtrail.RemoveTagsOutput{}, nil
}

// ListTags answers the tags of up to 20 trails.
func (s *Service) ListTags(ctx context.Context, in *cloudtrail.ListTagsInput, _ ...Options) (*cloudtrail.ListTagsOutput, error) {
	if n := len(in.ResourceIdList); n < 1 || n > mostTagLists {
		return nil, &types.InvalidParameterException{Message: aws.String("ResourceIdList takes 1 to 20 ARNs")}
	}
	if aws.ToString(in.NextToken) != "" {
		return nil, &types.InvalidTokenException{Message: aws.String("The token is not valid")}
	}
	out := &cloudtrail.ListTagsOutput{}
	for _, arn := range in.ResourceIdList {
		t, err := s.tagged(ctx, &arn)
		if err != nil {
			return nil, err
		}
		list := types.ResourceTag{ResourceId: aws.String(arn), TagsList: []types.Tag{}}
		for _, k := range slices.Sorted(maps.Keys(t.Tags)) {
			list.TagsList = append(list.TagsList, types.Tag{Key: aws.String(k), Value: aws.String(t.Tags[k])})
		}
		out.ResourceTagList = append(out.ResourceTagList, list)
	}
	return out, nil
}

func checkTags(tags map[string]string) error {
	if len(tags) > mostTags {
		return &types.TagsLimitExceededException{Message: aws.String("A trail can have up to 50 tags.")}
	}
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		if k == "" || len(k) > 128 || len(tags[k]) > 256 || strings.HasPrefix(strings.ToLower(k), "aws:") {
			return &types.InvalidTagParameterException{Message: aws.String("The tag " + k + " is not valid")}
		}
	}
	return nil
}
