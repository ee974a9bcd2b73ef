package fakesecretsmanager

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

func checkFilters(filters []types.Filter) error {
	for _, f := range filters {
		known := false
		for _, k := range f.Key.Values() {
			known = known || k == f.Key
		}
		if !known || len(f.Values) < 1 || len(f.Values) > 10 {
			return invalidParameter("Invalid filter %s: one of the documented keys with 1 to 10 values is needed.", f.Key)
		}
	}
	return nil
}

// matches reports whether a secret passes all filters, one of the values of each. A value is the beginning of what it
// is compared with; one that starts with ! excludes.
// https://docs.aws.amazon.com/secretsmanager/latest/APIReference/API_Filter.html
func (x *Secret) matches(filters []types.Filter) bool {
	for _, f := range filters {
		hit := false
		for _, v := range f.Values {
			want, not := strings.CutPrefix(v, "!")
			hit = hit || x.has(f.Key, want) != not
		}
		if !hit {
			return false
		}
	}
	return true
}

// has compares names and tags with their case, descriptions and "all" without.
func (x *Secret) has(key types.FilterNameStringType, want string) bool {
	folded := strings.ToLower(want)
	tag := func(part func(key, value string) string) bool {
		for k, v := range x.Tags {
			if strings.HasPrefix(part(k, v), want) {
				return true
			}
		}
		return false
	}
	tagKey := func(k, _ string) string { return k }
	tagValue := func(_, v string) string { return v }
	switch key {
	case types.FilterNameStringTypeName:
		return strings.HasPrefix(x.Name, want)
	case types.FilterNameStringTypeDescription:
		return strings.HasPrefix(strings.ToLower(x.Description), folded)
	case types.FilterNameStringTypeTagKey:
		return tag(tagKey)
	case types.FilterNameStringTypeTagValue:
		return tag(tagValue)
	case types.FilterNameStringTypeAll:
		texts := []string{x.Name, x.Description}
		for k, v := range x.Tags {
			texts = append(texts, k, v)
		}
		for _, t := range texts {
			if strings.Contains(strings.ToLower(t), folded) {
				return true
			}
		}
	}
	return false // no secret here is replicated or owned by a service
}
