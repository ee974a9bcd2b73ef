package policy

import "strings"

// A token stands for a value that is known later: {{zt:network.VPC/main#ID}}. The engine puts it into documents and
// replaces it before they are sent. Here it is opaque: never folded, split or judged.
const (
	tokenStart = "{{zt:"
	tokenEnd   = "}}"
)

// hasToken reports whether a token stands anywhere in s.
func hasToken(s string) bool {
	i := strings.Index(s, tokenStart)
	return i >= 0 && strings.Contains(s[i:], tokenEnd)
}

// isToken reports whether s is one token and nothing else.
func isToken(s string) bool {
	tok, rest := cutToken(s)
	return tok != "" && rest == ""
}

// cutToken splits off the token that s begins with; tok is "" if there is none.
func cutToken(s string) (tok, rest string) {
	if !strings.HasPrefix(s, tokenStart) {
		return "", s
	}
	end := strings.Index(s, tokenEnd)
	if end < 0 {
		return "", s
	}
	end += len(tokenEnd)
	return s[:end], s[end:]
}

// mapText applies f to what lies between tokens and leaves these as they are.
func mapText(s string, f func(string) string) string {
	if !hasToken(s) {
		return f(s)
	}
	var b strings.Builder
	for s != "" {
		start := strings.Index(s, tokenStart)
		if start < 0 {
			b.WriteString(f(s))
			break
		}
		tok, rest := cutToken(s[start:])
		if tok == "" {
			b.WriteString(f(s))
			break
		}
		b.WriteString(f(s[:start]))
		b.WriteString(tok)
		s = rest
	}
	return b.String()
}

// lower folds the case of s, tokens excepted.
func lower(s string) string { return mapText(s, strings.ToLower) }

// splitN splits s at up to n-1 separators, those within tokens excepted.
func splitN(s string, sep byte, n int) []string {
	var parts []string
	start := 0
	for i := 0; i < len(s) && len(parts) < n-1; {
		if tok, _ := cutToken(s[i:]); tok != "" {
			i += len(tok)
			continue
		}
		if s[i] == sep {
			parts = append(parts, s[start:i])
			start = i + 1
		}
		i++
	}
	return append(parts, s[start:])
}

// tokens lists the tokens in s.
func tokens(s string) []string {
	var out []string
	for s != "" {
		i := strings.Index(s, tokenStart)
		if i < 0 {
			break
		}
		tok, rest := cutToken(s[i:])
		if tok == "" {
			break
		}
		out = append(out, tok)
		s = rest
	}
	return out
}
