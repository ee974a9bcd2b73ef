package fakecognitoidentityprovider

import (
	"context"
	"net/url"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func (p *Pool) client(id *string) (*Client, error) {
	if c := p.Clients[aws.ToString(id)]; c != nil {
		return c, nil
	}
	return nil, notFound("User pool client %s does not exist.", aws.ToString(id))
}

// CreateUserPoolClient makes an app client. Names need not be unique.
func (s *Service) CreateUserPoolClient(ctx context.Context, in *cognitoidentityprovider.CreateUserPoolClientInput, _ ...Options) (*cognitoidentityprovider.CreateUserPoolClientOutput, error) {
	p, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	id := lower(s.cloud.UniqueID("") + s.cloud.UniqueID(""))[:26]
	now := time.Now().UTC().Truncate(time.Millisecond)
	c := &Client{About: types.UserPoolClientType{ClientId: &id, UserPoolId: in.UserPoolId, CreationDate: &now}}
	if in.GenerateSecret {
		c.Secret.Text = lower(s.cloud.UniqueID("") + s.cloud.UniqueID("") + s.cloud.UniqueID(""))[:51]
	}
	if err := c.set(p, cognitoidentityprovider.UpdateUserPoolClientInput{
		ClientName: in.ClientName, AccessTokenValidity: in.AccessTokenValidity, AllowedOAuthFlows: in.AllowedOAuthFlows, AllowedOAuthFlowsUserPoolClient: in.AllowedOAuthFlowsUserPoolClient,
		AllowedOAuthScopes: in.AllowedOAuthScopes, AuthSessionValidity: in.AuthSessionValidity, CallbackURLs: in.CallbackURLs, DefaultRedirectURI: in.DefaultRedirectURI,
		EnablePropagateAdditionalUserContextData: in.EnablePropagateAdditionalUserContextData, EnableTokenRevocation: in.EnableTokenRevocation, ExplicitAuthFlows: in.ExplicitAuthFlows,
		IdTokenValidity: in.IdTokenValidity, LogoutURLs: in.LogoutURLs, PreventUserExistenceErrors: in.PreventUserExistenceErrors, ReadAttributes: in.ReadAttributes,
		RefreshTokenRotation: in.RefreshTokenRotation, RefreshTokenValidity: in.RefreshTokenValidity, SupportedIdentityProviders: in.SupportedIdentityProviders,
		TokenValidityUnits: in.TokenValidityUnits, WriteAttributes: in.WriteAttributes,
	}); err != nil {
		return nil, err
	}
	p.Clients[id] = c
	return &cognitoidentityprovider.CreateUserPoolClientOutput{UserPoolClient: c.describe()}, nil
}

func lower(s string) string {
	out := []byte(s)
	for i, b := range out {
		if b >= 'A' && b <= 'Z' {
			out[i] = b + 'a' - 'A'
		}
	}
	return string(out)
}

// UpdateUserPoolClient changes a client. What is not given goes back to its default, but for the name.
func (s *Service) UpdateUserPoolClient(ctx context.Context, in *cognitoidentityprovider.UpdateUserPoolClientInput, _ ...Options) (*cognitoidentityprovider.UpdateUserPoolClientOutput, error) {
	p, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	c, err := p.client(in.ClientId)
	if err != nil {
		return nil, err
	}
	if err := c.set(p, *in); err != nil {
		return nil, err
	}
	return &cognitoidentityprovider.UpdateUserPoolClientOutput{UserPoolClient: c.describe()}, nil
}

func (c *Client) set(p *Pool, in cognitoidentityprovider.UpdateUserPoolClientInput) error {
	if in.ClientName != nil {
		if !poolName.MatchString(*in.ClientName) {
			return invalid("1 validation error detected: Value at 'clientName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w\\s+=,.@-]+")
		}
		c.About.ClientName = in.ClientName
	}
	a := c.About
	a.AccessTokenValidity, a.IdTokenValidity, a.TokenValidityUnits, a.RefreshTokenValidity = in.AccessTokenValidity, in.IdTokenValidity, in.TokenValidityUnits, in.RefreshTokenValidity
	if a.RefreshTokenValidity == 0 {
		a.RefreshTokenValidity = 30
	}
	a.AllowedOAuthFlows, a.AllowedOAuthScopes, a.AllowedOAuthFlowsUserPoolClient = in.AllowedOAuthFlows, in.AllowedOAuthScopes, aws.Bool(in.AllowedOAuthFlowsUserPoolClient)
	a.CallbackURLs, a.LogoutURLs, a.DefaultRedirectURI = in.CallbackURLs, in.LogoutURLs, in.DefaultRedirectURI
	a.AuthSessionValidity = aws.Int32(3)
	if in.AuthSessionValidity != nil {
		a.AuthSessionValidity = in.AuthSessionValidity
	}
	a.EnableTokenRevocation = aws.Bool(in.EnableTokenRevocation == nil || *in.EnableTokenRevocation)
	a.EnablePropagateAdditionalUserContextData = aws.Bool(aws.ToBool(in.EnablePropagateAdditionalUserContextData))
	a.ExplicitAuthFlows, a.PreventUserExistenceErrors, a.SupportedIdentityProviders = in.ExplicitAuthFlows, in.PreventUserExistenceErrors, in.SupportedIdentityProviders
	a.ReadAttributes, a.WriteAttributes, a.RefreshTokenRotation = in.ReadAttributes, in.WriteAttributes, in.RefreshTokenRotation
	for _, err := range []error{checkFlows(a, c.Secret.Text != ""), p.checkScopes(a.AllowedOAuthScopes), checkURLs(a), checkValidity(a), checkAuth(a, c.Secret.Text != "")} {
		if err != nil {
			return err
		}
	}
	a.LastModifiedDate = aws.Time(time.Now().UTC().Truncate(time.Millisecond))
	c.About = a
	return nil
}

// checkFlows: https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPoolClient.html
func checkFlows(a types.UserPoolClientType, secret bool) error {
	for _, f := range a.AllowedOAuthFlows {
		if err := known("allowedOAuthFlows", f, f.Values()); err != nil {
			return err
		}
	}
	machine := slices.Contains(a.AllowedOAuthFlows, types.OAuthFlowTypeClientCredentials)
	switch {
	case !*a.AllowedOAuthFlowsUserPoolClient && (len(a.AllowedOAuthFlows) > 0 || len(a.AllowedOAuthScopes) > 0):
		return nil // Cognito keeps them, and they have no effect
	case *a.AllowedOAuthFlowsUserPoolClient && (len(a.AllowedOAuthFlows) == 0 || len(a.AllowedOAuthScopes) == 0):
		return &types.InvalidOAuthFlowException{Message: aws.String("AllowedOAuthFlows and AllowedOAuthScopes are required if user pool client is allowed to use OAuth flows.")}
	case machine && len(a.AllowedOAuthFlows) > 1:
		return &types.InvalidOAuthFlowException{Message: aws.String("client_credentials flow can not be selected along with code flow or implicit flow.")}
	case machine && !secret:
		return &types.InvalidOAuthFlowException{Message: aws.String("client_credentials flow can not be selected if client does not have a client secret.")}
	}
	return nil
}

func (p *Pool) checkScopes(scopes []string) error {
	for _, scope := range scopes {
		if slices.Contains([]string{"openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"}, scope) || p.serves(scope) {
			continue
		}
		return &types.ScopeDoesNotExistException{Message: aws.String("Invalid scope requested: " + scope)}
	}
	return nil
}

func checkURLs(a types.UserPoolClientType) error {
	for _, u := range append(slices.Clone(a.CallbackURLs), a.LogoutURLs...) {
		at, err := url.Parse(u)
		switch {
		case err != nil || !at.IsAbs() || at.Fragment != "":
			return invalid("%s is not a valid redirect URL: it has to be absolute and without a fragment", u)
		case at.Scheme == "http" && at.Hostname() != "localhost" && at.Hostname() != "127.0.0.1" && at.Hostname() != "::1":
			return invalid("cannot use the HTTP protocol for %s. Only HTTPS, http://localhost and custom schemes are allowed", u)
		}
	}
	if a.DefaultRedirectURI != nil && !slices.Contains(a.CallbackURLs, *a.DefaultRedirectURI) {
		return invalid("default redirect URI must be in the list of callback URLs")
	}
	if *a.AllowedOAuthFlowsUserPoolClient && len(a.CallbackURLs) == 0 && !slices.Contains(a.AllowedOAuthFlows, types.OAuthFlowTypeClientCredentials) {
		return invalid("client must have at least one callback URL for the code and implicit flows")
	}
	return nil
}

// checkValidity: tokens live 5 minutes to a day, refresh tokens an hour to ten years.
// https://docs.aws.amazon.com/cognito/latest/developerguide/amazon-cognito-user-pools-using-tokens-with-identity-providers.html
func checkValidity(a types.UserPoolClientType) error {
	units := types.TokenValidityUnitsType{}
	if a.TokenValidityUnits != nil {
		units = *a.TokenValidityUnits
	}
	refresh := span(int32(a.RefreshTokenValidity), units.RefreshToken, types.TimeUnitsTypeDays)
	access, id := time.Hour, time.Hour
	if a.AccessTokenValidity != nil {
		access = span(*a.AccessTokenValidity, units.AccessToken, types.TimeUnitsTypeHours)
	}
	if a.IdTokenValidity != nil {
		id = span(*a.IdTokenValidity, units.IdToken, types.TimeUnitsTypeHours)
	}
	if session := *a.AuthSessionValidity; session < 3 || session > 15 {
		return invalid("1 validation error detected: Value '%d' at 'authSessionValidity' failed to satisfy constraint: Member must have value between 3 and 15", session)
	}
	if short, long := 5*time.Minute, 24*time.Hour; access < short || access > long || id < short || id > long || refresh < time.Hour || refresh > 3650*long || access > refresh || id > refresh {
		return invalid("Invalid range for token validity.")
	}
	return nil
}

func span(n int32, unit, otherwise types.TimeUnitsType) time.Duration {
	return time.Duration(n) * map[types.TimeUnitsType]time.Duration{
		types.TimeUnitsTypeSeconds: time.Second, types.TimeUnitsTypeMinutes: time.Minute, types.TimeUnitsTypeHours: time.Hour, types.TimeUnitsTypeDays: 24 * time.Hour,
	}[or(unit, otherwise)]
}

func checkAuth(a types.UserPoolClientType, secret bool) error {
	for _, f := range a.ExplicitAuthFlows {
		if err := known("explicitAuthFlows", f, f.Values()); err != nil {
			return err
		}
	}
	if err := known("preventUserExistenceErrors", a.PreventUserExistenceErrors, a.PreventUserExistenceErrors.Values()); err != nil {
		return err
	}
	for _, p := range a.SupportedIdentityProviders {
		if p != "COGNITO" {
			return invalid("The provider %s does not exist for User Pool %s.", p, *a.UserPoolId)
		}
	}
	rotates := a.RefreshTokenRotation != nil && a.RefreshTokenRotation.Feature == types.FeatureTypeEnabled
	if rotates && (len(a.ExplicitAuthFlows) == 0 || slices.Contains(a.ExplicitAuthFlows, types.ExplicitAuthFlowsTypeAllowRefreshTokenAuth)) {
		return invalid("Refresh token rotation cannot be enabled with ALLOW_REFRESH_TOKEN_AUTH.")
	}
	if *a.EnablePropagateAdditionalUserContextData && !secret {
		return invalid("EnablePropagateAdditionalUserContextData can only be activated for a client with a secret.")
	}
	return nil
}

// DescribeUserPoolClient answers a client, its secret included.
func (s *Service) DescribeUserPoolClient(ctx context.Context, in *cognitoidentityprovider.DescribeUserPoolClientInput, _ ...Options) (*cognitoidentityprovider.DescribeUserPoolClientOutput, error) {
	p, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	c, err := p.client(in.ClientId)
	if err != nil {
		return nil, err
	}
	return &cognitoidentityprovider.DescribeUserPoolClientOutput{UserPoolClient: c.describe()}, nil
}

func (c *Client) describe() *types.UserPoolClientType {
	a := c.About
	if c.Secret.Text != "" {
		a.ClientSecret = aws.String(c.Secret.Text)
	}
	return &a
}

// ListUserPoolClients answers ids and names.
func (s *Service) ListUserPoolClients(ctx context.Context, in *cognitoidentityprovider.ListUserPoolClientsInput, _ ...Options) (*cognitoidentityprovider.ListUserPoolClientsOutput, error) {
	p, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	some, next, err := page(ctx, p.Clients, in.NextToken, in.MaxResults, 60)
	out := &cognitoidentityprovider.ListUserPoolClientsOutput{NextToken: next, UserPoolClients: []types.UserPoolClientDescription{}}
	for _, c := range some {
		out.UserPoolClients = append(out.UserPoolClients, types.UserPoolClientDescription{ClientId: c.About.ClientId, ClientName: c.About.ClientName, UserPoolId: c.About.UserPoolId})
	}
	return out, err
}

// DeleteUserPoolClient deletes a client with its risk configuration.
func (s *Service) DeleteUserPoolClient(ctx context.Context, in *cognitoidentityprovider.DeleteUserPoolClientInput, _ ...Options) (*cognitoidentityprovider.DeleteUserPoolClientOutput, error) {
	p, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	if _, err := p.client(in.ClientId); err != nil {
		return nil, err
	}
	delete(p.Clients, *in.ClientId)
	delete(p.Risks, *in.ClientId)
	return &cognitoidentityprovider.DeleteUserPoolClientOutput{}, nil
}
