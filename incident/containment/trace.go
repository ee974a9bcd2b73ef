package containment

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"
)

// trace collects the requests that are made with a configuration.
type trace struct {
	mu    sync.Mutex
	calls []Call
}

// on is a configuration whose requests are collected, each attempt by itself.
func (t *trace) on(cfg aws.Config) aws.Config {
	cfg = cfg.Copy()
	collect := middleware.DeserializeMiddlewareFunc("containmentTrace", func(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (middleware.DeserializeOutput, middleware.Metadata, error) {
		out, md, err := next.HandleDeserialize(ctx, in)
		c := Call{Action: prefixOf(awsmiddleware.GetServiceID(ctx)) + ":" + awsmiddleware.GetOperationName(ctx), Time: time.Now().UTC()}
		c.RequestID, _ = awsmiddleware.GetRequestIDMetadata(md)
		if err != nil {
			c.Error = err.Error()
		}
		t.mu.Lock()
		defer t.mu.Unlock()
		t.calls = append(t.calls, c)
		return out, md, err
	})
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), func(stack *middleware.Stack) error { return stack.Deserialize.Add(collect, middleware.Before) })
	return cfg
}

// prefixOf is the prefix of a service's IAM actions, by the SDK's name for it: "Elastic Load Balancing v2" is elasticloadbalancing.
func prefixOf(serviceID string) string {
	return strings.TrimSuffix(strings.ToLower(strings.ReplaceAll(serviceID, " ", "")), "v2")
}
