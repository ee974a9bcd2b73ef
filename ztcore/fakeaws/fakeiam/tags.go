package fakeiam

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_tags.html
const (
	mostTags     = 50
	longestKey   = 128
	longestValue = 256
)

func (s *Service) installTags(c *fakeaws.Cloud) {
	fakeaws.On(c, s.TagUser, "UserName", "Tags")
	fakeaws.On(c, s.UntagUser, "UserName", "TagKeys")
	fakeaws.On(c, s.ListUserTags, "UserName", "Marker", "MaxItems")
	fakeaws.On(c, s.TagRole, "RoleName", "Tags")
	fakeaws.On(c, s.UntagRole, "RoleName", "TagKeys")
	fakeaws.On(c, s.ListRoleTags, "RoleName", "Marker", "MaxItems")
	fakeaws.On(c, s.TagPolicy, "PolicyArn", "Tags")
	fakeaws.On(c, s.UntagPolicy, "PolicyArn", "TagKeys")
	fakeaws.On(c, s.ListPolicyTags, "PolicyArn", "Marker", "MaxItems")
	fakeaws.On(c, s.TagInstanceProfile, "InstanceProfileName", "Tags")
	fakeaws.On(c, s.UntagInstanceProfile, "InstanceProfileName", "TagKeys")
	fakeaws.On(c, s.ListInstanceProfileTags, "InstanceProfileName", "Marker", "MaxItems")
	fakeaws.On(c, s.TagMFADevice, "SerialNumber", "Tags")
	fakeaws.On(c, s.UntagMFADevice, "SerialNumber", "TagKeys")
	fakeaws.On(c, s.ListMFADeviceTags, "SerialNumber", "Marker", "MaxItems")
	fakeaws.On(c, s.TagOpenIDConnectProvider, "OpenIDConnectProviderArn", "Tags")
	fakeaws.On(c, s.UntagOpenIDConnectProvider, "OpenIDConnectProviderArn", "TagKeys")
	fakeaws.On(c, s.ListOpenIDConnectProviderTags, "OpenIDConnectProviderArn", "Marker", "MaxItems")
	fakeaws.On(c, s.TagSAMLProvider, "SAMLProviderArn", "Tags")
	fakeaws.On(c, s.UntagSAMLProvider, "SAMLProviderArn", "TagKeys")
	fakeaws.On(c, s.ListSAMLProviderTags, "SAMLProviderArn", "Marker", "MaxItems")
}

