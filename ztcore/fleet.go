package ztcore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Target is one account and region of a fleet.
type Target struct {
	Account string `json:"account"` // 12 digits; planning with another account's credentials fails
	Region  string `json:"region"`
	// Config makes the configuration for calls there, as one that assumes a role of the account. It is called when the
	// target's turn comes, so that a thousand targets hold no thousand sets of credentials.
	Config func(ctx context.Context, t Target) (aws.Config, error) `json:"-"`
}

func (t Target) String() string { return t.Account + "/" + t.Region }

// Fleet is many accounts and regions under baselines. Targets are worked on side by side and stand apart: what fails in
// one stops nothing elsewhere, and is tried again alone (FleetReport.Failed). Taking a target out of the list deletes nothing
// there.
//
// What AWS serializes by account, as the organization, is serialized over the whole fleet. Each target has a retry quota of
// its own.
type Fleet struct {
	Targets []Target
	// Baseline is what a target is to have; nil for none. Most return the same for all.
	Baseline func(t Target) *Baseline
	// Parallel is how many targets are worked on at a time, 32 if zero. It bounds the memory that a run takes.
	Parallel int
	// Review is shown each plan that has something to do, before it is applied, from several goroutines at once. An error
	// keeps it from being applied and is that target's. nil applies all.
	Review func(t Target, p *Plan) error
	// Plans and Applies are options for every target's.
	Plans   []PlanOption
	Applies []ApplyOption
}

// Phase says how far a target came.
type Phase string

// Phases of a target.
const (
	PhaseConfig  Phase = "configuration" // its credentials could not be had
	PhasePlan    Phase = "plan"
	PhaseReview  Phase = "review"
	PhaseApply   Phase = "apply"
	PhaseDone    Phase = "done"
	PhaseSkipped Phase = "not started" // the context ended first
)

// TargetReport is how one target came out.
type TargetReport struct {
	Target  Target
	Phase   Phase // the one that it failed in, or PhaseDone
	Err     error
	Changed int           // resources that were written
	Pending int           // resources that a plan would write; of Plan only
	Took    time.Duration // from its turn to its end
}

// FleetReport has one entry for each target, in their order.
type FleetReport struct {
	Targets []TargetReport
	Took    time.Duration
}

// Plan plans every target, and changes nothing. It keeps no plan: show is given each, from several goroutines at once; nil for
// counts only. The error joins those of the targets, each a *TargetError.
func (f Fleet) Plan(ctx context.Context, show func(t Target, p *Plan)) (*FleetReport, error) {
	return f.each(ctx, func(ctx context.Context, plan *Plan, t Target, out *TargetReport) {
		for i := range plan.Steps {
			if plan.Steps[i].writes() {
				out.Pending++
			}
		}
		if show != nil {
			show(t, plan)
		}
	})
}

// Apply plans and applies every target, and keeps no plan. The error joins those of the targets, each a *TargetError.
func (f Fleet) Apply(ctx context.Context) (*FleetReport, error) {
	shared := &domains{}
	opts := append(append([]ApplyOption(nil), f.Applies...), func(o *applyOptions) { o.domains = shared })
	return f.each(ctx, func(ctx context.Context, plan *Plan, t Target, out *TargetReport) {
		if plan.Empty() {
			return
		}
		if f.Review != nil {
			if out.Err = f.Review(t, plan); out.Err != nil {
				out.Phase = PhaseReview
				return
			}
		}
		report, err := plan.Apply(ctx, opts...)
		if report != nil {
			out.Changed = report.Count(Done)
		}
		if out.Err = err; err != nil {
			out.Phase = PhaseApply
		}
	})
}

// each plans the targets, Parallel at a time, and goes on with each by then.
func (f Fleet) each(ctx context.Context, then func(ctx context.Context, p *Plan, t Target, out *TargetReport)) (*FleetReport, error) {
	started := time.Now()
	report := &FleetReport{Targets: make([]TargetReport, len(f.Targets))}
	parallel := f.Parallel
	if parallel <= 0 {
		parallel = 32
	}
	slots := make(chan struct{}, parallel)
	var group sync.WaitGroup
	for i, t := range f.Targets {
		out := &report.Targets[i]
		*out = TargetReport{Target: t, Phase: PhaseSkipped}
		slots <- struct{}{}
		if ctx.Err() != nil {
			out.Err = context.Cause(ctx)
			<-slots
			continue
		}
		group.Go(func() {
			defer func() { <-slots }()
			began := time.Now()
			f.one(ctx, t, out, then)
			out.Took = time.Since(began)
		})
	}
	group.Wait()
	report.Took = time.Since(started)
	return report, report.Err()
}

