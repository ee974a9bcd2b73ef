package reminders_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/governance/training"
	"github.com/seed-08ecc977/zerotrust/governance/training/reminders"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakescheduler"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
)

func newCloud() *fakeaws.Cloud { return fakeaws.New(fakests.Install, fakescheduler.Install) }

func announced() reminders.Reminders {
	return reminders.Reminders{
		Topic: "arn:aws:sns:us-east-1:123456789012:training", Role: "arn:aws:iam::123456789012:role/Reminders",
		Programme: training.Programme{Name: "security-2027", Courses: training.Curriculum(), Sessions: []training.Session{
			{ID: "zt-q1", Course: "zero-trust", Start: time.Date(2027, 1, 15, 9, 0, 0, 0, time.UTC), Length: time.Hour, Where: "Room 1"},
		}},
	}
}

func TestRemindersRunOnceAndAreNotMadeAgain(t *testing.T) {
	ctx, cloud := t.Context(), newCloud()
	r := announced()
	plan := func(opts ...ztcore.PlanOption) *ztcore.Plan {
		p, err := ztcore.NewBaseline("training", r).Plan(ctx, cloud.Config(), opts...)
		require.NoError(t, err)
		return p
	}
	_, err := plan().Apply(ctx)
	require.NoError(t, err)
	require.True(t, plan().Empty())
	require.NoError(t, fakescheduler.Run(cloud, fakeaws.DefaultAccount, fakeaws.DefaultRegion, "training-security-2027", "zt-q1-7d"))
	sent := fakescheduler.Invocations(cloud, fakeaws.DefaultAccount, fakeaws.DefaultRegion)
	require.Len(t, sent, 1)
	require.Equal(t, "Training: Zero trust, Friday 15 January 2027 09:00 UTC, 60 minutes, Room 1. For: everyone.", sent[0].Input)
	require.Equal(t, string(r.Topic), sent[0].Target)

	r.AsOf = time.Date(2027, 1, 10, 0, 0, 0, 0, time.UTC)
	require.True(t, plan().Empty(), "what has run is gone, and not declared any more")
	require.Len(t, r.Schedules(), 1)
	_, err = plan(ztcore.Destroy()).Apply(ctx)
	require.NoError(t, err)
	require.Error(t, fakescheduler.Run(cloud, fakeaws.DefaultAccount, fakeaws.DefaultRegion, "training-security-2027", "zt-q1-1d"))
}

func TestEverythingWrongIsFoundAtOnce(t *testing.T) {
	r := announced()
	r.Topic, r.Role, r.Before = "", "", []time.Duration{time.Second}
	r.Programme.Sessions[0].Course = "none"
	err := ztcore.NewBaseline("b", r).Check()
	for _, want := range []string{"no topic is named", "1s can't be a time before", "which there is not", "a schedule needs a role"} {
		require.ErrorContains(t, err, want)
	}
}

func Example() {
	plan, err := ztcore.NewBaseline("training", announced()).Plan(context.Background(), newCloud().Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range plan.Steps {
		fmt.Println(s.Action, s.Address)
	}
	// Output:
	// create monitoring.ScheduleGroup/training-security-2027
	// create monitoring.Schedule/zt-q1-7d
	// create monitoring.Schedule/zt-q1-1d
}
