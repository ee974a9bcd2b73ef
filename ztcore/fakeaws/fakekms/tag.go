package fakekms

import (
	"context"
	"sort"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

const maxTags = 50

// addTags puts tags into the map, unless one of them is not allowed. https://docs.aws.amazon.com/kms/latest/APIReference/API_Tag.html
func addTags(to map[string]string, tags []types.Tag) error {
	seen := map[string]bool{}
	total := len(to)
	for _, t := range tags {
		key, value := aws.ToString(t.TagKey), aws.ToString(t.TagValue)
		switch {
		case key == "" || len(key) > 128 || len(value) > 256:
			return invalid("1 validation error detected: a tag's key has 1 to 128 characters, its value 0 to 256")
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return &types.TagException{Message: aws.String("Tags beginning with aws: are reserved")}
		case seen[key]:
			return &types.TagException{Message: aws.String("Duplicate tag keys")}
		}
		seen[key] = true
		if _, ok := to[key]; !ok {
			total++
		}
	}
	if total > maxTags {
		return &types.LimitExceededException{Message: aws.String("Too many tags")}
	}
	for _, t := range tags {
		to[*t.TagKey] = aws.ToString(t.TagValue)
	}
	return nil
}

// TagResource adds tags and overwrites those with the same key.
func (s *Service) TagResource(ctx context.Context, in *kms.TagResourceInput, _ ...Options) (*kms.TagResourceOutput, error) {
	k, err := s.manage(ctx, in.KeyId, "TagResource")
	if err != nil {
		return nil, err
	}
	if err := k.changeable(); err != nil {
		return nil, err
	}
	return &kms.TagResourceOutput{}, addTags(k.Tags, in.Tags)
}

// UntagResource removes tags; keys that are not there are passed over.
func (s *Service) UntagResource(ctx context.Context, in *kms.UntagResourceInput, _ ...Options) (*kms.UntagResourceOutput, error) {
	k, err := s.manage(ctx, in.KeyId, "UntagResource")
	if err != nil {
		return nil, err
	}
	if err := k.changeable(); err != nil {
		return nil, err
	}
	for _, key := range in.TagKeys {
		delete(k.Tags, key)
	}
	return &kms.UntagResourceOutput{}, nil
}

// ListResourceTags lists tags by key.
func (s *Service) ListResourceTags(ctx context.Context, in *kms.ListResourceTagsInput, _ ...Options) (*kms.ListResourceTagsOutput, error) {
	k, err := s.inspect(ctx, in.KeyId, "ListResourceTags")
	if err != nil {
		return nil, err
	}
	limit, err := pageSize(in.Limit, 50, 50)
	if err != nil {
		return nil, err
	}
	all := make([]types.Tag, 0, len(k.Tags))
	for key, value := range k.Tags {
		all = append(all, types.Tag{TagKey: aws.String(key), TagValue: aws.String(value)})
	}
	sort.Slice(all, func(i, j int) bool { return *all[i].TagKey < *all[j].TagKey })
	page, next, ok := fakeaws.Page(ctx, all, in.Marker, limit, 50)
	if !ok {
		return nil, badMarker()
	}
	return &kms.ListResourceTagsOutput{Tags: page, NextMarker: next, Truncated: next != nil}, nil
}
