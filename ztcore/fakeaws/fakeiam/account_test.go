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

func TestPasswordPolicyIsReplacedAsAWhole(t *testing.T) {
	_, c := client(t)
	_, err := c.GetAccountPasswordPolicy(ctx, nil)
	require.Equal(t, "NoSuchEntity", code(err), "a new account has none")
	_, err = c.UpdateAccountPasswordPolicy(ctx, &iam.UpdateAccountPasswordPolicyInput{
		MinimumPasswordLength: aws.Int32(14), MaxPasswordAge: aws.Int32(90), PasswordReusePrevention: aws.Int32(24), RequireSymbols: true,
	})
	require.NoError(t, err)
	got, err := c.GetAccountPasswordPolicy(ctx, nil)
	require.NoError(t, err)
	require.True(t, got.PasswordPolicy.ExpirePasswords, "follows from the age")
	require.EqualValues(t, 24, *got.PasswordPolicy.PasswordReusePrevention)
	require.True(t, got.PasswordPolicy.RequireSymbols)
	_, err = c.UpdateAccountPasswordPolicy(ctx, &iam.UpdateAccountPasswordPolicyInput{RequireNumbers: true})
	require.NoError(t, err)
	got, err = c.GetAccountPasswordPolicy(ctx, nil)
	require.NoError(t, err)
	require.Equal(t, types.PasswordPolicy{RequireNumbers: true, MinimumPasswordLength: aws.Int32(6)}, *got.PasswordPolicy)
	_, err = c.DeleteAccountPasswordPolicy(ctx, nil)
	require.NoError(t, err)
	_, err = c.DeleteAccountPasswordPolicy(ctx, nil)
	require.Equal(t, "NoSuchEntity", code(err))
}

func TestAliasIsOneAndUnique(t *testing.T) {
	cloud, c := client(t)
	set := func(c *iam.Client, alias string) error {
		_, err := c.CreateAccountAlias(ctx, &iam.CreateAccountAliasInput{AccountAlias: &alias})
		return err
	}
	require.NoError(t, set(c, "acme"))
	other := iam.NewFromConfig(cloud.ConfigFor("210987654321", "us-east-1"))
	require.Equal(t, "EntityAlreadyExists", code(set(other, "acme")))
	require.Equal(t, "ValidationError", code(set(other, "Acme--")))
	require.NoError(t, set(c, "acme-prod"))
	listed, err := c.ListAccountAliases(ctx, nil)
	require.NoError(t, err)
	require.Equal(t, []string{"acme-prod"}, listed.AccountAliases)
	require.NoError(t, set(other, "acme"))
	_, err = c.DeleteAccountAlias(ctx, &iam.DeleteAccountAliasInput{AccountAlias: aws.String("acme")})
	require.Equal(t, "NoSuchEntity", code(err))
	_, err = c.DeleteAccountAlias(ctx, &iam.DeleteAccountAliasInput{AccountAlias: aws.String("acme-prod")})
	require.NoError(t, err)
}

func TestSummaryCounts(t *testing.T) {
	_, c := client(t)
	makeUser(t, c, "u")
	makeRole(t, c, "r")
	enable(t, c, "u", makeDevice(t, c, "d"))
	makeDevice(t, c, "spare")
	_, err := c.SetSecurityTokenServicePreferences(ctx, &iam.SetSecurityTokenServicePreferencesInput{GlobalEndpointTokenVersion: types.GlobalEndpointTokenVersionV2Token})
	require.NoError(t, err)
	got, err := c.GetAccountSummary(ctx, nil)
	require.NoError(t, err)
	for name, want := range map[types.SummaryKeyType]int32{
		types.SummaryKeyTypeUsers: 1, types.SummaryKeyTypeRoles: 1, types.SummaryKeyTypeMFADevices: 2, types.SummaryKeyTypeMFADevicesInUse: 1,
		types.SummaryKeyTypeGlobalEndpointTokenVersion: 2, types.SummaryKeyTypeAccountMFAEnabled: 1, types.SummaryKeyTypeAssumeRolePolicySizeQuota: 2048,
	} {
		require.Equal(t, want, got.SummaryMap[string(name)], name)
	}
	require.Len(t, got.SummaryMap, len(types.SummaryKeyType("").Values()))
}

