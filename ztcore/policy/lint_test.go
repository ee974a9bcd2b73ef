package policy_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

const (
	role     = "arn:aws:iam::123456789012:role/R"
	okBucket = id.ARN("arn:aws:s3:::acme/*")
)

func statement(s policy.Statement) policy.Document {
	return policy.Document{Statements: []policy.Statement{s}}
}

// faults has for each code a document that must raise it: want is the finding's severity, code and element.
var faults = []struct {
	class policy.Class
	doc   policy.Document
	want  string
}{
	{policy.Identity, policy.Document{Version: "2015"}.And(policy.Allow("s3:GetObject").On(okBucket)), "ERROR INVALID_VERSION Version"},
	{policy.Identity, policy.Document{Version: policy.Version2008}.And(policy.Allow("s3:GetObject").On(okBucket)), "SUGGESTION OUTDATED_VERSION Version"},
	{policy.Identity, policy.Document{Version: policy.Version2012}, "ERROR MISSING_STATEMENT Statement"},
	{policy.Identity, policy.Allow("s3:GetObject").On("arn:aws:s3:::acme/€"), "ERROR INVALID_CHARACTER "},
	{policy.SCP, policy.Deny("s3:GetObject").On(okBucket).And(padding(10240)), "ERROR POLICY_SIZE_EXCEEDS_QUOTA "},
	{policy.TrustPolicy, policy.Trust(policy.AWS("arn:aws:iam::123456789012:role/" + strings.Repeat("r", 2048))), "WARNING POLICY_SIZE_EXCEEDS_QUOTA "},
	{policy.TrustPolicy, policy.Trust(policy.AWS("arn:aws:iam::123456789012:role/" + strings.Repeat("r", 8192))), "ERROR POLICY_SIZE_EXCEEDS_QUOTA "},
	{policy.Identity, statement(policy.Statement{Actions: []string{"s3:*"}, Resources: []string{"*"}}), "ERROR MISSING_EFFECT Effect"},
	{policy.Identity, statement(policy.Statement{Effect: "allow", Actions: []string{"s3:*"}, Resources: []string{"*"}}), "ERROR INVALID_EFFECT Effect"},
	{policy.Identity, statement(policy.Statement{Effect: "Deny", Resources: []string{"*"}}), "ERROR MISSING_ACTION Action"},
	{policy.Identity, policy.Allow("s3:GetObject"), "ERROR MISSING_RESOURCE Resource"},
	{policy.BucketPolicy, policy.Allow("s3:GetObject").On(okBucket), "ERROR MISSING_PRINCIPAL Principal"},
	{policy.TrustPolicy, policy.Allow("sts:AssumeRole"), "ERROR MISSING_PRINCIPAL Principal"},
	{policy.Identity, policy.Deny("s3:*").OnAny().To(policy.Anyone()), "ERROR UNSUPPORTED_PRINCIPAL Principal"},
	{policy.SCP, policy.Deny("s3:*").OnAny().ToAllExcept(policy.AWS(role)), "ERROR UNSUPPORTED_PRINCIPAL NotPrincipal"},
	{policy.TrustPolicy, policy.Trust(policy.AWS(role)).OnAny(), "ERROR UNSUPPORTED_RESOURCE Resource"},
	{policy.SCP, policy.Deny("s3:*").OnAny().OnAllExcept(okBucket), "ERROR UNSUPPORTED_ELEMENT_COMBINATION Resource"},
	{policy.Identity, policy.Allow().OnAny(), "WARNING EMPTY_ARRAY_ACTION Action"},
	{policy.Identity, policy.DenyAllExcept().OnAny(), "ERROR EMPTY_ARRAY_NOTACTION NotAction"},
	{policy.Identity, policy.Allow("s3:*").On(), "WARNING EMPTY_ARRAY_RESOURCE Resource"},
	{policy.Identity, policy.Allow("s3:*").OnAllExcept(), "ERROR EMPTY_ARRAY_NOTRESOURCE NotResource"},
	{policy.TrustPolicy, policy.Trust(), "WARNING EMPTY_ARRAY_PRINCIPAL Principal"},
	{policy.BucketPolicy, policy.Deny("s3:*").OnAny().ToAllExcept(), "ERROR EMPTY_ARRAY_NOTPRINCIPAL NotPrincipal"},
	{policy.RCP, policy.Allow("s3:*").OnAny().To(policy.Anyone()), "ERROR RCP_SYNTAX_ERROR_ALLOW Effect"},
	{policy.RCP, policy.Deny("s3:*").OnAny().To(policy.AWS(role)), "ERROR RCP_SYNTAX_ERROR_PRINCIPAL Principal"},
	{policy.RCP, policy.DenyAllExcept("s3:*").OnAny().To(policy.Anyone()), "ERROR RCP_SYNTAX_ERROR_NOT_ACTION NotAction"},
	{policy.RCP, policy.Deny("*").OnAny().To(policy.Anyone()), "ERROR RCP_SYNTAX_ERROR_ACTION_WILDCARD Action"},
	{policy.Identity, twice("A"), "ERROR UNIQUE_SIDS_REQUIRED Sid"},
	{policy.TopicPolicy, twice("A"), "ERROR UNIQUE_SIDS_REQUIRED Sid"},
	{policy.BucketPolicy, twice("A"), "WARNING UNIQUE_SIDS_RECOMMENDED Sid"},
	{policy.Identity, policy.Allow("s3:GetObject").On(okBucket).Named("with space"), "ERROR UNSUPPORTED_SID Sid"},
	{policy.Identity, policy.Allow("s3:${aws:username}").OnAny(), "ERROR VARIABLE_UNSUPPORTED_IN_ELEMENT Action"},
	{policy.Identity, policy.Allow("GetObject").OnAny(), "ERROR INVALID_ACTION Action"},
	{policy.Identity, policy.DenyAllExcept("s3*:Get").OnAny(), "ERROR INVALID_ACTION NotAction"},
	{policy.TrustPolicy, policy.Allow("s3:GetObject").To(policy.AWS(role)), "ERROR UNSUPPORTED_ACTION_IN_POLICY Action"},
	{policy.Identity, policy.Allow("s3:GetObject").On("acme/*"), "ERROR INVALID_ARN_PREFIX Resource"},
	{policy.Identity, policy.Allow("s3:GetObject").On("arn:aws:s3"), "WARNING MISSING_ARN_FIELD Resource"},
	{policy.Identity, policy.Allow("s3:GetObject").On("arn:aws::::x"), "ERROR MISSING_ARN_FIELD Resource"},
	{policy.Identity, policy.Allow("s3:GetObject").OnAllExcept("arn:amazon:s3:::acme"), "ERROR INVALID_PARTITION NotResource"},
	{policy.Identity, policy.Allow("s3:GetObject").On("arn:aws:S3:::acme"), "ERROR INVALID_ARN_SERVICE_CASE Resource"},
	{policy.Identity, policy.Allow("iam:GetRole").On("arn:aws:iam:us-east-1:123456789012:role/R"), "ERROR ARN_REGION_NOT_ALLOWED Resource"},
	{policy.Identity, policy.Allow("iam:GetRole").On("arn:aws:iam::1234:role/R"), "ERROR INVALID_ARN_ACCOUNT Resource"},
	{policy.Identity, policy.Allow("s3:GetObject").On("arn:aws:s3:::"), "ERROR INVALID_ARN_RESOURCE Resource"},
	{policy.Identity, policy.Allow("s3:GetObject").On("arn:aws:s3:::acme/${aws:username"), "ERROR MISSING_BRACE_IN_VARIABLE Resource"},
	{policy.Identity, policy.Allow("s3:GetObject").On("arn:aws:s3:::acme/${}"), "ERROR EMPTY_VARIABLE Resource"},
	{policy.Identity, policy.Document{Version: policy.Version2008}.And(policy.Allow("s3:GetObject").On("arn:aws:s3:::acme/${aws:username}")), "WARNING VARIABLE_UNSUPPORTED_IN_VERSION Resource"},
	{policy.TrustPolicy, policy.Trust(policy.Service("ec2")), "ERROR INVALID_SERVICE_PRINCIPAL_FORMAT Principal"},
	{policy.TrustPolicy, policy.Trust(policy.Federated("")), "ERROR INVALID_PRINCIPAL_FORMAT Principal"},
	{policy.TrustPolicy, policy.Trust(policy.Principal{Type: "Role", ID: "R"}), "ERROR INVALID_PRINCIPAL_KEY Principal"},
	{policy.TrustPolicy, policy.Trust(policy.AWS("arn:aws:iam::123456789012:role/*")), "ERROR UNSUPPORTED_WILDCARD_IN_PRINCIPAL Principal"},
	{policy.KeyPolicy, policy.Allow("kms:*").OnAny().To(policy.AWS("AROAEXAMPLEEXAMPLE123")), "WARNING DELETED_PRINCIPAL Principal"},
	{policy.TrustPolicy, policy.Trust(policy.AWS("1234")), "ERROR INVALID_PRINCIPAL_FORMAT Principal"},
	{policy.TrustPolicy, policy.Trust(policy.AWS("arn:aws:iam::1234:role/R")), "ERROR INVALID_ARN_ACCOUNT Principal"},
	{policy.Identity, when("StringEquals", "aws:x", "1", "StringEquals", "AWS:X", "2"), "ERROR DUPLICATE_KEYS_WITH_DIFFERENT_CASE Condition.StringEquals.AWS:X"},
	{policy.Identity, when("StringEquals", "x", "1"), "ERROR INVALID_CONDITION_KEY_FORMAT Condition.StringEquals.x"},
	{policy.Identity, policy.Allow("s3:GetObject").On(okBucket).When("StringEquals", "aws:x"), "ERROR EMPTY_ARRAY_CONDITION Condition.StringEquals.aws:x"},
	{policy.Identity, when("StringEqual", "aws:x", "1"), "ERROR INVALID_CONDITION_OPERATOR Condition.StringEqual.aws:x"},
	{policy.Identity, when("ForEach:StringEquals", "aws:x", "1"), "ERROR INVALID_CONDITION_OPERATOR Condition.ForEach:StringEquals.aws:x"},
	{policy.Identity, when("NullIfExists", "aws:x", "true"), "ERROR NULL_WITH_IF_EXISTS Condition.NullIfExists.aws:x"},
	{policy.Identity, policy.Allow("s3:GetObject").On(okBucket).When("Bool", "aws:x", "true", "false"), "ERROR INVALID_CONDITION_MULTIPLE_BOOLEAN Condition.Bool.aws:x"},
	{policy.Identity, when("Bool", "aws:x", "yes"), "ERROR DATA_TYPE_MISMATCH Condition.Bool.aws:x"},
	{policy.Identity, when("NumericEquals", "aws:x", "one"), "ERROR DATA_TYPE_MISMATCH Condition.NumericEquals.aws:x"},
	{policy.Identity, when("DateLessThan", "aws:x", "tomorrow"), "ERROR DATA_TYPE_MISMATCH Condition.DateLessThan.aws:x"},
	{policy.Identity, when("IpAddress", "aws:x", "10.0.0.0/33"), "ERROR DATA_TYPE_MISMATCH Condition.IpAddress.aws:x"},
	{policy.Identity, when("ArnLike", "aws:x", "acme"), "ERROR DATA_TYPE_MISMATCH Condition.ArnLike.aws:x"},
	{policy.Identity, when("StringEquals", "aws:x", "a*"), "WARNING WILDCARD_WITHOUT_LIKE_OPERATOR Condition.StringEquals.aws:x"},
	{policy.Identity, when("ForAllValues:StringEquals", "aws:PrincipalOrgID", "o-1"), "SECURITY_WARNING FORALLVALUES_WITH_SINGLE_VALUED_KEY Condition.ForAllValues:StringEquals.aws:PrincipalOrgID"},
	{policy.BucketPolicy, policy.Allow("s3:GetObject").On(okBucket).ToAllExcept(policy.AWS(role)), "SECURITY_WARNING ALLOW_WITH_NOT_PRINCIPAL NotPrincipal"},
	{policy.InlineRole, policy.Allow("*").OnAny(), "SECURITY_WARNING FULL_ADMINISTRATOR Action"},
	{policy.Identity, policy.Allow("iam:PassRole").OnAny(), "SECURITY_WARNING PASS_ROLE_WITH_STAR_IN_RESOURCE Resource"},
	{policy.Identity, policy.Allow("iam:*").OnAny(), "SECURITY_WARNING PASS_ROLE_WITH_STAR_IN_ACTION_AND_RESOURCE Action"},
	{policy.BucketPolicy, policy.Allow("s3:GetObject").On(okBucket).To(policy.Anyone()), "SECURITY_WARNING PUBLIC_ACCESS Principal"},
	{policy.TrustPolicy, policy.Trust(policy.AWS("*")), "SECURITY_WARNING PUBLIC_ACCESS Principal"},
	{policy.TopicPolicy, policy.Allow("sns:Publish").OnAny().To(policy.Service("events.amazonaws.com")), "SECURITY_WARNING RESTRICT_ACCESS_TO_SERVICE_PRINCIPAL Principal"},
	{policy.TrustPolicy, policy.Allow("sts:AssumeRoleWithSAML").To(policy.Service("ec2.amazonaws.com")), "ERROR MISMATCHED_ACTION_FOR_PRINCIPAL Action"},
	{policy.TrustPolicy, policy.Trust(policy.Federated("accounts.google.com")), "SECURITY_WARNING WEB_IDENTITY_WITHOUT_SUBJECT Condition"},
	{policy.TrustPolicy, policy.Trust(policy.Federated("arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com")).
		When("StringEquals", "token.actions.githubusercontent.com:aud", "sts.amazonaws.com"), "SECURITY_WARNING WEB_IDENTITY_WITHOUT_SUBJECT Condition"},
}

