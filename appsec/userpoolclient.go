package appsec

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// UserPoolClient lets an application sign users of a pool in. It has a secret, and takes the authorization-code flow
// alone; tokens are short-lived and can be revoked, and errors do not tell whether a user exists. The application has to
// use PKCE (RFC 7636): Cognito enforces it where a request has a code_challenge, and can't be told to demand one.
//
// Cognito makes the secret. This package never reads it into a state, a plan or a log; the application gets it by
// DescribeUserPoolClient. Whether there is one can't be changed: that makes another client, with another id.
type UserPoolClient struct {
	Name string // 1–128 letters, digits, spaces and +=,.@_-; unique in the pool
	Pool id.UserPool

	CallbackURLs []string // where users come back to, with https; a first one is required
	LogoutURLs   []string
	Scopes       []string // openid and email if nil; those of resource servers as identifier/scope

	AccessTokens  time.Duration // how long access and ID tokens are good, in whole minutes from 5 to 1,440; 15 minutes if zero
	RefreshTokens time.Duration // how long a session can be renewed, in whole minutes, an hour to ten years; 8 hours if zero

	PublicBecause string // why there is no secret: a browser or a phone can't keep one
	// Machine is for a program that signs in as itself, with the client's secret (the client-credentials flow) and no user.
	// It has no CallbackURLs, and Scopes of resource servers.
	Machine bool
}

// ID is the client's id.
func (c UserPoolClient) ID() id.UserPoolClient { return id.UserPoolClient(clients.Ref(c.Name, "ID")) }

// Declare implements ztcore.Resource.
func (c UserPoolClient) Declare(d *ztcore.Declaration) {
	want := clientState{
		Name: c.Name, Pool: string(c.Pool), HasSecret: c.PublicBecause == "", Flows: []string{string(types.OAuthFlowTypeCode)}, Scopes: c.Scopes,
		CallbackURLs: append([]string{}, c.CallbackURLs...), LogoutURLs: append([]string{}, c.LogoutURLs...),
		AccessTokens: cmp.Or(c.AccessTokens, 15*time.Minute).String(), IDTokens: cmp.Or(c.AccessTokens, 15*time.Minute).String(), RefreshTokens: cmp.Or(c.RefreshTokens, 8*time.Hour).String(),
		SignIn: []string{string(types.ExplicitAuthFlowsTypeAllowRefreshTokenAuth)}, Providers: []string{"COGNITO"}, HidesUsers: true, Revocable: true, SessionMinutes: 3,
	}
	switch {
	case c.Machine:
		want.Flows = []string{string(types.OAuthFlowTypeClientCredentials)}
	case c.Scopes == nil:
		want.Scopes = []string{"openid", email}
	}
	n := clients.Declare(d, c.Name, want)
	if c.PublicBecause != "" {
		n.Except("HasSecret", c.PublicBecause)
	}
}

type clientState struct {
	Pool           string   `zt:"key"`
	Name           string   `zt:"key"`
	HasSecret      bool     `zt:"immutable"`
	Flows          []string `zt:"set"` // of OAuth
	Scopes         []string `zt:"set"`
	CallbackURLs   []string `zt:"set"`
	LogoutURLs     []string `zt:"set"`
	AccessTokens   string   // as time.Duration writes it, for people to read
	IDTokens       string
	RefreshTokens  string
	SignIn         []string `zt:"set"` // by API calls; none but the renewal of a session
	Providers      []string `zt:"set"`
	HidesUsers     bool     // errors do not tell whether a user exists
	Revocable      bool     // tokens are
	SessionMinutes int32    // for the whole of a sign-in
	ID             string   `zt:"output"`
}

var clients = &ztcore.Kind[clientState]{
	Name: "appsec.UserPoolClient", Permissions: &clientsNeed, Read: readClients, Create: createClient, Update: updateClient, Delete: deleteClient, Check: checkClient,
	Retry: []ztcore.Retry{modified}, PartOf: true, NotUnique: true, Domain: func(want clientState) string { return poolDomain(want.Pool) },
	Controls: []string{"NIST SP 800-207 tenet 3", "NIST SP 800-207 tenet 6", "CISA ZTMM Identity", "CISA ZTMM Applications and Workloads"},
}

