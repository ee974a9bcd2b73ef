package fakeaws

import (
	"context"
	"sync/atomic"
	"time"
)

// Fault steers the answers to some of the calls. Its zero value matches every call and does nothing.
type Fault struct {
	Service   string          // the SDK's service id, as "EC2"; empty for any
	Operation string          // as "CreateVpc"; empty for any
	Match     func(Call) bool // further conditions, on the input say; nil for none
	Skip      int             // let this many matching calls pass first
	Times     int             // then act on this many; 0 means on all
	Before    error           // answer this, and do nothing
	After     error           // do it, then answer this in place of the result: Lost(), say
	Latency   time.Duration   // take this much longer
	Do        func(Call)      // and do this, before the answer and after the effect, if there is one: cancel a context, say

	seen  atomic.Int64
	fired atomic.Int64
}

// Fired is how many calls the fault has acted on.
func (f *Fault) Fired() int { return int(f.fired.Load()) }

// TB is the part of testing.TB that a fault needs.
type TB interface {
	Helper()
	Cleanup(func())
	Errorf(format string, args ...any)
}

// Inject puts a fault in force. The newest fault that matches a call acts on it. With a test given, the fault is
// lifted when the test ends, and a fault that never acted fails that test.
func (c *Cloud) Inject(t TB, f *Fault) *Fault {
	c.mu.Lock()
	c.faults = append([]*Fault{f}, c.faults...)
	c.mu.Unlock()
	if t != nil {
		t.Helper()
		t.Cleanup(func() {
			if f.Fired() == 0 {
				t.Errorf("fakeaws: the fault on %s.%s never fired", f.Service, f.Operation)
			}
			c.Lift(f)
		})
	}
	return f
}

// Lift ends a fault.
func (c *Cloud) Lift(f *Fault) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, g := range c.faults {
		if g == f {
			c.faults = append(c.faults[:i:i], c.faults[i+1:]...)
			return
		}
	}
}

// fault finds the newest fault that acts on this call.
func (c *Cloud) fault(call Call) *Fault {
	c.mu.Lock()
	faults := c.faults
	c.mu.Unlock()
	for _, f := range faults {
		if f.matches(call) && f.take() {
			return f
		}
	}
	return nil
}

func (f *Fault) matches(call Call) bool {
	return (f.Service == "" || f.Service == call.Service) &&
		(f.Operation == "" || f.Operation == call.Operation) &&
		(f.Match == nil || f.Match(call))
}

func (f *Fault) take() bool {
	n := int(f.seen.Add(1))
	if n <= f.Skip || f.Times > 0 && n > f.Skip+f.Times {
		return false
	}
	f.fired.Add(1)
	return true
}

// SetLatency makes every call take d.
func (c *Cloud) SetLatency(d time.Duration) {
	c.SetLatencyFunc(func(Call) time.Duration { return d })
}

// SetLatencyFunc makes each call take what latency says. It must not call the cloud.
func (c *Cloud) SetLatencyFunc(latency func(Call) time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.latency = latency
}

// wait spends a call's latency, before its effect.
func (c *Cloud) wait(ctx context.Context, call Call) error {
	c.mu.Lock()
	d := time.Duration(0)
	if c.latency != nil {
		d = c.latency(call)
	}
	for _, f := range c.faults {
		if f.matches(call) {
			d += f.Latency
		}
	}
	c.mu.Unlock()
	if err := ctx.Err(); err != nil || d <= 0 {
		return err
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// SetPropagation is how long a new IAM principal stays unknown to the other services (and to policies that name
// it). 0, the default, means not at all. Real figures are not published; users report seconds to a minute.
func (c *Cloud) SetPropagation(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.propagation = d
}

// Propagation is the delay that was set.
func (c *Cloud) Propagation() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.propagation
}

// SetStaleReads makes reads show the world as it was up to d ago: a write is not seen until d has passed. While
// flapping is set, only every other read is stale.
func (c *Cloud) SetStaleReads(d time.Duration, flapping bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.staleFor, c.flapping = d, flapping
}

// SetPace has what takes AWS its time (a stack, a deleted rule) take so many times as long as it does here by itself: 0.01 for
// a program that is to be shown, where testing/synctest makes no time pass anyway.
func (c *Cloud) SetPace(pace float64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pace = pace
}

// Takes is how long something takes at the pace that is set.
func (c *Cloud) Takes(d time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pace == 0 {
		return d
	}
	return time.Duration(float64(d) * c.pace)
}

// SetClock has AWS's clock go ahead of the program's by so much, or behind it if negative: what a program on a machine with a wrong
// clock meets. It shows in the Date of every answer and in S3's Last-Modified; all else goes by the program's clock.
func (c *Cloud) SetClock(ahead time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead = ahead
}

// Now is the time by AWS's clock.
func (c *Cloud) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead)
}

// SetPageSize caps the pages of all list operations at n items, below what the caller asks for; 0 lifts the cap.
func (c *Cloud) SetPageSize(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pageSize = n
}

// Calm lifts all faults, and makes reads prompt again.
func (c *Cloud) Calm() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults, c.staleFor, c.flapping = nil, 0, false
}
