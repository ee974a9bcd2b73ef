// Package schedule checks the expressions by which Amazon EventBridge and EventBridge Scheduler say when: rate(5 minutes),
// cron(0 8 ? * MON-FRI *) and, with the Scheduler, at(2027-01-15T09:00:00).
//
// See https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
package schedule

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	callRE = regexp.MustCompile(`^(rate|cron|at)\(([ -~]*)\)$`)
	rateRE = regexp.MustCompile(`^([1-9][0-9]{0,8}) (minute|hour|day)(s?)$`)
)

// moment is the form of at(…), in Go's notation.
const moment = "2006-01-02T15:04:05"

// Check says what is wrong with an expression; nil if nothing is.
func Check(expression string) error {
	m := callRE.FindStringSubmatch(expression)
	if m == nil {
		return fmt.Errorf("%q is none of rate(…), cron(…) and at(…)", expression)
	}
	switch m[1] {
	case "rate":
		r := rateRE.FindStringSubmatch(m[2])
		if r == nil {
			return fmt.Errorf("rate(%s) is no number and minute, minutes, hour, hours, day or days", m[2])
		}
		if (r[1] == "1") != (r[3] == "") {
			return fmt.Errorf("rate(%s): 1 goes with %s, everything else with %ss", m[2], r[2], r[2])
		}
	case "at":
		// time.Parse would take fractions of a second as well.
		if _, err := time.Parse(moment, m[2]); err != nil || len(m[2]) != len(moment) {
			return fmt.Errorf("at(%s) is no time as at(2027-01-15T09:00:00)", m[2])
		}
	case "cron":
		return checkCron(m[2])
	}
	return nil
}

// OneTime reports whether an expression names a single moment, which rules of EventBridge do not take.
func OneTime(expression string) bool { return strings.HasPrefix(expression, "at(") }

// cronField is one of the six fields of a cron expression.
// https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html#cron-based
type cronField struct {
	name     string
	from, to int
	names    []string // from the value from on
	special  string   // of the letters L, W and # what it takes, and ?
}

var (
	months = []string{"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"}
	days   = []string{"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"}
	fields = []cronField{
		{name: "minutes", from: 0, to: 59}, {name: "hours", from: 0, to: 23}, {name: "day of month", from: 1, to: 31, special: "?LW"},
		{name: "month", from: 1, to: 12, names: months}, {name: "day of week", from: 1, to: 7, names: days, special: "?L#"}, {name: "year", from: 1970, to: 2199},
	}
)

func checkCron(text string) error {
	given := strings.Fields(text)
	if len(given) != len(fields) {
		return fmt.Errorf("cron(%s) has %d fields and not six: minutes, hours, day of month, month, day of week, year", text, len(given))
	}
	for i, f := range fields {
		for _, part := range strings.Split(given[i], ",") {
			if !f.takes(part) {
				return fmt.Errorf("cron(%s): %q can't be the %s", text, given[i], f.name)
			}
		}
	}
	if (given[2] == "?") == (given[4] == "?") {
		return fmt.Errorf("cron(%s): one of day of month and day of week must be ?, and not both", text)
	}
	return nil
}

func (f cronField) takes(part string) bool {
	switch {
	case part == "*" || part == "?" && strings.Contains(f.special, "?"):
		return true
	case part == "L" && strings.Contains(f.special, "L"), part == "LW" && strings.Contains(f.special, "W"):
		return true
	}
	if day, ok := strings.CutSuffix(part, "W"); ok && strings.Contains(f.special, "W") {
		return f.value(day)
	}
	if day, ok := strings.CutSuffix(part, "L"); ok && strings.Contains(f.special, "#") {
		return f.value(day)
	}
	if day, nth, ok := strings.Cut(part, "#"); ok {
		n, err := number(nth)
		return strings.Contains(f.special, "#") && f.value(day) && err == nil && n >= 1 && n <= 5
	}
	if start, step, ok := strings.Cut(part, "/"); ok {
		n, err := number(step)
		return err == nil && n > 0 && (start == "*" || f.span(start))
	}
	return f.span(part)
}

func (f cronField) span(s string) bool {
	from, to, ranged := strings.Cut(s, "-")
	return f.value(from) && (!ranged || f.value(to))
}

func (f cronField) value(s string) bool {
	if slices.Contains(f.names, strings.ToUpper(s)) {
		return true
	}
	n, err := number(s)
	return err == nil && n >= f.from && n <= f.to
}

// number reads digits, and no sign, which strconv.Atoi takes.
func number(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 31)
	return int(n), err
}
