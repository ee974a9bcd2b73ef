package iam_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

const github = "https://token.actions.githubusercontent.com"

func TestOIDCProvider(t *testing.T) { kindtest.Run(t, oidcCase()) }

func oidcCase() kindtest.Case {
	p := iam.OIDCProvider{URL: github, Audiences: []string{"sts.amazonaws.com"}}
	step := func(change func()) iam.OIDCProvider { change(); return p }
	address := "iam.OIDCProvider/token.actions.githubusercontent.com "
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: step(func() {})},
			{Resource: step(func() { p.Audiences = []string{"https://github.com/acme"} }), Changes: []string{address + "Audiences"}},
			{Resource: step(func() { p.Thumbprints = []string{strings.Repeat("ab", 20)} }), Changes: []string{address + "Thumbprints"}},
			{Resource: step(func() { p.Tags = map[string]string{"team": "build"} }), Changes: []string{address + "Tags"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			_, err := sdk.NewFromConfig(cfg).AddClientIDToOpenIDConnectProvider(ctx, &sdk.AddClientIDToOpenIDConnectProviderInput{
				OpenIDConnectProviderArn: aws.String("arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"), ClientID: aws.String("evil"),
			})
			return err
		},
	}
}

func metadata(entity string) string {
	return `<?xml version="1.0"?><EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="` + entity + `">` +
		`<IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">` +
		`<KeyDescriptor use="signing"><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>` + strings.Repeat("MIIC", 250) +
		`</X509Certificate></X509Data></KeyInfo></KeyDescriptor>` +
		`<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://` + entity + `/sso"/>` +
		`</IDPSSODescriptor></EntityDescriptor>`
}

func TestSAMLProvider(t *testing.T) {
	p := iam.SAMLProvider{Name: "okta", Metadata: metadata("idp.example.com")}
	step := func(change func()) iam.SAMLProvider { change(); return p }
	kindtest.Run(t, kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: step(func() {})},
			{Resource: step(func() { p.Metadata = metadata("sso.example.com") + "\n" }), Changes: []string{"iam.SAMLProvider/okta Metadata"}},
			{Resource: step(func() { p.Tags = map[string]string{"team": "it"} }), Changes: []string{"iam.SAMLProvider/okta Tags"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			_, err := sdk.NewFromConfig(cfg).UpdateSAMLProvider(ctx, &sdk.UpdateSAMLProviderInput{
				SAMLProviderArn: aws.String("arn:aws:iam::123456789012:saml-provider/okta"), SAMLMetadataDocument: aws.String(metadata("evil.example.com")),
			})
			return err
		},
	})
}

func TestPlanShowsMetadataByItsHash(t *testing.T) {
	p := planned(t, newCloud().Config(), nil, iam.SAMLProvider{Name: "okta", Metadata: metadata("idp.example.com")}).String()
	require.Contains(t, p, "characters with SHA-256")
	require.NotContains(t, p, "X509Certificate")
}

func TestRolesTrustProvidersByTheirARN(t *testing.T) {
	oidc := iam.OIDCProvider{URL: github, Audiences: []string{"sts.amazonaws.com"}}
	saml := iam.SAMLProvider{Name: "okta", Metadata: metadata("idp.example.com")}
	deployer := iam.Role{
		Name: "deployer",
		Trust: policy.Trust(policy.Federated(string(oidc.ARN()))).
			When("StringEquals", "token.actions.githubusercontent.com:aud", "sts.amazonaws.com").
			When("StringLike", "token.actions.githubusercontent.com:sub", "repo:acme/ledger:ref:refs/heads/main"),
	}
	people := iam.Role{Name: "people", Trust: policy.Trust(policy.Federated(string(saml.ARN()))).When("StringEquals", "SAML:aud", "https://signin.aws.amazon.com/saml")}
	cloud := newCloud()
	applied(t, cloud.Config(), people, deployer, saml, oidc)
	_, err := planned(t, cloud.Config(), []ztcore.PlanOption{ztcore.Destroy()}, people, deployer, saml, oidc).Apply(context.Background())
	require.NoError(t, err)
}
