package fakecognitoidentityprovider

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// SetUserPoolMfaConfig sets whether a second factor is asked for, and which: here authenticator apps alone, and how passkeys are taken.
func (s *Service) SetUserPoolMfaConfig(ctx context.Context, in *cognitoidentityprovider.SetUserPoolMfaConfigInput, _ ...Options) (*cognitoidentityprovider.SetUserPoolMfaConfigOutput, error) {
	p, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	mode := or(in.MfaConfiguration, types.UserPoolMfaTypeOff)
	if err := known("mfaConfiguration", mode, mode.Values()); err != nil {
		return nil, err
	}
	totp := in.SoftwareTokenMfaConfiguration != nil && in.SoftwareTokenMfaConfiguration.Enabled
	switch {
	case mode == types.UserPoolMfaTypeOff && totp:
		return nil, invalid("Invalid MFA configuration given, can't turn off MFA and configure an MFA together.")
	case mode != types.UserPoolMfaTypeOff && !totp:
		return nil, invalid("Invalid MFA configuration given, can't disable all MFAs with a required or optional configuration.")
	}
	if k := in.WebAuthnConfiguration; k != nil {
		if err := known("webAuthnConfiguration.userVerification", k.UserVerification, k.UserVerification.Values()); err != nil {
			return nil, err
		}
	}
	p.About.MfaConfiguration, p.TOTP, p.Passkeys = mode, totp, in.WebAuthnConfiguration
	out := p.mfa()
	return &cognitoidentityprovider.SetUserPoolMfaConfigOutput{
		MfaConfiguration: out.MfaConfiguration, SoftwareTokenMfaConfiguration: out.SoftwareTokenMfaConfiguration, WebAuthnConfiguration: out.WebAuthnConfiguration,
	}, nil
}

// GetUserPoolMfaConfig answers what SetUserPoolMfaConfig has set.
func (s *Service) GetUserPoolMfaConfig(ctx context.Context, in *cognitoidentityprovider.GetUserPoolMfaConfigInput, _ ...Options) (*cognitoidentityprovider.GetUserPoolMfaConfigOutput, error) {
	p, err := s.pool(ctx, in.UserPoolId)
	if err != nil {
		return nil, err
	}
	return p.mfa(), nil
}

func (p *Pool) mfa() *cognitoidentityprovider.GetUserPoolMfaConfigOutput {
	out := &cognitoidentityprovider.GetUserPoolMfaConfigOutput{MfaConfiguration: p.About.MfaConfiguration}
	if p.Passkeys != nil {
		k := *p.Passkeys
		out.WebAuthnConfiguration = &k
	}
	if p.TOTP {
		out.SoftwareTokenMfaConfiguration = &types.SoftwareTokenMfaConfigType{Enabled: true}
	}
	return out
}
