// Command baseline is the guide as a program: its own names and values, as one zero-trust baseline.
//
//	go run ./examples/baseline                       # on the in-memory AWS: plan, apply, prove, tamper, repair
//	go run ./examples/baseline -live                 # plan against the configured account; -yes applies
//	go run ./examples/baseline -live -plan           # exit 0: nothing to do, 2: something, 1: error
//	go run ./examples/baseline -live -ou ou-ab12-…   # in an organization's management account, with policies for a unit
//	go run ./examples/baseline -live -destroy -yes   # remove what the baseline owns
//
// -lease names a bucket that keeps two from applying at once. -pillars takes a part, -json writes the plan, -evidence what the last plan proves. What the endpoint does not offer is left
// out and said, with what would refer to it; -without names what it offers and fails at.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/lease"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// Exit codes of -plan.
const (
	nothingToDo = 0
	failed      = 1
	toDo        = 2
)

type options struct {
	live, yes, plan, destroy bool
	pillars, without         []string
	jsonFile, evidenceFile   string
	unit, lease              string
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nothingToDo
		}
		fmt.Fprintln(stderr, err)
		return failed
	}
	code := nothingToDo
	if o.live {
		code, err = onLive(ctx, o, stdout)
	} else {
		code, err = inMemory(ctx, o, stdout)
	}
	if err != nil {
		fmt.Fprintln(stderr, err)
		return failed
	}
	return code
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("baseline", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.BoolVar(&o.live, "live", false, "use the default AWS configuration (environment, profile, AWS_ENDPOINT_URL), and only plan unless -yes")
	flags.BoolVar(&o.yes, "yes", false, "apply when live")
	flags.BoolVar(&o.plan, "plan", false, "only plan: exit 0 when there is nothing to do, 2 when there is, 1 on error")
	flags.BoolVar(&o.destroy, "destroy", false, "remove what the baseline owns, buckets and keys included")
	flags.StringVar(&o.jsonFile, "json", "", "write the plan to `file` as JSON")
	flags.StringVar(&o.evidenceFile, "evidence", "", "write what the last plan proves, control by control, to `file` as Markdown")
	flags.StringVar(&o.unit, "ou", "", "attach the organization's policies to this organizational unit; without it they are left out when live")
	flags.StringVar(&o.lease, "lease", "", "apply under a lease in this `bucket` of the account when live, so that no two do at once; a bucket that the baseline does not make")
	pillars := flags.String("pillars", strings.Join(pillarNames(), ","), "take a part of the pillars")
	without := flags.String("without", "", "leave out `kinds` that the endpoint offers and fails at, as appsec.RiskConfiguration,governance.Stack")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if *without != "" {
		o.without = strings.Split(*without, ",")
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected arguments: %s", strings.Join(flags.Args(), " "))
	}
	o.pillars = strings.Split(*pillars, ",")
	return o, nil
}

// session is one program run against one account.
type session struct {
	at  place
	cfg aws.Config
	o   options
	out io.Writer
}

// planned makes the plan that the flags ask for, without what the endpoint does not offer.
func (s *session) planned(ctx context.Context) (*ztcore.Plan, error) {
	base, err := guide(s.o.pillars, s.at)
	if err != nil {
		return nil, err
	}
	opts := []ztcore.PlanOption{ztcore.LeaveOut(s.at.lacks...)}
	if s.o.destroy {
		opts = append(opts, ztcore.Destroy())
	}
	plan, err := base.Plan(ctx, s.cfg, opts...)
	if kinds := ztcore.Unsupported(err); len(kinds) > 0 {
		s.at.lacks = append(s.at.lacks, kinds...)
		return s.planned(ctx)
	}
	if err != nil || !s.o.destroy {
		return plan, err
	}
	// Destroying was asked for by name of the baseline, so what it retains is named here, one by one.
	var retained []ztcore.Address
	for _, step := range plan.Steps {
		if step.Action == ztcore.Retain {
			retained = append(retained, step.Address)
		}
	}
	return base.Plan(ctx, s.cfg, append(opts, ztcore.AllowDelete(retained...))...)
}

// show prints a plan, and writes it to a file when asked to.
func (s *session) show(plan *ztcore.Plan) error {
	fmt.Fprintln(s.out, plan)
	if s.o.jsonFile == "" {
		return nil
	}
	doc, err := json.MarshalIndent(plan, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(s.o.jsonFile, append(doc, '\n'), 0o600)
}

// apply does what a plan says, with live progress.
func (s *session) apply(ctx context.Context, plan *ztcore.Plan) error {
	opts := []ztcore.ApplyOption{ztcore.WithProgress(func(e ztcore.Event) {
		switch e := e.(type) {
		case ztcore.Finished:
			fmt.Fprintf(s.out, "  %s\n", e.Outcome)
		case ztcore.Retrying:
			fmt.Fprintf(s.out, "  waiting  %s: %v\n", e.Address, e.Err)
		}
	})}
	if s.o.live && s.o.lease != "" {
		opts = append(opts, ztcore.WithLease(lease.Bucket{Name: s.o.lease}))
	}
	report, err := plan.Apply(ctx, opts...)
	if report != nil {
		fmt.Fprintf(s.out, "Applied in %s: %d done, %d already done, %d failed, %d skipped.\n\n", report.Took.Round(time.Millisecond),
			report.Count(ztcore.Done), report.Count(ztcore.Already), report.Count(ztcore.Failed), report.Count(ztcore.Skipped))
		for _, note := range report.Notes {
			fmt.Fprintf(s.out, "Note: %s\n\n", note)
		}
	}
	return err
}

func exitCode(plan *ztcore.Plan) int {
	if plan.Empty() {
		return nothingToDo
	}
	return toDo
}
