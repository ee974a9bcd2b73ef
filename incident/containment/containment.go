package containment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// Mode is whether anything is changed.
type Mode int

const (
	PlanOnly Mode = iota // the default: Contain reads, and reports what it would do
	Execute
)

// Containment is the answer to one case: what is contained, how, and where the record of it is kept. It is a value; Plan, Contain,
// Verify and Undo may be called from different processes, for all that they share is in the ledger and in the account.
type Containment struct {
	Case     Case
	Targets  []Target
	Playbook Playbook // nil is Standard()
	Ledger   Ledger   // may be nil for a plan only
	Mode     Mode

	// Configs gives the configuration for another account than that of cfg, such as one further down a chain of roles or the
	// forensic account. nil means that there is none.
	Configs func(ctx context.Context, account, region string) (aws.Config, error)
}

// InvalidError lists what is wrong with a containment. Nothing was done.
type InvalidError struct {
	Case     string
	Findings []ztcore.Finding
}

func (e *InvalidError) Error() string {
	lines := []string{fmt.Sprintf("case %q can't be worked on:", e.Case)}
	for _, f := range e.Findings {
		lines = append(lines, "  "+f.String())
	}
	return strings.Join(lines, "\n")
}

// HeldError says that another case holds a target, so that two would undo each other's work.
type HeldError struct {
	Target Target
	By     string // the other case
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("%s is held by case %s; work on that case, or close it first", e.Target, e.By)
}

// HoldingError says that the playbook stopped, since evidence could not be taken and the case's severity does not allow to go on
// without it.
type HoldingError struct{ Err error }

func (e *HoldingError) Error() string {
	return "the playbook holds, since memory could not be captured and the case is not severe enough to go on without: " + e.Err.Error()
}

// Unwrap returns the hook's error.
func (e *HoldingError) Unwrap() error { return e.Err }

// PartialError says that not all was done that was to be. The rest was: each step runs whatever became of the others.
// It wraps the errors of the steps.
type PartialError struct {
	Case  string
	Steps []string // that failed
	Err   error
}

func (e *PartialError) Error() string {
	return fmt.Sprintf("case %s is contained in part: %s failed: %v", e.Case, strings.Join(e.Steps, ", "), e.Err)
}

// Unwrap returns the errors of the steps.
func (e *PartialError) Unwrap() error { return e.Err }

// subject is a target with what is known of it now.
type subject struct {
	Target
	at       place
	instance types.Instance // of an Instance
	role     string         // ARN: of a Role, or of the instance's profile; "" for none
	evidence string         // hash of the metadata, once it is taken
}

// run is one pass over a case.
type run struct {
	c        Containment
	cfg      aws.Config
	home     place
	caller   string // ARN
	journal  *journal
	planning bool
	step     string
	subjects []*subject
	started  time.Time

	mu         sync.Mutex
	planned    []Record
	collateral []string
	outcomes   []StepReport
}

// Plan reads, and reports what Contain would do, what it does not do, and whom else it touches. It changes nothing.
func (c Containment) Plan(ctx context.Context, cfg aws.Config) (*Report, error) {
	c.Mode = PlanOnly
	return c.Contain(ctx, cfg)
}

// Contain runs the playbook; in the mode PlanOnly, the default, it only plans. A step that fails stops no other; the error is then
// a *PartialError, and calling Contain again with the same case finishes the job, wherever the first run was cut off. Other
// errors: *InvalidError, *HeldError, *ChainError, and AWS's when the targets can't be read, before anything was changed;
// *HoldingError when evidence goes first.
func (c Containment) Contain(ctx context.Context, cfg aws.Config) (*Report, error) {
	r, err := c.begin(ctx, cfg, c.Mode == PlanOnly)
	if err != nil {
		return nil, err
	}
	if err := r.look(ctx); err != nil {
		return nil, err
	}
	if !r.planning {
		if err := r.journal.add(ctx, Record{Event: Opened, Note: toContain, After: text(opening{c.Case, c.Targets})}); err != nil {
			return nil, err
		}
	}
	err = r.play(ctx)
	report := r.report(ctx)
	return report, err
}