func twice(sid string) policy.Document {
	d := policy.Deny("s3:GetObject").On(okBucket).Named(sid)
	return d.And(d)
}

// when allows one thing under conditions given as triples of operator, key and value.
func when(triples ...string) policy.Document {
	s := policy.Statement{Effect: policy.EffectAllow, Actions: []string{"s3:GetObject"}, Resources: []string{string(okBucket)}}
	for ; len(triples) > 0; triples = triples[3:] {
		s.Conditions = append(s.Conditions, policy.Condition{Operator: triples[0], Key: triples[1], Values: triples[2:3]})
	}
	return statement(s)
}

// padding is a document with a resource of n characters.
func padding(n int) policy.Document {
	return policy.Deny("s3:GetObject").On(id.ARN("arn:aws:s3:::" + strings.Repeat("x", n)))
}

func TestLintFindsEachFault(t *testing.T) {
	for _, f := range faults {
		var got []string
		for _, finding := range f.doc.Lint(f.class) {
			got = append(got, fmt.Sprintf("%s %s %s", finding.Severity, finding.Code, finding.Element))
			require.NotEmpty(t, finding.Message)
			require.NotEmpty(t, finding.Fix)
		}
		require.Contains(t, got, f.want, "%s: %s", f.class, f.doc)
	}
}

