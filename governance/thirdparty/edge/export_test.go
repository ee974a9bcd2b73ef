package edge

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// ReadForTest is how many connections are read.
func ReadForTest(ctx context.Context, cfg aws.Config) (int, error) {
	out, err := readConnections(ctx, &ztcore.Scope{Config: cfg}, ztcore.Query[connectionState]{})
	return len(out), err
}