// begin checks what can be checked without a call, then finds out who works where.
func (c Containment) begin(ctx context.Context, cfg aws.Config, planning bool) (*run, error) {
	if c.Playbook == nil {
		c.Playbook = Standard()
	}
	if found := c.check(time.Now(), planning); len(found) > 0 {
		return nil, &InvalidError{c.Case.ID, found}
	}
	r, err := c.whoami(ctx, cfg)
	if err != nil {
		return nil, err
	}
	r.planning = planning
	if c.Ledger != nil {
		r.journal, err = openJournal(ctx, c.Ledger, c.Case.ID, r.caller)
	}
	return r, err
}

// whoami asks who works where.
func (c Containment) whoami(ctx context.Context, cfg aws.Config) (*run, error) {
	me, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return nil, err
	}
	return &run{
		c: c, cfg: cfg, home: place{aws.ToString(me.Account), cfg.Region}, caller: aws.ToString(me.Arn),
		started: time.Now(), journal: newJournal(nil, c.Case.ID, ""),
	}, nil
}

func (c Containment) check(now time.Time, planning bool) []ztcore.Finding {
	out := c.Case.check(now)
	bad := func(attribute, message, fix string) {
		out = append(out, ztcore.Finding{Attribute: attribute, Message: message, Fix: fix})
	}
	if c.Ledger == nil && !planning {
		bad("Ledger", "there is nowhere to record what is done, so it could not be undone", "use a BucketLedger")
	}
	if len(c.Targets) == 0 {
		bad("Targets", "there is nothing to contain", "resolve a finding, or name an instance, role or access key")
	}
	for _, t := range c.Targets {
		switch {
		case t.Kind == Instance && (t.Region == "" || !strings.HasPrefix(t.ID, "i-")):
			bad("Targets", fmt.Sprintf("%s is no instance in a region", t), "use what Resolve returns")
		case t.Kind == Role && !strings.Contains(t.ID, ":role/"):
			bad("Targets", fmt.Sprintf("%s is no role's ARN", t), "use what Resolve returns")
		case t.Kind == AccessKey && !accessID.MatchString(t.ID):
			bad("Targets", fmt.Sprintf("%s is no access key's id", t), "use what Resolve returns")
		}
		if len(t.Account) != 12 {
			bad("Targets", fmt.Sprintf("%s is in no account", t), "use what Resolve returns")
		}
	}
	return append(out, c.Playbook.check()...)
}

// config is the configuration for an account and a region.
func (r *run) config(ctx context.Context, at place) (aws.Config, error) {
	if at.Account == r.home.Account {
		cfg := r.cfg.Copy()
		if at.Region != "" {
			cfg.Region = at.Region
		}
		return cfg, nil
	}
	if r.c.Configs == nil {
		return aws.Config{}, fmt.Errorf("account %s is not that of the configuration (%s), and Configs gives none for it", at.Account, r.home.Account)
	}
	region := at.Region
	if region == "" {
		region = r.cfg.Region
	}
	return r.c.Configs(ctx, at.Account, region)
}

// look reads the targets as they are.
func (r *run) look(ctx context.Context) error {
	for _, t := range r.c.Targets {
		r.subjects = append(r.subjects, &subject{Target: t, at: place{t.Account, t.Region}})
	}
	return ztcore.Each(ctx, len(r.subjects), func(ctx context.Context, k int) error {
		s := r.subjects[k]
		switch s.Kind {
		case Role:
			s.role = s.ID
		case Instance:
			return r.lookAt(ctx, s)
		}
		return nil
	})
}

