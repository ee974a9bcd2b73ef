package fakeapigateway

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/internal/resourcepolicy"
)

// newID has the form of API Gateway's ids: n lower-case letters and digits.
func (s *Service) newID(n int) *string {
	id := strings.ToLower(s.cloud.UniqueID(""))
	return aws.String(id[len(id)-n:])
}

// CreateRestApi makes an API with its root resource. Names need not be unique.
func (s *Service) CreateRestApi(ctx context.Context, in *apigateway.CreateRestApiInput, _ ...Options) (*apigateway.CreateRestApiOutput, error) {
	now := time.Now().UTC().Truncate(time.Second)
	a := &API{
		About: types.RestApi{
			Id: s.newID(10), Name: in.Name, Description: in.Description, CreatedDate: &now, RootResourceId: s.newID(10), ApiKeySource: types.ApiKeySourceTypeHeader,
			ApiStatus: types.ApiStatusAvailable, DisableExecuteApiEndpoint: in.DisableExecuteApiEndpoint, EndpointAccessMode: in.EndpointAccessMode, SecurityPolicy: in.SecurityPolicy,
			EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{types.EndpointTypeEdge}}, Tags: map[string]string{},
		},
		Resources: map[string]*types.Resource{}, Authorizers: map[string]*types.Authorizer{}, Validators: map[string]*types.RequestValidator{},
		Deployments: map[string]*Deployment{}, Stages: map[string]*types.Stage{},
	}
	if c := in.EndpointConfiguration; c != nil {
		if len(c.Types) != 1 {
			return nil, badRequest("Cannot create an api with multiple Endpoint Types.")
		}
		a.About.EndpointConfiguration.Types, a.About.EndpointConfiguration.VpcEndpointIds = c.Types, c.VpcEndpointIds
	}
	if in.SecurityPolicy == "" {
		a.About.SecurityPolicy = types.SecurityPolicyTls10
	}
	if strings.TrimSpace(*in.Name) == "" {
		return nil, badRequest("Rest API name cannot be empty")
	}
	if err := a.check(); err != nil {
		return nil, err
	}
	if err := checkTags(nil, in.Tags); err != nil {
		return nil, err
	}
	if in.Policy != nil {
		if err := s.setPolicy(ctx, a, *in.Policy); err != nil {
			return nil, err
		}
	}
	maps.Copy(a.About.Tags, in.Tags)
	a.Resources[*a.About.RootResourceId] = &types.Resource{Id: a.About.RootResourceId, Path: aws.String("/")}
	s.store.In(ctx).APIs[*a.About.Id] = a
	r := s.describe(ctx, a)
	return &apigateway.CreateRestApiOutput{
		Id: r.Id, Name: r.Name, Description: r.Description, CreatedDate: r.CreatedDate, RootResourceId: r.RootResourceId, ApiKeySource: r.ApiKeySource, ApiStatus: r.ApiStatus,
		DisableExecuteApiEndpoint: r.DisableExecuteApiEndpoint, EndpointAccessMode: r.EndpointAccessMode, SecurityPolicy: r.SecurityPolicy, EndpointConfiguration: r.EndpointConfiguration,
		Tags: r.Tags, Policy: r.Policy,
	}, nil
}

// check looks at what endpoint, security policy and access mode have to do with one another.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies.html
func (a *API) check() error {
	r := a.About
	kind := r.EndpointConfiguration.Types[0]
	edge, enhanced := strings.HasSuffix(string(r.SecurityPolicy), "_EDGE"), strings.HasPrefix(string(r.SecurityPolicy), "SecurityPolicy_")
	for _, err := range []error{
		known("types", kind, kind.Values()), known("securityPolicy", r.SecurityPolicy, r.SecurityPolicy.Values()), known("endpointAccessMode", r.EndpointAccessMode, r.EndpointAccessMode.Values()),
	} {
		if err != nil {
			return err
		}
	}
	switch {
	case enhanced && edge != (kind == types.EndpointTypeEdge):
		return badRequest("The security policy %s is not supported for %s endpoints", r.SecurityPolicy, kind)
	case enhanced && r.EndpointAccessMode == "":
		return badRequest("Endpoint access mode must be specified for security policy %s", r.SecurityPolicy)
	case !enhanced && r.EndpointAccessMode != "":
		return badRequest("Endpoint access mode is not supported for security policy %s", r.SecurityPolicy)
	case kind != types.EndpointTypePrivate && len(r.EndpointConfiguration.VpcEndpointIds) > 0:
		return badRequest("VPCEndpoint Ids are only supported for PRIVATE endpoints")
	}
	return nil
}

// setPolicy stores a policy, or removes it when the text is empty.
func (s *Service) setPolicy(ctx context.Context, a *API, text string) error {
	if text == "" {
		a.Policy = nil
		return nil
	}
	p, doc, err := resourcepolicy.Bind(ctx, s.cloud, text)
	if err == nil {
		err = doc.Complete()
	}
	if malformed := new(resourcepolicy.MalformedError); errors.As(err, &malformed) {
		return badRequest("Invalid policy document. Please check the policy syntax and ensure that Principals are valid. %s", malformed.Reason)
	}
	if err != nil {
		return badRequest("Invalid policy document. Please check the policy syntax and ensure that Principals are valid.")
	}
	call := fakeaws.CallFrom(ctx)
	p.Text = resourcepolicy.Compact(strings.ReplaceAll(p.Text, `"execute-api:/`, `"arn:`+call.Partition()+`:execute-api:`+call.Region+`:`+call.Account+`:`+*a.About.Id+`/`))
	a.Policy = &p
	return nil
}

