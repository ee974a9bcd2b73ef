package fakelogs

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/internal/resourcepolicy"
)

// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutResourcePolicy.html
const (
	mostPolicies  = 10
	longestPolicy = 5120
)

// PutResourcePolicy makes a policy of the account, or replaces it.
func (s *Service) PutResourcePolicy(ctx context.Context, in *cloudwatchlogs.PutResourcePolicyInput, _ ...Options) (*cloudwatchlogs.PutResourcePolicyOutput, error) {
	st, name, text := s.store.In(ctx), aws.ToString(in.PolicyName), aws.ToString(in.PolicyDocument)
	if name == "" {
		return nil, invalid("Resource policy name must be specified")
	}
	if len(text) > longestPolicy {
		return nil, invalid("The policy document is longer than %d characters", longestPolicy)
	}
	_, doc, err := resourcepolicy.Bind(ctx, s.cloud, text)
	var malformed *resourcepolicy.MalformedError
	if err == nil {
		err = doc.Complete()
	}
	if errors.As(err, &malformed) {
		return nil, invalid("The policy document is malformed: %s", malformed.Reason)
	} else if err != nil {
		return nil, invalid("%s", err)
	}
	if st.Policies[name] == nil && len(st.Policies) >= mostPolicies {
		return nil, &types.LimitExceededException{Message: aws.String("Resource limit exceeded.")}
	}
	p := &Policy{Name: name, Document: text, Updated: now()}
	st.Policies[name] = p
	return &cloudwatchlogs.PutResourcePolicyOutput{ResourcePolicy: p.seen()}, nil
}

func (p *Policy) seen() *types.ResourcePolicy {
	return &types.ResourcePolicy{PolicyName: aws.String(p.Name), PolicyDocument: aws.String(p.Document), LastUpdatedTime: aws.Int64(p.Updated.UnixMilli()), PolicyScope: types.PolicyScopeAccount}
}

// DescribeResourcePolicies answers the account's policies by name.
func (s *Service) DescribeResourcePolicies(ctx context.Context, in *cloudwatchlogs.DescribeResourcePoliciesInput, _ ...Options) (*cloudwatchlogs.DescribeResourcePoliciesOutput, error) {
	st := s.store.In(ctx)
	var found []types.ResourcePolicy
	for _, name := range slices.Sorted(maps.Keys(st.Policies)) {
		found = append(found, *st.Policies[name].seen())
	}
	some, next, err := page(ctx, found, in.NextToken, in.Limit)
	return &cloudwatchlogs.DescribeResourcePoliciesOutput{ResourcePolicies: some, NextToken: next}, err
}

// DeleteResourcePolicy removes a policy.
func (s *Service) DeleteResourcePolicy(ctx context.Context, in *cloudwatchlogs.DeleteResourcePolicyInput, _ ...Options) (*cloudwatchlogs.DeleteResourcePolicyOutput, error) {
	st, name := s.store.In(ctx), aws.ToString(in.PolicyName)
	if st.Policies[name] == nil {
		return nil, notFound("Policy with name [" + name + "] does not exist")
	}
	delete(st.Policies, name)
	return &cloudwatchlogs.DeleteResourcePolicyOutput{}, nil
}
