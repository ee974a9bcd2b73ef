package webacl

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// tagsOf lists the tags of an object; nil if it is gone.
func tagsOf(ctx context.Context, sc *ztcore.Scope, arn string) (map[string]string, error) {
	client, in, out := wafv2.NewFromConfig(sc.Config), &wafv2.ListTagsForResourceInput{ResourceARN: &arn}, map[string]string{}
	for {
		page, err := client.ListTagsForResource(ctx, in)
		if err != nil {
			return nil, unlessAbsent(err)
		}
		if page.TagInfoForResource != nil {
			for _, t := range page.TagInfoForResource.TagList {
				out[aws.ToString(t.Key)] = aws.ToString(t.Value)
			}
		}
		if in.NextMarker = page.NextMarker; aws.ToString(in.NextMarker) == "" {
			return out, nil
		}
	}
}

func setTags(ctx context.Context, sc *ztcore.Scope, arn string, tags map[string]string) error {
	_, err := wafv2.NewFromConfig(sc.Config).TagResource(ctx, &wafv2.TagResourceInput{ResourceARN: &arn, Tags: tagList(tags)})
	return err
}

func tagList(tags map[string]string) []types.Tag {
	var out []types.Tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(tags[k])})
	}
	return out
}
