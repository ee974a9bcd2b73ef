package ztcore_test

import (
	"encoding/json"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

func verdicts(p *ztcore.Plan) map[string]ztcore.Verdict {
	out := map[string]ztcore.Verdict{}
	for _, c := range p.Evidence().Controls {
		out[c.Control] = c.Verdict
	}
	return out
}

func TestOnlyWhatWasReadIsEvidence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		toy.Box.Controls = []string{"NIST SP 800-207 tenet 2", "CIS 1"}
		toy.Shelf.Controls = []string{"NIST SP 800-207 tenet 2", "NIST SP 800-207 tenet 3"}
		b := box{aws: toy, Name: "b", Size: 1}
		base := ztcore.NewBaseline("home", b, shelf{aws: toy, Name: "s", Box: b.ID()})
		cfg := toy.config()
		first := plan(t, base, cfg)
		require.Equal(t, ztcore.Open, verdicts(first)["CIS 1"])
		_, err := first.Apply(ctx)
		require.NoError(t, err)

		done := plan(t, base, cfg)
		require.Equal(t, map[string]ztcore.Verdict{"CIS 1": ztcore.Met, "NIST SP 800-207 tenet 2": ztcore.Met, "NIST SP 800-207 tenet 3": ztcore.Met}, verdicts(done))
		require.Equal(t, []ztcore.Principle{ztcore.AssumeBreach, ztcore.LeastPrivilege}, done.Evidence().Controls[1].Principles)

		delete(toy.shelves, "s")
		broken := plan(t, base, cfg)
		require.Equal(t, ztcore.Met, verdicts(broken)["CIS 1"])
		require.Equal(t, ztcore.Open, verdicts(broken)["NIST SP 800-207 tenet 2"])
		require.Contains(t, broken.Evidence().Markdown(), "toy.Shelf/s: create")

		ignored := plan(t, ztcore.NewBaseline("home", b, ztcore.Ignore(shelf{aws: toy, Name: "s", Box: b.ID()})), cfg)
		require.NotEqual(t, ztcore.Met, verdicts(ignored)["NIST SP 800-207 tenet 3"])
		_, err = json.Marshal(ignored.Evidence())
		require.NoError(t, err)
	})
}

func TestExceptionsExcuseAndAreNamed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		toy.Box.Controls = []string{"NIST SP 800-207 tenet 6"}
		r := excepted{box{aws: toy, Name: "b", Size: 1}}
		base := ztcore.NewBaseline("home", r)
		cfg := toy.config()
		apply(t, base, cfg)
		e := plan(t, base, cfg).Evidence()
		require.Equal(t, ztcore.Excused, e.Controls[0].Verdict)
		require.Contains(t, e.Markdown(), "## Verify explicitly")
		require.Contains(t, e.Markdown(), "toy.Box/b, Size: it is a test")
	})
}

// excepted is a box that departs from the safe form.
type excepted struct{ box }

func (e excepted) Declare(d *ztcore.Declaration) {
	e.aws.Box.Declare(d, e.Name, boxState{Name: e.Name, Size: e.Size}).Except("Size", "it is a test")
}
