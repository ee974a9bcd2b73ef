package fakessm

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

const mostTags = 50

// tagsOf checks the tags that an object is made with.
func tagsOf(tags []types.Tag) (map[string]string, error) {
	out := map[string]string{}
	return out, addTags(out, tags)
}

// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_AddTagsToResource.html
func addTags(to map[string]string, tags []types.Tag) error {
	all, seen := maps.Clone(to), map[string]bool{}
	for _, t := range tags {
		key, value := aws.ToString(t.Key), aws.ToString(t.Value)
		if err := length("tags.key", key, 1, 128); err != nil {
			return err
		}
		if err := length("tags.value", value, 0, 256); err != nil {
			return err
		}
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return invalid("Tag keys that begin with aws: are reserved for system use: %s", key)
		}
		if seen[key] {
			return invalid("Duplicate tag key found: %s", key)
		}
		seen[key], all[key] = true, value
	}
	if len(all) > mostTags {
		return &types.TooManyTagsError{Message: aws.String("A resource can have at most 50 tags.")}
	}
	maps.Copy(to, all)
	return nil
}

func tagList(tags map[string]string) []types.Tag {
	var out []types.Tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(tags[k])})
	}
	return out
}

// AddTagsToResource adds tags and overwrites those with the same key.
func (s *Service) AddTagsToResource(ctx context.Context, in *ssm.AddTagsToResourceInput, _ ...opt) (*ssm.AddTagsToResourceOutput, error) {
	tags, err := s.tagged(ctx, in.ResourceType, in.ResourceId)
	if err != nil {
		return nil, err
	}
	return &ssm.AddTagsToResourceOutput{}, addTags(tags, in.Tags)
}

// RemoveTagsFromResource removes tags; keys that are not there are passed over.
func (s *Service) RemoveTagsFromResource(ctx context.Context, in *ssm.RemoveTagsFromResourceInput, _ ...opt) (*ssm.RemoveTagsFromResourceOutput, error) {
	tags, err := s.tagged(ctx, in.ResourceType, in.ResourceId)
	if err != nil {
		return nil, err
	}
	maps.DeleteFunc(tags, func(k, _ string) bool { return slices.Contains(in.TagKeys, k) })
	return &ssm.RemoveTagsFromResourceOutput{}, nil
}

// ListTagsForResource answers the tags of an object.
func (s *Service) ListTagsForResource(ctx context.Context, in *ssm.ListTagsForResourceInput, _ ...opt) (*ssm.ListTagsForResourceOutput, error) {
	tags, err := s.tagged(ctx, in.ResourceType, in.ResourceId)
	if err != nil {
		return nil, err
	}
	return &ssm.ListTagsForResourceOutput{TagList: tagList(tags)}, nil
}

// tagged finds the tags of an object by the identifier that its type goes by.
func (s *Service) tagged(ctx context.Context, kind types.ResourceTypeForTagging, ref *string) (map[string]string, error) {
	r, id := s.regions.In(ctx), aws.ToString(ref)
	if !slices.Contains(kind.Values(), kind) {
		return nil, &types.InvalidResourceType{Message: aws.String("The resource type is not valid.")}
	}
	var tags map[string]string
	switch kind {
	case types.ResourceTypeForTaggingDocument:
		if d := r.Documents[strings.TrimPrefix(id, arn(ctx, "document/"))]; d != nil {
			tags = d.Tags
		}
	case types.ResourceTypeForTaggingParameter:
		if p := r.Parameters[id]; p != nil {
			tags = p.Tags
		}
	case types.ResourceTypeForTaggingPatchBaseline:
		if b := r.Baselines[id]; b != nil {
			tags = b.Tags
		}
	case types.ResourceTypeForTaggingAssociation:
		if a := r.Associations[id]; a != nil {
			tags = a.Tags
		}
	case types.ResourceTypeForTaggingAutomation:
		if e := r.Executions[id]; e != nil {
			tags = e.Tags
		}
	default:
		return nil, notFaked(ctx, "ResourceType", string(kind)+" is not faked")
	}
	if tags == nil {
		return nil, &types.InvalidResourceId{Message: aws.String("The resource ID is not valid. Verify that you entered the correct ID and try again.")}
	}
	return tags, nil
}
