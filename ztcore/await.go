package ztcore

import (
	"context"
	"fmt"
	"time"
)

const awaitFirst, awaitLongest = 250 * time.Millisecond, 5 * time.Second // between two questions; doubles

// Await asks done until it says so, after a quarter of a second at first and every five seconds in the end. It is for kinds whose
// objects take minutes to come or go where something else waits for that: a NAT gateway to be deleted, say. What merely has to show in reads, the engine waits for by itself. An
// error of done ends it at once, a denied read included; after limit the error says so, and planning again goes on.
func Await(ctx context.Context, what string, limit time.Duration, done func() (bool, error)) error {
	for started, pause := time.Now(), awaitFirst; ; pause = min(2*pause, awaitLongest) {
		ok, err := done()
		if err != nil || ok {
			return err
		}
		if time.Since(started) >= limit {
			return fmt.Errorf("%s: not so after %s; plan again to go on waiting", what, limit)
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
}
