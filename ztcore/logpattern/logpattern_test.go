package logpattern_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/logpattern"
)

func Example() {
	p, err := logpattern.Parse(`{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") }`)
	fmt.Println(err)
	fmt.Println(p.Matches(`{"eventName": "ConsoleLogin", "additionalEventData": {"MFAUsed": "No"}}`))
	fmt.Println(p.Matches(`{"eventName": "ConsoleLogin", "additionalEventData": {"MFAUsed": "Yes"}}`))
	// Output:
	// <nil>
	// true
	// false
}

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, event string
		want           bool
	}{
		{``, `anything`, true},
		{`{ $.a = 1 }`, `{"a":1.0}`, true},
		{`{ $.a = 1 }`, `no JSON`, false},
		{`{ $.a.b = x* }`, `{"a":{"b":"xyz"}}`, true},
		{`{ $.a.b = "*Unauthorized*" }`, `{"a":{"b":"Client.UnauthorizedOperation"}}`, true},
		{`{ $.a.b = "*y*z" }`, `{"a":{"b":"xyz"}}`, true},
		{`{ $.a.b = "x*y" }`, `{"a":{"b":"xyz"}}`, false},
		{`{ $.a != 1 }`, `{"a":2}`, true},
		{`{ $.a != 1 }`, `{"b":2}`, false},
		{`{ $.a >= 2 && $.a < 5 }`, `{"a":4}`, true},
		{`{ $.a >= 2 && $.a < 5 }`, `{"a":5}`, false},
		{`{ $.a = 1 || $.a = 2 && $.b = 3 }`, `{"a":1}`, true},
		{`{ ($.a = 1 || $.a = 2) && $.b = 3 }`, `{"a":1}`, false},
		{`{ $.a NOT EXISTS }`, `{"b":1}`, true},
		{`{ $.a NOT EXISTS }`, `{"a":null}`, false},
		{`{ $.a EXISTS }`, `{"a":1}`, true},
		{`{ $.a IS NULL }`, `{"a":null}`, true},
		{`{ $.a IS TRUE }`, `{"a":true}`, true},
		{`{ $.a IS FALSE }`, `{"a":true}`, false},
		{`{ $.a = true }`, `{"a":true}`, true},
		{`{ $.a[1].b = 2 }`, `{"a":[{"b":1},{"b":2}]}`, true},
		{`{ $.a[0].b = 2 }`, `{"a":[{"b":1},{"b":2}]}`, false},
		{`{ $.a[*].b = 2 }`, `{"a":[{"b":1},{"b":2}]}`, true},
		{`{ $.*.b = 2 }`, `{"x":{"b":2}}`, true},
		{`{ $.a = %^10\.% }`, `{"a":"10.1.2.3"}`, true},
		{`{ $.a != %^10\.% }`, `{"a":"10.1.2.3"}`, false},
		{`{ $.a = "quo\"te" }`, `{"a":"quo\"te"}`, true},
		{`{ $.a = x }`, `{"a":{"b":"x"}}`, false},
		{`ERROR`, `an ERROR here`, true},
		{`ERROR -timeout`, `an ERROR: timeout`, false},
		{`ERROR WARN`, `ERROR`, false},
		{`?ERROR ?WARN`, `WARN`, true},
		{`?ERROR ?WARN`, `INFO`, false},
		{`"exit code" %4[0-9]{2}%`, `exit code 404`, true},
		{`[ip, user, ..., status = 4*, bytes > 100]`, `127.0.0.1 frank x y 404 200`, true},
		{`[ip, user, ..., status = 4*, bytes > 100]`, `127.0.0.1 frank x y 200 200`, false},
		{`[ip, user, ..., status = 4*, bytes > 100]`, `127.0.0.1`, false},
		{`[a, b = "two words"]`, `1 "two words"`, true},
		{`[a, b = t]`, `1 [t]`, true},
		{`[a = 1 || a = 2]`, `2`, true},
		{`[a = 1]`, `1 2`, false},
	} {
		p, err := logpattern.Parse(c.pattern)
		require.NoError(t, err, c.pattern)
		require.Equal(t, c.want, p.Matches(c.event), "%s on %s", c.pattern, c.event)
	}
}

func TestRefused(t *testing.T) {
	for pattern, reason := range map[string]string{
		`{ $.a = 1`:               "closing brace is missing",
		`{ $.a = 1 } x`:           "nothing may follow",
		`{ $.a }`:                 "a comparison is missing",
		`{ $.a`:                   "a comparison is missing",
		`{ $.a = }`:               "a value is missing",
		`{ $.a = "x }`:            "closing quote is missing",
		`{ a = 1 }`:               "named as $.name",
		`{ $ = 1 }`:               "named as $.name",
		`{ $. = 1 }`:              "name of a property is missing",
		`{ $.a[x] = 1 }`:          "an index is a number",
		`{ ($.a = 1 }`:            "closing parenthesis is missing",
		`{ $.a > x }`:             "compares numbers only",
		`{ $.a > "1" }`:           "compares numbers only",
		`{ $.a > %x% }`:           "= and != only",
		`{ $.a NOT NULL }`:        "NOT goes with EXISTS",
		`{ $.a IS 1 }`:            "IS goes with",
		`{ $.a = %x }`:            "closing % of a regular expression",
		`{ $.a = %(% }`:           "no regular expression",
		`{ $.a = 1 & $.b = 2 }`:   "&&, ||",
		`foo.bar`:                 "double quotes",
		`"foo"bar`:                "double quotes",
		`-`:                       "double quotes",
		`[a, ..., b, ...]`:        "may stand once",
		`[a b]`:                   "a comma",
		`[a = ]`:                  "a value is missing",
		strings.Repeat("x", 1025): "1024 are allowed",
		`{ ($.a = 1) && }`:        "named as $.name",
	} {
		_, err := logpattern.Parse(pattern)
		var syntax *logpattern.SyntaxError
		require.ErrorAs(t, err, &syntax, pattern)
		require.ErrorContains(t, err, reason, pattern)
	}
}
