package fakeiam

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

func (s *Service) installPasswordPolicy(c *fakeaws.Cloud) {
	fakeaws.On(c, s.GetAccountPasswordPolicy)
	fakeaws.On(c, s.UpdateAccountPasswordPolicy, "AllowUsersToChangePassword", "HardExpiry", "MaxPasswordAge", "MinimumPasswordLength",
		"PasswordReusePrevention", "RequireLowercaseCharacters", "RequireNumbers", "RequireSymbols", "RequireUppercaseCharacters")
	fakeaws.On(c, s.DeleteAccountPasswordPolicy)
}

// GetAccountPasswordPolicy is an error while the account has no policy of its own.
func (s *Service) GetAccountPasswordPolicy(ctx context.Context, _ *iam.GetAccountPasswordPolicyInput, _ ...opt) (*iam.GetAccountPasswordPolicyOutput, error) {
	p := s.in(ctx).Passwords
	if p == nil {
		return nil, noPasswordPolicy(ctx)
	}
	out := *p
	out.HardExpiry = copied(p.HardExpiry)
	out.MaxPasswordAge = copied(p.MaxPasswordAge)
	out.MinimumPasswordLength = copied(p.MinimumPasswordLength)
	out.PasswordReusePrevention = copied(p.PasswordReusePrevention)
	return &iam.GetAccountPasswordPolicyOutput{PasswordPolicy: &out}, nil
}

// UpdateAccountPasswordPolicy replaces the whole policy: what the input leaves out gets AWS's default, a length of 6 and
// no other demand.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html
func (s *Service) UpdateAccountPasswordPolicy(ctx context.Context, in *iam.UpdateAccountPasswordPolicyInput, _ ...opt) (*iam.UpdateAccountPasswordPolicyOutput, error) {
	for _, m := range []struct {
		name     string
		value    *int32
		min, max int32
	}{
		{"minimumPasswordLength", in.MinimumPasswordLength, 6, 128},
		{"maxPasswordAge", in.MaxPasswordAge, 1, 1095},
		{"passwordReusePrevention", in.PasswordReusePrevention, 1, 24},
	} {
		if m.value != nil && (*m.value < m.min || *m.value > m.max) {
			return nil, invalid("1 validation error detected: Value '%d' at '%s' failed to satisfy constraint: Member must have value between %d and %d", *m.value, m.name, m.min, m.max)
		}
	}
	p := &types.PasswordPolicy{
		AllowUsersToChangePassword: in.AllowUsersToChangePassword, ExpirePasswords: in.MaxPasswordAge != nil,
		HardExpiry: copied(in.HardExpiry), MaxPasswordAge: copied(in.MaxPasswordAge),
		MinimumPasswordLength: copied(in.MinimumPasswordLength), PasswordReusePrevention: copied(in.PasswordReusePrevention),
		RequireLowercaseCharacters: in.RequireLowercaseCharacters, RequireNumbers: in.RequireNumbers,
		RequireSymbols: in.RequireSymbols, RequireUppercaseCharacters: in.RequireUppercaseCharacters,
	}
	if p.MinimumPasswordLength == nil {
		p.MinimumPasswordLength = aws.Int32(6)
	}
	s.in(ctx).Passwords = p
	return &iam.UpdateAccountPasswordPolicyOutput{}, nil
}

// DeleteAccountPasswordPolicy is an error when there is none.
func (s *Service) DeleteAccountPasswordPolicy(ctx context.Context, _ *iam.DeleteAccountPasswordPolicyInput, _ ...opt) (*iam.DeleteAccountPasswordPolicyOutput, error) {
	a := s.in(ctx)
	if a.Passwords == nil {
		return nil, noPasswordPolicy(ctx)
	}
	a.Passwords = nil
	return &iam.DeleteAccountPasswordPolicyOutput{}, nil
}

func noPasswordPolicy(ctx context.Context) error {
	return noSuchEntity("The Password Policy with domain name %s cannot be found.", fakeaws.CallFrom(ctx).Account)
}

// copied keeps state and answers apart.
func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}
