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

// pathPart is a literal, a {variable} or a greedy {variable+}.
var pathPart = regexp.MustCompile(`^([a-zA-Z0-9._:-]+|\{[a-zA-Z0-9._:-]+\+?\})$`)

func (a *API) resource(id *string) (*types.Resource, error) {
	if r := a.Resources[str(id)]; r != nil {
		return r, nil
	}
	return nil, notFound("Invalid Resource identifier specified")
}

// CreateResource adds a path below another.
func (s *Service) CreateResource(ctx context.Context, in *apigateway.CreateResourceInput, _ ...Options) (*apigateway.CreateResourceOutput, error) {
	a, err := s.api(ctx, in.RestApiId)
	if err != nil {
		return nil, err
	}
	parent, err := a.resource(in.ParentId)
	if err != nil {
		return nil, err
	}
	part := *in.PathPart
	if !pathPart.MatchString(part) {
		return nil, badRequest("Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.")
	}
	if strings.HasSuffix(str(parent.PathPart), "+}") {
		return nil, badRequest("Cannot create a child of a resource with a greedy path variable: %s", *parent.PathPart)
	}
	for _, r := range a.Resources {
		if str(r.ParentId) != *in.ParentId {
			continue
		}
		if *r.PathPart == part {
			return nil, conflict("Another resource with the same parent already has this name: %s", part)
		}
		if strings.HasPrefix(part, "{") && strings.HasPrefix(*r.PathPart, "{") {
			return nil, badRequest("A sibling (%s) of this resource already has a variable path part -- only one is allowed", *r.PathPart)
		}
	}
	r := &types.Resource{Id: s.newID(6), ParentId: in.ParentId, PathPart: in.PathPart, Path: aws.String(strings.TrimSuffix(*parent.Path, "/") + "/" + part)}
	a.Resources[*r.Id] = r
	return &apigateway.CreateResourceOutput{Id: r.Id, ParentId: r.ParentId, Path: r.Path, PathPart: r.PathPart}, nil
}

// GetResources answers the paths of an API, their methods with embed=methods only.
func (s *Service) GetResources(ctx context.Context, in *apigateway.GetResourcesInput, _ ...Options) (*apigateway.GetResourcesOutput, error) {
	a, err := s.api(ctx, in.RestApiId)
	if err != nil {
		return nil, err
	}
	some, next, err := page(ctx, a.Resources, in.Position, in.Limit)
	out := &apigateway.GetResourcesOutput{Position: next, Items: []types.Resource{}}
	for _, r := range some {
		shown := *r
		shown.ResourceMethods = nil
		for name, m := range r.ResourceMethods {
			if shown.ResourceMethods == nil {
				shown.ResourceMethods = map[string]types.Method{}
			}
			if !slices.Contains(in.Embed, "methods") {
				m = types.Method{}
			}
			shown.ResourceMethods[name] = copied(m)
		}
		out.Items = append(out.Items, shown)
	}
	return out, err
}

// DeleteResource deletes a path with all below it.
func (s *Service) DeleteResource(ctx context.Context, in *apigateway.DeleteResourceInput, _ ...Options) (*apigateway.DeleteResourceOutput, error) {
	a, err := s.api(ctx, in.RestApiId)
	if err != nil {
		return nil, err
	}
	if _, err := a.resource(in.ResourceId); err != nil {
		return nil, err
	}
	if *in.ResourceId == *a.About.RootResourceId {
		return nil, badRequest("Root resource cannot be deleted")
	}
	a.drop(*in.ResourceId)
	return &apigateway.DeleteResourceOutput{}, nil
}

func (a *API) drop(id string) {
	for _, child := range slices.Sorted(maps.Keys(a.Resources)) {
		if r := a.Resources[child]; r != nil && str(r.ParentId) == id {
			a.drop(child)
		}
	}
	delete(a.Resources, id)
}
