package iam_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

func TestPasswordPolicy(t *testing.T) { kindtest.Run(t, passwordPolicyCase()) }

func passwordPolicyCase() kindtest.Case {
	change := func(field string) []string { return []string{"iam.PasswordPolicy/account " + field} }
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: iam.PasswordPolicy{}},
			{Resource: iam.PasswordPolicy{MinimumLength: 20}, Changes: change("MinimumLength")},
			{Resource: iam.PasswordPolicy{MinimumLength: 20, MaxAgeDays: 30}, Changes: change("MaxAgeDays")},
			{Resource: iam.PasswordPolicy{MinimumLength: 20, NeverExpireBecause: "a second factor is enforced"}, Changes: change("MaxAgeDays")},
			{Resource: iam.PasswordPolicy{MinimumLength: 20, NeverExpireBecause: "a second factor is enforced", HardExpiry: true}, Changes: change("HardExpiry")},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			_, err := sdk.NewFromConfig(cfg).UpdateAccountPasswordPolicy(ctx, &sdk.UpdateAccountPasswordPolicyInput{MinimumPasswordLength: aws.Int32(8)})
			return err
		},
	}
}

func TestPasswordPolicyOfTheBenchmark(t *testing.T) {
	cloud := newCloud()
	applied(t, cloud.Config(), iam.PasswordPolicy{})
	out, err := sdk.NewFromConfig(cloud.Config()).GetAccountPasswordPolicy(context.Background(), nil)
	require.NoError(t, err)
	p := out.PasswordPolicy
	require.EqualValues(t, 14, *p.MinimumPasswordLength)
	require.EqualValues(t, 24, *p.PasswordReusePrevention)
	require.EqualValues(t, 90, *p.MaxPasswordAge)
	require.True(t, p.RequireLowercaseCharacters && p.RequireUppercaseCharacters && p.RequireNumbers && p.RequireSymbols && p.AllowUsersToChangePassword)
	require.False(t, aws.ToBool(p.HardExpiry))
}

func TestPasswordsThatNeverExpireSayWhy(t *testing.T) {
	p := planned(t, newCloud().Config(), nil, iam.PasswordPolicy{NeverExpireBecause: "a second factor is enforced"})
	require.Contains(t, p.String(), "a second factor is enforced")
	require.Len(t, p.Steps[0].Exceptions, 1)
}

func TestOnePasswordPolicyAnAccount(t *testing.T) {
	require.Contains(t, rejected(t, iam.PasswordPolicy{}, iam.PasswordPolicy{MinimumLength: 20})[0], "declared twice")
}

func TestAccountAlias(t *testing.T) { kindtest.Run(t, accountAliasCase()) }

func accountAliasCase() kindtest.Case {
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: iam.AccountAlias("acme-prod")},
			{Resource: iam.AccountAlias("acme-production"), Changes: []string{"iam.AccountAlias/account Alias"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			_, err := sdk.NewFromConfig(cfg).CreateAccountAlias(ctx, &sdk.CreateAccountAliasInput{AccountAlias: aws.String("evil-corp")})
			return err
		},
	}
}
