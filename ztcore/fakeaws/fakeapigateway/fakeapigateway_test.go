package fakeapigateway_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/smithy-go"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeapigateway"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
)

var (
	ctx   = context.Background()
	get   = aws.String("GET")
	role  = "arn:aws:iam::123456789012:role/apigateway-logs"
	group = "arn:aws:logs:us-east-1:123456789012:log-group:api"
)

type world struct {
	*apigateway.Client
	api, root, orders *string
}

// newWorld makes an API with a path /orders, whose GET is mocked, and a stage "prod" of it.
func newWorld(t *testing.T) world {
	t.Helper()
	c := apigateway.NewFromConfig(fakeaws.New(fakeapigateway.Install).Config())
	made, err := c.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("MySecureAPI"), EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{"REGIONAL"}}})
	require.NoError(t, err)
	orders, err := c.CreateResource(ctx, &apigateway.CreateResourceInput{RestApiId: made.Id, ParentId: made.RootResourceId, PathPart: aws.String("orders")})
	require.NoError(t, err)
	w := world{c, made.Id, made.RootResourceId, orders.Id}
	w.put(t, "AWS_IAM")
	w.stage(t, "prod")
	return w
}

func (w world) put(t *testing.T, auth string) {
	t.Helper()
	_, err := w.PutMethod(ctx, &apigateway.PutMethodInput{RestApiId: w.api, ResourceId: w.orders, HttpMethod: get, AuthorizationType: &auth})
	require.NoError(t, err)
	_, err = w.PutIntegration(ctx, &apigateway.PutIntegrationInput{RestApiId: w.api, ResourceId: w.orders, HttpMethod: get, Type: types.IntegrationTypeMock})
	require.NoError(t, err)
}

func (w world) stage(t *testing.T, name string) {
	t.Helper()
	d, err := w.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: w.api, Description: aws.String("first")})
	require.NoError(t, err)
	_, err = w.CreateStage(ctx, &apigateway.CreateStageInput{RestApiId: w.api, StageName: &name, DeploymentId: d.Id})
	require.NoError(t, err)
}

func requireCode(t *testing.T, err error, code, message string) {
	t.Helper()
	var api smithy.APIError
	require.ErrorAs(t, err, &api)
	require.Equal(t, code, api.ErrorCode(), err)
	require.Contains(t, api.ErrorMessage(), message)
}

func replace(path, value string) []types.PatchOperation {
	return []types.PatchOperation{{Op: types.OpReplace, Path: &path, Value: &value}}
}

func TestDefaults(t *testing.T) {
	w := newWorld(t)
	api, err := w.GetRestApi(ctx, &apigateway.GetRestApiInput{RestApiId: w.api})
	require.NoError(t, err)
	require.Regexp(t, `^[a-z0-9]{10}$`, *api.Id)
	require.Equal(t, types.SecurityPolicyTls10, api.SecurityPolicy, "what a baseline must not leave")
	resources, err := w.GetResources(ctx, &apigateway.GetResourcesInput{RestApiId: w.api, Embed: []string{"methods"}})
	require.NoError(t, err)
	byPath := map[string]types.Resource{}
	for _, r := range resources.Items {
		byPath[*r.Path] = r
	}
	require.Len(t, byPath, 2)
	m := byPath["/orders"].ResourceMethods["GET"]
	require.Equal(t, "AWS_IAM", *m.AuthorizationType)
	require.EqualValues(t, 29000, m.MethodIntegration.TimeoutInMillis)
	require.Equal(t, "WHEN_NO_MATCH", *m.MethodIntegration.PassthroughBehavior)
	bare, err := w.GetResources(ctx, &apigateway.GetResourcesInput{RestApiId: w.api})
	require.NoError(t, err)
	for _, r := range bare.Items {
		for _, m := range r.ResourceMethods {
			require.Nil(t, m.AuthorizationType, "only with embed=methods")
		}
	}
	other, err := w.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("MySecureAPI")})
	require.NoError(t, err, "names are not unique")
	require.Equal(t, []types.EndpointType{"EDGE"}, other.EndpointConfiguration.Types)
}

