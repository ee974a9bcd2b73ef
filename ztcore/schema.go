package ztcore

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// schema is what the engine knows of a kind's state: its exported fields and their zt tags.
type schema struct {
	typ    reflect.Type
	fields []field
	byName map[string]int
	tags   int // index into fields of the one that holds tags, or -1
	keys   int // how many fields the natural name is made of

	notUnique bool // AWS lets several objects have the same keys
}

type field struct {
	name      string
	index     int
	key       bool // part of the natural name that the object is found by
	label     bool // what a person calls it; finds an object to adopt where there is no key
	immutable bool // a change means a replacement
	output    bool // set by AWS; never compared
	holds     bool // what it refers to can't be removed before this lets go of it
	guards    bool // what it refers to is removed before this is
	exclusive bool // strings, each of one resource of the kind at most
	set       bool // a slice whose order has no meaning
	secret    bool // never shown
	hidden    bool // for the kind's own use: neither compared nor shown
}

func schemaOf(t reflect.Type) (*schema, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("state %s is no struct", t)
	}
	s := &schema{typ: t, byName: map[string]int{}, tags: -1}
	for i := range t.NumField() {
		sf := t.Field(i)
		if !sf.IsExported() {
			return nil, fmt.Errorf("state %s: field %s is not exported", t, sf.Name)
		}
		f := field{name: sf.Name, index: i}
		for _, opt := range strings.Split(sf.Tag.Get("zt"), ",") {
			switch opt {
			case "":
			case "key":
				f.key = true
				s.keys++
			case "label":
				f.label = true
			case "immutable":
				f.immutable = true
			case "output":
				f.output = true
			case "holds":
				f.holds = true
			case "guards":
				f.guards = true
			case "exclusive":
				f.exclusive = true
			case "set":
				f.set = true
			case "secret":
				f.secret = true
			case "-":
				f.hidden = true
			case "tags":
				if sf.Type != reflect.TypeFor[map[string]string]() {
					return nil, fmt.Errorf("state %s: tags field %s is no map[string]string", t, sf.Name)
				}
				if s.tags >= 0 {
					return nil, fmt.Errorf("state %s: tags are in %s and in %s", t, s.fields[s.tags].name, sf.Name)
				}
				s.tags = len(s.fields)
			default:
				return nil, fmt.Errorf("state %s: field %s: unknown option %q", t, sf.Name, opt)
			}
		}
		switch kind := sf.Type.Kind(); {
		case f.set && kind != reflect.Slice:
			return nil, fmt.Errorf("state %s: field %s is a set and no slice", t, sf.Name)
		case f.exclusive && sf.Type != reflect.TypeFor[[]string]():
			return nil, fmt.Errorf("state %s: field %s is exclusive and no []string", t, sf.Name)
		case (f.key || f.label) && kind != reflect.String && kind != reflect.Bool && (kind < reflect.Int || kind > reflect.Uint64):
			return nil, fmt.Errorf("state %s: field %s is part of a name and no text or number", t, sf.Name)
		case f.output && (f.key || f.immutable || f.set):
			return nil, fmt.Errorf("state %s: field %s is set by AWS, and so can't be wanted", t, sf.Name)
		}
		s.byName[f.name] = len(s.fields)
		s.fields = append(s.fields, f)
	}
	return s, nil
}

// keySeparator stands between the fields of a key that has several; no name on AWS holds it.
const keySeparator = "\x00"

// key is the natural name of a state, "" if the kind has none.
func (s *schema) key(state any) string { return s.join(state, func(f field) bool { return f.key }) }

// label is what an object without a natural name is called.
func (s *schema) label(state any) string { return s.join(state, func(f field) bool { return f.label }) }

func (s *schema) join(state any, part func(field) bool) string {
	var parts []string
	v := reflect.ValueOf(state)
	for _, f := range s.fields {
		if !part(f) {
			continue
		}
		if fv := v.Field(f.index); fv.Kind() == reflect.String {
			parts = append(parts, fv.String())
		} else {
			parts = append(parts, fmt.Sprint(fv.Interface()))
		}
	}
	return strings.Join(parts, keySeparator)
}

