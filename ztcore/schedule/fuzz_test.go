package schedule_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/seed-08ecc977/zerotrust/ztcore/schedule"
)

// atForm is what Scheduler takes for a single moment.
var atForm = regexp.MustCompile(`^at\(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\)$`)

// FuzzCheck holds that what Check lets pass is plain text of the form that the services take, and that it decides alike about
// expressions that differ in nothing.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{
		"rate(5 minutes)", "rate(1 day)", "cron(0 8 ? * MON-FRI *)", "cron(0/15 * * * ? *)", "cron(15 10 L * ? *)", "cron(0 9 ? * 6#3 2027-2029)", "cron(0 8,17 1,15W * ? *)",
		"at(2027-01-15T09:00:00)", "at(2027-01-15T09:00:00.5)", "cron(+5 8 ? * MON *)", "cron(0\u00a08 ? * MON *)", "cron(0 8 ? * MON *)\n", "rate(5 minutes", "cron()", "", "cron(0 8 ? * mon *)",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if schedule.Check(text) != nil {
			return
		}
		for _, c := range text {
			if c < ' ' || c > '~' {
				t.Fatalf("%q passes with the character %q", text, c)
			}
		}
		if schedule.OneTime(text) != strings.HasPrefix(text, "at(") || schedule.OneTime(text) && !atForm.MatchString(text) {
			t.Fatalf("%q passes as a single moment", text)
		}
		if inner, ok := strings.CutPrefix(text, "cron("); ok {
			if strings.ContainsAny(inner, "+") {
				t.Fatalf("%q passes with a sign", text)
			}
			if err := schedule.Check("cron(" + strings.ToUpper(inner)); err != nil {
				t.Fatalf("%q passes, and not in capitals: %v", text, err)
			}
			if err := schedule.Check("cron(" + strings.Join(strings.Fields(strings.TrimSuffix(inner, ")")), " ") + ")"); err != nil {
				t.Fatalf("%q passes, and not with single spaces: %v", text, err)
			}
		}
	})
}
