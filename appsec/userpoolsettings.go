package appsec

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"sort"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// listPage is what Cognito's listings give at most.
const listPage = 60

func listPools(ctx context.Context, sc *ztcore.Scope) (ids []string, err error) {
	in := &cognitoidentityprovider.ListUserPoolsInput{MaxResults: aws.Int32(listPage)}
	for {
		page, err := cognitoidentityprovider.NewFromConfig(sc.Config).ListUserPools(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, p := range page.UserPools {
			ids = append(ids, aws.ToString(p.Id))
		}
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return ids, nil
		}
	}
}

func seenPool(p *types.UserPoolType, mfa *cognitoidentityprovider.GetUserPoolMfaConfigOutput) *poolState {
	s := &poolState{
		Name: aws.ToString(p.Name), ID: aws.ToString(p.Id), ARN: aws.ToString(p.Arn), Created: aws.ToTime(p.CreationDate), Tags: p.UserPoolTags,
		MFA: string(mfa.MfaConfiguration), AuthenticatorApps: mfa.SoftwareTokenMfaConfiguration != nil && mfa.SoftwareTokenMfaConfiguration.Enabled,
		Tier: string(p.UserPoolTier), ThreatProtection: string(types.AdvancedSecurityModeTypeOff), DeletionProtection: string(p.DeletionProtection),
		SignInWith: texts(p.UsernameAttributes), Verified: texts(p.AutoVerifiedAttributes),
		// Pools of before 2020 have no such configuration, and are case sensitive.
		CaseSensitive:  p.UsernameConfiguration == nil || aws.ToBool(p.UsernameConfiguration.CaseSensitive),
		AdminsAddUsers: p.AdminCreateUserConfig != nil && p.AdminCreateUserConfig.AllowAdminCreateUserOnly,
	}
	if k := mfa.WebAuthnConfiguration; k != nil {
		s.Passkeys = passkeys{aws.ToString(k.RelyingPartyId), string(k.UserVerification)}
	}
	if mfa.SmsMfaConfiguration != nil {
		s.OtherFactors = append(s.OtherFactors, "SMS")
	}
	if mfa.EmailMfaConfiguration != nil {
		s.OtherFactors = append(s.OtherFactors, "EMAIL")
	}
	if a := p.UserPoolAddOns; a != nil {
		s.ThreatProtection = string(a.AdvancedSecurityMode)
		if a.AdvancedSecurityAdditionalFlows != nil {
			s.CustomAuthProtection = string(a.AdvancedSecurityAdditionalFlows.CustomAuthMode)
		}
	}
	if p.UserAttributeUpdateSettings != nil {
		s.VerifiedBeforeUse = texts(p.UserAttributeUpdateSettings.AttributesRequireVerificationBeforeUpdate)
	}
	if p.Policies != nil && p.Policies.PasswordPolicy != nil {
		w := p.Policies.PasswordPolicy
		s.Password = passwordRules{
			MinimumLength: aws.ToInt32(w.MinimumLength), History: aws.ToInt32(w.PasswordHistorySize), TemporaryDays: w.TemporaryPasswordValidityDays,
			Lowercase: w.RequireLowercase, Uppercase: w.RequireUppercase, Numbers: w.RequireNumbers, Symbols: w.RequireSymbols,
		}
	}
	if p.AccountRecoverySetting != nil {
		ways := append([]types.RecoveryOptionType{}, p.AccountRecoverySetting.RecoveryMechanisms...)
		sort.Slice(ways, func(i, j int) bool { return aws.ToInt32(ways[i].Priority) < aws.ToInt32(ways[j].Priority) })
		for _, m := range ways {
			s.Recovery = append(s.Recovery, string(m.Name))
		}
	}
	return s
}

// settings is all that UpdateUserPool is to be given of what is declared.
func (s poolState) settings() *cognitoidentityprovider.UpdateUserPoolInput {
	in := &cognitoidentityprovider.UpdateUserPoolInput{
		PoolName: &s.Name, MfaConfiguration: types.UserPoolMfaType(s.MFA), UserPoolTier: types.UserPoolTierType(s.Tier), DeletionProtection: types.DeletionProtectionType(s.DeletionProtection),
		UserPoolAddOns:         &types.UserPoolAddOnsType{AdvancedSecurityMode: types.AdvancedSecurityModeType(s.ThreatProtection)},
		AdminCreateUserConfig:  &types.AdminCreateUserConfigType{AllowAdminCreateUserOnly: s.AdminsAddUsers},
		AutoVerifiedAttributes: enums[types.VerifiedAttributeType](s.Verified),
		UserAttributeUpdateSettings: &types.UserAttributeUpdateSettingsType{
			AttributesRequireVerificationBeforeUpdate: enums[types.VerifiedAttributeType](s.VerifiedBeforeUse),
		},
		AccountRecoverySetting: &types.AccountRecoverySettingType{},
		Policies: &types.UserPoolPolicyType{PasswordPolicy: &types.PasswordPolicyType{
			MinimumLength: &s.Password.MinimumLength, PasswordHistorySize: &s.Password.History, TemporaryPasswordValidityDays: s.Password.TemporaryDays,
			RequireLowercase: s.Password.Lowercase, RequireUppercase: s.Password.Uppercase, RequireNumbers: s.Password.Numbers, RequireSymbols: s.Password.Symbols,
		}},
	}
	if s.CustomAuthProtection != "" {
		in.UserPoolAddOns.AdvancedSecurityAdditionalFlows = &types.AdvancedSecurityAdditionalFlowsType{CustomAuthMode: types.AdvancedSecurityEnabledModeType(s.CustomAuthProtection)}
	}
	for i, way := range s.Recovery {
		in.AccountRecoverySetting.RecoveryMechanisms = append(in.AccountRecoverySetting.RecoveryMechanisms, types.RecoveryOptionType{
			Name: types.RecoveryOptionNameType(way), Priority: aws.Int32(int32(i + 1)),
		})
	}
	return in
}

