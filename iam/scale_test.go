package iam_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// AWS may answer fewer than asked for: here pages of 100, its default.
func TestThousandRolesArePlannedInPages(t *testing.T) {
	const n = 1000
	var roles []ztcore.Resource
	for i := range n {
		roles = append(roles, iam.Role{
			Name: fmt.Sprintf("worker-%04d", i), TrustedBy: ec2, Inline: policy.Allow("s3:GetObject").On("arn:aws:s3:::ledger/*"),
			Attached: []id.PolicyARN{iam.AWSManaged("AmazonS3ReadOnlyAccess")},
		})
	}
	cloud := newCloud()
	_, err := planned(t, cloud.Config(), nil, roles...).Apply(t.Context())
	require.NoError(t, err)
	cloud.SetPageSize(100)
	cloud.ResetCalls()
	require.True(t, planned(t, cloud.Config(), nil, roles...).Empty())
	require.LessOrEqual(t, len(cloud.Calls()), 30)
	require.Empty(t, cloud.Writes())
}
