package fakeapigateway

import (
	"context"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

var (
	serviceARN = regexp.MustCompile(`^arn:aws[a-z-]*:apigateway:[a-z0-9-]+:[a-zA-Z0-9.-]+:(path|action)/`)
	roleARN    = regexp.MustCompile(`^arn:aws[a-z-]*:iam::(\d{12}|\*):(role|user)/`)
)

// What an integration answers within, in milliseconds.
// https://docs.aws.amazon.com/apigateway/latest/api/API_PutIntegration.html
const (
	shortestTimeout = 50
	longestTimeout  = 29000
)

// PutIntegration says what is behind a method, and replaces what was said before.
func (s *Service) PutIntegration(ctx context.Context, in *apigateway.PutIntegrationInput, _ ...Options) (*apigateway.PutIntegrationOutput, error) {
	_, r, m, err := s.method(ctx, in.RestApiId, in.ResourceId, in.HttpMethod)
	if err != nil {
		return nil, err
	}
	i := &types.Integration{
		Type: in.Type, HttpMethod: in.IntegrationHttpMethod, Uri: in.Uri, ConnectionType: in.ConnectionType, ConnectionId: in.ConnectionId, Credentials: in.Credentials, IntegrationTarget: in.IntegrationTarget,
		PassthroughBehavior: aws.String("WHEN_NO_MATCH"), RequestParameters: in.RequestParameters, RequestTemplates: in.RequestTemplates, TimeoutInMillis: longestTimeout,
		CacheNamespace: in.ResourceId, CacheKeyParameters: []string{},
	}
	if in.PassthroughBehavior != nil {
		i.PassthroughBehavior = in.PassthroughBehavior
	}
	if in.TimeoutInMillis != nil {
		i.TimeoutInMillis = *in.TimeoutInMillis
	}
	if err := checkIntegration(ctx, i); err != nil {
		return nil, err
	}
	if i.ConnectionType == "" && i.Type != types.IntegrationTypeMock {
		i.ConnectionType = types.ConnectionTypeInternet
	}
	m = copied(m)
	m.MethodIntegration = i
	r.ResourceMethods[*in.HttpMethod] = m
	return &apigateway.PutIntegrationOutput{
		Type: i.Type, HttpMethod: i.HttpMethod, Uri: i.Uri, ConnectionType: i.ConnectionType, ConnectionId: i.ConnectionId, Credentials: i.Credentials, IntegrationTarget: i.IntegrationTarget,
		PassthroughBehavior: i.PassthroughBehavior, RequestParameters: i.RequestParameters, RequestTemplates: i.RequestTemplates, TimeoutInMillis: i.TimeoutInMillis,
		CacheNamespace: i.CacheNamespace, CacheKeyParameters: i.CacheKeyParameters,
	}, nil
}

func checkIntegration(ctx context.Context, i *types.Integration) error {
	for _, err := range []error{known("type", i.Type, i.Type.Values()), known("connectionType", i.ConnectionType, i.ConnectionType.Values())} {
		if err != nil {
			return err
		}
	}
	if !slices.Contains([]string{"WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"}, *i.PassthroughBehavior) {
		return badRequest("Invalid passthrough behavior specified")
	}
	if i.TimeoutInMillis < shortestTimeout || i.TimeoutInMillis > longestTimeout {
		return badRequest("Timeout should be between 50 ms and 29000 ms")
	}
	if c := str(i.Credentials); c != "" {
		if !roleARN.MatchString(c) {
			return badRequest("Invalid ARN specified in the request")
		}
		if account := strings.Split(c, ":")[4]; account != "*" && account != fakeaws.CallFrom(ctx).Account {
			return fakeaws.Error("AccessDeniedException", "Cross-account pass role is not allowed.")
		}
	}
	if i.Type == types.IntegrationTypeMock {
		return nil
	}
	if i.HttpMethod == nil || !slices.Contains(verbs, *i.HttpMethod) {
		return badRequest("Enumeration value for HttpMethod must be non-empty")
	}
	if i.ConnectionType == types.ConnectionTypeVpcLink && str(i.ConnectionId) == "" {
		return badRequest("ConnectionId is required for the connection type VPC_LINK")
	}
	if i.Type == types.IntegrationTypeAws || i.Type == types.IntegrationTypeAwsProxy {
		if !strings.HasPrefix(str(i.Uri), "arn:") {
			return badRequest("Invalid ARN specified in the request")
		}
		if !serviceARN.MatchString(*i.Uri) {
			return badRequest("AWS ARN for integration must contain path or action")
		}
		return nil
	}
	if at, err := url.Parse(str(i.Uri)); err != nil || at.Scheme != "http" && at.Scheme != "https" || at.Host == "" {
		return badRequest("Invalid HTTP endpoint specified for URI")
	}
	return nil
}

// PutIntegrationResponse says which of the integration's answers becomes a status that the method declares.
func (s *Service) PutIntegrationResponse(ctx context.Context, in *apigateway.PutIntegrationResponseInput, _ ...Options) (*apigateway.PutIntegrationResponseOutput, error) {
	_, r, m, err := s.method(ctx, in.RestApiId, in.ResourceId, in.HttpMethod)
	if err != nil {
		return nil, err
	}
	if m.MethodIntegration == nil {
		return nil, notFound("Invalid Integration identifier specified")
	}
	if _, declared := m.MethodResponses[*in.StatusCode]; !declared {
		return nil, notFound("Invalid Response status code specified")
	}
	m = copied(m)
	if m.MethodIntegration.IntegrationResponses == nil {
		m.MethodIntegration.IntegrationResponses = map[string]types.IntegrationResponse{}
	}
	m.MethodIntegration.IntegrationResponses[*in.StatusCode] = types.IntegrationResponse{
		StatusCode: in.StatusCode, ResponseParameters: in.ResponseParameters, ResponseTemplates: in.ResponseTemplates, SelectionPattern: in.SelectionPattern,
	}
	r.ResourceMethods[*in.HttpMethod] = m
	return &apigateway.PutIntegrationResponseOutput{StatusCode: in.StatusCode, ResponseParameters: in.ResponseParameters, ResponseTemplates: in.ResponseTemplates, SelectionPattern: in.SelectionPattern}, nil
}
