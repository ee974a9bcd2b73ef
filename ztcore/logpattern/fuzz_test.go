package logpattern_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/seed-08ecc977/zerotrust/ztcore/logpattern"
)

// FuzzParse holds that any text is a pattern or a *SyntaxError that points into it, that a pattern can be held to any event, and that
// white space around it means nothing.
func FuzzParse(f *testing.F) {
	for _, seed := range [][2]string{
		{`{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") }`, `{"eventName":"ConsoleLogin","additionalEventData":{"MFAUsed":"No"}}`},
		{`{ $.a[0].b NOT EXISTS || $.c IS TRUE || $.d > 1.5e3 || $.e = 10.* }`, `{"a":[{"b":1}],"c":true,"d":2000,"e":"10.1"}`}, {`{ $['a.b'] = %^x[0-9]+$% }`, `{"a.b":"x1"}`},
		{`[ip, user, ..., status = 4*, bytes > 1000]`, `127.0.0.1 me [a b] "GET /" 404 2000`}, {`[w1 = "a" || w1 != "b", w2]`, `a b`}, {`ERROR -"all is well" ?WARN ?FATAL`, `ERROR WARN`},
		{`%[%`, `x`}, {`"a\"b"`, `a"b`}, {`{`, ``}, {`[`, ``}, {``, ``}, {"{ $.a = 1 }\x00", "{}"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, text, event string) {
		p, err := logpattern.Parse(text)
		if err != nil {
			var syntax *logpattern.SyntaxError
			if !errors.As(err, &syntax) || syntax.Offset < 0 || syntax.Offset > len(text) || syntax.Reason == "" {
				t.Fatalf("%q: %#v", text, err)
			}
			return
		}
		matches := p.Matches(event)
		if len([]rune(text)) > logpattern.MaxLength {
			t.Fatalf("%d characters are taken", len([]rune(text)))
		}
		if len([]rune(text))+4 > logpattern.MaxLength || !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "[") {
			return
		}
		again, err := logpattern.Parse("  " + text + "\t ")
		if err != nil || again.Matches(event) != matches {
			t.Fatalf("%q between spaces: %v, matches %q: %v", text, err, event, !matches)
		}
	})
}
