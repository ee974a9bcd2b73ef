package containment_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
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

// TestWireGameDay runs on moto, which knows no tracked connections and enforces no policies: what it shows is that AWS's wire is
// spoken, and that everything is as it was in the end.
func TestWireGameDay(t *testing.T) {
	cfg := kindtest.Wire(t)
	s := stage(t, cfg, accountOf(t, cfg), false)
	before := s.interfaces()
	var written strings.Builder
	c := s.containment()
	c.Targets = nil
	day, err := containment.GameDay{
		Finding: s.finding(), Containment: c,
		Contained: []containment.Probe{{Name: "every interface has the closed group", Holds: func(context.Context) error {
			for eni, groups := range s.interfaces() {
				if fmt.Sprint(groups) != "[zerotrust-case-42-closed]" {
					return fmt.Errorf("%s has %v", eni, groups)
				}
			}
			return nil
		}}},
		Restored: []containment.Probe{{Name: "every interface has its groups", Holds: func(context.Context) error {
			if now := s.interfaces(); fmt.Sprint(now) != fmt.Sprint(before) {
				return errors.New(fmt.Sprint(now))
			}
			return nil
		}}},
		Undo: &containment.UndoOptions{LiftEarly: "a drill, whose sessions are nobody's"}, Report: &written,
	}.Run(ctx, cfg)
	require.NoError(t, err)
	require.NoError(t, day.Err())
	require.Contains(t, written.String(), "**PASSED**")
	require.Empty(t, day.Undone.Holds)
}

func TestWireAutoScaling(t *testing.T) {
	cfg := kindtest.Wire(t)
	s := stage(t, cfg, accountOf(t, cfg), true)
	group := func() string {
		out, err := autoscaling.NewFromConfig(cfg).DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{s.Group}})
		require.NoError(t, err)
		g := out.AutoScalingGroups[0]
		return fmt.Sprint(*g.MinSize, *g.DesiredCapacity, len(g.Instances), len(g.SuspendedProcesses))
	}
	require.Equal(t, "1 1 1 0", group())
	c := s.containment()
	c.Playbook = containment.Playbook{containment.CollectMetadata{}, containment.Hold{}, containment.Protect{}, containment.LeaveTargetGroups{}, containment.LeaveAutoScaling{}}
	_, err := c.Contain(ctx, cfg)
	require.NoError(t, err)
	require.Equal(t, "0 0 0 0", group())
	report, err := c.Undo(ctx, cfg, containment.UndoOptions{})
	require.NoError(t, err)
	require.Empty(t, report.Holds)
	require.Equal(t, "1 1 1 0", group())
}
