package lease

import (
	"fmt"
	"strings"
	"time"
)

// HeldError says that somebody else has the lease.
type HeldError struct {
	Object   string // s3://bucket/key
	Baseline string
	Account  string
	Region   string // of the run that holds it
	Holder   string // ARN of the identity that makes its calls
	Note     string // what the holder had to say
	Run      string // random; another run has another
	Since    time.Time
	Until    time.Time // when it can be taken over unless it is renewed before, by S3's clock
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("the lease of %s is held by %s until %s: wait until then, or, if that run is known to be dead, delete %s", e.what(), e.who(), clock(e.Until), e.Object)
}

func (e *HeldError) what() string {
	return fmt.Sprintf("%s in %s, %s", e.Baseline, e.Account, e.Region)
}

func (e *HeldError) who() string {
	note := ""
	if e.Note != "" {
		note = " (" + strings.Join(strings.Fields(e.Note), " ") + ")"
	}
	return fmt.Sprintf("%s%s since %s", e.Holder, note, clock(e.Since))
}

// LostError says that a run's lease was no longer its own, and that the run stopped for that. What it had not begun was not
// started. It wraps Err.
type LostError struct {
	Object string
	Since  time.Time  // when it was taken
	Until  time.Time  // when it ends or would have, if it was not deleted; by S3's clock
	By     *HeldError // who has it now; nil if nobody, as far as is known
	Err    error      // of the last renewal, if that is why
}

func (e *LostError) Error() string {
	const again = "what is under way was called off; plan and apply again"
	switch {
	case e.By != nil:
		return fmt.Sprintf("the lease %s, taken at %s, was lost to %s until %s: %s once it is free", e.Object, clock(e.Since), e.By.who(), clock(e.By.Until), again)
	case e.Err != nil:
		return fmt.Sprintf("the lease %s, taken at %s, could not be renewed and ends at %s: %s; the last renewal: %v", e.Object, clock(e.Since), clock(e.Until), again, e.Err)
	}
	return fmt.Sprintf("the lease %s, taken at %s, was deleted by somebody: %s", e.Object, clock(e.Since), again)
}

// Unwrap returns the error of the last renewal.
func (e *LostError) Unwrap() error { return e.Err }

func clock(t time.Time) string { return t.UTC().Format(time.RFC3339) }
