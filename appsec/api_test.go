package appsec_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/appsec"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeapigateway"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakecognitoidentityprovider"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

var (
	logs = appsec.Account{LogRole: "arn:aws:iam::123456789012:role/apigateway-logs"}
	api  = appsec.API{
		Name:   "MySecureAPI",
		Routes: []appsec.Route{{Path: "/myresource", Method: "GET", Integration: appsec.Integration{Mock: true}}},
		Stage:  appsec.Stage{AccessLogs: "arn:aws:logs:us-east-1:123456789012:log-group:my-secure-api"},
		After:  []string{logs.RoleToken()},
	}
)

func apiCloud() *fakeaws.Cloud {
	return fakeaws.New(fakests.Install, fakeapigateway.Install, fakecognitoidentityprovider.Install)
}

// anAPI is the only API there is.
func anAPI(ctx context.Context, cfg aws.Config) (*apigateway.Client, *string, error) {
	c := apigateway.NewFromConfig(cfg)
	out, err := c.GetRestApis(ctx, &apigateway.GetRestApisInput{})
	if err != nil {
		return nil, nil, err
	}
	if len(out.Items) == 0 {
		return nil, nil, errors.New("no API")
	}
	return c, out.Items[0].Id, nil
}

// openUp is drift: somebody adds a method that anybody may call, and puts it in front of callers.
func openUp(ctx context.Context, cfg aws.Config) error {
	c, id, err := anAPI(ctx, cfg)
	if err != nil {
		return err
	}
	out, err := c.GetResources(ctx, &apigateway.GetResourcesInput{RestApiId: id})
	if err != nil {
		return err
	}
	var root *string
	for _, r := range out.Items {
		if *r.Path == "/" {
			root = r.Id
		}
	}
	_, err = c.PutMethod(ctx, &apigateway.PutMethodInput{RestApiId: id, ResourceId: root, HttpMethod: aws.String("POST"), AuthorizationType: aws.String("NONE")})
	if err != nil {
		return err
	}
	if _, err := c.PutIntegration(ctx, &apigateway.PutIntegrationInput{RestApiId: id, ResourceId: root, HttpMethod: aws.String("POST"), Type: types.IntegrationTypeMock}); err != nil {
		return err
	}
	if _, err := c.CreateResource(ctx, &apigateway.CreateResourceInput{RestApiId: id, ParentId: root, PathPart: aws.String("backdoor")}); err != nil {
		return err
	}
	d, err := c.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: id, Description: aws.String("by hand")})
	if err != nil {
		return err
	}
	_, err = c.UpdateStage(ctx, &apigateway.UpdateStageInput{RestApiId: id, StageName: aws.String("prod"), PatchOperations: []types.PatchOperation{
		{Op: types.OpReplace, Path: aws.String("/deploymentId"), Value: d.Id}, {Op: types.OpReplace, Path: aws.String("/*/*/throttling/rateLimit"), Value: aws.String("9999")},
	}})
	return err
}

func of(kind string, fields ...string) (out []string) {
	for _, f := range fields {
		out = append(out, "appsec."+kind+"/MySecureAPI "+f)
	}
	return out
}

