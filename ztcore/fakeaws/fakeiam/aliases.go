package fakeiam

import (
	"context"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

var aliasPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9]|-[a-z0-9]){2,62}$`)

func (s *Service) installAliases(c *fakeaws.Cloud) {
	fakeaws.On(c, s.CreateAccountAlias, "AccountAlias")
	fakeaws.On(c, s.DeleteAccountAlias, "AccountAlias")
	fakeaws.On(c, s.ListAccountAliases, "Marker", "MaxItems")
}

// CreateAccountAlias replaces the account's alias, for there is one at most; aliases are unique over all accounts.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateAccountAlias.html
func (s *Service) CreateAccountAlias(ctx context.Context, in *iam.CreateAccountAliasInput, _ ...opt) (*iam.CreateAccountAliasOutput, error) {
	alias := aws.ToString(in.AccountAlias)
	if len(alias) < 3 || len(alias) > 63 || !aliasPattern.MatchString(alias) {
		return nil, invalid("1 validation error detected: Value '%s' at 'accountAlias' failed to satisfy constraint: Member must satisfy regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$", alias)
	}
	taken := false
	s.accounts.Each(ctx, func(_, _ string, a *account) { taken = taken || a.Alias == alias })
	if taken {
		return nil, alreadyExists("The account alias %s already exists.", alias)
	}
	s.in(ctx).Alias = alias
	return &iam.CreateAccountAliasOutput{}, nil
}

// DeleteAccountAlias removes the alias, which must be named.
func (s *Service) DeleteAccountAlias(ctx context.Context, in *iam.DeleteAccountAliasInput, _ ...opt) (*iam.DeleteAccountAliasOutput, error) {
	a := s.in(ctx)
	if alias := aws.ToString(in.AccountAlias); alias == "" || a.Alias != alias {
		return nil, noSuchEntity("The account alias with name %s cannot be found.", alias)
	}
	a.Alias = ""
	return &iam.DeleteAccountAliasOutput{}, nil
}

// ListAccountAliases answers one alias or none.
func (s *Service) ListAccountAliases(ctx context.Context, in *iam.ListAccountAliasesInput, _ ...opt) (*iam.ListAccountAliasesOutput, error) {
	aliases := []string{}
	if a := s.in(ctx); a.Alias != "" {
		aliases = append(aliases, a.Alias)
	}
	some, more, next, err := page(ctx, aliases, in.Marker, in.MaxItems)
	return &iam.ListAccountAliasesOutput{AccountAliases: some, IsTruncated: more, Marker: next}, err
}
