package events_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/monitoring/events"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakescheduler"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
)

// A group that another process has just removed is on its way out for a while, and its name is taken for as long.
func TestAGroupThatIsBeingDeletedIsWaitedForByTheNextProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := fakeaws.New(fakests.Install, fakescheduler.Install).Config()
		base := ztcore.NewBaseline("schedules", events.ScheduleGroup{Name: "training"})
		apply := func() {
			p, err := base.Plan(t.Context(), cfg)
			require.NoError(t, err)
			_, err = p.Apply(t.Context())
			require.NoError(t, err)
		}
		apply()
		time.Sleep(time.Hour) // its client token is another by now
		_, err := scheduler.NewFromConfig(cfg).DeleteScheduleGroup(t.Context(), &scheduler.DeleteScheduleGroupInput{Name: aws.String("training")})
		require.NoError(t, err)
		apply()
		p, err := base.Plan(t.Context(), cfg)
		require.NoError(t, err)
		require.True(t, p.Empty(), p)
	})
}
