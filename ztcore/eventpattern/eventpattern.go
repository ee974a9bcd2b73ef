// Package eventpattern is the pattern language of Amazon EventBridge: it parses patterns, finds what AWS would refuse, and tells
// whether an event matches, without a call. The kinds of rules and the in-memory EventBridge share it, so that a pattern that a
// test matched is the one that is deployed.
//
//	p, err := eventpattern.Parse(`{"source": ["aws.guardduty"], "detail": {"severity": [{"numeric": [">=", 7]}]}}`)
//	ok, err := p.Matches(event)
//
// All comparisons are known: exact values, prefix, suffix, equals-ignore-case, wildcard, anything-but, numeric, cidr, exists and
// $or. See https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern-operators.html
package eventpattern

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// MaxLength is how long a pattern may be, in characters.
// https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
const MaxLength = 4096

// Pattern is a parsed pattern. The zero value matches nothing.
type Pattern struct {
	root      *object
	canonical string
}

// object is what one JSON object of a pattern asks for: every field, and one of each list of alternatives.
type object struct {
	fields map[string]field
	or     []*object
}

// field is either a further object or a list of filters, one of which must hold.
type field struct {
	nested  *object
	filters []filter
}

// Parse reads a pattern. The error joins everything that is wrong with it, each fault with the path to where it is.
func Parse(text string) (Pattern, error) {
	if len([]rune(text)) > MaxLength {
		return Pattern{}, fmt.Errorf("the pattern has more than %d characters", MaxLength)
	}
	v, err := decode([]byte(text))
	if err != nil {
		return Pattern{}, fmt.Errorf("the pattern is no JSON: %w", err)
	}
	m, ok := v.(map[string]any)
	if !ok {
		return Pattern{}, errors.New("the pattern is no JSON object")
	}
	p := &parser{}
	root := p.object("", m)
	if len(m) == 0 {
		p.fail("", "is empty")
	}
	return Pattern{root: root, canonical: canonical(m)}, errors.Join(p.faults...)
}

// String is the pattern with sorted fields and values and without white space: two patterns that ask for the same in other
// order are equal in it.
func (p Pattern) String() string { return p.canonical }

// Matches reports whether an event, a JSON object with the envelope that EventBridge gives it, matches. The error says that
// event is no JSON object.
func (p Pattern) Matches(event string) (bool, error) {
	v, err := decode([]byte(event))
	if err != nil {
		return false, fmt.Errorf("the event is no JSON: %w", err)
	}
	m, ok := v.(map[string]any)
	if !ok {
		return false, errors.New("the event is no JSON object")
	}
	return p.root != nil && p.root.matches(m), nil
}

func (o *object) matches(event map[string]any) bool {
	for name, f := range o.fields {
		v, there := event[name]
		if f.nested != nil {
			if !f.nested.matchesAny(v) {
				return false
			}
		} else if !f.holds(v, there) {
			return false
		}
	}
	return len(o.or) == 0 || slices.ContainsFunc(o.or, func(alternative *object) bool { return alternative.matches(event) })
}

// matchesAny matches an object, or one of a list of objects. What is absent counts as an object without fields, which only
// filters on absence match.
func (o *object) matchesAny(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return o.matches(v)
	case []any:
		return slices.ContainsFunc(v, o.matchesAny)
	}
	return o.matches(nil)
}

// holds tries the filters on a value or, where the event has a list, on each of its elements.
func (f field) holds(v any, there bool) bool {
	values := []any{v}
	if list, ok := v.([]any); ok {
		values = list
	}
	for _, f := range f.filters {
		if f.absent != nil {
			leaf := there && !isObject(v)
			if leaf != *f.absent {
				return true
			}
			continue
		}
		if there && slices.ContainsFunc(values, f.match) {
			return true
		}
	}
	return false
}

func isObject(v any) bool { _, ok := v.(map[string]any); return ok }

func decode(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the end")
	}
	return v, nil
}

// canonical writes a value with sorted keys, and lists of alternatives sorted and without repetition.
func canonical(v any) string {
	switch v := v.(type) {
	case map[string]any:
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if list, ok := v[k].([]any); ok && ordered(k) {
				parts = append(parts, quote(k)+":"+sequence(list))
			} else {
				parts = append(parts, quote(k)+":"+canonical(v[k]))
			}
		}
		return "{" + strings.Join(parts, ",") + "}"
	case []any:
		var parts []string
		for _, e := range v {
			parts = append(parts, canonical(e))
		}
		slices.Sort(parts)
		return "[" + strings.Join(slices.Compact(parts), ",") + "]"
	case string:
		return quote(v)
	}
	return fmt.Sprint(orNull(v))
}

// ordered is the one filter whose list is no set of alternatives.
func ordered(name string) bool { return name == "numeric" }

func sequence(list []any) string {
	var parts []string
	for _, e := range list {
		parts = append(parts, canonical(e))
	}
	return "[" + strings.Join(parts, ",") + "]"
}

func orNull(v any) any {
	if v == nil {
		return "null"
	}
	return v
}

func quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return `""` // a string always has a JSON form
	}
	return strings.TrimSuffix(b.String(), "\n")
}
