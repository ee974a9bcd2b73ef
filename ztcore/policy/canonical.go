package policy

import (
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Equal reports whether the documents mean the same: whether Canonical turns them into the same document. Sid and Id
// count, since AWS keeps them as sent and denials cite them; so does the version, which decides what ${…} means.
//
// Two documents that are unequal here may still allow and deny the same, as s3:* and s3:* with s3:GetObject do.
func (d Document) Equal(other Document) bool {
	return d.IsZero() == other.IsZero() && d.Canonical().JSON() == other.Canonical().JSON()
}

// Canonical returns the normal form of a document, in which every difference without a meaning is gone. It is made to be compared;
// people prefer Pretty, for here actions and condition keys are in lower case.
//
//   - The order of statements and of the values in a list, and repetitions, have no meaning.
//   - Actions and condition keys are compared without case, condition operators too.
//   - An account's id, and the ARN of its root in any partition, are the same principal; so are "*" and {"AWS": "*"}.
//   - Values of numbers, bools, dates and address ranges are the same if they denote the same.
//   - ArnEquals is ArnLike.
//   - No conditions are the same as an empty Condition.
//
// canonical_test.go has AWS's source for each.
func (d Document) Canonical() Document {
	if d.IsZero() {
		return d
	}
	out := d.clone()
	if out.Version == "" {
		out.Version = Version2012
	}
	for i := range out.Statements {
		out.Statements[i] = out.Statements[i].canonical()
	}
	slices.SortFunc(out.Statements, func(a, b Statement) int { return strings.Compare(a.json(), b.json()) })
	out.Statements = slices.CompactFunc(out.Statements, func(a, b Statement) bool { return a.json() == b.json() })
	return out
}

func (s Statement) json() string {
	return Document{Statements: []Statement{s}}.JSON()
}

// canonical may change s in place: it is given a copy.
func (s Statement) canonical() Statement {
	for i, a := range s.Actions {
		s.Actions[i] = lower(a)
	}
	for i, a := range s.NotActions {
		s.NotActions[i] = lower(a)
	}
	s.Actions, s.NotActions = sortedSet(s.Actions), sortedSet(s.NotActions)
	s.Resources, s.NotResources = sortedSet(s.Resources), sortedSet(s.NotResources)
	s.Principals, s.NotPrincipals = canonicalPrincipals(s.Principals), canonicalPrincipals(s.NotPrincipals)
	s.Conditions = canonicalConditions(s.Conditions)
	return s
}

func sortedSet(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

func canonicalPrincipals(list []Principal) []Principal {
	for i, p := range list {
		if p.isAnyone() {
			list[i] = Anyone()
		} else if account, ok := rootAccount(p.ID); ok && p.Type == typeAWS {
			list[i].ID = account
		}
	}
	slices.SortFunc(list, func(a, b Principal) int {
		if c := strings.Compare(a.Type, b.Type); c != 0 {
			return c
		}
		return strings.Compare(a.ID, b.ID)
	})
	return slices.Compact(list)
}

// rootAccount returns the account id of arn:<partition>:iam::<account>:root.
func rootAccount(arn string) (account string, ok bool) {
	parts := splitN(arn, ':', 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "iam" || parts[3] != "" || parts[4] == "" || parts[5] != "root" {
		return "", false
	}
	return parts[4], true
}

func canonicalConditions(conditions []Condition) []Condition {
	if len(conditions) == 0 {
		return nil
	}
	out := mergeConditions(conditions)
	for i, c := range out {
		op, known := parseOperator(c.Operator)
		if known {
			out[i].Operator = op.String()
		}
		out[i].Key = lower(c.Key)
		values := slices.Clone(c.Values)
		for j, v := range values {
			if known {
				values[j] = canonicalValue(op, v)
			}
		}
		out[i].Values = sortedSet(values)
	}
	for i, c := range out {
		// Two conditions both have to hold: they must not become one by getting the same name.
		like := strings.NewReplacer("ArnEquals", "ArnLike", "ArnNotEquals", "ArnNotLike").Replace(c.Operator)
		if !slices.ContainsFunc(out, func(o Condition) bool { return o.Operator == like && o.Key == c.Key }) {
			out[i].Operator = like
		}
	}
	slices.SortFunc(out, func(a, b Condition) int {
		if c := strings.Compare(a.Operator, b.Operator); c != 0 {
			return c
		}
		return strings.Compare(a.Key, b.Key)
	})
	return out
}

// canonicalValue writes a value as every other that denotes the same. What is a token, a variable or no value of its
// type stays as it is.
func canonicalValue(op operator, v string) string {
	switch op.family() {
	case familyBool, familyNull, familyFolded:
		if strings.Contains(v, "${") {
			return v // the default in ${key, 'default'} keeps its case
		}
		return lower(v)
	case familyNumeric:
		return canonicalNumber(v)
	case familyDate:
		if t, ok := parseDate(v); ok {
			return t.Format(time.RFC3339Nano)
		}
	case familyIP:
		if p, ok := parsePrefix(v); ok {
			return p.String()
		}
	}
	return v
}

var decimalRE = regexp.MustCompile(`^(-?)0*([0-9]+?)(?:\.([0-9]*?)0*)?$`)

// canonicalNumber drops the zeros of a decimal number that say nothing.
func canonicalNumber(v string) string {
	m := decimalRE.FindStringSubmatch(v)
	if m == nil {
		return v
	}
	sign, whole, fraction := m[1], m[2], m[3]
	switch {
	case fraction != "":
		return sign + whole + "." + fraction
	case whole == "0":
		return "0"
	default:
		return sign + whole
	}
}

// dateLayouts are the forms of the W3C's profile of ISO 8601, which AWS names as what it takes besides epoch seconds.
// https://www.w3.org/TR/NOTE-datetime
var dateLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04Z07:00", time.DateOnly, "2006-01", "2006"}

// parseDate reads a date as conditions take it, in UTC. Four digits are a year, more are seconds since 1970.
func parseDate(v string) (time.Time, bool) {
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, v); err == nil {
			return t.UTC(), true
		}
	}
	if seconds, err := strconv.ParseInt(v, 10, 64); err == nil {
		return time.Unix(seconds, 0).UTC(), true
	}
	return time.Time{}, false
}

// parsePrefix reads a range of addresses. One without a length is a single address.
func parsePrefix(v string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(v); err == nil {
		return p.Masked(), true
	}
	a, err := netip.ParseAddr(v)
	if err != nil || a.Zone() != "" {
		return netip.Prefix{}, false
	}
	return netip.PrefixFrom(a, a.BitLen()), true
}
