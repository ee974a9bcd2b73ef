package fakeiam_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/require"
)

// lister calls one list operation and answers how many items the page has.
type lister func(marker *string, maxItems *int32) (items int, truncated bool, next *string, err error)

func listers(c *iam.Client, serial, policyARN, oidc, saml *string) map[string]lister {
	u, g, r, p := aws.String("u0"), aws.String("g0"), aws.String("r0"), aws.String("ip0")
	return map[string]lister{
		"ListUsers": func(m *string, n *int32) (int, bool, *string, error) {
			out, err := c.ListUsers(ctx, &iam.ListUsersInput{Marker: m, MaxItems: n})
			if err != nil {
				return 0, false, nil, err
			}
			return len(out.Users), out.IsTruncated, out.Marker, nil
		},
		"ListGroups": func(m *string, n *int32) (int, bool, *string, error) {
			out, err := c.ListGroups(ctx, &iam.ListGroupsInput{Marker: m, MaxItems: n})
			if err != nil {
				return 0, false, nil, err
			}
			return len(out.Groups), out.IsTruncated, out.Marker, nil
		},
		"ListRoles": func(m *string, n *int32) (int, bool, *string, error) {
			out, err := c.ListRoles(ctx, &iam.ListRolesInput{Marker: m, MaxItems: n})
			if err != nil {
				return 0, false, nil, err
			}
			return len(out.Roles), out.IsTruncated, out.Marker, nil
		},
		"ListPolicies": func(m *string, n *int32) (int, bool, *string, error) {
			out, err := c.ListPolicies(ctx, &iam.ListPoliciesInput{Marker: m, MaxItems: n, Scope: types.PolicyScopeTypeLocal})
			if err != nil {
				return 0, false, nil, err
			}
			return len(out.Policies), out.IsTruncated, out.Marker, nil
		},
		"ListInstanceProfiles": func(m *string, n *int32) (int, bool, *string, error) {
			out, err := c.ListInstanceProfiles(ctx, &iam.ListInstanceProfilesInput{Marker: m, MaxItems: n})
			if err != nil {
				return 0, false, nil, err
			}
			return len(out.InstanceProfiles), out.IsTruncated, out.Marker, nil
		},
		"ListInstanceProfilesForRole": func(m *string, n *int32) (int, bool, *string, error) {
			out, err := c.ListInstanceProfilesForRole(ctx, &iam.ListInstanceProfilesForRoleInput{RoleName: r, Marker: m, MaxItems: n})
			if err != nil {
				return 0, false, nil, err
			}
			return len(out.InstanceProfiles), out.IsTruncated, out.Marker, nil
		},
		"ListVirtualMFADevices": func(m *string, n *int32) (int, bool, *string, error) {
			out, err := c.ListVirtualMFADevices(ctx, &iam.ListVirtualMFADevicesInput{Marker: m, MaxItems: n})
			if err != nil {
				return 0, false, nil, err
			}
			return len(out.VirtualMFADevices), out.IsTruncated, out.Marker, nil
		},
		"ListMFADevices": func(m *string, n *int32) (int, bool, *string, error) {
			out, err := c.ListMFADevices(ctx, &iam.ListMFADevicesInput{UserName: u, Marker: m, MaxItems: n})
			if err != nil {
				return 0, false, nil, err
			}
			return len(out.MFADevices), out.IsTruncated, out.Marker, nil
		},
		"ListGroupsForUser": func(m *string, n *int32) (int, bool, *string, error) {
			out, err := c.ListGroupsForUser(ctx, &iam.ListGroupsForUserInput{UserName: u, Marker: m, MaxItems: n})
			if err != nil {
				return 0, false, nil, err
			}
			return len(out.Groups), out.IsTruncated, out.Marker, nil
		},
		"GetGroup": func(m *string, n *int32) (int, bool, *string, error) {
			out, err := c.GetGroup(ctx, &iam.GetGroupInput{GroupName: g, Marker: m, MaxItems: n})
			if err != nil {
				return 0, false, nil, err
			}
			return len(out.Users), out.IsTruncated, out.Marker, nil
		},
		"ListRolePolicies": func(m *string, n *int32) (int, bool, *string, error) {
			out, err := c.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: r, Marker: m, MaxItems: n})
			if err != nil {
				return 0, false, nil, err
			}
			return len(out.PolicyNames), out.IsTruncated, out.Marker, nil
		},
		"ListAttachedRolePolicies": func(m *string, n *int32) (int, bool, *string, error) {
			out, err := c.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: r, Marker: m, MaxItems: n})
			if err != nil {
				return 0, false, nil, err
			}
			return len(out.AttachedPolicies), out.IsTruncated, out.Marker, nil
		},
		"ListEntitiesForPolicy": func(m *string, n *int32) (int, bool, *string, error) {
			out, err := c.ListEntitiesForPolicy(ctx, &iam.ListEntitiesForPolicyInput{PolicyArn: policyARN, Marker: m, MaxItems: n})
			if err != nil {
				return 0, false, nil, err
			}
			return len(out.PolicyRoles) + len(out.PolicyUsers) + len(out.PolicyGroups), out.IsTruncated, out.Marker, nil
		},
		"ListPolicyVersions": func(m *string, n *int32) (int, bool, *string, error) {
			out, err := c.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: policyARN, Marker: m, MaxItems: n})
			if err != nil {
				return 0, false, nil, err
			}
			return len(out.Versions), out.IsTruncated, out.Marker, nil
		},
		"ListRoleTags": func(m *string, n *int32) (int, bool, *string, error) {
			out, err := c.ListRoleTags(ctx, &iam.ListRoleTagsInput{RoleName: r, Marker: m, MaxItems: n})
			return pageOfTags(out, err, func() ([]types.Tag, bool, *string) { return out.Tags, out.IsTruncated, out.Marker })
		},
		"ListUserTags": func(m *string, n *int32) (int, bool, *string, error) {
			out, err := c.ListUserTags(ctx, &iam.ListUserTagsInput{UserName: u, Marker: m, MaxItems: n})
			return pageOfTags(out, err, func() ([]types.Tag, bool, *string) { return out.Tags, out.IsTruncated, out.Marker })
		},
		"ListPolicyTags": func(m *string, n *int32) (int, bool, *string, error) {
			out, err := c.ListPolicyTags(ctx, &iam.ListPolicyTagsInput{PolicyArn: policyARN, Marker: m, MaxItems: n})
			return pageOfTags(out, err, func() ([]types.Tag, bool, *string) { return out.Tags, out.IsTruncated, out.Marker })
		},
		"ListInstanceProfileTags": func(m *string, n *int32) (int, bool, *string, error) {
			out, err := c.ListInstanceProfileTags(ctx, &iam.ListInstanceProfileTagsInput{InstanceProfileName: p, Marker: m, MaxItems: n})
			return pageOfTags(out, err, func() ([]types.Tag, bool, *string) { return out.Tags, out.IsTruncated, out.Marker })
		},
		"ListMFADeviceTags": func(m *string, n *int32) (int, bool, *string, error) {
			out, err := c.ListMFADeviceTags(ctx, &iam.ListMFADeviceTagsInput{SerialNumber: serial, Marker: m, MaxItems: n})
			return pageOfTags(out, err, func() ([]types.Tag, bool, *string) { return out.Tags, out.IsTruncated, out.Marker })
		},
		"ListOpenIDConnectProviderTags": func(m *string, n *int32) (int, bool, *string, error) {
			out, err := c.ListOpenIDConnectProviderTags(ctx, &iam.ListOpenIDConnectProviderTagsInput{OpenIDConnectProviderArn: oidc, Marker: m, MaxItems: n})
			return pageOfTags(out, err, func() ([]types.Tag, bool, *string) { return out.Tags, out.IsTruncated, out.Marker })
		},
		"ListSAMLProviderTags": func(m *string, n *int32) (int, bool, *string, error) {
			out, err := c.ListSAMLProviderTags(ctx, &iam.ListSAMLProviderTagsInput{SAMLProviderArn: saml, Marker: m, MaxItems: n})
			return pageOfTags(out, err, func() ([]types.Tag, bool, *string) { return out.Tags, out.IsTruncated, out.Marker })
		},
	}
}

