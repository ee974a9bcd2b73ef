package ztcore

import (
	"context"
	"fmt"
	"time"
)

const awaitEvery = 5 * time.Second

// Await asks done every five seconds until it says so, for kinds whose objects take minutes to come or go where something
// else waits for that: a NAT gateway to be deleted, say. What merely has to show in reads, the engine waits for by itself. An
// error of done ends it at once, a denied read included; after limit the error says so, and planning again goes on.
func Await(ctx context.Context, what string, limit time.Duration, done func() (bool, error)) error {
	for started := time.Now(); ; {
		ok, err := done()
		if err != nil || ok {
			return err
		}
		if time.Since(started) >= limit {
			return fmt.Errorf("%s: not so after %s; plan again to go on waiting", what, limit)
		}
		timer := time.NewTimer(awaitEvery)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
}
