package fakecognitoidentityprovider_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakecognitoidentityprovider"
)

type client = cognitoidentityprovider.Client

var ctx = context.Background()

// newPool makes a cloud with one pool and one client with a secret.
func newPool(t *testing.T) (cloud *fakeaws.Cloud, c *client, pool, app *string) {
	t.Helper()
	cloud = fakeaws.New(fakecognitoidentityprovider.Install)
	c = cognitoidentityprovider.NewFromConfig(cloud.Config())
	made, err := c.CreateUserPool(ctx, &cognitoidentityprovider.CreateUserPoolInput{PoolName: aws.String("MyUserPool")})
	require.NoError(t, err)
	about, err := c.CreateUserPoolClient(ctx, &cognitoidentityprovider.CreateUserPoolClientInput{UserPoolId: made.UserPool.Id, ClientName: aws.String("MyAppClient"), GenerateSecret: true})
	require.NoError(t, err)
	return cloud, c, made.UserPool.Id, about.UserPoolClient.ClientId
}

func TestDefaults(t *testing.T) {
	_, c, pool, app := newPool(t)
	out, err := c.DescribeUserPool(ctx, &cognitoidentityprovider.DescribeUserPoolInput{UserPoolId: pool})
	require.NoError(t, err)
	p := out.UserPool
	require.Regexp(t, `^us-east-1_[A-Z0-9]{9}$`, *p.Id)
	require.Equal(t, "arn:aws:cognito-idp:us-east-1:123456789012:userpool/"+*p.Id, *p.Arn)
	require.Equal(t, types.UserPoolTierTypeEssentials, p.UserPoolTier)
	require.Equal(t, types.DeletionProtectionTypeInactive, p.DeletionProtection)
	require.Equal(t, types.UserPoolMfaTypeOff, p.MfaConfiguration)
	require.EqualValues(t, 8, *p.Policies.PasswordPolicy.MinimumLength)
	require.False(t, p.AdminCreateUserConfig.AllowAdminCreateUserOnly)

	about, err := c.DescribeUserPoolClient(ctx, &cognitoidentityprovider.DescribeUserPoolClientInput{UserPoolId: pool, ClientId: app})
	require.NoError(t, err)
	require.Len(t, *about.UserPoolClient.ClientId, 26)
	require.Len(t, *about.UserPoolClient.ClientSecret, 51)
	require.EqualValues(t, 30, about.UserPoolClient.RefreshTokenValidity)
	require.True(t, *about.UserPoolClient.EnableTokenRevocation)
}

func TestSecretsNeverShow(t *testing.T) {
	cloud, c, pool, app := newPool(t)
	about, err := c.DescribeUserPoolClient(ctx, &cognitoidentityprovider.DescribeUserPoolClientInput{UserPoolId: pool, ClientId: app})
	require.NoError(t, err)
	secret := *about.UserPoolClient.ClientSecret
	require.NotContains(t, cloud.Snapshot(), secret)
	require.Contains(t, cloud.Snapshot(), "sha256:")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		require.NotContains(t, fmt.Sprintf(verb, fakecognitoidentityprovider.Secret{Text: secret}), secret)
	}
}

