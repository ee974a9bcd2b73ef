package policy

import (
	"math/big"
	"net/netip"
	"slices"
	"strings"
)

// context gathers what is known of the request, in lower case.
func (e *evaluation) context() {
	w := e.who
	set := func(key, value string) { e.known[key] = []string{value} }
	set("aws:principalisawsservice", boolText(w.kind == kindService))
	if w.account != "" {
		set("aws:principalaccount", w.account)
	}
	if w.kind != kindService && w.kind != kindProvider {
		set("aws:principaltype", string(w.kind))
	}
	if w.kind == kindUser || w.kind == kindRoot && w.id != w.account || w.kind == kindRole && w.role == "" {
		set("aws:principalarn", w.id)
	}
	if w.kind == kindUser {
		set("aws:username", w.id[strings.LastIndexByte(w.id, '/')+1:])
	} else {
		e.known["aws:username"] = nil
	}
	if parts := splitN(e.request.Resource, ':', arnFields); len(parts) == arnFields && (accountRE.MatchString(parts[4]) || isToken(parts[4])) {
		set("aws:resourceaccount", parts[4])
	}
	for key, values := range e.request.Context {
		e.known[strings.ToLower(key)] = values
	}
	e.sameHome = e.compareAccounts()
}

// compareAccounts tells whether the resource is in the principal's account, as far as tokens let it be told.
func (e *evaluation) compareAccounts() verdict {
	accounts := e.known["aws:resourceaccount"]
	if len(accounts) != 1 || accounts[0] == e.who.account {
		return verdict{holds: true}
	}
	keys := tokens(accounts[0] + e.who.account)
	if len(keys) == 0 {
		return verdict{}
	}
	return verdict{open: true, term: term{atom: e.atoms.add("account", atom{keys: keys})}}
}

func boolText(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

// lookup returns the values of a key in the request, and whether they are known.
func (e *evaluation) lookup(key string) (values []string, known bool) {
	values, known = e.known[lower(key)]
	return values, known || e.request.Complete
}

// condition is the verdict on one condition.
func (e *evaluation) condition(op operator, c Condition, version string) verdict {
	test := test{op: op}
	var unknown []string
	for _, v := range c.Values {
		p, keys, ok := e.resolve(v, version, op.globs())
		unknown = append(append(unknown, keys...), tokens(v)...)
		if ok {
			test.patterns = append(test.patterns, p)
		}
	}
	key := lower(c.Key)
	values, known := e.lookup(key)
	if len(unknown) == 0 && known {
		return verdict{holds: test.holds(values)}
	}
	negate := op.negated() && op.set == "" && !op.ifExists
	if negate { // it is the exact opposite of the plain operator, so let them share an atom
		test.op.base = strings.Replace(op.base, "Not", "", 1)
	}
	a := atom{keys: unknown}
	if !known {
		a.keys = append(a.keys, key)
	}
	if len(unknown) == 0 {
		a.test = &test
	}
	parts := append([]string{test.op.String(), key, version}, sortedSet(slices.Clone(c.Values))...)
	return verdict{open: true, term: term{atom: e.atoms.add(strings.Join(parts, "\x00"), a), negate: negate}}
}

// globs reports whether wildcards count in the operator's values.
func (op operator) globs() bool {
	return strings.HasSuffix(op.base, "Like") || op.family() == familyARN
}

// test is a condition on the values of one key, with all variables replaced.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-single-vs-multi-valued-context-keys.html
type test struct {
	op       operator
	patterns []pattern
}

// holds decides the condition for the values that the key has in the request; none means that it is absent.
func (t test) holds(values []string) bool {
	if t.op.family() == familyNull {
		absent := boolText(len(values) == 0)
		return slices.ContainsFunc(t.patterns, func(p pattern) bool { return strings.EqualFold(string(p), absent) })
	}
	if len(values) == 0 {
		switch {
		case t.op.ifExists || t.op.set == forAllValues:
			return true
		case t.op.set == forAnyValue:
			return false
		default:
			return t.op.negated()
		}
	}
	one := func(v string) bool { return t.fits(v) != t.op.negated() }
	switch {
	case t.op.set == forAllValues, t.op.set == "" && t.op.negated():
		return !slices.ContainsFunc(values, func(v string) bool { return !one(v) })
	default:
		return slices.ContainsFunc(values, one)
	}
}

// fits reports whether a value is one of those the condition lists, negation aside.
func (t test) fits(value string) bool {
	return slices.ContainsFunc(t.patterns, func(p pattern) bool { return t.compare(p, value) })
}

func (t test) compare(p pattern, value string) bool {
	text := string(p) // as written, for operators without wildcards
	switch t.op.family() {
	case familyString:
		return p.matches(value)
	case familyFolded, familyBool:
		return strings.EqualFold(text, value)
	case familyARN:
		n := len(p.fields()) // a condition's ARN is not completed, as a resource's is
		return (n == 1 || n == arnFields) && p.matchesARN(value)
	case familyIP:
		want, ok := parsePrefix(text)
		got, err := netip.ParseAddr(value)
		return ok && err == nil && want.Contains(got.Unmap())
	case familyNumeric:
		want, ok := parseNumber(text)
		got, gotOK := parseNumber(value)
		return ok && gotOK && t.ordered(got.Cmp(want))
	case familyDate:
		want, ok := parseDate(text)
		got, gotOK := parseDate(value)
		return ok && gotOK && t.ordered(got.Compare(want))
	default:
		return text == value
	}
}

// ordered reads a comparison (-1, 0, 1) as the operator does.
func (t test) ordered(c int) bool {
	switch {
	case strings.HasSuffix(t.op.base, "LessThan"):
		return c < 0
	case strings.HasSuffix(t.op.base, "LessThanEquals"):
		return c <= 0
	case strings.HasSuffix(t.op.base, "GreaterThan"):
		return c > 0
	case strings.HasSuffix(t.op.base, "GreaterThanEquals"):
		return c >= 0
	default:
		return c == 0
	}
}

// parseNumber reads a decimal number exactly. One with an exponent is none: AWS documents integers and decimals.
func parseNumber(v string) (*big.Rat, bool) {
	if !decimalRE.MatchString(v) {
		return nil, false
	}
	return new(big.Rat).SetString(v)
}