func TestEveryCodeOfLintHasACase(t *testing.T) {
	covered := map[string]bool{}
	for _, f := range faults {
		covered[strings.Fields(f.want)[1]] = true
	}
	files, err := filepath.Glob("lint*.go")
	require.NoError(t, err)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`"([A-Z]+(?:_[A-Z]+)+)"`).FindAllStringSubmatch(string(source), -1) {
			require.True(t, covered[m[1]] || m[1] == string(policy.SeveritySecurity), "%s has no case", m[1])
		}
	}
}

// sound holds documents that must raise nothing at all.
var sound = []struct {
	class policy.Class
	doc   policy.Document
}{
	{policy.Identity, policy.Allow("s3:GetObject").On(okBucket)},
	{policy.Identity, policy.Document{}},
	{policy.Identity, policy.Allow("iam:PassRole").On("arn:aws:iam::123456789012:role/*")},
	{policy.Identity, policy.Allow("iam:PassRole").OnAny().When("StringEquals", "iam:PassedToService", "ec2.amazonaws.com")},
	{policy.Identity, policy.Allow("s3:GetObject").On("arn:{{zt:partition}}:s3:::{{zt:s3.Bucket/A:b#Name}}/*", "{{zt:s3.Bucket/a#ARN}}/*")},
	{policy.Identity, policy.Allow("iam:GetUser").On("arn:aws:iam::{{zt:account}}:user/${aws:username}", "${aws:PrincipalArn}")},
	{policy.Identity, policy.Deny("*").OnAny()},
	{policy.Identity, policy.DenyAllExcept("iam:*", "sts:*").OnAny().When("BoolIfExists", "aws:MultiFactorAuthPresent", "false")},
	{policy.Boundary, policy.Allow("*").OnAny()},
	{policy.Session, policy.Allow("*").OnAny()},
	{policy.SCP, policy.Allow("*").OnAny()},
	// Since 19 September 2025 service control policies have the whole language:
	// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_scps_syntax.html
	{policy.SCP, policy.AllowAllExcept("iam:*").OnAllExcept("arn:aws:iam::*:role/Admin").When("ArnNotLike", "aws:PrincipalArn", "arn:aws:iam::*:role/Break*")},
	{policy.SCP, policy.Deny("ec2:*Image*").On("arn:aws:ec2:*::image/*")},
	{policy.RCP, policy.Deny("s3:*", "sts:AssumeRole").OnAny().To(policy.Anyone()).When("StringNotEqualsIfExists", "aws:PrincipalOrgID", "o-abc")},
	{policy.TrustPolicy, policy.Trust(policy.Service("ec2.amazonaws.com"), policy.Account("123456789012"), policy.AWS("{{zt:iam.Role/R#ARN}}"))},
	{policy.TrustPolicy, policy.Trust(policy.Federated("{{zt:iam.SAMLProvider/okta#ARN}}"), policy.Federated("arn:aws:iam::123456789012:saml-provider/Okta"))},
	{policy.TrustPolicy, policy.Trust(policy.Federated("{{zt:iam.OIDCProvider/github#ARN}}"))},
	{policy.TrustPolicy, policy.Allow("sts:AssumeRole", "sts:TagSession").To(policy.Service("pods.eks.amazonaws.com"))},
	{policy.TrustPolicy, policy.Trust(policy.Federated("cognito-identity.amazonaws.com")).
		When("StringEquals", "cognito-identity.amazonaws.com:aud", "us-east-1:x").When("ForAnyValue:StringLike", "cognito-identity.amazonaws.com:amr", "authenticated")},
	{policy.BucketPolicy, policy.DenyInsecureTransport("arn:aws:s3:::acme", "arn:aws:s3:::acme/*")},
	{policy.BucketPolicy, policy.Allow("s3:GetObject").On(okBucket).To(policy.AWS("arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1")).Named("with space")},
	{policy.KeyPolicy, policy.Allow("kms:*").OnAny().To(policy.Account("123456789012"))},
	{policy.KeyPolicy, policy.Allow("kms:Encrypt").OnAny().To(policy.Service("logs.us-east-1.amazonaws.com")).
		When("ArnLike", "kms:EncryptionContext:aws:logs:arn", "arn:aws:logs:us-east-1:123456789012:*")},
	{policy.Endpoint, policy.Allow("*").OnAny().To(policy.Anyone())},
	{policy.OtherResource, policy.Allow("ecr:BatchGetImage").To(policy.Account("123456789012"))},
	{policy.TopicPolicy, policy.Allow("sns:Publish").OnAny().To(policy.Service("cloudwatch.amazonaws.com")).When("StringEquals", "aws:SourceAccount", "{{zt:account}}")},
	{policy.Identity, when("NumericLessThan", "s3:max-keys", "10", "DateGreaterThan", "aws:CurrentTime", "2026-01-01T00:00:00Z", "IpAddress", "aws:SourceIp", "2001:db8::/32",
		"NotIpAddress", "aws:SourceIp", "203.0.113.7", "Null", "aws:TokenIssueTime", "false", "ForAllValues:StringEquals", "aws:TagKeys", "Team", "ArnEquals", "aws:SourceArn", "*",
		"NumericEquals", "aws:x", "{{zt:a/b#N}}", "Bool", "aws:y", "${aws:z}")},
}

