package fakesecretsmanager

import (
	"context"
	"sort"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

const maxTags = 50

// addTags puts tags into the map, unless one of them is not allowed.
// https://docs.aws.amazon.com/secretsmanager/latest/APIReference/API_TagResource.html
func addTags(to map[string]string, tags []types.Tag) error {
	seen := map[string]bool{}
	total := len(to)
	for _, t := range tags {
		key, value := aws.ToString(t.Key), aws.ToString(t.Value)
		switch {
		case key == "" || len(key) > 128 || len(value) > 256:
			return invalidParameter("A tag's key has 1 to 128 characters, its value 0 to 256.")
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return invalidParameter("Tag keys that start with aws: are reserved.")
		case seen[key]:
			return invalidParameter("Duplicate tag key %s.", key)
		}
		seen[key] = true
		if _, ok := to[key]; !ok {
			total++
		}
	}
	if total > maxTags {
		return invalidParameter("A secret can have at most %d tags.", maxTags)
	}
	for _, t := range tags {
		to[*t.Key] = aws.ToString(t.Value)
	}
	return nil
}

func tagList(tags map[string]string) []types.Tag {
	var out []types.Tag
	for key, value := range tags {
		out = append(out, types.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	sort.Slice(out, func(i, j int) bool { return *out[i].Key < *out[j].Key })
	return out
}

// TagResource adds tags and overwrites those with the same key.
func (s *Service) TagResource(ctx context.Context, in *secretsmanager.TagResourceInput, _ ...Options) (*secretsmanager.TagResourceOutput, error) {
	x, err := s.live(ctx, in.SecretId)
	if err != nil {
		return nil, err
	}
	return &secretsmanager.TagResourceOutput{}, addTags(x.Tags, in.Tags)
}

// UntagResource removes tags; keys that are not there are passed over.
func (s *Service) UntagResource(ctx context.Context, in *secretsmanager.UntagResourceInput, _ ...Options) (*secretsmanager.UntagResourceOutput, error) {
	x, err := s.live(ctx, in.SecretId)
	if err != nil {
		return nil, err
	}
	for _, key := range in.TagKeys {
		delete(x.Tags, key)
	}
	return &secretsmanager.UntagResourceOutput{}, nil
}
