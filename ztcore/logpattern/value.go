package logpattern

import (
	"regexp"
	"strconv"
	"strings"
)

// operators, the longer first.
var operators = []string{"!=", ">=", "<=", "=", ">", "<"}

func (s *scanner) operator() string {
	s.space()
	for _, op := range operators {
		if s.take(op) {
			s.space()
			return op
		}
	}
	return ""
}

// comparison parses an operator's right side, and tells how a value compares with it.
func (s *scanner) comparison(op string) (func(value string) bool, error) {
	from := s.at
	var text string
	switch {
	case s.take("%"):
		re, err := s.regex()
		if err != nil {
			return nil, err
		}
		switch op {
		case "=":
			return re.MatchString, nil
		case "!=":
			return func(v string) bool { return !re.MatchString(v) }, nil
		}
		return nil, s.fail("a regular expression goes with = and != only")
	case s.take(`"`):
		var err error
		if text, err = s.quoted(); err != nil {
			return nil, err
		}
	default:
		if text = s.word(func(c byte) bool { return letterOrDigit(c) || strings.IndexByte("*_-.+:/@", c) >= 0 }); text == "" {
			return nil, s.fail("a value is missing")
		}
	}
	number, err := strconv.ParseFloat(text, 64)
	isNumber := err == nil && s.text[from] != '"'
	if op != "=" && op != "!=" {
		if !isNumber {
			return nil, &SyntaxError{from, op + " compares numbers only"}
		}
		return func(v string) bool {
			n, err := strconv.ParseFloat(v, 64)
			return err == nil && (op == ">" && n > number || op == ">=" && n >= number || op == "<" && n < number || op == "<=" && n <= number)
		}, nil
	}
	equal := func(v string) bool {
		if isNumber {
			if n, err := strconv.ParseFloat(v, 64); err == nil {
				return n == number
			}
		}
		return wildcard(text, v)
	}
	if op == "!=" {
		return func(v string) bool { return !equal(v) }, nil
	}
	return equal, nil
}

// quoted takes the rest of a string in double quotes.
func (s *scanner) quoted() (string, error) {
	from, out := s.at-1, strings.Builder{}
	for !s.end() {
		switch c := s.text[s.at]; {
		case c == '"':
			s.at++
			return out.String(), nil
		case c == '\\' && s.at+1 < len(s.text):
			s.at++
		}
		out.WriteByte(s.text[s.at])
		s.at++
	}
	return "", &SyntaxError{from, "the closing quote is missing"}
}

// regex takes the rest of a regular expression between percent signs. CloudWatch Logs knows a part of the usual language.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html#regex-expressions
func (s *scanner) regex() (*regexp.Regexp, error) {
	from := s.at
	to := strings.IndexByte(s.text[from:], '%')
	if to < 0 {
		return nil, s.fail("the closing %% of a regular expression is missing")
	}
	text := s.text[from : from+to]
	s.at = from + to + 1
	re, err := regexp.Compile(text)
	if err != nil || text == "" || strings.Contains(text, "(?") {
		return nil, &SyntaxError{from, "is no regular expression that CloudWatch Logs takes"}
	}
	return re, nil
}

// wildcard compares a value with a text in which * stands for any characters.
func wildcard(pattern, value string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == value
	}
	rest, ok := strings.CutPrefix(value, parts[0])
	if !ok {
		return false
	}
	for _, p := range parts[1 : len(parts)-1] {
		i := strings.Index(rest, p)
		if i < 0 {
			return false
		}
		rest = rest[i+len(p):]
	}
	return strings.HasSuffix(rest, parts[len(parts)-1])
}