var clientsNeed = ztcore.Permissions{
	Read:   []string{"cognito-idp:DescribeUserPoolClient", "cognito-idp:ListUserPoolClients"},
	Write:  []string{"cognito-idp:CreateUserPoolClient", "cognito-idp:UpdateUserPoolClient"},
	Delete: []string{"cognito-idp:DeleteUserPoolClient"},
}

// clientsAPI makes a client that writes no answers to the SDK's log, whatever the configuration says: they hold secrets.
func clientsAPI(sc *ztcore.Scope) *cognitoidentityprovider.Client {
	return cognitoidentityprovider.NewFromConfig(sc.Config, func(o *cognitoidentityprovider.Options) {
		o.ClientLogMode &^= aws.LogRequestWithBody | aws.LogResponseWithBody
	})
}

// readClients lists the clients of each pool once, and describes those that are looked for.
func readClients(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[clientState]) ([]clientState, error) {
	found := make([][]clientState, len(q.Want))
	err := ztcore.Each(ctx, len(q.Want), func(ctx context.Context, i int) error {
		want := q.Want[i]
		listed, err := ztcore.Memo(ctx, sc, "clients of "+want.Pool, func() (map[string][]string, error) { return listClients(ctx, sc, want.Pool) })
		if err != nil {
			return unlessAbsent(err)
		}
		for _, id := range listed[want.Name] {
			out, err := clientsAPI(sc).DescribeUserPoolClient(ctx, &cognitoidentityprovider.DescribeUserPoolClientInput{UserPoolId: &want.Pool, ClientId: &id})
			if err == nil {
				found[i] = append(found[i], *seenClient(out.UserPoolClient))
			} else if err := unlessAbsent(err); err != nil {
				return err
			}
		}
		return nil
	})
	return slices.Concat(found...), err
}

func createClient(ctx context.Context, sc *ztcore.Scope, want clientState) error {
	in := want.settings()
	_, err := clientsAPI(sc).CreateUserPoolClient(ctx, &cognitoidentityprovider.CreateUserPoolClientInput{
		UserPoolId: in.UserPoolId, ClientName: in.ClientName, GenerateSecret: want.HasSecret, AllowedOAuthFlows: in.AllowedOAuthFlows,
		AllowedOAuthFlowsUserPoolClient: in.AllowedOAuthFlowsUserPoolClient, AllowedOAuthScopes: in.AllowedOAuthScopes, CallbackURLs: in.CallbackURLs, LogoutURLs: in.LogoutURLs,
		AccessTokenValidity: in.AccessTokenValidity, IdTokenValidity: in.IdTokenValidity, RefreshTokenValidity: in.RefreshTokenValidity, TokenValidityUnits: in.TokenValidityUnits,
		ExplicitAuthFlows: in.ExplicitAuthFlows, SupportedIdentityProviders: in.SupportedIdentityProviders, PreventUserExistenceErrors: in.PreventUserExistenceErrors,
		EnableTokenRevocation: in.EnableTokenRevocation, AuthSessionValidity: in.AuthSessionValidity,
	})
	return err
}

// updateClient sends the whole: what is declared, and of all else what the client has now, which Cognito would reset.
func updateClient(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[clientState]) error {
	c := clientsAPI(sc)
	out, err := c.DescribeUserPoolClient(ctx, &cognitoidentityprovider.DescribeUserPoolClientInput{UserPoolId: &u.Have.Pool, ClientId: &u.Have.ID})
	if err != nil {
		return err
	}
	now, in := out.UserPoolClient, u.Want.settings()
	in.ClientId, in.AnalyticsConfiguration, in.EnablePropagateAdditionalUserContextData = &u.Have.ID, now.AnalyticsConfiguration, now.EnablePropagateAdditionalUserContextData
	in.ReadAttributes, in.WriteAttributes = now.ReadAttributes, now.WriteAttributes
	_, err = c.UpdateUserPoolClient(ctx, in)
	return err
}

func deleteClient(ctx context.Context, sc *ztcore.Scope, have clientState) error {
	_, err := clientsAPI(sc).DeleteUserPoolClient(ctx, &cognitoidentityprovider.DeleteUserPoolClientInput{UserPoolId: &have.Pool, ClientId: &have.ID})
	return unlessAbsent(err)
}
