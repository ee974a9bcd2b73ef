package fakessm

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

var (
	rateForm  = regexp.MustCompile(`^rate\(([1-9][0-9]*) (minutes?|hours?|days?)\)$`)
	cronForm  = regexp.MustCompile(`^cron\((.*)\)$`)
	atForm    = regexp.MustCompile(`^at\((.*)\)$`)
	cronField = regexp.MustCompile(`^[0-9A-Z*?/,#L\-]+$`)
)

// checkSchedule refuses what is no schedule of State Manager: cron with six fields, a rate of at least 30 minutes, or one time.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/reference-cron-and-rate-expressions.html
func checkSchedule(expression string) error {
	bad := &types.InvalidSchedule{Message: aws.String("The schedule is invalid. Verify your cron or rate expression and try again: " + expression)}
	switch {
	case rateForm.MatchString(expression):
		m := rateForm.FindStringSubmatch(expression)
		n, err := strconv.Atoi(m[1])
		if err != nil || strings.HasPrefix(m[2], "minute") && n < 30 || (n == 1) == strings.HasSuffix(m[2], "s") {
			return bad
		}
		return nil
	case cronForm.MatchString(expression):
		fields := strings.Fields(cronForm.FindStringSubmatch(expression)[1])
		if len(fields) != 6 || (fields[2] == "?") == (fields[4] == "?") {
			return bad // either the day of the month or that of the week is "?"
		}
		for _, f := range fields {
			if !cronField.MatchString(strings.ToUpper(f)) {
				return bad
			}
		}
		return nil
	case atForm.MatchString(expression):
		if _, err := time.Parse("2006-01-02T15:04:05", atForm.FindStringSubmatch(expression)[1]); err == nil {
			return nil
		}
	}
	return bad
}
