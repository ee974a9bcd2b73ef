package iam

import "github.com/aws/aws-sdk-go-v2/service/iam/types"

// SeedForTest is the seed of a device that a test has made through the SDK's client.
func SeedForTest(d *types.VirtualMFADevice) MFASeed { return newSeed(d, "") }