// What is edited is not what is served, until it is deployed and the stage moves.
func TestDeploymentsKeepWhatWasDeployed(t *testing.T) {
	w := newWorld(t)
	_, err := w.DeleteMethod(ctx, &apigateway.DeleteMethodInput{RestApiId: w.api, ResourceId: w.orders, HttpMethod: get})
	require.NoError(t, err)
	w.put(t, "NONE")
	stage, err := w.GetStage(ctx, &apigateway.GetStageInput{RestApiId: w.api, StageName: aws.String("prod")})
	require.NoError(t, err)
	served := func(id *string) string {
		d, err := w.GetDeployment(ctx, &apigateway.GetDeploymentInput{RestApiId: w.api, DeploymentId: id, Embed: []string{"apisummary"}})
		require.NoError(t, err)
		return *d.ApiSummary["/orders"]["GET"].AuthorizationType
	}
	require.Equal(t, "AWS_IAM", served(stage.DeploymentId))
	_, err = w.DeleteDeployment(ctx, &apigateway.DeleteDeploymentInput{RestApiId: w.api, DeploymentId: stage.DeploymentId})
	requireCode(t, err, "BadRequestException", "Active stages")

	next, err := w.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: w.api})
	require.NoError(t, err)
	_, err = w.UpdateStage(ctx, &apigateway.UpdateStageInput{RestApiId: w.api, StageName: aws.String("prod"), PatchOperations: replace("/deploymentId", *next.Id)})
	require.NoError(t, err)
	require.Equal(t, "NONE", served(next.Id))
	_, err = w.DeleteDeployment(ctx, &apigateway.DeleteDeploymentInput{RestApiId: w.api, DeploymentId: stage.DeploymentId})
	require.NoError(t, err)
	all, err := w.GetDeployments(ctx, &apigateway.GetDeploymentsInput{RestApiId: w.api})
	require.NoError(t, err)
	require.Len(t, all.Items, 1)
}

func TestStageSettings(t *testing.T) {
	w := newWorld(t)
	update := func(ops ...types.PatchOperation) error {
		_, err := w.UpdateStage(ctx, &apigateway.UpdateStageInput{RestApiId: w.api, StageName: aws.String("prod"), PatchOperations: ops})
		return err
	}
	logs := append(replace("/accessLogSettings/destinationArn", group), replace("/accessLogSettings/format", `{"id":"$context.requestId"}`)...)
	requireCode(t, update(logs...), "BadRequestException", "CloudWatch Logs role ARN must be set")
	requireCode(t, update(replace("/*/*/logging/loglevel", "ERROR")...), "BadRequestException", "CloudWatch Logs role ARN must be set")
	_, err := w.UpdateAccount(ctx, &apigateway.UpdateAccountInput{PatchOperations: replace("/cloudwatchRoleArn", role)})
	require.NoError(t, err)
	require.NoError(t, update(logs...))
	require.NoError(t, update(append(append(append(replace("/*/*/throttling/rateLimit", "10.5"), replace("/*/*/logging/loglevel", "ERROR")...), replace("/*/*/metrics/enabled", "true")...), replace("/tracingEnabled", "true")...)...))
	st, err := w.GetStage(ctx, &apigateway.GetStageInput{RestApiId: w.api, StageName: aws.String("prod")})
	require.NoError(t, err)
	require.True(t, st.TracingEnabled)
	require.Equal(t, group, *st.AccessLogSettings.DestinationArn)
	m := st.MethodSettings["*/*"]
	require.Equal(t, 10.5, m.ThrottlingRateLimit)
	require.EqualValues(t, 5000, m.ThrottlingBurstLimit)
	require.Equal(t, "ERROR", *m.LoggingLevel)
	require.NoError(t, update(types.PatchOperation{Op: types.OpRemove, Path: aws.String("/accessLogSettings")}))
	require.NoError(t, update(replace("/cacheClusterEnabled", "true")...))
	stages, err := w.GetStages(ctx, &apigateway.GetStagesInput{RestApiId: w.api})
	require.NoError(t, err)
	require.Nil(t, stages.Item[0].AccessLogSettings)
	require.Equal(t, types.CacheClusterSizeSize0Point5Gb, stages.Item[0].CacheClusterSize)
	_, err = w.DeleteStage(ctx, &apigateway.DeleteStageInput{RestApiId: w.api, StageName: aws.String("prod")})
	require.NoError(t, err)
}

