package thirdparty_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdkiam "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/aws/aws-sdk-go-v2/service/securityhub/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/governance/thirdparty"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// subscriptions is what Security Hub holds of products, in a hub that is on.
type subscriptions struct {
	store *fakeaws.Store[struct{ ARNs []string }]
}

type opt = func(*securityhub.Options)

func installProducts(c *fakeaws.Cloud) {
	s := &subscriptions{fakeaws.NewStore(c, "products", fakeaws.Regional, func(string, string) *struct{ ARNs []string } { return &struct{ ARNs []string }{} })}
	fakeaws.On(c, s.enable, "ProductArn")
	fakeaws.On(c, s.list, "MaxResults", "NextToken")
	fakeaws.On(c, s.disable, "ProductSubscriptionArn")
}

func (s *subscriptions) enable(ctx context.Context, in *securityhub.EnableImportFindingsForProductInput, _ ...opt) (*securityhub.EnableImportFindingsForProductOutput, error) {
	call, all := fakeaws.CallFrom(ctx), s.store.In(ctx)
	_, name, _ := strings.Cut(*in.ProductArn, ":product/")
	arn := "arn:aws:securityhub:" + call.Region + ":" + call.Account + ":product-subscription/" + name
	if slices.Contains(all.ARNs, arn) {
		return nil, &types.ResourceConflictException{Message: aws.String("already enabled")}
	}
	all.ARNs = append(all.ARNs, arn)
	return &securityhub.EnableImportFindingsForProductOutput{ProductSubscriptionArn: &arn}, nil
}

func (s *subscriptions) list(ctx context.Context, in *securityhub.ListEnabledProductsForImportInput, _ ...opt) (*securityhub.ListEnabledProductsForImportOutput, error) {
	some, next, ok := fakeaws.Page(ctx, s.store.In(ctx).ARNs, in.NextToken, in.MaxResults, 100)
	if !ok {
		return nil, &types.InvalidInputException{}
	}
	return &securityhub.ListEnabledProductsForImportOutput{ProductSubscriptions: some, NextToken: next}, nil
}

func (s *subscriptions) disable(ctx context.Context, in *securityhub.DisableImportFindingsForProductInput, _ ...opt) (*securityhub.DisableImportFindingsForProductOutput, error) {
	all := s.store.In(ctx)
	i := slices.Index(all.ARNs, *in.ProductSubscriptionArn)
	if i < 0 {
		return nil, &types.ResourceNotFoundException{}
	}
	all.ARNs = slices.Delete(all.ARNs, i, i+1)
	return &securityhub.DisableImportFindingsForProductOutput{}, nil
}

func newCloud() *fakeaws.Cloud { return fakeaws.New(fakests.Install, fakeiam.Install, installProducts) }

const (
	product  id.ARN = "arn:aws:securityhub:us-east-1:111122223333:product/acme/shield"
	external string = "6fd1c0aa-53b6-4b39-9f4c-2f3b8c1e07d1"
)

var scanner = thirdparty.Scanner{Name: "AcmeScanner", VendorAccount: "111122223333", ExternalID: external}

// There is no test on the wire: moto has none of these operations.
func TestFindingsProduct(t *testing.T) {
	kindtest.Run(t, kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: thirdparty.FindingsProduct{Product: product}},
			{Resource: ztcore.List{thirdparty.FindingsProduct{Product: product}, thirdparty.FindingsProduct{Product: "arn:aws:securityhub:us-east-1::product/other/tool"}},
				Changes: []string{"create governance.FindingsProduct/other/tool"}},
		},
		Drift: nil, // a subscription is there or not, and nothing of it can change
	})
}

func apply(t *testing.T, cfg aws.Config, r ztcore.Resource) {
	t.Helper()
	p, err := ztcore.NewBaseline("vendors", r).Plan(t.Context(), cfg)
	require.NoError(t, err)
	_, err = p.Apply(t.Context())
	require.NoError(t, err, p)
	again, err := ztcore.NewBaseline("vendors", r).Plan(t.Context(), cfg)
	require.NoError(t, err)
	require.True(t, again.Empty(), again)
}

