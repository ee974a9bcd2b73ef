package fakecognitoidentityprovider

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

func invalid(format string, args ...any) error {
	return &types.InvalidParameterException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func notFound(format string, args ...any) error {
	return &types.ResourceNotFoundException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func (s *Service) pool(ctx context.Context, id *string) (*Pool, error) {
	if p := s.store.In(ctx).Pools[aws.ToString(id)]; p != nil {
		return p, nil
	}
	return nil, notFound("User pool %s does not exist.", aws.ToString(id))
}

// page lists by key. Cognito wants a page size from 1 to most.
func page[T any](ctx context.Context, all map[string]T, token *string, limit *int32, most int) ([]T, *string, error) {
	if limit != nil && (*limit < 1 || int(*limit) > most) {
		return nil, nil, invalid("1 validation error detected: Value '%d' at 'maxResults' failed to satisfy constraint: Member must have value between 1 and %d", *limit, most)
	}
	var items []T
	for _, k := range slices.Sorted(maps.Keys(all)) {
		items = append(items, all[k])
	}
	out, next, ok := fakeaws.Page(ctx, items, token, limit, most)
	if !ok {
		return nil, nil, invalid("Invalid pagination token given.")
	}
	return out, next, nil
}

// known refuses a value that is not among those of the SDK's enum.
func known[E ~string](member string, value E, values []E) error {
	if value != "" && !slices.Contains(values, value) {
		return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy enum value set: %v", value, member, values)
	}
	return nil
}
