package fakeapigateway

import (
	"context"
	"regexp"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

var userPoolARN = regexp.MustCompile(`^arn:aws[a-z-]*:cognito-idp:[a-z0-9-]+:\d{12}:userpool/[\w-]+_[0-9a-zA-Z]+$`)

// CreateAuthorizer makes an authorizer of Cognito's users; other types are not modelled.
func (s *Service) CreateAuthorizer(ctx context.Context, in *apigateway.CreateAuthorizerInput, _ ...Options) (*apigateway.CreateAuthorizerOutput, error) {
	a, err := s.api(ctx, in.RestApiId)
	if err != nil {
		return nil, err
	}
	if err := known("type", in.Type, in.Type.Values()); err != nil {
		return nil, err
	}
	if in.Type != types.AuthorizerTypeCognitoUserPools {
		return nil, badRequest("Authorizers of Lambda functions are not modelled by this fake")
	}
	for _, other := range a.Authorizers {
		if *other.Name == *in.Name {
			return nil, badRequest("Authorizer name must be unique. Authorizer %s already exists in this RestApi.", *in.Name)
		}
	}
	auth := &types.Authorizer{
		Id: s.newID(6), Name: in.Name, Type: in.Type, AuthType: aws.String("cognito_user_pools"), IdentitySource: in.IdentitySource, ProviderARNs: in.ProviderARNs, AuthorizerResultTtlInSeconds: aws.Int32(300),
	}
	if in.AuthType != nil {
		auth.AuthType = in.AuthType
	}
	if in.AuthorizerResultTtlInSeconds != nil {
		auth.AuthorizerResultTtlInSeconds = in.AuthorizerResultTtlInSeconds
	}
	if err := checkAuthorizer(auth); err != nil {
		return nil, err
	}
	a.Authorizers[*auth.Id] = auth
	return &apigateway.CreateAuthorizerOutput{
		Id: auth.Id, Name: auth.Name, Type: auth.Type, AuthType: auth.AuthType, IdentitySource: auth.IdentitySource, ProviderARNs: slices.Clone(auth.ProviderARNs), AuthorizerResultTtlInSeconds: auth.AuthorizerResultTtlInSeconds,
	}, nil
}

func checkAuthorizer(a *types.Authorizer) error {
	if len(a.ProviderARNs) == 0 {
		return badRequest("Invalid provider ARNs specified: at least one user pool is required")
	}
	for _, arn := range a.ProviderARNs {
		if !userPoolARN.MatchString(arn) {
			return badRequest("Invalid Cognito user pool ARN specified: %s", arn)
		}
	}
	if str(a.IdentitySource) == "" {
		return badRequest("Identity source is required for COGNITO_USER_POOLS authorizers")
	}
	if ttl := *a.AuthorizerResultTtlInSeconds; ttl < 0 || ttl > 3600 {
		return badRequest("Authorizer result TTL must be between 0 and 3600")
	}
	return nil
}

// GetAuthorizers answers an API's authorizers.
func (s *Service) GetAuthorizers(ctx context.Context, in *apigateway.GetAuthorizersInput, _ ...Options) (*apigateway.GetAuthorizersOutput, error) {
	a, err := s.api(ctx, in.RestApiId)
	if err != nil {
		return nil, err
	}
	some, next, err := page(ctx, a.Authorizers, in.Position, in.Limit)
	out := &apigateway.GetAuthorizersOutput{Position: next, Items: []types.Authorizer{}}
	for _, auth := range some {
		shown := *auth
		shown.ProviderARNs = slices.Clone(auth.ProviderARNs)
		out.Items = append(out.Items, shown)
	}
	return out, err
}

// UpdateAuthorizer applies patches: all of them or none.
// https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateAuthorizer-Patch
func (s *Service) UpdateAuthorizer(ctx context.Context, in *apigateway.UpdateAuthorizerInput, _ ...Options) (*apigateway.UpdateAuthorizerOutput, error) {
	a, err := s.api(ctx, in.RestApiId)
	if err != nil {
		return nil, err
	}
	have := a.Authorizers[*in.AuthorizerId]
	if have == nil {
		return nil, notFound("Invalid Authorizer identifier specified %s", *in.AuthorizerId)
	}
	ops, err := patches(in.PatchOperations)
	if err != nil {
		return nil, err
	}
	auth := *have
	auth.ProviderARNs = slices.Clone(have.ProviderARNs)
	for _, p := range ops {
		switch {
		case p.is("/name"):
			auth.Name = aws.String(p.value)
		case p.is("/identitySource"):
			auth.IdentitySource = aws.String(p.value)
		case p.is("/authorizerResultTtlInSeconds"):
			n, err := strconv.Atoi(p.value)
			if err != nil {
				return nil, badRequest("Invalid patch value '%s'", p.value)
			}
			auth.AuthorizerResultTtlInSeconds = aws.Int32(int32(n))
		case p.op == "add" && p.path == "/providerARNs":
			if !slices.Contains(auth.ProviderARNs, p.value) {
				auth.ProviderARNs = append(auth.ProviderARNs, p.value)
			}
		case p.op == "remove" && p.path == "/providerARNs":
			auth.ProviderARNs = slices.DeleteFunc(auth.ProviderARNs, func(v string) bool { return v == p.value })
		default:
			return nil, p.refused()
		}
	}
	if err := checkAuthorizer(&auth); err != nil {
		return nil, err
	}
	*have = auth
	return &apigateway.UpdateAuthorizerOutput{Id: auth.Id, Name: auth.Name, Type: auth.Type, AuthType: auth.AuthType, IdentitySource: auth.IdentitySource, ProviderARNs: slices.Clone(auth.ProviderARNs)}, nil
}

// DeleteAuthorizer deletes an authorizer that no method refers to.
func (s *Service) DeleteAuthorizer(ctx context.Context, in *apigateway.DeleteAuthorizerInput, _ ...Options) (*apigateway.DeleteAuthorizerOutput, error) {
	a, err := s.api(ctx, in.RestApiId)
	if err != nil {
		return nil, err
	}
	if a.Authorizers[*in.AuthorizerId] == nil {
		return nil, notFound("Invalid Authorizer identifier specified %s", *in.AuthorizerId)
	}
	if at := a.methodWith(func(m types.Method) bool { return str(m.AuthorizerId) == *in.AuthorizerId }); at != "" {
		return nil, conflict("Cannot delete authorizer '%s', is referenced in method: %s", *in.AuthorizerId, at)
	}
	delete(a.Authorizers, *in.AuthorizerId)
	return &apigateway.DeleteAuthorizerOutput{}, nil
}

// methodWith finds a method, as "/orders GET".
func (a *API) methodWith(what func(types.Method) bool) string {
	for _, r := range a.Resources {
		for verb, m := range r.ResourceMethods {
			if what(m) {
				return *r.Path + " " + verb
			}
		}
	}
	return ""
}
