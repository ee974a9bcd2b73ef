package containment_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/incident/containment"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

func accountOf(t testing.TB, cfg aws.Config) string {
	me, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	require.NoError(t, err)
	return *me.Account
}

func TestWireContainAndUndo(t *testing.T) {
	cfg := kindtest.Wire(t)
	s := stage(t, cfg, accountOf(t, cfg), false)
	before := s.interfaces()
	c := s.containment()

	report, err := c.Contain(ctx, cfg)
	require.NoError(t, err)
	for eni, groups := range s.interfaces() {
		require.Equal(t, []string{"zerotrust-case-42-closed"}, groups, eni)
	}
	require.Empty(t, report.Residual)

	_, err = c.Undo(ctx, cfg, containment.UndoOptions{})
	var early *containment.TooEarlyError
	require.ErrorAs(t, err, &early)
	report, err = c.Undo(ctx, cfg, containment.UndoOptions{LiftEarly: "a drill"})
	require.NoError(t, err)
	require.Equal(t, before, s.interfaces())
	require.Empty(t, report.Holds)
}
