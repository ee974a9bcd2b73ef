package iam_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// TestOnTheWire runs against moto, which lacks boundaries of users, tags of MFA devices, the operations that add and
// remove a client id, and groups that move to another path.
func TestOnTheWire(t *testing.T) {
	before := iam.OIDCProvider{URL: github, Audiences: []string{"sts.amazonaws.com"}}
	after := before
	after.Thumbprints, after.Tags = []string{strings.Repeat("ab", 20)}, map[string]string{"team": "build"}
	const address = "iam.OIDCProvider/token.actions.githubusercontent.com"
	oidc := kindtest.Case{Variants: []kindtest.Variant{{Resource: before}, {Resource: after, Changes: []string{address + " Thumbprints", address + " Tags"}}}}
	tagged := exampleUser
	tagged.Path, tagged.Tags = "/people/", map[string]string{"team": "ledger"}
	allowed := tagged
	allowed.Inline, allowed.Attached = map[string]policy.Document{"logs": readLogs}, []id.PolicyARN{iam.AWSManaged("SecurityAudit")}
	detached := allowed
	detached.Attached = []id.PolicyARN{}
	user := kindtest.Case{
		Variants: []kindtest.Variant{
			{Resource: exampleUser},
			{Resource: tagged, Changes: []string{"iam.User/example-user Path", "iam.User/example-user Tags"}},
			{Resource: allowed, Changes: []string{"iam.UserPolicies/example-user Members", "iam.UserAttachments/example-user Members"}},
			{Resource: detached, Changes: []string{"iam.UserAttachments/example-user Members"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			_, err := sdk.NewFromConfig(cfg).PutUserPolicy(ctx, &sdk.PutUserPolicyInput{UserName: &exampleUser.Name, PolicyName: aws.String("own"), PolicyDocument: aws.String(readLogs.JSON())})
			return err
		},
	}
	group := groupCase()
	group.Variants = group.Variants[:len(group.Variants)-1]
	mfa := mfaCase()
	mfa.Variants = slices.Delete(mfa.Variants, 1, 2)
	for name, c := range map[string]kindtest.Case{
		"role": roleCase(), "user": user, "group": group, "policy": policyCase(), "profile": instanceProfileCase(), "oidc": oidc,
		"mfa": mfa, "passwords": passwordPolicyCase(), "alias": accountAliasCase(),
	} {
		t.Run(name, func(t *testing.T) {
			cfg := kindtest.Wire(t)
			cfg.Retryer = promptly
			kindtest.RunOn(t, cfg, c)
		})
	}
}

// promptly tries again without the waits for an outage: what moto lacks, it answers like one.
func promptly() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) { o.MaxBackoff = 20 * time.Millisecond })
}

// TestSAMLProviderIsReadOnTheWire is what moto allows for: it keeps no tags for SAML providers, so that one belongs to
// no baseline and can't go through its life there.
func TestSAMLProviderIsReadOnTheWire(t *testing.T) {
	cfg := kindtest.Wire(t)
	okta := iam.SAMLProvider{Name: "okta", Metadata: metadata("idp.example.com")}
	_, err := sdk.NewFromConfig(cfg).CreateSAMLProvider(t.Context(), &sdk.CreateSAMLProviderInput{Name: &okta.Name, SAMLMetadataDocument: &okta.Metadata})
	require.NoError(t, err)
	require.Equal(t, []string{"Tags"}, differing(t, cfg, okta))
	okta.Metadata = metadata("sso.example.com")
	require.Equal(t, []string{"Metadata", "Tags"}, differing(t, cfg, okta))
}

// differing are the fields that would change if a resource was taken over.
func differing(t *testing.T, cfg aws.Config, r ztcore.Resource) []string {
	t.Helper()
	var fields []string
	for _, step := range planned(t, cfg, []ztcore.PlanOption{ztcore.AdoptAll()}, r).Steps {
		for _, c := range step.Changes {
			fields = append(fields, c.Field)
		}
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}
