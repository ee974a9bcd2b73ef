package policy

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

func (l *linter) conditions() {
	for i, c := range l.statement.Conditions {
		element := "Condition." + c.Operator + "." + c.Key
		if slices.ContainsFunc(l.statement.Conditions[:i], func(o Condition) bool {
			return strings.EqualFold(o.Operator, c.Operator) && strings.EqualFold(o.Key, c.Key)
		}) {
			l.add(SeverityError, "DUPLICATE_KEYS_WITH_DIFFERENT_CASE", element, "another condition has the same operator and key; their values are alternatives, not both asked for", "join them into one condition")
		}
		if !strings.Contains(c.Key, ":") && !hasToken(c.Key) {
			l.add(SeverityError, "INVALID_CONDITION_KEY_FORMAT", element, fmt.Sprintf("%q is no condition key", c.Key), "write it as aws:SourceArn or service:Key")
		}
		if len(c.Values) == 0 {
			l.add(SeverityError, "EMPTY_ARRAY_CONDITION", element, "the condition has no values: it never holds, or always if it is negated", "give it values or remove it")
		}
		op, ok := parseOperator(c.Operator)
		if !ok {
			l.unknownOperator(element, c.Operator)
			continue
		}
		l.values(element, op, c)
		l.forAllValues(element, op, c)
	}
}

func (l *linter) unknownOperator(element, text string) {
	if _, isNull := parseOperator(strings.TrimSuffix(text, ifExists)); isNull && strings.HasSuffix(text, ifExists) {
		l.add(SeverityError, "NULL_WITH_IF_EXISTS", element, "Null takes no IfExists", "write Null")
		return
	}
	l.add(SeverityError, "INVALID_CONDITION_OPERATOR", element, fmt.Sprintf("there is no condition operator %q", text), "did you mean "+nearest(text)+"?")
}

// nearest is the operator whose name takes the fewest edits.
func nearest(text string) string {
	best, distance := "", len(text)+len("StringNotEqualsIgnoreCase")
	for _, name := range sortedKeys(operators) {
		if d := edits(strings.ToLower(text), strings.ToLower(name)); d < distance {
			best, distance = name, d
		}
	}
	return best
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// values checks that the values are of the operator's type.
func (l *linter) values(element string, op operator, c Condition) {
	if f := op.family(); (f == familyBool || f == familyNull) && len(c.Values) > 1 && op.set == "" {
		l.add(SeverityError, "INVALID_CONDITION_MULTIPLE_BOOLEAN", element, "true and false together say nothing", "keep one value")
	}
	exact := op.family() == familyString && !strings.HasSuffix(op.base, "Like") || op.family() == familyFolded
	for _, v := range c.Values {
		l.variables(element, v)
		switch {
		case hasToken(v) || strings.Contains(v, "${"):
		case !op.accepts(v):
			l.add(SeverityError, "DATA_TYPE_MISMATCH", element, fmt.Sprintf("%q is no value for %s", v, op.base), "write "+valueForms[op.family()])
		case exact && strings.ContainsAny(v, "*?"):
			l.add(SeverityWarning, "WILDCARD_WITHOUT_LIKE_OPERATOR", element, fmt.Sprintf("%q: %s takes * and ? as they are", v, op.base), "use StringLike or StringNotLike for wildcards")
		}
	}
}

var valueForms = map[family]string{
	familyBool:    "true or false",
	familyNull:    "true (the key must be absent) or false",
	familyNumeric: "a number",
	familyDate:    "a date as 2026-01-31T00:00:00Z",
	familyIP:      "an address or a range as 203.0.113.0/24",
	familyARN:     "an ARN with all six fields; each may hold wildcards",
}

// accepts reports whether v is a value of the operator's type.
func (op operator) accepts(v string) bool {
	switch op.family() {
	case familyBool, familyNull:
		return strings.EqualFold(v, "true") || strings.EqualFold(v, "false")
	case familyNumeric:
		_, err := strconv.ParseFloat(v, 64)
		return err == nil
	case familyDate:
		_, ok := parseDate(v)
		return ok
	case familyIP:
		_, ok := parsePrefix(v)
		return ok
	case familyARN:
		return v == "*" || strings.HasPrefix(v, "arn:") && len(splitN(v, ':', 6)) == 6 || strings.Contains(v, "*")
	default:
		return true
	}
}

// manyValued are the global condition keys that hold several values; all others hold one.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
var manyValued = []string{
	"aws:calledvia", "aws:principalorgpaths", "aws:principalservicenameslist", "aws:resourceorgpaths", "aws:sourceorgpaths",
	"aws:tagkeys", "aws:vpceorgpaths",
}

// forAllValues finds the operator that also holds when the key is absent, where that lets everyone in.
func (l *linter) forAllValues(element string, op operator, c Condition) {
	key := strings.ToLower(c.Key)
	if op.set != forAllValues || l.statement.Effect != EffectAllow || !strings.HasPrefix(key, "aws:") || slices.Contains(manyValued, key) {
		return
	}
	l.add(SeveritySecurity, "FORALLVALUES_WITH_SINGLE_VALUED_KEY", element, "ForAllValues also holds when the key is absent from the request", "leave the prefix out: the key has one value")
}
