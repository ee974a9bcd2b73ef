package fakeaws

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

type inputKey struct{}

// apiOptions puts the cloud in the place of one step of the SDK's stack. Everything above that step
// (validation, idempotency tokens, serialization, endpoint rules, signing, retries) is the SDK's own.
func apiOptions(c *Cloud, account, region string) []func(*middleware.Stack) error {
	return []func(*middleware.Stack) error{func(stack *middleware.Stack) error {
		keepInput := middleware.SerializeMiddlewareFunc("fakeawsInput", func(ctx context.Context, in middleware.SerializeInput, next middleware.SerializeHandler) (middleware.SerializeOutput, middleware.Metadata, error) {
			return next.HandleSerialize(middleware.WithStackValue(ctx, inputKey{}, in.Parameters), in)
		})
		if err := stack.Serialize.Add(keepInput, middleware.Before); err != nil {
			return err
		}
		answer := middleware.DeserializeMiddlewareFunc("OperationDeserializer", func(ctx context.Context, in middleware.DeserializeInput, _ middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
			// The SDK notes the server's time below the step that is replaced, so it does that here.
			return (&awsmiddleware.RecordResponseTiming{}).HandleDeserialize(ctx, in, middleware.DeserializeHandlerFunc(func(ctx context.Context, in middleware.DeserializeInput) (middleware.DeserializeOutput, middleware.Metadata, error) {
				return c.deserialize(ctx, in, account, region)
			}))
		})
		if _, sends := stack.Deserialize.Get("OperationDeserializer"); !sends {
			return nil // the stack only presigns a request, as EC2's client does to copy a snapshot
		}
		_, err := stack.Deserialize.Swap("OperationDeserializer", answer)
		return err
	}}
}

func (c *Cloud) deserialize(ctx context.Context, in middleware.DeserializeInput, account, region string) (out middleware.DeserializeOutput, md middleware.Metadata, err error) {
	who := Caller{Account: account, ARN: "arn:" + Partition(region) + ":iam::" + account + ":user/administrator", UserID: "AIDAADMINISTRATOR" + account}
	if r := awsmiddleware.GetRegion(ctx); r != "" {
		region = r
	}
	if req, ok := in.Request.(*smithyhttp.Request); ok {
		key, signedRegion := signer(req.Header.Get("Authorization"))
		if awsmiddleware.GetRegion(ctx) == "" && signedRegion != "" {
			region = signedRegion
		}
		c.mu.Lock()
		if w, ok := c.keys[key]; ok {
			who = w
		}
		c.mu.Unlock()
	}
	call := Call{
		Service: awsmiddleware.GetServiceID(ctx), Operation: awsmiddleware.GetOperationName(ctx),
		Account: who.Account, Region: region, Caller: who,
		Input: middleware.GetStackValue(ctx, inputKey{}), Start: time.Now(), RequestID: c.UUID(),
	}
	result, err := c.serve(ctx, call)
	var lost *smithyhttp.RequestSendError
	if errors.As(err, &lost) || ctx.Err() != nil && err != nil {
		return out, md, err // no answer: there is no response to show
	}
	status := http.StatusOK
	if err != nil {
		status = statusOf(err)
		var st *statusError
		if errors.As(err, &st) {
			err = st.err
		}
	}
	out.Result = result
	out.RawResponse = &smithyhttp.Response{Response: &http.Response{
		StatusCode: status,
		Status:     fmt.Sprintf("%d %s", status, http.StatusText(status)),
		Header:     http.Header{"X-Amzn-Requestid": {call.RequestID}, "X-Amz-Request-Id": {call.RequestID}, "Date": {c.Now().UTC().Format(http.TimeFormat)}},
		Body:       http.NoBody,
	}}
	return out, md, err
}

// signer reads the access key and the region from the scope of a SigV4 Authorization header.
func signer(header string) (key, region string) {
	_, rest, ok := strings.Cut(header, "Credential=")
	if !ok {
		return "", ""
	}
	rest, _, _ = strings.Cut(rest, ",")
	parts := strings.Split(rest, "/")
	if len(parts) != 5 {
		return parts[0], ""
	}
	return parts[0], parts[2]
}

// noNetwork fails whatever the swap did not catch, so that nothing ever leaves the process.
type noNetwork struct{}

func (noNetwork) Do(r *http.Request) (*http.Response, error) {
	return nil, &NotFakedError{Operation: r.Method + " " + r.URL.Host, Why: "the request was about to leave the process"}
}
