package fakeorganizations

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
)

// mostTags is of one object. https://docs.aws.amazon.com/organizations/latest/userguide/orgs_tagging.html
const mostTags = 50

// TagResource adds tags, or gives those that are there new values.
func (s *Service) TagResource(ctx context.Context, in *organizations.TagResourceInput, _ ...opt) (*organizations.TagResourceOutput, error) {
	o, err := s.manage(ctx)
	if err != nil {
		return nil, err
	}
	if err := o.taggable(*in.ResourceId); err != nil {
		return nil, err
	}
	tags := maps.Clone(o.Tags[*in.ResourceId])
	if tags == nil {
		tags = map[string]string{}
	}
	if err := addTags(tags, in.Tags); err != nil {
		return nil, err
	}
	o.Tags[*in.ResourceId] = tags
	return &organizations.TagResourceOutput{}, nil
}

// UntagResource removes tags; those that are not there are no error.
func (s *Service) UntagResource(ctx context.Context, in *organizations.UntagResourceInput, _ ...opt) (*organizations.UntagResourceOutput, error) {
	o, err := s.manage(ctx)
	if err != nil {
		return nil, err
	}
	if err := o.taggable(*in.ResourceId); err != nil {
		return nil, err
	}
	maps.DeleteFunc(o.Tags[*in.ResourceId], func(k, _ string) bool { return slices.Contains(in.TagKeys, k) })
	return &organizations.UntagResourceOutput{}, nil
}

// ListTagsForResource answers the tags of a root, unit, account or policy by key.
func (s *Service) ListTagsForResource(ctx context.Context, in *organizations.ListTagsForResourceInput, _ ...opt) (*organizations.ListTagsForResourceOutput, error) {
	o, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	if err := o.taggable(*in.ResourceId); err != nil {
		return nil, err
	}
	found := []types.Tag{}
	for _, k := range slices.Sorted(maps.Keys(o.Tags[*in.ResourceId])) {
		found = append(found, types.Tag{Key: aws.String(k), Value: aws.String(o.Tags[*in.ResourceId][k])})
	}
	some, next, err := page(ctx, found, in.NextToken, nil)
	return &organizations.ListTagsForResourceOutput{Tags: some, NextToken: next}, err
}

func (o *organization) taggable(id string) error {
	if p := o.Policies[id]; p != nil && !p.Managed {
		return nil
	}
	return o.isTarget(id)
}

func addTags(to map[string]string, tags []types.Tag) error {
	seen := map[string]bool{}
	for _, t := range tags {
		key, value := aws.ToString(t.Key), aws.ToString(t.Value)
		switch {
		case key == "" || utf8.RuneCountInString(key) > 128 || utf8.RuneCountInString(value) > 256:
			return invalid(types.InvalidInputExceptionReasonMaxLengthExceeded, "A tag's key has 1 to 128 characters, its value 0 to 256.")
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return invalid(types.InvalidInputExceptionReasonInvalidSystemTagsParameter, "You can't use a tag key that begins with aws:.")
		case seen[key]:
			return invalid(types.InvalidInputExceptionReasonDuplicateTagKey, "Tag keys must be unique.")
		}
		seen[key] = true
		to[key] = value
	}
	if len(to) > mostTags {
		return constraint(types.ConstraintViolationExceptionReasonMaxTagLimitExceeded, "You have exceeded the number of tags allowed on this resource.")
	}
	return nil
}
