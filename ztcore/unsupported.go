package ztcore

import (
	"errors"
	"net/http"
	"slices"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// ReadError says which kind could not be read. It wraps the SDK's error.
type ReadError struct {
	Kind string
	Err  error
}

func (e *ReadError) Error() string { return "ztcore: reading " + e.Kind + ": " + e.Err.Error() }

// Unwrap returns the SDK's error.
func (e *ReadError) Unwrap() error { return e.Err }

// IsUnsupported reports an error that says that the endpoint does not know the operation or the service at all: a
// region where AWS does not offer it, or an emulator that lacks it.
func IsUnsupported(err error) bool {
	switch code(err) {
	case "":
	case "InvalidAction", "UnknownOperationException", "UnknownOperation", "NotImplemented":
		return true
	default:
		return false
	}
	// What is no AWS error and has no request id was not answered by AWS.
	var resp *awshttp.ResponseError
	var api smithy.APIError
	if !errors.As(err, &resp) || errors.As(err, &api) || resp.ServiceRequestID() != "" {
		return false
	}
	switch resp.HTTPStatusCode() {
	case http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusInternalServerError, http.StatusNotImplemented:
		return true
	}
	return false
}

// Unsupported lists the kinds that a plan could not read because the endpoint does not offer them, so that the plan can be
// made again with LeaveOut. It lists none if anything else went wrong as well.
func Unsupported(err error) []string {
	var kinds []string
	var walk func(err error) bool
	walk = func(err error) bool {
		if joined, ok := err.(interface{ Unwrap() []error }); ok {
			for _, e := range joined.Unwrap() {
				if !walk(e) {
					return false
				}
			}
			return true
		}
		read, ok := err.(*ReadError)
		if ok && allUnsupported(read.Err) {
			kinds = append(kinds, read.Kind)
		}
		return ok && allUnsupported(read.Err)
	}
	if err == nil || !walk(err) {
		return nil
	}
	slices.Sort(kinds)
	return slices.Compact(kinds)
}

// allUnsupported looks into what a kind has joined.
func allUnsupported(err error) bool {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			if !allUnsupported(e) {
				return false
			}
		}
		return true
	}
	return IsUnsupported(err)
}

// LeaveOut leaves kinds out of a plan as Ignore does, for endpoints that do not offer them. The plan says so. What other resources
// refer to must be known without reading: a reference to more than that is an *InvalidError.
func LeaveOut(kinds ...string) PlanOption {
	return func(o *planOptions) {
		for _, k := range kinds {
			o.leaveOut[k] = true
		}
	}
}
