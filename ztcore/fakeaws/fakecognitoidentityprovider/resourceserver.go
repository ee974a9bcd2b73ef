package fakecognitoidentityprovider

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// serves reports whether a scope is one of a resource server's: identifier/scope.
func (p *Pool) serves(scope string) bool {
	i := strings.LastIndex(scope, "/")
	if i < 0 || p.Servers[scope[:i]] == nil {
		return false
	}
	for _, s := range p.Servers[scope[:i]].Scopes {
		if aws.ToString(s.ScopeName) == scope[i+1:] {
			return true
		}
	}
	return false
}

func (p *Pool) server(id *string) (*types.ResourceServerType, error) {
	if s := p.Servers[aws.ToString(id)]; s != nil {
		return s, nil
	}
	return nil, notFound("Resource server %s does not exist.", aws.ToString(id))
}

// maxScopes of one resource server.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateResourceServer.html
const maxScopes = 100

func checkServer(name *string, scopes []types.ResourceServerScopeType) error {
	if n := aws.ToString(name); n == "" || len(n) > 256 {
		return invalid("1 validation error detected: Value at 'name' failed to satisfy constraint: Member must have length between 1 and 256")
	}
	if len(scopes) > maxScopes {
		return invalid("A resource server has at most %d scopes.", maxScopes)
	}
	seen := map[string]bool{}
	for _, s := range scopes {
		if n := aws.ToString(s.ScopeName); n == "" || strings.ContainsAny(n, "/ ") || seen[n] {
			return invalid("%s is not a valid scope", n)
		}
		seen[*s.ScopeName] = true
	}
	return nil
}

// CreateResourceServer makes a resource server, whose scopes clients may then be allowed.
func (s *Service) CreateResourceServer(ctx context.Context, in *cognitoidentityprovider.CreateResourceServerInput, _ ...Options) (*cognitoidentityprovider.CreateResourceServerOutput, error) {
	p, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	if err := checkServer(in.Name, in.Scopes); err != nil {
		return nil, err
	}
	if p.Servers[*in.Identifier] != nil {
		return nil, invalid("%s already exists in user pool %s.", *in.Identifier, *in.UserPoolId)
	}
	r := &types.ResourceServerType{Identifier: in.Identifier, Name: in.Name, Scopes: in.Scopes, UserPoolId: in.UserPoolId}
	p.Servers[*in.Identifier] = r
	return &cognitoidentityprovider.CreateResourceServerOutput{ResourceServer: r}, nil
}

// UpdateResourceServer replaces name and scopes.
func (s *Service) UpdateResourceServer(ctx context.Context, in *cognitoidentityprovider.UpdateResourceServerInput, _ ...Options) (*cognitoidentityprovider.UpdateResourceServerOutput, error) {
	p, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	r, err := p.server(in.Identifier)
	if err != nil {
		return nil, err
	}
	if err := checkServer(in.Name, in.Scopes); err != nil {
		return nil, err
	}
	r.Name, r.Scopes = in.Name, in.Scopes
	return &cognitoidentityprovider.UpdateResourceServerOutput{ResourceServer: r}, nil
}

// DescribeResourceServer answers one resource server.
func (s *Service) DescribeResourceServer(ctx context.Context, in *cognitoidentityprovider.DescribeResourceServerInput, _ ...Options) (*cognitoidentityprovider.DescribeResourceServerOutput, error) {
	p, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	r, err := p.server(in.Identifier)
	return &cognitoidentityprovider.DescribeResourceServerOutput{ResourceServer: r}, err
}

// ListResourceServers answers those of a pool, 50 at most a page.
func (s *Service) ListResourceServers(ctx context.Context, in *cognitoidentityprovider.ListResourceServersInput, _ ...Options) (*cognitoidentityprovider.ListResourceServersOutput, error) {
	p, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	some, next, err := page(ctx, p.Servers, in.NextToken, in.MaxResults, 50)
	out := &cognitoidentityprovider.ListResourceServersOutput{NextToken: next, ResourceServers: []types.ResourceServerType{}}
	for _, r := range some {
		out.ResourceServers = append(out.ResourceServers, *r)
	}
	return out, err
}

// DeleteResourceServer deletes a resource server.
func (s *Service) DeleteResourceServer(ctx context.Context, in *cognitoidentityprovider.DeleteResourceServerInput, _ ...Options) (*cognitoidentityprovider.DeleteResourceServerOutput, error) {
	p, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	if _, err := p.server(in.Identifier); err != nil {
		return nil, err
	}
	delete(p.Servers, *in.Identifier)
	return &cognitoidentityprovider.DeleteResourceServerOutput{}, nil
}
