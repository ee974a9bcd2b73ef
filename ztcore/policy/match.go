package policy

import "unicode/utf8"

// pattern is text to match against, in which anyText and anyRune stand for the wildcards. Runes are never negative, so
// what a policy variable brings in can hold * and ? as plain characters.
type pattern []rune

const (
	anyText rune = -1 // *
	anyRune rune = -2 // ?
)

// glob reads a text whose * and ? are wildcards.
func glob(text string) pattern {
	p := pattern(text)
	for i, r := range p {
		switch r {
		case '*':
			p[i] = anyText
		case '?':
			p[i] = anyRune
		}
	}
	return p
}

// matches reports whether the whole text fits.
func (p pattern) matches(text string) bool {
	t := []rune(text)
	pi, ti, star, mark := 0, 0, -1, 0
	for ti < len(t) {
		switch {
		case pi < len(p) && p[pi] == anyText:
			star, mark = pi, ti
			pi++
		case pi < len(p) && (p[pi] == anyRune || p[pi] == t[ti]):
			pi++
			ti++
		case star >= 0: // let the last wildcard take one more
			mark++
			pi, ti = star+1, mark
		default:
			return false
		}
	}
	for pi < len(p) && p[pi] == anyText {
		pi++
	}
	return pi == len(p)
}

// arnFields is how many fields an ARN has. The last may hold colons itself.
const arnFields = 6

// matchesARN matches an ARN as AWS does: each field by itself, those that the pattern lacks being wildcards. What is
// no ARN, as the resource "*", is matched as a whole.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
func (p pattern) matchesARN(text string) bool {
	got := splitN(text, ':', arnFields)
	want := p.fields()
	if len(got) < arnFields || len(want) == 1 {
		return p.matches(text)
	}
	for i, field := range want {
		if !field.matches(got[i]) {
			return false
		}
	}
	return true
}

// fields splits the pattern of an ARN at its colons, those within tokens excepted.
func (p pattern) fields() []pattern {
	var out []pattern
	rest := p
	for len(out) < arnFields-1 {
		i := rest.colon()
		if i < 0 {
			break
		}
		out, rest = append(out, rest[:i]), rest[i+1:]
	}
	return append(out, rest)
}

// colon is the index of the first colon that stands in no token, or -1.
func (p pattern) colon() int {
	for i := 0; i < len(p); i++ {
		switch p[i] {
		case ':':
			return i
		case '{':
			tok, _ := cutToken(p[i:].text())
			i += max(0, utf8.RuneCountInString(tok)-1)
		}
	}
	return -1
}

// text is the pattern up to its first wildcard.
func (p pattern) text() string {
	for i, r := range p {
		if r < 0 {
			return string(p[:i])
		}
	}
	return string(p)
}
