package policy

import "strings"

// resolve replaces the policy variables of a text and reads it as a pattern, with wildcards if globbing. It lists the
// keys that it would need and that are not known; ok is false if the text can match nothing, because a key is absent
// or not known.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
func (e *evaluation) resolve(text, version string, globbing bool) (p pattern, unknown []string, ok bool) {
	read := func(s string) pattern { return pattern(s) }
	if globbing {
		read = glob
	}
	if version == Version2008 {
		return read(text), nil, true
	}
	ok = true
	for {
		before, after, found := strings.Cut(text, "${")
		name, rest, closed := strings.Cut(after, "}")
		if !found || !closed {
			return append(p, read(text)...), unknown, ok
		}
		p = append(p, read(before)...)
		value, missing, has := e.variable(name)
		if missing != "" {
			unknown = append(unknown, missing)
		}
		ok = ok && has
		p = append(p, pattern(value)...)
		text = rest
	}
}

// variable is the value of ${name} or ${name, 'default'}. The names *, ? and $ stand for themselves.
func (e *evaluation) variable(name string) (value, unknown string, ok bool) {
	if name == "*" || name == "?" || name == "$" {
		return name, "", true
	}
	key, fallback, hasDefault := strings.Cut(name, ",")
	key = strings.TrimSpace(key)
	values, known := e.lookup(key)
	switch {
	case !known:
		return "", lower(key), false
	case len(values) == 1:
		return values[0], "", true
	case len(values) == 0 && hasDefault:
		return strings.Trim(strings.TrimSpace(fallback), "'"), "", true
	default:
		return "", "", false // absent, or of several values, which no variable can hold
	}
}