func (f Fleet) one(ctx context.Context, t Target, out *TargetReport, then func(ctx context.Context, p *Plan, t Target, out *TargetReport)) {
	base := f.Baseline(t)
	if base == nil {
		out.Phase = PhaseDone
		return
	}
	out.Phase = PhaseConfig
	if t.Config == nil {
		out.Err = errors.New("the target has no Config")
		return
	}
	cfg, err := t.Config(ctx, t)
	if err != nil {
		out.Err = err
		return
	}
	if t.Region != "" {
		cfg.Region = t.Region
	}
	if t.Account != "" {
		base = base.ForAccount(t.Account)
	}
	out.Phase = PhasePlan
	plan, err := base.Plan(ctx, cfg, f.Plans...)
	if err != nil {
		out.Err = err
		return
	}
	out.Phase = PhaseDone
	then(ctx, plan, t, out)
}

// TargetError is what went wrong with one target. It wraps what Plan or Apply returned there.
type TargetError struct {
	Target Target
	Phase  Phase
	Err    error
}

func (e *TargetError) Error() string { return fmt.Sprintf("%s: %s: %v", e.Target, e.Phase, e.Err) }

// Unwrap returns the error of the plan or the apply.
func (e *TargetError) Unwrap() error { return e.Err }

// Err joins the errors of the targets; nil if all are done.
func (r *FleetReport) Err() error {
	var errs []error
	for _, t := range r.Targets {
		if t.Err != nil {
			errs = append(errs, &TargetError{t.Target, t.Phase, t.Err})
		}
	}
	return errors.Join(errs...)
}

// Failed are the targets to try again. They marshal to JSON; Config is to be set again afterwards.
func (r *FleetReport) Failed() []Target {
	var out []Target
	for _, t := range r.Targets {
		if t.Err != nil {
			out = append(out, t.Target)
		}
	}
	return out
}

// Changed is how many resources were written over all targets.
func (r *FleetReport) Changed() int {
	n := 0
	for _, t := range r.Targets {
		n += t.Changed
	}
	return n
}

// Cause is one reason for which targets failed.
type Cause struct {
	Phase   Phase    `json:"phase"`
	Code    string   `json:"code,omitempty"` // AWS's, if it was AWS that refused
	Example string   `json:"example"`        // the first target's error in full
	Targets []Target `json:"targets"`
}

// Causes groups the failures by what refused them: the phase and AWS's error code, or else the error's text. They come in the
// order of the targets.
func (r *FleetReport) Causes() []Cause {
	var out []Cause
	at := map[string]int{}
	for _, t := range r.Targets {
		if t.Err == nil {
			continue
		}
		key := string(t.Phase) + " " + code(t.Err)
		if code(t.Err) == "" {
			key += strings.NewReplacer(t.Target.Account, "", t.Target.Region, "").Replace(t.Err.Error())
		}
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, Cause{Phase: t.Phase, Code: code(t.Err), Example: t.Err.Error()})
		}
		out[i].Targets = append(out[i].Targets, t.Target)
	}
	return out
}

// String is the report in few words: the failures by cause, and counts of the rest.
func (r *FleetReport) String() string {
	var b strings.Builder
	failed := len(r.Failed())
	fmt.Fprintf(&b, "%d targets in %s: %d done, %d failed, %d resources written\n", len(r.Targets), r.Took.Round(time.Millisecond), len(r.Targets)-failed, failed, r.Changed())
	for _, c := range r.Causes() {
		fmt.Fprintf(&b, "  %s, %d target%s", c.Phase, len(c.Targets), plural(len(c.Targets)))
		if c.Code != "" {
			fmt.Fprintf(&b, ", %s", c.Code)
		}
		fmt.Fprintf(&b, ": %s\n", strings.ReplaceAll(c.Example, "\n", "\n    "))
		for _, t := range c.Targets {
			fmt.Fprintf(&b, "    %s\n", t)
		}
	}
	return b.String()
}

// MarshalJSON is the report with its errors as texts.
func (r *FleetReport) MarshalJSON() ([]byte, error) {
	type target struct {
		Target
		Phase   Phase  `json:"phase"`
		Error   string `json:"error,omitempty"`
		Changed int    `json:"changed"`
		Pending int    `json:"pending"`
	}
	doc := struct {
		Targets []target `json:"targets"`
		Causes  []Cause  `json:"causes,omitempty"`
	}{Causes: r.Causes()}
	for _, t := range r.Targets {
		x := target{Target: t.Target, Phase: t.Phase, Changed: t.Changed, Pending: t.Pending}
		if t.Err != nil {
			x.Error = t.Err.Error()
		}
		doc.Targets = append(doc.Targets, x)
	}
	return json.Marshal(doc)
}

func plural(n int) string {
	if n == 1 {
		return ""
	}
	return "s"
}
