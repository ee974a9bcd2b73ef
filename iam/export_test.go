package iam

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// SeedForTest is the seed of a device that a test has made through the SDK's client.
func SeedForTest(d *types.VirtualMFADevice) MFASeed { return newSeed(d, "") }

// EnrollForTest makes a device without a plan.
func EnrollForTest(ctx context.Context, cfg aws.Config, m MFA) error {
	return enroll(ctx, &ztcore.Scope{Config: cfg}, deviceState{Name: m.Name, User: m.User, Sink: m.Sink})
}
