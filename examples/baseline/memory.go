package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/all"
)

// inMemory tells the whole story without an account: plan, apply, prove, tamper, see, repair.
func inMemory(ctx context.Context, o options, out io.Writer) (int, error) {
	cloud := all.New()
	cloud.SetPace(0.01) // nobody wants to watch a stack being made
	cfg := cloud.Config()
	at := place{region: fakeaws.DefaultRegion, unit: o.unit, lacks: o.without}
	if at.unit == "" {
		unit, err := organization(ctx, cfg)
		if err != nil {
			return failed, err
		}
		at.unit = unit
	}
	s := &session{at: at, cfg: cfg, o: o, out: out}
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

// proveEmpty plans again, which must find nothing to do, and tells what that proves.
func (s *session) proveEmpty(ctx context.Context) error {
	again, err := s.planned(ctx)
	if err != nil {
		return err
	}
	if !again.Empty() {
		return fmt.Errorf("the plan after the apply is not empty:\n%s", again)
	}
	fmt.Fprintf(s.out, "Planned again: nothing is left to do; %d resources are as declared.\n", len(again.Steps))
	if s.o.destroy {
		return nil
	}
	evidence := again.Evidence()
	verdicts := map[ztcore.Verdict]int{}
	for _, c := range evidence.Controls {
		verdicts[c.Verdict]++
	}
	fmt.Fprintf(s.out, "Of %d controls %d are met, %d with exceptions that the declaration gives reasons for, %d are open.\n\n",
		len(evidence.Controls), verdicts[ztcore.Met], verdicts[ztcore.Excused], verdicts[ztcore.Open])
	if s.o.evidenceFile == "" {
		return nil
	}
	return os.WriteFile(s.o.evidenceFile, []byte(evidence.Markdown()), 0o600)
}
