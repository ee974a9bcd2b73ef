package fakeaws

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// NotFakedError says that a test reached the end of what the fakes model. It is never retried, and is no
// smithy.APIError, so no program mistakes it for an answer of AWS.
type NotFakedError struct {
	Service   string
	Operation string
	Member    string // of the operation's input; empty when the whole operation is not faked
	Why       string
}

func (e *NotFakedError) Error() string {
	at := e.Operation
	if e.Service != "" {
		at = e.Service + "." + at
	}
	if e.Member != "" {
		at += "(" + e.Member + ")"
	}
	return "fakeaws: " + at + ": " + e.Why
}

// Error makes an AWS error with a code and no modelled type, as most of EC2's are, answered with HTTP 400.
// Use the SDK's own error type where it has one.
func Error(code, format string, args ...any) error {
	return &smithy.GenericAPIError{Code: code, Message: fmt.Sprintf(format, args...), Fault: smithy.FaultClient}
}

// Status answers err with the given HTTP status.
func Status(status int, err error) error { return &statusError{status: status, err: err} }

type statusError struct {
	status int
	err    error
}

func (e *statusError) Error() string { return e.err.Error() }
func (e *statusError) Unwrap() error { return e.err }

func statusOf(err error) int {
	var st *statusError
	var api smithy.APIError
	switch {
	case errors.As(err, &st):
		return st.status
	case errors.As(err, &api) && api.ErrorFault() == smithy.FaultServer:
		return http.StatusInternalServerError
	}
	return http.StatusBadRequest
}

// Lost is what a caller sees when the answer to its request never arrives: a transport error of the SDK, which
// its retryer retries. As Fault.After it means that the effect took place all the same.
func Lost() error { return &smithyhttp.RequestSendError{Err: io.ErrUnexpectedEOF} }

// Throttled is AWS's answer to too many requests, which the SDK's retryer backs off from. Nothing took effect.
func Throttled() error {
	return &smithy.GenericAPIError{Code: "ThrottlingException", Message: "Rate exceeded", Fault: smithy.FaultClient}
}

// Denied is AWS's answer to a caller who lacks the permission.
func Denied(action string) error {
	return Status(http.StatusForbidden, Error("AccessDenied", "User is not authorized to perform: %s", action))
}
