package events

import (
	"errors"

	"github.com/aws/smithy-go"
)

func refusedWith(err error, code string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == code
}
