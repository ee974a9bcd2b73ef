package policy_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// fixedRequests are what documents are held to in FuzzParse.
var fixedRequests = []policy.Request{
	{Principal: role, Action: "s3:GetObject", Resource: object, Complete: true},
	{Principal: role, Action: "s3:GetObject", Resource: object},
	{Principal: session, Action: "iam:PassRole", Resource: roleName, Context: map[string][]string{"aws:b": {"true"}, "aws:n": {"1000"}, "aws:i": {"::1"}, "k:a": {"x", "y"}}},
	{Principal: "ec2.amazonaws.com", Action: "sts:AssumeRole", Resource: roleName, Context: map[string][]string{"aws:SourceAccount": nil}},
	{Principal: "*", Action: "kms:Decrypt", Resource: key, Complete: true},
}

// askedFor are requests that a document's own statements speak of, by their first words, with something in the place of wildcards.
func askedFor(doc policy.Document) (out []policy.Request) {
	word := func(or string, lists ...[]string) string {
		for _, list := range lists {
			if len(list) > 0 {
				return strings.NewReplacer("*", "x", "?", "y").Replace(list[0])
			}
		}
		return or
	}
	for i, s := range doc.Statements {
		if i == 4 {
			break
		}
		context := map[string][]string{}
		for _, c := range s.Conditions {
			context[c.Key] = c.Values
		}
		r := policy.Request{Principal: role, Action: word("s3:GetObject", s.Actions, s.NotActions), Resource: word(object, s.Resources, s.NotResources), Context: context}
		if len(s.Principals) > 0 {
			r.Principal = s.Principals[0].ID
		}
		out = append(out, r)
	}
	return out
}

// FuzzARN holds that a resource without wildcards is matched by itself and by no other, a pattern by what it was made of, and that neither
// order nor repetition of what a statement lists decides anything.
func FuzzARN(f *testing.F) {
	for _, seed := range [][2]string{
		{"arn:aws:s3:::acme/a", "arn:aws:s3:::acme/b"}, {"arn:aws:s3:::acme/*", "arn:aws:s3:::acme/a:b"}, {"arn:aws:iam::123456789012:role/a", "arn:aws:iam::123456789012:role/A"}, {"arn:aws:s3", "arn:aws:s3:::x"},
		{"arn:aws:*:*:*:x", "arn:aws:s3:us-east-1:1:x"}, {"*", ""}, {"arn::::::", "arn:::::"}, {"${aws:username}", "a"}, {"{{zt:a#b}}:x", "{{zt:a#b}}"}, {"a?", "ab"}, {"arn:aws:s3:::é", "arn:aws:s3:::e\u0301"}, {"\xff", "\xfe"}, {"", "*"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, pattern, text string) {
		allows := func(resource string, patterns ...string) policy.Outcome {
			doc := policy.Document{Statements: []policy.Statement{{Effect: policy.EffectAllow, Actions: []string{"s3:GetObject"}, Resources: patterns}}}
			d, err := policy.Evaluate(policy.Request{Principal: role, Action: "s3:GetObject", Resource: resource, Complete: true}, policy.Policies{Identity: []policy.Document{doc}})
			if err != nil {
				return policy.Outcome(err.Error())
			}
			return d.Outcome
		}
		one := allows(text, pattern)
		for _, same := range [][]string{{pattern, pattern}, {pattern, "arn:aws:s3:::none"}, {"arn:aws:s3:::none", pattern}} {
			if text != "arn:aws:s3:::none" && allows(text, same...) != one {
				t.Fatalf("%q of %q is %s, and of %q %s", text, pattern, one, same, allows(text, same...))
			}
		}
		if any := allows(text, "*"); any != policy.Allowed && one == policy.Allowed {
			t.Fatalf("%q is allowed by %q, and by * it is %s", text, pattern, any)
		}
		plain := !strings.ContainsAny(pattern, "*?$") && !strings.Contains(pattern, "{{") && utf8.ValidString(pattern) && utf8.ValidString(text)
		if !plain {
			return
		}
		if itself := allows(pattern, pattern); itself != policy.Allowed && allows(pattern, "*") == policy.Allowed {
			t.Fatalf("%q does not match itself: %s", pattern, itself)
		}
		// What lacks fields of an ARN has wildcards in their places, and a token may be anything.
		if whole := strings.Count(pattern, ":") >= 5 || strings.Count(text, ":") < 5 || !strings.Contains(pattern, ":"); whole && !strings.Contains(text, "{{") && one == policy.Allowed && pattern != text {
			t.Fatalf("%q is allowed by %q", text, pattern)
		}
	})
}

