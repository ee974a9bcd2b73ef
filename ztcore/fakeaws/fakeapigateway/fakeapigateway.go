// Package fakeapigateway is Amazon API Gateway's REST APIs of a fakeaws.Cloud.
//
// Modelled: APIs with resource policy and security policy, resources, methods with their integrations and responses,
// authorizers, request validators, deployments that keep what was deployed, stages with the settings of their methods,
// the account's role for CloudWatch, tags, and the patch operations that these take. A policy is answered as API Gateway
// answers it: with its quotes escaped and the short form execute-api:/ written out.
//
// Not modelled: requests to an API, models and mapping templates' meaning, API keys and usage plans, custom domains,
// VPC links, client certificates, canaries, the quarter of an hour that a new security policy takes, and quotas.
package fakeapigateway

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/internal/resourcepolicy"
)

// Service handles API Gateway.
type Service struct {
	cloud *fakeaws.Cloud
	store *fakeaws.Store[State]
}

// State is what one account has in one region.
type State struct {
	APIs           map[string]*API // by id
	CloudWatchRole string
}

// API is one REST API, as it is edited and as it was deployed.
type API struct {
	About       types.RestApi // without the policy
	Policy      *resourcepolicy.Policy
	Resources   map[string]*types.Resource
	Authorizers map[string]*types.Authorizer
	Validators  map[string]*types.RequestValidator
	Deployments map[string]*Deployment
	Stages      map[string]*types.Stage // by name
}

// Deployment is what an API was at a moment.
type Deployment struct {
	About   types.Deployment
	Methods map[string]map[string]types.Method // by path and HTTP method
}

// Options is what the SDK's calls take beside their input; the fake ignores it.
type Options = func(*apigateway.Options)

// Install adds API Gateway to a cloud.
func Install(c *fakeaws.Cloud) {
	s := &Service{cloud: c}
	s.store = fakeaws.NewStore(c, "apigateway", fakeaws.Regional, func(string, string) *State { return &State{APIs: map[string]*API{}} })

	fakeaws.On(c, s.CreateRestApi, "Name", "Description", "DisableExecuteApiEndpoint", "EndpointAccessMode", "EndpointConfiguration.Types", "EndpointConfiguration.VpcEndpointIds", "Policy", "SecurityPolicy", "Tags")
	fakeaws.On(c, s.GetRestApi, "RestApiId")
	fakeaws.On(c, s.GetRestApis, "Limit", "Position")
	fakeaws.On(c, s.UpdateRestApi, "RestApiId", "PatchOperations")
	fakeaws.On(c, s.DeleteRestApi, "RestApiId")

	fakeaws.On(c, s.CreateResource, "RestApiId", "ParentId", "PathPart")
	fakeaws.On(c, s.GetResources, "RestApiId", "Embed", "Limit", "Position")
	fakeaws.On(c, s.DeleteResource, "RestApiId", "ResourceId")

	fakeaws.On(c, s.PutMethod, "RestApiId", "ResourceId", "HttpMethod", "AuthorizationType", "AuthorizerId", "AuthorizationScopes", "ApiKeyRequired", "OperationName", "RequestParameters", "RequestValidatorId")
	fakeaws.On(c, s.GetMethod, "RestApiId", "ResourceId", "HttpMethod")
	fakeaws.On(c, s.DeleteMethod, "RestApiId", "ResourceId", "HttpMethod")
	fakeaws.On(c, s.PutMethodResponse, "RestApiId", "ResourceId", "HttpMethod", "StatusCode", "ResponseParameters")
	fakeaws.On(c, s.PutIntegration, "RestApiId", "ResourceId", "HttpMethod", "Type", "ConnectionId", "ConnectionType", "Credentials", "IntegrationHttpMethod", "IntegrationTarget",
		"PassthroughBehavior", "RequestParameters", "RequestTemplates", "TimeoutInMillis", "Uri")
	fakeaws.On(c, s.PutIntegrationResponse, "RestApiId", "ResourceId", "HttpMethod", "StatusCode", "ResponseParameters", "ResponseTemplates", "SelectionPattern")

	fakeaws.On(c, s.CreateAuthorizer, "RestApiId", "Name", "Type", "AuthType", "AuthorizerResultTtlInSeconds", "IdentitySource", "ProviderARNs")
	fakeaws.On(c, s.GetAuthorizers, "RestApiId", "Limit", "Position")
	fakeaws.On(c, s.UpdateAuthorizer, "RestApiId", "AuthorizerId", "PatchOperations")
	fakeaws.On(c, s.DeleteAuthorizer, "RestApiId", "AuthorizerId")
	fakeaws.On(c, s.CreateRequestValidator, "RestApiId", "Name", "ValidateRequestBody", "ValidateRequestParameters")
	fakeaws.On(c, s.GetRequestValidators, "RestApiId", "Limit", "Position")
	fakeaws.On(c, s.UpdateRequestValidator, "RestApiId", "RequestValidatorId", "PatchOperations")
	fakeaws.On(c, s.DeleteRequestValidator, "RestApiId", "RequestValidatorId")

	fakeaws.On(c, s.CreateDeployment, "RestApiId", "Description")
	fakeaws.On(c, s.GetDeployment, "RestApiId", "DeploymentId", "Embed")
	fakeaws.On(c, s.GetDeployments, "RestApiId", "Limit", "Position")
	fakeaws.On(c, s.DeleteDeployment, "RestApiId", "DeploymentId")
	fakeaws.On(c, s.CreateStage, "RestApiId", "StageName", "DeploymentId", "Description", "CacheClusterEnabled", "CacheClusterSize", "Tags", "TracingEnabled", "Variables")
	fakeaws.On(c, s.GetStage, "RestApiId", "StageName")
	fakeaws.On(c, s.GetStages, "RestApiId", "DeploymentId")
	fakeaws.On(c, s.UpdateStage, "RestApiId", "StageName", "PatchOperations")
	fakeaws.On(c, s.DeleteStage, "RestApiId", "StageName")

	fakeaws.On(c, s.GetAccount)
	fakeaws.On(c, s.UpdateAccount, "PatchOperations")
	fakeaws.On(c, s.TagResource, "ResourceArn", "Tags")
	fakeaws.On(c, s.UntagResource, "ResourceArn", "TagKeys")
	fakeaws.On(c, s.GetTags, "ResourceArn")
}

func (s *Service) api(ctx context.Context, id *string) (*API, error) {
	if id != nil {
		if a := s.store.In(ctx).APIs[*id]; a != nil {
			return a, nil
		}
	}
	return nil, notFound("Invalid API identifier specified %s:%s", fakeaws.CallFrom(ctx).Account, str(id))
}