// retag is old with new put over it. Keys are the same without regard to case; the newer spelling wins.
func retag(old, set []types.Tag) ([]types.Tag, error) {
	out := slices.Clone(old)
	for i, t := range set {
		k := aws.ToString(t.Key)
		switch {
		case k == "" || len(k) > longestKey:
			return nil, invalid("1 validation error detected: Value at 'tags.%d.member.key' failed to satisfy constraint: Member must have length between 1 and %d", i+1, longestKey)
		case len(aws.ToString(t.Value)) > longestValue:
			return nil, invalid("1 validation error detected: Value at 'tags.%d.member.value' failed to satisfy constraint: Member must have length less than or equal to %d", i+1, longestValue)
		case strings.HasPrefix(key(k), "aws:"):
			return nil, invalidInput("Tag keys that begin with aws: are reserved for system use: %s", k)
		case slices.ContainsFunc(set[:i], func(o types.Tag) bool { return strings.EqualFold(aws.ToString(o.Key), k) }):
			return nil, invalidInput("Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		t := types.Tag{Key: aws.String(k), Value: aws.String(aws.ToString(t.Value))}
		if at := slices.IndexFunc(out, func(o types.Tag) bool { return strings.EqualFold(*o.Key, k) }); at >= 0 {
			out[at] = t
		} else {
			out = append(out, t)
		}
	}
	if len(out) > mostTags {
		return nil, limitExceeded("The number of tags has reached the maximum limit.")
	}
	return out, nil
}

func setTags(tags *[]types.Tag, set []types.Tag) error {
	next, err := retag(*tags, set)
	if err == nil {
		*tags = next
	}
	return err
}

func dropTags(tags *[]types.Tag, keys []string) {
	*tags = slices.DeleteFunc(slices.Clone(*tags), func(t types.Tag) bool {
		return slices.ContainsFunc(keys, func(k string) bool { return strings.EqualFold(k, *t.Key) })
	})
}

// copiedTags keeps state and answers apart.
func copiedTags(tags []types.Tag) []types.Tag {
	if tags == nil {
		return nil
	}
	return each(tags, func(t types.Tag) types.Tag { return types.Tag{Key: copied(t.Key), Value: copied(t.Value)} })
}

// tagPage is one page of tags, sorted by key.
func tagPage(ctx context.Context, tags []types.Tag, marker *string, maxItems *int32) ([]types.Tag, bool, *string, error) {
	sorted := copiedTags(tags)
	slices.SortFunc(sorted, func(a, b types.Tag) int { return strings.Compare(*a.Key, *b.Key) })
	return page(ctx, sorted, marker, maxItems)
}

// TagUser adds tags to a user, or gives those that are there new values.
func (s *Service) TagUser(ctx context.Context, in *iam.TagUserInput, _ ...opt) (*iam.TagUserOutput, error) {
	x, err := s.in(ctx).user(in.UserName)
	if err != nil {
		return nil, err
	}
	return &iam.TagUserOutput{}, setTags(&x.Entity.Tags, in.Tags)
}

// UntagUser removes tags; those that are not there are no error.
func (s *Service) UntagUser(ctx context.Context, in *iam.UntagUserInput, _ ...opt) (*iam.UntagUserOutput, error) {
	x, err := s.in(ctx).user(in.UserName)
	if err != nil {
		return nil, err
	}
	dropTags(&x.Entity.Tags, in.TagKeys)
	return &iam.UntagUserOutput{}, nil
}

// ListUserTags answers the tags sorted by key.
func (s *Service) ListUserTags(ctx context.Context, in *iam.ListUserTagsInput, _ ...opt) (*iam.ListUserTagsOutput, error) {
	x, err := s.in(ctx).user(in.UserName)
	if err != nil {
		return nil, err
	}
	tags, more, next, err := tagPage(ctx, x.Entity.Tags, in.Marker, in.MaxItems)
	return &iam.ListUserTagsOutput{Tags: tags, IsTruncated: more, Marker: next}, err
}

// TagRole adds tags to a role, or gives those that are there new values.
func (s *Service) TagRole(ctx context.Context, in *iam.TagRoleInput, _ ...opt) (*iam.TagRoleOutput, error) {
	x, err := s.in(ctx).ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	return &iam.TagRoleOutput{}, setTags(&x.Entity.Tags, in.Tags)
}

// UntagRole removes tags; those that are not there are no error.
func (s *Service) UntagRole(ctx context.Context, in *iam.UntagRoleInput, _ ...opt) (*iam.UntagRoleOutput, error) {
	x, err := s.in(ctx).ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	dropTags(&x.Entity.Tags, in.TagKeys)
	return &iam.UntagRoleOutput{}, nil
}

// ListRoleTags answers the tags sorted by key.
func (s *Service) ListRoleTags(ctx context.Context, in *iam.ListRoleTagsInput, _ ...opt) (*iam.ListRoleTagsOutput, error) {
	x, err := s.in(ctx).role(in.RoleName)
	if err != nil {
		return nil, err
	}
	tags, more, next, err := tagPage(ctx, x.Entity.Tags, in.Marker, in.MaxItems)
	return &iam.ListRoleTagsOutput{Tags: tags, IsTruncated: more, Marker: next}, err
}

// TagPolicy adds tags to a policy of the account, or gives those that are there new values.
func (s *Service) TagPolicy(ctx context.Context, in *iam.TagPolicyInput, _ ...opt) (*iam.TagPolicyOutput, error) {
	x, err := s.ownPolicy(ctx, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	return &iam.TagPolicyOutput{}, setTags(&x.Entity.Tags, in.Tags)
}

// UntagPolicy removes tags; those that are not there are no error.
func (s *Service) UntagPolicy(ctx context.Context, in *iam.UntagPolicyInput, _ ...opt) (*iam.UntagPolicyOutput, error) {
	x, err := s.ownPolicy(ctx, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	dropTags(&x.Entity.Tags, in.TagKeys)
	return &iam.UntagPolicyOutput{}, nil
}

// ListPolicyTags answers the tags sorted by key.
func (s *Service) ListPolicyTags(ctx context.Context, in *iam.ListPolicyTagsInput, _ ...opt) (*iam.ListPolicyTagsOutput, error) {
	x, err := s.policy(ctx, in.PolicyArn)
	if err != nil {
		return nil, err
	}
	tags, more, next, err := tagPage(ctx, x.Entity.Tags, in.Marker, in.MaxItems)
	return &iam.ListPolicyTagsOutput{Tags: tags, IsTruncated: more, Marker: next}, err
}

// TagInstanceProfile adds tags to an instance profile, or gives those that are there new values.
func (s *Service) TagInstanceProfile(ctx context.Context, in *iam.TagInstanceProfileInput, _ ...opt) (*iam.TagInstanceProfileOutput, error) {
	x, err := s.in(ctx).profile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	return &iam.TagInstanceProfileOutput{}, setTags(&x.Entity.Tags, in.Tags)
}

// UntagInstanceProfile removes tags; those that are not there are no error.
func (s *Service) UntagInstanceProfile(ctx context.Context, in *iam.UntagInstanceProfileInput, _ ...opt) (*iam.UntagInstanceProfileOutput, error) {
	x, err := s.in(ctx).profile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	dropTags(&x.Entity.Tags, in.TagKeys)
	return &iam.UntagInstanceProfileOutput{}, nil
}

// ListInstanceProfileTags answers the tags sorted by key.
func (s *Service) ListInstanceProfileTags(ctx context.Context, in *iam.ListInstanceProfileTagsInput, _ ...opt) (*iam.ListInstanceProfileTagsOutput, error) {
	x, err := s.in(ctx).profile(in.InstanceProfileName)
	if err != nil {
		return nil, err
	}
	tags, more, next, err := tagPage(ctx, x.Entity.Tags, in.Marker, in.MaxItems)
	return &iam.ListInstanceProfileTagsOutput{Tags: tags, IsTruncated: more, Marker: next}, err
}

// TagMFADevice adds tags to a virtual MFA device, or gives those that are there new values.
func (s *Service) TagMFADevice(ctx context.Context, in *iam.TagMFADeviceInput, _ ...opt) (*iam.TagMFADeviceOutput, error) {
	x, err := s.in(ctx).device(in.SerialNumber)
	if err != nil {
		return nil, err
	}
	return &iam.TagMFADeviceOutput{}, setTags(&x.Tags, in.Tags)
}

// UntagMFADevice removes tags; those that are not there are no error.
func (s *Service) UntagMFADevice(ctx context.Context, in *iam.UntagMFADeviceInput, _ ...opt) (*iam.UntagMFADeviceOutput, error) {
	x, err := s.in(ctx).device(in.SerialNumber)
	if err != nil {
		return nil, err
	}
	dropTags(&x.Tags, in.TagKeys)
	return &iam.UntagMFADeviceOutput{}, nil
}

// ListMFADeviceTags answers the tags sorted by key.
func (s *Service) ListMFADeviceTags(ctx context.Context, in *iam.ListMFADeviceTagsInput, _ ...opt) (*iam.ListMFADeviceTagsOutput, error) {
	x, err := s.in(ctx).device(in.SerialNumber)
	if err != nil {
		return nil, err
	}
	tags, more, next, err := tagPage(ctx, x.Tags, in.Marker, in.MaxItems)
	return &iam.ListMFADeviceTagsOutput{Tags: tags, IsTruncated: more, Marker: next}, err
}

// TagOpenIDConnectProvider adds tags to an OIDC provider, or gives those that are there new values.
func (s *Service) TagOpenIDConnectProvider(ctx context.Context, in *iam.TagOpenIDConnectProviderInput, _ ...opt) (*iam.TagOpenIDConnectProviderOutput, error) {
	x, err := s.in(ctx).oidc(in.OpenIDConnectProviderArn)
	if err != nil {
		return nil, err
	}
	return &iam.TagOpenIDConnectProviderOutput{}, setTags(&x.Tags, in.Tags)
}

// UntagOpenIDConnectProvider removes tags; those that are not there are no error.
func (s *Service) UntagOpenIDConnectProvider(ctx context.Context, in *iam.UntagOpenIDConnectProviderInput, _ ...opt) (*iam.UntagOpenIDConnectProviderOutput, error) {
	x, err := s.in(ctx).oidc(in.OpenIDConnectProviderArn)
	if err != nil {
		return nil, err
	}
	dropTags(&x.Tags, in.TagKeys)
	return &iam.UntagOpenIDConnectProviderOutput{}, nil
}

// ListOpenIDConnectProviderTags answers the tags sorted by key.
func (s *Service) ListOpenIDConnectProviderTags(ctx context.Context, in *iam.ListOpenIDConnectProviderTagsInput, _ ...opt) (*iam.ListOpenIDConnectProviderTagsOutput, error) {
	x, err := s.in(ctx).oidc(in.OpenIDConnectProviderArn)
	if err != nil {
		return nil, err
	}
	tags, more, next, err := tagPage(ctx, x.Tags, in.Marker, in.MaxItems)
	return &iam.ListOpenIDConnectProviderTagsOutput{Tags: tags, IsTruncated: more, Marker: next}, err
}

// TagSAMLProvider adds tags to a SAML provider, or gives those that are there new values.
func (s *Service) TagSAMLProvider(ctx context.Context, in *iam.TagSAMLProviderInput, _ ...opt) (*iam.TagSAMLProviderOutput, error) {
	x, err := s.in(ctx).saml(in.SAMLProviderArn)
	if err != nil {
		return nil, err
	}
	return &iam.TagSAMLProviderOutput{}, setTags(&x.Tags, in.Tags)
}

// UntagSAMLProvider removes tags; those that are not there are no error.
func (s *Service) UntagSAMLProvider(ctx context.Context, in *iam.UntagSAMLProviderInput, _ ...opt) (*iam.UntagSAMLProviderOutput, error) {
	x, err := s.in(ctx).saml(in.SAMLProviderArn)
	if err != nil {
		return nil, err
	}
	dropTags(&x.Tags, in.TagKeys)
	return &iam.UntagSAMLProviderOutput{}, nil
}

// ListSAMLProviderTags answers the tags sorted by key.
func (s *Service) ListSAMLProviderTags(ctx context.Context, in *iam.ListSAMLProviderTagsInput, _ ...opt) (*iam.ListSAMLProviderTagsOutput, error) {
	x, err := s.in(ctx).saml(in.SAMLProviderArn)
	if err != nil {
		return nil, err
	}
	tags, more, next, err := tagPage(ctx, x.Tags, in.Marker, in.MaxItems)
	return &iam.ListSAMLProviderTagsOutput{Tags: tags, IsTruncated: more, Marker: next}, err
}