func TestUpdateResetsWhatItIsNotGiven(t *testing.T) {
	_, c, pool, app := newPool(t)
	_, err := c.UpdateUserPool(ctx, &cognitoidentityprovider.UpdateUserPoolInput{
		UserPoolId: pool, DeletionProtection: types.DeletionProtectionTypeActive, AutoVerifiedAttributes: []types.VerifiedAttributeType{"email"}, UserPoolTags: map[string]string{"team": "app"},
	})
	require.NoError(t, err)
	_, err = c.DeleteUserPool(ctx, &cognitoidentityprovider.DeleteUserPoolInput{UserPoolId: pool})
	requireCode(t, err, "InvalidParameterException")

	_, err = c.UpdateUserPool(ctx, &cognitoidentityprovider.UpdateUserPoolInput{UserPoolId: pool, PoolName: aws.String("Renamed")})
	require.NoError(t, err)
	out, err := c.DescribeUserPool(ctx, &cognitoidentityprovider.DescribeUserPoolInput{UserPoolId: pool})
	require.NoError(t, err)
	require.Equal(t, types.DeletionProtectionTypeInactive, out.UserPool.DeletionProtection)
	require.Empty(t, out.UserPool.AutoVerifiedAttributes)
	require.Equal(t, "Renamed", *out.UserPool.Name)
	require.Equal(t, map[string]string{"team": "app"}, out.UserPool.UserPoolTags)

	_, err = c.UpdateUserPoolClient(ctx, &cognitoidentityprovider.UpdateUserPoolClientInput{UserPoolId: pool, ClientId: app, PreventUserExistenceErrors: "ENABLED"})
	require.NoError(t, err)
	about, err := c.UpdateUserPoolClient(ctx, &cognitoidentityprovider.UpdateUserPoolClientInput{UserPoolId: pool, ClientId: app})
	require.NoError(t, err)
	require.Empty(t, about.UserPoolClient.PreventUserExistenceErrors)
	require.Equal(t, "MyAppClient", *about.UserPoolClient.ClientName)
}

func TestFactors(t *testing.T) {
	_, c, pool, _ := newPool(t)
	_, err := c.SetUserPoolMfaConfig(ctx, &cognitoidentityprovider.SetUserPoolMfaConfigInput{UserPoolId: pool, MfaConfiguration: "ON", SoftwareTokenMfaConfiguration: &types.SoftwareTokenMfaConfigType{Enabled: true}})
	require.NoError(t, err)
	got, err := c.GetUserPoolMfaConfig(ctx, &cognitoidentityprovider.GetUserPoolMfaConfigInput{UserPoolId: pool})
	require.NoError(t, err)
	require.True(t, got.SoftwareTokenMfaConfiguration.Enabled)
	_, err = c.UpdateUserPool(ctx, &cognitoidentityprovider.UpdateUserPoolInput{UserPoolId: pool})
	require.NoError(t, err)
	got, err = c.GetUserPoolMfaConfig(ctx, &cognitoidentityprovider.GetUserPoolMfaConfigInput{UserPoolId: pool})
	require.NoError(t, err)
	require.Equal(t, types.UserPoolMfaTypeOff, got.MfaConfiguration, "an update without it turns it off")
}

func TestDomains(t *testing.T) {
	cloud, c, pool, _ := newPool(t)
	unknown, err := c.DescribeUserPoolDomain(ctx, &cognitoidentityprovider.DescribeUserPoolDomainInput{Domain: aws.String("acme")})
	require.NoError(t, err)
	require.Nil(t, unknown.DomainDescription.Domain, "no error for what does not exist")
	_, err = c.CreateUserPoolDomain(ctx, &cognitoidentityprovider.CreateUserPoolDomainInput{UserPoolId: pool, Domain: aws.String("acme"), ManagedLoginVersion: aws.Int32(2)})
	require.NoError(t, err)
	_, err = c.CreateUserPoolDomain(ctx, &cognitoidentityprovider.CreateUserPoolDomainInput{UserPoolId: pool, Domain: aws.String("login.acme.example"), CustomDomainConfig: &types.CustomDomainConfigType{CertificateArn: aws.String("arn:aws:acm:us-east-1:123456789012:certificate/x")}})
	require.NoError(t, err)
	_, err = c.DeleteUserPool(ctx, &cognitoidentityprovider.DeleteUserPoolInput{UserPoolId: pool})
	requireCode(t, err, "InvalidParameterException")

	other := cognitoidentityprovider.NewFromConfig(cloud.ConfigFor("210987654321", "us-east-1"))
	made, err := other.CreateUserPool(ctx, &cognitoidentityprovider.CreateUserPoolInput{PoolName: aws.String("theirs")})
	require.NoError(t, err)
	_, err = other.CreateUserPoolDomain(ctx, &cognitoidentityprovider.CreateUserPoolDomainInput{UserPoolId: made.UserPool.Id, Domain: aws.String("acme")})
	requireCode(t, err, "InvalidParameterException")

	_, err = c.UpdateUserPoolDomain(ctx, &cognitoidentityprovider.UpdateUserPoolDomainInput{UserPoolId: pool, Domain: aws.String("acme"), ManagedLoginVersion: aws.Int32(1)})
	require.NoError(t, err)
	got, err := c.DescribeUserPoolDomain(ctx, &cognitoidentityprovider.DescribeUserPoolDomainInput{Domain: aws.String("acme")})
	require.NoError(t, err)
	require.EqualValues(t, 1, *got.DomainDescription.ManagedLoginVersion)
	for _, d := range []string{"acme", "login.acme.example"} {
		_, err = c.DeleteUserPoolDomain(ctx, &cognitoidentityprovider.DeleteUserPoolDomainInput{UserPoolId: pool, Domain: &d})
		require.NoError(t, err)
	}
	_, err = c.DeleteUserPool(ctx, &cognitoidentityprovider.DeleteUserPoolInput{UserPoolId: pool})
	require.NoError(t, err)
}

