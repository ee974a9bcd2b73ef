package policy_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

func TestSizeCountsAsTheClassDoes(t *testing.T) {
	doc := policy.Allow("s3:GetObject").On("arn:aws:s3:::a/ä b")
	all := len([]rune(doc.JSON()))
	require.Equal(t, all-1, doc.Size(policy.Identity), "IAM leaves white space out")
	require.Equal(t, all, doc.Size(policy.SCP), "Organizations takes the text as sent")
	require.Equal(t, all+1, doc.Size(policy.BucketPolicy), "S3 counts bytes")
	require.Zero(t, policy.Document{}.Size(policy.SCP))
}

func TestLintHoldsEachLimitExactly(t *testing.T) {
	for c := policy.Identity; c <= policy.OtherResource; c++ {
		require.NotEmpty(t, c.String())
		limit := policy.Limit(c)
		if limit == 0 {
			require.Equal(t, policy.OtherResource, c)
			continue
		}
		fill := func(size int) policy.Document {
			empty := policy.Deny("s3:GetObject").On("arn:aws:s3:::")
			return policy.Deny("s3:GetObject").On(id.ARN("arn:aws:s3:::" + strings.Repeat("x", size-empty.Size(c))))
		}
		over := func(d policy.Document) bool {
			for _, f := range d.Lint(c) {
				if f.Code == "POLICY_SIZE_EXCEEDS_QUOTA" {
					return true
				}
			}
			return false
		}
		require.False(t, over(fill(limit)), "%s at its limit", c)
		require.True(t, over(fill(limit+1)), "%s over its limit", c)
	}
}
