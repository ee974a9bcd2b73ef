package policy_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

func TestParseReadsEveryForm(t *testing.T) {
	want := policy.Document{Version: policy.Version2012, Statements: []policy.Statement{{
		Sid: "A", Effect: policy.EffectAllow, Principals: []policy.Principal{policy.AWS("*")},
		Actions: []string{"s3:GetObject"}, Resources: []string{"arn:aws:s3:::a+b/ä %20"},
		Conditions: []policy.Condition{{Operator: "NumericLessThan", Key: "aws:n", Values: []string{"300"}}, {Operator: "Bool", Key: "aws:b", Values: []string{"true"}}},
	}}}
	const text = `{"Version":"2012-10-17","Statement":{"Sid":"A","Effect":"Allow","Principal":{"AWS":"*"},"Action":"s3:GetObject",
		"Resource":["arn:aws:s3:::a+b/ä %20"],"Condition":{"NumericLessThan":{"aws:n":300},"Bool":{"aws:b":[true]}}}}`
	for name, in := range map[string]string{"plain": text, "as IAM answers": strings.ReplaceAll(url.QueryEscape(text), "+", "%20")} {
		got, err := policy.Parse(in)
		require.NoError(t, err, name)
		require.Equal(t, want, got, name)
	}
}

func TestParseKeepsWhatIsEmptyApartFromWhatIsAbsent(t *testing.T) {
	const text = `{"Version":"2012-10-17","Statement":[{"Principal":{},"Action":[],"Condition":{}},{"NotAction":[],"Condition":{"Bool":{"aws:b":[]}}}]}`
	doc, err := policy.Parse(text)
	require.NoError(t, err)
	require.NotNil(t, doc.Statements[0].Actions)
	require.Nil(t, doc.Statements[0].NotActions)
	require.Equal(t, text, doc.JSON())
}

func TestParseReadsNoVersionAsTheOldOne(t *testing.T) {
	doc, err := policy.Parse(`{"Statement":[]}`)
	require.NoError(t, err)
	require.Equal(t, policy.Version2008, doc.Version)
}

func TestParseReportsEveryFaultWithItsPosition(t *testing.T) {
	_, err := policy.Parse(`{
  "Version": "2012",
  "statement": [],
  "Statement": [
    {"Effect": "allow", "Action": 3, "Resource": ["*", null]},
    {"Effect": "Deny", "Effect": "Allow", "Actions": "*", "Principal": "me"},
    {"Condition": {"Bool": {"aws:b": null, "AWS:B": "true"}, "Null": []}, "NotPrincipal": {"aws": "*"}},
    7
  ]
}`)
	var syntax *policy.SyntaxError
	require.ErrorAs(t, err, &syntax)
	var got []string
	for _, p := range syntax.Problems {
		got = append(got, p.String())
	}
	require.Equal(t, []string{
		`2:14 Version: unknown version "2012": write "2012-10-17"`,
		`3:3 statement: unknown element "statement": write "Statement"`,
		`4:3 Statement: duplicate element "Statement"`,
		`5:16 Statement[0].Effect: effect "allow": write Allow or Deny, the case counts`,
		`5:35 Statement[0].Action: a number where a string belongs`,
		`5:56 Statement[0].Resource[1]: null where a string belongs`,
		`6:24 Statement[1].Effect: duplicate element "Effect"`,
		`6:43 Statement[1].Actions: unknown element "Actions": known are Action, Condition, Effect, NotAction, NotPrincipal, NotResource, Principal, Resource, Sid`,
		`6:72 Statement[1].Principal: "me": write "*" or an object such as {"AWS": …}`,
		`7:38 Statement[2].Condition.Bool.aws:b: null: write a string, number or bool, or a list of them`,
		`7:44 Statement[2].Condition.Bool.AWS:B: duplicate element "AWS:B"`,
		`7:70 Statement[2].Condition.Null: a list where an object belongs`,
		`7:92 Statement[2].NotPrincipal.aws: unknown element "aws": write "AWS"`,
		`8:5 Statement[3]: a number where an object belongs`,
	}, got)
	for _, line := range got {
		require.ErrorContains(t, err, line)
	}
}

func TestParseRefusesBrokenJSON(t *testing.T) {
	for text, want := range map[string]string{
		``:                            `1:1: the text ends too early`,
		`  `:                          `1:3: the text ends too early`,
		`{"Statement": [`:             `1:16: the text ends too early`,
		"{\n  \"Statement\": [,]}":    `2:18: `,
		`{"Statement": []} x`:         `1:19: more text after the end of the document`,
		`{"Statement": []} ,`:         `1:19: more text after the end of the document`,
		`{"Statement": []}{}`:         `1:18: more text after the end of the document`,
		`{"Statement": [],}`:          `1:18: `,
		`[]`:                          `1:1: a list where an object belongs`,
		`"x"`:                         `1:1: a string where an object belongs`,
		`{}`:                          `1:1: no element Statement`,
		`%7B%22Statement%22%3A%5B%zz`: `1:1: invalid URL escape "%zz"`,
		strings.Repeat("[", 100000):   `1:17: nested too deeply for a policy`,
	} {
		_, err := policy.Parse(text)
		require.ErrorContains(t, err, want, "%.40s", text)
	}
}
