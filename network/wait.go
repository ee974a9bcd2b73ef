package network

import (
	"context"
	"time"

	"github.com/aws/smithy-go"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// poll waits for what NAT gateways and endpoints take one to three minutes for.
func poll(ctx context.Context, what string, done func() (bool, error)) error {
	return ztcore.Await(ctx, what, 10*time.Minute, done)
}

// unseenFor is how long to ask for what AWS has just answered and does not show.
const unseenFor = 15 * time.Second

// noLonger is the answer for an object that is gone, in the form that AWS's own answers have, when a request with a client token was
// answered with it: the engine makes another then.
func noLonger(id, state string) error {
	return &smithy.GenericAPIError{Code: "InvalidID.NotFound", Message: id + " is " + state}
}