func TestAPILife(t *testing.T) {
	settings := api
	settings.Description, settings.Tags, settings.AnyHostBecause, settings.CustomDomainOnly = "orders", team, "an old client", true
	settings.Policy = policy.Deny("execute-api:Invoke").To(policy.Anyone()).On("execute-api:/*").When("NotIpAddress", "aws:SourceIp", "203.0.113.0/24")
	settings.SecurityPolicy = types.SecurityPolicySecurityPolicyTls1313202509
	more := settings
	more.Authorizers = []appsec.Authorizer{{Name: "users", Pools: []id.UserPoolARN{"arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbCdEfGhI"}}}
	more.Routes = []appsec.Route{
		{Path: "/orders/{id}", Method: "GET", Authorizer: "users", Scopes: []string{"openid"}, Integration: appsec.Integration{HTTP: "https://backend.example.com/orders/{id}", Timeout: 5 * time.Second}},
		{Path: "/orders", Method: "POST", RequiredParameters: []string{"header.X-Request-Id"}, Integration: appsec.Integration{Lambda: "arn:aws:lambda:us-east-1:123456789012:function:orders", Role: "arn:aws:iam::123456789012:role/api"}},
		{Path: "/queue", Method: "POST", Integration: appsec.Integration{Service: "arn:aws:apigateway:us-east-1:sqs:path/123456789012/orders", Role: "arn:aws:iam::123456789012:role/api"}},
		{Path: "/inside", Method: "ANY", Integration: appsec.Integration{HTTP: "https://inside.example.com", VPCLink: "a1b2c3", Method: "GET"}},
		{Path: "/health", Method: "GET", OpenBecause: "for the load balancer", Integration: appsec.Integration{Mock: true}},
	}
	other := more
	other.Authorizers = []appsec.Authorizer{{Name: "users", Pools: []id.UserPoolARN{"arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_XyZaBcDeF"}}}
	other.Routes = slices.Clone(more.Routes)
	other.Routes[0].Path, other.Routes[0].Integration.HTTP = "/orders/{number}", "https://backend.example.com/orders/{number}"
	other.Stage.Rate, other.Stage.Burst, other.Stage.CacheSize, other.Stage.NoTracingBecause = 10, 20, "0.5", "no X-Ray here"
	silent := other
	silent.Stage.AccessLogs, silent.Stage.NoAccessLogsBecause = "", "a test"
	kindtest.Run(t, kindtest.Case{
		Cloud: apiCloud,
		Variants: []kindtest.Variant{
			{Resource: ztcore.List{logs, api}},
			{Resource: ztcore.List{logs, settings}, Changes: slices.Concat(of("API", "Description", "Tags", "AccessMode", "SecurityPolicy", "DefaultAddress", "Policy"), of("Stage", "Release", "Tags"))},
			{Resource: ztcore.List{logs, more}, Changes: slices.Concat(of("Routes", "Members"), of("Stage", "Release"), []string{"create appsec.Authorizer/MySecureAPI/users"})},
			{Resource: ztcore.List{logs, other}, Changes: slices.Concat(of("Routes", "Members"), of("Stage", "Release", "Rate", "Burst", "CacheSize", "Cached", "Tracing"), []string{"appsec.Authorizer/MySecureAPI/users Pools"})},
			{Resource: ztcore.List{logs, silent}, Changes: of("Stage", "AccessLogs", "LogFormat", "LogLevel")},
		},
		Drift: openUp,
	})
}

func TestAccountLife(t *testing.T) { kindtest.Run(t, accountCase()) }