func TestScopesAreThoseOfResourceServers(t *testing.T) {
	_, c, pool, app := newPool(t)
	orders := &cognitoidentityprovider.CreateResourceServerInput{UserPoolId: pool, Identifier: aws.String("orders"), Name: aws.String("orders"), Scopes: []types.ResourceServerScopeType{{ScopeName: aws.String("read"), ScopeDescription: aws.String("read")}}}
	allow := &cognitoidentityprovider.UpdateUserPoolClientInput{UserPoolId: pool, ClientId: app, AllowedOAuthFlowsUserPoolClient: true, AllowedOAuthFlows: []types.OAuthFlowType{"client_credentials"}, AllowedOAuthScopes: []string{"orders/read"}}
	_, err := c.UpdateUserPoolClient(ctx, allow)
	requireCode(t, err, "ScopeDoesNotExistException")
	_, err = c.CreateResourceServer(ctx, orders)
	require.NoError(t, err)
	_, err = c.UpdateUserPoolClient(ctx, allow)
	require.NoError(t, err)
	_, err = c.CreateResourceServer(ctx, orders)
	requireCode(t, err, "InvalidParameterException")
	_, err = c.UpdateResourceServer(ctx, &cognitoidentityprovider.UpdateResourceServerInput{UserPoolId: pool, Identifier: orders.Identifier, Name: aws.String("Orders")})
	require.NoError(t, err)
	got, err := c.DescribeResourceServer(ctx, &cognitoidentityprovider.DescribeResourceServerInput{UserPoolId: pool, Identifier: orders.Identifier})
	require.NoError(t, err)
	require.Equal(t, "Orders", *got.ResourceServer.Name)
	require.Empty(t, got.ResourceServer.Scopes)
	_, err = c.DeleteResourceServer(ctx, &cognitoidentityprovider.DeleteResourceServerInput{UserPoolId: pool, Identifier: orders.Identifier})
	require.NoError(t, err)
	_, err = c.DescribeResourceServer(ctx, &cognitoidentityprovider.DescribeResourceServerInput{UserPoolId: pool, Identifier: orders.Identifier})
	requireCode(t, err, "ResourceNotFoundException")
}

