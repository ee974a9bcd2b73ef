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
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// Verify looks whether what the case contains is contained still: an interface that was attached later, a rule in an isolation group,
// a protection that was taken off. It changes nothing, and can be called at any time, from any process. It finds nothing for a
// case that is closed.
func (c Containment) Verify(ctx context.Context, cfg aws.Config) ([]ztcore.Finding, error) {
	r, err := c.reopen(ctx, cfg)
	if err != nil {
		return nil, err
	}
	return r.verify(ctx)
}

func (r *run) verify(ctx context.Context) ([]ztcore.Finding, error) {
	open := r.journal.open()
	found := make([][]ztcore.Finding, len(open))
	err := ztcore.Each(ctx, len(open), func(ctx context.Context, k int) (err error) {
		found[k], err = r.verifyOne(ctx, open[k])
		return err
	})
	out := slices.Concat(found...)
	isolated := slices.ContainsFunc(open, func(h held) bool { return h.Setting == interfaceGroups.name })
	for _, t := range r.c.Targets {
		if t.Kind == Instance && isolated {
			more, again := r.strays(ctx, t)
			out, err = append(out, more...), errors.Join(err, again)
		}
	}
	return out, err
}

// verifyOne compares a setting with what the case made of it.
func (r *run) verifyOne(ctx context.Context, h held) ([]ztcore.Finding, error) {
	s := settings()[h.Setting]
	if s == nil {
		return nil, fmt.Errorf("the log tells of a setting %q that this version does not know", h.Setting)
	}
	cfg, err := r.config(ctx, place{h.Account, h.Region})
	if err != nil {
		return nil, err
	}
	finding := func(message, fix string) []ztcore.Finding {
		return []ztcore.Finding{{Attribute: h.Setting + " of " + h.Target, Message: message, Fix: fix, Guardrail: "incident.not-contained"}}
	}
	have, err := s.read(ctx, cfg, h.Target)
	switch {
	case refusedWith(err, gone...):
		return finding("it does not exist any more", "find out who deleted it"), nil
	case err != nil:
		return nil, fmt.Errorf("%s of %s can't be read: %w", h.Setting, h.Target, err)
	case !s.equal(have, h.wanted):
		return finding(fmt.Sprintf("it is %s, and the case had made it %s", have, h.wanted), "find out who changed it, and run the playbook again"), nil
	}
	if s != isolationGroup {
		return nil, nil
	}
	g, err := findGroup(ctx, cfg, h.Target)
	if err != nil || g == nil {
		return nil, err
	}
	others, err := admitters(ctx, cfg, aws.ToString(g.GroupId))
	if err != nil || len(others) == 0 {
		return nil, err
	}
	return finding(fmt.Sprintf("rules of %s refer to it", strings.Join(others, ", ")), "take the rules out"), nil
}

// strays are interfaces of an instance that the case does not isolate, as one that was attached since.
func (r *run) strays(ctx context.Context, t Target) ([]ztcore.Finding, error) {
	cfg, err := r.config(ctx, place{t.Account, t.Region})
	if err != nil {
		return nil, err
	}
	open, err := r.notIsolated(ctx, cfg, &subject{Target: t})
	if err != nil {
		return nil, err
	}
	var out []ztcore.Finding
	for _, i := range open {
		when := ""
		if i.Attachment != nil && i.Attachment.AttachTime != nil {
			when = ", attached at " + i.Attachment.AttachTime.UTC().Format(time.RFC3339)
		}
		out = append(out, ztcore.Finding{
			Attribute: aws.ToString(i.NetworkInterfaceId), Guardrail: "incident.not-contained",
			Message: fmt.Sprintf("the interface of %s is not isolated%s: it has the groups %s", t.ID, when, strings.Join(groupIDs(i), ", ")), Fix: "run the playbook again",
		})
	}
	return out, nil
}

func groupIDs(i types.NetworkInterface) []string {
	var out []string
	for _, g := range i.Groups {
		out = append(out, aws.ToString(g.GroupId))
	}
	return out
}

// Overdue lists the cases of a ledger that still hold something and whose review date has passed, as findings.
func Overdue(ctx context.Context, l Ledger, now time.Time) ([]ztcore.Finding, error) {
	ids, err := l.Cases(ctx)
	if err != nil {
		return nil, err
	}
	found := make([][]ztcore.Finding, len(ids))
	err = ztcore.Each(ctx, len(ids), func(ctx context.Context, k int) error {
		j, err := openJournal(ctx, l, ids[k], "")
		if err != nil {
			return fmt.Errorf("case %s: %w", ids[k], err)
		}
		c, _ := j.opened()
		if holds := len(j.open()); holds > 0 && c.Review.Before(now) {
			found[k] = []ztcore.Finding{{
				Attribute: "case " + ids[k], Guardrail: "incident.case-overdue", Controls: []string{"NIST SP 800-207 tenet 5"},
				Message: fmt.Sprintf("it holds %d settings, and its review was due at %s", holds, c.Review.UTC().Format(time.RFC3339)),
				Fix:     fmt.Sprintf("%s closes it with Undo, or runs it again with a new review date", c.Owner),
			}}
		}
		return nil
	})
	return slices.Concat(found...), err
}

// Records is the log of a case, once its chain is found whole.
func Records(ctx context.Context, l Ledger, caseID string) ([]Record, error) {
	j, err := openJournal(ctx, l, caseID, "")
	if err != nil {
		return nil, err
	}
	return j.records(), nil
}

// unquote is a state for people: a text as it is, anything else as JSON.
func unquote(state string) string {
	var s string
	if json.Unmarshal([]byte(state), &s) == nil {
		return s
	}
	return state
}
