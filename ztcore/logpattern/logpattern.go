// Package logpattern is the pattern language of CloudWatch Logs, with which metric and subscription filters choose log
// events: it parses a pattern as strictly as the service does, and matches events, so that a filter can be tested
// before it is relied on.
//
//	p, err := logpattern.Parse(`{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") }`)
//	p.Matches(event)
//
// All three forms are known: JSON properties in braces, fields of space-delimited events in brackets, and terms.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
package logpattern

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxLength is how many characters a pattern may have.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutMetricFilter.html
const MaxLength = 1024

// Pattern is a parsed pattern. The zero Pattern matches every event, as the empty pattern does.
type Pattern struct{ matches func(event string) bool }

// Matches reports whether the pattern chooses a log event.
func (p Pattern) Matches(event string) bool { return p.matches == nil || p.matches(event) }

// SyntaxError says why a text is no pattern, and where.
type SyntaxError struct {
	Offset int // in bytes from the start of the pattern
	Reason string
}

// Error implements error.
func (e *SyntaxError) Error() string { return fmt.Sprintf("at character %d: %s", e.Offset+1, e.Reason) }

// Parse reads a pattern. The error is a *SyntaxError.
func Parse(text string) (Pattern, error) {
	if n := utf8.RuneCountInString(text); n > MaxLength {
		return Pattern{}, &SyntaxError{Reason: fmt.Sprintf("has %d characters, and %d are allowed", n, MaxLength)}
	}
	s := &scanner{text: text}
	s.space()
	var match func(string) bool
	var err error
	switch {
	case s.end():
		return Pattern{}, nil
	case s.take("{"):
		match, err = parseJSON(s)
	case s.take("["):
		match, err = parseFields(s)
	default:
		match, err = parseTerms(s)
	}
	if err == nil {
		if s.space(); !s.end() {
			err = s.fail("nothing may follow")
		}
	}
	if err != nil {
		return Pattern{}, err
	}
	return Pattern{match}, nil
}

// scanner walks through a pattern.
type scanner struct {
	text string
	at   int
}

func (s *scanner) end() bool { return s.at >= len(s.text) }

func (s *scanner) fail(format string, args ...any) error {
	return &SyntaxError{s.at, fmt.Sprintf(format, args...)}
}

func (s *scanner) space() {
	for !s.end() && strings.ContainsRune(" \t\r\n", rune(s.text[s.at])) {
		s.at++
	}
}

// take passes over what comes next if it is the given text.
func (s *scanner) take(text string) bool {
	if !strings.HasPrefix(s.text[s.at:], text) {
		return false
	}
	s.at += len(text)
	return true
}

// word takes the characters that belong to a word.
func (s *scanner) word(belongs func(byte) bool) string {
	from := s.at
	for !s.end() && belongs(s.text[s.at]) {
		s.at++
	}
	return s.text[from:s.at]
}

// keyword takes a whole word of the language.
func (s *scanner) keyword(word string) bool {
	from := s.at
	if s.take(word) && (s.end() || !letterOrDigit(s.text[s.at])) {
		s.space()
		return true
	}
	s.at = from
	return false
}

func letterOrDigit(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c >= utf8.RuneSelf
}

// condition parses alternatives and conjunctions, in parentheses or not, of what one returns.
func condition[V any](s *scanner, one func() (func(V) bool, error)) (func(V) bool, error) {
	left, err := conjunction(s, one)
	for err == nil && s.take("||") {
		var right func(V) bool
		l := left
		right, err = conjunction(s, one)
		left = func(v V) bool { return l(v) || right(v) }
	}
	return left, err
}

func conjunction[V any](s *scanner, one func() (func(V) bool, error)) (func(V) bool, error) {
	left, err := operand(s, one)
	for err == nil && s.take("&&") {
		var right func(V) bool
		l := left
		right, err = operand(s, one)
		left = func(v V) bool { return l(v) && right(v) }
	}
	return left, err
}

func operand[V any](s *scanner, one func() (func(V) bool, error)) (match func(V) bool, err error) {
	s.space()
	if !s.take("(") {
		match, err = one()
		s.space()
		return match, err
	}
	if match, err = condition(s, one); err != nil {
		return nil, err
	}
	if !s.take(")") {
		return nil, s.fail("a closing parenthesis is missing")
	}
	s.space()
	return match, nil
}