// decisions are what a document comes to as a principal's policy and as a resource's.
func decisions(r policy.Request, doc policy.Document) (out [2]policy.Outcome, err error) {
	identity, err := policy.Evaluate(r, policy.Policies{Identity: []policy.Document{doc}})
	if err != nil {
		return out, err
	}
	resource, err := policy.Evaluate(r, policy.Policies{Resource: []policy.Document{doc}})
	return [2]policy.Outcome{identity.Outcome, resource.Outcome}, err
}

// FuzzParse holds that what Parse takes is written in a form that Parse takes and that means the same, also to who evaluates it. It runs its seeds as a
// unit test; go test -fuzz=FuzzParse ./ztcore/policy looks for more.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":["*"]}}`,
		`{"Statement":[{"Sid":"","Principal":{"AWS":["*","123456789012"],"Service":[]},"NotAction":[]}]}`,
		`{"Statement":[{"Condition":{"Bool":{"aws:b":[true,"TRUE"]},"NumericEquals":{"aws:n":[1e3,1.50,-0]},"IpAddress":{"aws:i":"::1"}}}]}`,
		`{"Statement":[{"Condition":{"ArnEquals":{"k:a":"x"},"ArnLike":{"k:a":"y"},"":{"":[]}},"Resource":"{{zt:s3.Bucket/a#ARN}}/<&>\u2028"}]}`,
		`{"Statement":[{"Effect":"Allow","Principal":"*","Action":["s3:getobject","S3:Get*"],"Resource":"*"},{"Effect":"Deny","Principal":{"AWS":"123456789012"},"NotAction":"kms:*","NotResource":"arn:aws:s3:::x","Condition":{"StringLikeIfExists":{"AWS:username":["${aws:username}","a?b"]},"Null":{"k:a":true}}}]}`,
		`{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ForAllValues:StringEquals":{"k:a":["x"],"K:A":["y"]},"NumericLessThan":{"aws:n":1e3}}}]}`,
		"%7B%22Statement%22%3A%5B%5D%7D", "{\"Statement\":[{\"Sid\":\"\xff\"}]}", "", "%", "{", "null", "[[[", `{"Statement":null}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := policy.Parse(text)
		if err != nil {
			return
		}
		written := doc.JSON()
		again, err := policy.Parse(written)
		if err != nil {
			t.Fatalf("%q is written as %q: %v", text, written, err)
		}
		if again.JSON() != written {
			t.Fatalf("%q is written as %q and then as %q", text, written, again.JSON())
		}
		if !doc.Equal(again) || !doc.Equal(doc.Canonical()) {
			t.Fatalf("%q and %q differ in meaning", text, written)
		}
		for _, r := range slices.Concat(fixedRequests, askedFor(doc)) {
			was, err := decisions(r, doc)
			for _, same := range []policy.Document{again, doc.Canonical()} {
				is, errSame := decisions(r, same)
				if was != is || (err == nil) != (errSame == nil) {
					t.Fatalf("%q decides %v (%v) about %s, and as %q %v (%v)", text, was, err, r.Action, same.JSON(), is, errSame)
				}
			}
		}
		for c := policy.Identity; c <= policy.OtherResource; c++ {
			doc.Lint(c) // whatever is parsed can be checked
		}
	})
}
