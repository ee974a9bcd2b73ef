package containment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// UndoOptions are what has to be said aloud. The zero value restores everything that may safely be restored.
type UndoOptions struct {
	// LiftEarly is the reason to take denials off roles before their last session has expired. The stolen ones live again then.
	LiftEarly string
	// KeepRevocations restores everything else, and leaves denials that it is too early to lift. Sessions that are new are not
	// concerned by them, so the service works. Undo again when they have expired.
	KeepRevocations bool
	// ReactivateKeys is the reason to activate access keys again. Without it they stay inactive.
	ReactivateKeys string
	// Overwrite is the reason to restore what somebody has changed since it was contained. Without it such things are left.
	Overwrite string
}

// String says what was said aloud.
func (o UndoOptions) String() string {
	parts := []string{"to undo"}
	if o.KeepRevocations {
		parts = append(parts, "but for revocations")
	}
	for _, given := range []struct{ what, reason string }{
		{"lift revocations early", o.LiftEarly}, {"reactivate keys", o.ReactivateKeys}, {"overwrite others' changes", o.Overwrite},
	} {
		if given.reason != "" {
			parts = append(parts, given.what+", since "+given.reason)
		}
	}
	return strings.Join(parts, "; ")
}

// TooEarlyError says that sessions of a role which were issued before its cut-off may still be alive. Nothing was undone.
type TooEarlyError struct {
	Role string
	Lift time.Time // when the last of them has expired
}

func (e *TooEarlyError) Error() string {
	return fmt.Sprintf("sessions of %s that are denied may be alive until %s; undo after that, keep the revocation, or give a reason to lift it early", e.Role, e.Lift.Format(time.RFC3339))
}

// ForeignChangeError says that somebody has changed what a case had contained, and that it was left as it is.
type ForeignChangeError struct {
	Setting, Target         string
	Before, Contained, Seen string // as JSON: what it was, what the case made of it, and what it is now
}

func (e *ForeignChangeError) Error() string {
	return fmt.Sprintf("%s of %s was changed by someone else: it is %s, the case had made it %s, and it was %s before; see to it, or give a reason to overwrite it", e.Setting, e.Target, e.Seen, e.Contained, e.Before)
}

// Undo restores what the case has changed to what it was, last change first, as the log says: it needs neither the process nor the
// playbook that contained it. Evidence stays. What can't or must not be restored is in the report, and the case is closed
// once there is nothing of the kind. Calling it again goes on wherever it was cut off.
//
// Only ID and Ledger of the containment, and Configs for other accounts, are needed. Errors before anything was undone:
// *TooEarlyError, *ChainError; then *PartialError.
func (c Containment) Undo(ctx context.Context, cfg aws.Config, o UndoOptions) (*Report, error) {
	r, err := c.reopen(ctx, cfg)
	if err != nil {
		return nil, err
	}
	open := r.journal.open()
	lifts, err := r.lifts(ctx, open)
	if err != nil {
		return nil, err
	}
	for _, l := range lifts {
		if o.LiftEarly == "" && !o.KeepRevocations && time.Now().Before(l.At) {
			return nil, &TooEarlyError{l.Role, l.At}
		}
	}
	if len(open) == 0 && len(r.journal.all) > 0 && r.journal.all[len(r.journal.all)-1].Event == Closed {
		return r.report(ctx), nil
	}
	if err := r.journal.add(ctx, Record{Event: Opened, Note: o.String(), After: text(o)}); err != nil {
		return nil, err
	}
	err = r.undo(ctx, open, lifts, o)
	report := r.report(ctx)
	return report, err
}

