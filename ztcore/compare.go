package ztcore

import (
	"encoding/json"
	"fmt"
	"reflect"
	"sort"
	"strings"
)

// Change is one attribute that differs, or one member of a set that is too much or missing.
type Change struct {
	Path   string `json:"path"`             // the field of the state, "Tags[team]" for a tag
	Before string `json:"before,omitempty"` // empty for what is added
	After  string `json:"after,omitempty"`  // empty for what is removed
	Field  string `json:"-"`                // the field of the state that the path is in

	replaces bool // an immutable field
}

func (c Change) String() string {
	switch {
	case c.Before == "":
		return fmt.Sprintf("%s: + %s", c.Path, forReaders(c.After))
	case c.After == "":
		return fmt.Sprintf("%s: - %s", c.Path, forReaders(c.Before))
	}
	return fmt.Sprintf("%s: %s → %s", c.Path, forReaders(c.Before), forReaders(c.After))
}

// compare lists what must change for have to become want. have nil means that nothing is there.
func (s *schema) compare(want, have any) []Change {
	var out []Change
	w := reflect.ValueOf(want)
	for _, f := range s.fields {
		if f.output || f.hidden {
			continue
		}
		wv := w.Field(f.index)
		if nilable(wv) && wv.IsNil() || have == nil && wv.IsZero() {
			continue // not managed, or nothing to show
		}
		var hv reflect.Value
		if have != nil {
			hv = reflect.ValueOf(have).Field(f.index)
		}
		var changes []Change
		switch {
		case s.tags >= 0 && s.fields[s.tags].index == f.index:
			changes = compareTags(f.name, wv, hv)
		case f.key && have != nil:
			continue // found by it
		case f.set:
			changes = compareSets(f.name, wv, hv)
		case hv.IsValid() && sameWanted(wv, hv):
			continue
		default:
			c := Change{Path: f.name, After: show(wv)}
			if hv.IsValid() {
				c.Before = show(hv)
			}
			changes = partsChanged(f.name, wv, hv, c)
		}
		for _, c := range changes {
			c.Field = f.name
			c.replaces = f.immutable && have != nil
			if f.secret {
				c.Before, c.After = masked(c.Before), masked(c.After)
			}
			out = append(out, c)
		}
	}
	return out
}

// inventory lists all that an object has, as what its deletion takes away.
func (s *schema) inventory(have any) []Change {
	out := s.compare(have, nil)
	for i := range out {
		out[i].Before, out[i].After = out[i].After, ""
	}
	return out
}

func masked(s string) string {
	if s == "" {
		return ""
	}
	return "(secret)"
}

func nilable(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return true
	}
	return false
}

func compareTags(name string, want, have reflect.Value) []Change {
	var out []Change
	w := want.Interface().(map[string]string)
	h := map[string]string{}
	if have.IsValid() {
		h = have.Interface().(map[string]string)
	}
	for _, k := range sortedKeys(w) {
		if old, ok := h[k]; !ok || old != w[k] {
			c := Change{Path: name + "[" + k + "]", After: fmt.Sprintf("%q", w[k])}
			if ok {
				c.Before = fmt.Sprintf("%q", old)
			}
			out = append(out, c)
		}
	}
	return out
}

// compareSets pairs equal members off, whatever their order, and reports the rest.
func compareSets(name string, want, have reflect.Value) []Change {
	var out []Change
	taken := map[int]bool{}
	byText := map[string][]int{}
	n := 0
	if have.IsValid() {
		n = have.Len()
	}
	for j := range n {
		t := show(have.Index(j))
		byText[t] = append(byText[t], j)
	}
	byMeaning := loose(want.Type().Elem())
	for i := range want.Len() {
		t, found := show(want.Index(i)), false
		for _, j := range byText[t] {
			if !taken[j] {
				taken[j], found = true, true
				break
			}
		}
		for j := 0; byMeaning && !found && j < n; j++ {
			if !taken[j] && sameWanted(want.Index(i), have.Index(j)) {
				taken[j], found = true, true
			}
		}
		if !found {
			out = append(out, Change{Path: name, After: t})
		}
	}
	for j := range n {
		if !taken[j] {
			out = append(out, Change{Path: name, Before: show(have.Index(j))})
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].After > out[j].After })
	return out
}

// loose reports that values of a type may be equal by meaning though not by text. Of others, a thousand need no million comparisons.
func loose(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map, reflect.Interface:
		return true
	}
	if reflect.Zero(t).MethodByName("Equal").IsValid() {
		return true
	}
	switch t.Kind() {
	case reflect.Array:
		return loose(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if loose(t.Field(i).Type) {
				return true
			}
		}
	}
	return false
}

// sameWanted compares by meaning; what want leaves nil is not compared.
func sameWanted(want, have reflect.Value) bool {
	if eq := want.MethodByName("Equal"); eq.IsValid() && eq.Type().NumIn() == 1 && eq.Type().In(0) == have.Type() && eq.Type().NumOut() == 1 && eq.Type().Out(0).Kind() == reflect.Bool {
		return eq.Call([]reflect.Value{have})[0].Bool()
	}
	if nilable(want) && want.IsNil() {
		return true
	}
	switch want.Kind() {
	case reflect.Pointer:
		return !have.IsNil() && sameWanted(want.Elem(), have.Elem())
	case reflect.Struct:
		for i := range want.NumField() {
			if want.Type().Field(i).IsExported() && !sameWanted(want.Field(i), have.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Slice:
		if want.Len() != have.Len() {
			return false
		}
		for i := range want.Len() {
			if !sameWanted(want.Index(i), have.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Map:
		if want.Len() != have.Len() {
			return false
		}
		for it := want.MapRange(); it.Next(); {
			h := have.MapIndex(it.Key())
			if !h.IsValid() || !sameWanted(it.Value(), h) {
				return false
			}
		}
		return true
	case reflect.Func:
		return true
	}
	return want.Interface() == have.Interface()
}

func sameValue[T any](want, have T) bool {
	return sameWanted(reflect.ValueOf(&want).Elem(), reflect.ValueOf(&have).Elem())
}

// show is a value as JSON, whose map keys are sorted, so that equal values have equal texts.
func show(v reflect.Value) string {
	if nilable(v) && v.IsNil() {
		return "none"
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v.Interface()); err != nil {
		return fmt.Sprintf("(%s)", v.Type())
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// partsChanged breaks the change of a composite into those of its parts: the statements of a policy, the entries of
// a map, the fields of a struct.
func partsChanged(name string, want, have reflect.Value, whole Change) []Change {
	type composite interface{ Parts() map[string]string }
	w, ok := want.Interface().(composite)
	if !ok || !have.IsValid() {
		return []Change{whole}
	}
	after, before := w.Parts(), have.Interface().(composite).Parts()
	var out []Change
	for _, meaning := range sortedKeys(after) {
		if _, ok := before[meaning]; !ok {
			out = append(out, Change{Path: name, After: after[meaning]})
		}
	}
	for _, meaning := range sortedKeys(before) {
		if _, ok := after[meaning]; !ok {
			out = append(out, Change{Path: name, Before: before[meaning]})
		}
	}
	if len(out) == 0 {
		return []Change{whole}
	}
	return out
}