func TestAuthorizationDetailsHoldEverything(t *testing.T) {
	cloud, c := client(t)
	makeUser(t, c, "u")
	role, err := c.CreateRole(ctx, &iam.CreateRoleInput{
		RoleName: aws.String("r"), AssumeRolePolicyDocument: aws.String(trustEC2), Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}},
	})
	require.NoError(t, err)
	own := makePolicy(t, c, "p")
	for _, do := range []func() error{
		func() error {
			_, err := c.CreateGroup(ctx, &iam.CreateGroupInput{GroupName: aws.String("g")})
			return err
		},
		func() error {
			_, err := c.AddUserToGroup(ctx, &iam.AddUserToGroupInput{GroupName: aws.String("g"), UserName: aws.String("u")})
			return err
		},
		func() error {
			_, err := c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: aws.String("r"), PolicyArn: aws.String(s3ReadOnly)})
			return err
		},
		func() error {
			_, err := c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("r"), PolicyName: aws.String("inline"), PolicyDocument: aws.String(readBucket)})
			return err
		},
		func() error {
			_, err := c.CreateInstanceProfile(ctx, &iam.CreateInstanceProfileInput{InstanceProfileName: aws.String("ip")})
			return err
		},
		func() error {
			_, err := c.AddRoleToInstanceProfile(ctx, &iam.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String("ip"), RoleName: aws.String("r")})
			return err
		},
	} {
		require.NoError(t, do())
	}
	cloud.SetPageSize(1)
	pages := 0
	var all iam.GetAccountAuthorizationDetailsOutput
	for p := iam.NewGetAccountAuthorizationDetailsPaginator(c, nil); p.HasMorePages(); pages++ {
		out, err := p.NextPage(ctx)
		require.NoError(t, err)
		all.UserDetailList = append(all.UserDetailList, out.UserDetailList...)
		all.GroupDetailList = append(all.GroupDetailList, out.GroupDetailList...)
		all.RoleDetailList = append(all.RoleDetailList, out.RoleDetailList...)
		all.Policies = append(all.Policies, out.Policies...)
	}
	require.Equal(t, 5, pages)
	require.Equal(t, []string{"g"}, all.UserDetailList[0].GroupList)
	require.Len(t, all.GroupDetailList, 1)
	r := all.RoleDetailList[0]
	require.Equal(t, *role.Role.AssumeRolePolicyDocument, *r.AssumeRolePolicyDocument)
	require.Equal(t, readBucket, decoded(t, r.RolePolicyList[0].PolicyDocument))
	require.Equal(t, s3ReadOnly, *r.AttachedManagedPolicies[0].PolicyArn)
	require.Equal(t, "ip", *r.InstanceProfileList[0].InstanceProfileName)
	require.Len(t, r.Tags, 1)
	require.Equal(t, []string{own, s3ReadOnly}, []string{*all.Policies[0].Arn, *all.Policies[1].Arn}, "of AWS's, those in use")
	require.Equal(t, readBucket, decoded(t, all.Policies[0].PolicyVersionList[0].Document))

	cloud.SetPageSize(0)
	roles, err := c.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{Filter: []types.EntityType{types.EntityTypeRole}})
	require.NoError(t, err)
	require.Len(t, roles.RoleDetailList, 1)
	require.Empty(t, roles.UserDetailList)
	require.Empty(t, roles.Policies)
}

