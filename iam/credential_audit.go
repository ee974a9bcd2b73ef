package iam

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

const (
	unusedAfter = 45 * 24 * time.Hour // CIS AWS 3.0 1.12
	rotateAfter = 90 * 24 * time.Hour // CIS AWS 3.0 1.14
)

// CredentialAudit finds the long-lived credentials of all users, declared or not, that should not be: passwords without
// a second factor, what was not used for 45 days, keys older than 90 days, two active keys. It changes nothing. What it
// says may be four hours old.
func CredentialAudit(ctx context.Context, cfg aws.Config) ([]ztcore.Finding, error) {
	report, err := credentials(ctx, cfg)
	if err != nil {
		return nil, err
	}
	var found []ztcore.Finding
	for _, c := range report {
		if c["user"] == rootUser {
			continue
		}
		for _, f := range c.findings() {
			f.Resource = ztcore.Address(users.Name + "/" + c["user"])
			found = append(found, f)
		}
	}
	return found, nil
}

func (c credential) findings() []ztcore.Finding {
	var out []ztcore.Finding
	if c.is("password_enabled") {
		if !c.is("mfa_active") {
			out = append(out, ztcore.Finding{
				Attribute: "password", Guardrail: "iam.password-without-mfa", Controls: []string{"CIS AWS 3.0 1.10", "FSBP IAM.5"},
				Message: "the user signs in without a second factor", Fix: "declare an iam.MFA for the user",
			})
		}
		out = append(out, unused("password", c.since("password_last_used", "password_last_changed"))...)
	}
	if c.is("access_key_1_active") && c.is("access_key_2_active") {
		out = append(out, ztcore.Finding{
			Attribute: "access_key_2", Guardrail: "iam.two-access-keys", Controls: []string{"CIS AWS 3.0 1.13"},
			Message: "two access keys are active", Fix: "deactivate the one that is being replaced",
		})
	}
	for _, key := range []string{"access_key_1", "access_key_2"} {
		if !c.is(key + "_active") {
			continue
		}
		made, _ := c.when(key + "_last_rotated")
		if age := time.Since(made); age > rotateAfter {
			out = append(out, ztcore.Finding{
				Attribute: key, Guardrail: "iam.old-access-key", Controls: []string{"CIS AWS 3.0 1.14", "FSBP IAM.3"},
				Message: fmt.Sprintf("the key is %d days old", int(age.Hours()/24)), Fix: "use a role, or rotate the key",
			})
		}
		out = append(out, unused(key, c.since(key+"_last_used_date", key+"_last_rotated"))...)
	}
	return out
}

// unused finds a credential that was neither used nor made for a while.
func unused(credential string, last time.Time) []ztcore.Finding {
	idle := time.Since(last)
	if idle <= unusedAfter {
		return nil
	}
	return []ztcore.Finding{{
		Attribute: credential, Guardrail: "iam.unused-credential", Controls: []string{"CIS AWS 3.0 1.12", "FSBP IAM.22"},
		Message: fmt.Sprintf("it was not used for %d days", int(idle.Hours()/24)), Fix: "remove it",
	}}
}
