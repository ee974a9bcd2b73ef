package containment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// place is an account and a region.
type place struct{ Account, Region string }

// setting is something of the account that containment changes: what undo has to know is how to read and write it. States are
// plain data as JSON, so that a record holds all that another process needs.
type setting struct {
	name  string
	read  func(ctx context.Context, cfg aws.Config, target string) (state string, err error)
	write func(ctx context.Context, cfg aws.Config, target, have, want string) error
	same  func(a, b string) bool // whether two states mean the same; nil: whether they are equal
	ours  bool                   // made by the case and nobody else's: undo removes it whatever it has become
	calls bool                   // restored by more than one call, between which an earlier run may have been cut off
}

// stateOf makes a setting of functions on a type S, whose zero value is "not there".
func stateOf[S any](s setting, read func(context.Context, aws.Config, string) (S, error), write func(ctx context.Context, cfg aws.Config, target string, have, want S) error) *setting {
	s.read = func(ctx context.Context, cfg aws.Config, target string) (string, error) {
		state, err := read(ctx, cfg, target)
		if err != nil {
			return "", err
		}
		return text(state), nil
	}
	s.write = func(ctx context.Context, cfg aws.Config, target, have, want string) error {
		var h, w S
		if err := errors.Join(json.Unmarshal([]byte(have), &h), json.Unmarshal([]byte(want), &w)); err != nil {
			return fmt.Errorf("the state of %s of %s can't be read from the log: %w", s.name, target, err)
		}
		return write(ctx, cfg, target, h, w)
	}
	return &s
}

func text(state any) string {
	out, err := json.Marshal(state)
	if err != nil {
		panic("containment: a state can't be serialized: " + err.Error()) // plain data always can
	}
	return string(out)
}

func (s *setting) equal(a, b string) bool { return a == b || s.same != nil && s.same(a, b) }

// settings are all that there are, for undo to find by the name in the log.
func settings() map[string]*setting {
	out := map[string]*setting{}
	for _, s := range []*setting{
		truce, roleTruce, userTruce, apiTermination, apiStop, shutdownBehavior, deleteOnTermination,
		suspendedProcesses, groupMinimum, groupMembership, targetRegistration,
		isolationGroup, interfaceGroups, subnetACL, isolationACL, roleDeny, keyStatus, instanceProfile, metadataEndpoint, bucketPolicy,
	} {
		out[s.name] = s
	}
	return out
}

// settleFor is how long a change may take to show in reads.
const settleFor = time.Minute

// set changes a setting, recorded before and after. What was so already is left, and undo leaves it too. Running it again
// after it was cut off anywhere is safe: what counts as before is what the first record says.
func (r *run) set(ctx context.Context, at place, s *setting, target string, want any) error {
	cfg, err := r.config(ctx, at)
	if err != nil {
		return err
	}
	about := Record{Step: r.step, Account: at.Account, Region: at.Region, Setting: s.name, Target: target, After: text(want)}
	have, err := s.read(ctx, cfg, target)
	if err != nil {
		return fmt.Errorf("%s of %s can't be read: %w", s.name, target, err)
	}
	known, open, mentioned := r.journal.find(about)
	if r.planning {
		if !s.equal(have, about.After) {
			about.Before = have
			r.plan(about)
		}
		return nil
	}
	if s.equal(have, about.After) {
		switch {
		case open && s.equal(known.wanted, have) && !known.known: // an earlier run was cut off after the call
			about.Before, about.Event, about.Note = known.Before, Changed, "by an earlier run that was cut off"
			return r.journal.add(ctx, about)
		case !open && !mentioned:
			about.Before, about.Event = have, Unchanged
			return r.journal.add(ctx, about)
		}
		return nil
	}
	about.Before, about.Event = have, Intended
	if err := r.journal.add(ctx, about); err != nil {
		return err
	}
	return r.write(ctx, cfg, s, about, Changed)
}

// write makes a change and waits until reads show it.
func (r *run) write(ctx context.Context, cfg aws.Config, s *setting, about Record, done Event) error {
	var t trace
	err := s.write(ctx, t.on(cfg), about.Target, about.Before, about.After)
	about.Calls, about.Event = t.calls, done
	if err == nil {
		err = settled(ctx, func() (bool, error) {
			now, err := s.read(ctx, cfg, about.Target)
			return err == nil && s.equal(now, about.After), err
		})
	}
	if err != nil {
		about.Event, about.Error = Failed, err.Error()
		return errors.Join(fmt.Errorf("%s of %s: %w", s.name, about.Target, err), r.journal.add(ctx, about))
	}
	return r.journal.add(ctx, about)
}

// settled polls until ok says so, since reads may lag behind writes.
func settled(ctx context.Context, ok func() (bool, error)) error {
	started := time.Now()
	for wait := 200 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		done, err := ok()
		switch {
		case err != nil || done:
			return err
		case time.Since(started) > settleFor:
			return fmt.Errorf("the change was acknowledged, but reads have not shown it for %s", settleFor)
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
