package appsec

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// riskState is what threat protection does in a pool: without it, it only looks on.
type riskState struct {
	Pool              string `zt:"key"`
	StolenPasswords   string // at sign-in, sign-up and the change of a password
	Low, Medium, High string // at a sign-in of that risk
}

const (
	block    = string(types.AccountTakeoverEventActionTypeBlock)
	askAgain = string(types.AccountTakeoverEventActionTypeMfaRequired)
)

var risks = &ztcore.Kind[riskState]{
	Name: "appsec.RiskConfiguration", Permissions: &risksNeed,
	Get: func(ctx context.Context, sc *ztcore.Scope, want riskState) (riskState, bool, error) {
		out, err := cognitoidentityprovider.NewFromConfig(sc.Config).DescribeRiskConfiguration(ctx, &cognitoidentityprovider.DescribeRiskConfigurationInput{UserPoolId: &want.Pool})
		if err != nil {
			return riskState{}, false, unlessAbsent(err)
		}
		return seenRisks(want.Pool, out.RiskConfiguration)
	},
	Put: func(ctx context.Context, sc *ztcore.Scope, want riskState) error {
		_, err := cognitoidentityprovider.NewFromConfig(sc.Config).SetRiskConfiguration(ctx, &cognitoidentityprovider.SetRiskConfigurationInput{
			UserPoolId: &want.Pool,
			CompromisedCredentialsRiskConfiguration: &types.CompromisedCredentialsRiskConfigurationType{
				Actions: &types.CompromisedCredentialsActionsType{EventAction: types.CompromisedCredentialsEventActionType(want.StolenPasswords)},
			},
			AccountTakeoverRiskConfiguration: &types.AccountTakeoverRiskConfigurationType{
				Actions: &types.AccountTakeoverActionsType{LowAction: response(want.Low), MediumAction: response(want.Medium), HighAction: response(want.High)},
			},
		})
		return err
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have riskState) error {
		_, err := cognitoidentityprovider.NewFromConfig(sc.Config).SetRiskConfiguration(ctx, &cognitoidentityprovider.SetRiskConfigurationInput{UserPoolId: &have.Pool})
		return unlessAbsent(err)
	},
	PartOf: true, Domain: func(want riskState) string { return poolDomain(want.Pool) }, Retry: []ztcore.Retry{modified},
	Controls: []string{"FSBP Cognito.1", "NIST SP 800-207 tenet 4", "CISA ZTMM Identity"},
}

var risksNeed = ztcore.Permissions{
	Read:   []string{"cognito-idp:DescribeRiskConfiguration"},
	Write:  []string{"cognito-idp:SetRiskConfiguration"},
	Delete: []string{"cognito-idp:SetRiskConfiguration"},
}

func seenRisks(pool string, r *types.RiskConfigurationType) (riskState, bool, error) {
	s := riskState{Pool: pool}
	if c := r.CompromisedCredentialsRiskConfiguration; c != nil && c.Actions != nil {
		s.StolenPasswords = string(c.Actions.EventAction)
	}
	if t := r.AccountTakeoverRiskConfiguration; t != nil && t.Actions != nil {
		s.Low, s.Medium, s.High = actionOf(t.Actions.LowAction), actionOf(t.Actions.MediumAction), actionOf(t.Actions.HighAction)
	}
	return s, s != riskState{Pool: pool}, nil
}

func response(action string) *types.AccountTakeoverActionType {
	return &types.AccountTakeoverActionType{EventAction: types.AccountTakeoverEventActionType(action)}
}

func actionOf(a *types.AccountTakeoverActionType) string {
	if a == nil {
		return ""
	}
	return string(a.EventAction)
}
