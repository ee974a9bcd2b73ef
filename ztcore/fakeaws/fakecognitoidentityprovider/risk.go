package fakecognitoidentityprovider

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// SetRiskConfiguration sets what threat protection does for a pool or for one client of it. Nothing given is nothing done.
func (s *Service) SetRiskConfiguration(ctx context.Context, in *cognitoidentityprovider.SetRiskConfigurationInput, _ ...Options) (*cognitoidentityprovider.SetRiskConfigurationOutput, error) {
	p, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	if in.ClientId != nil {
		if _, err := p.client(in.ClientId); err != nil {
			return nil, err
		}
	}
	if a := p.About.UserPoolAddOns; a == nil || a.AdvancedSecurityMode == types.AdvancedSecurityModeTypeOff {
		return nil, &types.UserPoolAddOnNotEnabledException{Message: aws.String("Advanced security features are not enabled for the user pool " + *in.UserPoolId)}
	}
	if t := in.AccountTakeoverRiskConfiguration; t != nil && t.Actions != nil {
		for _, a := range []*types.AccountTakeoverActionType{t.Actions.LowAction, t.Actions.MediumAction, t.Actions.HighAction} {
			if a == nil {
				continue
			}
			if err := known("eventAction", a.EventAction, a.EventAction.Values()); err != nil {
				return nil, err
			}
			if a.Notify {
				return nil, invalid("Notify needs a notification configuration.")
			}
		}
	}
	if c := in.CompromisedCredentialsRiskConfiguration; c != nil && c.Actions != nil {
		if err := known("eventAction", c.Actions.EventAction, c.Actions.EventAction.Values()); err != nil {
			return nil, err
		}
	}
	r := &types.RiskConfigurationType{
		UserPoolId: in.UserPoolId, ClientId: in.ClientId, AccountTakeoverRiskConfiguration: in.AccountTakeoverRiskConfiguration,
		CompromisedCredentialsRiskConfiguration: in.CompromisedCredentialsRiskConfiguration, LastModifiedDate: aws.Time(time.Now().UTC().Truncate(time.Millisecond)),
	}
	p.Risks[aws.ToString(in.ClientId)] = r
	return &cognitoidentityprovider.SetRiskConfigurationOutput{RiskConfiguration: r}, nil
}

// DescribeRiskConfiguration answers what was set, or that nothing was.
func (s *Service) DescribeRiskConfiguration(ctx context.Context, in *cognitoidentityprovider.DescribeRiskConfigurationInput, _ ...Options) (*cognitoidentityprovider.DescribeRiskConfigurationOutput, error) {
	p, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	if in.ClientId != nil {
		if _, err := p.client(in.ClientId); err != nil {
			return nil, err
		}
	}
	r := p.Risks[aws.ToString(in.ClientId)]
	if r == nil {
		r = &types.RiskConfigurationType{UserPoolId: in.UserPoolId, ClientId: in.ClientId}
	}
	return &cognitoidentityprovider.DescribeRiskConfigurationOutput{RiskConfiguration: r}, nil
}
