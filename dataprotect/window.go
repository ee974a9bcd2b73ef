package dataprotect

import (
	"fmt"
	"time"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

const day = 24 * time.Hour

// days is d in days, standard if d is zero, and -1 if d is negative or no whole number of days.
func days(d time.Duration, standard int32) int32 {
	switch {
	case d == 0:
		return standard
	case d < 0 || d%day != 0 || d/day > 1<<30:
		return -1
	}
	return int32(d / day)
}

// checkWindow holds for KMS and Secrets Manager alike.
func checkWindow(attribute string, window int32) []ztcore.Finding {
	if window >= 7 && window <= 30 {
		return nil
	}
	return []ztcore.Finding{{Attribute: attribute, Message: "AWS keeps what is deleted for 7 to 30 whole days", Fix: "leave it zero for 30 days"}}
}

func removalNote(does string, window int32) string {
	return fmt.Sprintf("removal %s %d days later; until then, declaring it again undoes that", does, window)
}
