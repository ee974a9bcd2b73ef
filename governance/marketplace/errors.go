package marketplace

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/aws/smithy-go"
)

// Error is AWS's answer to a request that it refuses. Its codes are AccessDeniedException, InternalServerException,
// ThrottlingException and ValidationException, and those that all of AWS's services have.
type Error struct {
	Code      string
	Message   string
	Reason    string // of a ValidationException, as INVALID_PAGINATION_TOKEN
	Status    int    // of HTTP
	RequestID string
}

var _ smithy.APIError = (*Error)(nil)

// Error says code, message and request id.
func (e *Error) Error() string {
	text := e.Code + ": " + e.Message
	if e.Reason != "" {
		text += " (" + e.Reason + ")"
	}
	return fmt.Sprintf("https response error StatusCode: %d, RequestID: %s, %s", e.Status, e.RequestID, text)
}

// ErrorCode implements smithy.APIError.
func (e *Error) ErrorCode() string { return e.Code }

// ErrorMessage implements smithy.APIError.
func (e *Error) ErrorMessage() string { return e.Message }

// ErrorFault implements smithy.APIError.
func (e *Error) ErrorFault() smithy.ErrorFault {
	if e.Status >= 500 {
		return smithy.FaultServer
	}
	return smithy.FaultClient
}

// HTTPStatusCode is what the SDK's retryers look at.
func (e *Error) HTTPStatusCode() int { return e.Status }

// ServiceRequestID is what AWS's support asks for.
func (e *Error) ServiceRequestID() string { return e.RequestID }

// refusal reads an error; what is no JSON, as of a proxy, keeps its status.
// https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html#operation-error-serialization
func refusal(resp *http.Response, body []byte) *Error {
	e := &Error{Status: resp.StatusCode, RequestID: resp.Header.Get("X-Amzn-Requestid"), Code: resp.Header.Get("X-Amzn-Errortype")}
	var said struct{ Type, Code, Message, Reason string }
	var raw struct {
		Type string `json:"__type"`
	}
	if json.Unmarshal(body, &said) == nil && json.Unmarshal(body, &raw) == nil {
		e.Message, e.Reason = said.Message, said.Reason
		for _, code := range []string{raw.Type, said.Code} {
			if e.Code == "" {
				e.Code = code
			}
		}
	}
	e.Code, _, _ = strings.Cut(e.Code, ":")
	e.Code = e.Code[strings.LastIndexByte(e.Code, '#')+1:]
	if e.Code == "" {
		e.Code, e.Message = "UnknownError", http.StatusText(resp.StatusCode)
	}
	return e
}
