package schedule_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/schedule"
)

func TestCheck(t *testing.T) {
	for _, fine := range []string{
		"rate(1 minute)", "rate(5 minutes)", "rate(1 day)", "at(2027-01-15T09:00:00)", "cron(0 8 ? * MON-FRI *)", "cron(0/15 * * * ? *)",
		"cron(15 10 L * ? *)", "cron(0 9 ? * 6#3 2027-2029)", "cron(0 9 ? * 6L *)", "cron(0 8,17 1,15W * ? *)", "cron(0 0 1 JAN,JUL ? *)",
	} {
		require.NoError(t, schedule.Check(fine), fine)
	}
	for bad, want := range map[string]string{
		"every day": "none of rate", "rate(1 minutes)": "1 goes with minute", "rate(5 minute)": "with minutes", "rate(0 days)": "is no number", "rate(2 weeks)": "is no number",
		"at(2027-13-01T00:00:00)": "is no time", "at(2027-01-15)": "is no time", "cron(0 8 * * *)": "has 5 fields", "cron(60 8 ? * MON *)": `"60" can't be the minutes`,
		"cron(0 8 * * * *)": "must be ?", "cron(0 8 ? * ? *)": "must be ?", "cron(0 8 ? * FUN *)": "can't be the day of week", "cron(0 8 ? 13 MON *)": "can't be the month",
		"cron(0 8 ? * MON#6 *)": "can't be the day of week", "cron(0/0 8 ? * MON *)": "can't be the minutes", "cron(L 8 ? * MON *)": "can't be the minutes",
	} {
		require.ErrorContains(t, schedule.Check(bad), want, bad)
	}
	require.True(t, schedule.OneTime("at(2027-01-15T09:00:00)"))
	require.False(t, schedule.OneTime("rate(1 day)"))
}
