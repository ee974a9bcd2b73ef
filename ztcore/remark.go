package ztcore

import (
	"context"
	"slices"
	"sync"
)

// remarks are what a kind has to say of the writes of one task.
type remarks struct {
	mu    sync.Mutex
	texts []string
}

type remarksKey struct{}

// Remark leaves a note in the outcome of the write that ctx was given to, for what its reader should know though it is
// no failure: Outcome.Notes has it. The same text is kept once; outside of an apply's writes nothing happens.
func Remark(ctx context.Context, text string) {
	r, ok := ctx.Value(remarksKey{}).(*remarks)
	if !ok {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !slices.Contains(r.texts, text) {
		r.texts = append(r.texts, text)
	}
}

func (r *remarks) all() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.texts)
}