func pageOfTags[O any](_ *O, err error, read func() ([]types.Tag, bool, *string)) (int, bool, *string, error) {
	if err != nil {
		return 0, false, nil, err
	}
	tags, more, next := read()
	return len(tags), more, next, nil
}

// fill makes three of everything that can be listed, or of what the first of its kind holds.
func fill(t *testing.T, c *iam.Client) map[string]lister {
	t.Helper()
	var tags []types.Tag
	for i := range 3 {
		tags = append(tags, types.Tag{Key: aws.String(fmt.Sprintf("k%d", i)), Value: aws.String("v")})
	}
	first := makePolicy(t, c, "p0")
	var serial string
	for i := range 3 {
		n := func(prefix string) *string { return aws.String(fmt.Sprintf("%s%d", prefix, i)) }
		makeUser(t, c, *n("u"))
		makeRole(t, c, *n("r"))
		policyARN := first
		if i > 0 {
			policyARN = makePolicy(t, c, *n("p"))
			_, err := c.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: &first, PolicyDocument: aws.String(readBucket)})
			require.NoError(t, err)
		}
		serial = makeDevice(t, c, *n("d"))
		enable(t, c, "u0", serial)
		for _, do := range []func() error{
			func() error { _, err := c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: n("g")}); return err },
			func() error {
				_, err := c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: n("g"), UserName: aws.String("u0")})
				return err
			},
			func() error {
				_, err := c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: aws.String("g0"), UserName: n("u")})
				return err
			},
			func() error {
				_, err := c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("r0"), PolicyName: n("i"), PolicyDocument: aws.String(readBucket)})
				return err
			},
			func() error {
				_, err := c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("r0"), PolicyArn: &policyARN})
				return err
			},
			func() error {
				_, err := c.PutUserPermissionsBoundary(ctx, &iam.PutUserPermissionsBoundaryInput{UserName: aws.String("u0"), PermissionsBoundary: &first})
				return err
			},
			func() error {
				_, err := c.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: aws.String("g0"), PolicyArn: &first})
				return err
			},
			func() error {
				_, err := c.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: n("ip"), Tags: tags})
				return err
			},
			func() error {
				_, err := c.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: n("ip"), RoleName: aws.String("r0")})
				return err
			},
		} {
			require.NoError(t, do())
		}
	}
	oidc, err := c.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: aws.String("https://idp.example.com"), Tags: tags})
	require.NoError(t, err)
	saml, err := c.CreateSAMLProvider(ctx, &iam.CreateSAMLProviderInput{
		Name: aws.String("idp"), Tags: tags, SAMLMetadataDocument: aws.String(fmt.Sprintf("<EntityDescriptor>%1000s</EntityDescriptor>", "")),
	})
	require.NoError(t, err)
	_, err = c.TagRole(ctx, &iam.TagRoleInput{RoleName: aws.String("r0"), Tags: tags})
	require.NoError(t, err)
	_, err = c.TagUser(ctx, &iam.TagUserInput{UserName: aws.String("u0"), Tags: tags})
	require.NoError(t, err)
	_, err = c.TagPolicy(ctx, &iam.TagPolicyInput{PolicyArn: &first, Tags: tags})
	require.NoError(t, err)
	_, err = c.TagMFADevice(ctx, &iam.TagMFADeviceInput{SerialNumber: &serial, Tags: tags})
	require.NoError(t, err)
	return listers(c, &serial, &first, oidc.OpenIDConnectProviderArn, saml.SAMLProviderArn)
}

