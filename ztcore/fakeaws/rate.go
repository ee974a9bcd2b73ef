package fakeaws

import (
	"net/http"
	"reflect"
	"time"

	"github.com/aws/smithy-go"
)

// Rate is a token bucket, as AWS limits requests with: of each account, region and operation on its own.
type Rate struct {
	Service   string          // the SDK's service id, as "EC2"; empty for any
	Match     func(Call) bool // nil for all of the service's operations
	Burst     float64         // how many requests at once
	PerSecond float64         // how many more each second
	Code      string          // of the refusal; ThrottlingException if empty
}

// EC2Rates are those that AWS publishes for EC2: 100 reads at once and 20 a second more; half of that for reads without
// filter, id and page size; 50 writes at once and 5 a second more.
// https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
func EC2Rates() []Rate {
	const code = "RequestLimitExceeded"
	return []Rate{
		{Service: "EC2", Match: Call.Mutating, Burst: 50, PerSecond: 5, Code: code},
		{Service: "EC2", Match: Call.unbounded, Burst: 50, PerSecond: 10, Code: code},
		{Service: "EC2", Burst: 100, PerSecond: 20, Code: code},
	}
}

// SetRates limits requests from now on. The first rate that matches a call is its bucket's. Refused requests have no effect.
func (c *Cloud) SetRates(rates ...Rate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.rates, c.buckets = rates, map[string]*bucket{}
}

// bucket is the tokens that are left of one operation.
type bucket struct {
	tokens float64
	at     time.Time
}

// spend takes a token, or returns the refusal.
func (c *Cloud) spend(call Call) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, r := range c.rates {
		if r.Service != "" && r.Service != call.Service || r.Match != nil && !r.Match(call) {
			continue
		}
		key := call.Account + "/" + call.Region + "/" + call.Service + "/" + call.Operation
		now := time.Now()
		b := c.buckets[key]
		if b == nil {
			b = &bucket{r.Burst, now}
			c.buckets[key] = b
		}
		b.tokens = min(r.Burst, b.tokens+now.Sub(b.at).Seconds()*r.PerSecond)
		b.at = now
		if b.tokens >= 1 {
			b.tokens--
			return nil
		}
		code := r.Code
		if code == "" {
			code = "ThrottlingException"
		}
		return Status(http.StatusServiceUnavailable, &smithy.GenericAPIError{Code: code, Message: "Request limit exceeded.", Fault: smithy.FaultServer})
	}
	return nil
}

// unbounded reports a read that asks for everything on one page: none of the members that narrow a request down is set.
func (c Call) unbounded() bool {
	in := reflect.Indirect(reflect.ValueOf(c.Input))
	if in.Kind() != reflect.Struct || c.Mutating() {
		return false
	}
	for i := range in.NumField() {
		if f := in.Type().Field(i); f.IsExported() && f.Name != "DryRun" && !in.Field(i).IsZero() {
			return false
		}
	}
	return true
}
