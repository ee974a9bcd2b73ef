package iam

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// AccountAlias is the name in the address of the account's sign-in page, in place of the account id. It is unique in all
// of AWS, and public. An account has one at most: a new one takes the place of the old.
type AccountAlias string

// Declare implements ztcore.Resource.
func (a AccountAlias) Declare(d *ztcore.Declaration) {
	aliases.Declare(d, "account", aliasState{Alias: string(a)})
}

type aliasState struct{ Alias string }

// https://docs.aws.amazon.com/IAM/latest/UserGuide/console_account-alias.html
var aliasRE = regexp.MustCompile(`^[a-z0-9](-?[a-z0-9])+$`)

var aliases = &ztcore.Kind[aliasState]{
	Name: "iam.AccountAlias", Permissions: &aliasesNeed,
	Get: func(ctx context.Context, sc *ztcore.Scope, _ aliasState) (aliasState, bool, error) {
		out, err := iam.NewFromConfig(sc.Config).ListAccountAliases(ctx, &iam.ListAccountAliasesInput{})
		if err != nil || len(out.AccountAliases) == 0 {
			return aliasState{}, false, err
		}
		return aliasState{out.AccountAliases[0]}, true, nil
	},
	Put: func(ctx context.Context, sc *ztcore.Scope, want aliasState) error {
		_, err := iam.NewFromConfig(sc.Config).CreateAccountAlias(ctx, &iam.CreateAccountAliasInput{AccountAlias: &want.Alias})
		return err
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have aliasState) error {
		_, err := iam.NewFromConfig(sc.Config).DeleteAccountAlias(ctx, &iam.DeleteAccountAliasInput{AccountAlias: &have.Alias})
		return unlessAbsent(err)
	},
	Check: func(want aliasState) []ztcore.Finding {
		if n := len(want.Alias); ztcore.HasToken(want.Alias) || n >= 3 && n <= 63 && aliasRE.MatchString(want.Alias) {
			return nil
		}
		return []ztcore.Finding{{Attribute: "Alias", Message: "IAM does not take this alias", Fix: "use 3–63 lower-case letters, digits and single hyphens between them"}}
	},
}

var aliasesNeed = ztcore.Permissions{Read: []string{"iam:ListAccountAliases"}, Write: []string{"iam:CreateAccountAlias"}, Delete: []string{"iam:DeleteAccountAlias"}}
