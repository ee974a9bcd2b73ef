package main

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/aws/aws-sdk-go-v2/config"
)

// onLive plans against the configured account, and applies with -yes.
func onLive(ctx context.Context, o options, out io.Writer) (int, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return failed, err
	}
	emulated, err := emulator(&cfg)
	if err != nil {
		return failed, err
	}
	at := place{region: cfg.Region, unit: o.unit, lacks: o.without, emulated: emulated}
	if emulated {
		at.noUserBoundaries = lacks(ctx, cfg, out)
	}
	if at.unit == "" && slices.Contains(o.pillars, "governance") {
		fmt.Fprintln(out, "Left out, since no organizational unit was named (-ou): the organization's policies.")
	}
	s := &session{at: at, cfg: cfg, o: o, out: out}
	plan, err := s.planned(ctx)
	if err != nil {
		return failed, err
	}
	if err := s.show(plan); err != nil {
		return failed, err
	}
	switch {
	case o.plan:
		return exitCode(plan), nil
	case plan.Empty():
		return nothingToDo, nil
	case !o.yes:
		fmt.Fprintln(out, "Nothing was changed. Apply with -yes.")
		return nothingToDo, nil
	}
	if err := s.apply(ctx, plan); err != nil {
		return failed, err
	}
	return nothingToDo, s.proveEmpty(ctx)
}
