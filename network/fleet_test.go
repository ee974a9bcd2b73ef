package network_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Many accounts and regions from one process, under the limits that EC2 publishes: no target fails, hardly a call is
// throttled, and a second run writes nothing.
func TestAFleetKeepsToEC2sLimits(t *testing.T) {
	accounts, regions := 200, []string{"us-east-1", "us-west-2", "eu-west-1", "eu-central-1"}
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		cloud.SetRates(fakeaws.EC2Rates()...)
		cloud.SetLatency(50 * time.Millisecond)
		f := ztcore.Fleet{Baseline: func(ztcore.Target) *ztcore.Baseline {
			return ztcore.NewBaseline("landing-zone", network.Preset{Name: "main"}, network.DefaultVPC{}, network.BlockPublicAccess{})
		}}
		for i := range accounts {
			for _, region := range regions {
				f.Targets = append(f.Targets, ztcore.Target{Account: fmt.Sprintf("%012d", 100000000000+i), Region: region, Config: func(_ context.Context, t ztcore.Target) (aws.Config, error) {
					return cloud.ConfigFor(t.Account, t.Region), nil
				}})
			}
		}
		report, err := f.Apply(context.Background())
		require.NoError(t, err)
		require.Len(t, report.Failed(), 0)
		throttled, calls := 0, cloud.Calls()
		for _, c := range calls {
			if retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(c.Err) == aws.TrueTernary {
				throttled++
			}
		}
		t.Logf("%d targets in %s: %d calls, %d throttled", len(f.Targets), report.Took, len(calls), throttled)
		require.Less(t, throttled*100, len(calls), "fewer than one in a hundred calls")
		again, err := f.Apply(context.Background())
		require.NoError(t, err)
		require.Zero(t, again.Changed())
	})
}
