package appsec_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/appsec"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakecognitoidentityprovider"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

const thePool = ztcore.Address("appsec.UserPool/MyUserPool")

var (
	pool   = appsec.UserPool{Name: "MyUserPool"}
	client = appsec.UserPoolClient{Name: "MyAppClient", Pool: pool.ID(), CallbackURLs: []string{"https://app.example.com/callback"}}
	team   = map[string]string{"team": "app"}
)

func cognitoCloud() *fakeaws.Cloud {
	return fakeaws.New(fakests.Install, fakecognitoidentityprovider.Install)
}

// apply plans and applies a baseline named "app".
func apply(t *testing.T, cfg aws.Config, r ztcore.Resource, opts ...ztcore.PlanOption) *ztcore.Plan {
	t.Helper()
	p := plan(t, cfg, r, opts...)
	_, err := p.Apply(t.Context())
	require.NoError(t, err, p)
	return p
}

func plan(t *testing.T, cfg aws.Config, r ztcore.Resource, opts ...ztcore.PlanOption) *ztcore.Plan {
	t.Helper()
	p, err := ztcore.NewBaseline("app", r).Plan(t.Context(), cfg, opts...)
	require.NoError(t, err)
	return p
}

// aPool is the only pool there is.
func aPool(ctx context.Context, cfg aws.Config) (*cognitoidentityprovider.Client, *string, error) {
	c := cognitoidentityprovider.NewFromConfig(cfg)
	out, err := c.ListUserPools(ctx, &cognitoidentityprovider.ListUserPoolsInput{MaxResults: aws.Int32(60)})
	if err != nil {
		return nil, nil, err
	}
	if len(out.UserPools) == 0 {
		return nil, nil, errors.New("no pool")
	}
	return c, out.UserPools[0].Id, nil
}

// withoutMFA is drift: somebody lets users in with a password alone.
func withoutMFA(ctx context.Context, cfg aws.Config) error {
	c, id, err := aPool(ctx, cfg)
	if err == nil {
		_, err = c.SetUserPoolMfaConfig(ctx, &cognitoidentityprovider.SetUserPoolMfaConfigInput{UserPoolId: id, MfaConfiguration: types.UserPoolMfaTypeOff})
	}
	return err
}

func TestUserPoolLife(t *testing.T) {
	at := func(field string) string { return string(thePool) + " " + field }
	renamed := pool
	renamed.MinimumPasswordLength, renamed.PasswordHistory, renamed.TemporaryPasswordDays, renamed.Tags = 16, 12, 3, team
	open := renamed
	open.OptionalMFABecause, open.SelfSignUpBecause, open.NoThreatProtectionBecause, open.DeletableBecause = "a migration", "a public forum", "a test", "a test"
	named := open
	named.SignInByUsername = true
	kindtest.Run(t, kindtest.Case{
		Cloud: cognitoCloud,
		Variants: []kindtest.Variant{
			{Resource: pool},
			{Resource: renamed, Changes: []string{at("Password"), at("Tags")}},
			{Resource: open, Changes: []string{at("MFA"), at("AdminsAddUsers"), at("Tier"), at("ThreatProtection"), at("CustomAuthProtection"), at("DeletionProtection")}},
			{Resource: named, Changes: []string{at("SignInWith")}},
		},
		Drift: withoutMFA,
	})
}

func TestUserPoolClientLife(t *testing.T) {
	at := func(field string) string { return "appsec.UserPoolClient/MyAppClient " + field }
	changed := client
	changed.CallbackURLs, changed.LogoutURLs = []string{"https://app.example.com/back", "https://b.example.com"}, []string{"https://app.example.com/bye"}
	changed.Scopes, changed.AccessTokens, changed.RefreshTokens = []string{"openid", "profile"}, time.Hour, 24*time.Hour
	public := changed
	public.PublicBecause = "a single-page application"
	kindtest.Run(t, kindtest.Case{
		Cloud: cognitoCloud,
		Variants: []kindtest.Variant{
			{Resource: ztcore.List{pool, client}},
			{Resource: ztcore.List{pool, changed}, Changes: []string{at("CallbackURLs"), at("LogoutURLs"), at("Scopes"), at("AccessTokens"), at("IDTokens"), at("RefreshTokens")}},
			{Resource: ztcore.List{pool, public}, Changes: []string{at("HasSecret")}},
		},
		Drift: looserClient,
	})
}

