package endpoint

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// tagsOf lists the tags of an object; nil if it is gone, or not known everywhere yet.
func tagsOf(ctx context.Context, sc *ztcore.Scope, kind types.ResourceTypeForTagging, id string) (map[string]string, error) {
	out, err := ssm.NewFromConfig(sc.Config).ListTagsForResource(ctx, &ssm.ListTagsForResourceInput{ResourceType: kind, ResourceId: &id})
	if err != nil {
		return nil, unlessGone(err)
	}
	return tagMap(out.TagList), nil
}

func tagMap(list []types.Tag) map[string]string {
	tags := map[string]string{}
	for _, t := range list {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return tags
}

// setTags adds and overwrites tags. Others' tags stay.
func setTags(ctx context.Context, sc *ztcore.Scope, kind types.ResourceTypeForTagging, id string, tags map[string]string) error {
	_, err := ssm.NewFromConfig(sc.Config).AddTagsToResource(ctx, &ssm.AddTagsToResourceInput{ResourceType: kind, ResourceId: &id, Tags: tagList(tags)})
	return err
}

func tagList(tags map[string]string) []types.Tag {
	var out []types.Tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(tags[k])})
	}
	return out
}

// present leaves out what was not found.
func present[S any](found []*S) []S {
	var out []S
	for _, f := range found {
		if f != nil {
			out = append(out, *f)
		}
	}
	return out
}

// nonNil makes "none" of what was left out, since nil means that it is not managed.
func nonNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

func unlessEmpty(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
