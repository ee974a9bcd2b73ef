package fakenetworkfirewall

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall/types"
)

func (r *region) tagsOf(ctx context.Context, arn *string) (*map[string]string, error) {
	if g, err := lookup(ctx, r.Groups, groupKind, arn, nil); err == nil {
		return &g.Tags, nil
	}
	if p, err := lookup(ctx, r.Policies, policyKind, arn, nil); err == nil {
		return &p.Tags, nil
	}
	f, err := r.firewall(ctx, arn, nil)
	if err != nil {
		return nil, err
	}
	return &f.Tags, nil
}

// TagResource adds tags, or gives those that are there new values.
func (s *Service) TagResource(ctx context.Context, in *networkfirewall.TagResourceInput, _ ...opt) (*networkfirewall.TagResourceOutput, error) {
	have, err := s.regions.In(ctx).tagsOf(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	all, err := mergeTags(*have, in.Tags)
	if err != nil {
		return nil, err
	}
	*have = all
	return &networkfirewall.TagResourceOutput{}, nil
}

// UntagResource removes tags; those that are not there are no error.
func (s *Service) UntagResource(ctx context.Context, in *networkfirewall.UntagResourceInput, _ ...opt) (*networkfirewall.UntagResourceOutput, error) {
	have, err := s.regions.In(ctx).tagsOf(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(*have, func(k, _ string) bool { return slices.Contains(in.TagKeys, k) })
	return &networkfirewall.UntagResourceOutput{}, nil
}

// ListTagsForResource answers the tags of an object.
func (s *Service) ListTagsForResource(ctx context.Context, in *networkfirewall.ListTagsForResourceInput, _ ...opt) (*networkfirewall.ListTagsForResourceOutput, error) {
	have, err := s.regions.In(ctx).tagsOf(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	some, next, err := page(ctx, tagList(*have), in.NextToken, in.MaxResults)
	return &networkfirewall.ListTagsForResourceOutput{Tags: some, NextToken: next}, err
}

func tagList(tags map[string]string) []types.Tag {
	out := []types.Tag{}
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(tags[k])})
	}
	return out
}

// mergeTags takes up to 50 tags. https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_Tag.html
func mergeTags(have map[string]string, add []types.Tag) (map[string]string, error) {
	out := map[string]string{}
	maps.Copy(out, have)
	for _, t := range add {
		k, v := aws.ToString(t.Key), aws.ToString(t.Value)
		if k == "" || utf8.RuneCountInString(k) > 128 || utf8.RuneCountInString(v) > 256 || strings.HasPrefix(strings.ToLower(k), "aws:") {
			return nil, invalid("the tag %s is not valid", k)
		}
		out[k] = v
	}
	if len(out) > 50 {
		return nil, invalid("an object may have 50 tags")
	}
	return out, nil
}
