package containment

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

var truceKeys = []string{ztcore.TagCase, ztcore.TagCaseOwner, ztcore.TagCaseReview}

// truce are the tags on an object of EC2 that say which case holds it.
var truce = truceOn("truce", func(ctx context.Context, cfg aws.Config, resource string) (map[string]string, error) {
	out, err := ec2.NewFromConfig(cfg).DescribeTags(ctx, &ec2.DescribeTagsInput{Filters: []types.Filter{filter("resource-id", resource), filter("key", truceKeys...)}})
	if err != nil {
		return nil, err
	}
	tags := map[string]string{}
	for _, t := range out.Tags {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return tags, nil
}, func(ctx context.Context, cfg aws.Config, resource string, tags map[string]string) error {
	_, err := ec2.NewFromConfig(cfg).CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{resource}, Tags: ec2Tags(tags)})
	return err
}, func(ctx context.Context, cfg aws.Config, resource string, keys []string) error {
	var tags []types.Tag
	for _, k := range keys {
		tags = append(tags, types.Tag{Key: aws.String(k)})
	}
	_, err := ec2.NewFromConfig(cfg).DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: []string{resource}, Tags: tags})
	return err
})

// roleTruce and userTruce are the same on a role and on a user, by name.
var (
	roleTruce = truceOn("truce on a role", func(ctx context.Context, cfg aws.Config, role string) (map[string]string, error) {
		in := &iam.ListRoleTagsInput{RoleName: &role}
		tags := map[string]string{}
		for {
			page, err := iam.NewFromConfig(cfg).ListRoleTags(ctx, in)
			if err != nil {
				return nil, err
			}
			addTags(tags, page.Tags)
			if !page.IsTruncated {
				return tags, nil
			}
			in.Marker = page.Marker
		}
	}, func(ctx context.Context, cfg aws.Config, role string, tags map[string]string) error {
		_, err := iam.NewFromConfig(cfg).TagRole(ctx, &iam.TagRoleInput{RoleName: &role, Tags: iamTags(tags)})
		return err
	}, func(ctx context.Context, cfg aws.Config, role string, keys []string) error {
		_, err := iam.NewFromConfig(cfg).UntagRole(ctx, &iam.UntagRoleInput{RoleName: &role, TagKeys: keys})
		return err
	})
	userTruce = truceOn("truce on a user", func(ctx context.Context, cfg aws.Config, user string) (map[string]string, error) {
		in := &iam.ListUserTagsInput{UserName: &user}
		tags := map[string]string{}
		for {
			page, err := iam.NewFromConfig(cfg).ListUserTags(ctx, in)
			if err != nil {
				return nil, err
			}
			addTags(tags, page.Tags)
			if !page.IsTruncated {
				return tags, nil
			}
			in.Marker = page.Marker
		}
	}, func(ctx context.Context, cfg aws.Config, user string, tags map[string]string) error {
		_, err := iam.NewFromConfig(cfg).TagUser(ctx, &iam.TagUserInput{UserName: &user, Tags: iamTags(tags)})
		return err
	}, func(ctx context.Context, cfg aws.Config, user string, keys []string) error {
		_, err := iam.NewFromConfig(cfg).UntagUser(ctx, &iam.UntagUserInput{UserName: &user, TagKeys: keys})
		return err
	})
)

// truceOn is a setting of the three tags; other tags are none of its business.
func truceOn(name string, read func(context.Context, aws.Config, string) (map[string]string, error), put func(context.Context, aws.Config, string, map[string]string) error, remove func(context.Context, aws.Config, string, []string) error) *setting {
	return stateOf(setting{name: name}, func(ctx context.Context, cfg aws.Config, target string) (map[string]string, error) {
		tags, err := read(ctx, cfg, target)
		maps.DeleteFunc(tags, func(k, _ string) bool { return !slices.Contains(truceKeys, k) })
		if tags == nil {
			tags = map[string]string{}
		}
		return tags, err
	}, func(ctx context.Context, cfg aws.Config, target string, have, want map[string]string) error {
		if len(want) > 0 {
			if err := put(ctx, cfg, target, want); err != nil {
				return err
			}
		}
		var gone []string
		for _, k := range sortedKeys(have) {
			if _, kept := want[k]; !kept {
				gone = append(gone, k)
			}
		}
		if len(gone) == 0 {
			return nil
		}
		return remove(ctx, cfg, target, gone)
	})
}

// isTruce tells the settings that go last when a case is closed.
func isTruce(name string) bool { return strings.HasPrefix(name, truce.name) }

func addTags(to map[string]string, tags []iamtypes.Tag) {
	for _, t := range tags {
		to[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
}

func iamTags(tags map[string]string) []iamtypes.Tag {
	var out []iamtypes.Tag
	for _, k := range sortedKeys(tags) {
		out = append(out, iamtypes.Tag{Key: aws.String(k), Value: aws.String(tags[k])})
	}
	return out
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
