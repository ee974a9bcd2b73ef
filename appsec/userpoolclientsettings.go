package appsec

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// listClients has the ids by name.
func listClients(ctx context.Context, sc *ztcore.Scope, pool string) (map[string][]string, error) {
	ids := map[string][]string{}
	in := &cognitoidentityprovider.ListUserPoolClientsInput{UserPoolId: &pool, MaxResults: aws.Int32(listPage)}
	for {
		page, err := clientsAPI(sc).ListUserPoolClients(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, c := range page.UserPoolClients {
			name := aws.ToString(c.ClientName)
			ids[name] = append(ids[name], aws.ToString(c.ClientId))
		}
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return ids, nil
		}
	}
}

// seenClient leaves the secret behind.
func seenClient(c *types.UserPoolClientType) *clientState {
	units := types.TokenValidityUnitsType{}
	if c.TokenValidityUnits != nil {
		units = *c.TokenValidityUnits
	}
	s := &clientState{
		Pool: aws.ToString(c.UserPoolId), Name: aws.ToString(c.ClientName), ID: aws.ToString(c.ClientId), HasSecret: aws.ToString(c.ClientSecret) != "",
		Scopes: c.AllowedOAuthScopes, CallbackURLs: c.CallbackURLs, LogoutURLs: c.LogoutURLs, SignIn: texts(c.ExplicitAuthFlows), Providers: c.SupportedIdentityProviders,
		// Cognito's own lifetimes where none were set.
		AccessTokens: time.Hour.String(), IDTokens: time.Hour.String(), RefreshTokens: lifetime(c.RefreshTokenValidity, units.RefreshToken, 24*time.Hour),
		HidesUsers: c.PreventUserExistenceErrors == types.PreventUserExistenceErrorTypesEnabled, Revocable: aws.ToBool(c.EnableTokenRevocation), SessionMinutes: aws.ToInt32(c.AuthSessionValidity),
	}
	if aws.ToBool(c.AllowedOAuthFlowsUserPoolClient) {
		s.Flows = texts(c.AllowedOAuthFlows)
	}
	if c.AccessTokenValidity != nil {
		s.AccessTokens = lifetime(*c.AccessTokenValidity, units.AccessToken, time.Hour)
	}
	if c.IdTokenValidity != nil {
		s.IDTokens = lifetime(*c.IdTokenValidity, units.IdToken, time.Hour)
	}
	return s
}

func lifetime(n int32, unit types.TimeUnitsType, otherwise time.Duration) string {
	each, ok := map[types.TimeUnitsType]time.Duration{
		types.TimeUnitsTypeSeconds: time.Second, types.TimeUnitsTypeMinutes: time.Minute, types.TimeUnitsTypeHours: time.Hour, types.TimeUnitsTypeDays: 24 * time.Hour,
	}[unit]
	if !ok {
		each = otherwise
	}
	return (time.Duration(n) * each).String()
}

func minutes(lifetime string) int32 {
	d, _ := time.ParseDuration(lifetime) // written by Declare
	return int32(d / time.Minute)
}

// settings is all that UpdateUserPoolClient is to be given of what is declared.
func (s clientState) settings() *cognitoidentityprovider.UpdateUserPoolClientInput {
	in := &cognitoidentityprovider.UpdateUserPoolClientInput{
		UserPoolId: &s.Pool, ClientName: &s.Name, AllowedOAuthFlows: enums[types.OAuthFlowType](s.Flows), AllowedOAuthFlowsUserPoolClient: len(s.Flows) > 0, AllowedOAuthScopes: s.Scopes,
		CallbackURLs: s.CallbackURLs, LogoutURLs: s.LogoutURLs, ExplicitAuthFlows: enums[types.ExplicitAuthFlowsType](s.SignIn), SupportedIdentityProviders: s.Providers,
		AccessTokenValidity: aws.Int32(minutes(s.AccessTokens)), IdTokenValidity: aws.Int32(minutes(s.IDTokens)), RefreshTokenValidity: minutes(s.RefreshTokens),
		TokenValidityUnits:         &types.TokenValidityUnitsType{AccessToken: types.TimeUnitsTypeMinutes, IdToken: types.TimeUnitsTypeMinutes, RefreshToken: types.TimeUnitsTypeMinutes},
		PreventUserExistenceErrors: types.PreventUserExistenceErrorTypesLegacy, EnableTokenRevocation: &s.Revocable, AuthSessionValidity: &s.SessionMinutes,
	}
	if s.HidesUsers {
		in.PreventUserExistenceErrors = types.PreventUserExistenceErrorTypesEnabled
	}
	return in
}

