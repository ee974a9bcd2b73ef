package edge

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// nameTag is by what people know the objects of EC2.
const nameTag = "Name"

func named(name string, tags map[string]string) map[string]string {
	out := map[string]string{nameTag: name}
	maps.Copy(out, tags)
	return out
}

func tagMap(tags []types.Tag) map[string]string {
	out := map[string]string{}
	for _, t := range tags {
		out[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return out
}

func tagList(tags map[string]string) []types.Tag {
	var out []types.Tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(tags[k])})
	}
	return out
}

func tagged(what types.ResourceType, tags map[string]string) []types.TagSpecification {
	return []types.TagSpecification{{ResourceType: what, Tags: tagList(tags)}}
}

func setTags(ctx context.Context, sc *ztcore.Scope, id string, tags map[string]string) error {
	_, err := ec2.NewFromConfig(sc.Config).CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{id}, Tags: tagList(tags)})
	return err
}

// unless makes nil of a refusal with one of the codes: EC2's errors have no types.
func unless(err error, codes ...string) error {
	var api smithy.APIError
	if errors.As(err, &api) && slices.Contains(codes, api.ErrorCode()) {
		return nil
	}
	return err
}

// inUse is the answer for some time after whatever used an object is gone.
var inUse = []ztcore.Retry{{Code: "IncorrectState", For: 5 * time.Minute}, {Code: "DependencyViolation", For: 5 * time.Minute}}

const (
	pollFor = 15 * time.Minute // a VPN connection takes some
)

func poll(ctx context.Context, what string, done func() (bool, error)) error {
	return ztcore.Await(ctx, what, pollFor, done)
}
