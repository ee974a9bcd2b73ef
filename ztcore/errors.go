package ztcore

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/seed-08ecc977/zerotrust/ztcore/permission"
)

// StepError is what went wrong with one resource. It wraps the SDK's error.
type StepError struct {
	Address Address
	Action  Action
	Err     error
}

func (e *StepError) Error() string { return fmt.Sprintf("%s: %s: %v", e.Address, e.Action, e.Err) }

// Unwrap returns the SDK's error, or the engine's.
func (e *StepError) Unwrap() error { return e.Err }

// StaleError says that the world is no longer what a plan was made from. Plan again.
type StaleError struct {
	Resources []StaleResource
}

// StaleResource is one resource that has changed since it was planned.
type StaleResource struct {
	Address Address
	Changes []Change // what differs now and was not in the plan
	Why     string   // where there is more to say
}

func (r StaleResource) String() string {
	parts := []string{}
	if r.Why != "" {
		parts = append(parts, r.Why)
	}
	for _, c := range r.Changes {
		parts = append(parts, c.String())
	}
	if r.Address == "" {
		return strings.Join(parts, "; ")
	}
	return string(r.Address) + ": " + strings.Join(parts, "; ")
}

func (e *StaleError) Error() string {
	return listed("the plan is stale, plan again", e.Resources)
}

// ConflictError lists the objects that exist under a resource's name and are not the baseline's.
type ConflictError struct {
	Steps []Step
}

func (e *ConflictError) Error() string { return listed("what exists is not ours", e.Steps) }

// UnsettledError says that a write did not show in reads for as long as the engine was to wait.
type UnsettledError struct {
	Remaining []Change      // what still differed in the last read
	Absent    bool          // the object was not found at all
	Removed   bool          // the write was a removal, and the object was still found
	After     time.Duration // how long the write had been acknowledged
	Last      error         // of the last read, if it failed
}

func (e *UnsettledError) Error() string {
	after := "did not settle in " + e.After.Round(time.Second).String()
	switch {
	case e.Last != nil:
		return after + "; the last read failed: " + e.Last.Error()
	case e.Removed:
		return after + "; reads still find it after its removal"
	case e.Absent:
		return after + "; reads still don't find it"
	}
	return listed(after+"; reads still show differences", e.Remaining)
}

// Unwrap returns the error of the last read.
func (e *UnsettledError) Unwrap() error { return e.Last }

// PermissionError names the permission that a call lacked. It wraps the SDK's error.
type PermissionError struct {
	// Action is the IAM action, as "ec2:CreateVpc": the one that AWS names, or else the operation's own.
	Action string
	// Candidates are all that the operation may have asked for, Action first, when AWS does not say which it was.
	Candidates []string
	Err        error
}

func (e *PermissionError) Error() string {
	if len(e.Candidates) > 1 {
		return fmt.Sprintf("the permission %s (or %s) is missing: %v", e.Action, strings.Join(e.Candidates[1:], ", "), e.Err)
	}
	return fmt.Sprintf("the permission %s is missing: %v", e.Action, e.Err)
}

// Unwrap returns the SDK's error.
func (e *PermissionError) Unwrap() error { return e.Err }

// explain adds to an SDK error what its reader needs to act on it.
func explain(err error) error {
	var op *smithy.OperationError
	denied := denial(err)
	if denied == nil || !errors.As(denied, &op) {
		return err
	}
	if named := deniedAction.FindStringSubmatch(denied.Error()); named != nil {
		return &PermissionError{Action: strings.ToLower(named[1]) + named[2], Err: err} // SNS writes its name in capitals
	}
	candidates := permission.Possible(op.ServiceID, op.OperationName)
	if len(candidates) == 0 { // what every caller may do is denied by a policy all the same
		candidates = []string{op.ServiceID + "." + op.OperationName}
	}
	return &PermissionError{Action: candidates[0], Candidates: candidates, Err: err}
}

// deniedAction is how AWS names the action that was not allowed.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
var deniedAction = regexp.MustCompile(`not authorized to perform: ([A-Za-z0-9-]+)(:[A-Za-z0-9]+)`)

// isDenied reports an error that says that a permission is missing.
func isDenied(err error) bool { return denial(err) != nil }

// denial finds the error that says so, in any branch of what a kind has joined.
func denial(err error) error {
	for e := err; e != nil; e = errors.Unwrap(e) {
		if joined, ok := e.(interface{ Unwrap() []error }); ok {
			for _, branch := range joined.Unwrap() {
				if d := denial(branch); d != nil {
					return d
				}
			}
			return nil
		}
	}
	if saysDenied(err) {
		return err
	}
	return nil
}

// saysDenied looks at the code: clocks, keys, MFA codes and subscriptions are answered with 403 as well.
func saysDenied(err error) bool {
	switch code(err) {
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "NotAuthorized", "AuthorizationError", "Forbidden", "ForbiddenException":
		return true
	case "", "UnknownError": // the SDK's word for an answer without a code
		var resp *awshttp.ResponseError
		return errors.As(err, &resp) && resp.HTTPStatusCode() == http.StatusForbidden
	}
	return false
}

// code is AWS's error code, or "".
func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// isThrottle reports an error that says "too many requests": nothing took effect.
func isThrottle(err error) bool {
	return retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary
}

// isAmbiguous reports an error after which the write may or may not have taken effect.
func isAmbiguous(err error) bool {
	var send *smithyhttp.RequestSendError
	var resp *awshttp.ResponseError
	var timeout net.Error
	switch {
	case errors.As(err, &send), errors.Is(err, context.DeadlineExceeded):
		return true
	case errors.As(err, &resp) && resp.HTTPStatusCode() >= 500:
		return true
	}
	return errors.As(err, &timeout) && timeout.Timeout()
}

// isCollision reports an error that says that something of the name exists, or that another write is under way.
func isCollision(err error) bool {
	c := code(err)
	if c == "BucketAlreadyExists" {
		return false // in another account: one's own has another code
	}
	for _, part := range []string{"AlreadyExists", "Duplicate", "AlreadyOwnedByYou", "ResourceExists", "EntityExists", "OperationAborted", "ConcurrentModification", "ConflictException", "ResourceConflict"} {
		if strings.Contains(c, part) {
			return true
		}
	}
	return false
}

// isTaken reports a refusal that may mean that another run has done the same thing, where the code does not say that it exists:
// a CIDR that is taken, a gateway that is already attached, a detector that already exists.
func isTaken(err error) bool {
	var api smithy.APIError
	return errors.As(err, &api) && (api.ErrorCode() == "InvalidSubnet.Conflict" || strings.Contains(api.ErrorCode(), "Already") || strings.Contains(api.ErrorMessage(), "already"))
}

// refusedToken reports an error that says that a client token was used before, for another request or for what is gone.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
func refusedToken(err error) bool { return strings.HasPrefix(code(err), "Idempotent") }

// ends reports an error that every further call would meet too, so that none should be started.
func ends(err error) bool {
	switch code(err) {
	case "ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired", "InvalidClientTokenId", "InvalidAccessKeyId", "UnrecognizedClientException":
		return true
	}
	return errors.Is(err, context.Canceled)
}

// notFound matches the codes with which AWS says that something it was asked to change is not there (yet).
var notFound = regexp.MustCompile(`NotFound|NoSuch`)