// maxURLs of callback, and of logout.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
const maxURLs = 100

func checkClient(want clientState) []ztcore.Finding {
	out := checkPoolName(want.Name)
	if want.Pool == "" {
		out = append(out, ztcore.Finding{Attribute: "Pool", Message: "no pool is named", Fix: "set Pool to the ID of a UserPool"})
	}
	machine := slices.Contains(want.Flows, string(types.OAuthFlowTypeClientCredentials))
	switch {
	case machine && len(want.CallbackURLs)+len(want.LogoutURLs) > 0:
		out = append(out, ztcore.Finding{Attribute: "Machine", Message: "no user comes back to a program", Fix: "leave out CallbackURLs and LogoutURLs, or Machine"})
	case !machine && len(want.CallbackURLs) == 0:
		out = append(out, ztcore.Finding{Attribute: "CallbackURLs", Message: "users have no URL to come back to", Fix: "name one with https"})
	}
	if machine && !want.HasSecret {
		out = append(out, ztcore.Finding{Attribute: "PublicBecause", Message: "a program signs in with a secret, and has none", Fix: "leave it empty"})
	}
	if len(want.Scopes) == 0 || machine && slices.ContainsFunc(want.Scopes, func(s string) bool { return !strings.Contains(s, "/") }) {
		out = append(out, ztcore.Finding{Attribute: "Scopes", Message: "no scope is allowed, or one that is not for programs", Fix: "leave it nil for openid and email; for a Machine name scopes of resource servers"})
	}
	for _, list := range []struct {
		attribute string
		urls      []string
	}{{"CallbackURLs", want.CallbackURLs}, {"LogoutURLs", want.LogoutURLs}} {
		if n := len(list.urls); n > maxURLs {
			out = append(out, ztcore.Finding{Attribute: list.attribute, Message: fmt.Sprintf("%d URLs are named, and Cognito takes %d", n, maxURLs), Fix: "use another client for some"})
		}
		for _, u := range list.urls {
			at, err := url.Parse(u)
			if !ztcore.HasToken(u) && (err != nil || at.Scheme != "https" || at.Host == "" || at.Fragment != "") {
				out = append(out, ztcore.Finding{Attribute: list.attribute, Message: u + " is no URL with https and without a fragment", Fix: "use https://…"})
			}
		}
	}
	access, _ := time.ParseDuration(want.AccessTokens)
	refresh, _ := time.ParseDuration(want.RefreshTokens)
	if access < 5*time.Minute || access > 24*time.Hour || access%time.Minute != 0 {
		out = append(out, ztcore.Finding{Attribute: "AccessTokens", Message: want.AccessTokens + " is no lifetime of an access token", Fix: "use whole minutes from 5 to 1,440"})
	}
	if refresh < time.Hour || refresh > 3650*24*time.Hour || refresh%time.Minute != 0 || refresh < access {
		out = append(out, ztcore.Finding{Attribute: "RefreshTokens", Message: want.RefreshTokens + " is no lifetime of a refresh token", Fix: "use whole minutes from an hour to ten years, and no less than AccessTokens"})
	}
	if refresh > 30*24*time.Hour {
		out = append(out, ztcore.Finding{
			Attribute: "RefreshTokens", Guardrail: "appsec.long-sessions", Controls: []string{"NIST SP 800-207 tenet 6"},
			Message: "sessions can be renewed for more than 30 days without signing in again", Fix: "shorten it; leave it zero for 8 hours",
		})
	}
	return out
}
