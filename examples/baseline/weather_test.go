package main

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// The whole baseline stands up in one run whatever the weather: principals that take their time to become known, reads
// that lag behind or flap, pages of one item, and a service that throttles.
func TestWeather(t *testing.T) {
	for name, weather := range map[string]func(*fakeaws.Cloud){
		"slow principals": func(c *fakeaws.Cloud) { c.SetPropagation(12 * time.Second) },
		"stale reads":     func(c *fakeaws.Cloud) { c.SetStaleReads(3*time.Second, false) },
		"flapping reads":  func(c *fakeaws.Cloud) { c.SetStaleReads(3*time.Second, true) },
		"pages of one":    func(c *fakeaws.Cloud) { c.SetPageSize(1) },
		"throttled": func(c *fakeaws.Cloud) {
			c.Inject(nil, &fakeaws.Fault{Before: fakeaws.Throttled(), Match: func(call fakeaws.Call) bool { return call.Mutating() }, Times: 40})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := newCloud(t)
				reader := iam.Role{Name: "Reader", TrustedBy: policy.Service("ec2.amazonaws.com")}
				key := dataprotect.Key{Name: "read-by-the-fresh", Users: []id.RoleARN{reader.ARN()}}
				base := ztcore.NewBaseline("weather", everything(t), reader, key)
				weather(cloud)
				plan, err := base.Plan(ctx, cloud.Config())
				require.NoError(t, err)
				report, err := plan.Apply(ctx)
				require.NoError(t, err)
				time.Sleep(5 * time.Second)
				again, err := base.Plan(ctx, cloud.Config())
				require.NoError(t, err)
				require.True(t, again.Empty(), again)
				t.Logf("%d resources in %s", report.Count(ztcore.Done)+report.Count(ztcore.Already), report.Took)
			})
		})
	}
}