func TestPagesOfOne(t *testing.T) {
	_, c, pool, _ := newPool(t)
	for _, n := range []string{"a", "b"} {
		_, err := c.CreateUserPool(ctx, &cognitoidentityprovider.CreateUserPoolInput{PoolName: &n})
		require.NoError(t, err)
		_, err = c.CreateUserPoolClient(ctx, &cognitoidentityprovider.CreateUserPoolClientInput{UserPoolId: pool, ClientName: &n})
		require.NoError(t, err)
		_, err = c.CreateResourceServer(ctx, &cognitoidentityprovider.CreateResourceServerInput{UserPoolId: pool, Identifier: &n, Name: &n})
		require.NoError(t, err)
	}
	pools := cognitoidentityprovider.NewListUserPoolsPaginator(c, &cognitoidentityprovider.ListUserPoolsInput{MaxResults: aws.Int32(1)})
	n := 0
	for ; pools.HasMorePages(); n++ {
		page, err := pools.NextPage(ctx)
		require.NoError(t, err)
		require.Len(t, page.UserPools, 1)
	}
	require.Equal(t, 3, n)
	clients := cognitoidentityprovider.NewListUserPoolClientsPaginator(c, &cognitoidentityprovider.ListUserPoolClientsInput{UserPoolId: pool, MaxResults: aws.Int32(1)})
	for n = 0; clients.HasMorePages(); n++ {
		page, err := clients.NextPage(ctx)
		require.NoError(t, err)
		require.Len(t, page.UserPoolClients, 1)
	}
	require.Equal(t, 3, n)
	servers := cognitoidentityprovider.NewListResourceServersPaginator(c, &cognitoidentityprovider.ListResourceServersInput{UserPoolId: pool, MaxResults: aws.Int32(1)})
	for n = 0; servers.HasMorePages(); n++ {
		page, err := servers.NextPage(ctx)
		require.NoError(t, err)
		require.Len(t, page.ResourceServers, 1)
	}
	require.Equal(t, 2, n)
}

func TestTags(t *testing.T) {
	_, c, pool, _ := newPool(t)
	out, err := c.DescribeUserPool(ctx, &cognitoidentityprovider.DescribeUserPoolInput{UserPoolId: pool})
	require.NoError(t, err)
	arn := out.UserPool.Arn
	_, err = c.TagResource(ctx, &cognitoidentityprovider.TagResourceInput{ResourceArn: arn, Tags: map[string]string{"a": "1", "b": "2"}})
	require.NoError(t, err)
	_, err = c.UntagResource(ctx, &cognitoidentityprovider.UntagResourceInput{ResourceArn: arn, TagKeys: []string{"a", "zz"}})
	require.NoError(t, err)
	tags, err := c.ListTagsForResource(ctx, &cognitoidentityprovider.ListTagsForResourceInput{ResourceArn: arn})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"b": "2"}, tags.Tags)
}

func TestRiskConfiguration(t *testing.T) {
	_, c, pool, app := newPool(t)
	set := &cognitoidentityprovider.SetRiskConfigurationInput{UserPoolId: pool, CompromisedCredentialsRiskConfiguration: &types.CompromisedCredentialsRiskConfigurationType{Actions: &types.CompromisedCredentialsActionsType{EventAction: "BLOCK"}}}
	_, err := c.SetRiskConfiguration(ctx, set)
	requireCode(t, err, "UserPoolAddOnNotEnabledException")
	_, err = c.UpdateUserPool(ctx, &cognitoidentityprovider.UpdateUserPoolInput{UserPoolId: pool, UserPoolTier: "PLUS", UserPoolAddOns: &types.UserPoolAddOnsType{AdvancedSecurityMode: "ENFORCED"}})
	require.NoError(t, err)
	_, err = c.SetRiskConfiguration(ctx, set)
	require.NoError(t, err)
	got, err := c.DescribeRiskConfiguration(ctx, &cognitoidentityprovider.DescribeRiskConfigurationInput{UserPoolId: pool})
	require.NoError(t, err)
	require.Equal(t, types.CompromisedCredentialsEventActionTypeBlock, got.RiskConfiguration.CompromisedCredentialsRiskConfiguration.Actions.EventAction)
	of, err := c.DescribeRiskConfiguration(ctx, &cognitoidentityprovider.DescribeRiskConfigurationInput{UserPoolId: pool, ClientId: app})
	require.NoError(t, err)
	require.Nil(t, of.RiskConfiguration.CompromisedCredentialsRiskConfiguration, "a client's is its own")
}

func requireCode(t *testing.T, err error, code string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, code, api.ErrorCode(), err)
}

