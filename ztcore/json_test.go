package ztcore_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

func approve(t *testing.T, p *ztcore.Plan) string {
	t.Helper()
	doc, err := json.Marshal(p)
	require.NoError(t, err)
	return string(doc)
}

// forged is a document with the digest that it would have had: what somebody does who can write the file.
func forged(doc string) string {
	rest, _, ok := strings.Cut(doc, `,"digest":"`)
	if !ok {
		return doc
	}
	return fmt.Sprintf(`%s,"digest":"%x"}`, rest, sha256.Sum256([]byte(rest+"}")))
}

func TestAPlansJSONIsTheSameEveryTime(t *testing.T) {
	var first string
	for range 20 {
		toy := newToy()
		b := box{aws: toy, Name: "b", Tags: map[string]string{"a": "1", "b": "2", "c": "3", "d": "4"}}
		base := ztcore.NewBaseline("home", b, shelf{aws: toy, Name: "s", Box: b.ID(), Labels: []string{"z", "y", "x"}})
		doc := approve(t, plan(t, base, toy.config()))
		if first == "" {
			first = doc
		}
		require.Equal(t, first, doc)
	}
}

func TestAnApprovedPlanIsLoadedAndAppliedElsewhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		doc := approve(t, plan(t, chain(toy), cfg))
		loaded, err := chain(toy).Load(ctx, cfg, []byte(doc))
		require.NoError(t, err)
		require.Equal(t, doc, approve(t, loaded), "a round trip changes nothing")

		toy.fail = func(call string) error {
			if call == "CreateShelf" {
				return errStop
			}
			return nil
		}
		_, err = loaded.Apply(ctx)
		require.ErrorIs(t, err, errStop)
		toy.fail = nil
		rest, err := chain(toy).Load(ctx, cfg, []byte(doc))
		require.NoError(t, err, "what was approved, less what is done: the box's id is known now")
		_, err = rest.Apply(ctx)
		require.NoError(t, err)
		requireOneOfEach(t, toy)
		done, err := chain(toy).Load(ctx, cfg, []byte(doc))
		require.NoError(t, err)
		require.True(t, done.Empty())
	})
}

var errStop = fmt.Errorf("stop")

func TestWhatIsNotTheApprovedPlanIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		apply(t, ztcore.NewBaseline("home", shelf{aws: toy, Name: "old"}), cfg)
		b := box{aws: toy, Name: "b", Color: "red"}
		base := ztcore.NewBaseline("home", b, shelf{aws: toy, Name: "s", Box: b.ID()})
		doc := approve(t, plan(t, base, cfg, ztcore.Prune()))
		load := func(base *ztcore.Baseline, cfg aws.Config, doc string) error {
			p, err := base.Load(ctx, cfg, []byte(doc), ztcore.Prune())
			require.True(t, (p == nil) == (err != nil), "a refused plan can't be applied")
			return err
		}
		require.NoError(t, load(base, cfg, doc))

		for name, c := range map[string]struct{ old, new, says string }{
			"format":        {`"format":2`, `"format":1`, "format: the plan was approved for 1, and this is 2 (plan again with this version, and have that approved)"},
			"baseline":      {`"baseline":"home"`, `"baseline":"away"`, "baseline: the plan was approved for away, and this is home"},
			"account":       {`"account":"123456789012"`, `"account":"999999999999"`, "account: the plan was approved for 999999999999"},
			"region":        {`"region":"us-east-1"`, `"region":"eu-west-1"`, "region: the plan was approved for eu-west-1"},
			"partition":     {`"partition":"aws"`, `"partition":"aws-cn"`, "partition: the plan was approved for aws-cn"},
			"unknown field": {`"format":2`, `"format":2,"force":true`, `unknown field "force"`},
			"after":         {`\"red\"`, `\"blue\"`, `Color: + "red"`},
			"token":         {`{{zt:toy.Box/b#ID}}`, `{{zt:toy.Box/b#Name}}`, "Box"},
			"action":        {`"action":"create"`, `"action":"update"`, `approved was "update", now it is "create"`},
			"address":       {`"address":"toy.Box/b"`, `"address":"toy.Box/c"`, "toy.Box/c: the baseline no longer declares it"},
			"kind":          {`"kind":"toy.Box"`, `"kind":"toy.Shelf"`, "toy.Box/b: not as it was approved: its kind"},
			"twice":         {`"steps":[`, `"steps":[{"address":"toy.Box/b","kind":"toy.Box","action":"none"},`, "toy.Box/b: stands twice in the approved plan"},
			"deleted":       {`"before":"\"old\""`, `"before":"\"older\""`, `Name: - "old"`},
		} {
			require.Contains(t, doc, c.old, name)
			edited := strings.Replace(doc, c.old, c.new, 1)
			require.ErrorContains(t, load(base, cfg, forged(edited)), c.says, name)
			require.Error(t, load(base, cfg, edited), name)
		}
		for _, broken := range []string{"", "null", "[]", "{}", doc[:len(doc)/2], doc + "{}", doc + "x"} {
			require.Error(t, load(base, cfg, broken))
		}
		literal := ztcore.NewBaseline("home", b, shelf{aws: toy, Name: "s", Box: "box-elsewhere"})
		require.ErrorContains(t, load(literal, cfg, doc), "box-elsewhere", "a literal in the place of a token was not approved")

		other := toy.config()
		other.Region = "eu-west-1"
		require.ErrorContains(t, load(base, other, doc), "region: the plan was approved for us-east-1, and this is eu-west-1")
	})
}

func TestPlanTextOpensWithWhatMattersMost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		c, cfg := newCellar(), toy.config()
		crates := func(room string, n int) (all ztcore.List) {
			for i := range n {
				all = append(all, c.declare(fmt.Sprintf("c%02d", i), crate{Name: fmt.Sprintf("crate%02d", i), Room: room}))
			}
			return all
		}
		apply(t, ztcore.NewBaseline("home", crates("north", 4), shelf{aws: toy, Name: "gone"}), cfg)
		c.crates["crate03"] = crate{Name: "crate03"}
		head := func(p *ztcore.Plan) string {
			lines := strings.Split(p.String(), "\n")
			require.Greater(t, len(lines), 20)
			return strings.Join(lines[:20], "\n")
		}
		p := plan(t, ztcore.NewBaseline("home", crates("south", 40), box{aws: toy, Name: "b", Color: "pink"}), cfg, ztcore.Prune(toy.Shelf))
		require.Equal(t, `Baseline "home" in account 123456789012, region us-east-1
37 create, 3 replace, 1 delete, 1 conflict
  conflict toy.Crate/c03: crate03 exists and belongs to no baseline; adopt it with ztcore.Adopt, or choose another name
  finding: toy.Box/b: Color: is pink [toy.pink]
  delete toy.Shelf/gone: no longer declared
  replace toy.Crate/c00: Room can't be changed in place
  replace toy.Crate/c01: Room can't be changed in place
  replace toy.Crate/c02: Room can't be changed in place`, strings.Split(head(p), "\n\n")[0])

		delete(c.crates, "crate03")
		apply(t, ztcore.NewBaseline("home", crates("north", 30)), cfg)
		p = plan(t, ztcore.NewBaseline("home", crates("south", 30), box{aws: toy, Name: "b", Color: "pink"}), cfg)
		require.Contains(t, head(p), "  … and 14 more of these at the end")
		require.Contains(t, p.String()[strings.Index(p.String(), "at the end"):], "replace toy.Crate/c29", "what has no room above is not lost")
	})
}
