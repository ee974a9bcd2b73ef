package policy_test

import (
	"testing"

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
		for _, r := range fixedRequests {
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
