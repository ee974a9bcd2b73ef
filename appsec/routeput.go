package appsec

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

const (
	requestParameter = "method.request."
	backendPath      = "integration.request.path."
	jsonBody         = "application/json"
)

func seenRoute(path, verb string, m types.Method) routeState {
	s := routeState{
		Path: path, Method: verb, Auth: aws.ToString(m.AuthorizationType), Authorizer: aws.ToString(m.AuthorizerId), Scopes: joined(m.AuthorizationScopes), Validator: aws.ToString(m.RequestValidatorId),
		Statuses: joined(slices.Collect(maps.Keys(m.MethodResponses))),
	}
	var required []string
	for p, must := range m.RequestParameters {
		if must {
			required = append(required, strings.TrimPrefix(p, requestParameter))
		}
	}
	s.Parameters = joined(required)
	i := m.MethodIntegration
	if i == nil {
		return s
	}
	s.Type, s.URI, s.BackendMethod, s.Role, s.Link = string(i.Type), aws.ToString(i.Uri), aws.ToString(i.HttpMethod), aws.ToString(i.Credentials), aws.ToString(i.ConnectionId)
	s.Template, s.Passthrough, s.TimeoutMillis = i.RequestTemplates[jsonBody], aws.ToString(i.PassthroughBehavior), i.TimeoutInMillis
	s.Answers = joined(slices.Collect(maps.Keys(i.IntegrationResponses)))
	if i.Type == types.IntegrationTypeMock {
		s.BackendMethod = "" // nothing is called
	}
	var mapped []string
	for to := range i.RequestParameters {
		mapped = append(mapped, strings.TrimPrefix(to, backendPath))
	}
	s.Mapped = joined(mapped)
	return s
}

// putRoute makes a method that is not there. A conflict means that an attempt whose answer was lost has made it.
func putRoute(ctx context.Context, c *apigateway.Client, api, resource string, m routeState) error {
	in := &apigateway.PutMethodInput{
		RestApiId: &api, ResourceId: &resource, HttpMethod: &m.Method, AuthorizationType: &m.Auth, AuthorizerId: given(m.Authorizer), AuthorizationScopes: strings.Fields(m.Scopes),
		RequestValidatorId: given(m.Validator), RequestParameters: map[string]bool{},
	}
	for _, p := range strings.Fields(m.Parameters) {
		in.RequestParameters[requestParameter+p] = true
	}
	if _, err := c.PutMethod(ctx, in); unlessThere(err) != nil {
		return err
	}
	for _, status := range strings.Fields(m.Statuses) {
		_, err := c.PutMethodResponse(ctx, &apigateway.PutMethodResponseInput{RestApiId: &api, ResourceId: &resource, HttpMethod: &m.Method, StatusCode: &status})
		if unlessThere(err) != nil {
			return err
		}
	}
	if _, err := c.PutIntegration(ctx, m.integration(api, resource)); err != nil {
		return err
	}
	for _, status := range strings.Fields(m.Answers) {
		_, err := c.PutIntegrationResponse(ctx, &apigateway.PutIntegrationResponseInput{RestApiId: &api, ResourceId: &resource, HttpMethod: &m.Method, StatusCode: &status})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s routeState) integration(api, resource string) *apigateway.PutIntegrationInput {
	in := &apigateway.PutIntegrationInput{
		RestApiId: &api, ResourceId: &resource, HttpMethod: &s.Method, Type: types.IntegrationType(s.Type), Uri: given(s.URI), IntegrationHttpMethod: given(s.BackendMethod),
		Credentials: given(s.Role), PassthroughBehavior: &s.Passthrough, TimeoutInMillis: &s.TimeoutMillis,
	}
	if s.Template != "" {
		in.RequestTemplates = map[string]string{jsonBody: s.Template}
	}
	if s.Link != "" {
		in.ConnectionType, in.ConnectionId = types.ConnectionTypeVpcLink, &s.Link
	}
	for _, v := range strings.Fields(s.Mapped) {
		if in.RequestParameters == nil {
			in.RequestParameters = map[string]string{}
		}
		in.RequestParameters[backendPath+v] = requestParameter + "path." + v
	}
	return in
}

// given is nil for what is empty.
func given(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// unlessThere is nil for API Gateway's answer that there is such an object already.
func unlessThere(err error) error {
	if there := new(types.ConflictException); errors.As(err, &there) && strings.Contains(aws.ToString(there.Message), "already exists") {
		return nil
	}
	return err
}
