package fakeaccessanalyzer

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/service/accessanalyzer"
)

// https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html
const (
	mostTags     = 50
	longestKey   = 128
	longestValue = 256
)

// TagResource adds tags to an analyzer, or gives those that are there new values.
func (s *Service) TagResource(ctx context.Context, in *accessanalyzer.TagResourceInput, _ ...opt) (*accessanalyzer.TagResourceOutput, error) {
	a, err := s.regions.In(ctx).byARN(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(a.Tags)
	maps.Copy(all, in.Tags)
	if err := checkTags(all); err != nil {
		return nil, err
	}
	a.Tags = all
	return &accessanalyzer.TagResourceOutput{}, nil
}

// UntagResource removes tags; those that are not there are no error.
func (s *Service) UntagResource(ctx context.Context, in *accessanalyzer.UntagResourceInput, _ ...opt) (*accessanalyzer.UntagResourceOutput, error) {
	a, err := s.regions.In(ctx).byARN(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(a.Tags, func(k, _ string) bool { return slices.Contains(in.TagKeys, k) })
	return &accessanalyzer.UntagResourceOutput{}, nil
}

// ListTagsForResource answers an analyzer's tags.
func (s *Service) ListTagsForResource(ctx context.Context, in *accessanalyzer.ListTagsForResourceInput, _ ...opt) (*accessanalyzer.ListTagsForResourceOutput, error) {
	a, err := s.regions.In(ctx).byARN(in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &accessanalyzer.ListTagsForResourceOutput{Tags: maps.Clone(a.Tags)}, nil
}

func checkTags(tags map[string]string) error {
	if len(tags) > mostTags {
		return invalid("tags", "may be 50 at most")
	}
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		switch {
		case k == "" || utf8.RuneCountInString(k) > longestKey || utf8.RuneCountInString(tags[k]) > longestValue:
			return invalid("tags", "must have keys of 1 to 128 characters and values of up to 256: "+k)
		case strings.HasPrefix(strings.ToLower(k), "aws:"):
			return invalid("tags", "must not begin with aws: "+k)
		}
	}
	return nil
}
