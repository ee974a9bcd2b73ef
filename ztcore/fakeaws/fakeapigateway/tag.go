package fakeapigateway

import (
	"context"
	"maps"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

const maxTags = 50

func checkTags(have, add map[string]string) error {
	all := map[string]string{}
	maps.Copy(all, have)
	for k, v := range add {
		if k == "" || len(k) > 128 || len(v) > 256 || strings.HasPrefix(strings.ToLower(k), "aws:") {
			return badRequest("Invalid tag: a key has 1 to 128 characters and does not start with aws:, a value has 0 to 256")
		}
		all[k] = v
	}
	if len(all) > maxTags {
		return badRequest("Number of tags exceeds the limit of %d", maxTags)
	}
	return nil
}

var taggable = regexp.MustCompile(`^arn:aws[a-z-]*:apigateway:([a-z0-9-]+)::/restapis/([a-z0-9]+)(?:/stages/([\w-]+))?$`)

// tags are those of an API or of a stage, by its ARN.
func (s *Service) tags(ctx context.Context, arn *string) (map[string]string, error) {
	m := taggable.FindStringSubmatch(str(arn))
	if m == nil || m[1] != fakeaws.CallFrom(ctx).Region {
		return nil, badRequest("Invalid ARN specified in the request: %s", str(arn))
	}
	if m[3] != "" {
		_, st, err := s.stage(ctx, &m[2], &m[3])
		if err != nil {
			return nil, err
		}
		return st.Tags, nil
	}
	a, err := s.api(ctx, &m[2])
	if err != nil {
		return nil, err
	}
	return a.About.Tags, nil
}

// TagResource adds tags to an API or a stage, and overwrites those with the same key.
func (s *Service) TagResource(ctx context.Context, in *apigateway.TagResourceInput, _ ...Options) (*apigateway.TagResourceOutput, error) {
	tags, err := s.tags(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	if err := checkTags(tags, in.Tags); err != nil {
		return nil, err
	}
	maps.Copy(tags, in.Tags)
	return &apigateway.TagResourceOutput{}, nil
}

// UntagResource removes tags; keys that are not there are passed over.
func (s *Service) UntagResource(ctx context.Context, in *apigateway.UntagResourceInput, _ ...Options) (*apigateway.UntagResourceOutput, error) {
	tags, err := s.tags(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	for _, k := range in.TagKeys {
		delete(tags, k)
	}
	return &apigateway.UntagResourceOutput{}, nil
}

// GetTags answers the tags of an API or a stage, all at once.
func (s *Service) GetTags(ctx context.Context, in *apigateway.GetTagsInput, _ ...Options) (*apigateway.GetTagsOutput, error) {
	tags, err := s.tags(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &apigateway.GetTagsOutput{Tags: maps.Clone(tags)}, nil
}