// trusts is a role's trust policy.
func trusts(t *testing.T, cfg aws.Config, role string) policy.Document {
	t.Helper()
	out, err := sdkiam.NewFromConfig(cfg).GetRole(t.Context(), &sdkiam.GetRoleInput{RoleName: &role})
	require.NoError(t, err)
	text, err := url.QueryUnescape(*out.Role.AssumeRolePolicyDocument)
	require.NoError(t, err)
	doc, err := policy.Parse(text)
	require.NoError(t, err)
	return doc
}

func TestScannerNeedsItsExternalIDAndReadsNoData(t *testing.T) {
	cfg := newCloud().Config()
	apply(t, cfg, scanner)
	want := policy.Trust(policy.Account("111122223333")).When("StringEquals", "sts:ExternalId", external)
	require.True(t, want.Equal(trusts(t, cfg, "AcmeScanner")))

	identity := policy.Policies{Identity: []policy.Document{scanner.Role().Inline, policy.Allow("*").OnAny()}}
	for action, outcome := range map[string]policy.Outcome{
		"ec2:DescribeInstances": policy.Allowed, "s3:GetBucketPolicy": policy.Allowed,
		"s3:GetObject": policy.Denied, "secretsmanager:GetSecretValue": policy.Denied, "kms:Decrypt": policy.Denied, "ssm:GetParameter": policy.Denied, "sts:AssumeRole": policy.Denied,
	} {
		got, err := policy.Evaluate(policy.Request{Principal: "arn:aws:iam::123456789012:role/AcmeScanner", Action: action, Resource: "arn:aws:s3:::x/y"}, identity)
		require.NoError(t, err)
		require.Equal(t, outcome, got.Outcome, action)
	}
}

// Nothing in the default policy changes anything.
func TestReadConfigurationOnlyReads(t *testing.T) {
	var doc struct{ Statement []struct{ Action []string } }
	require.NoError(t, json.Unmarshal([]byte(thirdparty.ReadConfiguration().JSON()), &doc))
	require.NotEmpty(t, doc.Statement[0].Action)
	for _, a := range doc.Statement[0].Action {
		require.Regexp(t, `^[a-z0-9-]+:(Describe|List|Get|GenerateCredentialReport)[A-Za-z]*$`, a)
	}
}

func TestBrokers(t *testing.T) {
	cfg := newCloud().Config()
	role := thirdparty.BrokerRole{Name: "Engineers", Subjects: []string{"group:engineers:*"}, Attached: []id.PolicyARN{"arn:aws:iam::aws:policy/ReadOnlyAccess"}}
	apply(t, cfg, thirdparty.BrokerIdentity{Name: "access", OIDC: thirdparty.OIDC{Issuer: "https://acme.example", Audience: "client-1"}, Roles: []thirdparty.BrokerRole{role}})
	want := policy.Allow("sts:AssumeRoleWithWebIdentity").To(policy.Federated("arn:aws:iam::123456789012:oidc-provider/acme.example")).
		When("StringEquals", "acme.example:aud", "client-1").When("StringLike", "acme.example:sub", "group:engineers:*")
	require.True(t, want.Equal(trusts(t, cfg, "Engineers")))

	saml := newCloud().Config()
	apply(t, saml, thirdparty.BrokerIdentity{Name: "broker", SAML: metadata(), Roles: []thirdparty.BrokerRole{{Name: "Engineers"}}})
	want = policy.Allow("sts:AssumeRoleWithSAML").To(policy.Federated("arn:aws:iam::123456789012:saml-provider/broker")).When("StringEquals", "SAML:aud", "https://signin.aws.amazon.com/saml")
	require.True(t, want.Equal(trusts(t, saml, "Engineers")))
}

// metadata is long enough for IAM.
func metadata() string {
	return `<EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://acme.example"><!--` + strings.Repeat("x", 1000) + `--><IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"><SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://acme.example/sso"/></IDPSSODescriptor></EntityDescriptor>`
}

