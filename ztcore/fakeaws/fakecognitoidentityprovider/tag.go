package fakecognitoidentityprovider

import (
	"context"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

const maxTags = 50

// checkTags looks at tags that are to be added to those there are.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_TagResource.html
func checkTags(have, add map[string]string) error {
	all := maps.Clone(have)
	for k, v := range add {
		if k == "" || len(k) > 128 || len(v) > 256 {
			return &types.UserPoolTaggingException{Message: aws.String("A tag's key has 1 to 128 characters, its value 0 to 256.")}
		}
		if strings.HasPrefix(strings.ToLower(k), "aws:") {
			return &types.UserPoolTaggingException{Message: aws.String("aws: prefixed tag key names are not allowed for external use.")}
		}
		all[k] = v
	}
	if len(all) > maxTags {
		return &types.UserPoolTaggingException{Message: aws.String("A user pool has at most 50 tags.")}
	}
	return nil
}

func (s *Service) byARN(ctx context.Context, arn *string) (*Pool, error) {
	a := aws.ToString(arn)
	p := s.store.In(ctx).Pools[a[strings.LastIndex(a, "/")+1:]]
	if p == nil || *p.About.Arn != a {
		return nil, notFound("User pool %s does not exist.", a)
	}
	return p, nil
}

// TagResource adds tags to a pool and overwrites those with the same key.
func (s *Service) TagResource(ctx context.Context, in *cognitoidentityprovider.TagResourceInput, _ ...Options) (*cognitoidentityprovider.TagResourceOutput, error) {
	p, err := s.byARN(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	if err := checkTags(p.About.UserPoolTags, in.Tags); err != nil {
		return nil, err
	}
	maps.Copy(p.About.UserPoolTags, in.Tags)
	return &cognitoidentityprovider.TagResourceOutput{}, nil
}

// UntagResource removes tags; keys that are not there are passed over.
func (s *Service) UntagResource(ctx context.Context, in *cognitoidentityprovider.UntagResourceInput, _ ...Options) (*cognitoidentityprovider.UntagResourceOutput, error) {
	p, err := s.byARN(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	for _, k := range in.TagKeys {
		delete(p.About.UserPoolTags, k)
	}
	return &cognitoidentityprovider.UntagResourceOutput{}, nil
}

// ListTagsForResource answers a pool's tags.
func (s *Service) ListTagsForResource(ctx context.Context, in *cognitoidentityprovider.ListTagsForResourceInput, _ ...Options) (*cognitoidentityprovider.ListTagsForResourceOutput, error) {
	p, err := s.byARN(ctx, in.ResourceArn)
	if err != nil {
		return nil, err
	}
	return &cognitoidentityprovider.ListTagsForResourceOutput{Tags: maps.Clone(p.About.UserPoolTags)}, nil
}
