package ztcore

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Status is how a resource came out of an apply.
type Status string

const (
	Done    Status = "done"    // written, and reads show it
	Already Status = "already" // somebody, or an earlier run, has done it; nothing was written
	Failed  Status = "failed"
	Skipped Status = "skipped" // what it depends on failed, or the run was stopped first
)

// Outcome is one resource's part of a report.
type Outcome struct {
	Address  Address
	Action   Action
	Status   Status
	Err      error // of Failed, and the reason of Skipped
	Took     time.Duration
	Attempts int      // writes that were tried
	Notes    []string // what kinds had to say of them, see Remark
}

func (o Outcome) String() string {
	s := fmt.Sprintf("%-8s %-8s %s", o.Status, o.Action, o.Address)
	if o.Err != nil {
		s += ": " + o.Err.Error()
	}
	for _, n := range o.Notes {
		s += "\n    note: " + n
	}
	return s
}

// Report says what an apply has done, one outcome for each step that had something to do, in the plan's order.
type Report struct {
	Baseline string
	Account  string
	Region   string
	Took     time.Duration
	Outcomes []Outcome
	Notes    []string `json:",omitempty"` // on the run as a whole: a lease that could not be given back
}

// Count is how many resources have a status.
func (r *Report) Count(s Status) int {
	n := 0
	for _, o := range r.Outcomes {
		if o.Status == s {
			n++
		}
	}
	return n
}

// Err joins the errors of what failed; nil when nothing did and nothing was skipped.
func (r *Report) Err() error {
	var errs []error
	for _, o := range r.Outcomes {
		if o.Status == Failed {
			errs = append(errs, o.Err)
		}
	}
	if len(errs) == 0 {
		for _, o := range r.Outcomes {
			if o.Status == Skipped {
				errs = append(errs, o.Err)
				break
			}
		}
	}
	return errors.Join(errs...)
}

func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s in %s, %s: %d done, %d already done, %d failed, %d skipped\n", r.Baseline, r.Account, r.Region, r.Count(Done), r.Count(Already), r.Count(Failed), r.Count(Skipped))
	for _, o := range r.Outcomes {
		fmt.Fprintf(&b, "  %s\n", o)
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "  note: %s\n", n)
	}
	return b.String()
}
