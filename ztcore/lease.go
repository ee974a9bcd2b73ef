package ztcore

import (
	"context"
	"errors"
)

// Lease keeps applies of the same baseline apart in time. Package ztcore/lease has one that an S3 bucket holds. It is optional: without
// one, two applies at the same time are refused as stale or converge.
type Lease interface {
	// Take returns once the lease is the run's, or with an error that says who has it. It is called before the first call that an
	// apply makes, and must leave nothing behind when it fails. What it returns is called when the run is over, however it came
	// out and even if ctx has ended; its error is a note in the report, since a lease that is not given back ends by itself.
	//
	// lost is to be called with the reason when the lease is no longer the run's, at any time until the end of the release: it
	// calls off what is under way and keeps the run from starting any more.
	Take(ctx context.Context, sc *Scope, lost context.CancelCauseFunc) (release func() error, err error)
}

// WithLease applies under a lease: it is taken before anything is read again or written, and given back in the end. Where it is
// held, Apply returns the lease's error and nothing was done. Where it is lost in the middle, the run stops, and the error wraps
// the lease's. A plan that has nothing to do takes none. Of a fleet, each target takes its own.
func WithLease(l Lease) ApplyOption { return func(o *applyOptions) { o.lease = l } }

// underLease does what reads and writes while the lease, if there is one, is the run's.
func (r *run) underLease(report *Report, work func() error) error {
	if r.opts.lease == nil {
		return work()
	}
	ctx, end := context.WithCancelCause(r.ctx)
	defer end(nil)
	release, err := r.opts.lease.Take(ctx, r.plan.scope, func(why error) {
		r.mu.Lock()
		r.lost = why
		r.mu.Unlock()
		end(why)
	})
	if err != nil {
		return explain(err)
	}
	r.ctx = ctx
	err = work()
	kept := release()
	if err != nil {
		return errors.Join(r.sayLost(err), kept)
	}
	if kept != nil {
		report.Notes = append(report.Notes, kept.Error())
	}
	return nil
}

// sayLost adds to an error that the lease was lost, unless it says so.
func (r *run) sayLost(err error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.lost == nil || errors.Is(err, r.lost) {
		return err
	}
	return errors.Join(r.lost, err)
}
