package main

import (
	"context"
	"fmt"
	"io"

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
	at := place{region: cfg.Region}
	if emulated {
		at.noUserBoundaries = lacks(ctx, cfg, out)
	}
	base, err := guide(o.pillars, at)
	if err != nil {
		return failed, err
	}
	s := &session{baseline: base, cfg: cfg, o: o, out: out}
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