func (r *run) undo(ctx context.Context, open []held, lifts []Lift, o UndoOptions) error {
	r.step = "undo"
	slices.Reverse(open)
	slices.SortStableFunc(open, func(a, b held) int { return boolInt(isTruce(a.Setting)) - boolInt(isTruce(b.Setting)) })
	var errs []error
	var failed []string
	left := false
	for _, h := range open {
		why := ""
		switch {
		case h.Setting == keyStatus.name && o.ReactivateKeys == "":
			why = "the key stays inactive, since no reason is given to activate it"
		case h.Setting == roleDeny.name && o.LiftEarly == "" && tooEarly(lifts, h):
			why = "sessions that it denies may still be alive"
		case isTruce(h.Setting) && (left || len(errs) > 0):
			why = "the case still holds something"
		}
		if why != "" {
			left = true
			about := h.Record
			about.Event, about.Step, about.Note, about.Calls = Left, r.step, why, nil
			if err := r.journal.add(ctx, about); err != nil {
				return err
			}
			continue
		}
		if err := r.restore(ctx, h, o); err != nil {
			errs, failed = append(errs, err), append(failed, h.Setting+" of "+h.Target)
		}
	}
	if len(errs) > 0 {
		return &PartialError{r.c.Case.ID, failed, errors.Join(errs...)}
	}
	if left {
		return nil
	}
	return r.journal.add(ctx, Record{Event: Closed, Note: "everything is as it was before, but for evidence"})
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// gone are AWS's answers for a target that does not exist any more.
var gone = []string{
	"InvalidInstanceID.NotFound", "InvalidNetworkInterfaceID.NotFound", "InvalidVolume.NotFound", "InvalidSubnetID.NotFound",
	"NoSuchEntity", "TargetGroupNotFound",
}

// restore makes one setting what it was.
func (r *run) restore(ctx context.Context, h held, o UndoOptions) error {
	s := settings()[h.Setting]
	if s == nil {
		return fmt.Errorf("the log tells of a setting %q that this version does not know", h.Setting)
	}
	cfg, err := r.config(ctx, place{h.Account, h.Region})
	if err != nil {
		return err
	}
	about := Record{Step: r.step, Account: h.Account, Region: h.Region, Setting: h.Setting, Target: h.Target, After: h.Before}
	have, err := s.read(ctx, cfg, h.Target)
	if refusedWith(err, gone...) {
		about.Event, about.Note = Restored, "it does not exist any more, so there is nothing to restore"
		return r.journal.add(ctx, about)
	}
	if err != nil {
		return fmt.Errorf("%s of %s can't be read: %w", h.Setting, h.Target, err)
	}
	about.Before = have
	switch {
	case s.equal(have, h.Before):
		about.Event = Restored
		return r.journal.add(ctx, about)
	case !s.equal(have, h.wanted) && !s.ours && !s.calls && o.Overwrite == "":
		about.Event, about.Note = Left, "somebody has changed it since"
		return errors.Join(&ForeignChangeError{h.Setting, h.Target, h.Before, h.wanted, have}, r.journal.add(ctx, about))
	}
	return r.write(ctx, cfg, s, about, Restored)
}

// reopen loads a case for work that needs no targets: the log has them.
func (c Containment) reopen(ctx context.Context, cfg aws.Config) (*run, error) {
	if !caseID.MatchString(c.Case.ID) || c.Ledger == nil {
		return nil, errors.New("undoing and verifying take the case's ID and its Ledger")
	}
	r, err := c.whoami(ctx, cfg)
	if err != nil {
		return nil, err
	}
	if r.journal, err = openJournal(ctx, c.Ledger, c.Case.ID, r.caller); err != nil {
		return nil, err
	}
	if len(r.journal.all) == 0 {
		return nil, fmt.Errorf("the ledger knows of no case %s", c.Case.ID)
	}
	opened, targets := r.journal.opened()
	if opened.ID != "" {
		r.c.Case, r.c.Targets = opened, targets
	}
	return r, nil
}

// opened is the case as the log has it last, with the targets of all its runs.
func (j *journal) opened() (last Case, targets []Target) {
	for _, r := range j.records() {
		if r.Event != Opened || r.Note != toContain {
			continue
		}
		var o opening
		_ = json.Unmarshal([]byte(r.After), &o) // written by Contain
		last = o.Case
		for _, t := range o.Targets {
			if !slices.Contains(targets, t) {
				targets = append(targets, t)
			}
		}
	}
	return last, targets
}

// opening is the state in the record that Contain opens a case with.
type opening struct {
	Case    Case     `json:"case"`
	Targets []Target `json:"targets"`
}

const toContain = "to contain"

// Lift is until when a role's denied sessions may be alive.
type Lift struct {
	Role   string    `json:"role"` // ARN-less name in its account
	CutOff time.Time `json:"cutOff"`
	At     time.Time `json:"at"`

	key string
}

// lifts are those of all denials in force.
func (r *run) lifts(ctx context.Context, open []held) ([]Lift, error) {
	var out []Lift
	for _, h := range open {
		if h.Setting != roleDeny.name {
			continue
		}
		var document string
		if err := json.Unmarshal([]byte(h.wanted), &document); err != nil {
			return nil, err
		}
		cutoff, ok := cutoffOf(document)
		if !ok {
			return nil, fmt.Errorf("the cut-off in the log for %s can't be read", h.Target)
		}
		role, _, _ := strings.Cut(h.Target, "|")
		cfg, err := r.config(ctx, place{h.Account, h.Region})
		if err != nil {
			return nil, err
		}
		length, err := sessionLength(ctx, cfg, role)
		if refusedWith(err, "NoSuchEntity") {
			continue // deleted, and its sessions with it
		}
		if err != nil {
			return nil, fmt.Errorf("how long sessions of %s live can't be read: %w", role, err)
		}
		out = append(out, Lift{Role: role, CutOff: cutoff, At: cutoff.Add(length), key: h.key()})
	}
	return out, nil
}

func tooEarly(lifts []Lift, h held) bool {
	return slices.ContainsFunc(lifts, func(l Lift) bool { return l.key == h.key() && time.Now().Before(l.At) })
}
