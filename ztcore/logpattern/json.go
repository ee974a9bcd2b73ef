package logpattern

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// parseJSON parses what follows the opening brace.
func parseJSON(s *scanner) (func(string) bool, error) {
	match, err := condition(s, func() (func(any) bool, error) { return parseProperty(s) })
	if err != nil {
		return nil, err
	}
	if !s.take("}") {
		return nil, s.fail("&&, || or the closing brace is missing")
	}
	return func(event string) bool {
		var v any
		d := json.NewDecoder(strings.NewReader(event))
		d.UseNumber()
		return d.Decode(&v) == nil && match(v)
	}, nil
}

// parseProperty parses one comparison of a property. What an event lacks compares as nothing, not even as unequal.
func parseProperty(s *scanner) (func(any) bool, error) {
	path, err := parseSelector(s)
	if err != nil {
		return nil, err
	}
	s.space()
	switch {
	case s.keyword("NOT"):
		if !s.keyword("EXISTS") {
			return nil, s.fail("NOT goes with EXISTS only")
		}
		return func(v any) bool { return len(path.find(v)) == 0 }, nil
	case s.keyword("EXISTS"):
		return func(v any) bool { return len(path.find(v)) > 0 }, nil
	case s.keyword("IS"):
		for word, is := range map[string]any{"TRUE": true, "FALSE": false, "NULL": nil} {
			if s.keyword(word) {
				return func(v any) bool { return anyOf(path.find(v), func(found any) bool { return found == is }) }, nil
			}
		}
		return nil, s.fail("IS goes with TRUE, FALSE and NULL only")
	}
	op := s.operator()
	if op == "" {
		return nil, s.fail("a comparison is missing")
	}
	compare, err := s.comparison(op)
	if err != nil {
		return nil, err
	}
	return func(v any) bool {
		return anyOf(path.find(v), func(found any) bool {
			switch found := found.(type) {
			case string:
				return compare(found)
			case json.Number:
				return compare(found.String())
			case bool:
				return compare(strconv.FormatBool(found))
			}
			return false
		})
	}, nil
}

func anyOf(values []any, is func(any) bool) bool {
	for _, v := range values {
		// An object or a list is never equal to anything; comparing it would panic.
		switch v.(type) {
		case map[string]any, []any:
			continue
		}
		if is(v) {
			return true
		}
	}
	return false
}

// selector leads to a property: names of members, indexes, and -1 for every element.
type selector []any

func parseSelector(s *scanner) (selector, error) {
	if !s.take("$") {
		return nil, s.fail("a property is named as $.name")
	}
	var out selector
	for !s.end() {
		switch {
		case s.take("."):
			name := s.word(func(c byte) bool { return letterOrDigit(c) || strings.IndexByte("_-:@/", c) >= 0 })
			if name == "" && s.take("*") {
				out = append(out, -1)
				continue
			}
			if name == "" {
				return nil, s.fail("the name of a property is missing")
			}
			out = append(out, name)
		case s.take("["):
			index := s.word(func(c byte) bool { return c != ']' })
			n, err := strconv.Atoi(index)
			if index == "*" {
				n, err = -1, nil
			}
			if err != nil || n < -1 || !s.take("]") {
				return nil, s.fail("an index is a number or * in brackets")
			}
			out = append(out, n)
		default:
			if len(out) == 0 {
				return nil, s.fail("a property is named as $.name")
			}
			return out, nil
		}
	}
	return nil, s.fail("a comparison is missing")
}

// find returns the values that the selector leads to.
func (p selector) find(v any) []any {
	if len(p) == 0 {
		return []any{v}
	}
	var out []any
	switch v := v.(type) {
	case map[string]any:
		if p[0] == -1 {
			for _, e := range v {
				out = append(out, p[1:].find(e)...)
			}
		} else if e, ok := v[fmt.Sprint(p[0])]; ok {
			out = p[1:].find(e)
		}
	case []any:
		for i, e := range v {
			if p[0] == -1 || p[0] == i {
				out = append(out, p[1:].find(e)...)
			}
		}
	}
	return out
}
