package appsec

import (
	"errors"

	cognito "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// unlessAbsent is nil for Cognito's answer that there is no such object.
func unlessAbsent(err error) error {
	if absent := new(cognito.ResourceNotFoundException); errors.As(err, &absent) {
		return nil
	}
	return err
}

// present leaves out what was not found.
func present[S any](found []*S) []S {
	var out []S
	for _, f := range found {
		if f != nil {
			out = append(out, *f)
		}
	}
	return out
}

// enums and texts convert lists between the SDK's types and plain strings.
func enums[E ~string](from []string) (out []E) {
	for _, s := range from {
		out = append(out, E(s))
	}
	return out
}

func texts[E ~string](from []E) (out []string) {
	for _, s := range from {
		out = append(out, string(s))
	}
	return out
}