func accountCase() kindtest.Case {
	return kindtest.Case{
		Cloud: apiCloud,
		Variants: []kindtest.Variant{
			{Resource: logs},
			{Resource: appsec.Account{LogRole: "arn:aws:iam::123456789012:role/other"}, Changes: []string{"appsec.Account/region LogRole"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			_, err := apigateway.NewFromConfig(cfg).UpdateAccount(ctx, &apigateway.UpdateAccountInput{PatchOperations: []types.PatchOperation{
				{Op: types.OpReplace, Path: aws.String("/cloudwatchRoleArn"), Value: aws.String("arn:aws:iam::123456789012:role/theirs")},
			}})
			return err
		},
	}
}

func TestPrivateAPILife(t *testing.T) {
	private, more := api, api
	private.Endpoints = []id.VPCEndpoint{"vpce-0123456789abcdef0"}
	more.Endpoints = []id.VPCEndpoint{"vpce-0123456789abcdef1", "vpce-0123456789abcdef2"}
	kindtest.Run(t, kindtest.Case{
		Cloud: apiCloud,
		Variants: []kindtest.Variant{
			{Resource: ztcore.List{logs, private}},
			{Resource: ztcore.List{logs, more}, Changes: slices.Concat(of("API", "Endpoints", "Policy"), of("Stage", "Release"))},
		},
		Skip: map[string]string{"without apigateway:DELETE": "the former deployment goes with the next release"},
	})
}

// served is how the methods that callers meet are authorized.
func served(t *testing.T, cfg aws.Config) map[string]string {
	t.Helper()
	c, api, err := anAPI(t.Context(), cfg)
	require.NoError(t, err)
	st, err := c.GetStage(t.Context(), &apigateway.GetStageInput{RestApiId: api, StageName: aws.String("prod")})
	require.NoError(t, err)
	d, err := c.GetDeployment(t.Context(), &apigateway.GetDeploymentInput{RestApiId: api, DeploymentId: st.DeploymentId, Embed: []string{"apisummary"}})
	require.NoError(t, err)
	out := map[string]string{}
	for path, methods := range d.ApiSummary {
		for verb, m := range methods {
			out[verb+" "+path] = *m.AuthorizationType
		}
	}
	return out
}

// What is declared is what callers meet, and one deployment is all that is left.
func TestChangedRouteIsDeployed(t *testing.T) {
	cfg := apiCloud().Config()
	apply(t, cfg, ztcore.List{logs, api})
	require.Equal(t, map[string]string{"GET /myresource": "AWS_IAM"}, served(t, cfg))

	changed := api
	changed.Routes = []appsec.Route{{Path: "/a/b/c", Method: "PUT", OpenBecause: "a test", Integration: appsec.Integration{Mock: true}}}
	apply(t, cfg, ztcore.List{logs, changed})
	require.Equal(t, map[string]string{"PUT /a/b/c": "NONE"}, served(t, cfg))

	require.NoError(t, openUp(t.Context(), cfg))
	require.Equal(t, "NONE", served(t, cfg)["POST /"])
	apply(t, cfg, ztcore.List{logs, api})
	require.Equal(t, map[string]string{"GET /myresource": "AWS_IAM"}, served(t, cfg))

	c, id, err := anAPI(t.Context(), cfg)
	require.NoError(t, err)
	resources, err := c.GetResources(t.Context(), &apigateway.GetResourcesInput{RestApiId: id})
	require.NoError(t, err)
	paths := map[string]bool{}
	for _, r := range resources.Items {
		paths[*r.Path] = true
	}
	require.Equal(t, []string{"/", "/myresource"}, slices.Sorted(maps.Keys(paths)), "empty paths go, up to the root")
	deployments, err := c.GetDeployments(t.Context(), &apigateway.GetDeploymentsInput{RestApiId: id})
	require.NoError(t, err)
	require.Len(t, deployments.Items, 2, "ours, and the one made by hand, which is not ours to delete")
	require.True(t, plan(t, cfg, ztcore.List{logs, api}).Empty())
}

// An authorizer of a pool of the same baseline: the pool's ARN is known only when it exists.
func TestRouteForUsersOfAPool(t *testing.T) {
	cfg := apiCloud().Config()
	forUsers := api
	forUsers.Authorizers = []appsec.Authorizer{{Name: "users", Pools: []id.UserPoolARN{pool.ARN()}}}
	forUsers.Routes = []appsec.Route{{Path: "/myresource", Method: "GET", Authorizer: "users", Scopes: []string{"openid"}, Integration: appsec.Integration{Mock: true}}}
	all := ztcore.List{logs, pool, client, forUsers}
	p := plan(t, cfg, all)
	require.Contains(t, p.String(), "(known after apply: appsec.Authorizer/MySecureAPI/users#ID)")
	_, err := p.Apply(t.Context())
	require.NoError(t, err)
	require.Equal(t, map[string]string{"GET /myresource": "COGNITO_USER_POOLS"}, served(t, cfg))
	require.True(t, plan(t, cfg, all).Empty())
}

func TestStageNeedsARoleForLogs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := apiCloud().Config()
		alone := api
		alone.After = nil
		_, err := plan(t, cfg, alone).Apply(t.Context())
		require.ErrorContains(t, err, "CloudWatch Logs role ARN must be set")
		apply(t, cfg, ztcore.List{logs, api})
	})
}

// A method with settings of its own may escape the stage's limits.
func TestSettingsOfSingleMethodsGo(t *testing.T) {
	cfg := apiCloud().Config()
	apply(t, cfg, ztcore.List{logs, api})
	c, id, err := anAPI(t.Context(), cfg)
	require.NoError(t, err)
	_, err = c.UpdateStage(t.Context(), &apigateway.UpdateStageInput{RestApiId: id, StageName: aws.String("prod"), PatchOperations: []types.PatchOperation{
		{Op: types.OpReplace, Path: aws.String("/~1myresource/GET/logging/dataTrace"), Value: aws.String("true")},
	}})
	require.NoError(t, err)
	require.Contains(t, apply(t, cfg, ztcore.List{logs, api}).String(), `Overrides: - "~1myresource/GET"`)
	st, err := c.GetStage(t.Context(), &apigateway.GetStageInput{RestApiId: id, StageName: aws.String("prod")})
	require.NoError(t, err)
	require.Equal(t, []string{"*/*"}, slices.Sorted(maps.Keys(st.MethodSettings)))
}

