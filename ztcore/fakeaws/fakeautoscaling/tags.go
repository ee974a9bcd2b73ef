package fakeautoscaling

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

const (
	mostTags     = 50
	groupOfScale = "auto-scaling-group"
)

// tag puts a tag on a group.
func (g *Group) tag(t types.Tag) error {
	key := aws.ToString(t.Key)
	switch {
	case key == "" || len(key) > 128:
		return invalid("Tag keys have 1 to 128 characters")
	case strings.HasPrefix(strings.ToLower(key), "aws:"):
		return invalid("Tag keys that start with aws: are reserved")
	case len(aws.ToString(t.Value)) > 256:
		return invalid("Tag values have at most 256 characters")
	}
	made := types.TagDescription{
		Key: t.Key, Value: aws.String(aws.ToString(t.Value)), PropagateAtLaunch: aws.Bool(aws.ToBool(t.PropagateAtLaunch)),
		ResourceId: aws.String(g.Name), ResourceType: aws.String(groupOfScale),
	}
	if i := slices.IndexFunc(g.Tags, func(o types.TagDescription) bool { return *o.Key == key }); i >= 0 {
		g.Tags[i] = made
		return nil
	}
	if len(g.Tags) >= mostTags {
		return &types.LimitExceededFault{Message: aws.String("A group has at most 50 tags")}
	}
	g.Tags = append(g.Tags, made)
	slices.SortFunc(g.Tags, func(a, b types.TagDescription) int { return strings.Compare(*a.Key, *b.Key) })
	return nil
}

func (s *State) tagged(t types.Tag) (*Group, error) {
	if kind := aws.ToString(t.ResourceType); kind != groupOfScale {
		return nil, invalid("Invalid resource type '%s'", kind)
	}
	return s.group(t.ResourceId)
}

// CreateOrUpdateTags tags groups. Instances that run already keep their tags.
func (s *Service) CreateOrUpdateTags(ctx context.Context, in *autoscaling.CreateOrUpdateTagsInput, _ ...Options) (*autoscaling.CreateOrUpdateTagsOutput, error) {
	r := s.store.In(ctx)
	for _, t := range in.Tags {
		if _, err := r.tagged(t); err != nil {
			return nil, err
		}
	}
	for _, t := range in.Tags {
		g, _ := r.tagged(t)
		if err := g.tag(t); err != nil {
			return nil, err
		}
	}
	return &autoscaling.CreateOrUpdateTagsOutput{}, nil
}

// DeleteTags takes tags off groups.
func (s *Service) DeleteTags(ctx context.Context, in *autoscaling.DeleteTagsInput, _ ...Options) (*autoscaling.DeleteTagsOutput, error) {
	r := s.store.In(ctx)
	for _, t := range in.Tags {
		g, err := r.tagged(t)
		if err != nil {
			return nil, err
		}
		g.Tags = slices.DeleteFunc(g.Tags, func(o types.TagDescription) bool { return *o.Key == aws.ToString(t.Key) })
	}
	return &autoscaling.DeleteTagsOutput{}, nil
}

// DescribeTags answers the tags of all groups, by the filters auto-scaling-group, key, value and propagate-at-launch.
func (s *Service) DescribeTags(ctx context.Context, in *autoscaling.DescribeTagsInput, _ ...Options) (*autoscaling.DescribeTagsOutput, error) {
	var found []types.TagDescription
	for _, g := range s.store.In(ctx).Groups {
		for _, t := range g.Tags {
			holds := true
			for _, f := range in.Filters {
				var value string
				switch aws.ToString(f.Name) {
				case groupOfScale:
					value = g.Name
				case "key":
					value = *t.Key
				case "value":
					value = *t.Value
				case "propagate-at-launch":
					value = map[bool]string{true: "true", false: "false"}[*t.PropagateAtLaunch]
				default:
					return nil, invalid("Invalid filter '%s'", aws.ToString(f.Name))
				}
				holds = holds && slices.Contains(f.Values, value)
			}
			if holds {
				found = append(found, t)
			}
		}
	}
	found, next, ok := fakeaws.Page(ctx, found, in.NextToken, in.MaxRecords, 100)
	if !ok {
		return nil, &types.InvalidNextToken{Message: aws.String("The token is not valid")}
	}
	return &autoscaling.DescribeTagsOutput{Tags: found, NextToken: next}, nil
}

// launchTags are the tags of an instance that the group launches.
func (g *Group) launchTags() map[string]string {
	out := map[string]string{"aws:autoscaling:groupName": g.Name}
	for _, t := range g.Tags {
		if *t.PropagateAtLaunch {
			out[*t.Key] = *t.Value
		}
	}
	return out
}
