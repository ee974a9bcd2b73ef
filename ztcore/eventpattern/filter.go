package eventpattern

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// filter is one of the alternatives of a field: a test of a value, or of its absence.
type filter struct {
	match  func(any) bool
	absent *bool // set for "exists": whether the field must be absent
}

type parser struct{ faults []error }

func (p *parser) fail(path, format string, args ...any) {
	if path == "" {
		path = "the pattern"
	}
	p.faults = append(p.faults, fmt.Errorf("%s "+format, append([]any{path}, args...)...))
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func (p *parser) object(path string, m map[string]any) *object {
	o := &object{fields: map[string]field{}}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		at := join(path, name)
		switch v := m[name].(type) {
		case map[string]any:
			if len(v) == 0 {
				p.fail(at, "is empty")
			}
			o.fields[name] = field{nested: p.object(at, v)}
		case []any:
			if name == "$or" {
				o.or = p.alternatives(at, v)
				continue
			}
			o.fields[name] = p.filters(at, v)
		default:
			p.fail(at, "must be an object or a list of values")
		}
	}
	return o
}

// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-complex-example-or
func (p *parser) alternatives(path string, list []any) []*object {
	var out []*object
	if len(list) < 2 {
		p.fail(path, "needs two alternatives at least")
	}
	for i, v := range list {
		m, ok := v.(map[string]any)
		if !ok || len(m) == 0 {
			p.fail(fmt.Sprintf("%s[%d]", path, i), "is no object with fields")
			continue
		}
		out = append(out, p.object(fmt.Sprintf("%s[%d]", path, i), m))
	}
	return out
}

func (p *parser) filters(path string, list []any) field {
	var f field
	if len(list) == 0 {
		p.fail(path, "is an empty list, which nothing matches")
	}
	for i, v := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch v := v.(type) {
		case map[string]any:
			f.filters = append(f.filters, p.comparison(at, v))
		case []any:
			p.fail(at, "is a list within a list")
		default:
			f.filters = append(f.filters, filter{match: equal(v)})
		}
	}
	return f
}

// equal compares numbers as they are written: 300 and 3.0e2 are not the same.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html
func equal(want any) func(any) bool { return func(have any) bool { return have == want } }

func never(any) bool { return false }

func (p *parser) comparison(path string, m map[string]any) filter {
	if len(m) != 1 {
		p.fail(path, "must be one comparison")
		return filter{match: never}
	}
	for name, v := range m {
		if name == "exists" {
			exists, ok := v.(bool)
			if !ok {
				p.fail(path, "exists takes true or false")
			}
			absent := !exists
			return filter{absent: &absent}
		}
		return filter{match: p.test(path, name, v)}
	}
	return filter{match: never}
}

func (p *parser) test(path, name string, v any) func(any) bool {
	switch name {
	case "prefix", "suffix":
		return p.affix(path, name, v)
	case "equals-ignore-case":
		return p.text(path, name, v, strings.EqualFold)
	case "wildcard":
		return p.wildcard(path, v)
	case "numeric":
		return p.numeric(path, v)
	case "cidr":
		return p.cidr(path, v)
	case "anything-but":
		return p.anythingBut(path, v)
	}
	p.fail(path, "has the unknown comparison %q", name)
	return never
}

func (p *parser) text(path, name string, v any, holds func(have, want string) bool) func(any) bool {
	want, ok := v.(string)
	if !ok || want == "" && name != "equals-ignore-case" {
		p.fail(path, "%s takes a text that is not empty", name)
		return never
	}
	return func(have any) bool { s, ok := have.(string); return ok && holds(s, want) }
}

func (p *parser) affix(path, name string, v any) func(any) bool {
	holds := map[string]func(string, string) bool{"prefix": strings.HasPrefix, "suffix": strings.HasSuffix}[name]
	if m, ok := v.(map[string]any); ok && len(m) == 1 && m["equals-ignore-case"] != nil {
		return p.text(path, name, m["equals-ignore-case"], func(have, want string) bool { return holds(strings.ToLower(have), strings.ToLower(want)) })
	}
	return p.text(path, name, v, holds)
}

