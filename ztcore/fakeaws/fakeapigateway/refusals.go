package fakeapigateway

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

func badRequest(format string, args ...any) error {
	return &types.BadRequestException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func notFound(format string, args ...any) error {
	return fakeaws.Status(http.StatusNotFound, &types.NotFoundException{Message: aws.String(fmt.Sprintf(format, args...))})
}

func conflict(format string, args ...any) error {
	return fakeaws.Status(http.StatusConflict, &types.ConflictException{Message: aws.String(fmt.Sprintf(format, args...))})
}

func str(s *string) string { return aws.ToString(s) }

// The page sizes of all listings.
// https://docs.aws.amazon.com/apigateway/latest/api/API_GetRestApis.html
const (
	usualPage   = 25
	largestPage = 500
)

// page lists by key.
func page[T any](ctx context.Context, all map[string]T, position *string, limit *int32) ([]T, *string, error) {
	if limit != nil && (*limit < 1 || *limit > largestPage) {
		return nil, nil, badRequest("Invalid limit parameter: it must be between 1 and %d", largestPage)
	}
	if limit == nil {
		limit = aws.Int32(usualPage)
	}
	var items []T
	for _, k := range slices.Sorted(maps.Keys(all)) {
		items = append(items, all[k])
	}
	out, next, ok := fakeaws.Page(ctx, items, position, limit, largestPage)
	if !ok {
		return nil, nil, badRequest("Invalid position parameter")
	}
	return out, next, nil
}

// known refuses a value that is not among those of the SDK's enum.
func known[E ~string](member string, value E, values []E) error {
	if value != "" && !slices.Contains(values, value) {
		return badRequest("Invalid enum value %s for %s", value, member)
	}
	return nil
}

// patch is one operation, understood by who applies it.
type patch struct{ op, path, value string }

// patches refuses what no resource takes: an unknown operation, or one without a path.
func patches(in []types.PatchOperation) ([]patch, error) {
	var out []patch
	for _, p := range in {
		if err := known("op", p.Op, p.Op.Values()); err != nil {
			return nil, err
		}
		if p.Op == "" || !strings.HasPrefix(str(p.Path), "/") {
			return nil, badRequest("Invalid patch operation specified. Must have an op and a path that begins with /")
		}
		out = append(out, patch{string(p.Op), *p.Path, str(p.Value)})
	}
	return out, nil
}

func (p patch) refused() error {
	return badRequest("Invalid patch path '%s' specified for op '%s'. Please choose supported operations", p.path, p.op)
}

// is reports whether the patch replaces the value at a path.
func (p patch) is(path string) bool { return p.op == "replace" && p.path == path }

func (p patch) bool() (*bool, error) {
	switch strings.ToLower(p.value) {
	case "true":
		return aws.Bool(true), nil
	case "false":
		return aws.Bool(false), nil
	}
	return nil, badRequest("Invalid patch value '%s' specified for op 'replace'. Must be one of: [true, false]", p.value)
}