func TestLintIsQuietAboutSoundDocuments(t *testing.T) {
	for _, c := range sound {
		require.Empty(t, c.doc.Lint(c.class), "%s: %s", c.class, c.doc)
	}
}

func TestLintNamesTheStatement(t *testing.T) {
	doc := policy.Allow("s3:GetObject").On(okBucket).And(policy.Allow("s3:PutObject").Named("Write"))
	findings := doc.Lint(policy.Identity)
	require.Len(t, findings, 1)
	require.Equal(t, 1, findings[0].Statement)
	require.Equal(t, "Write", findings[0].Sid)
	require.Equal(t, `ERROR MISSING_RESOURCE Statement[1] (Write).Resource: a statement of a managed policy needs a Resource; name the resources, or "*" (OnAny)`, findings[0].String())
	require.Contains(t, when("StringEqual", "aws:x", "1").Lint(policy.Identity)[0].Fix, "StringEquals")
}

func TestLintNeverCallsADenyTooWide(t *testing.T) {
	for _, f := range faults {
		doc := f.doc.And()
		for i := range doc.Statements {
			doc.Statements[i].Effect = policy.EffectDeny
		}
		for _, finding := range doc.Lint(f.class) {
			require.NotEqual(t, policy.SeveritySecurity, finding.Severity, "%s: %s", doc, finding)
		}
	}
}
