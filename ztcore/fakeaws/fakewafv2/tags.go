package fakewafv2

import (
	"context"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"
)

func (r *region) tagsOf(arn *string) (*map[string]string, error) {
	if a := r.aclByARN(arn); a != nil {
		return &a.Tags, nil
	}
	if set := r.ipSetByARN(arn); set != nil {
		return &set.Tags, nil
	}
	return nil, nonexistent()
}

// TagResource adds tags, or gives those that are there new values.
func (s *Service) TagResource(ctx context.Context, in *wafv2.TagResourceInput, _ ...opt) (*wafv2.TagResourceOutput, error) {
	have, err := s.regions.In(ctx).tagsOf(in.ResourceARN)
	if err != nil {
		return nil, err
	}
	all, err := mergeTags(*have, in.Tags)
	if err != nil {
		return nil, err
	}
	*have = all
	return &wafv2.TagResourceOutput{}, nil
}

// UntagResource removes tags; those that are not there are no error.
func (s *Service) UntagResource(ctx context.Context, in *wafv2.UntagResourceInput, _ ...opt) (*wafv2.UntagResourceOutput, error) {
	have, err := s.regions.In(ctx).tagsOf(in.ResourceARN)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(*have, func(k, _ string) bool { return slices.Contains(in.TagKeys, k) })
	return &wafv2.UntagResourceOutput{}, nil
}

// ListTagsForResource answers the tags of a web ACL or an IP set.
func (s *Service) ListTagsForResource(ctx context.Context, in *wafv2.ListTagsForResourceInput, _ ...opt) (*wafv2.ListTagsForResourceOutput, error) {
	have, err := s.regions.In(ctx).tagsOf(in.ResourceARN)
	if err != nil {
		return nil, err
	}
	all := []types.Tag{}
	for _, k := range slices.Sorted(maps.Keys(*have)) {
		all = append(all, types.Tag{Key: aws.String(k), Value: aws.String((*have)[k])})
	}
	some, next, err := page(ctx, all, in.NextMarker, in.Limit)
	if err != nil {
		return nil, err
	}
	return &wafv2.ListTagsForResourceOutput{NextMarker: next, TagInfoForResource: &types.TagInfoForResource{ResourceARN: in.ResourceARN, TagList: some}}, nil
}

// mergeTags takes up to 50 tags. https://docs.aws.amazon.com/waf/latest/APIReference/API_Tag.html
func mergeTags(have map[string]string, add []types.Tag) (map[string]string, error) {
	out := map[string]string{}
	maps.Copy(out, have)
	for _, t := range add {
		k, v := aws.ToString(t.Key), aws.ToString(t.Value)
		if k == "" || utf8.RuneCountInString(k) > 128 || utf8.RuneCountInString(v) > 256 || strings.HasPrefix(strings.ToLower(k), "aws:") {
			return nil, invalid(types.ParameterExceptionFieldTags, k, "The tag is not valid.")
		}
		out[k] = v
	}
	if len(out) > 50 {
		return nil, limitExceeded()
	}
	return out, nil
}
