package containment

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// Case is a case with what the finding says about it: its severity, its time, its id and title. ID, Owner and Review are the caller's.
func (f Finding) Case(id, owner string) Case {
	return Case{ID: id, Owner: owner, Severity: f.Severity, Detected: f.At, Finding: f.ID, Summary: f.Title}
}

// Probe is something that must hold, as that a connection of the intruder's is dead. It returns an error if it does not.
type Probe struct {
	Name  string
	Holds func(ctx context.Context) error
}

// GameDay rehearses a compromise, from the alarm to the report: it takes a finding, resolves it, plans, contains, verifies, asks the
// probes and undoes. It uses the same containment as a real case, and does not know which AWS it works on: fakes, an emulator or a
// sandbox account.
type GameDay struct {
	Finding     []byte      // JSON, as ParseFinding takes it
	Containment Containment // without Targets; Mode is not used, since a game day executes
	Contained   []Probe     // what must hold once it is contained
	Restored    []Probe     // what must hold once it is undone
	// Undo is how it is undone; nil leaves it contained. Unless it lifts revocations early or keeps them, Wait has to have let
	// the last session expire.
	Undo *UndoOptions
	// Wait is called between containment and undoing, with the dates on which revocations may be lifted. nil does not wait.
	Wait func(ctx context.Context, lifts []Lift) error
	// Report gets the report as Markdown; nil writes none.
	Report io.Writer
}

// GameDayResult is how a game day went.
type GameDayResult struct {
	Finding   Finding   `json:"finding"`
	Planned   *Report   `json:"planned"`
	Contained *Report   `json:"contained"`
	Undone    *Report   `json:"undone,omitempty"`
	Probes    []Outcome `json:"probes"`
	Failures  []string  `json:"failures,omitempty"` // empty if the game day was passed
}

// Outcome is how a probe came out.
type Outcome struct {
	Name  string `json:"name"`
	When  string `json:"when"` // "contained" or "restored"
	Error string `json:"error,omitempty"`
}

// Run runs the game day. The error is that of what could not be done at all; a probe that does not hold is a failure in the result.
func (g GameDay) Run(ctx context.Context, cfg aws.Config) (*GameDayResult, error) {
	findings, err := ParseFinding(g.Finding)
	if err != nil {
		return nil, err
	}
	out := &GameDayResult{Finding: findings[0]}
	c := g.Containment
	if c.Targets, err = Resolve(ctx, cfg, c.Configs, out.Finding.References...); err != nil {
		return out, err
	}
	own := c.Case
	c.Case = out.Finding.Case(own.ID, own.Owner)
	c.Case.Review, c.Case.Trail = own.Review, own.Trail
	if out.Planned, err = c.Plan(ctx, cfg); err != nil {
		return out, err
	}
	c.Mode = Execute
	out.Contained, err = c.Contain(ctx, cfg)
	if out.Contained == nil {
		return out, err
	}
	if err != nil {
		out.Failures = append(out.Failures, err.Error())
	}
	for _, f := range out.Contained.Residual {
		out.Failures = append(out.Failures, f.String())
	}
	out.ask(ctx, "contained", g.Contained)
	if g.Undo != nil {
		if err := g.undo(ctx, cfg, c, out); err != nil {
			return out, err
		}
	}
	if g.Report != nil {
		_, err = io.WriteString(g.Report, out.Markdown())
		return out, err
	}
	return out, nil
}

func (g GameDay) undo(ctx context.Context, cfg aws.Config, c Containment, out *GameDayResult) (err error) {
	if g.Wait != nil {
		if err := g.Wait(ctx, out.Contained.Lifts); err != nil {
			return err
		}
	}
	if out.Undone, err = c.Undo(ctx, cfg, *g.Undo); out.Undone == nil {
		return err
	}
	if err != nil {
		out.Failures = append(out.Failures, err.Error())
	}
	out.ask(ctx, "restored", g.Restored)
	if err := VerifyChain(out.Undone.Timeline, out.Contained.Head); err != nil {
		out.Failures = append(out.Failures, err.Error())
	}
	return nil
}

func (r *GameDayResult) ask(ctx context.Context, when string, probes []Probe) {
	for _, p := range probes {
		o := Outcome{Name: p.Name, When: when}
		if err := p.Holds(ctx); err != nil {
			o.Error = err.Error()
			r.Failures = append(r.Failures, fmt.Sprintf("%s, once %s: %v", p.Name, when, err))
		}
		r.Probes = append(r.Probes, o)
	}
}

// Err joins the failures; nil if the game day was passed.
func (r *GameDayResult) Err() error {
	if len(r.Failures) == 0 {
		return nil
	}
	return errors.New("the game day failed: " + strings.Join(r.Failures, "; "))
}

// Markdown is the report for people: how the game day went, then that of the containment with the whole timeline.
func (r *GameDayResult) Markdown() string {
	var b strings.Builder
	verdict := "PASSED"
	if len(r.Failures) > 0 {
		verdict = "FAILED"
	}
	fmt.Fprintf(&b, "# Game day: %s\n\n**%s**\n\n", r.Finding.Title, verdict)
	for _, f := range r.Failures {
		fmt.Fprintf(&b, "- %s\n", f)
	}
	for _, p := range r.Probes {
		if p.Error == "" {
			fmt.Fprintf(&b, "- %s, once %s: holds\n", p.Name, p.When)
		}
	}
	b.WriteString("\n")
	full := *r.Contained
	if r.Undone != nil {
		full.Timeline, full.Head = r.Undone.Timeline, r.Undone.Head
		fmt.Fprintf(&b, "Afterwards: %s\n\n", r.Undone.Headline)
	}
	b.WriteString(strings.ReplaceAll(full.Markdown(), "\n# ", "\n## "))
	return b.String()
}
