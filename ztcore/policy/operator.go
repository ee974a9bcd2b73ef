package policy

import "strings"

// operator is a condition operator taken apart, as in ForAnyValue:StringLikeIfExists.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
type operator struct {
	set      string // ForAllValues, ForAnyValue or ""
	base     string // as AWS writes it
	ifExists bool
}

const (
	forAllValues = "ForAllValues"
	forAnyValue  = "ForAnyValue"
	ifExists     = "IfExists"
)

// family is the type of value that an operator compares.
type family int

const (
	familyString family = iota
	familyFolded        // strings whose case does not count
	familyNumeric
	familyDate
	familyBool
	familyBinary
	familyIP
	familyARN
	familyNull
)

var operators = map[string]family{
	"StringEquals": familyString, "StringNotEquals": familyString, "StringLike": familyString, "StringNotLike": familyString,
	"StringEqualsIgnoreCase": familyFolded, "StringNotEqualsIgnoreCase": familyFolded,
	"NumericEquals": familyNumeric, "NumericNotEquals": familyNumeric, "NumericLessThan": familyNumeric,
	"NumericLessThanEquals": familyNumeric, "NumericGreaterThan": familyNumeric, "NumericGreaterThanEquals": familyNumeric,
	"DateEquals": familyDate, "DateNotEquals": familyDate, "DateLessThan": familyDate,
	"DateLessThanEquals": familyDate, "DateGreaterThan": familyDate, "DateGreaterThanEquals": familyDate,
	"Bool": familyBool, "BinaryEquals": familyBinary, "IpAddress": familyIP, "NotIpAddress": familyIP,
	"ArnEquals": familyARN, "ArnLike": familyARN, "ArnNotEquals": familyARN, "ArnNotLike": familyARN,
	"Null": familyNull,
}

// operatorNames finds an operator by its folded name.
var operatorNames = func() map[string]string {
	names := make(map[string]string, len(operators))
	for name := range operators {
		names[strings.ToLower(name)] = name
	}
	return names
}()

// parseOperator takes a condition operator apart. Case does not count. Null takes no IfExists.
func parseOperator(text string) (operator, bool) {
	var op operator
	rest := text
	if prefix, base, ok := strings.Cut(text, ":"); ok {
		switch {
		case strings.EqualFold(prefix, forAllValues):
			op.set = forAllValues
		case strings.EqualFold(prefix, forAnyValue):
			op.set = forAnyValue
		default:
			return operator{}, false
		}
		rest = base
	}
	rest = strings.ToLower(rest)
	rest, op.ifExists = strings.CutSuffix(rest, strings.ToLower(ifExists))
	op.base = operatorNames[rest]
	if op.base == "" || op.base == "Null" && op.ifExists {
		return operator{}, false
	}
	return op, true
}

// String is the operator as AWS writes it.
func (op operator) String() string {
	text := op.base
	if op.set != "" {
		text = op.set + ":" + text
	}
	if op.ifExists {
		text += ifExists
	}
	return text
}

func (op operator) family() family { return operators[op.base] }

// negated reports whether the operator holds when no value matches.
func (op operator) negated() bool { return strings.Contains(op.base, "Not") }
