package fakeapigateway

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// CreateRequestValidator makes a validator. Names need not be unique.
func (s *Service) CreateRequestValidator(ctx context.Context, in *apigateway.CreateRequestValidatorInput, _ ...Options) (*apigateway.CreateRequestValidatorOutput, error) {
	a, err := s.api(ctx, in.RestApiId)
	if err != nil {
		return nil, err
	}
	v := &types.RequestValidator{Id: s.newID(6), Name: in.Name, ValidateRequestBody: in.ValidateRequestBody, ValidateRequestParameters: in.ValidateRequestParameters}
	a.Validators[*v.Id] = v
	return &apigateway.CreateRequestValidatorOutput{Id: v.Id, Name: v.Name, ValidateRequestBody: v.ValidateRequestBody, ValidateRequestParameters: v.ValidateRequestParameters}, nil
}

// GetRequestValidators answers an API's validators.
func (s *Service) GetRequestValidators(ctx context.Context, in *apigateway.GetRequestValidatorsInput, _ ...Options) (*apigateway.GetRequestValidatorsOutput, error) {
	a, err := s.api(ctx, in.RestApiId)
	if err != nil {
		return nil, err
	}
	some, next, err := page(ctx, a.Validators, in.Position, in.Limit)
	out := &apigateway.GetRequestValidatorsOutput{Position: next, Items: []types.RequestValidator{}}
	for _, v := range some {
		out.Items = append(out.Items, *v)
	}
	return out, err
}

// UpdateRequestValidator applies patches: all of them or none.
// https://docs.aws.amazon.com/apigateway/latest/api/patch-operations.html#UpdateRequestValidator-Patch
func (s *Service) UpdateRequestValidator(ctx context.Context, in *apigateway.UpdateRequestValidatorInput, _ ...Options) (*apigateway.UpdateRequestValidatorOutput, error) {
	a, err := s.api(ctx, in.RestApiId)
	if err != nil {
		return nil, err
	}
	have := a.Validators[*in.RequestValidatorId]
	if have == nil {
		return nil, notFound("Invalid Request Validator identifier specified")
	}
	ops, err := patches(in.PatchOperations)
	if err != nil {
		return nil, err
	}
	v := *have
	for _, p := range ops {
		if p.is("/name") {
			v.Name = aws.String(p.value)
			continue
		}
		yes, err := p.bool()
		switch {
		case err != nil:
			return nil, err
		case p.is("/validateRequestBody"):
			v.ValidateRequestBody = *yes
		case p.is("/validateRequestParameters"):
			v.ValidateRequestParameters = *yes
		default:
			return nil, p.refused()
		}
	}
	*have = v
	return &apigateway.UpdateRequestValidatorOutput{Id: v.Id, Name: v.Name, ValidateRequestBody: v.ValidateRequestBody, ValidateRequestParameters: v.ValidateRequestParameters}, nil
}

// DeleteRequestValidator deletes a validator that no method refers to.
func (s *Service) DeleteRequestValidator(ctx context.Context, in *apigateway.DeleteRequestValidatorInput, _ ...Options) (*apigateway.DeleteRequestValidatorOutput, error) {
	a, err := s.api(ctx, in.RestApiId)
	if err != nil {
		return nil, err
	}
	if a.Validators[*in.RequestValidatorId] == nil {
		return nil, notFound("Invalid Request Validator identifier specified")
	}
	if at := a.methodWith(func(m types.Method) bool { return str(m.RequestValidatorId) == *in.RequestValidatorId }); at != "" {
		return nil, conflict("Cannot delete validator '%s', is referenced in method: %s", *in.RequestValidatorId, at)
	}
	delete(a.Validators, *in.RequestValidatorId)
	return &apigateway.DeleteRequestValidatorOutput{}, nil
}
