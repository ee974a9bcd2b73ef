package policy_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

func TestBuilderWritesWhatItSays(t *testing.T) {
	const bucket id.ARN = "arn:aws:s3:::acme"
	for _, c := range []struct {
		name string
		doc  policy.Document
		want string
	}{
		{"one of everything", policy.Allow("s3:GetObject").On(bucket+"/*").When("Bool", "aws:SecureTransport", "true").Named("Read"),
			`{"Version":"2012-10-17","Statement":[{"Sid":"Read","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme/*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}]}`},
		{"a list of several", policy.Deny("s3:DeleteBucket", "s3:DeleteObject").On(bucket, bucket+"/*").To(policy.Anyone()),
			`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":["s3:DeleteBucket","s3:DeleteObject"],"Resource":["arn:aws:s3:::acme","arn:aws:s3:::acme/*"]}]}`},
		{"the negated elements", policy.DenyAllExcept("iam:*").OnAllExcept(bucket).ToAllExcept(policy.Account("123456789012")),
			`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotPrincipal":{"AWS":"123456789012"},"NotAction":"iam:*","NotResource":"arn:aws:s3:::acme"}]}`},
		{"NotAction with Allow", policy.AllowAllExcept("iam:*").OnAny(),
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotAction":"iam:*","Resource":"*"}]}`},
		{"principals by type", policy.Allow("sns:Publish").To(policy.Service("events.amazonaws.com"), policy.AWS("arn:aws:iam::123456789012:role/R")).On("*"),
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/R","Service":"events.amazonaws.com"},"Action":"sns:Publish","Resource":"*"}]}`},
		{"anyone among others", policy.Deny("*").To(policy.Anyone(), policy.Service("s3.amazonaws.com")).OnAny(),
			`{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":{"AWS":"*","Service":"s3.amazonaws.com"},"Action":"*","Resource":"*"}]}`},
		{"conditions sorted, values of one key together",
			policy.Allow("a:B").OnAny().When("StringEquals", "aws:x", "2").When("Bool", "aws:z", "true").When("stringequals", "AWS:X", "1").When("StringEquals", "aws:a", "3"),
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"a:B","Resource":"*","Condition":{"Bool":{"aws:z":"true"},"StringEquals":{"aws:a":"3","aws:x":["2","1"]}}}]}`},
		{"nothing escaped for HTML", policy.Allow("s3:GetObject").On("{{zt:s3.Bucket/a#ARN}}/<&>"),
			`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"{{zt:s3.Bucket/a#ARN}}/<&>"}]}`},
		{"several documents", policy.Allow("a:B").OnAny().And(policy.Deny("c:D").OnAny(), policy.Document{ID: "x"}),
			`{"Version":"2012-10-17","Id":"x","Statement":[{"Effect":"Allow","Action":"a:B","Resource":"*"},{"Effect":"Deny","Action":"c:D","Resource":"*"}]}`},
		{"the common document", policy.DenyInsecureTransport(bucket, bucket+"/*"),
			`{"Version":"2012-10-17","Statement":[{"Sid":"DenyInsecureTransport","Effect":"Deny","Principal":"*","Action":"*","Resource":["arn:aws:s3:::acme","arn:aws:s3:::acme/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`},
		{"refining nothing is not lost", policy.Document{}.Named("A"), `{"Version":"2012-10-17","Statement":[{"Sid":"A"}]}`},
		{"an empty statement", policy.Document{Statements: []policy.Statement{{}}}, `{"Version":"2012-10-17","Statement":[{}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, c.doc.JSON())
			require.Equal(t, c.want, c.doc.String())
			require.JSONEq(t, c.want, c.doc.Pretty())
		})
	}
}

func TestTrustNamesTheActionOfEachPrincipal(t *testing.T) {
	for _, c := range []struct {
		principal policy.Principal
		action    string
	}{
		{policy.Service("ec2.amazonaws.com"), "sts:AssumeRole"},
		{policy.Account("123456789012"), "sts:AssumeRole"},
		{policy.Federated("arn:aws:iam::123456789012:saml-provider/Okta"), "sts:AssumeRoleWithSAML"},
		{policy.Federated("{{zt:iam.SAMLProvider/okta#ARN}}"), "sts:AssumeRoleWithSAML"},
		{policy.Federated("arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"), "sts:AssumeRoleWithWebIdentity"},
		{policy.Federated("cognito-identity.amazonaws.com"), "sts:AssumeRoleWithWebIdentity"},
	} {
		doc := policy.Trust(c.principal)
		require.Equal(t, []string{c.action}, doc.Statements[0].Actions, c.principal.ID)
		require.Equal(t, []policy.Principal{c.principal}, doc.Statements[0].Principals)
	}
	mixed := policy.Trust(policy.Federated("accounts.google.com"), policy.Service("a.amazonaws.com"), policy.Service("b.amazonaws.com"))
	require.Len(t, mixed.Statements, 2, "one statement for each action")
	require.Len(t, mixed.Statements[0].Principals, 2)
	require.NotNil(t, policy.Trust().Statements[0].Principals, "nobody is not the same as no element")
}

func TestDocumentsAreValues(t *testing.T) {
	base := policy.Allow("s3:GetObject").On("arn:aws:s3:::a/*").To(policy.Anyone()).When("Bool", "aws:SecureTransport", "true")
	before := base.JSON()
	// Appends to a shared array would show in the sibling that was made first.
	left := base.On("arn:aws:s3:::left/*").To(policy.Service("left.amazonaws.com")).When("Bool", "aws:SecureTransport", "left")
	leftText := left.JSON()
	base.On("arn:aws:s3:::right/*").To(policy.Service("right.amazonaws.com")).When("Bool", "aws:SecureTransport", "right").And(left).Named("Right")
	require.Equal(t, before, base.JSON())
	require.Equal(t, leftText, left.JSON())

	actions := []string{"s3:GetObject"}
	doc := policy.Allow(actions...)
	actions[0] = "s3:*"
	require.Equal(t, []string{"s3:GetObject"}, doc.Statements[0].Actions)
}

func TestZeroDocumentIsNoPolicy(t *testing.T) {
	var none policy.Document
	require.True(t, none.IsZero())
	require.False(t, policy.Allow().IsZero())
	require.Empty(t, none.JSON())
	require.Empty(t, none.Pretty())

	type state struct{ Policy policy.Document }
	text, err := json.Marshal(state{})
	require.NoError(t, err)
	require.JSONEq(t, `{"Policy":null}`, string(text))
	back := state{Policy: policy.Allow("a:B")}
	require.NoError(t, json.Unmarshal(text, &back))
	require.True(t, back.Policy.IsZero())

	text, err = json.Marshal(state{policy.Allow("s3:*").On("{{zt:s3.Bucket/a#ARN}}")})
	require.NoError(t, err)
	require.JSONEq(t, `{"Policy":{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"{{zt:s3.Bucket/a#ARN}}"}]}}`, string(text))
	require.NoError(t, json.Unmarshal(text, &back))
	require.Equal(t, policy.Allow("s3:*").On("{{zt:s3.Bucket/a#ARN}}").JSON(), back.Policy.JSON())
	require.ErrorContains(t, json.Unmarshal([]byte(`{"Policy":{"Statement":[{"Effect":"allow"}]}}`), &back), "write Allow or Deny")
}
