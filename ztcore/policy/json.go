package policy

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// JSON is the document as it is sent to AWS: without white space, elements and conditions in a fixed order, lists of one
// as their element. Statements and values keep their order. It is "" for the zero Document.
func (d Document) JSON() string {
	if d.IsZero() {
		return ""
	}
	var b bytes.Buffer
	b.WriteString(`{"Version":`)
	if d.Version == "" {
		writeString(&b, Version2012)
	} else {
		writeString(&b, d.Version)
	}
	if d.ID != "" {
		b.WriteString(`,"Id":`)
		writeString(&b, d.ID)
	}
	b.WriteString(`,"Statement":[`)
	for i, s := range d.Statements {
		if i > 0 {
			b.WriteByte(',')
		}
		s.write(&b)
	}
	b.WriteString("]}")
	return b.String()
}

// Pretty is the document for people: JSON with two spaces of indentation.
func (d Document) Pretty() string {
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(d.JSON()), "", "  "); err != nil {
		return d.JSON() // the zero Document, which has no text
	}
	return b.String()
}

// String is JSON.
func (d Document) String() string { return d.JSON() }

// MarshalJSON embeds the document as a JSON object; the zero Document is null.
func (d Document) MarshalJSON() ([]byte, error) {
	if d.IsZero() {
		return []byte("null"), nil
	}
	return []byte(d.JSON()), nil
}

// UnmarshalJSON reads what MarshalJSON wrote, or any document that Parse takes.
func (d *Document) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		*d = Document{}
		return nil
	}
	parsed, err := Parse(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// write appends the statement as a JSON object.
func (s Statement) write(b *bytes.Buffer) {
	sep := byte('{')
	element := func(name string) {
		b.WriteByte(sep)
		sep = ','
		writeString(b, name)
		b.WriteByte(':')
	}
	if s.Sid != "" {
		element("Sid")
		writeString(b, s.Sid)
	}
	if s.Effect != "" {
		element("Effect")
		writeString(b, string(s.Effect))
	}
	if s.Principals != nil {
		element("Principal")
		writePrincipals(b, s.Principals)
	}
	if s.NotPrincipals != nil {
		element("NotPrincipal")
		writePrincipals(b, s.NotPrincipals)
	}
	for _, e := range []struct {
		name string
		list []string
	}{
		{"Action", s.Actions}, {"NotAction", s.NotActions}, {"Resource", s.Resources}, {"NotResource", s.NotResources},
	} {
		if e.list != nil {
			element(e.name)
			writeList(b, e.list)
		}
	}
	if s.Conditions != nil {
		element("Condition")
		writeConditions(b, s.Conditions)
	}
	if sep == '{' {
		b.WriteByte('{')
	}
	b.WriteByte('}')
}

func writePrincipals(b *bytes.Buffer, principals []Principal) {
	if len(principals) == 1 && principals[0].Type == typeAnyone {
		writeString(b, "*")
		return
	}
	byType := map[string][]string{}
	for _, p := range principals {
		if p.Type == typeAnyone { // "*" stands alone in JSON; within a map its equal is {"AWS":"*"}
			p = Principal{Type: typeAWS, ID: "*"}
		}
		byType[p.Type] = append(byType[p.Type], p.ID)
	}
	b.WriteByte('{')
	for i, typ := range sortedKeys(byType) {
		if i > 0 {
			b.WriteByte(',')
		}
		writeString(b, typ)
		b.WriteByte(':')
		writeList(b, byType[typ])
	}
	b.WriteByte('}')
}

// writeConditions writes a map of operators to maps of keys, both sorted.
func writeConditions(b *bytes.Buffer, conditions []Condition) {
	sorted := mergeConditions(conditions)
	slices.SortFunc(sorted, func(x, y Condition) int {
		if c := strings.Compare(x.Operator, y.Operator); c != 0 {
			return c
		}
		return strings.Compare(x.Key, y.Key)
	})
	b.WriteByte('{')
	for i, c := range sorted {
		switch {
		case i > 0 && c.Operator == sorted[i-1].Operator:
			b.WriteByte(',')
		case i > 0:
			b.WriteString("},")
			fallthrough
		default:
			writeString(b, c.Operator)
			b.WriteString(":{")
		}
		writeString(b, c.Key)
		b.WriteByte(':')
		writeList(b, c.Values)
	}
	if len(sorted) > 0 {
		b.WriteByte('}')
	}
	b.WriteByte('}')
}

// mergeConditions joins the conditions that share operator and key (case aside) into one with the values of both.
func mergeConditions(conditions []Condition) []Condition {
	out := make([]Condition, 0, len(conditions))
	for _, c := range conditions {
		same := slices.IndexFunc(out, func(o Condition) bool {
			return strings.EqualFold(o.Operator, c.Operator) && strings.EqualFold(o.Key, c.Key)
		})
		if same < 0 {
			out = append(out, c)
			continue
		}
		out[same].Values = slices.Concat(out[same].Values, c.Values)
	}
	return out
}

// writeList writes a list of one as its element.
func writeList(b *bytes.Buffer, list []string) {
	if len(list) == 1 {
		writeString(b, list[0])
		return
	}
	b.WriteByte('[')
	for i, s := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		writeString(b, s)
	}
	b.WriteByte(']')
}

// writeString quotes s without HTML escapes, which would count against AWS's size limits.
func writeString(b *bytes.Buffer, s string) {
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		panic("policy: a string has no JSON form: " + err.Error()) // a string always has
	}
	b.Truncate(b.Len() - 1) // Encode ends with a line break
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