// A program signs in as itself, for the scopes of an API.
func TestResourceServerLife(t *testing.T) {
	orders := appsec.ResourceServer{Identifier: "https://orders.example.com", Pool: pool.ID(), Scopes: map[string]string{"read": "read orders"}}
	more := orders
	more.Scopes = map[string]string{"read": "read all orders", "write": "change orders"}
	program := appsec.UserPoolClient{Name: "billing", Pool: pool.ID(), Machine: true, Scopes: []string{orders.Scope("read")}}
	writer := program
	writer.Scopes = []string{orders.Scope("read"), orders.Scope("write")}
	kindtest.Run(t, kindtest.Case{
		Cloud: cognitoCloud,
		Variants: []kindtest.Variant{
			{Resource: ztcore.List{pool, orders, program}},
			{Resource: ztcore.List{pool, more, writer}, Changes: []string{"appsec.ResourceServer/https://orders.example.com Scopes", "appsec.UserPoolClient/billing Scopes"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			c, id, err := aPool(ctx, cfg)
			if err == nil {
				_, err = c.UpdateResourceServer(ctx, &cognitoidentityprovider.UpdateResourceServerInput{UserPoolId: id, Identifier: aws.String("https://orders.example.com"), Name: aws.String("theirs")})
			}
			return err
		},
	})
}

// looserClient is drift: somebody allows the implicit flow, and errors that tell who is a user.
func looserClient(ctx context.Context, cfg aws.Config) error {
	c, id, err := aPool(ctx, cfg)
	if err != nil {
		return err
	}
	out, err := c.ListUserPoolClients(ctx, &cognitoidentityprovider.ListUserPoolClientsInput{UserPoolId: id, MaxResults: aws.Int32(60)})
	if err == nil {
		_, err = c.UpdateUserPoolClient(ctx, &cognitoidentityprovider.UpdateUserPoolClientInput{
			UserPoolId: id, ClientId: out.UserPoolClients[0].ClientId, AllowedOAuthFlowsUserPoolClient: true, AllowedOAuthFlows: []types.OAuthFlowType{"code", "implicit"},
			AllowedOAuthScopes: []string{"openid", "email"}, CallbackURLs: client.CallbackURLs, PreventUserExistenceErrors: types.PreventUserExistenceErrorTypesLegacy,
			ExplicitAuthFlows: []types.ExplicitAuthFlowsType{types.ExplicitAuthFlowsTypeAllowUserPasswordAuth}, EnableTokenRevocation: aws.Bool(false),
		})
	}
	return err
}

func TestUserPoolDomainLife(t *testing.T) {
	prefix := appsec.UserPoolDomain{Domain: "acme-login", Pool: pool.ID()}
	custom := appsec.UserPoolDomain{Domain: "login.acme.example", Pool: pool.ID(), Certificate: "arn:aws:acm:us-east-1:123456789012:certificate/0"}
	renewed := custom
	renewed.Certificate = "arn:aws:acm:us-east-1:123456789012:certificate/1"
	kindtest.Run(t, kindtest.Case{
		Cloud: cognitoCloud,
		Variants: []kindtest.Variant{
			{Resource: ztcore.List{pool, prefix}},
			{Resource: ztcore.List{pool, prefix, custom}, Changes: []string{"create appsec.UserPoolDomain/login.acme.example"}},
			{Resource: ztcore.List{pool, prefix, renewed}, Changes: []string{"appsec.UserPoolDomain/login.acme.example Certificate"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			c, id, err := aPool(ctx, cfg)
			if err == nil {
				_, err = c.UpdateUserPoolDomain(ctx, &cognitoidentityprovider.UpdateUserPoolDomainInput{UserPoolId: id, Domain: aws.String("acme-login"), ManagedLoginVersion: aws.Int32(1)})
			}
			return err
		},
	})
}

// What nobody declared must survive an update that has to send the whole pool.
func TestUpdateKeepsWhatIsNotDeclared(t *testing.T) {
	cfg := cognitoCloud().Config()
	apply(t, cfg, ztcore.List{pool, client})
	c, id, err := aPool(t.Context(), cfg)
	require.NoError(t, err)
	about, err := c.DescribeUserPool(t.Context(), &cognitoidentityprovider.DescribeUserPoolInput{UserPoolId: id})
	require.NoError(t, err)
	p := about.UserPool
	_, err = c.UpdateUserPool(t.Context(), &cognitoidentityprovider.UpdateUserPoolInput{
		UserPoolId: id, MfaConfiguration: p.MfaConfiguration, Policies: &types.UserPoolPolicyType{PasswordPolicy: p.Policies.PasswordPolicy}, UserPoolTier: p.UserPoolTier, UserPoolAddOns: p.UserPoolAddOns,
		LambdaConfig: &types.LambdaConfigType{PreSignUp: aws.String("arn:aws:lambda:us-east-1:123456789012:function:check")}, UserPoolTags: map[string]string{"theirs": "kept"},
	})
	require.NoError(t, err)

	apply(t, cfg, ztcore.Adopt(pool, client))
	about, err = c.DescribeUserPool(t.Context(), &cognitoidentityprovider.DescribeUserPoolInput{UserPoolId: id})
	require.NoError(t, err)
	require.Equal(t, types.DeletionProtectionTypeActive, about.UserPool.DeletionProtection)
	require.True(t, about.UserPool.AdminCreateUserConfig.AllowAdminCreateUserOnly)
	require.Equal(t, "arn:aws:lambda:us-east-1:123456789012:function:check", *about.UserPool.LambdaConfig.PreSignUp)
	require.Equal(t, "kept", about.UserPool.UserPoolTags["theirs"])
}

// Passkeys are nothing that a plan looks at, and setting factors must not lose them.
func TestPasskeysStay(t *testing.T) {
	cfg := cognitoCloud().Config()
	apply(t, cfg, pool)
	c, id, err := aPool(t.Context(), cfg)
	require.NoError(t, err)
	_, err = c.SetUserPoolMfaConfig(t.Context(), &cognitoidentityprovider.SetUserPoolMfaConfigInput{
		UserPoolId: id, MfaConfiguration: types.UserPoolMfaTypeOptional, SoftwareTokenMfaConfiguration: &types.SoftwareTokenMfaConfigType{Enabled: true},
		WebAuthnConfiguration: &types.WebAuthnConfigurationType{RelyingPartyId: aws.String("app.example.com"), UserVerification: types.UserVerificationTypeRequired},
	})
	require.NoError(t, err)
	apply(t, cfg, pool)
	out, err := c.GetUserPoolMfaConfig(t.Context(), &cognitoidentityprovider.GetUserPoolMfaConfigInput{UserPoolId: id})
	require.NoError(t, err)
	require.Equal(t, types.UserPoolMfaTypeOn, out.MfaConfiguration)
	require.Equal(t, "app.example.com", *out.WebAuthnConfiguration.RelyingPartyId)
}

func TestPoolIsRetainedUnlessItIsNamed(t *testing.T) {
	cfg := cognitoCloud().Config()
	all := ztcore.List{pool, client, appsec.UserPoolDomain{Domain: "acme-login", Pool: pool.ID()}}
	apply(t, cfg, all)
	apply(t, cfg, all, ztcore.Destroy())
	_, _, err := aPool(t.Context(), cfg)
	require.NoError(t, err, "it holds its users")
	apply(t, cfg, all, ztcore.Destroy(), ztcore.AllowDelete(thePool))
	_, _, err = aPool(t.Context(), cfg)
	require.ErrorContains(t, err, "no pool", "protected or not")
}

func TestClientSecretShowsNowhere(t *testing.T) {
	cfg := cognitoCloud().Config()
	p := apply(t, cfg, ztcore.List{pool, client})
	c, id, err := aPool(t.Context(), cfg)
	require.NoError(t, err)
	listed, err := c.ListUserPoolClients(t.Context(), &cognitoidentityprovider.ListUserPoolClientsInput{UserPoolId: id, MaxResults: aws.Int32(1)})
	require.NoError(t, err)
	about, err := c.DescribeUserPoolClient(t.Context(), &cognitoidentityprovider.DescribeUserPoolClientInput{UserPoolId: id, ClientId: listed.UserPoolClients[0].ClientId})
	require.NoError(t, err)
	secret := *about.UserPoolClient.ClientSecret
	again := plan(t, cfg, ztcore.List{pool, client}, ztcore.Destroy(), ztcore.AllowDelete(thePool))
	for _, p := range []*ztcore.Plan{p, again} {
		text, err := p.MarshalJSON()
		require.NoError(t, err)
		require.NotContains(t, string(text)+p.String(), secret)
	}
}

func TestTwoClientsOfOneNameAreAConflictThatNamesBoth(t *testing.T) {
	cfg := cognitoCloud().Config()
	apply(t, cfg, ztcore.List{pool, client})
	c, id, err := aPool(t.Context(), cfg)
	require.NoError(t, err)
	second, err := c.CreateUserPoolClient(t.Context(), &cognitoidentityprovider.CreateUserPoolClientInput{UserPoolId: id, ClientName: aws.String("MyAppClient")})
	require.NoError(t, err)
	p := plan(t, cfg, ztcore.List{pool, client})
	_, err = p.Apply(t.Context())
	var conflict *ztcore.ConflictError
	require.ErrorAs(t, err, &conflict)
	require.ErrorContains(t, err, "MyAppClient")
	require.ErrorContains(t, err, *second.UserPoolClient.ClientId)
	require.ErrorContains(t, err, "delete or rename all but one")
}

func TestWhatCognitoRefusesIsFoundBefore(t *testing.T) {
	with := func(change func(*appsec.UserPoolClient)) ztcore.Resource {
		c := client
		change(&c)
		return ztcore.List{pool, c}
	}
	for want, r := range map[string]ztcore.Resource{
		`does not take the name "a/b"`:     appsec.UserPool{Name: "a/b"},
		"use 6 to 99":                      appsec.UserPool{Name: "a", MinimumPasswordLength: 100},
		"use 1 to 24":                      appsec.UserPool{Name: "a", PasswordHistory: 25},
		"use 1 to 365":                     appsec.UserPool{Name: "a", TemporaryPasswordDays: -1},
		"no URL to come back to":           with(func(c *appsec.UserPoolClient) { c.CallbackURLs = nil }),
		"no URL with https":                with(func(c *appsec.UserPoolClient) { c.CallbackURLs = []string{"http://app.example.com"} }),
		"without a fragment":               with(func(c *appsec.UserPoolClient) { c.LogoutURLs = []string{"https://app.example.com/#top"} }),
		"no lifetime of an access token":   with(func(c *appsec.UserPoolClient) { c.AccessTokens = time.Minute }),
		"no lifetime of a refresh token":   with(func(c *appsec.UserPoolClient) { c.RefreshTokens = 10 * time.Minute }),
		"no scope is allowed":              with(func(c *appsec.UserPoolClient) { c.Scopes = []string{} }),
		"comes back to a program":          with(func(c *appsec.UserPoolClient) { c.Machine = true }),
		"signs in with a secret":           with(func(c *appsec.UserPoolClient) { c.Machine, c.PublicBecause = true, "x" }),
		"not for programs":                 with(func(c *appsec.UserPoolClient) { c.Machine, c.Scopes = true, []string{"openid"} }),
		"is no identifier":                 appsec.ResourceServer{Identifier: "a b", Pool: "us-east-1_AbCdEfGhI"},
		`"a/b" is no scope`:                appsec.ResourceServer{Identifier: "a", Pool: "us-east-1_AbCdEfGhI", Scopes: map[string]string{"a/b": "x"}},
		"no pool is named":                 with(func(c *appsec.UserPoolClient) { c.Pool = "" }),
		`"Acme" can't be a domain's`:       appsec.UserPoolDomain{Domain: "Acme", Pool: "us-east-1_AbCdEfGhI"},
		"can't hold the word cognito":      appsec.UserPoolDomain{Domain: "my-cognito", Pool: "us-east-1_AbCdEfGhI"},
		`"login" can't be a custom domain`: appsec.UserPoolDomain{Domain: "login", Pool: "us-east-1_AbCdEfGhI", Certificate: "arn:aws:acm:us-east-1:123456789012:certificate/0"},
	} {
		require.ErrorContains(t, ztcore.NewBaseline("app", r).Check(), want)
	}
}

func TestWeakChoicesAreFindings(t *testing.T) {
	weak, long := pool, client
	weak.MinimumPasswordLength, long.RefreshTokens = 6, 31*24*time.Hour
	p := plan(t, cognitoCloud().Config(), ztcore.List{weak, long})
	var found []string
	for _, f := range p.Findings {
		found = append(found, f.Guardrail)
	}
	require.ElementsMatch(t, []string{"appsec.weak-passwords", "appsec.long-sessions"}, found)
	var blocked *ztcore.BlockedError
	_, err := p.Apply(t.Context())
	require.ErrorAs(t, err, &blocked)
}

// Cognito makes a second client of the same name. The run whose client has the greater id removes its own.
func TestTwoRunsAtOnceMakeOneClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := cognitoCloud()
		apply(t, cloud.Config(), pool)
		cloud.SetLatency(50 * time.Millisecond)
		done := make(chan error, 2)
		for range 2 {
			go func() {
				p, err := ztcore.NewBaseline("app", pool, client).Plan(t.Context(), cloud.Config())
				if err == nil {
					_, err = p.Apply(t.Context())
				}
				done <- err
			}()
		}
		require.NoError(t, <-done)
		require.NoError(t, <-done)
		c, id, err := aPool(t.Context(), cloud.Config())
		require.NoError(t, err)
		left, err := c.ListUserPoolClients(t.Context(), &cognitoidentityprovider.ListUserPoolClientsInput{UserPoolId: id})
		require.NoError(t, err)
		require.Len(t, left.UserPoolClients, 1)
	})
}
