package fakecognitoidentityprovider

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// poolName is 1 to 128 characters of a wide class.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_CreateUserPool.html
var poolName = regexp.MustCompile(`^[\w\s+=,.@-]{1,128}$`)

// CreateUserPool makes a pool. Names need not be unique.
func (s *Service) CreateUserPool(ctx context.Context, in *cognitoidentityprovider.CreateUserPoolInput, _ ...Options) (*cognitoidentityprovider.CreateUserPoolOutput, error) {
	call := fakeaws.CallFrom(ctx)
	if !poolName.MatchString(*in.PoolName) {
		return nil, invalid("1 validation error detected: Value at 'poolName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w\\s+=,.@-]+")
	}
	if len(in.AliasAttributes) > 0 && len(in.UsernameAttributes) > 0 {
		return nil, invalid("Only one of the aliasAttributes or usernameAttributes can be set in a user pool.")
	}
	if c := in.UsernameConfiguration; c != nil && c.CaseSensitive == nil {
		return nil, invalid("UsernameConfiguration must say whether usernames are case sensitive.")
	}
	id := call.Region + "_" + s.cloud.UniqueID("")[:9]
	now := time.Now().UTC().Truncate(time.Millisecond)
	p := &Pool{
		About: types.UserPoolType{
			Id: &id, Arn: aws.String("arn:" + call.Partition() + ":cognito-idp:" + call.Region + ":" + call.Account + ":userpool/" + id), Name: in.PoolName,
			CreationDate: &now, AliasAttributes: in.AliasAttributes, UsernameAttributes: in.UsernameAttributes, UsernameConfiguration: in.UsernameConfiguration,
			UserPoolTags: map[string]string{},
		},
		Clients: map[string]*Client{}, Servers: map[string]*types.ResourceServerType{}, Risks: map[string]*types.RiskConfigurationType{},
	}
	if err := p.set(cognitoidentityprovider.UpdateUserPoolInput{
		AccountRecoverySetting: in.AccountRecoverySetting, AdminCreateUserConfig: in.AdminCreateUserConfig, AutoVerifiedAttributes: in.AutoVerifiedAttributes,
		DeletionProtection: in.DeletionProtection, DeviceConfiguration: in.DeviceConfiguration, MfaConfiguration: in.MfaConfiguration, Policies: in.Policies,
		UserAttributeUpdateSettings: in.UserAttributeUpdateSettings, UserPoolAddOns: in.UserPoolAddOns, UserPoolTags: in.UserPoolTags, UserPoolTier: in.UserPoolTier,
		VerificationMessageTemplate: in.VerificationMessageTemplate, EmailConfiguration: in.EmailConfiguration, LambdaConfig: in.LambdaConfig,
	}); err != nil {
		return nil, err
	}
	s.store.In(ctx).Pools[id] = p
	return &cognitoidentityprovider.CreateUserPoolOutput{UserPool: p.describe()}, nil
}

// UpdateUserPool changes a pool. What is not given goes back to its default, but for the name and the tags.
func (s *Service) UpdateUserPool(ctx context.Context, in *cognitoidentityprovider.UpdateUserPoolInput, _ ...Options) (*cognitoidentityprovider.UpdateUserPoolOutput, error) {
	p, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	if in.PoolName != nil && !poolName.MatchString(*in.PoolName) {
		return nil, invalid("1 validation error detected: Value at 'poolName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w\\s+=,.@-]+")
	}
	if err := p.set(*in); err != nil {
		return nil, err
	}
	if in.PoolName != nil {
		p.About.Name = in.PoolName
	}
	return &cognitoidentityprovider.UpdateUserPoolOutput{}, nil
}

