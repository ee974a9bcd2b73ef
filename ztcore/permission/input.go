package permission

import (
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// condition is one on a member of an input.
type condition struct{ member, operator, value string }

func parseCondition(text string) condition {
	if member, ok := strings.CutPrefix(text, "!"); ok {
		return condition{member, "!", ""}
	}
	for _, operator := range []string{"=", "!~", "~"} {
		if member, value, ok := strings.Cut(text, operator); ok {
			return condition{member, operator, value}
		}
	}
	return condition{text, "", ""}
}

// met takes nil pointers, empty texts and lists, and false for what is not set.
func (c condition) met(input any) bool {
	values := at(reflect.ValueOf(input), c.member)
	switch c.operator {
	case "!":
		return !slices.ContainsFunc(values, given)
	case "":
		return slices.ContainsFunc(values, given)
	}
	found := false
	for _, v := range values {
		texts(v, func(s string) {
			switch c.operator {
			case "=":
				found = found || s == c.value
			case "~":
				found = found || strings.Contains(s, c.value)
			case "!~":
				found = found || s != "" && !strings.Contains(s, c.value)
			}
		})
	}
	return found
}

// named are the texts of some members.
func named(input any, members []string) []string {
	var out []string
	for _, m := range members {
		for _, v := range at(reflect.ValueOf(input), m) {
			if v.Kind() == reflect.String && v.Len() > 0 {
				out = append(out, v.String())
			}
		}
	}
	return out
}

var roleARN = regexp.MustCompile(`^arn:[^:]+:iam::\d*:role/.+`)

// rolesIn are the ARNs of roles that stand alone in some text of the input.
func rolesIn(input any) []string {
	var out []string
	texts(reflect.ValueOf(input), func(s string) {
		if roleARN.MatchString(s) {
			out = append(out, s)
		}
	})
	slices.Sort(out) // maps have no order
	return slices.Compact(out)
}

// at finds what stands at a path, through pointers and the elements of lists.
func at(v reflect.Value, path string) []reflect.Value {
	for v.IsValid() && (v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface) {
		v = v.Elem()
	}
	switch {
	case !v.IsValid():
		return nil
	case path == "":
		return []reflect.Value{v}
	case v.Kind() == reflect.Slice:
		var out []reflect.Value
		for i := range v.Len() {
			out = append(out, at(v.Index(i), path)...)
		}
		return out
	case v.Kind() != reflect.Struct:
		return nil
	}
	name, rest, _ := strings.Cut(path, ".")
	return at(v.FieldByName(name), rest)
}

func given(v reflect.Value) bool {
	if v.Kind() == reflect.Slice || v.Kind() == reflect.Map {
		return v.Len() > 0
	}
	return !v.IsZero()
}

// texts calls f with every text within a value.
func texts(v reflect.Value, f func(string)) {
	switch v.Kind() {
	case reflect.String:
		f(v.String())
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			texts(v.Elem(), f)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				texts(v.Field(i), f)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			texts(v.Index(i), f)
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			texts(it.Value(), f)
		}
	}
}