// describe is an API as it is answered: the policy with its quotes escaped.
func (s *Service) describe(ctx context.Context, a *API) types.RestApi {
	r := a.About
	r.Tags = maps.Clone(r.Tags)
	c := *r.EndpointConfiguration
	c.VpcEndpointIds = slices.Clone(c.VpcEndpointIds)
	r.EndpointConfiguration = &c
	if a.Policy != nil {
		r.Policy = aws.String(strings.ReplaceAll(a.Policy.Shown(ctx, s.cloud), `"`, `\"`))
	}
	return r
}

// GetRestApi answers one API.
func (s *Service) GetRestApi(ctx context.Context, in *apigateway.GetRestApiInput, _ ...Options) (*apigateway.GetRestApiOutput, error) {
	a, err := s.api(ctx, in.RestApiId)
	if err != nil {
		return nil, err
	}
	r := s.describe(ctx, a)
	return &apigateway.GetRestApiOutput{
		Id: r.Id, Name: r.Name, Description: r.Description, CreatedDate: r.CreatedDate, RootResourceId: r.RootResourceId, ApiKeySource: r.ApiKeySource, ApiStatus: r.ApiStatus,
		DisableExecuteApiEndpoint: r.DisableExecuteApiEndpoint, EndpointAccessMode: r.EndpointAccessMode, SecurityPolicy: r.SecurityPolicy, EndpointConfiguration: r.EndpointConfiguration,
		Tags: r.Tags, Policy: r.Policy,
	}, nil
}

// GetRestApis answers the region's APIs.
func (s *Service) GetRestApis(ctx context.Context, in *apigateway.GetRestApisInput, _ ...Options) (*apigateway.GetRestApisOutput, error) {
	some, next, err := page(ctx, s.store.In(ctx).APIs, in.Position, in.Limit)
	out := &apigateway.GetRestApisOutput{Position: next, Items: []types.RestApi{}}
	for _, a := range some {
		out.Items = append(out.Items, s.describe(ctx, a))
	}
	return out, err
}

// UpdateRestApi applies patches: all of them or none.
func (s *Service) UpdateRestApi(ctx context.Context, in *apigateway.UpdateRestApiInput, _ ...Options) (*apigateway.UpdateRestApiOutput, error) {
	a, err := s.api(ctx, in.RestApiId)
	if err != nil {
		return nil, err
	}
	ops, err := patches(in.PatchOperations)
	if err != nil {
		return nil, err
	}
	next := *a
	endpoint := *a.About.EndpointConfiguration
	endpoint.VpcEndpointIds = slices.Clone(endpoint.VpcEndpointIds)
	next.About.EndpointConfiguration = &endpoint
	for _, p := range ops {
		if err := s.patchAPI(ctx, &next, p); err != nil {
			return nil, err
		}
	}
	if err := next.check(); err != nil {
		return nil, err
	}
	*a = next
	r := s.describe(ctx, a)
	return &apigateway.UpdateRestApiOutput{
		Id: r.Id, Name: r.Name, Description: r.Description, CreatedDate: r.CreatedDate, RootResourceId: r.RootResourceId, ApiKeySource: r.ApiKeySource, ApiStatus: r.ApiStatus,
		DisableExecuteApiEndpoint: r.DisableExecuteApiEndpoint, EndpointAccessMode: r.EndpointAccessMode, SecurityPolicy: r.SecurityPolicy, EndpointConfiguration: r.EndpointConfiguration,
		Tags: r.Tags, Policy: r.Policy,
	}, nil
}

// https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateRestApi-Patch
func (s *Service) patchAPI(ctx context.Context, a *API, p patch) error {
	endpoints := &a.About.EndpointConfiguration.VpcEndpointIds
	switch {
	case p.is("/name"):
		if strings.TrimSpace(p.value) == "" {
			return badRequest("Rest API name cannot be empty")
		}
		a.About.Name = aws.String(p.value)
	case p.is("/description"):
		a.About.Description = aws.String(p.value)
	case p.is("/policy"):
		return s.setPolicy(ctx, a, p.value)
	case p.is("/securityPolicy"):
		a.About.SecurityPolicy = types.SecurityPolicy(p.value)
	case p.is("/endpointAccessMode"):
		a.About.EndpointAccessMode = types.EndpointAccessMode(p.value)
	case p.is("/disableExecuteApiEndpoint"):
		v, err := p.bool()
		if err != nil {
			return err
		}
		a.About.DisableExecuteApiEndpoint = *v
	case p.op == "add" && p.path == "/endpointConfiguration/vpcEndpointIds":
		if !slices.Contains(*endpoints, p.value) {
			*endpoints = append(*endpoints, p.value)
		}
	case p.op == "remove" && p.path == "/endpointConfiguration/vpcEndpointIds":
		*endpoints = slices.DeleteFunc(*endpoints, func(v string) bool { return v == p.value })
	default:
		return p.refused()
	}
	return nil
}

// DeleteRestApi deletes an API with all that it has.
func (s *Service) DeleteRestApi(ctx context.Context, in *apigateway.DeleteRestApiInput, _ ...Options) (*apigateway.DeleteRestApiOutput, error) {
	if _, err := s.api(ctx, in.RestApiId); err != nil {
		return nil, err
	}
	delete(s.store.In(ctx).APIs, *in.RestApiId)
	return &apigateway.DeleteRestApiOutput{}, nil
}