func TestPolicyIsAnsweredEscapedAndWrittenOut(t *testing.T) {
	w := newWorld(t)
	_, err := w.UpdateRestApi(ctx, &apigateway.UpdateRestApiInput{RestApiId: w.api, PatchOperations: replace("/policy",
		`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"execute-api:Invoke","Resource":"execute-api:/*"}]}`)})
	require.NoError(t, err)
	api, err := w.GetRestApi(ctx, &apigateway.GetRestApiInput{RestApiId: w.api})
	require.NoError(t, err)
	require.Contains(t, *api.Policy, `\"arn:aws:execute-api:us-east-1:123456789012:`+*w.api+`/*\"`)
	_, err = w.UpdateRestApi(ctx, &apigateway.UpdateRestApiInput{RestApiId: w.api, PatchOperations: replace("/policy", "")})
	require.NoError(t, err)
	api, err = w.GetRestApi(ctx, &apigateway.GetRestApiInput{RestApiId: w.api})
	require.NoError(t, err)
	require.Nil(t, api.Policy)
}

func TestPatchesAreAllOrNothing(t *testing.T) {
	w := newWorld(t)
	_, err := w.UpdateRestApi(ctx, &apigateway.UpdateRestApiInput{RestApiId: w.api, PatchOperations: append(replace("/name", "Renamed"), replace("/nonsense", "")...)})
	requireCode(t, err, "BadRequestException", "Invalid patch path")
	api, err := w.GetRestApi(ctx, &apigateway.GetRestApiInput{RestApiId: w.api})
	require.NoError(t, err)
	require.Equal(t, "MySecureAPI", *api.Name)
	_, err = w.UpdateRestApi(ctx, &apigateway.UpdateRestApiInput{RestApiId: w.api, PatchOperations: append(replace("/securityPolicy", "SecurityPolicy_TLS13_1_3_2025_09"), replace("/endpointAccessMode", "STRICT")...)})
	require.NoError(t, err)
}

func TestRoleForLogsHasToBeKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := fakeaws.New(fakeapigateway.Install, fakeiam.Install)
		cloud.SetPropagation(10 * time.Second)
		c := apigateway.NewFromConfig(cloud.Config())
		set := func() error {
			_, err := c.UpdateAccount(ctx, &apigateway.UpdateAccountInput{PatchOperations: replace("/cloudwatchRoleArn", role)})
			return err
		}
		requireCode(t, set(), "BadRequestException", "required permissions")
		_, err := iam.NewFromConfig(cloud.Config()).CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("apigateway-logs"), AssumeRolePolicyDocument: aws.String(
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"apigateway.amazonaws.com"},"Action":"sts:AssumeRole"}]}`)})
		require.NoError(t, err)
		requireCode(t, set(), "BadRequestException", "required permissions")
		time.Sleep(10 * time.Second)
		require.NoError(t, set())
		got, err := c.GetAccount(ctx, nil)
		require.NoError(t, err)
		require.Equal(t, role, *got.CloudwatchRoleArn)
		_, err = c.UpdateAccount(ctx, &apigateway.UpdateAccountInput{PatchOperations: replace("/cloudwatchRoleArn", "")})
		require.NoError(t, err)
		got, err = c.GetAccount(ctx, nil)
		require.NoError(t, err)
		require.Nil(t, got.CloudwatchRoleArn)
	})
}

func TestAuthorizersAndValidatorsInUseStay(t *testing.T) {
	w := newWorld(t)
	arn := "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbCdEfGhI"
	auth, err := w.CreateAuthorizer(ctx, &apigateway.CreateAuthorizerInput{RestApiId: w.api, Name: aws.String("users"), Type: "COGNITO_USER_POOLS", ProviderARNs: []string{arn}, IdentitySource: aws.String("method.request.header.Authorization")})
	require.NoError(t, err)
	valid, err := w.CreateRequestValidator(ctx, &apigateway.CreateRequestValidatorInput{RestApiId: w.api, Name: aws.String("all"), ValidateRequestBody: true})
	require.NoError(t, err)
	_, err = w.PutMethod(ctx, &apigateway.PutMethodInput{RestApiId: w.api, ResourceId: w.orders, HttpMethod: aws.String("POST"), AuthorizationType: aws.String("COGNITO_USER_POOLS"), AuthorizerId: auth.Id, RequestValidatorId: valid.Id, AuthorizationScopes: []string{"openid"}})
	require.NoError(t, err)
	_, err = w.DeleteAuthorizer(ctx, &apigateway.DeleteAuthorizerInput{RestApiId: w.api, AuthorizerId: auth.Id})
	requireCode(t, err, "ConflictException", "/orders POST")
	_, err = w.DeleteRequestValidator(ctx, &apigateway.DeleteRequestValidatorInput{RestApiId: w.api, RequestValidatorId: valid.Id})
	requireCode(t, err, "ConflictException", "/orders POST")

	_, err = w.UpdateAuthorizer(ctx, &apigateway.UpdateAuthorizerInput{RestApiId: w.api, AuthorizerId: auth.Id, PatchOperations: []types.PatchOperation{
		{Op: types.OpAdd, Path: aws.String("/providerARNs"), Value: aws.String(strings.Replace(arn, "AbC", "XyZ", 1))}, {Op: types.OpRemove, Path: aws.String("/providerARNs"), Value: &arn},
	}})
	require.NoError(t, err)
	auths, err := w.GetAuthorizers(ctx, &apigateway.GetAuthorizersInput{RestApiId: w.api})
	require.NoError(t, err)
	require.Equal(t, []string{strings.Replace(arn, "AbC", "XyZ", 1)}, auths.Items[0].ProviderARNs)
	updated, err := w.UpdateRequestValidator(ctx, &apigateway.UpdateRequestValidatorInput{RestApiId: w.api, RequestValidatorId: valid.Id, PatchOperations: replace("/validateRequestParameters", "true")})
	require.NoError(t, err)
	require.True(t, updated.ValidateRequestParameters && updated.ValidateRequestBody)

	_, err = w.DeleteResource(ctx, &apigateway.DeleteResourceInput{RestApiId: w.api, ResourceId: w.orders})
	require.NoError(t, err)
	_, err = w.DeleteAuthorizer(ctx, &apigateway.DeleteAuthorizerInput{RestApiId: w.api, AuthorizerId: auth.Id})
	require.NoError(t, err)
	_, err = w.DeleteRequestValidator(ctx, &apigateway.DeleteRequestValidatorInput{RestApiId: w.api, RequestValidatorId: valid.Id})
	require.NoError(t, err)
}

func TestDeletingAPathDeletesThoseBelow(t *testing.T) {
	w := newWorld(t)
	child, err := w.CreateResource(ctx, &apigateway.CreateResourceInput{RestApiId: w.api, ParentId: w.orders, PathPart: aws.String("{id}")})
	require.NoError(t, err)
	require.Equal(t, "/orders/{id}", *child.Path)
	_, err = w.DeleteResource(ctx, &apigateway.DeleteResourceInput{RestApiId: w.api, ResourceId: w.orders})
	require.NoError(t, err)
	left, err := w.GetResources(ctx, &apigateway.GetResourcesInput{RestApiId: w.api})
	require.NoError(t, err)
	require.Len(t, left.Items, 1)
}

func TestPagesOfOne(t *testing.T) {
	w := newWorld(t)
	for _, n := range []string{"a", "b"} {
		_, err := w.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: &n})
		require.NoError(t, err)
	}
	n := 0
	for p := apigateway.NewGetRestApisPaginator(w, &apigateway.GetRestApisInput{Limit: aws.Int32(1)}); p.HasMorePages(); n++ {
		page, err := p.NextPage(ctx)
		require.NoError(t, err)
		require.Len(t, page.Items, 1)
	}
	require.Equal(t, 3, n)
	n = 0
	for p := apigateway.NewGetResourcesPaginator(w, &apigateway.GetResourcesInput{RestApiId: w.api, Limit: aws.Int32(1)}); p.HasMorePages(); n++ {
		page, err := p.NextPage(ctx)
		require.NoError(t, err)
		require.Len(t, page.Items, 1)
	}
	require.Equal(t, 2, n)
	_, err := w.GetRestApis(ctx, &apigateway.GetRestApisInput{Position: aws.String("x")})
	requireCode(t, err, "BadRequestException", "Invalid position")
	_, err = w.GetDeployments(ctx, &apigateway.GetDeploymentsInput{RestApiId: w.api, Limit: aws.Int32(501)})
	requireCode(t, err, "BadRequestException", "limit")
}

func TestTags(t *testing.T) {
	w := newWorld(t)
	for _, arn := range []string{"arn:aws:apigateway:us-east-1::/restapis/" + *w.api, "arn:aws:apigateway:us-east-1::/restapis/" + *w.api + "/stages/prod"} {
		_, err := w.TagResource(ctx, &apigateway.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"a": "1", "b": "2"}})
		require.NoError(t, err)
		_, err = w.UntagResource(ctx, &apigateway.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"a"}})
		require.NoError(t, err)
		got, err := w.GetTags(ctx, &apigateway.GetTagsInput{ResourceArn: &arn})
		require.NoError(t, err)
		require.Equal(t, map[string]string{"b": "2"}, got.Tags)
	}
	_, err := w.GetTags(ctx, &apigateway.GetTagsInput{ResourceArn: aws.String("arn:aws:apigateway:eu-west-1::/restapis/" + *w.api)})
	requireCode(t, err, "BadRequestException", "Invalid ARN")
}

func TestRefusals(t *testing.T) {
	w := newWorld(t)
	create := func(in apigateway.CreateRestApiInput) func() error {
		return func() error {
			if in.Name == nil {
				in.Name = aws.String("x")
			}
			_, err := w.CreateRestApi(ctx, &in)
			return err
		}
	}
	resource := func(parent *string, part string) func() error {
		return func() error {
			_, err := w.CreateResource(ctx, &apigateway.CreateResourceInput{RestApiId: w.api, ParentId: parent, PathPart: &part})
			return err
		}
	}
	method := func(in apigateway.PutMethodInput) func() error {
		return func() error {
			in.RestApiId, in.ResourceId = w.api, w.orders
			if in.HttpMethod == nil {
				in.HttpMethod = aws.String("POST")
			}
			if in.AuthorizationType == nil {
				in.AuthorizationType = aws.String("AWS_IAM")
			}
			_, err := w.PutMethod(ctx, &in)
			return err
		}
	}
	integration := func(in apigateway.PutIntegrationInput) func() error {
		return func() error {
			in.RestApiId, in.ResourceId = w.api, w.orders
			if in.HttpMethod == nil {
				in.HttpMethod = get
			}
			_, err := w.PutIntegration(ctx, &in)
			return err
		}
	}
	stage := func(path, value string) func() error {
		return func() error {
			_, err := w.UpdateStage(ctx, &apigateway.UpdateStageInput{RestApiId: w.api, StageName: aws.String("prod"), PatchOperations: replace(path, value)})
			return err
		}
	}
	endpoint := func(e types.EndpointType) *types.EndpointConfiguration {
		return &types.EndpointConfiguration{Types: []types.EndpointType{e}}
	}
	_, err := w.CreateResource(ctx, &apigateway.CreateResourceInput{RestApiId: w.api, ParentId: w.orders, PathPart: aws.String("{id}")})
	require.NoError(t, err)
	for name, r := range map[string]struct {
		code, message string
		call          func() error
	}{
		"unknown API": {"NotFoundException", "Invalid API identifier", func() error {
			_, err := w.GetRestApi(ctx, &apigateway.GetRestApiInput{RestApiId: aws.String("x")})
			return err
		}},
		"unknown stage": {"NotFoundException", "stage", func() error {
			_, err := w.GetStage(ctx, &apigateway.GetStageInput{RestApiId: w.api, StageName: aws.String("x")})
			return err
		}},
		"empty name":          {"BadRequestException", "name", create(apigateway.CreateRestApiInput{Name: aws.String(" ")})},
		"no access mode":      {"BadRequestException", "Endpoint access mode", create(apigateway.CreateRestApiInput{SecurityPolicy: types.SecurityPolicySecurityPolicyTls132025Edge})},
		"policy of the edge":  {"BadRequestException", "not supported for REGIONAL", create(apigateway.CreateRestApiInput{SecurityPolicy: types.SecurityPolicySecurityPolicyTls132025Edge, EndpointAccessMode: "STRICT", EndpointConfiguration: endpoint("REGIONAL")})},
		"mode without policy": {"BadRequestException", "Endpoint access mode", create(apigateway.CreateRestApiInput{EndpointAccessMode: "STRICT"})},
		"broken policy":       {"BadRequestException", "Invalid policy document", create(apigateway.CreateRestApiInput{Policy: aws.String("{")})},
		"reserved tag":        {"BadRequestException", "tag", create(apigateway.CreateRestApiInput{Tags: map[string]string{"aws:x": ""}})},
		"path":                {"BadRequestException", "path part", resource(w.root, "a b")},
		"path twice":          {"ConflictException", "already has this name", resource(w.root, "orders")},
		"second variable":     {"BadRequestException", "sibling", resource(w.orders, "{name}")},
		"unknown parent":      {"NotFoundException", "Resource", resource(aws.String("x"), "a")},
		"root": {"BadRequestException", "Root", func() error {
			_, err := w.DeleteResource(ctx, &apigateway.DeleteResourceInput{RestApiId: w.api, ResourceId: w.root})
			return err
		}},
		"method twice":    {"ConflictException", "already exists", method(apigateway.PutMethodInput{HttpMethod: get})},
		"verb":            {"BadRequestException", "HttpMethod", method(apigateway.PutMethodInput{HttpMethod: aws.String("FETCH")})},
		"authorization":   {"BadRequestException", "authorization type", method(apigateway.PutMethodInput{AuthorizationType: aws.String("BASIC")})},
		"no authorizer":   {"BadRequestException", "authorizer", method(apigateway.PutMethodInput{AuthorizationType: aws.String("COGNITO_USER_POOLS")})},
		"scopes with IAM": {"BadRequestException", "scopes", method(apigateway.PutMethodInput{AuthorizationScopes: []string{"openid"}})},
		"validator":       {"BadRequestException", "Validator", method(apigateway.PutMethodInput{RequestValidatorId: aws.String("x")})},
		"parameter":       {"BadRequestException", "mapping expression", method(apigateway.PutMethodInput{RequestParameters: map[string]bool{"id": true}})},
		"no such method":  {"NotFoundException", "Method", integration(apigateway.PutIntegrationInput{HttpMethod: aws.String("POST"), Type: "MOCK"})},
		"no verb":         {"BadRequestException", "HttpMethod must be non-empty", integration(apigateway.PutIntegrationInput{Type: "HTTP_PROXY", Uri: aws.String("https://x.example")})},
		"URI":             {"BadRequestException", "HTTP endpoint", integration(apigateway.PutIntegrationInput{Type: "HTTP_PROXY", IntegrationHttpMethod: get, Uri: aws.String("x.example")})},
		"ARN":             {"BadRequestException", "path or action", integration(apigateway.PutIntegrationInput{Type: "AWS_PROXY", IntegrationHttpMethod: aws.String("POST"), Uri: aws.String("arn:aws:lambda:us-east-1:123456789012:function:f")})},
		"link":            {"BadRequestException", "ConnectionId", integration(apigateway.PutIntegrationInput{Type: "HTTP_PROXY", IntegrationHttpMethod: get, Uri: aws.String("https://x.example"), ConnectionType: "VPC_LINK"})},
		"timeout":         {"BadRequestException", "Timeout", integration(apigateway.PutIntegrationInput{Type: "MOCK", TimeoutInMillis: aws.Int32(30000)})},
		"another's role":  {"AccessDeniedException", "Cross-account", integration(apigateway.PutIntegrationInput{Type: "MOCK", Credentials: aws.String("arn:aws:iam::210987654321:role/x")})},
		"undeclared status": {"NotFoundException", "status code", func() error {
			_, err := w.PutIntegrationResponse(ctx, &apigateway.PutIntegrationResponseInput{RestApiId: w.api, ResourceId: w.orders, HttpMethod: get, StatusCode: aws.String("200")})
			return err
		}},
		"status": {"BadRequestException", "status code", func() error {
			_, err := w.PutMethodResponse(ctx, &apigateway.PutMethodResponseInput{RestApiId: w.api, ResourceId: w.orders, HttpMethod: get, StatusCode: aws.String("999")})
			return err
		}},
		"unknown deployment": {"NotFoundException", "Deployment", stage("/deploymentId", "x")},
		"stage twice": {"ConflictException", "already exists", func() error {
			st, err := w.GetStage(ctx, &apigateway.GetStageInput{RestApiId: w.api, StageName: aws.String("prod")})
			if err == nil {
				_, err = w.CreateStage(ctx, &apigateway.CreateStageInput{RestApiId: w.api, StageName: aws.String("prod"), DeploymentId: st.DeploymentId})
			}
			return err
		}},
		"setting":    {"BadRequestException", "patch path", stage("/*/*/throttling/limit", "1")},
		"log level":  {"BadRequestException", "log level", stage("/*/*/logging/loglevel", "DEBUG")},
		"not a bool": {"BadRequestException", "true, false", stage("/tracingEnabled", "yes")},
		"cache size": {"BadRequestException", "cacheClusterSize", stage("/cacheClusterSize", "3")},
		"private without policy": {"BadRequestException", "resource policy", func() error {
			p, err := w.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("p"), EndpointConfiguration: endpoint("PRIVATE")})
			if err != nil {
				return err
			}
			if _, err = w.PutMethod(ctx, &apigateway.PutMethodInput{RestApiId: p.Id, ResourceId: p.RootResourceId, HttpMethod: get, AuthorizationType: aws.String("AWS_IAM")}); err != nil {
				return err
			}
			if _, err = w.PutIntegration(ctx, &apigateway.PutIntegrationInput{RestApiId: p.Id, ResourceId: p.RootResourceId, HttpMethod: get, Type: "MOCK"}); err != nil {
				return err
			}
			_, err = w.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: p.Id})
			return err
		}},
		"no method": {"BadRequestException", "doesn't contain any methods", func() error {
			p, err := w.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("p")})
			if err == nil {
				_, err = w.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: p.Id})
			}
			return err
		}},
	} {
		t.Run(name, func(t *testing.T) { requireCode(t, r.call(), r.code, r.message) })
	}
	var typed *types.NotFoundException
	_, err = w.DeleteRestApi(ctx, &apigateway.DeleteRestApiInput{RestApiId: aws.String("x")})
	require.ErrorAs(t, err, &typed)
	_, err = w.DeleteRestApi(ctx, &apigateway.DeleteRestApiInput{RestApiId: w.api})
	require.NoError(t, err)
}
