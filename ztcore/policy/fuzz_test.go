package policy_test

import (
	"testing"

	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// FuzzParse holds that what Parse takes is written in a form that Parse takes and that means the same. It runs its seeds as a
// unit test; go test -fuzz=FuzzParse ./ztcore/policy looks for more.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":["*"]}}`,
		`{"Statement":[{"Sid":"","Principal":{"AWS":["*","123456789012"],"Service":[]},"NotAction":[]}]}`,
		`{"Statement":[{"Condition":{"Bool":{"aws:b":[true,"TRUE"]},"NumericEquals":{"aws:n":[1e3,1.50,-0]},"IpAddress":{"aws:i":"::1"}}}]}`,
		`{"Statement":[{"Condition":{"ArnEquals":{"k:a":"x"},"ArnLike":{"k:a":"y"},"":{"":[]}},"Resource":"{{zt:s3.Bucket/a#ARN}}/<&>\u2028"}]}`,
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
		for c := policy.Identity; c <= policy.OtherResource; c++ {
			doc.Lint(c) // whatever is parsed can be checked
		}
	})
}
