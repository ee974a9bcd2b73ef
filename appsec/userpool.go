package appsec

import (
	"cmp"
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// UserPool is a directory of an application's users, in Amazon Cognito. The zero value with a name asks everyone for a
// second factor from an authenticator app, takes long passwords only, lets administrators alone add users, has threat
// protection act on stolen passwords and odd sign-ins (the feature plan Plus, which is paid for by the active user), and
// can't be deleted by a slip.
//
// A pool holds data: it is removed only when AllowDelete names it. Cognito has no unique names for pools, so a pool is
// found by its ownership tags, and by its name only to be adopted.
type UserPool struct {
	Name string // 1–128 letters, digits, spaces and +=,.@_-
	// SignInByUsername has users choose a name; otherwise they sign in with their e-mail address. A change makes another pool.
	SignInByUsername bool

	MinimumPasswordLength int32 // 6–99 characters; 0 is 14
	PasswordHistory       int32 // how many former passwords may not be used again, 1–24; 0 is 24
	TemporaryPasswordDays int32 // how long an invitation is good, 1–365; 0 is 7

	OptionalMFABecause        string // why users may do without a second factor
	SelfSignUpBecause         string // why anybody may become a user
	NoThreatProtectionBecause string // why threat protection is off; the feature plan is then Essentials
	DeletableBecause          string // why deletion protection is off

	Tags map[string]string
}

// ID is the pool's id, as us-east-1_AbCdEfGhI.
func (p UserPool) ID() id.UserPool { return id.UserPool(pools.Ref(p.Name, "ID")) }

// ARN is the pool's ARN, which an API's authorizer refers to.
func (p UserPool) ARN() id.UserPoolARN { return id.UserPoolARN(pools.Ref(p.Name, "ARN")) }

// Declare implements ztcore.Resource.
func (p UserPool) Declare(d *ztcore.Declaration) {
	want := poolState{
		Name: p.Name, MFA: string(types.UserPoolMfaTypeOn), AuthenticatorApps: true, OtherFactors: []string{}, AdminsAddUsers: p.SelfSignUpBecause == "",
		Password: passwordRules{
			MinimumLength: cmp.Or(p.MinimumPasswordLength, 14), History: cmp.Or(p.PasswordHistory, 24), TemporaryDays: cmp.Or(p.TemporaryPasswordDays, 7),
			Lowercase: true, Uppercase: true, Numbers: true, Symbols: true,
		},
		Tier: string(types.UserPoolTierTypePlus), ThreatProtection: string(types.AdvancedSecurityModeTypeEnforced), CustomAuthProtection: string(types.AdvancedSecurityEnabledModeTypeEnforced),
		DeletionProtection: string(types.DeletionProtectionTypeActive), SignInWith: []string{email}, Verified: []string{email}, VerifiedBeforeUse: []string{email},
		Recovery: []string{string(types.RecoveryOptionNameTypeVerifiedEmail)}, Tags: p.Tags,
	}
	if p.SignInByUsername {
		want.SignInWith = []string{}
	}
	if p.OptionalMFABecause != "" {
		want.MFA = string(types.UserPoolMfaTypeOptional)
	}
	if p.NoThreatProtectionBecause != "" {
		want.Tier, want.ThreatProtection, want.CustomAuthProtection = string(types.UserPoolTierTypeEssentials), string(types.AdvancedSecurityModeTypeOff), ""
	} else {
		risks.Declare(d, p.Name, riskState{Pool: string(p.ID()), StolenPasswords: block, Low: askAgain, Medium: askAgain, High: block})
	}
	if p.DeletableBecause != "" {
		want.DeletionProtection = string(types.DeletionProtectionTypeInactive)
	}
	n := pools.Declare(d, p.Name, want)
	for _, e := range []struct{ attribute, why string }{
		{"MFA", p.OptionalMFABecause}, {"AdminsAddUsers", p.SelfSignUpBecause}, {"ThreatProtection", p.NoThreatProtectionBecause}, {"DeletionProtection", p.DeletableBecause},
	} {
		if e.why != "" {
			n.Except(e.attribute, e.why)
		}
	}
}

const email = "email"

type poolState struct {
	Name                 string   `zt:"label"`
	MFA                  string   // ON, OPTIONAL or OFF
	AuthenticatorApps    bool     // as a second factor
	OtherFactors         []string `zt:"set"` // weaker ones: SMS, EMAIL
	Password             passwordRules
	AdminsAddUsers       bool // and nobody else
	Tier                 string
	ThreatProtection     string
	CustomAuthProtection string
	DeletionProtection   string
	SignInWith           []string          `zt:"immutable"` // attributes; empty for a user name
	CaseSensitive        bool              `zt:"immutable"`
	Verified             []string          `zt:"set"`
	VerifiedBeforeUse    []string          `zt:"set"` // a changed one counts when it is verified
	Recovery             []string          // of a lost password, best first
	Tags                 map[string]string `zt:"tags"`
	ID                   string            `zt:"output"`
	ARN                  string            `zt:"output"`
	Created              time.Time         `zt:"output"`
	Passkeys             passkeys          `zt:"-"`
}

type passwordRules struct {
	MinimumLength, History, TemporaryDays  int32
	Lowercase, Uppercase, Numbers, Symbols bool
}

var pools = &ztcore.Kind[poolState]{
	Name: "appsec.UserPool", Permissions: &poolsNeed, Read: readPools, Create: createPool, Update: updatePool, Delete: deletePool, Check: checkPool,
	Retry: []ztcore.Retry{modified}, HoldsData: true,
	Domain:   func(want poolState) string { return poolDomain(want.ID) },
	Controls: []string{"FSBP Cognito.1", "FSBP Cognito.3", "FSBP Cognito.4", "FSBP Cognito.5", "FSBP Cognito.6", "NIST SP 800-207 tenet 6", "CISA ZTMM Identity"},
}

var poolsNeed = ztcore.Permissions{
	Read:   []string{"cognito-idp:DescribeUserPool", "cognito-idp:GetUserPoolMfaConfig", "cognito-idp:ListUserPools"},
	Write:  []string{"cognito-idp:CreateUserPool", "cognito-idp:SetUserPoolMfaConfig", "cognito-idp:TagResource", "cognito-idp:UpdateUserPool"},
	Delete: []string{"cognito-idp:DeleteUserPool", "cognito-idp:DeleteUserPoolDomain", "cognito-idp:TagResource", "cognito-idp:UpdateUserPool"},
}

// modified is the answer to a write while another one of the same pool is under way.
var modified = ztcore.Retry{Code: "ConcurrentModificationException"}

// poolDomain keeps writes to one pool apart, once there is one.
func poolDomain(pool string) string {
	if pool == "" || ztcore.HasToken(pool) {
		return ""
	}
	return "cognito/" + pool
}

// readPools looks at every pool: neither tags nor a second factor are in the listing.
func readPools(ctx context.Context, sc *ztcore.Scope, _ ztcore.Query[poolState]) ([]poolState, error) {
	ids, err := listPools(ctx, sc)
	if err != nil {
		return nil, err
	}
	found := make([]*poolState, len(ids))
	err = ztcore.Each(ctx, len(ids), func(ctx context.Context, i int) error {
		c := cognitoidentityprovider.NewFromConfig(sc.Config)
		about, err := c.DescribeUserPool(ctx, &cognitoidentityprovider.DescribeUserPoolInput{UserPoolId: &ids[i]})
		if err != nil {
			return unlessAbsent(err)
		}
		mfa, err := c.GetUserPoolMfaConfig(ctx, &cognitoidentityprovider.GetUserPoolMfaConfigInput{UserPoolId: &ids[i]})
		if err != nil {
			return unlessAbsent(err)
		}
		found[i] = seenPool(about.UserPool, mfa)
		return nil
	})
	return present(found), err
}

// createPool makes the pool, and then asks for a second factor: Cognito takes both in one call only with text messages.
func createPool(ctx context.Context, sc *ztcore.Scope, want poolState) error {
	c := cognitoidentityprovider.NewFromConfig(sc.Config)
	in := want.settings()
	made, err := c.CreateUserPool(ctx, &cognitoidentityprovider.CreateUserPoolInput{
		PoolName: &want.Name, UsernameAttributes: enums[types.UsernameAttributeType](want.SignInWith), UsernameConfiguration: &types.UsernameConfigurationType{CaseSensitive: &want.CaseSensitive},
		AccountRecoverySetting: in.AccountRecoverySetting, AdminCreateUserConfig: in.AdminCreateUserConfig, AutoVerifiedAttributes: in.AutoVerifiedAttributes,
		DeletionProtection: in.DeletionProtection, Policies: in.Policies, UserAttributeUpdateSettings: in.UserAttributeUpdateSettings, UserPoolAddOns: in.UserPoolAddOns,
		UserPoolTier: in.UserPoolTier, UserPoolTags: want.Tags,
	})
	if err != nil {
		return err
	}
	return setMFA(ctx, c, aws.ToString(made.UserPool.Id), poolState{}, want)
}

// updatePool sets the second factor by itself, and all else together: what UpdateUserPool is not given goes back to its default.
// https://docs.aws.amazon.com/cognito-user-identity-pools/latest/APIReference/API_UpdateUserPool.html
func updatePool(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[poolState]) error {
	c := cognitoidentityprovider.NewFromConfig(sc.Config)
	if u.Changed("MFA", "AuthenticatorApps", "OtherFactors") {
		if err := setMFA(ctx, c, u.Have.ID, u.Have, u.Want); err != nil {
			return err
		}
	}
	if !u.Changed("Name", "Password", "AdminsAddUsers", "Tier", "ThreatProtection", "CustomAuthProtection", "DeletionProtection", "Verified", "VerifiedBeforeUse", "Recovery", "Tags") {
		return nil
	}
	return putPool(ctx, c, u.Have.ID, u.Want)
}

// deletePool takes away first what keeps Cognito from deleting a pool: its protection and its domains.
func deletePool(ctx context.Context, sc *ztcore.Scope, have poolState) error {
	c := cognitoidentityprovider.NewFromConfig(sc.Config)
	about, err := c.DescribeUserPool(ctx, &cognitoidentityprovider.DescribeUserPoolInput{UserPoolId: &have.ID})
	if err != nil {
		return unlessAbsent(err)
	}
	for _, domain := range []*string{about.UserPool.Domain, about.UserPool.CustomDomain} {
		if aws.ToString(domain) == "" {
			continue
		}
		if err := dropDomain(ctx, c, have.ID, *domain); err != nil {
			return err
		}
	}
	if about.UserPool.DeletionProtection == types.DeletionProtectionTypeActive {
		have.DeletionProtection = string(types.DeletionProtectionTypeInactive)
		if err := putPool(ctx, c, have.ID, have); err != nil {
			return unlessAbsent(err)
		}
	}
	_, err = c.DeleteUserPool(ctx, &cognitoidentityprovider.DeleteUserPoolInput{UserPoolId: &have.ID})
	return unlessAbsent(err)
}