func TestEveryListPages(t *testing.T) {
	cloud, c := client(t)
	all := fill(t, c)
	before := cloud.Snapshot()
	cloud.SetPageSize(1)
	for name, list := range all {
		var marker *string
		for range 2 {
			n, truncated, next, err := list(marker, nil)
			require.NoError(t, err, name)
			require.Equal(t, 1, n, name)
			require.True(t, truncated, name)
			require.NotNil(t, next, name)
			marker = next
		}
		n, truncated, next, err := list(marker, nil)
		require.NoError(t, err, name)
		require.Equal(t, 1, n, name)
		require.False(t, truncated, name)
		require.Nil(t, next, name)

		_, _, _, err = list(aws.String("bad"), nil)
		require.Equal(t, "ValidationError", code(err), name)
		for _, size := range []int32{0, 1001} {
			_, _, _, err = list(nil, &size)
			require.Equal(t, "ValidationError", code(err), "%s: MaxItems is 1 to 1000", name)
		}
	}
	require.Equal(t, before, cloud.Snapshot(), "reading changes nothing")
}

func TestStaleReadsShowTheWorldAsItWas(t *testing.T) {
	cloud, c := client(t)
	makeRole(t, c, "r")
	cloud.SetStaleReads(time.Hour, false)
	_, err := c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("r"), PolicyName: aws.String("p"), PolicyDocument: aws.String(readBucket)})
	require.NoError(t, err)
	_, err = c.TagRole(ctx, &iam.TagRoleInput{RoleName: aws.String("r"), Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}})
	require.NoError(t, err)
	old, err := c.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: aws.String("r")})
	require.NoError(t, err)
	require.Empty(t, old.PolicyNames)
	cloud.SetStaleReads(0, false)
	present, err := c.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: aws.String("r")})
	require.NoError(t, err)
	require.Equal(t, []string{"p"}, present.PolicyNames)
}
