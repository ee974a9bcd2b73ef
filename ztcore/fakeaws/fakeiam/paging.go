package fakeiam

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// IAM's pages hold 100 items unless MaxItems says otherwise, and 1000 at most.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListRoles.html
const (
	usualPage = 100
	largePage = 1000
)

func page[E any](ctx context.Context, items []E, marker *string, maxItems *int32) (out []E, truncated bool, next *string, err error) {
	if maxItems != nil && (*maxItems < 1 || *maxItems > largePage) {
		return nil, false, nil, invalid("1 validation error detected: Value '%d' at 'maxItems' failed to satisfy constraint: Member must have value between 1 and %d", *maxItems, largePage)
	}
	if maxItems == nil {
		maxItems = aws.Int32(usualPage)
	}
	out, next, ok := fakeaws.Page(ctx, items, marker, maxItems, largePage)
	if !ok {
		return nil, false, nil, invalid("Invalid Marker.")
	}
	return out, next != nil, next, nil
}

// under keeps what lies below a path prefix.
func under[E any](items []E, prefix *string, path func(E) string) []E {
	if aws.ToString(prefix) == "" || *prefix == "/" {
		return items
	}
	var out []E
	for _, it := range items {
		if strings.HasPrefix(path(it), *prefix) {
			out = append(out, it)
		}
	}
	return out
}

// each converts one by one; the result is never nil, as AWS answers empty lists.
func each[A, B any](items []A, convert func(A) B) []B {
	out := make([]B, 0, len(items))
	for _, it := range items {
		out = append(out, convert(it))
	}
	return out
}
