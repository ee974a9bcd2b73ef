package iam

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

func toTags(tags map[string]string) []types.Tag {
	var out []types.Tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(tags[k])})
	}
	return out
}

func fromTags(tags []types.Tag) map[string]string {
	out := map[string]string{}
	for _, t := range tags {
		out[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return out
}

// addTags reads what a listing lacks, the tags of each object that was found, and leaves out what is gone by then.
func addTags[S any](
	ctx context.Context, sc *ztcore.Scope, found []*S, tags func(*S) map[string]string,
	page func(ctx context.Context, sc *ztcore.Scope, s *S, marker *string) ([]types.Tag, *string, error),
) ([]S, error) {
	err := ztcore.Each(ctx, len(found), func(ctx context.Context, i int) error {
		err := eachPage(func(marker *string) (*string, error) {
			some, next, err := page(ctx, sc, found[i], marker)
			maps.Copy(tags(found[i]), fromTags(some))
			return next, err
		})
		if absent(err) {
			found[i] = nil
		}
		return unlessAbsent(err)
	})
	return present(found), err
}