// From public to private is another API, with all that it has.
func TestAPIBecomesPrivate(t *testing.T) {
	cfg := apiCloud().Config()
	apply(t, cfg, ztcore.List{logs, api})
	_, before, err := anAPI(t.Context(), cfg)
	require.NoError(t, err)
	private := api
	private.Endpoints = []id.VPCEndpoint{"vpce-0123456789abcdef0"}
	apply(t, cfg, ztcore.List{logs, private})
	_, after, err := anAPI(t.Context(), cfg)
	require.NoError(t, err)
	require.NotEqual(t, *before, *after)
	require.Equal(t, map[string]string{"GET /myresource": "AWS_IAM"}, served(t, cfg))
	require.True(t, plan(t, cfg, ztcore.List{logs, private}).Empty())
}

// An API that somebody has made by hand, as the guide does: open, at the root, with a stage.
func TestAPIIsAdopted(t *testing.T) {
	cfg := apiCloud().Config()
	c := apigateway.NewFromConfig(cfg)
	made, err := c.CreateRestApi(t.Context(), &apigateway.CreateRestApiInput{Name: aws.String("MySecureAPI"), EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{types.EndpointTypeRegional}}})
	require.NoError(t, err)
	_, err = c.PutMethod(t.Context(), &apigateway.PutMethodInput{RestApiId: made.Id, ResourceId: made.RootResourceId, HttpMethod: aws.String("GET"), AuthorizationType: aws.String("NONE")})
	require.NoError(t, err)
	_, err = c.PutIntegration(t.Context(), &apigateway.PutIntegrationInput{RestApiId: made.Id, ResourceId: made.RootResourceId, HttpMethod: aws.String("GET"), Type: types.IntegrationTypeMock})
	require.NoError(t, err)
	d, err := c.CreateDeployment(t.Context(), &apigateway.CreateDeploymentInput{RestApiId: made.Id})
	require.NoError(t, err)
	_, err = c.CreateStage(t.Context(), &apigateway.CreateStageInput{RestApiId: made.Id, StageName: aws.String("prod"), DeploymentId: d.Id})
	require.NoError(t, err)

	var conflict *ztcore.ConflictError
	_, err = plan(t, cfg, ztcore.List{logs, api}).Apply(t.Context())
	require.ErrorAs(t, err, &conflict)
	require.Equal(t, "NONE", served(t, cfg)["GET /"])

	p := apply(t, cfg, ztcore.List{logs, ztcore.Adopt(api)})
	require.Contains(t, p.String(), `SecurityPolicy: "TLS_1_0" → "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09"`)
	_, id, err := anAPI(t.Context(), cfg)
	require.NoError(t, err)
	require.Equal(t, *made.Id, *id, "its address stays")
	require.Equal(t, map[string]string{"GET /myresource": "AWS_IAM"}, served(t, cfg))
	require.True(t, plan(t, cfg, ztcore.List{logs, api}).Empty())
}

func TestAPIGoesWithAllItHas(t *testing.T) {
	cloud := apiCloud()
	apply(t, cloud.Config(), ztcore.List{logs, api})
	apply(t, cloud.Config(), ztcore.List{logs, api}, ztcore.Destroy())
	require.NotContains(t, cloud.Snapshot(), "MySecureAPI")
}

