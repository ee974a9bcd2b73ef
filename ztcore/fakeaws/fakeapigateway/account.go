package fakeapigateway

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// GetAccount answers the account's settings in the region.
func (s *Service) GetAccount(ctx context.Context, _ *apigateway.GetAccountInput, _ ...Options) (*apigateway.GetAccountOutput, error) {
	out := &apigateway.GetAccountOutput{ApiKeyVersion: aws.String("4"), Features: []string{"UsagePlans"}, ThrottleSettings: &types.ThrottleSettings{BurstLimit: 5000, RateLimit: 10000}}
	if role := s.store.In(ctx).CloudWatchRole; role != "" {
		out.CloudwatchRoleArn = &role
	}
	return out, nil
}

// UpdateAccount sets the role with which API Gateway writes logs. It must exist, and for some seconds so.
func (s *Service) UpdateAccount(ctx context.Context, in *apigateway.UpdateAccountInput, _ ...Options) (*apigateway.UpdateAccountOutput, error) {
	ops, err := patches(in.PatchOperations)
	if err != nil {
		return nil, err
	}
	st := s.store.In(ctx)
	role := st.CloudWatchRole
	for _, p := range ops {
		if !p.is("/cloudwatchRoleArn") {
			return nil, p.refused()
		}
		role = p.value
		if role != "" && !s.usableRole(ctx, role) {
			return nil, badRequest("The role ARN does not have required permissions configured. Please grant trust permission for API Gateway and add the required role policy.")
		}
	}
	st.CloudWatchRole = role
	out, err := s.GetAccount(ctx, nil)
	return &apigateway.UpdateAccountOutput{ApiKeyVersion: out.ApiKeyVersion, CloudwatchRoleArn: out.CloudwatchRoleArn, Features: out.Features, ThrottleSettings: out.ThrottleSettings}, err
}

func (s *Service) usableRole(ctx context.Context, arn string) bool {
	if !roleARN.MatchString(arn) {
		return false
	}
	principals, ok := fakeaws.Capability[fakeaws.Principals](s.cloud)
	if !ok {
		return true
	}
	_, created, found := principals.Principal(ctx, arn)
	return found && time.Since(created) >= s.cloud.Propagation()
}
