package containment

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// journal is the log of one case as this process knows it.
type journal struct {
	ledger Ledger
	caseID string
	actor  string
	turn   chan struct{} // held by who writes the next record; no mutex, for a write may take long
	broken error         // no more can be appended; only whose turn it is looks at it
	mu     sync.Mutex    // guards all
	all    []Record
}

func newJournal(l Ledger, caseID, actor string) *journal {
	return &journal{ledger: l, caseID: caseID, actor: actor, turn: make(chan struct{}, 1)}
}

// openJournal loads the log of a case and checks its chain.
func openJournal(ctx context.Context, l Ledger, caseID, actor string) (*journal, error) {
	j := newJournal(l, caseID, actor)
	entries, err := l.Load(ctx, caseID)
	if err != nil {
		return nil, fmt.Errorf("the log of case %s can't be read: %w", caseID, err)
	}
	for i, entry := range entries {
		var r Record
		if err := json.Unmarshal(entry, &r); err != nil {
			return nil, &ChainError{i + 1, "it is no record: " + err.Error()}
		}
		j.all = append(j.all, r)
	}
	return j, VerifyChain(j.all, "")
}

// add appends a record. Records are written one after the other, each before anything that it announces is done.
func (j *journal) add(ctx context.Context, r Record) error {
	j.turn <- struct{}{}
	defer func() { <-j.turn }()
	if j.broken != nil {
		return j.broken
	}
	written := j.records()
	r.Seq, r.Case, r.Actor, r.Time = len(written)+1, j.caseID, j.actor, time.Now().UTC()
	if len(written) > 0 {
		r.Previous = written[len(written)-1].Hash
	}
	r.Hash = r.hash()
	entry, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if err := j.ledger.Append(ctx, j.caseID, r.Seq, entry); err != nil {
		j.broken = fmt.Errorf("the log of case %s can't be written, and nothing is changed that is not recorded: %w", j.caseID, err)
		return j.broken
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.all = append(j.all, r)
	return nil
}

func (j *journal) records() []Record {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]Record(nil), j.all...)
}

// held is one setting that the case has changed, or was about to: what undo has to restore.
type held struct {
	Record        // the first intention, whose Before counts
	wanted string // what the last intention wanted
	known  bool   // the last one is known to have been carried out
}

// key tells settings apart.
func (r Record) key() string {
	return r.Account + "\x00" + r.Region + "\x00" + r.Setting + "\x00" + r.Target
}

// open lists what is changed and not restored, in the order in which it was first changed.
func (j *journal) open() []held {
	var order []string
	at := map[string]*held{}
	for _, r := range j.records() {
		k := r.key()
		switch h := at[k]; {
		case r.Event == Intended && h == nil:
			at[k] = &held{Record: r, wanted: r.After}
			order = append(order, k)
		case r.Event == Intended:
			h.wanted, h.known = r.After, false
		case r.Event == Changed && h != nil:
			h.known = true
		case r.Event == Restored:
			delete(at, k)
		}
	}
	var out []held
	seen := map[string]bool{}
	for i := len(order) - 1; i >= 0; i-- { // one that was restored and changed again counts where it was changed again
		if h := at[order[i]]; h != nil && !seen[order[i]] {
			seen[order[i]] = true
			out = append(out, *h)
		}
	}
	for i, k := 0, len(out)-1; i < k; i, k = i+1, k-1 {
		out[i], out[k] = out[k], out[i]
	}
	return out
}

// find is what is known of one setting.
func (j *journal) find(like Record) (h held, open, mentioned bool) {
	for _, r := range j.records() {
		mentioned = mentioned || r.Setting != "" && r.key() == like.key()
	}
	for _, h := range j.open() {
		if h.key() == like.key() {
			return h, true, true
		}
	}
	return held{}, false, mentioned
}
