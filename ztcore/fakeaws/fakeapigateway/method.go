package fakeapigateway

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

var (
	verbs     = []string{"ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
	parameter = regexp.MustCompile(`^method\.request\.(path|querystring|multivaluequerystring|header|multivalueheader)\.[^\s]+$`)
	status    = regexp.MustCompile(`^[1-5]\d\d$`)
)

// copied is a method that shares no map with the one that is stored.
func copied(m types.Method) types.Method {
	m.MethodResponses = maps.Clone(m.MethodResponses)
	m.RequestParameters = maps.Clone(m.RequestParameters)
	if m.MethodIntegration != nil {
		i := *m.MethodIntegration
		i.IntegrationResponses = maps.Clone(i.IntegrationResponses)
		m.MethodIntegration = &i
	}
	return m
}

func (s *Service) method(ctx context.Context, api, resource, verb *string) (*API, *types.Resource, types.Method, error) {
	a, err := s.api(ctx, api)
	if err != nil {
		return nil, nil, types.Method{}, err
	}
	r, err := a.resource(resource)
	if err != nil {
		return nil, nil, types.Method{}, err
	}
	m, ok := r.ResourceMethods[str(verb)]
	if !ok {
		return nil, nil, types.Method{}, notFound("Invalid Method identifier specified")
	}
	return a, r, m, nil
}

// PutMethod adds a method to a path; there must be none yet.
func (s *Service) PutMethod(ctx context.Context, in *apigateway.PutMethodInput, _ ...Options) (*apigateway.PutMethodOutput, error) {
	a, err := s.api(ctx, in.RestApiId)
	if err != nil {
		return nil, err
	}
	r, err := a.resource(in.ResourceId)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(verbs, *in.HttpMethod) {
		return nil, badRequest("Invalid HttpMethod specified. Valid options are %s", strings.Join(verbs, ","))
	}
	if _, there := r.ResourceMethods[*in.HttpMethod]; there {
		return nil, conflict("Method already exists for this resource")
	}
	switch *in.AuthorizationType {
	case "NONE", "AWS_IAM":
	case "CUSTOM", "COGNITO_USER_POOLS":
		auth := a.Authorizers[str(in.AuthorizerId)]
		if auth == nil || (auth.Type == types.AuthorizerTypeCognitoUserPools) != (*in.AuthorizationType == "COGNITO_USER_POOLS") {
			return nil, badRequest("Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.")
		}
	default:
		return nil, badRequest("Invalid authorization type specified. Valid options are NONE, AWS_IAM, CUSTOM, COGNITO_USER_POOLS")
	}
	if len(in.AuthorizationScopes) > 0 && *in.AuthorizationType != "COGNITO_USER_POOLS" {
		return nil, badRequest("Authorization scopes are only supported for COGNITO_USER_POOLS")
	}
	if in.RequestValidatorId != nil && a.Validators[*in.RequestValidatorId] == nil {
		return nil, badRequest("Invalid Request Validator identifier specified")
	}
	for p := range in.RequestParameters {
		if !parameter.MatchString(p) {
			return nil, badRequest("Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression parameter specified: %s]", p)
		}
	}
	m := types.Method{
		HttpMethod: in.HttpMethod, AuthorizationType: in.AuthorizationType, AuthorizerId: in.AuthorizerId, AuthorizationScopes: in.AuthorizationScopes, ApiKeyRequired: aws.Bool(in.ApiKeyRequired),
		OperationName: in.OperationName, RequestParameters: in.RequestParameters, RequestValidatorId: in.RequestValidatorId,
	}
	if r.ResourceMethods == nil {
		r.ResourceMethods = map[string]types.Method{}
	}
	r.ResourceMethods[*in.HttpMethod] = m
	return &apigateway.PutMethodOutput{
		HttpMethod: m.HttpMethod, AuthorizationType: m.AuthorizationType, AuthorizerId: m.AuthorizerId, AuthorizationScopes: m.AuthorizationScopes, ApiKeyRequired: m.ApiKeyRequired,
		OperationName: m.OperationName, RequestParameters: maps.Clone(m.RequestParameters), RequestValidatorId: m.RequestValidatorId,
	}, nil
}

// GetMethod answers a method with its integration and responses.
func (s *Service) GetMethod(ctx context.Context, in *apigateway.GetMethodInput, _ ...Options) (*apigateway.GetMethodOutput, error) {
	_, _, m, err := s.method(ctx, in.RestApiId, in.ResourceId, in.HttpMethod)
	if err != nil {
		return nil, err
	}
	m = copied(m)
	return &apigateway.GetMethodOutput{
		HttpMethod: m.HttpMethod, AuthorizationType: m.AuthorizationType, AuthorizerId: m.AuthorizerId, AuthorizationScopes: m.AuthorizationScopes, ApiKeyRequired: m.ApiKeyRequired,
		OperationName: m.OperationName, RequestParameters: m.RequestParameters, RequestValidatorId: m.RequestValidatorId, MethodIntegration: m.MethodIntegration, MethodResponses: m.MethodResponses,
	}, nil
}

// DeleteMethod removes a method; what was deployed stays.
func (s *Service) DeleteMethod(ctx context.Context, in *apigateway.DeleteMethodInput, _ ...Options) (*apigateway.DeleteMethodOutput, error) {
	_, r, _, err := s.method(ctx, in.RestApiId, in.ResourceId, in.HttpMethod)
	if err != nil {
		return nil, err
	}
	delete(r.ResourceMethods, *in.HttpMethod)
	return &apigateway.DeleteMethodOutput{}, nil
}

// PutMethodResponse declares a status that a method may answer.
func (s *Service) PutMethodResponse(ctx context.Context, in *apigateway.PutMethodResponseInput, _ ...Options) (*apigateway.PutMethodResponseOutput, error) {
	_, r, m, err := s.method(ctx, in.RestApiId, in.ResourceId, in.HttpMethod)
	if err != nil {
		return nil, err
	}
	if !status.MatchString(*in.StatusCode) {
		return nil, badRequest("Invalid status code specified: %s", *in.StatusCode)
	}
	if _, there := m.MethodResponses[*in.StatusCode]; there {
		return nil, conflict("Response already exists for this resource")
	}
	m = copied(m)
	if m.MethodResponses == nil {
		m.MethodResponses = map[string]types.MethodResponse{}
	}
	m.MethodResponses[*in.StatusCode] = types.MethodResponse{StatusCode: in.StatusCode, ResponseParameters: in.ResponseParameters}
	r.ResourceMethods[*in.HttpMethod] = m
	return &apigateway.PutMethodResponseOutput{StatusCode: in.StatusCode, ResponseParameters: in.ResponseParameters}, nil
}
