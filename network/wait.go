package network

import (
	"context"
	"fmt"
	"time"
)

const (
	pollEvery = 5 * time.Second
	pollFor   = 10 * time.Minute // NAT gateways and endpoints take one to three
)

// poll asks until done says so. An error ends it at once, a denied read included.
func poll(ctx context.Context, what string, done func() (bool, error)) error {
	for started := time.Now(); ; {
		ok, err := done()
		if err != nil || ok {
			return err
		}
		if time.Since(started) >= pollFor {
			return fmt.Errorf("%s: not so after %s; plan again to go on waiting", what, pollFor)
		}
		timer := time.NewTimer(pollEvery)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
}
