package ztcore

import (
	"log/slog"
	"time"
)

// Event is one step of an apply's progress: Started, Retrying, Settling or Finished.
type Event interface {
	event() (msg string, attrs []any)
}

// Started says that work on a resource has begun.
type Started struct {
	Address Address
	Action  Action
}

// Retrying says that a write was answered with an error that the engine expects to pass.
type Retrying struct {
	Address Address
	Err     error
	After   time.Duration // when it will be tried again
}

// Settling says that a write does not show in reads yet.
type Settling struct {
	Address   Address
	Remaining []Change
}

// Finished says how a resource came out.
type Finished struct {
	Outcome Outcome
}

func (e Started) event() (string, []any) {
	return "started", []any{"resource", e.Address, "action", e.Action}
}

func (e Retrying) event() (string, []any) {
	return "retrying", []any{"resource", e.Address, "error", e.Err, "after", e.After}
}

func (e Settling) event() (string, []any) {
	return "settling", []any{"resource", e.Address, "differences", len(e.Remaining)}
}

func (e Finished) event() (string, []any) {
	attrs := []any{"resource", e.Outcome.Address, "action", e.Outcome.Action, "status", e.Outcome.Status, "took", e.Outcome.Took}
	if e.Outcome.Err != nil {
		attrs = append(attrs, "error", e.Outcome.Err)
	}
	if len(e.Outcome.Notes) > 0 {
		attrs = append(attrs, "notes", e.Outcome.Notes)
	}
	return "finished", attrs
}

// emit tells whoever wants to know, one event at a time.
func (r *run) emit(e Event) {
	r.events.Lock()
	defer r.events.Unlock()
	if r.opts.progress != nil {
		r.opts.progress(e)
	}
	if r.opts.log != nil {
		msg, attrs := e.event()
		level := slog.LevelInfo
		if f, ok := e.(Finished); ok && f.Outcome.Status == Failed {
			level = slog.LevelError
		}
		r.opts.log.Log(r.ctx, level, msg, attrs...)
	}
}