func (r *run) lookAt(ctx context.Context, s *subject) error {
	cfg, err := r.config(ctx, s.at)
	if err != nil {
		return err
	}
	if s.instance, err = describeInstance(ctx, cfg, s.ID); err != nil {
		return fmt.Errorf("%s can't be read: %w", s.Target, err)
	}
	if s.instance.State != nil && (s.instance.State.Name == types.InstanceStateNameTerminated || s.instance.State.Name == types.InstanceStateNameShuttingDown) {
		return fmt.Errorf("%s is %s: there is nothing left to contain but its role and its snapshots", s.Target, s.instance.State.Name)
	}
	if by := tagOf(s.instance.Tags, ztcore.TagCase); by != "" && by != r.c.Case.ID {
		return &HeldError{s.Target, by}
	}
	if p := s.instance.IamInstanceProfile; p != nil {
		s.role, err = roleOfProfile(ctx, cfg, aws.ToString(p.Arn))
	}
	return err
}

// roleOfProfile is the ARN of the role in an instance profile, "" if it has none.
func roleOfProfile(ctx context.Context, cfg aws.Config, profileARN string) (string, error) {
	name := profileARN[strings.LastIndex(profileARN, "/")+1:]
	out, err := iam.NewFromConfig(cfg).GetInstanceProfile(ctx, &iam.GetInstanceProfileInput{InstanceProfileName: &name})
	if err != nil {
		return "", fmt.Errorf("the role of %s can't be read: %w", profileARN, err)
	}
	if len(out.InstanceProfile.Roles) == 0 {
		return "", nil
	}
	return aws.ToString(out.InstanceProfile.Roles[0].Arn), nil
}

// play does the steps in their order. Only evidence that goes first ends it early.
func (r *run) play(ctx context.Context) error {
	var failed []string
	var errs []error
	for _, step := range r.c.Playbook {
		r.step = step.Name()
		o := StepReport{Name: r.step, Limits: step.Limits(), Status: StepDone}
		err := step.do(ctx, r)
		if err != nil {
			o.Status, o.Error = StepFailed, err.Error()
			failed, errs = append(failed, r.step), append(errs, fmt.Errorf("%s: %w", r.step, err))
			if !r.planning {
				errs = append(errs, r.journal.add(ctx, Record{Event: Failed, Step: r.step, Error: err.Error()}))
			}
		}
		r.outcomes = append(r.outcomes, o)
		var holding *HoldingError
		if errors.As(err, &holding) {
			return holding
		}
	}
	r.step = ""
	locks := slices.ContainsFunc(r.c.Playbook, func(s Step) bool { return s.Name() == LockBucket{}.Name() })
	for _, s := range r.subjects {
		if s.Kind == Bucket && !locks {
			errs = append(errs, r.note(ctx, Noted, s.ID, "the bucket is untouched, since no step of the playbook locks it"))
		}
	}
	if len(failed) == 0 {
		return errors.Join(errs...)
	}
	return &PartialError{r.c.Case.ID, failed, errors.Join(errs...)}
}

// each does something for every subject of a kind side by side. Whatever fails stops nothing else.
func (r *run) each(ctx context.Context, kind TargetKind, do func(ctx context.Context, cfg aws.Config, s *subject) error) error {
	var of []*subject
	for _, s := range r.subjects {
		if s.Kind == kind {
			of = append(of, s)
		}
	}
	return ztcore.Each(ctx, len(of), func(ctx context.Context, k int) error {
		cfg, err := r.config(ctx, of[k].at)
		if err != nil {
			return err
		}
		return do(ctx, cfg, of[k])
	})
}

// plan notes what would be done. A later step of the same plan may want the same thing otherwise.
func (r *run) plan(about Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	about.Event = Intended
	r.planned = append(r.planned, about)
}

// affects notes whom else a step touches.
func (r *run) affects(format string, args ...any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.collateral = append(r.collateral, fmt.Sprintf(format, args...))
}

// note records something that a reader should know.
func (r *run) note(ctx context.Context, event Event, target, format string, args ...any) error {
	if r.planning {
		return nil
	}
	return r.journal.add(ctx, Record{Event: event, Step: r.step, Target: target, Note: fmt.Sprintf(format, args...)})
}
