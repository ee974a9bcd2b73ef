package logpattern

import (
	"strings"
)

// parseFields parses the pattern of a space-delimited event, behind its opening bracket.
func parseFields(s *scanner) (func(string) bool, error) {
	type field struct {
		matches func(string) bool // nil for any
		rest    bool              // "...": any number of fields
	}
	var fields []field
	for rest := false; ; {
		s.space()
		f := field{rest: s.take("...")}
		if f.rest && rest {
			return nil, s.fail("... may stand once")
		}
		rest = rest || f.rest
		if !f.rest {
			match, err := condition(s, func() (func(string) bool, error) { return parseField(s) })
			if err != nil {
				return nil, err
			}
			f.matches = match
		}
		fields = append(fields, f)
		s.space()
		if s.take("]") {
			break
		}
		if !s.take(",") {
			return nil, s.fail("a comma or the closing bracket is missing")
		}
	}
	return func(event string) bool {
		words := split(event)
		for i, f := range fields {
			if f.rest {
				skip := len(words) - (len(fields) - 1 - i)
				if skip < 0 {
					return false
				}
				words = words[skip:]
				continue
			}
			if len(words) == 0 || !f.matches(words[0]) {
				return false
			}
			words = words[1:]
		}
		return len(words) == 0
	}, nil
}

// parseField parses one field: a name, and a comparison if there is one.
func parseField(s *scanner) (func(string) bool, error) {
	s.word(func(c byte) bool { return letterOrDigit(c) || c == '_' || c == '-' || c == '*' })
	op := s.operator()
	if op == "" {
		return func(string) bool { return true }, nil
	}
	return s.comparison(op)
}

// split cuts an event at spaces; what is in brackets or double quotes is one field.
func split(event string) []string {
	var out []string
	for event = strings.TrimSpace(event); event != ""; event = strings.TrimSpace(event) {
		end, closing := " ", ""
		switch event[0] {
		case '"':
			closing = `"`
		case '[':
			closing = "]"
		}
		if closing != "" {
			if i := strings.Index(event[1:], closing); i >= 0 {
				out, event = append(out, event[1:1+i]), event[2+i:]
				continue
			}
		}
		word, rest, _ := strings.Cut(event, end)
		out, event = append(out, word), rest
	}
	return out
}

// parseTerms parses terms, all of which an event has to contain; of those behind a question mark one, of those behind a
// minus none. Question marks beside other terms have no effect.
func parseTerms(s *scanner) (func(string) bool, error) {
	var all, some, none []func(string) bool
	for ; !s.end(); s.space() {
		to := &all
		if s.take("?") {
			to = &some
		} else if s.take("-") {
			to = &none
		}
		contains, err := parseTerm(s)
		if err != nil {
			return nil, err
		}
		*to = append(*to, contains)
	}
	return func(event string) bool {
		for _, contains := range none {
			if contains(event) {
				return false
			}
		}
		for _, contains := range all {
			if !contains(event) {
				return false
			}
		}
		for _, contains := range some {
			if contains(event) {
				return true
			}
		}
		return len(some) == 0 || len(all) > 0
	}, nil
}

func parseTerm(s *scanner) (func(string) bool, error) {
	if s.take("%") {
		re, err := s.regex()
		if err != nil {
			return nil, err
		}
		return re.MatchString, nil
	}
	text := ""
	if s.take(`"`) {
		var err error
		if text, err = s.quoted(); err != nil {
			return nil, err
		}
	} else if text = s.word(func(c byte) bool { return letterOrDigit(c) || c == '_' }); text == "" {
		return nil, s.fail("a term with other characters than letters, digits and _ has to stand in double quotes")
	}
	if !s.end() && !strings.ContainsRune(" \t\r\n", rune(s.text[s.at])) {
		return nil, s.fail("a term with other characters than letters, digits and _ has to stand in double quotes")
	}
	return func(event string) bool { return strings.Contains(event, text) }, nil
}
