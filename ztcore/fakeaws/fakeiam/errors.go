package fakeiam

import (
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

func noSuchEntity(format string, args ...any) error {
	return fakeaws.Status(http.StatusNotFound, &types.NoSuchEntityException{Message: text(format, args)})
}

func alreadyExists(format string, args ...any) error {
	return fakeaws.Status(http.StatusConflict, &types.EntityAlreadyExistsException{Message: text(format, args)})
}

func deleteConflict(format string, args ...any) error {
	return fakeaws.Status(http.StatusConflict, &types.DeleteConflictException{Message: text(format, args)})
}

func limitExceeded(format string, args ...any) error {
	return fakeaws.Status(http.StatusConflict, &types.LimitExceededException{Message: text(format, args)})
}

func malformedPolicy(format string, args ...any) error {
	return &types.MalformedPolicyDocumentException{Message: text(format, args)}
}

func unmodifiable(name string) error {
	return &types.UnmodifiableEntityException{Message: text("Cannot perform the operation on the protected role '%s' - this role is only modifiable by AWS", []any{name})}
}

func invalidInput(format string, args ...any) error {
	return &types.InvalidInputException{Message: text(format, args)}
}

// invalid is IAM's ValidationError, which the SDK has no type for.
func invalid(format string, args ...any) error {
	return fakeaws.Error("ValidationError", format, args...)
}

func text(format string, args []any) *string {
	s := fmt.Sprintf(format, args...)
	return &s
}