func TestWhatIsMissingIsFound(t *testing.T) {
	with := func(change func(*thirdparty.Scanner)) ztcore.Resource {
		s := scanner
		change(&s)
		return s
	}
	role := []thirdparty.BrokerRole{{Name: "r"}}
	for want, r := range map[string]ztcore.Resource{
		"the role has no name":              with(func(s *thirdparty.Scanner) { s.Name = "" }),
		`"" is no account`:                  with(func(s *thirdparty.Scanner) { s.VendorAccount = "" }),
		"any customer of the vendor":        with(func(s *thirdparty.Scanner) { s.ExternalID = "" }),
		"is shorter than 16":                with(func(s *thirdparty.Scanner) { s.ExternalID = "prisma" }),
		"the vendor's account or the role":  with(func(s *thirdparty.Scanner) { s.ExternalID = "customer-111122223333" }),
		"one character repeated":            with(func(s *thirdparty.Scanner) { s.ExternalID = "aaaaaaaaaaaaaaaaaaaa" }),
		"is not of the vendor's account":    with(func(s *thirdparty.Scanner) { s.VendorRole = "arn:aws:iam::444455556666:role/x" }),
		"exactly one of SAML and OIDC":      thirdparty.BrokerIdentity{Name: "b", Roles: role},
		"Issuer and Audience need":          thirdparty.BrokerIdentity{Name: "b", OIDC: thirdparty.OIDC{Issuer: "https://acme.example"}, Roles: role},
		"everybody who has a token":         thirdparty.BrokerIdentity{Name: "b", OIDC: thirdparty.OIDC{Issuer: "https://acme.example", Audience: "c"}, Roles: role},
		"nobody could do anything":          thirdparty.BrokerIdentity{Name: "b", SAML: metadata()},
		"is no product of Security Hub":     thirdparty.FindingsProduct{Product: "arn:aws:s3:::x"},
		"Zscaler Edge: is missing":          thirdparty.Zscaler{},
		"PrismaCloud Scanner: is missing":   thirdparty.PrismaCloud{},
		"Cloudflare Edge or Broker: is mis": thirdparty.Cloudflare{},
	} {
		require.ErrorContains(t, ztcore.NewBaseline("vendors", r).Check(), want)
	}
	_, err := ztcore.NewBaseline("vendors", thirdparty.FindingsProduct{Product: product}).Plan(t.Context(), newCloud().ConfigFor(fakeaws.DefaultAccount, "eu-west-1"))
	require.ErrorContains(t, err, "is of another region than eu-west-1")
}

func TestVendors(t *testing.T) {
	broker := thirdparty.BrokerIdentity{Name: "access", OIDC: thirdparty.OIDC{Issuer: "https://acme.example", Audience: "client-1"}, Roles: []thirdparty.BrokerRole{{Name: "Engineers", Subjects: []string{"group:engineers:*"}}}}
	apply(t, newCloud().Config(), ztcore.List{
		thirdparty.PrismaCloud{Scanner: scanner, Findings: thirdparty.FindingsProduct{Product: product}},
		thirdparty.Cloudflare{Broker: broker},
	})
}

func Example() {
	prisma := thirdparty.PrismaCloud{
		Scanner:  thirdparty.Scanner{Name: "PrismaCloudScanner", VendorAccount: "111122223333", ExternalID: external},
		Findings: thirdparty.FindingsProduct{Product: product},
	}
	plan, err := ztcore.NewBaseline("vendors", prisma).Plan(context.Background(), newCloud().Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range plan.Steps {
		fmt.Println(s.Action, s.Address)
	}
	fmt.Println(ztcore.NewBaseline("vendors", thirdparty.PrismaCloud{}).Check() != nil)
	// Unordered output:
	// create iam.Role/PrismaCloudScanner
	// create iam.RolePolicies/PrismaCloudScanner
	// create iam.RoleAttachments/PrismaCloudScanner
	// create governance.FindingsProduct/acme/shield
	// true
}
