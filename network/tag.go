package network

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

const nameTag = "Name" // the tag that the console shows as an object's name

// named adds the tag Name, unless the tags have it.
func named(name string, tags map[string]string) map[string]string {
	out := map[string]string{nameTag: name}
	maps.Copy(out, tags)
	return out
}

func tagList(tags map[string]string) []types.Tag {
	var out []types.Tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(tags[k])})
	}
	return out
}

func tagMap(tags []types.Tag) map[string]string {
	out := map[string]string{}
	for _, t := range tags {
		out[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return out
}

// tagged are the tags with which an object is made, so that it is never there without them.
func tagged(what types.ResourceType, tags map[string]string) []types.TagSpecification {
	return []types.TagSpecification{{ResourceType: what, Tags: tagList(tags)}}
}

// setTags adds and overwrites tags. Others' tags stay.
func setTags(ctx context.Context, sc *ztcore.Scope, id string, tags map[string]string) error {
	_, err := ec2.NewFromConfig(sc.Config).CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{id}, Tags: tagList(tags)})
	return err
}
