package eventpattern_test

import (
	"testing"

	"github.com/seed-08ecc977/zerotrust/ztcore/eventpattern"
)

// FuzzParse holds that a pattern is the same when it is read again from what it is written as, and matches the same events.
func FuzzParse(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"source": ["aws.guardduty"], "detail": {"severity": [{"numeric": [">=", 7]}]}}`, `{"source":"aws.guardduty","detail":{"severity":8.0}}`},
		{`{"a":[{"prefix":"x"},{"suffix":{"equals-ignore-case":"Y"}},{"wildcard":"a*b"},{"anything-but":["p",1]}]}`, `{"a":["xy",1,null,true]}`},
		{`{"$or":[{"a":[{"exists":false}]},{"b":{"c":[{"cidr":"10.0.0.0/8"}]}}]}`, `{"b":[{"c":"10.1.2.3"}]}`},
		{`{"a":[1.0,1e0,"1",null,true]}`, `{"a":1}`}, {`{"a":["<&>\u2028\ud800"],"A":["b"]}`, `{"a":"<&>"}`}, {`{"a":[1],"a":["x"]}`, `{"a":1e400}`}, {`{}`, `[]`}, {"", "null"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, text, event string) {
		p, err := eventpattern.Parse(text)
		if err != nil {
			return
		}
		again, err := eventpattern.Parse(p.String())
		if err != nil {
			t.Fatalf("%q is written as %q: %v", text, p, err)
		}
		if again.String() != p.String() {
			t.Fatalf("%q is written as %q and then as %q", text, p, again)
		}
		was, err := p.Matches(event)
		is, errAgain := again.Matches(event)
		if was != is || (err == nil) != (errAgain == nil) {
			t.Fatalf("%q matches %q: %v %v, and read again %v %v", text, event, was, err, is, errAgain)
		}
	})
}
