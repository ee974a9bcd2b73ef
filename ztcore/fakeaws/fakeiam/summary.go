package fakeiam

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

func (s *Service) installSummary(c *fakeaws.Cloud) {
	fakeaws.On(c, s.GetAccountSummary)
	fakeaws.On(c, s.SetSecurityTokenServicePreferences, "GlobalEndpointTokenVersion")
}

// GetAccountSummary counts what there is beside its default quota. The root user has MFA and no keys.
func (s *Service) GetAccountSummary(ctx context.Context, _ *iam.GetAccountSummaryInput, _ ...opt) (*iam.GetAccountSummaryOutput, error) {
	a := s.in(ctx)
	versions, inUse := 0, 0
	for _, p := range a.Policies.Items {
		versions += len(p.Versions)
	}
	for _, d := range a.MFA.Items {
		if d.User != "" {
			inUse++
		}
	}
	token := 1
	if a.TokenVersion == types.GlobalEndpointTokenVersionV2Token {
		token = 2
	}
	out := map[string]int32{}
	for k, n := range map[types.SummaryKeyType]int{
		types.SummaryKeyTypeUsers: len(a.Users.Items), types.SummaryKeyTypeUsersQuota: 5000,
		types.SummaryKeyTypeGroups: len(a.Groups.Items), types.SummaryKeyTypeGroupsQuota: 300,
		types.SummaryKeyTypeRoles: len(a.Roles.Items), types.SummaryKeyTypeRolesQuota: 1000,
		types.SummaryKeyTypePolicies: len(a.Policies.Items), types.SummaryKeyTypePoliciesQuota: 1500,
		types.SummaryKeyTypeInstanceProfiles: len(a.Profiles.Items), types.SummaryKeyTypeInstanceProfilesQuota: 1000,
		types.SummaryKeyTypeServerCertificates: 0, types.SummaryKeyTypeServerCertificatesQuota: 20,
		types.SummaryKeyTypePolicyVersionsInUse: versions, types.SummaryKeyTypePolicyVersionsInUseQuota: 10000,
		types.SummaryKeyTypeProviders:  len(a.OIDC.Items) + len(a.SAML.Items),
		types.SummaryKeyTypeMFADevices: len(a.MFA.Items), types.SummaryKeyTypeMFADevicesInUse: inUse,

		types.SummaryKeyTypeAccountMFAEnabled: 1, types.SummaryKeyTypeAccountAccessKeysPresent: 0,
		types.SummaryKeyTypeAccountPasswordPresent: 1, types.SummaryKeyTypeAccountSigningCertificatesPresent: 0,

		types.SummaryKeyTypeUserPolicySizeQuota:             policy.Limit(policy.InlineUser),
		types.SummaryKeyTypeGroupPolicySizeQuota:            policy.Limit(policy.InlineGroup),
		types.SummaryKeyTypeRolePolicySizeQuota:             policy.Limit(policy.InlineRole),
		types.SummaryKeyTypePolicySizeQuota:                 policy.Limit(policy.Identity),
		types.SummaryKeyTypeAssumeRolePolicySizeQuota:       policy.Limit(policy.TrustPolicy),
		types.SummaryKeyTypeVersionsPerPolicyQuota:          mostVersions,
		types.SummaryKeyTypeAttachedPoliciesPerUserQuota:    mostAttached,
		types.SummaryKeyTypeAttachedPoliciesPerGroupQuota:   mostAttached,
		types.SummaryKeyTypeAttachedPoliciesPerRoleQuota:    mostAttached,
		types.SummaryKeyTypeGroupsPerUserQuota:              mostGroups,
		types.SummaryKeyTypeAccessKeysPerUserQuota:          mostKeys,
		types.SummaryKeyTypeSigningCertificatesPerUserQuota: 2,
		types.SummaryKeyTypeGlobalEndpointTokenVersion:      token,
	} {
		out[string(k)] = int32(n)
	}
	return &iam.GetAccountSummaryOutput{SummaryMap: out}, nil
}

// SetSecurityTokenServicePreferences shows in the summary only.
func (s *Service) SetSecurityTokenServicePreferences(ctx context.Context, in *iam.SetSecurityTokenServicePreferencesInput, _ ...opt) (*iam.SetSecurityTokenServicePreferencesOutput, error) {
	switch in.GlobalEndpointTokenVersion {
	case types.GlobalEndpointTokenVersionV1Token, types.GlobalEndpointTokenVersionV2Token:
	default:
		return nil, invalid("1 validation error detected: Value '%s' at 'globalEndpointTokenVersion' failed to satisfy constraint: Member must satisfy enum value set: [v1Token, v2Token]", in.GlobalEndpointTokenVersion)
	}
	s.in(ctx).TokenVersion = in.GlobalEndpointTokenVersion
	return &iam.SetSecurityTokenServicePreferencesOutput{}, nil
}
