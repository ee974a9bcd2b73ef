package fakeiam

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

func (s *Service) installBoundaries(c *fakeaws.Cloud) {
	fakeaws.On(c, s.PutUserPermissionsBoundary, "UserName", "PermissionsBoundary")
	fakeaws.On(c, s.DeleteUserPermissionsBoundary, "UserName")
	fakeaws.On(c, s.PutRolePermissionsBoundary, "RoleName", "PermissionsBoundary")
	fakeaws.On(c, s.DeleteRolePermissionsBoundary, "RoleName")
}

// boundary is the ARN of the managed policy that is to be a boundary; "" for none.
func (s *Service) boundary(ctx context.Context, policyARN *string) (string, error) {
	if policyARN == nil {
		return "", nil
	}
	p, err := s.policy(ctx, policyARN)
	if err != nil {
		return "", noSuchEntity("Scope ARN: %s does not exist or is not attachable.", *policyARN)
	}
	if p.ServiceOnly {
		return "", &types.PolicyNotAttachableException{Message: aws.String("Cannot attach a Service Role Policy to a Customer Role.")}
	}
	return p.Entity.ARN, nil
}

func boundaryInfo(arn string) *types.AttachedPermissionsBoundary {
	if arn == "" {
		return nil
	}
	return &types.AttachedPermissionsBoundary{PermissionsBoundaryArn: &arn, PermissionsBoundaryType: types.PermissionsBoundaryAttachmentTypePolicy}
}

// PutUserPermissionsBoundary sets the managed policy that bounds a user.
func (s *Service) PutUserPermissionsBoundary(ctx context.Context, in *iam.PutUserPermissionsBoundaryInput, _ ...opt) (*iam.PutUserPermissionsBoundaryOutput, error) {
	x, err := s.in(ctx).user(in.UserName)
	if err != nil {
		return nil, err
	}
	arn, err := s.boundary(ctx, in.PermissionsBoundary)
	if err != nil {
		return nil, err
	}
	x.Grants.Boundary = arn
	return &iam.PutUserPermissionsBoundaryOutput{}, nil
}

// DeleteUserPermissionsBoundary lifts the boundary of a user; one that has none is an error.
func (s *Service) DeleteUserPermissionsBoundary(ctx context.Context, in *iam.DeleteUserPermissionsBoundaryInput, _ ...opt) (*iam.DeleteUserPermissionsBoundaryOutput, error) {
	x, err := s.in(ctx).user(in.UserName)
	if err != nil {
		return nil, err
	}
	if x.Grants.Boundary == "" {
		return nil, noSuchEntity("User %s does not have a permissions boundary.", x.Entity.Name)
	}
	x.Grants.Boundary = ""
	return &iam.DeleteUserPermissionsBoundaryOutput{}, nil
}

// PutRolePermissionsBoundary sets the managed policy that bounds a role.
func (s *Service) PutRolePermissionsBoundary(ctx context.Context, in *iam.PutRolePermissionsBoundaryInput, _ ...opt) (*iam.PutRolePermissionsBoundaryOutput, error) {
	x, err := s.in(ctx).ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	arn, err := s.boundary(ctx, in.PermissionsBoundary)
	if err != nil {
		return nil, err
	}
	x.Grants.Boundary = arn
	return &iam.PutRolePermissionsBoundaryOutput{}, nil
}

// DeleteRolePermissionsBoundary lifts the boundary of a role; one that has none is an error.
func (s *Service) DeleteRolePermissionsBoundary(ctx context.Context, in *iam.DeleteRolePermissionsBoundaryInput, _ ...opt) (*iam.DeleteRolePermissionsBoundaryOutput, error) {
	x, err := s.in(ctx).ownRole(in.RoleName)
	if err != nil {
		return nil, err
	}
	if x.Grants.Boundary == "" {
		return nil, noSuchEntity("Role %s does not have a permissions boundary.", x.Entity.Name)
	}
	x.Grants.Boundary = ""
	return &iam.DeleteRolePermissionsBoundaryOutput{}, nil
}
