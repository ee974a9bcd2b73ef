package appsec

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// API is a REST API of API Gateway: its routes, and the stage under which they are served. A route asks for a signature
// of AWS (AWS_IAM) unless it says otherwise; TLS 1.2 with forward secrecy is the least that is spoken; requests are
// throttled, logged and traced.
//
// The routes are authoritative: paths and methods that are not declared are removed. What callers meet is not what is
// edited but what was deployed: a change of any route makes a new deployment, the stage moves to it, and the deployments
// before it go. API Gateway has no unique names for APIs, so an API is found by its ownership tags, and by its name only to
// be adopted.
type API struct {
	Name        string
	Description string
	Routes      []Route
	Authorizers []Authorizer // that routes refer to by name
	Stage       Stage

	// Policy is the resource policy, on top of what the routes ask for. Write execute-api:/* for the API itself. For a
	// private API that has none, one is made that lets in what comes through Endpoints alone.
	Policy policy.Document
	// Endpoints make the API private: reachable through these interface endpoints of execute-api, and not from the
	// internet. A change between private and public makes another API.
	Endpoints []id.VPCEndpoint
	// CustomDomainOnly switches off the address under execute-api.<region>.amazonaws.com.
	CustomDomainOnly bool

	// SecurityPolicy is the TLS policy, SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09 if empty.
	// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies-list.html
	SecurityPolicy types.SecurityPolicy
	// LegacyTLSBecause leaves the security policy as it is, which for a new API is TLS 1.0.
	LegacyTLSBecause string
	// AnyHostBecause lets callers name another host in TLS than in the request (endpoint access mode BASIC).
	AnyHostBecause string

	// After are tokens of what must stand before the stage is made, as the account's role for logs (Account.RoleToken).
	After []string
	Tags  map[string]string // of the API and its stage
}

// ID is the API's id.
func (a API) ID() id.RestAPI { return id.RestAPI(apis.Ref(a.Name, "ID")) }

// ExecuteARN is the ARN that IAM policies name: followed by /stage/METHOD/path it is one method, by /* all.
func (a API) ExecuteARN() id.ARN { return id.ARN(apis.Ref(a.Name, "ExecuteARN")) }

// StageARN is the stage's ARN, with which a web ACL is associated.
func (a API) StageARN() id.StageARN { return id.StageARN(stages.Ref(a.Name, "ARN")) }

// URL is where the API is called.
func (a API) URL() string { return stages.Ref(a.Name, "URL") }

// Declare implements ztcore.Resource.
func (a API) Declare(d *ztcore.Declaration) {
	want := apiState{
		Name: a.Name, Description: a.Description, Endpoint: string(types.EndpointTypeRegional), Endpoints: []string{}, DefaultAddress: !a.CustomDomainOnly,
		SecurityPolicy: aws.String(string(a.SecurityPolicy)), AccessMode: aws.String(string(types.EndpointAccessModeStrict)), Policy: a.Policy, Tags: a.Tags,
	}
	if a.SecurityPolicy == "" {
		want.SecurityPolicy = aws.String(string(types.SecurityPolicySecurityPolicyTls1312PfsPq202509))
	}
	for _, e := range a.Endpoints {
		want.Endpoint, want.Endpoints = string(types.EndpointTypePrivate), append(want.Endpoints, string(e))
	}
	if len(a.Endpoints) > 0 && a.Policy.IsZero() {
		want.Policy = throughEndpoints(want.Endpoints)
	}
	var except [][2]string
	if a.LegacyTLSBecause != "" {
		want.SecurityPolicy, want.AccessMode = nil, nil
		except = append(except, [2]string{"SecurityPolicy", a.LegacyTLSBecause})
	} else if a.AnyHostBecause != "" {
		want.AccessMode = aws.String(string(types.EndpointAccessModeBasic))
		except = append(except, [2]string{"AccessMode", a.AnyHostBecause})
	}
	n := apis.Declare(d, a.Name, want)
	for _, e := range except {
		n.Except(e[0], e[1])
	}
	a.declareRoutes(d)
	a.declareStage(d, want)
}

// throughEndpoints lets in whoever comes through one of the endpoints, and nobody else whatever IAM policies say.
func throughEndpoints(endpoints []string) policy.Document {
	return policy.Allow("execute-api:Invoke").Named("ThroughOurEndpoints").To(policy.Anyone()).On("execute-api:/*").When("StringEquals", "aws:SourceVpce", endpoints...).And(
		policy.Deny("execute-api:Invoke").Named("NotOtherwise").To(policy.Anyone()).On("execute-api:/*").When("StringNotEquals", "aws:SourceVpce", endpoints...))
}

