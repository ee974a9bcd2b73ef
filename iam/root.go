package iam

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

const (
	rootAddress ztcore.Address = "iam.Root/account"
	rootRecent                 = 90 * 24 * time.Hour // as far back as use of the root user is a finding
)

// RootUsage finds what is wrong with the account's root user, who is above all policies: access keys, signing
// certificates, no second factor, and use in the last 90 days. It changes nothing, and there is nothing that a baseline
// could change: only the root user can. What it says of use may be four hours old.
func RootUsage(ctx context.Context, cfg aws.Config) ([]ztcore.Finding, error) {
	out, err := iam.NewFromConfig(cfg).GetAccountSummary(ctx, &iam.GetAccountSummaryInput{})
	if err != nil {
		return nil, err
	}
	has := func(key types.SummaryKeyType) bool { return out.SummaryMap[string(key)] > 0 }
	var found []ztcore.Finding
	if has(types.SummaryKeyTypeAccountAccessKeysPresent) {
		found = append(found, ztcore.Finding{
			Guardrail: "iam.root-access-key", Controls: []string{"CIS AWS 3.0 1.4", "FSBP IAM.4"},
			Message: "the root user has an access key", Fix: "delete it, and let roles do what it did",
		})
	}
	if has(types.SummaryKeyTypeAccountSigningCertificatesPresent) {
		found = append(found, ztcore.Finding{
			Guardrail: "iam.root-signing-certificate", Controls: []string{"NIST SP 800-207 tenet 6"},
			Message: "the root user has a signing certificate", Fix: "delete it",
		})
	}
	// Without a password there is nobody to ask for a second factor: the organization has taken root access over.
	if has(types.SummaryKeyTypeAccountPasswordPresent) && !has(types.SummaryKeyTypeAccountMFAEnabled) {
		found = append(found, ztcore.Finding{
			Guardrail: "iam.root-without-mfa", Controls: []string{"CIS AWS 3.0 1.5", "CIS AWS 3.0 1.6", "FSBP IAM.9"},
			Message: "the root user signs in without a second factor", Fix: "register a hardware device, or have the organization remove the root user's password",
		})
	}
	report, err := credentials(ctx, cfg)
	if err != nil {
		return nil, err
	}
	for _, c := range report {
		used := c.since("password_last_used", "access_key_1_last_used_date", "access_key_2_last_used_date")
		if c["user"] == rootUser && time.Since(used) < rootRecent {
			found = append(found, ztcore.Finding{
				Guardrail: "iam.root-used", Controls: []string{"CIS AWS 3.0 1.7"},
				Message: fmt.Sprintf("the root user was used on %s", used.Format(time.DateOnly)), Fix: "find out what for, and let a role do it",
			})
		}
	}
	for i := range found {
		found[i].Resource = rootAddress
	}
	return found, nil
}
