package ztcore

import (
	"log/slog"
	"time"
)

// PlanOption changes what a plan covers.
type PlanOption func(*planOptions)

type planOptions struct {
	destroy, prune, adopt, observe bool
	allowDelete                    map[Address]bool
	leaveOut                       map[string]bool
	kinds                          []AnyKind
}

// Destroy plans the removal of everything that the baseline declares, and of whatever else it owns of the same kinds. What holds
// data is retained unless AllowDelete names it, and so is what that needs.
func Destroy() PlanOption { return func(o *planOptions) { o.destroy = true } }

// Prune plans the removal of what the baseline owns but no longer declares, of the kinds that it declares and of those given,
// as far as they have tags to tell the owner by. What holds data is retained unless AllowDelete names it.
func Prune(kinds ...AnyKind) PlanOption {
	return func(o *planOptions) { o.prune = true; o.kinds = append(o.kinds, kinds...) }
}

// AllowDelete permits the deletion or replacement of resources that hold data, one by one.
func AllowDelete(resources ...Address) PlanOption {
	return func(o *planOptions) {
		for _, r := range resources {
			o.allowDelete[r] = true
		}
	}
}

// AdoptAll is Adopt for all resources of the baseline.
func AdoptAll() PlanOption { return func(o *planOptions) { o.adopt = true } }

// ObserveAll is Observe for all resources of the baseline: the plan is a drift report.
func ObserveAll() PlanOption { return func(o *planOptions) { o.observe = true } }

func newPlanOptions(opts []PlanOption) planOptions {
	o := planOptions{allowDelete: map[Address]bool{}, leaveOut: map[string]bool{}}
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// ApplyOption changes how a plan is applied.
type ApplyOption func(*applyOptions)

type applyOptions struct {
	parallelism int
	progress    func(Event)
	log         *slog.Logger
	settle      time.Duration
	domains     *domains
	lease       Lease
}

// WithParallelism lets at most n resources be worked on at a time. 0, the default, means as many as their
// dependencies allow.
func WithParallelism(n int) ApplyOption { return func(o *applyOptions) { o.parallelism = n } }

// WithProgress calls f for each event of an apply, one at a time. The apply waits for it.
func WithProgress(f func(Event)) ApplyOption { return func(o *applyOptions) { o.progress = f } }

// WithLogger logs the events of an apply. No secret is among them.
func WithLogger(l *slog.Logger) ApplyOption { return func(o *applyOptions) { o.log = l } }

// WithSettleTimeout is how long a write may take to show in reads, 2 minutes by default.
func WithSettleTimeout(d time.Duration) ApplyOption { return func(o *applyOptions) { o.settle = d } }