func TestProviders(t *testing.T) {
	_, c := client(t)
	oidc, err := c.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{
		Url: aws.String("https://token.actions.githubusercontent.com"), ClientIDList: []string{"sts.amazonaws.com"},
	})
	require.NoError(t, err)
	require.Equal(t, "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com", *oidc.OpenIDConnectProviderArn)
	_, err = c.AddClientIDToOpenIDConnectProvider(ctx, &iam.AddClientIDToOpenIDConnectProviderInput{OpenIDConnectProviderArn: oidc.OpenIDConnectProviderArn, ClientID: aws.String("other")})
	require.NoError(t, err)
	_, err = c.RemoveClientIDFromOpenIDConnectProvider(ctx, &iam.RemoveClientIDFromOpenIDConnectProviderInput{OpenIDConnectProviderArn: oidc.OpenIDConnectProviderArn, ClientID: aws.String("sts.amazonaws.com")})
	require.NoError(t, err)
	got, err := c.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: oidc.OpenIDConnectProviderArn})
	require.NoError(t, err)
	require.Equal(t, "token.actions.githubusercontent.com", *got.Url, "without the scheme")
	require.Equal(t, []string{"other"}, got.ClientIDList)
	require.Len(t, got.ThumbprintList, 1, "AWS reads one itself")
	thumbprint := "0123456789012345678901234567890123456789"
	_, err = c.UpdateOpenIDConnectProviderThumbprint(ctx, &iam.UpdateOpenIDConnectProviderThumbprintInput{OpenIDConnectProviderArn: oidc.OpenIDConnectProviderArn, ThumbprintList: []string{thumbprint}})
	require.NoError(t, err)
	listed, err := c.ListOpenIDConnectProviders(ctx, nil)
	require.NoError(t, err)
	require.Len(t, listed.OpenIDConnectProviderList, 1)
	for _, url := range []string{"http://plain.example.com", "https://token.actions.githubusercontent.com:8443", "https://"} {
		_, err = c.CreateOpenIDConnectProvider(ctx, &iam.CreateOpenIDConnectProviderInput{Url: &url})
		require.Equal(t, "ValidationError", code(err), url)
	}
	_, err = c.DeleteOpenIDConnectProvider(ctx, &iam.DeleteOpenIDConnectProviderInput{OpenIDConnectProviderArn: oidc.OpenIDConnectProviderArn})
	require.NoError(t, err)
	_, err = c.GetOpenIDConnectProvider(ctx, &iam.GetOpenIDConnectProviderInput{OpenIDConnectProviderArn: oidc.OpenIDConnectProviderArn})
	require.Equal(t, "NoSuchEntity", code(err))

	metadata := fmt.Sprintf(`<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" validUntil="2040-01-02T03:04:05Z">%1000s</EntityDescriptor>`, "")
	saml, err := c.CreateSAMLProvider(ctx, &iam.CreateSAMLProviderInput{Name: aws.String("idp"), SAMLMetadataDocument: &metadata})
	require.NoError(t, err)
	require.Equal(t, "arn:aws:iam::123456789012:saml-provider/idp", *saml.SAMLProviderArn)
	provider, err := c.GetSAMLProvider(ctx, &iam.GetSAMLProviderInput{SAMLProviderArn: saml.SAMLProviderArn})
	require.NoError(t, err)
	require.Equal(t, metadata, *provider.SAMLMetadataDocument)
	require.Equal(t, time.Date(2040, 1, 2, 3, 4, 5, 0, time.UTC), *provider.ValidUntil)
	other := fmt.Sprintf(`<Other>%1000s</Other>`, "")
	_, err = c.UpdateSAMLProvider(ctx, &iam.UpdateSAMLProviderInput{SAMLProviderArn: saml.SAMLProviderArn, SAMLMetadataDocument: &other})
	require.Equal(t, "InvalidInput", code(err))
	providers, err := c.ListSAMLProviders(ctx, nil)
	require.NoError(t, err)
	require.Len(t, providers.SAMLProviderList, 1)
	_, err = c.DeleteSAMLProvider(ctx, &iam.DeleteSAMLProviderInput{SAMLProviderArn: saml.SAMLProviderArn})
	require.NoError(t, err)
}
