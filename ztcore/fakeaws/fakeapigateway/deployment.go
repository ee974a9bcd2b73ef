package fakeapigateway

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// CreateDeployment keeps the API as it is now, for stages to serve. Every method needs an integration.
func (s *Service) CreateDeployment(ctx context.Context, in *apigateway.CreateDeploymentInput, _ ...Options) (*apigateway.CreateDeploymentOutput, error) {
	a, err := s.api(ctx, in.RestApiId)
	if err != nil {
		return nil, err
	}
	now := time.Now().UTC().Truncate(time.Second)
	d := &Deployment{About: types.Deployment{Id: s.newID(6), Description: in.Description, CreatedDate: &now}, Methods: map[string]map[string]types.Method{}}
	for _, r := range a.Resources {
		for verb, m := range r.ResourceMethods {
			if m.MethodIntegration == nil {
				return nil, badRequest("No integration defined for method")
			}
			if d.Methods[*r.Path] == nil {
				d.Methods[*r.Path] = map[string]types.Method{}
			}
			d.Methods[*r.Path][verb] = copied(m)
		}
	}
	if len(d.Methods) == 0 {
		return nil, badRequest("The REST API doesn't contain any methods")
	}
	if a.About.EndpointConfiguration.Types[0] == types.EndpointTypePrivate && a.Policy == nil {
		return nil, badRequest("Private REST API doesn't have a resource policy attached to it")
	}
	a.Deployments[*d.About.Id] = d
	return &apigateway.CreateDeploymentOutput{Id: d.About.Id, Description: d.About.Description, CreatedDate: d.About.CreatedDate}, nil
}

func (a *API) deployment(id *string) (*Deployment, error) {
	if d := a.Deployments[str(id)]; d != nil {
		return d, nil
	}
	return nil, notFound("Invalid Deployment identifier specified")
}

// GetDeployment answers a deployment, with embed=apisummary also how its methods are authorized.
func (s *Service) GetDeployment(ctx context.Context, in *apigateway.GetDeploymentInput, _ ...Options) (*apigateway.GetDeploymentOutput, error) {
	a, err := s.api(ctx, in.RestApiId)
	if err != nil {
		return nil, err
	}
	d, err := a.deployment(in.DeploymentId)
	if err != nil {
		return nil, err
	}
	out := &apigateway.GetDeploymentOutput{Id: d.About.Id, Description: d.About.Description, CreatedDate: d.About.CreatedDate}
	if slices.Contains(in.Embed, "apisummary") {
		out.ApiSummary = map[string]map[string]types.MethodSnapshot{}
		for path, methods := range d.Methods {
			out.ApiSummary[path] = map[string]types.MethodSnapshot{}
			for verb, m := range methods {
				out.ApiSummary[path][verb] = types.MethodSnapshot{AuthorizationType: m.AuthorizationType, ApiKeyRequired: *m.ApiKeyRequired}
			}
		}
	}
	return out, nil
}

// GetDeployments answers an API's deployments.
func (s *Service) GetDeployments(ctx context.Context, in *apigateway.GetDeploymentsInput, _ ...Options) (*apigateway.GetDeploymentsOutput, error) {
	a, err := s.api(ctx, in.RestApiId)
	if err != nil {
		return nil, err
	}
	some, next, err := page(ctx, a.Deployments, in.Position, in.Limit)
	out := &apigateway.GetDeploymentsOutput{Position: next, Items: []types.Deployment{}}
	for _, d := range some {
		out.Items = append(out.Items, d.About)
	}
	return out, err
}

// DeleteDeployment deletes a deployment that no stage serves.
func (s *Service) DeleteDeployment(ctx context.Context, in *apigateway.DeleteDeploymentInput, _ ...Options) (*apigateway.DeleteDeploymentOutput, error) {
	a, err := s.api(ctx, in.RestApiId)
	if err != nil {
		return nil, err
	}
	d, err := a.deployment(in.DeploymentId)
	if err != nil {
		return nil, err
	}
	for _, st := range a.Stages {
		if *st.DeploymentId == *d.About.Id {
			return nil, badRequest("Active stages pointing to this deployment must be moved or deleted")
		}
	}
	delete(a.Deployments, *d.About.Id)
	return &apigateway.DeleteDeploymentOutput{}, nil
}
