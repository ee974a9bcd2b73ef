package containment

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// Event is what a record tells of.
type Event string

const (
	Opened    Event = "opened"    // work on the case began, or began again; the note says as what
	Intended  Event = "intended"  // a change is about to be made; Before is what undo restores
	Changed   Event = "changed"   // it was made, and reads show it
	Unchanged Event = "unchanged" // it was so already, and undo leaves it so
	Failed    Event = "failed"    // it, or a step, could not be done
	Preserved Event = "preserved" // evidence was secured; undo keeps it
	Skipped   Event = "skipped"   // a step had nothing to do, or was not to be done, for the reason in the note
	Noted     Event = "noted"     // something that a reader should know
	Restored  Event = "restored"  // what was before is again
	Left      Event = "left"      // undo did not restore it, for the reason in the note
	Closed    Event = "closed"    // everything was restored, but for evidence
)

// Call is one request that a change took.
type Call struct {
	Action    string    `json:"action"` // as "ec2:ModifyNetworkInterfaceAttribute"
	RequestID string    `json:"requestID,omitempty"`
	Time      time.Time `json:"time"`
	Error     string    `json:"error,omitempty"`
}

// Record is one entry of a case's log: who did what when, what was before and what after, and by which calls. Each holds the hash
// of the one before it, so that none can be altered, left out or put in without breaking the chain (VerifyChain).
type Record struct {
	Seq      int       `json:"seq"` // from 1
	Time     time.Time `json:"time"`
	Case     string    `json:"case"`
	Actor    string    `json:"actor"` // ARN of the identity that worked on the case
	Event    Event     `json:"event"`
	Step     string    `json:"step,omitempty"`
	Account  string    `json:"account,omitempty"`
	Region   string    `json:"region,omitempty"`
	Setting  string    `json:"setting,omitempty"` // what of the target, as "security groups of an interface"
	Target   string    `json:"target,omitempty"`
	Before   string    `json:"before,omitempty"` // JSON
	After    string    `json:"after,omitempty"`  // JSON
	Calls    []Call    `json:"calls,omitempty"`
	Note     string    `json:"note,omitempty"`
	Error    string    `json:"error,omitempty"`
	Previous string    `json:"previous"` // hash of the record before, "" for the first
	Hash     string    `json:"hash"`
}

// hash is over everything but itself.
func (r Record) hash() string {
	r.Hash = ""
	text, err := json.Marshal(r)
	if err != nil {
		panic("containment: a record can't be serialized: " + err.Error()) // plain data always can
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// ChainError says that a log is not what was written.
type ChainError struct {
	Seq int // of the first record that does not fit
	Why string
}

func (e *ChainError) Error() string {
	return fmt.Sprintf("the log is broken at record %d: %s", e.Seq, e.Why)
}

// VerifyChain checks that records are what was written, in order and whole. head is the hash of the last record as a report
// gives it, without which records cut off at the end are not missed; "" checks the rest only. The error is a *ChainError.
func VerifyChain(records []Record, head string) error {
	previous := ""
	for i, r := range records {
		switch {
		case r.Seq != i+1:
			return &ChainError{i + 1, fmt.Sprintf("it has the number %d", r.Seq)}
		case r.Previous != previous:
			return &ChainError{r.Seq, "it does not follow the record before it"}
		case r.Hash != r.hash():
			return &ChainError{r.Seq, "it was altered"}
		}
		previous = r.Hash
	}
	if head == "" {
		return nil
	}
	for _, r := range records {
		if r.Hash == head {
			return nil // more may have been written since
		}
	}
	return &ChainError{len(records) + 1, "the record with the hash " + head + " is missing"}
}