// wildcard has * for any characters, and \ before a * or \ that is meant itself.
func (p *parser) wildcard(path string, v any) func(any) bool {
	s, ok := v.(string)
	if !ok || s == "" {
		p.fail(path, "wildcard takes a text that is not empty")
		return never
	}
	parts, cur, star := []string{}, strings.Builder{}, false
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && (i+1 == len(s) || s[i+1] != '*' && s[i+1] != '\\'):
			p.fail(path, `wildcard has a \ before something other than * or \`)
			return never
		case s[i] == '\\':
			i++
			cur.WriteByte(s[i])
			star = false
		case s[i] == '*' && star:
			p.fail(path, "wildcard has two * in a row")
			return never
		case s[i] == '*':
			parts, star = append(parts, cur.String()), true
			cur.Reset()
		default:
			cur.WriteByte(s[i])
			star = false
		}
	}
	parts = append(parts, cur.String())
	return func(have any) bool { h, ok := have.(string); return ok && glob(parts, h) }
}

// glob matches a text against the parts between the asterisks.
func glob(parts []string, s string) bool {
	rest, ok := strings.CutPrefix(s, parts[0])
	if !ok || len(parts) == 1 {
		return ok && rest == ""
	}
	for _, part := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, part)
		if i < 0 {
			return false
		}
		rest = rest[i+len(part):]
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}

// farthest is the largest number, and its negative the smallest, that a numeric comparison takes.
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html#eb-filtering-numeric-matching
const farthest = 5e9

func (p *parser) numeric(path string, v any) func(any) bool {
	list, _ := v.([]any)
	if len(list) != 2 && len(list) != 4 {
		p.fail(path, `numeric takes a comparison as [">=", 7], or a range as [">", 0, "<=", 5]`)
		return never
	}
	var tests []func(float64) bool
	var limits []string
	for i := 0; i < len(list); i += 2 {
		op, _ := list[i].(string)
		n, isNumber := list[i+1].(json.Number)
		bound, err := strconv.ParseFloat(string(n), 64)
		if !isNumber || err != nil || math.Abs(bound) > farthest {
			p.fail(path, "numeric takes numbers from -5e9 to 5e9")
			return never
		}
		test := map[string]func(float64) bool{
			"=": func(x float64) bool { return x == bound }, "<": func(x float64) bool { return x < bound }, "<=": func(x float64) bool { return x <= bound },
			">": func(x float64) bool { return x > bound }, ">=": func(x float64) bool { return x >= bound },
		}[op]
		if test == nil {
			p.fail(path, "numeric does not know %q", op)
			return never
		}
		tests, limits = append(tests, test), append(limits, op[:1])
	}
	if len(limits) == 2 && (limits[0] != ">" || limits[1] != "<") {
		p.fail(path, "numeric takes the lower bound of a range first, then the upper one")
		return never
	}
	return func(have any) bool {
		n, ok := have.(json.Number)
		x, err := strconv.ParseFloat(string(n), 64)
		return ok && err == nil && !slices.ContainsFunc(tests, func(t func(float64) bool) bool { return !t(x) })
	}
}

func (p *parser) cidr(path string, v any) func(any) bool {
	s, _ := v.(string)
	block, err := netip.ParsePrefix(s)
	if err != nil {
		p.fail(path, "cidr takes a block as 10.0.0.0/24")
		return never
	}
	return func(have any) bool {
		s, _ := have.(string)
		a, err := netip.ParseAddr(s)
		return err == nil && block.Contains(a)
	}
}

// anythingBut takes a value, a list of texts or of numbers, or one comparison of texts with one text or a list of them.
func (p *parser) anythingBut(path string, v any) func(any) bool {
	var unwanted []func(any) bool
	switch v := v.(type) {
	case map[string]any:
		if len(v) != 1 {
			p.fail(path, "anything-but takes one comparison")
			return never
		}
		for name, of := range v {
			if !slices.Contains([]string{"prefix", "suffix", "equals-ignore-case", "wildcard"}, name) {
				p.fail(path, "anything-but does not go with %q", name)
				return never
			}
			list, ok := of.([]any)
			if !ok {
				list = []any{of}
			}
			for _, one := range list {
				unwanted = append(unwanted, p.test(path, name, one))
			}
		}
	case []any:
		for _, one := range v {
			unwanted = append(unwanted, p.plain(path, one))
		}
	default:
		unwanted = append(unwanted, p.plain(path, v))
	}
	if len(unwanted) == 0 {
		p.fail(path, "anything-but has an empty list")
	}
	return func(have any) bool {
		return !isObject(have) && !slices.ContainsFunc(unwanted, func(is func(any) bool) bool { return is(have) })
	}
}

func (p *parser) plain(path string, v any) func(any) bool {
	switch v.(type) {
	case string, json.Number:
		return equal(v)
	}
	p.fail(path, "anything-but takes texts and numbers")
	return never
}
