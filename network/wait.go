package network

import (
	"context"
	"time"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// poll waits for what NAT gateways and endpoints take one to three minutes for.
func poll(ctx context.Context, what string, done func() (bool, error)) error {
	return ztcore.Await(ctx, what, 10*time.Minute, done)
}
