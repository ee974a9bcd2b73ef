package ztcore

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"
	"golang.org/x/sync/errgroup"
)

// Scope is where a run takes place and on whose behalf. Kinds get one with each call.
type Scope struct {
	Config    aws.Config // clients are made from this one
	Account   string     // 12 digits
	Region    string
	Partition string // aws, aws-cn or aws-us-gov
	Caller    string // ARN of the identity that makes the calls
	Baseline  string // name of the baseline, the value of TagBaseline

	memo *memo
}

// openScope finds out whom the configuration belongs to.
func openScope(ctx context.Context, cfg aws.Config, baseline string) (*Scope, error) {
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return nil, fmt.Errorf("ztcore: no credentials could be had (set a profile, a role or an access key): %w", err)
	}
	if cfg.Retryer == nil {
		// One retryer a run: its retry quota is shared by the run's clients, and by no other account's.
		shared := newRetryer(cfg.RetryMode)
		cfg.Retryer = func() aws.Retryer { return shared }
	}
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("ztcore: finding out which account this is: %w", explain(err))
	}
	sc := &Scope{Config: cfg, Account: aws.ToString(who.Account), Region: cfg.Region, Caller: aws.ToString(who.Arn), Baseline: baseline, Partition: "aws"}
	if parts := strings.SplitN(sc.Caller, ":", 3); len(parts) == 3 {
		sc.Partition = parts[1]
	}
	return sc, nil
}

// checkConfig finds what a configuration lacks, before any call.
func checkConfig(cfg aws.Config) (missing []Finding) {
	if cfg.Region == "" {
		missing = append(missing, Finding{Attribute: "aws.Config.Region", Message: "no region is set", Fix: "set AWS_REGION, a profile's region, or config.WithRegion"})
	}
	if cfg.Credentials == nil {
		missing = append(missing, Finding{Attribute: "aws.Config.Credentials", Message: "no credentials are set", Fix: "load them with config.LoadDefaultConfig"})
	}
	return missing
}

func newRetryer(mode aws.RetryMode) aws.Retryer {
	if mode == aws.RetryModeAdaptive {
		return retry.NewAdaptiveMode()
	}
	return retry.NewStandard()
}

// reading is the scope of one round of reads, which share what they Memo.
func (sc *Scope) reading() *Scope {
	c := *sc
	c.memo = &memo{entries: map[string]*memoEntry{}}
	return &c
}

// creating is the scope of calls that must not be repeated blindly, because each would make another object. What they change, and what
// AWS answers, c keeps.
func (sc *Scope) creating(c *creation) *Scope {
	scope := *sc
	inner := sc.Config.Retryer
	scope.Config.Retryer = func() aws.Retryer { return provenRetryer{inner()} }
	token := middleware.InitializeMiddlewareFunc("ztcoreToken", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		in.Parameters = c.withToken(sc, in.Parameters)
		return next.HandleInitialize(ctx, in)
	})
	watch := middleware.InitializeMiddlewareFunc("ztcoreWrote", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
		out, md, err := next.HandleInitialize(ctx, in)
		if err == nil && !readsOnly.MatchString(awsmiddleware.GetOperationName(ctx)) {
			c.wrote(out.Result)
		}
		return out, md, err
	})
	scope.Config.APIOptions = append(slices.Clip(sc.Config.APIOptions), func(stack *middleware.Stack) error {
		if err := stack.Initialize.Add(token, middleware.Before); err != nil { // ahead of the SDK's own
			return err
		}
		return stack.Initialize.Add(watch, middleware.After)
	})
	return &scope
}

// readsOnly matches the names of operations that change nothing.
var readsOnly = regexp.MustCompile(`^(Describe|Get|List|Head|Search|Lookup|BatchGet|Simulate|Validate|Check)`)

// provenRetryer retries only what certainly had no effect. What became of the rest, the engine finds out by reading.
type provenRetryer struct{ aws.Retryer }

// IsErrorRetryable implements aws.Retryer.
func (r provenRetryer) IsErrorRetryable(err error) bool {
	return isThrottle(err) && r.Retryer.IsErrorRetryable(err)
}

// GetAttemptToken implements aws.RetryerV2.
func (r provenRetryer) GetAttemptToken(ctx context.Context) (func(error) error, error) {
	if v2, ok := r.Retryer.(aws.RetryerV2); ok {
		return v2.GetAttemptToken(ctx)
	}
	return r.Retryer.GetInitialToken(), nil
}

// Memo returns what load returned the first time it was called for this key in the same round of reads, so that
// kinds that read the same listing share one. The result must not be modified.
func Memo[T any](ctx context.Context, sc *Scope, key string, load func() (T, error)) (T, error) {
	if sc.memo == nil {
		return load()
	}
	sc.memo.mu.Lock()
	e, ok := sc.memo.entries[key]
	if !ok {
		e = &memoEntry{done: make(chan struct{})}
		sc.memo.entries[key] = e
	}
	sc.memo.mu.Unlock()
	if !ok {
		e.value, e.err = load()
		close(e.done)
	}
	select {
	case <-e.done:
	case <-ctx.Done():
		var zero T
		return zero, ctx.Err()
	}
	v, _ := e.value.(T)
	return v, e.err
}

type memo struct {
	mu      sync.Mutex
	entries map[string]*memoEntry
}

type memoEntry struct {
	done  chan struct{}
	value any
	err   error
}

// Each calls f for 0 to n-1 side by side and returns all errors joined. Kinds whose service has no batch operation use it in Read.
func Each(ctx context.Context, n int, f func(ctx context.Context, i int) error) error {
	if n == 1 {
		return f(ctx, 0)
	}
	errs := make([]error, n)
	var group errgroup.Group
	for i := range n {
		group.Go(func() error {
			errs[i] = f(ctx, i)
			return nil
		})
	}
	_ = group.Wait()
	return errors.Join(errs...)
}