// set is what creating and updating have in common: all settings, with Cognito's defaults for those that are not given.
func (p *Pool) set(in cognitoidentityprovider.UpdateUserPoolInput) error {
	a := p.About
	a.AccountRecoverySetting, a.AutoVerifiedAttributes, a.DeviceConfiguration, a.UserAttributeUpdateSettings = in.AccountRecoverySetting, in.AutoVerifiedAttributes, in.DeviceConfiguration, in.UserAttributeUpdateSettings
	a.VerificationMessageTemplate, a.EmailConfiguration, a.LambdaConfig, a.UserPoolAddOns = in.VerificationMessageTemplate, in.EmailConfiguration, in.LambdaConfig, in.UserPoolAddOns
	a.DeletionProtection = or(in.DeletionProtection, types.DeletionProtectionTypeInactive)
	a.MfaConfiguration = or(in.MfaConfiguration, types.UserPoolMfaTypeOff)
	a.UserPoolTier = or(in.UserPoolTier, types.UserPoolTierTypeEssentials)
	for _, err := range []error{
		known("deletionProtection", a.DeletionProtection, a.DeletionProtection.Values()), known("mfaConfiguration", a.MfaConfiguration, a.MfaConfiguration.Values()),
		known("userPoolTier", a.UserPoolTier, a.UserPoolTier.Values()), checkAddOns(in.UserPoolAddOns, a.UserPoolTier), checkRecovery(in.AccountRecoverySetting),
		checkUpdates(in.UserAttributeUpdateSettings, in.AutoVerifiedAttributes), checkTags(a.UserPoolTags, in.UserPoolTags),
	} {
		if err != nil {
			return err
		}
	}
	if a.MfaConfiguration != types.UserPoolMfaTypeOff && !p.TOTP {
		return invalid("SMS configuration and Auto verification for phone_number are required when MFA is required/optional")
	}
	a.AdminCreateUserConfig = &types.AdminCreateUserConfigType{}
	if in.AdminCreateUserConfig != nil {
		*a.AdminCreateUserConfig = *in.AdminCreateUserConfig
	}
	password, err := passwordPolicy(in.Policies, a.UserPoolTier)
	if err != nil {
		return err
	}
	if days := a.AdminCreateUserConfig.UnusedAccountValidityDays; days != 0 && days != password.TemporaryPasswordValidityDays {
		return invalid("Please use TemporaryPasswordValidityDays in PasswordPolicy instead of UnusedAccountValidityDays")
	}
	a.AdminCreateUserConfig.UnusedAccountValidityDays = password.TemporaryPasswordValidityDays
	a.Policies = &types.UserPoolPolicyType{PasswordPolicy: password, SignInPolicy: &types.SignInPolicyType{AllowedFirstAuthFactors: []types.AuthFactorType{types.AuthFactorTypePassword}}}
	if in.UserPoolTags != nil {
		a.UserPoolTags = maps.Clone(in.UserPoolTags)
	}
	a.LastModifiedDate = aws.Time(time.Now().UTC().Truncate(time.Millisecond))
	p.About = a
	return nil
}

func or[E ~string](given, otherwise E) E {
	if given == "" {
		return otherwise
	}
	return given
}

// passwordPolicy is the default one unless another is given.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_PasswordPolicyType.html
func passwordPolicy(in *types.UserPoolPolicyType, tier types.UserPoolTierType) (*types.PasswordPolicyType, error) {
	if in == nil || in.PasswordPolicy == nil {
		return &types.PasswordPolicyType{MinimumLength: aws.Int32(8), RequireLowercase: true, RequireNumbers: true, RequireSymbols: true, RequireUppercase: true, TemporaryPasswordValidityDays: 7}, nil
	}
	p := *in.PasswordPolicy
	if p.MinimumLength == nil {
		p.MinimumLength = aws.Int32(6)
	}
	if p.TemporaryPasswordValidityDays == 0 {
		p.TemporaryPasswordValidityDays = 7
	}
	history := aws.ToInt32(p.PasswordHistorySize)
	switch {
	case *p.MinimumLength < 6 || *p.MinimumLength > 99:
		return nil, invalid("1 validation error detected: Value '%d' at 'policies.passwordPolicy.minimumLength' failed to satisfy constraint: Member must have value between 6 and 99", *p.MinimumLength)
	case p.TemporaryPasswordValidityDays < 0 || p.TemporaryPasswordValidityDays > 365:
		return nil, invalid("1 validation error detected: Value '%d' at 'policies.passwordPolicy.temporaryPasswordValidityDays' failed to satisfy constraint: Member must have value between 0 and 365", p.TemporaryPasswordValidityDays)
	case history < 0 || history > 24:
		return nil, invalid("1 validation error detected: Value '%d' at 'policies.passwordPolicy.passwordHistorySize' failed to satisfy constraint: Member must have value between 0 and 24", history)
	case history > 0 && tier == types.UserPoolTierTypeLite:
		return nil, unavailable("Password history", tier)
	case history == 0:
		p.PasswordHistorySize = nil
	}
	return &p, nil
}

func unavailable(feature string, tier types.UserPoolTierType) error {
	return &types.FeatureUnavailableInTierException{Message: aws.String(feature + " is not available in the " + string(tier) + " tier")}
}

