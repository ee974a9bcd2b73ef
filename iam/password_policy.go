package iam

import (
	"cmp"
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// PasswordPolicy is what the account asks of the passwords of its users. The zero value is what CIS and the AWS
// Foundational Security Best Practices ask for; all four classes of characters always have to be there, and users may
// always change their own password. An account has one: declaring two is an error.
type PasswordPolicy struct {
	MinimumLength   int32 // 6 to 128 characters; 0 is 14
	ReusePrevention int32 // how many former passwords may not be used again, 1 to 24; 0 is 24
	MaxAgeDays      int32 // 1 to 1095; 0 is 90
	// NeverExpireBecause says why passwords do not expire, as where long ones and a second factor are enforced.
	NeverExpireBecause string
	// HardExpiry has an administrator reset an expired password, in place of the user. It can lock everybody out.
	HardExpiry bool
}

// Declare implements ztcore.Resource.
func (p PasswordPolicy) Declare(d *ztcore.Declaration) {
	s := passwordState{
		MinimumLength: cmp.Or(p.MinimumLength, 14), ReusePrevention: cmp.Or(p.ReusePrevention, 24), MaxAgeDays: cmp.Or(p.MaxAgeDays, 90),
		HardExpiry: p.HardExpiry, Symbols: true, Numbers: true, Uppercase: true, Lowercase: true, UsersMayChange: true,
	}
	if p.NeverExpireBecause != "" {
		s.MaxAgeDays = p.MaxAgeDays
	}
	n := passwordPolicies.Declare(d, "account", s)
	if p.NeverExpireBecause != "" {
		n.Except("MaxAgeDays", p.NeverExpireBecause)
	}
}

type passwordState struct {
	MinimumLength   int32
	ReusePrevention int32
	MaxAgeDays      int32 // 0 is never
	HardExpiry      bool
	Symbols         bool
	Numbers         bool
	Uppercase       bool
	Lowercase       bool
	UsersMayChange  bool
}

var passwordPolicies = &ztcore.Kind[passwordState]{
	Name: "iam.PasswordPolicy", Permissions: &passwordPoliciesNeed,
	Get: func(ctx context.Context, sc *ztcore.Scope, _ passwordState) (passwordState, bool, error) {
		out, err := iam.NewFromConfig(sc.Config).GetAccountPasswordPolicy(ctx, &iam.GetAccountPasswordPolicyInput{})
		if err != nil {
			return passwordState{}, false, unlessAbsent(err)
		}
		return seenPasswordPolicy(*out.PasswordPolicy), true, nil
	},
	Put: func(ctx context.Context, sc *ztcore.Scope, want passwordState) error {
		in := &iam.UpdateAccountPasswordPolicyInput{
			MinimumPasswordLength: &want.MinimumLength, PasswordReusePrevention: &want.ReusePrevention, HardExpiry: &want.HardExpiry,
			RequireSymbols: want.Symbols, RequireNumbers: want.Numbers, RequireUppercaseCharacters: want.Uppercase,
			RequireLowercaseCharacters: want.Lowercase, AllowUsersToChangePassword: want.UsersMayChange,
		}
		if want.MaxAgeDays > 0 {
			in.MaxPasswordAge = &want.MaxAgeDays
		}
		_, err := iam.NewFromConfig(sc.Config).UpdateAccountPasswordPolicy(ctx, in)
		return err
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, _ passwordState) error {
		_, err := iam.NewFromConfig(sc.Config).DeleteAccountPasswordPolicy(ctx, &iam.DeleteAccountPasswordPolicyInput{})
		return unlessAbsent(err)
	},
	Check:    checkPasswordPolicy,
	Controls: []string{"CIS AWS 3.0 1.8", "CIS AWS 3.0 1.9", "FSBP IAM.7", "NIST SP 800-207 tenet 6"},
}

var passwordPoliciesNeed = ztcore.Permissions{
	Read:   []string{"iam:GetAccountPasswordPolicy"},
	Write:  []string{"iam:UpdateAccountPasswordPolicy"},
	Delete: []string{"iam:DeleteAccountPasswordPolicy"},
}

func seenPasswordPolicy(p types.PasswordPolicy) passwordState {
	return passwordState{
		MinimumLength: aws.ToInt32(p.MinimumPasswordLength), ReusePrevention: aws.ToInt32(p.PasswordReusePrevention), MaxAgeDays: aws.ToInt32(p.MaxPasswordAge),
		HardExpiry: aws.ToBool(p.HardExpiry), Symbols: p.RequireSymbols, Numbers: p.RequireNumbers, Uppercase: p.RequireUppercaseCharacters,
		Lowercase: p.RequireLowercaseCharacters, UsersMayChange: p.AllowUsersToChangePassword,
	}
}

// https://docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateAccountPasswordPolicy.html
func checkPasswordPolicy(want passwordState) []ztcore.Finding {
	var out []ztcore.Finding
	within := func(attribute string, value, from, to int32) {
		if value < from || value > to {
			out = append(out, ztcore.Finding{Attribute: attribute, Message: fmt.Sprintf("%d is out of range", value), Fix: fmt.Sprintf("use %d to %d", from, to)})
		}
	}
	atLeast := func(attribute string, value, least int32, control string) {
		if value < least {
			out = append(out, ztcore.Finding{
				Attribute: attribute, Guardrail: "iam.weak-password-policy", Controls: []string{control, "FSBP IAM.7"},
				Message: fmt.Sprintf("%d is weaker than the benchmark's %d", value, least), Fix: "leave it 0 for the benchmark's value",
			})
		}
	}
	within("MinimumLength", want.MinimumLength, 6, 128)
	within("ReusePrevention", want.ReusePrevention, 1, 24)
	within("MaxAgeDays", want.MaxAgeDays, 0, 1095)
	atLeast("MinimumLength", want.MinimumLength, 14, "CIS AWS 3.0 1.8")
	atLeast("ReusePrevention", want.ReusePrevention, 24, "CIS AWS 3.0 1.9")
	return out
}
