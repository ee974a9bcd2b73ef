package fakeaws

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"sort"
	"strings"
)

// Essence is Snapshot less what differs between two clouds in which the same was done in another order or at another time: moments, the
// ids that AWS makes up, and the order of lists. An id of something that bears the tag that tag names stands as that tag's value, any
// other as "*"; tag "" knows none. What exists twice in one of the two, is missing, or is tied to something else, shows.
func (c *Cloud) Essence(tag string) string {
	var world any
	if err := json.Unmarshal([]byte(c.Snapshot()), &world); err != nil {
		panic("fakeaws: " + err.Error())
	}
	names := map[string]string{}
	collect(world, "", tag, names)
	ids := make([]string, 0, len(names))
	for id := range names {
		ids = append(ids, id)
	}
	sort.Slice(ids, func(i, j int) bool { // a longer one may hold a shorter one
		return len(ids[i]) > len(ids[j]) || len(ids[i]) == len(ids[j]) && ids[i] < ids[j]
	})
	pairs := make([]string, 0, 2*len(ids))
	for _, id := range ids {
		pairs = append(pairs, id, names[id])
	}
	out, err := marshal(canonical(world, strings.NewReplacer(pairs...)), " ")
	if err != nil {
		panic("fakeaws: " + err.Error())
	}
	return out
}

func marshal(v any, indent string) (string, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", indent)
	err := enc.Encode(v)
	return b.String(), err
}

// madeUp matches what looks like an id wherever it stands.
var (
	madeUp   = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|-[0-9a-f]{6,17}\b|\bA[A-Z]{3}[A-Z2-7]{16,}\b|\b[0-9a-f]{16,64}\b|\b02(:[0-9a-f]{2}){5}\b`)
	suffix   = regexp.MustCompile(`(:secret:.*)-[A-Za-z0-9]{6}$`)
	address  = regexp.MustCompile(`^\d+\.\d+\.\d+\.\d+$`) // which of a block's addresses an interface has
	time3339 = regexp.MustCompile(`\b[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)
	account  = regexp.MustCompile(`^\d{12}$`)
)

// collect finds the ids of what has tags, and those of what has none.
func collect(v any, key, tag string, names map[string]string) {
	switch v := v.(type) {
	case map[string]any:
		name := tagValue(v["Tags"], tag)
		for k, e := range v {
			if text, ok := e.(string); ok && (k == "ID" || k == "Id" || k == "ClientId") && text != "" && !account.MatchString(text) {
				note(names, text, name)
				if text == key {
					note(names, key, name)
				}
			}
			// EC2 keeps tags by id.
			if tags, ok := e.(map[string]any); ok && k == "Tags" {
				for id, of := range tags {
					if n := tagValue(of, tag); n != "" {
						note(names, id, n)
					}
				}
			}
			collect(e, k, tag, names)
		}
	case []any:
		for _, e := range v {
			collect(e, "", tag, names)
		}
	}
}

func note(names map[string]string, id, name string) {
	if name == "" && names[id] != "" {
		return
	}
	if name == "" {
		name = "*"
	}
	names[id] = name
}

// tagValue reads a tag of a map or of a list of pairs.
func tagValue(tags any, key string) string {
	switch tags := tags.(type) {
	case map[string]any:
		s, _ := tags[key].(string)
		return s
	case []any:
		for _, t := range tags {
			if pair, ok := t.(map[string]any); ok && pair["Key"] == key {
				s, _ := pair["Value"].(string)
				return s
			}
		}
	}
	return ""
}

// canonical rewrites strings, sorts lists, and makes lists of maps whose keys are made up.
func canonical(v any, ids *strings.Replacer) any {
	switch v := v.(type) {
	case string:
		return forget(ids.Replace(v))
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = canonical(e, ids)
		}
		return sorted(out)
	case map[string]any:
		out := map[string]any{}
		for k, e := range v {
			name, e := forget(ids.Replace(k)), canonical(e, ids)
			if name != k {
				list, _ := out[name].([]any)
				out[name] = append(list, e)
				continue
			}
			out[name] = e
		}
		for k, e := range out {
			if list, ok := e.([]any); ok {
				out[k] = sorted(list)
			}
		}
		return out
	}
	return v
}

func forget(s string) string {
	s = madeUp.ReplaceAllString(suffix.ReplaceAllString(s, "$1-*"), "*")
	return address.ReplaceAllString(time3339.ReplaceAllString(s, "some time"), "some address")
}

func sorted(list []any) []any {
	texts := make(map[int]string, len(list))
	order := make([]int, len(list))
	for i, e := range list {
		texts[i], _ = marshal(e, "")
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(texts[a], texts[b]) })
	out := make([]any, len(list))
	for i, at := range order {
		out[i] = list[at]
	}
	return out
}