type apiState struct {
	Name           string `zt:"label"`
	Description    string
	Endpoint       string   `zt:"immutable"` // REGIONAL or PRIVATE
	Endpoints      []string `zt:"set"`       // of VPCs
	SecurityPolicy *string
	AccessMode     *string
	DefaultAddress bool
	Policy         policy.Document
	Tags           map[string]string `zt:"tags"`
	ID             string            `zt:"output"`
	ExecuteARN     string            `zt:"output"`
	Created        time.Time         `zt:"output"`
}

var apis = &ztcore.Kind[apiState]{
	Name: "appsec.API", Permissions: &apisNeed, Read: readAPIs, Create: createAPI, Update: updateAPI,
	Delete: func(ctx context.Context, sc *ztcore.Scope, have apiState) error {
		_, err := apigateway.NewFromConfig(sc.Config).DeleteRestApi(ctx, &apigateway.DeleteRestApiInput{RestApiId: &have.ID})
		return unlessGone(err)
	},
	Check: checkAPI, Retry: []ztcore.Retry{concurrent, slowDown, {Code: "BadRequestException", Message: "Invalid policy document"}},
	Domain:   func(want apiState) string { return apiDomain(want.ID) },
	Controls: []string{"NIST SP 800-207 tenet 2", "NIST SP 800-207 tenet 3", "CISA ZTMM Applications and Workloads"},
}

var apisNeed = ztcore.Permissions{
	Read:   []string{"apigateway:GET"},
	Write:  []string{"apigateway:PATCH", "apigateway:POST", "apigateway:PUT", "apigateway:UpdateRestApiPolicy"},
	Delete: []string{"apigateway:DELETE"},
}

// What passes by itself: another change of the same API, and quotas as that of one deletion in 30 seconds.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/limits.html
var (
	concurrent = ztcore.Retry{Code: "ConflictException", Message: "concurrent modification"}
	slowDown   = ztcore.Retry{Code: "TooManyRequestsException"}
)

// apiDomain keeps writes to one API apart, once there is one.
func apiDomain(api string) string {
	if api == "" || ztcore.HasToken(api) {
		return ""
	}
	return "apigateway/" + api
}

func readAPIs(ctx context.Context, sc *ztcore.Scope, _ ztcore.Query[apiState]) (out []apiState, err error) {
	in := &apigateway.GetRestApisInput{Limit: aws.Int32(apiPage)}
	for {
		page, err := apigateway.NewFromConfig(sc.Config).GetRestApis(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Items {
			out = append(out, seenAPI(sc, r))
		}
		if in.Position = page.Position; aws.ToString(in.Position) == "" {
			return out, nil
		}
	}
}

func createAPI(ctx context.Context, sc *ztcore.Scope, want apiState) error {
	in := &apigateway.CreateRestApiInput{
		Name: &want.Name, Description: given(want.Description), DisableExecuteApiEndpoint: !want.DefaultAddress, Tags: want.Tags,
		EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{types.EndpointType(want.Endpoint)}},
		SecurityPolicy:        types.SecurityPolicy(aws.ToString(want.SecurityPolicy)), EndpointAccessMode: types.EndpointAccessMode(aws.ToString(want.AccessMode)),
	}
	if len(want.Endpoints) > 0 {
		in.EndpointConfiguration.VpcEndpointIds = want.Endpoints
	}
	if !want.Policy.IsZero() {
		in.Policy = aws.String(want.Policy.JSON())
	}
	_, err := apigateway.NewFromConfig(sc.Config).CreateRestApi(ctx, in)
	return err
}

func updateAPI(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[apiState]) error {
	c := apigateway.NewFromConfig(sc.Config)
	if ops := u.Want.patches(u); len(ops) > 0 {
		if _, err := c.UpdateRestApi(ctx, &apigateway.UpdateRestApiInput{RestApiId: &u.Have.ID, PatchOperations: ops}); err != nil {
			return err
		}
	}
	if u.Changed("Tags") {
		_, err := c.TagResource(ctx, &apigateway.TagResourceInput{ResourceArn: aws.String(apiARN(sc, u.Have.ID)), Tags: u.Want.Tags})
		return err
	}
	return nil
}

// apiARN is how tags call an API.
func apiARN(sc *ztcore.Scope, api string) string {
	return strings.Join([]string{"arn", sc.Partition, "apigateway", sc.Region, "", "/restapis/" + api}, ":")
}
