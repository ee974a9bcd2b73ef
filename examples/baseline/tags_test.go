package main

import (
	"reflect"
	"strings"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// tagged is one object's tags in a cloud, in whichever form a fake keeps them: editing them is what a person does in the console.
type tagged struct {
	resource ztcore.Address // that the ownership tag says
	get      func(key string) (string, bool)
	set      func(key, value string)
	remove   func(key string)
}

// ownedIn finds the objects that carry ownership tags. Edits are to be made inside of PeekAll.
func ownedIn(cloud *fakeaws.Cloud, look func([]tagged)) {
	var found []tagged
	seen := map[uintptr]bool{}
	var walk func(v reflect.Value)
	walk = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Pointer:
			if !v.IsNil() && !seen[v.Pointer()] {
				seen[v.Pointer()] = true
				walk(v.Elem())
			}
		case reflect.Interface:
			if !v.IsNil() {
				walk(v.Elem())
			}
		case reflect.Struct:
			for i := range v.NumField() {
				if v.Type().Field(i).IsExported() {
					walk(v.Field(i))
				}
			}
		case reflect.Map:
			if m, ok := v.Interface().(map[string]string); ok {
				found = add(found, tagged{
					get: func(k string) (string, bool) { s, ok := m[k]; return s, ok }, set: func(k, s string) { m[k] = s }, remove: func(k string) { delete(m, k) },
				})
				return
			}
			for it := v.MapRange(); it.Next(); {
				walk(it.Value())
			}
		case reflect.Slice:
			if t := v.Type().Elem(); t.Kind() == reflect.Struct && hasText(t, "Key") && hasText(t, "Value") {
				found = add(found, tagList(v))
				return
			}
			for i := range v.Len() {
				walk(v.Index(i))
			}
		}
	}
	cloud.PeekAll(func(state any) { walk(reflect.ValueOf(state)) })
	look(found)
}

func hasText(t reflect.Type, name string) bool {
	f, ok := t.FieldByName(name)
	return ok && (f.Type.Kind() == reflect.String || f.Type == reflect.TypeFor[*string]())
}

func add(found []tagged, t tagged) []tagged {
	if _, ours := t.get(ztcore.TagBaseline); !ours {
		return found
	}
	resource, _ := t.get(ztcore.TagResource)
	t.resource = ztcore.Address(resource)
	return append(found, t)
}

// tagList is a list of the SDK's tags.
func tagList(v reflect.Value) tagged {
	text := func(i int, name string) reflect.Value { return reflect.Indirect(v.Index(i).FieldByName(name)) }
	put := func(i int, name, value string) {
		if f := v.Index(i).FieldByName(name); f.Kind() == reflect.String {
			f.SetString(value)
		} else {
			f.Set(reflect.ValueOf(&value))
		}
	}
	find := func(key string) int {
		for i := range v.Len() {
			if k := text(i, "Key"); k.IsValid() && k.String() == key {
				return i
			}
		}
		return -1
	}
	return tagged{
		get: func(key string) (string, bool) {
			if i := find(key); i >= 0 {
				return text(i, "Value").String(), true
			}
			return "", false
		},
		set: func(key, value string) {
			i := find(key)
			if i < 0 {
				i = find("removed:" + strings.ReplaceAll(key, ":", "-"))
				put(i, "Key", key)
			}
			put(i, "Value", value)
		},
		remove: func(key string) { put(find(key), "Key", "removed:"+strings.ReplaceAll(key, ":", "-")) }, // a list can't be made shorter from here
	}
}
