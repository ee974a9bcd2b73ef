package fakessm

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// invalid is the code with which Systems Manager answers whatever breaks the constraints of its model.
func invalid(format string, args ...any) error {
	return fakeaws.Error("ValidationException", format, args...)
}

// length refuses a string that is too short or too long.
func length(member, value string, least, most int) error {
	if n := len([]rune(value)); n < least || n > most {
		return invalid("1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have length between %d and %d", member, least, most)
	}
	return nil
}

// oneOf refuses a value that is not among an enumeration's; an empty one is left to the default.
func oneOf[E ~string](member string, value E, all []E) error {
	if value == "" || slices.Contains(all, value) {
		return nil
	}
	names := make([]string, len(all))
	for i, v := range all {
		names[i] = string(v)
	}
	return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must satisfy enum value set: [%s]", string(value), member, strings.Join(names, ", "))
}

// page cuts a page out of a list, whose size AWS holds to from 1 to most.
func page[E any](ctx context.Context, items []E, token *string, limit *int32, most int) ([]E, *string, error) {
	if limit != nil && (*limit < 1 || int(*limit) > most) {
		return nil, nil, invalid("1 validation error detected: Value '%d' at 'maxResults' failed to satisfy constraint: Member must be between 1 and %d", *limit, most)
	}
	out, next, ok := fakeaws.Page(ctx, items, token, limit, most)
	if !ok {
		return nil, nil, &types.InvalidNextToken{Message: aws.String("The specified token is not valid.")}
	}
	return out, next, nil
}

// repeated returns the result of an earlier request with the same client token; with another content it is refused.
func (r *region) repeated(operation string, token *string, in any) (string, error) {
	if token == nil {
		return "", nil
	}
	before, ok := r.Tokens[*token]
	if !ok {
		return "", nil
	}
	if before.Operation != operation || before.Input != canonical(in) {
		return "", &types.IdempotentParameterMismatch{Message: aws.String("The client token was used with other parameters.")}
	}
	return before.Result, nil
}

func (r *region) remember(operation string, token *string, in any, result string) {
	if token != nil {
		r.Tokens[*token] = request{operation, canonical(in), result}
	}
}

func canonical(in any) string {
	b, err := json.Marshal(in)
	if err != nil {
		panic("fakessm: an input has no JSON form: " + err.Error())
	}
	return string(b)
}

func notFaked(ctx context.Context, member, why string) error {
	call := fakeaws.CallFrom(ctx)
	return &fakeaws.NotFakedError{Service: call.Service, Operation: call.Operation, Member: member, Why: why}
}

func arn(ctx context.Context, resource string) string {
	call := fakeaws.CallFrom(ctx)
	return fmt.Sprintf("arn:%s:ssm:%s:%s:%s", call.Partition(), call.Region, call.Account, resource)
}
