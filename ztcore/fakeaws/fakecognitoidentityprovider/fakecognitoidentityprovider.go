// Package fakecognitoidentityprovider is the user pools of Amazon Cognito of a fakeaws.Cloud.
//
// Modelled: user pools with their settings, multi-factor authentication, deletion protection and feature plans; app
// clients; domains; resource servers; risk configurations; tags of pools. An update resets what it is not given, as
// Cognito's does. State never shows a client's secret: Snapshot prints its SHA-256 sum.
//
// Not modelled: users, groups, sign-in and tokens, identity providers, messages by SMS or through Amazon SES, triggers,
// branding, replicas, the time that a domain takes to come up, and whether a custom domain's certificate exists.
package fakecognitoidentityprovider

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Service handles user pools.
type Service struct {
	cloud *fakeaws.Cloud
	store *fakeaws.Store[State]
}

// State is what one account has in one region.
type State struct {
	Pools map[string]*Pool // by id
}

// Pool is one user pool.
type Pool struct {
	About    types.UserPoolType // as DescribeUserPool answers it, without domains
	TOTP     bool               // authenticator apps are a factor
	Passkeys *types.WebAuthnConfigurationType
	Prefix   *Domain // nil without
	Custom   *Domain
	Clients  map[string]*Client
	Servers  map[string]*types.ResourceServerType    // by identifier
	Risks    map[string]*types.RiskConfigurationType // by client id; "" for the pool's
}

// Domain is where a pool's sign-in pages are.
type Domain struct {
	Name        string
	Certificate string // of a custom domain
	Version     int32  // of the pages: 1 for the classic hosted UI, 2 for managed login
}

// Client is one app client.
type Client struct {
	About  types.UserPoolClientType // without the secret
	Secret Secret
}

// Secret is a client's secret; empty for a client without.
type Secret struct{ Text string }

// String shows the sum of the secret in its place.
func (s Secret) String() string {
	if s.Text == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(s.Text))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// GoString is String.
func (s Secret) GoString() string { return s.String() }

// MarshalJSON writes String.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// Options is what the SDK's calls take beside their input; the fake ignores it.
type Options = func(*cognitoidentityprovider.Options)

// Install adds user pools to a cloud.
func Install(c *fakeaws.Cloud) {
	s := &Service{cloud: c}
	s.store = fakeaws.NewStore(c, "cognitoidentityprovider", fakeaws.Regional, func(string, string) *State { return &State{Pools: map[string]*Pool{}} })

	settings := []string{
		"AccountRecoverySetting", "AdminCreateUserConfig", "AutoVerifiedAttributes", "DeletionProtection", "DeviceConfiguration", "MfaConfiguration", "Policies.PasswordPolicy",
		"UserAttributeUpdateSettings", "UserPoolAddOns", "UserPoolTags", "UserPoolTier", "VerificationMessageTemplate", "EmailConfiguration", "LambdaConfig",
	}
	fakeaws.On(c, s.CreateUserPool, append([]string{"PoolName", "AliasAttributes", "UsernameAttributes", "UsernameConfiguration"}, settings...)...)
	fakeaws.On(c, s.UpdateUserPool, append([]string{"UserPoolId", "PoolName"}, settings...)...)
	fakeaws.On(c, s.DescribeUserPool, "UserPoolId")
	fakeaws.On(c, s.ListUserPools, "MaxResults", "NextToken")
	fakeaws.On(c, s.DeleteUserPool, "UserPoolId")
	fakeaws.On(c, s.SetUserPoolMfaConfig, "UserPoolId", "MfaConfiguration", "SoftwareTokenMfaConfiguration", "WebAuthnConfiguration")
	fakeaws.On(c, s.GetUserPoolMfaConfig, "UserPoolId")

	client := []string{
		"UserPoolId", "ClientName", "AccessTokenValidity", "AllowedOAuthFlows", "AllowedOAuthFlowsUserPoolClient", "AllowedOAuthScopes", "AuthSessionValidity",
		"CallbackURLs", "DefaultRedirectURI", "EnablePropagateAdditionalUserContextData", "EnableTokenRevocation", "ExplicitAuthFlows", "IdTokenValidity", "LogoutURLs",
		"PreventUserExistenceErrors", "ReadAttributes", "RefreshTokenRotation", "RefreshTokenValidity", "SupportedIdentityProviders", "TokenValidityUnits", "WriteAttributes",
	}
	fakeaws.On(c, s.CreateUserPoolClient, append([]string{"GenerateSecret"}, client...)...)
	fakeaws.On(c, s.UpdateUserPoolClient, append([]string{"ClientId"}, client...)...)
	fakeaws.On(c, s.DescribeUserPoolClient, "UserPoolId", "ClientId")
	fakeaws.On(c, s.ListUserPoolClients, "UserPoolId", "MaxResults", "NextToken")
	fakeaws.On(c, s.DeleteUserPoolClient, "UserPoolId", "ClientId")

	fakeaws.On(c, s.CreateUserPoolDomain, "UserPoolId", "Domain", "CustomDomainConfig", "ManagedLoginVersion")
	fakeaws.On(c, s.UpdateUserPoolDomain, "UserPoolId", "Domain", "CustomDomainConfig", "ManagedLoginVersion")
	fakeaws.On(c, s.DescribeUserPoolDomain, "Domain")
	fakeaws.On(c, s.DeleteUserPoolDomain, "UserPoolId", "Domain")

	fakeaws.On(c, s.CreateResourceServer, "UserPoolId", "Identifier", "Name", "Scopes")
	fakeaws.On(c, s.UpdateResourceServer, "UserPoolId", "Identifier", "Name", "Scopes")
	fakeaws.On(c, s.DescribeResourceServer, "UserPoolId", "Identifier")
	fakeaws.On(c, s.ListResourceServers, "UserPoolId", "MaxResults", "NextToken")
	fakeaws.On(c, s.DeleteResourceServer, "UserPoolId", "Identifier")

	fakeaws.On(c, s.SetRiskConfiguration, "UserPoolId", "ClientId", "AccountTakeoverRiskConfiguration.Actions", "CompromisedCredentialsRiskConfiguration")
	fakeaws.On(c, s.DescribeRiskConfiguration, "UserPoolId", "ClientId")

	fakeaws.On(c, s.TagResource, "ResourceArn", "Tags")
	fakeaws.On(c, s.UntagResource, "ResourceArn", "TagKeys")
	fakeaws.On(c, s.ListTagsForResource, "ResourceArn")
}