func TestWhatAPIGatewayRefusesIsFoundBefore(t *testing.T) {
	route := func(r appsec.Route) appsec.API {
		a := api
		if r.Method == "" {
			r.Method = "GET"
		}
		if r.Path == "" {
			r.Path = "/a"
		}
		a.Routes = []appsec.Route{r}
		return a
	}
	mock := appsec.Integration{Mock: true}
	with := func(change func(*appsec.API)) appsec.API {
		a := api
		change(&a)
		return a
	}
	for want, r := range map[string]ztcore.Resource{
		"has 0 integrations":                   route(appsec.Route{}),
		"has 2 integrations":                   route(appsec.Route{Integration: appsec.Integration{Mock: true, HTTP: "https://a.example"}}),
		"is no path":                           route(appsec.Route{Path: "a/", Integration: mock}),
		`"FETCH" is no method`:                 route(appsec.Route{Method: "FETCH", Integration: mock}),
		"the authorizer users is not declared": route(appsec.Route{Authorizer: "users", Integration: mock}),
		"no authorizer asks for one":           route(appsec.Route{Scopes: []string{"openid"}, Integration: mock}),
		"without TLS":                          route(appsec.Route{Integration: appsec.Integration{HTTP: "http://a.example"}}),
		"need a role":                          route(appsec.Route{Integration: appsec.Integration{Service: "arn:aws:apigateway:us-east-1:sqs:path/1/q"}}),
		"1m0s is no timeout":                   route(appsec.Route{Integration: appsec.Integration{Mock: true, Timeout: time.Minute}}),
		"leads to HTTP backends":               route(appsec.Route{Integration: appsec.Integration{Mock: true, VPCLink: "a1b2c3"}}),
		`"id" is no parameter`:                 route(appsec.Route{RequiredParameters: []string{"id"}, Integration: mock}),
		`"SEND" is no method of a backend`:     route(appsec.Route{Integration: appsec.Integration{HTTP: "https://a.example", Method: "SEND"}}),
		"without a method can't be deployed":   with(func(a *appsec.API) { a.Routes = nil }),
		"is declared twice":                    with(func(a *appsec.API) { a.Routes = append(slices.Clone(a.Routes), a.Routes...) }),
		"stand at the same place": with(func(a *appsec.API) {
			a.Routes = []appsec.Route{{Path: "/{a}", Method: "GET", Integration: mock}, {Path: "/{b}", Method: "PUT", Integration: mock}}
		}),
		"has no name or no pool":       with(func(a *appsec.API) { a.Authorizers = []appsec.Authorizer{{Name: "users"}} }),
		"is no security policy":        with(func(a *appsec.API) { a.SecurityPolicy = "TLS_1_0" }),
		"does not take the name":       with(func(a *appsec.API) { a.Name = " " }),
		"MISSING_PRINCIPAL":            with(func(a *appsec.API) { a.Policy = policy.Allow("execute-api:Invoke").OnAny() }),
		"leave no trace":               with(func(a *appsec.API) { a.Stage.AccessLogs = "" }),
		"both AccessLogs":              with(func(a *appsec.API) { a.Stage.NoAccessLogsBecause = "x" }),
		"can't be the name of a stage": with(func(a *appsec.API) { a.Stage.Name = "a b" }),
		"no size of a cache":           with(func(a *appsec.API) { a.Stage.CacheSize = "3" }),
		"can't be negative":            with(func(a *appsec.API) { a.Stage.Rate = -1 }),
		"is no log group":              with(func(a *appsec.API) { a.Stage.AccessLogs = "arn:aws:s3:::logs" }),
		"no role is named":             appsec.Account{},
	} {
		err := ztcore.NewBaseline("app", logs, r).Check()
		if _, alone := r.(appsec.Account); alone {
			err = ztcore.NewBaseline("app", r).Check()
		}
		require.ErrorContains(t, err, want)
	}
}

func TestOpenAPIsAreFindings(t *testing.T) {
	wide := api
	wide.Policy = policy.Allow("execute-api:Invoke").To(policy.Anyone()).On("execute-api:/*")
	wide.Stage.Rate = 20000
	p := plan(t, apiCloud().Config(), ztcore.List{logs, wide})
	var found []string
	for _, f := range p.Findings {
		found = append(found, f.Guardrail)
	}
	require.ElementsMatch(t, []string{"appsec.api-open", "appsec.unthrottled"}, found)
}

func TestExceptionsShowInThePlan(t *testing.T) {
	loose := api
	loose.LegacyTLSBecause = "an old device"
	loose.Routes = []appsec.Route{{Path: "/a", Method: "GET", OpenBecause: "a status page", Integration: appsec.Integration{HTTP: "http://a.example", PlainBecause: "inside the VPC"}}}
	loose.Stage.NoTracingBecause = "no X-Ray here"
	text := plan(t, apiCloud().Config(), ztcore.List{logs, loose}).String()
	for _, why := range []string{"an old device", "a status page", "inside the VPC", "no X-Ray here"} {
		require.Equal(t, 1, strings.Count(text, why), text)
	}
}
