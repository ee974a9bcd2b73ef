package fakeec2

import (
	"context"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// columns are what a Describe operation filters by: filter name → the object's values, any of which may match.
type columns[T any] map[string]func(*region, *T) []string

// query is how objects of one type are described.
type query[T any] struct {
	kind       kind
	id         func(*T) string
	columns    columns[T]
	visible    func(*T) bool // nil: all are
	idsOrPages bool          // MaxResults is refused together with ids
}

// asked is the part that Describe operations have in common.
type asked struct {
	ids     []string
	filters []types.Filter
	token   *string
	max     *int32
}

// list answers one page of the objects in t that were asked for.
func list[T any](ctx context.Context, r *region, t *table[T], q query[T], a asked) ([]*T, *string, error) {
	if q.idsOrPages && len(a.ids) > 0 && a.max != nil {
		return nil, nil, badCombination("The parameter %s ids cannot be used with the parameter maxResults", q.kind.resource)
	}
	items := t.Items
	if len(a.ids) > 0 {
		var err error
		if items, err = findAll(t, q.kind, a.ids); err != nil {
			return nil, nil, err
		}
	}
	conditions, err := compile(r, q, a.filters)
	if err != nil {
		return nil, nil, err
	}
	var found []*T
	for _, v := range items {
		if q.visible != nil && !q.visible(v) {
			if len(a.ids) > 0 {
				return nil, nil, q.kind.missing(q.id(v))
			}
			continue
		}
		if conditions.hold(r, v) {
			found = append(found, v)
		}
	}
	return page(ctx, found, a.token, a.max)
}

// page cuts a page. Without MaxResults a request is not paginated and answers everything; with it, EC2 takes 5 to
// 1000 (the "Pagination" section of EC2's API reference).
func page[T any](ctx context.Context, items []T, token *string, max *int32) ([]T, *string, error) {
	if max != nil && (*max < 5 || *max > 1000) {
		return nil, nil, invalidParameter("Value ( %d ) for parameter maxResults is invalid. Expecting a value between 5 and 1000.", *max)
	}
	items, next, ok := fakeaws.Page(ctx, items, token, max, len(items)+1)
	if !ok {
		return nil, nil, fakeaws.Error("InvalidNextToken", "The specified NextToken is not valid.")
	}
	return items, next, nil
}

type condition[T any] struct {
	values   func(*region, *T) []string
	literal  map[string]bool
	patterns []string
}

type conditions[T any] []condition[T]

// hold reports whether an object passes all filters. It passes one by any of its values matching any of the filter's.
func (c conditions[T]) hold(r *region, v *T) bool {
	for i := range c {
		if !c[i].holds(r, v) {
			return false
		}
	}
	return true
}

func (c *condition[T]) holds(r *region, v *T) bool {
	for _, value := range c.values(r, v) {
		if c.literal[value] {
			return true
		}
		for _, p := range c.patterns {
			if matches(p, value) {
				return true
			}
		}
	}
	return false
}

// compile checks filters: names are the operation's own, at most 50 filters with 200 values each ("Filtering", EC2 API reference).
func compile[T any](r *region, q query[T], filters []types.Filter) (conditions[T], error) {
	if len(filters) > 50 {
		return nil, fakeaws.Error("FilterLimitExceeded", "The maximum number of filters specified on a single call is 50")
	}
	var out conditions[T]
	for _, f := range filters {
		name := aws.ToString(f.Name)
		values := q.column(name)
		if values == nil {
			return nil, invalidParameter("The filter '%s' is invalid", name)
		}
		if len(f.Values) == 0 {
			return nil, invalidParameter("The filter '%s' has no values", name)
		}
		if len(f.Values) > 200 {
			return nil, fakeaws.Error("FilterLimitExceeded", "The maximum number of filter values specified on a single call is 200")
		}
		c := condition[T]{values: values, literal: map[string]bool{}}
		for _, v := range f.Values {
			if strings.ContainsAny(v, `*?\`) {
				c.patterns = append(c.patterns, v)
			} else {
				c.literal[v] = true
			}
		}
		out = append(out, c)
	}
	return out, nil
}

// column is what a filter looks at: one of the operation's own columns, or the tags of what can have tags.
func (q query[T]) column(name string) func(*region, *T) []string {
	if f := q.columns[name]; f != nil {
		return f
	}
	if q.id == nil {
		return nil
	}
	if key, ok := strings.CutPrefix(name, "tag:"); ok {
		return func(r *region, v *T) []string {
			if value, ok := r.Tags[q.id(v)][key]; ok {
				return []string{value}
			}
			return nil
		}
	}
	if name == "tag-key" {
		return func(r *region, v *T) []string {
			var keys []string
			for k := range r.Tags[q.id(v)] { // the order of values does not matter to a filter
				keys = append(keys, k)
			}
			return keys
		}
	}
	return nil
}

// matches is EC2's wildcard match: * for any characters, ? for one, and \ before a literal one.
func matches(pattern, s string) bool {
	for pattern != "" {
		switch {
		case pattern[0] == '*':
			for i := 0; i <= len(s); i++ {
				if matches(pattern[1:], s[i:]) {
					return true
				}
			}
			return false
		case s == "":
			return false
		case pattern[0] == '?':
		default:
			if pattern[0] == '\\' && len(pattern) > 1 {
				pattern = pattern[1:]
			}
			if pattern[0] != s[0] {
				return false
			}
		}
		pattern, s = pattern[1:], s[1:]
	}
	return s == ""
}

// one makes a column of a single value; an empty value is none.
func one[T any](f func(*T) string) func(*region, *T) []string {
	return func(_ *region, v *T) []string {
		if s := f(v); s != "" {
			return []string{s}
		}
		return nil
	}
}

// each makes a column of the values that a list in the object has.
func each[T, E any](items func(*T) []E, f func(E) string) func(*region, *T) []string {
	return func(_ *region, v *T) []string {
		var out []string
		for _, e := range items(v) {
			if s := f(e); s != "" {
				out = append(out, s)
			}
		}
		return out
	}
}

// owner is the column owner-id of what belongs to the region's account.
func owner[T any](r *region, _ *T) []string { return []string{r.Account} }

// constant is a column with the same value for every object.
func constant[T any](s string) func(*region, *T) []string {
	return func(*region, *T) []string { return []string{s} }
}

// none is a column for a documented filter on what nothing here has.
func none[T any](*region, *T) []string { return nil }

func boolText(b bool) string { return strconv.FormatBool(b) }

func intText[N int | int32 | int64](n N) string { return strconv.FormatInt(int64(n), 10) }