// checkAddOns: threat protection takes the plan Plus.
// https://docs.aws.amazon.com/cognito/latest/developerguide/feature-plans-features-plus.html
func checkAddOns(a *types.UserPoolAddOnsType, tier types.UserPoolTierType) error {
	if a == nil {
		return nil
	}
	if err := known("userPoolAddOns.advancedSecurityMode", a.AdvancedSecurityMode, a.AdvancedSecurityMode.Values()); err != nil {
		return err
	}
	if f := a.AdvancedSecurityAdditionalFlows; f != nil {
		if err := known("userPoolAddOns.advancedSecurityAdditionalFlows.customAuthMode", f.CustomAuthMode, f.CustomAuthMode.Values()); err != nil {
			return err
		}
	}
	if a.AdvancedSecurityMode != types.AdvancedSecurityModeTypeOff && tier != types.UserPoolTierTypePlus {
		return unavailable("Threat protection", tier)
	}
	return nil
}

func checkRecovery(r *types.AccountRecoverySettingType) error {
	if r == nil {
		return nil
	}
	seen := map[int32]bool{}
	for _, m := range r.RecoveryMechanisms {
		if err := known("accountRecoverySetting.recoveryMechanisms.name", m.Name, m.Name.Values()); err != nil {
			return err
		}
		if p := aws.ToInt32(m.Priority); p < 1 || p > 2 || seen[p] {
			return invalid("AccountRecoverySetting must have priorities of 1 and 2, each once.")
		}
		seen[*m.Priority] = true
		if m.Name == types.RecoveryOptionNameTypeAdminOnly && len(r.RecoveryMechanisms) > 1 {
			return invalid("Cannot have admin_only with other recovery mechanisms.")
		}
	}
	return nil
}

func checkUpdates(u *types.UserAttributeUpdateSettingsType, verified []types.VerifiedAttributeType) error {
	for _, v := range verified {
		if err := known("autoVerifiedAttributes", v, v.Values()); err != nil {
			return err
		}
	}
	if u == nil {
		return nil
	}
	for _, a := range u.AttributesRequireVerificationBeforeUpdate {
		if !slices.Contains(verified, a) {
			return invalid("AttributesRequireVerificationBeforeUpdate can only contain attributes that are in AutoVerifiedAttributes.")
		}
	}
	return nil
}

// DescribeUserPool answers a pool with all its settings.
func (s *Service) DescribeUserPool(ctx context.Context, in *cognitoidentityprovider.DescribeUserPoolInput, _ ...Options) (*cognitoidentityprovider.DescribeUserPoolOutput, error) {
	p, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return &cognitoidentityprovider.DescribeUserPoolOutput{UserPool: p.describe()}, nil
}

func (p *Pool) describe() *types.UserPoolType {
	a := p.About
	a.UserPoolTags = maps.Clone(a.UserPoolTags)
	if p.Prefix != nil {
		a.Domain = aws.String(p.Prefix.Name)
	}
	if p.Custom != nil {
		a.CustomDomain = aws.String(p.Custom.Name)
	}
	return &a
}

// ListUserPools answers ids and names; MaxResults is required by the API, 60 at most.
func (s *Service) ListUserPools(ctx context.Context, in *cognitoidentityprovider.ListUserPoolsInput, _ ...Options) (*cognitoidentityprovider.ListUserPoolsOutput, error) {
	some, next, err := page(ctx, s.store.In(ctx).Pools, in.NextToken, in.MaxResults, 60)
	out := &cognitoidentityprovider.ListUserPoolsOutput{NextToken: next, UserPools: []types.UserPoolDescriptionType{}}
	for _, p := range some {
		a := p.About
		out.UserPools = append(out.UserPools, types.UserPoolDescriptionType{Id: a.Id, Name: a.Name, CreationDate: a.CreationDate, LastModifiedDate: a.LastModifiedDate, LambdaConfig: &types.LambdaConfigType{}})
	}
	return out, err
}

// DeleteUserPool deletes a pool with its clients, unless it is protected or has a domain.
func (s *Service) DeleteUserPool(ctx context.Context, in *cognitoidentityprovider.DeleteUserPoolInput, _ ...Options) (*cognitoidentityprovider.DeleteUserPoolOutput, error) {
	p, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	if p.About.DeletionProtection == types.DeletionProtectionTypeActive {
		return nil, invalid("The user pool cannot be deleted because deletion protection is activated. Deletion protection must be inactivated first.")
	}
	if p.Prefix != nil || p.Custom != nil {
		return nil, invalid("User pool cannot be deleted. It has a domain configured that should be deleted first.")
	}
	delete(s.store.In(ctx).Pools, *in.UserPoolId)
	return &cognitoidentityprovider.DeleteUserPoolOutput{}, nil
}