func TestRefusals(t *testing.T) {
	_, c, pool, app := newPool(t)
	https := []string{"https://app.example.com/callback"}
	code := []types.OAuthFlowType{"code"}
	update := func(in cognitoidentityprovider.UpdateUserPoolClientInput) func() error {
		in.UserPoolId, in.ClientId = pool, app
		return func() error { _, err := c.UpdateUserPoolClient(ctx, &in); return err }
	}
	create := func(in cognitoidentityprovider.CreateUserPoolInput) func() error {
		if in.PoolName == nil {
			in.PoolName = aws.String("x")
		}
		return func() error { _, err := c.CreateUserPool(ctx, &in); return err }
	}
	password := func(p types.PasswordPolicyType) cognitoidentityprovider.CreateUserPoolInput {
		return cognitoidentityprovider.CreateUserPoolInput{Policies: &types.UserPoolPolicyType{PasswordPolicy: &p}, UserPoolTier: "LITE"}
	}
	for name, r := range map[string]struct {
		code string
		call func() error
	}{
		"unknown pool": {"ResourceNotFoundException", func() error {
			_, err := c.DescribeUserPool(ctx, &cognitoidentityprovider.DescribeUserPoolInput{UserPoolId: aws.String("us-east-1_x")})
			return err
		}},
		"unknown client": {"ResourceNotFoundException", func() error {
			_, err := c.DeleteUserPoolClient(ctx, &cognitoidentityprovider.DeleteUserPoolClientInput{UserPoolId: pool, ClientId: aws.String("x")})
			return err
		}},
		"unknown domain": {"InvalidParameterException", func() error {
			_, err := c.DeleteUserPoolDomain(ctx, &cognitoidentityprovider.DeleteUserPoolDomainInput{UserPoolId: pool, Domain: aws.String("x")})
			return err
		}},
		"name":                       {"InvalidParameterException", create(cognitoidentityprovider.CreateUserPoolInput{PoolName: aws.String("a/b")})},
		"MFA without a factor":       {"InvalidParameterException", create(cognitoidentityprovider.CreateUserPoolInput{MfaConfiguration: "ON"})},
		"short passwords":            {"InvalidParameterException", create(password(types.PasswordPolicyType{MinimumLength: aws.Int32(5)}))},
		"history on Lite":            {"FeatureUnavailableInTierException", create(password(types.PasswordPolicyType{PasswordHistorySize: aws.Int32(5)}))},
		"alias and username":         {"InvalidParameterException", create(cognitoidentityprovider.CreateUserPoolInput{AliasAttributes: []types.AliasAttributeType{"email"}, UsernameAttributes: []types.UsernameAttributeType{"email"}})},
		"verification of unverified": {"InvalidParameterException", create(cognitoidentityprovider.CreateUserPoolInput{UserAttributeUpdateSettings: &types.UserAttributeUpdateSettingsType{AttributesRequireVerificationBeforeUpdate: []types.VerifiedAttributeType{"email"}}})},
		"recovery":                   {"InvalidParameterException", create(cognitoidentityprovider.CreateUserPoolInput{AccountRecoverySetting: &types.AccountRecoverySettingType{RecoveryMechanisms: []types.RecoveryOptionType{{Name: "verified_email", Priority: aws.Int32(3)}}}})},
		"reserved tag":               {"UserPoolTaggingException", create(cognitoidentityprovider.CreateUserPoolInput{UserPoolTags: map[string]string{"aws:x": ""}})},
		"factor while off": {"InvalidParameterException", func() error {
			_, err := c.SetUserPoolMfaConfig(ctx, &cognitoidentityprovider.SetUserPoolMfaConfigInput{UserPoolId: pool, MfaConfiguration: "OFF", SoftwareTokenMfaConfiguration: &types.SoftwareTokenMfaConfigType{Enabled: true}})
			return err
		}},
		"no factor while on": {"InvalidParameterException", func() error {
			_, err := c.SetUserPoolMfaConfig(ctx, &cognitoidentityprovider.SetUserPoolMfaConfigInput{UserPoolId: pool, MfaConfiguration: "OPTIONAL"})
			return err
		}},
		"reserved word": {"InvalidParameterException", func() error {
			_, err := c.CreateUserPoolDomain(ctx, &cognitoidentityprovider.CreateUserPoolDomainInput{UserPoolId: pool, Domain: aws.String("my-aws-app")})
			return err
		}},
		"page size": {"InvalidParameterException", func() error {
			_, err := c.ListUserPools(ctx, &cognitoidentityprovider.ListUserPoolsInput{MaxResults: aws.Int32(61)})
			return err
		}},
		"page token": {"InvalidParameterException", func() error {
			_, err := c.ListUserPools(ctx, &cognitoidentityprovider.ListUserPoolsInput{MaxResults: aws.Int32(1), NextToken: aws.String("x")})
			return err
		}},
		"flows without scopes":   {"InvalidOAuthFlowException", update(cognitoidentityprovider.UpdateUserPoolClientInput{AllowedOAuthFlowsUserPoolClient: true, AllowedOAuthFlows: code, CallbackURLs: https})},
		"flows that don't mix":   {"InvalidOAuthFlowException", update(cognitoidentityprovider.UpdateUserPoolClientInput{AllowedOAuthFlowsUserPoolClient: true, AllowedOAuthFlows: []types.OAuthFlowType{"code", "client_credentials"}, AllowedOAuthScopes: []string{"openid"}, CallbackURLs: https})},
		"no callback":            {"InvalidParameterException", update(cognitoidentityprovider.UpdateUserPoolClientInput{AllowedOAuthFlowsUserPoolClient: true, AllowedOAuthFlows: code, AllowedOAuthScopes: []string{"openid"}})},
		"callback without TLS":   {"InvalidParameterException", update(cognitoidentityprovider.UpdateUserPoolClientInput{CallbackURLs: []string{"http://app.example.com"}})},
		"default is no callback": {"InvalidParameterException", update(cognitoidentityprovider.UpdateUserPoolClientInput{CallbackURLs: https, DefaultRedirectURI: aws.String("https://x")})},
		"token outlives refresh": {"InvalidParameterException", update(cognitoidentityprovider.UpdateUserPoolClientInput{AccessTokenValidity: aws.Int32(24), RefreshTokenValidity: 2, TokenValidityUnits: &types.TokenValidityUnitsType{RefreshToken: "hours"}})},
		"token of a minute":      {"InvalidParameterException", update(cognitoidentityprovider.UpdateUserPoolClientInput{AccessTokenValidity: aws.Int32(1), TokenValidityUnits: &types.TokenValidityUnitsType{AccessToken: "minutes"}})},
		"session":                {"InvalidParameterException", update(cognitoidentityprovider.UpdateUserPoolClientInput{AuthSessionValidity: aws.Int32(60)})},
		"unknown provider":       {"InvalidParameterException", update(cognitoidentityprovider.UpdateUserPoolClientInput{SupportedIdentityProviders: []string{"Okta"}})},
		"rotation and refresh":   {"InvalidParameterException", update(cognitoidentityprovider.UpdateUserPoolClientInput{RefreshTokenRotation: &types.RefreshTokenRotationType{Feature: "ENABLED"}, ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_REFRESH_TOKEN_AUTH"}})},
		"unknown flow":           {"InvalidParameterException", update(cognitoidentityprovider.UpdateUserPoolClientInput{ExplicitAuthFlows: []types.ExplicitAuthFlowsType{"ALLOW_ALL"}})},
	} {
		t.Run(name, func(t *testing.T) { requireCode(t, r.call(), r.code) })
	}
	var typed *types.ResourceNotFoundException
	_, err := c.DeleteUserPool(ctx, &cognitoidentityprovider.DeleteUserPoolInput{UserPoolId: aws.String("us-east-1_x")})
	require.ErrorAs(t, err, &typed)
}