// passkeys are how a pool takes them, which is not declared here.
type passkeys struct{ RelyingParty, Verification string }

// setMFA sends the whole too: what it is not given is no factor any more. Passkeys stay as they are.
func setMFA(ctx context.Context, c *cognitoidentityprovider.Client, pool string, have, want poolState) error {
	in := &cognitoidentityprovider.SetUserPoolMfaConfigInput{
		UserPoolId: &pool, MfaConfiguration: types.UserPoolMfaType(want.MFA), SoftwareTokenMfaConfiguration: &types.SoftwareTokenMfaConfigType{Enabled: want.AuthenticatorApps},
	}
	if k := have.Passkeys; k != (passkeys{}) {
		in.WebAuthnConfiguration = &types.WebAuthnConfigurationType{RelyingPartyId: given(k.RelyingParty), UserVerification: types.UserVerificationType(k.Verification)}
	}
	_, err := c.SetUserPoolMfaConfig(ctx, in)
	return err
}

// putPool sends the whole: what is declared, and of all else what the pool has now.
func putPool(ctx context.Context, c *cognitoidentityprovider.Client, pool string, want poolState) error {
	about, err := c.DescribeUserPool(ctx, &cognitoidentityprovider.DescribeUserPoolInput{UserPoolId: &pool})
	if err != nil {
		return err
	}
	p, in := about.UserPool, want.settings()
	in.UserPoolId = &pool
	in.DeviceConfiguration, in.EmailConfiguration, in.LambdaConfig, in.SmsConfiguration = p.DeviceConfiguration, p.EmailConfiguration, p.LambdaConfig, p.SmsConfiguration
	in.SmsAuthenticationMessage, in.VerificationMessageTemplate = p.SmsAuthenticationMessage, p.VerificationMessageTemplate
	in.IssuerConfiguration, in.KeyConfiguration = p.IssuerConfiguration, p.KeyConfiguration
	if p.AdminCreateUserConfig != nil {
		in.AdminCreateUserConfig.InviteMessageTemplate = p.AdminCreateUserConfig.InviteMessageTemplate
	}
	in.UserPoolTags = map[string]string{}
	maps.Copy(in.UserPoolTags, p.UserPoolTags)
	maps.Copy(in.UserPoolTags, want.Tags)
	_, err = c.UpdateUserPool(ctx, in)
	return err
}

// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html
var poolNameRE = regexp.MustCompile(`^[\w\s+=,.@-]{1,128}$`)

// checkPool: the limits are those of PasswordPolicyType, the guardrail's that of FSBP Cognito.3 and of the guide.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_PasswordPolicyType.html
func checkPool(want poolState) []ztcore.Finding {
	out := checkPoolName(want.Name)
	for _, r := range []struct {
		attribute       string
		value, from, to int32
	}{
		{"MinimumPasswordLength", want.Password.MinimumLength, 6, 99},
		{"PasswordHistory", want.Password.History, 1, 24},
		{"TemporaryPasswordDays", want.Password.TemporaryDays, 1, 365},
	} {
		if r.value < r.from || r.value > r.to {
			out = append(out, ztcore.Finding{Attribute: r.attribute, Message: fmt.Sprintf("%d is out of range", r.value), Fix: fmt.Sprintf("use %d to %d", r.from, r.to)})
		}
	}
	if n := want.Password.MinimumLength; n >= 6 && n < 8 {
		out = append(out, ztcore.Finding{
			Attribute: "MinimumPasswordLength", Guardrail: "appsec.weak-passwords", Controls: []string{"FSBP Cognito.3", "NIST SP 800-207 tenet 6"},
			Message: fmt.Sprintf("passwords of %d characters can be guessed", n), Fix: "ask for 8 or more; leave it zero for 14",
		})
	}
	return out
}

func checkPoolName(name string) []ztcore.Finding {
	if poolNameRE.MatchString(name) {
		return nil
	}
	return []ztcore.Finding{{Attribute: "Name", Message: fmt.Sprintf("Cognito does not take the name %q", name), Fix: "use 1–128 letters, digits, spaces and +=,.@_-"}}
}
