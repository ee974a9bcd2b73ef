package governance_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/governance"
	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// TestPreset: applied, it is empty; tampered with, it is seen and repaired; destroyed, nothing but AWS's own is left.
func TestPreset(t *testing.T) {
	cloud := newCloud()
	require.NoError(t, organize(t.Context(), cloud.Config()))
	c := organizations.NewFromConfig(cloud.Config())
	preset := governance.Preset{
		Name: "acme", RootBecause: "no account is an exception", BreakGlass: []string{"BreakGlass"}, Regions: []string{"eu-central-1", "us-east-1"}, Organization: "o-a1b2c3d4e5",
	}
	baseline := ztcore.NewBaseline("org", preset)
	plan := func(opts ...ztcore.PlanOption) *ztcore.Plan {
		p, err := baseline.Plan(t.Context(), cloud.Config(), opts...)
		require.NoError(t, err)
		return p
	}
	apply(t, cloud.Config(), preset)
	require.True(t, plan().Empty(), plan())
	require.Empty(t, plan().Findings)
	require.Equal(t, []string{"FullAWSAccess", "acme-identity", "acme-platform"}, attachedNames(t, c, rootOf(t.Context(), c)))

	scp, err := policyNamed(t.Context(), c, types.PolicyTypeServiceControlPolicy, "acme-platform")
	require.NoError(t, err)
	_, err = c.DetachPolicy(t.Context(), &organizations.DetachPolicyInput{PolicyId: &scp, TargetId: aws.String(rootOf(t.Context(), c))})
	require.NoError(t, err)
	require.False(t, plan().Empty())
	apply(t, cloud.Config(), preset)
	require.True(t, plan().Empty())

	apply(t, cloud.Config(), preset, ztcore.Destroy())
	require.Equal(t, []string{"FullAWSAccess"}, attachedNames(t, c, rootOf(t.Context(), c)))
	require.True(t, plan(ztcore.Destroy()).Empty())

	require.ErrorContains(t, ztcore.NewBaseline("org", governance.Preset{Name: "acme"}).Check(), "reason", "the root takes one")
}