// unique reports whether AWS lets only one object be what a resource stands for.
func (s *schema) unique() bool { return (s.keys > 0 || s.tags < 0) && !s.notUnique }

// identity tells one object from all others of its kind: its key or else what AWS calls it.
func (s *schema) identity(state any) string {
	if s.keys > 0 {
		return s.key(state)
	}
	return s.given(state)
}

// given is what AWS calls an object, which no other is ever called; "" where the kind does not say.
func (s *schema) given(state any) string {
	for _, name := range []string{"ID", "ARN"} {
		if i, ok := s.byName[name]; ok && s.fields[i].output {
			id, _ := s.text(state, name)
			return id
		}
	}
	return ""
}

// tagsOf returns the tags of a state; nil where the kind has none.
func (s *schema) tagsOf(state any) map[string]string {
	if s.tags < 0 {
		return nil
	}
	return reflect.ValueOf(state).Field(s.fields[s.tags].index).Interface().(map[string]string)
}

// changeable reports that something of an object can be changed in place.
func (s *schema) changeable() bool {
	return slices.ContainsFunc(s.fields, func(f field) bool { return !f.key && !f.immutable && !f.output && !f.hidden })
}

func (s *schema) has(field string) bool { _, ok := s.byName[field]; return ok }

// text reads a field that a token refers to.
func (s *schema) text(state any, name string) (string, bool) {
	i, ok := s.byName[name]
	if !ok {
		return "", false
	}
	v := reflect.ValueOf(state).Field(s.fields[i].index)
	if v.Kind() != reflect.String {
		return "", false
	}
	return v.String(), true
}

// visit calls f with every string in v, map keys included.
func visit(v reflect.Value, f func(string)) {
	switch v.Kind() {
	case reflect.String:
		f(v.String())
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			visit(v.Elem(), f)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				visit(v.Field(i), f)
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			visit(v.Index(i), f)
		}
	case reflect.Map:
		keys := v.MapKeys()
		if v.Type().Key().Kind() == reflect.String { // in the same order every time
			slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		}
		for _, k := range keys {
			visit(k, f)
			visit(v.MapIndex(k), f)
		}
	}
}

// rewrite copies v with every string passed through f. What holds no strings is shared, not copied.
func rewrite(v reflect.Value, f func(string) string) reflect.Value {
	switch v.Kind() {
	case reflect.String:
		if s := f(v.String()); s != v.String() {
			out := reflect.New(v.Type()).Elem()
			out.SetString(s)
			return out
		}
	case reflect.Pointer:
		if !v.IsNil() {
			out := reflect.New(v.Type().Elem())
			out.Elem().Set(rewrite(v.Elem(), f))
			return out
		}
	case reflect.Interface:
		if !v.IsNil() {
			out := reflect.New(v.Type()).Elem()
			out.Set(rewrite(v.Elem(), f))
			return out
		}
	case reflect.Struct:
		out := reflect.New(v.Type()).Elem()
		out.Set(v)
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out.Field(i).Set(rewrite(v.Field(i), f))
			}
		}
		return out
	case reflect.Slice:
		if !v.IsNil() {
			out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
			for i := range v.Len() {
				out.Index(i).Set(rewrite(v.Index(i), f))
			}
			return out
		}
	case reflect.Map:
		if !v.IsNil() {
			out := reflect.MakeMapWithSize(v.Type(), v.Len())
			for it := v.MapRange(); it.Next(); {
				out.SetMapIndex(rewrite(it.Key(), f), rewrite(it.Value(), f))
			}
			return out
		}
	}
	return v
}

// withTags is a copy of a state with other tags.
func (s *schema) withTags(state any, tags map[string]string) any {
	out := reflect.New(s.typ).Elem()
	out.Set(reflect.ValueOf(state))
	out.Field(s.fields[s.tags].index).Set(reflect.ValueOf(tags))
	return out.Interface()
}

// called is a key or a label in words, for messages.
func (s *schema) called(state any) string {
	if s.keys > 0 {
		return strings.ReplaceAll(s.key(state), keySeparator, ", ")
	}
	return strings.ReplaceAll(s.label(state), keySeparator, ", ")
}
