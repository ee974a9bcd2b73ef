package fakeec2

import (
	"context"
	"maps"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// maxTags is how many tags a resource can have ("Tag restrictions", EC2 User Guide).
const maxTags = 50

// tagsOn is an object's tags as EC2 answers them, sorted by key.
func (r *region) tagsOn(id string) []types.Tag {
	var out []types.Tag
	for _, k := range slices.Sorted(maps.Keys(r.Tags[id])) {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(r.Tags[id][k])})
	}
	return out
}

// tag puts tags on an object.
func (r *region) tag(id string, tags map[string]string) {
	if len(tags) == 0 {
		return
	}
	if r.Tags[id] == nil {
		r.Tags[id] = map[string]string{}
	}
	maps.Copy(r.Tags[id], tags)
}

// specified checks the tags that come with the creation of a resource.
func specified(specs []types.TagSpecification, resource types.ResourceType) (map[string]string, error) {
	all := map[string]string{}
	for _, spec := range specs {
		if spec.ResourceType == "" {
			return nil, invalidParameter("Tag specification resource type must have a value")
		}
		if spec.ResourceType != resource {
			return nil, invalidParameter("'%s' is not a valid taggable resource type for this operation.", spec.ResourceType)
		}
		if len(spec.Tags) == 0 {
			return nil, invalidParameter("Tag specification must have at least one tag")
		}
		tags, err := checked(spec.Tags)
		if err != nil {
			return nil, err
		}
		for k, v := range tags {
			if _, twice := all[k]; twice {
				return nil, invalidParameter("Duplicate tag key '%s' specified.", k)
			}
			all[k] = v
		}
	}
	if len(all) > maxTags {
		return nil, fakeaws.Error("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
	}
	return all, nil
}

// checked refuses tags that break the "Tag restrictions": keys of 1 to 127 characters, values of up to 255 (Tag, EC2 API reference),
// no key twice, none with the prefix that is AWS's own.
func checked(tags []types.Tag) (map[string]string, error) {
	out := map[string]string{}
	for _, t := range tags {
		key, value := aws.ToString(t.Key), aws.ToString(t.Value)
		switch {
		case key == "":
			return nil, invalidParameter("Tag key cannot be null or empty.")
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return nil, invalidParameter("Value ( %s ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use", key)
		case utf8.RuneCountInString(key) > 127:
			return nil, invalidParameter("Tag key exceeds the maximum length of 127 characters")
		case utf8.RuneCountInString(value) > 255:
			return nil, invalidParameter("Tag value exceeds the maximum length of 255 characters")
		}
		if _, twice := out[key]; twice {
			return nil, invalidParameter("Duplicate tag key '%s' specified.", key)
		}
		out[key] = value
	}
	return out, nil
}

// taggable refuses ids of nothing.
func (r *region) taggable(ids []string) error {
	if len(ids) > 1000 {
		return invalidParameter("The maximum number of resources that can be tagged in a single call is 1000")
	}
	for _, id := range ids {
		k, ok := r.exists(id)
		switch {
		case ok:
		case k.prefix == "" || k.check(id) != nil:
			return fakeaws.Error("InvalidID", "The ID '%s' is not valid", id)
		default:
			return k.missing(id)
		}
	}
	return nil
}

// CreateTags adds tags to resources of any type, or overwrites them. It changes nothing if it refuses one of them.
func (s *Service) CreateTags(ctx context.Context, in *ec2.CreateTagsInput, _ ...func(*ec2.Options)) (*ec2.CreateTagsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	tags, err := checked(in.Tags)
	if err != nil {
		return nil, err
	}
	if err := r.taggable(in.Resources); err != nil {
		return nil, err
	}
	for _, id := range in.Resources {
		after := maps.Clone(tags)
		maps.Copy(after, r.Tags[id])
		if len(after) > maxTags {
			return nil, fakeaws.Error("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
		}
	}
	for _, id := range in.Resources {
		r.tag(id, tags)
	}
	return &ec2.CreateTagsOutput{}, nil
}

// DeleteTags removes tags: those with the given key and, where one is given, the given value; without any, all.
func (s *Service) DeleteTags(ctx context.Context, in *ec2.DeleteTagsInput, _ ...func(*ec2.Options)) (*ec2.DeleteTagsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	if _, err := checked(in.Tags); err != nil {
		return nil, err
	}
	if err := r.taggable(in.Resources); err != nil {
		return nil, err
	}
	for _, id := range in.Resources {
		if len(in.Tags) == 0 {
			delete(r.Tags, id)
		}
		for _, t := range in.Tags {
			if value, ok := r.Tags[id][*t.Key]; ok && (t.Value == nil || *t.Value == value) {
				delete(r.Tags[id], *t.Key)
			}
		}
	}
	return &ec2.DeleteTagsOutput{}, nil
}

type tagged struct{ resource, key, value string }

// DescribeTags answers tags sorted by resource and key.
func (s *Service) DescribeTags(ctx context.Context, in *ec2.DescribeTagsInput, _ ...func(*ec2.Options)) (*ec2.DescribeTagsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	q := query[tagged]{columns: columns[tagged]{
		"key":           one(func(t *tagged) string { return t.key }),
		"value":         func(_ *region, t *tagged) []string { return []string{t.value} },
		"resource-id":   one(func(t *tagged) string { return t.resource }),
		"resource-type": one(func(t *tagged) string { return string(kindOf(t.resource).resource) }),
	}}
	for _, f := range in.Filters {
		if key, ok := strings.CutPrefix(aws.ToString(f.Name), "tag:"); ok {
			q.columns[*f.Name] = func(_ *region, t *tagged) []string {
				if t.key == key {
					return []string{t.value}
				}
				return nil
			}
		}
	}
	conditions, err := compile(r, q, in.Filters)
	if err != nil {
		return nil, err
	}
	var found []tagged
	for id, tags := range r.Tags {
		for k, v := range tags {
			if t := (tagged{id, k, v}); conditions.hold(r, &t) {
				found = append(found, t)
			}
		}
	}
	sort.Slice(found, func(i, j int) bool {
		return found[i].resource < found[j].resource || found[i].resource == found[j].resource && found[i].key < found[j].key
	})
	found, next, err := page(ctx, found, in.NextToken, in.MaxResults)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeTagsOutput{NextToken: next}
	for _, t := range found {
		out.Tags = append(out.Tags, types.TagDescription{
			ResourceId: aws.String(t.resource), ResourceType: kindOf(t.resource).resource, Key: aws.String(t.key), Value: aws.String(t.value),
		})
	}
	return out, nil
}
