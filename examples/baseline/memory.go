package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/all"
)

// inMemory tells the whole story without an account: plan, apply, prove, tamper, see, repair.
func inMemory(ctx context.Context, o options, out io.Writer) (int, error) {
	cloud := all.New()
	cfg := cloud.Config()
	base, err := guide(o.pillars, place{region: fakeaws.DefaultRegion})
	if err != nil {
		return failed, err
	}
	s := &session{baseline: base, cfg: cfg, o: o, out: out}
	destroy := o.destroy
	s.o.destroy = destroy && o.plan // the account is empty: there is nothing to destroy before it is stood up
	plan, err := s.planned(ctx)
	if err != nil {
		return failed, err
	}
	if err := s.show(plan); err != nil {
		return failed, err
	}
	if o.plan {
		return exitCode(plan), nil
	}
	if err := s.apply(ctx, plan); err != nil {
		return failed, err
	}
	if err := s.proveEmpty(ctx); err != nil {
		return failed, err
	}
	if destroy {
		s.o.destroy = true
		if plan, err = s.planned(ctx); err != nil {
			return failed, err
		}
		fmt.Fprintln(out, plan)
		if err := s.apply(ctx, plan); err != nil {
			return failed, err
		}
		return nothingToDo, s.proveEmpty(ctx)
	}
	fmt.Fprintln(out, "Now someone tampers with the account:")
	deeds, err := tamper(ctx, cfg, o.pillars)
	if err != nil {
		return failed, err
	}
	for _, deed := range deeds {
		fmt.Fprintln(out, "  "+deed)
	}
	fmt.Fprintln(out)
	drift, err := s.planned(ctx)
	if err != nil {
		return failed, err
	}
	if drift.Empty() {
		return failed, errors.New("the tampering was not seen")
	}
	fmt.Fprintln(out, drift)
	if err := s.apply(ctx, drift); err != nil {
		return failed, err
	}
	return nothingToDo, s.proveEmpty(ctx)
}

func (s *session) proveEmpty(ctx context.Context) error {
	again, err := s.planned(ctx)
	if err != nil {
		return err
	}
	if !again.Empty() {
		return fmt.Errorf("the plan after the apply is not empty:\n%s", again)
	}
	fmt.Fprintf(s.out, "Planned again: nothing is left to do; %d resources are as declared.\n\n", len(again.Steps))
	return nil
}
