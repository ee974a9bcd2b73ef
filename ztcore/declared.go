package ztcore

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
)

// declaration is the digest of all that a baseline declares for a node: every value of its state with the tokens as they stand,
// so that neither the account nor an earlier run changes it, and how it is to be treated. Options are approved on their own, so it is
// taken before they are applied.
//
// It can be tried offline by whoever knows the rest, so no secret is in it: of a field tagged secret only whether it is
// set, and of a type that writes its own JSON what that shows. Even a slow hash would give a short password away. What a secret is was
// never shown to who approved the plan; what says that it changed, as a version, is digested like any other value. Of a
// function nothing can be told but that there is one.
func (n *Node) declaration() string {
	var after []string
	for _, r := range n.refs {
		after = append(after, r.String())
	}
	slices.Sort(after)
	b := appendValue(nil, reflect.ValueOf(struct {
		Address    Address
		Mode       Mode
		Adopt      bool
		Exceptions []Exception
		Notes      []string
		After      []string
	}{n.address, n.mode, n.adopt, n.exceptions, n.notes, slices.Compact(after)}))
	return digest(n.schema.appendState(b, n.want))
}

// world is the digest of all that a plan was made from: if it is the same again, so is the plan. Secrets are left out.
func (p *Plan) world() string {
	var seen []*Step
	for i := range p.Steps {
		if p.Steps[i].have != nil {
			seen = append(seen, &p.Steps[i])
		}
	}
	slices.SortFunc(seen, func(a, b *Step) int { return strings.Compare(string(a.Address), string(b.Address)) })
	var b []byte
	for _, s := range seen {
		b = s.node.schema.appendState(appendText(b, 's', string(s.Address)), s.have)
	}
	return digest(b)
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// appendState appends a state's fields by their names, so that it matters neither in which order a set or a type has them.
func (s *schema) appendState(b []byte, state any) []byte {
	v := reflect.ValueOf(state)
	for _, name := range sortedKeys(s.byName) {
		f := s.fields[s.byName[name]]
		fv := v.Field(f.index)
		b = appendText(b, 'f', name)
		switch {
		case f.secret:
			b = append(b, 'x', boolByte(!fv.IsZero()))
		case f.set && !fv.IsNil():
			b = appendSorted(b, fv.Len(), func(i int) []byte { return appendValue(nil, fv.Index(i)) })
		default:
			b = appendValue(b, fv)
		}
	}
	return b
}

// appendValue appends plain data so that two values have the same bytes only if they are the same: each part with its kind and its
// length. There is nothing of the process in it, no address and no order of a map.
func appendValue(b []byte, v reflect.Value) []byte {
	if shown, ok := asShown(v); ok {
		return appendText(b, 'j', shown)
	}
	switch v.Kind() {
	case reflect.String:
		return appendText(b, 's', v.String())
	case reflect.Bool:
		return append(b, 'b', boolByte(v.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return binary.BigEndian.AppendUint64(append(b, 'i'), uint64(v.Int()))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return binary.BigEndian.AppendUint64(append(b, 'u'), v.Uint())
	case reflect.Float32, reflect.Float64:
		return binary.BigEndian.AppendUint64(append(b, 'd'), math.Float64bits(v.Float()))
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return append(b, 'n')
		}
		if v.Kind() == reflect.Interface {
			b = appendText(b, 't', v.Elem().Type().String())
		}
		return appendValue(append(b, 'p'), v.Elem())
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && v.IsNil() {
			return append(b, 'n')
		}
		b = binary.BigEndian.AppendUint64(append(b, 'l'), uint64(v.Len()))
		for i := range v.Len() {
			b = appendValue(b, v.Index(i))
		}
		return b
	case reflect.Map:
		if v.IsNil() {
			return append(b, 'n')
		}
		keys := v.MapKeys()
		return appendSorted(b, len(keys), func(i int) []byte { return appendValue(appendValue(nil, keys[i]), v.MapIndex(keys[i])) })
	case reflect.Struct:
		b = binary.BigEndian.AppendUint64(append(b, 'o'), uint64(v.NumField()))
		for i := range v.NumField() {
			b = appendValue(appendText(b, 'f', v.Type().Field(i).Name), v.Field(i))
		}
		return b
	}
	return append(b, 'x', boolByte(v.Kind() == reflect.Func && !v.IsNil()))
}

// asShown is the text of a value that says itself how it is shown.
func asShown(v reflect.Value) (string, bool) {
	if !v.IsValid() || !v.CanInterface() || v.Kind() == reflect.Interface || nilable(v) && v.IsNil() {
		return "", false
	}
	switch x := v.Interface().(type) {
	case time.Time:
		return x.UTC().Format(time.RFC3339Nano), true
	case json.Marshaler:
		return show(v), true
	}
	return "", false
}

func appendText(b []byte, kind byte, text string) []byte {
	return append(binary.BigEndian.AppendUint64(append(b, kind), uint64(len(text))), text...)
}

func appendSorted(b []byte, n int, part func(int) []byte) []byte {
	parts := make([][]byte, n)
	for i := range parts {
		parts[i] = part(i)
	}
	slices.SortFunc(parts, bytes.Compare)
	b = binary.BigEndian.AppendUint64(append(b, 'm'), uint64(n))
	for _, p := range parts {
		b = appendText(b, 'e', string(p))
	}
	return b
}

func boolByte(is bool) byte {
	if is {
		return 1
	}
	return 0
}
