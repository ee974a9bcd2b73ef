package fakeiam

import (
	"context"
	"strings"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// login is a console password, which nobody needs to know here.
type login struct {
	Created, Changed time.Time
	ResetRequired    bool
}

func (s *Service) installLoginProfiles(c *fakeaws.Cloud) {
	fakeaws.On(c, s.CreateLoginProfile, "UserName", "Password", "PasswordResetRequired")
	fakeaws.On(c, s.GetLoginProfile, "UserName")
	fakeaws.On(c, s.UpdateLoginProfile, "UserName", "Password", "PasswordResetRequired")
	fakeaws.On(c, s.DeleteLoginProfile, "UserName")
}

// CreateLoginProfile gives a user a password that satisfies the account's policy.
func (s *Service) CreateLoginProfile(ctx context.Context, in *iam.CreateLoginProfileInput, _ ...opt) (*iam.CreateLoginProfileOutput, error) {
	u, err := s.userOrCaller(ctx, in.UserName)
	if err != nil {
		return nil, err
	}
	if u.Login != nil {
		return nil, alreadyExists("Login Profile for user %s already exists.", u.Entity.Name)
	}
	if err := s.in(ctx).checkPassword(aws.ToString(in.Password)); err != nil {
		return nil, err
	}
	created := now()
	u.Login = &login{Created: created, Changed: created, ResetRequired: in.PasswordResetRequired}
	return &iam.CreateLoginProfileOutput{LoginProfile: loginInfo(u)}, nil
}

// GetLoginProfile is an error for a user who cannot sign in to the console.
func (s *Service) GetLoginProfile(ctx context.Context, in *iam.GetLoginProfileInput, _ ...opt) (*iam.GetLoginProfileOutput, error) {
	u, err := s.loginOf(ctx, in.UserName)
	if err != nil {
		return nil, err
	}
	return &iam.GetLoginProfileOutput{LoginProfile: loginInfo(u)}, nil
}

// UpdateLoginProfile sets a new password, or that the user must.
func (s *Service) UpdateLoginProfile(ctx context.Context, in *iam.UpdateLoginProfileInput, _ ...opt) (*iam.UpdateLoginProfileOutput, error) {
	u, err := s.loginOf(ctx, in.UserName)
	if err != nil {
		return nil, err
	}
	if in.Password != nil {
		if err := s.in(ctx).checkPassword(*in.Password); err != nil {
			return nil, err
		}
		u.Login.Changed = now()
	}
	if in.PasswordResetRequired != nil {
		u.Login.ResetRequired = *in.PasswordResetRequired
	}
	return &iam.UpdateLoginProfileOutput{}, nil
}

// DeleteLoginProfile takes the password away; access keys stay.
func (s *Service) DeleteLoginProfile(ctx context.Context, in *iam.DeleteLoginProfileInput, _ ...opt) (*iam.DeleteLoginProfileOutput, error) {
	u, err := s.loginOf(ctx, in.UserName)
	if err != nil {
		return nil, err
	}
	u.Login = nil
	return &iam.DeleteLoginProfileOutput{}, nil
}

func (s *Service) loginOf(ctx context.Context, name *string) (*user, error) {
	u, err := s.userOrCaller(ctx, name)
	if err == nil && u.Login == nil {
		return nil, noSuchEntity("Login Profile for User %s cannot be found.", u.Entity.Name)
	}
	return u, err
}

func loginInfo(u *user) *types.LoginProfile {
	return &types.LoginProfile{UserName: aws.String(u.Entity.Name), CreateDate: aws.Time(u.Login.Created), PasswordResetRequired: u.Login.ResetRequired}
}

// checkPassword applies the account's policy, or without one AWS's: 8 characters, three of the four kinds.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_passwords_account-policy.html
func (a *account) checkPassword(password string) error {
	lower := strings.ContainsFunc(password, unicode.IsLower)
	upper := strings.ContainsFunc(password, unicode.IsUpper)
	digit := strings.ContainsFunc(password, unicode.IsDigit)
	symbol := strings.ContainsAny(password, "!@#$%^&*()_+-=[]{}|'")
	refuse := func(demand string) error {
		return &types.PasswordPolicyViolationException{Message: aws.String("Password does not conform to the account password policy: " + demand)}
	}
	p := a.Passwords
	if p == nil {
		kinds := 0
		for _, has := range []bool{lower, upper, digit, symbol} {
			if has {
				kinds++
			}
		}
		if len(password) < 8 || kinds < 3 {
			return refuse("8 characters of three kinds")
		}
		return nil
	}
	switch {
	case len(password) < int(*p.MinimumPasswordLength):
		return refuse("minimum length")
	case p.RequireLowercaseCharacters && !lower:
		return refuse("a lowercase character")
	case p.RequireUppercaseCharacters && !upper:
		return refuse("an uppercase character")
	case p.RequireNumbers && !digit:
		return refuse("a number")
	case p.RequireSymbols && !symbol:
		return refuse("a symbol")
	}
	return nil
}
