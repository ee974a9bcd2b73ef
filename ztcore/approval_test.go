package ztcore_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// approvedDigests are the digests of what is declared, by address, steps and ignored resources alike.
func approvedDigests(t *testing.T, doc string) map[ztcore.Address]string {
	t.Helper()
	type resource struct {
		Address  ztcore.Address
		Declared string
	}
	var d struct{ Steps, Ignored []resource }
	require.NoError(t, json.Unmarshal([]byte(doc), &d))
	out := map[ztcore.Address]string{}
	for _, r := range append(d.Steps, d.Ignored...) {
		out[r.Address] = r.Declared
	}
	return out
}

func TestTheDigestOfAResourceIsOfWhatIsDeclaredOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		first := approvedDigests(t, approve(t, plan(t, chain(toy), cfg)))
		require.Len(t, first, 6)
		apply(t, chain(toy), cfg)
		require.Equal(t, first, approvedDigests(t, approve(t, plan(t, chain(toy), cfg))), "what exists does not matter")
		elsewhere := toy.config()
		elsewhere.Region = "eu-west-1"
		require.Equal(t, first, approvedDigests(t, approve(t, plan(t, chain(toy), elsewhere, ztcore.ObserveAll()))), "nor where it is, nor options")
	})
}

// The digests of another process are the same: of maps, sets and pointers too. A change of this one needs another documentFormat.
func TestDigestsAreTheSameInEveryProcess(t *testing.T) {
	kind := &ztcore.Kind[everything]{
		Name: "toy.Everything",
		Get: func(context.Context, *ztcore.Scope, everything) (have everything, ok bool, err error) {
			return have, false, nil
		},
		Put: func(context.Context, *ztcore.Scope, everything) error { return nil },
	}
	note, flag := "n", true
	state := func(bag ...member) everything {
		return everything{
			Name: "x", Text: "é\xff", Meaning: "M", Flag: &flag, List: []string{"a", ""}, Bag: bag, Plain: []string{"q", "p"}, Map: map[string]int{"a": 1, "b": 2, "c": 3},
			When: time.Date(2026, 1, 2, 3, 4, 5, 6, time.FixedZone("", 3600)),
		}
	}
	digestOf := func(s everything) string {
		base := ztcore.NewBaseline("home", declares(func(d *ztcore.Declaration) { kind.Declare(d, "x", s).Except("Text", "a test").Note("noted") }))
		return approvedDigests(t, approve(t, plan(t, base, newToy().config())))["toy.Everything/x"]
	}
	first := digestOf(state(member{Name: "a", Note: &note}, member{Name: "b"}))
	require.Equal(t, goldenDigest, first)
	again := state(member{Name: "b"}, member{Name: "a", Note: &note})
	again.Plain = []string{"p", "q"}
	require.Equal(t, first, digestOf(again), "the order of a set has no meaning")
	for name, change := range map[string]func(*everything){
		"list":  func(s *everything) { s.List = []string{"", "a"} },
		"parts": func(s *everything) { s.List = []string{"a\x00"} },
		"nil":   func(s *everything) { s.Map = nil },
		"empty": func(s *everything) { s.Map = map[string]int{} },
		"flag":  func(s *everything) { off := false; s.Flag = &off },
		"when":  func(s *everything) { s.When = s.When.Add(1) },
		"note":  func(s *everything) { s.Bag[1].Note = &note },
	} {
		s := state(member{Name: "a", Note: &note}, member{Name: "b"})
		change(&s)
		require.NotEqual(t, first, digestOf(s), name)
	}
}

const goldenDigest = "d720b627bd0b5e6ed1742d2601e00c1a7cda656c3492970f863e26fc26aec0d2"

func TestWhateverIsDeclaredOtherwiseThanApprovedIsRefused(t *testing.T) {
	until := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	type declared struct {
		list []ztcore.Resource
		opts []ztcore.PlanOption
	}
	for name, c := range map[string]struct {
		change func(toy *toyAWS, d *declared)
		says   []string
	}{
		"an unchanged resource's value": {func(toy *toyAWS, d *declared) { d.list[0] = box{aws: toy, Name: "b", Lid: new(bool)} }, []string{"toy.Box/b: the baseline declares it otherwise than was approved"}},
		"an exception": {func(toy *toyAWS, d *declared) {
			d.list[0] = declares(func(d *ztcore.Declaration) {
				toy.Box.Declare(d, "b", boxState{Name: "b"}).Except("Color", "why not")
			})
		}, []string{"toy.Box/b: the baseline declares it otherwise than was approved"}},
		"a note": {func(toy *toyAWS, d *declared) {
			d.list[0] = declares(func(d *ztcore.Declaration) { toy.Box.Declare(d, "b", boxState{Name: "b"}).Note("by the way") })
		}, []string{"toy.Box/b: the baseline declares it otherwise than was approved"}},
		"an order": {func(toy *toyAWS, d *declared) {
			d.list[0] = declares(func(d *ztcore.Declaration) {
				toy.Box.Declare(d, "b", boxState{Name: "b"}).After(box{aws: toy, Name: "pink"}.ID())
			})
		}, []string{"toy.Box/b: the baseline declares it otherwise than was approved; not as it was approved: its dependencies"}},
		"an adoption":       {func(toy *toyAWS, d *declared) { d.list[0] = ztcore.Adopt(d.list[0]) }, []string{"toy.Box/b: the baseline declares it otherwise"}},
		"the mode":          {func(toy *toyAWS, d *declared) { d.list[0] = ztcore.Observe(d.list[0]) }, []string{"toy.Box/b: the baseline declares it otherwise"}},
		"what is ignored":   {func(toy *toyAWS, d *declared) { d.list[3] = ztcore.Ignore(shelf{aws: toy, Name: "ignored", Box: "x"}) }, []string{"toy.Shelf/ignored: the baseline declares it otherwise"}},
		"what was ignored":  {func(toy *toyAWS, d *declared) { d.list[3] = shelf{aws: toy, Name: "ignored"} }, []string{"toy.Shelf/ignored: the baseline declares it otherwise"}},
		"one more":          {func(toy *toyAWS, d *declared) { d.list = append(d.list, shelf{aws: toy, Name: "more"}) }, []string{"toy.Shelf/more: the baseline declares it, and what was approved did not"}},
		"one fewer":         {func(toy *toyAWS, d *declared) { d.list = d.list[1:] }, []string{"toy.Box/b: the baseline no longer declares it"}},
		"one ignored fewer": {func(toy *toyAWS, d *declared) { d.list = d.list[:3] }, []string{"toy.Shelf/ignored: the baseline no longer declares it"}},
		"two at once":       {func(toy *toyAWS, d *declared) { d.list = append(d.list[1:], box{aws: toy, Name: "b3"}) }, []string{"toy.Box/b: the baseline no longer", "toy.Box/b3: the baseline declares it"}},
		"a waiver's reason": {func(toy *toyAWS, d *declared) {
			d.list[2] = ztcore.Waive("toy.pink", "toy.Box/pink", "whatever", until)
		}, []string{"waivers: the plan was approved with the waiver of toy.pink on toy.Box/pink until 2100-01-01T00:00:00Z: a test, and this is without", "whatever, and this is with it"}},
		"a waiver's end": {func(toy *toyAWS, d *declared) {
			d.list[2] = ztcore.Waive("toy.pink", "toy.Box/pink", "a test", until.AddDate(1, 0, 0))
		}, []string{"waivers: the plan was approved without the waiver"}},
		"no waiver":                  {func(toy *toyAWS, d *declared) { d.list[2] = ztcore.List{} }, []string{"waivers: the plan was approved with the waiver"}},
		"without Prune":              {func(toy *toyAWS, d *declared) { d.opts = d.opts[1:] }, []string{"options: the plan was approved with Prune, and this is without (pass the options that the plan was made with"}},
		"with Destroy":               {func(toy *toyAWS, d *declared) { d.opts = append(d.opts, ztcore.Destroy()) }, []string{"options: the plan was approved without Destroy, and this is with it"}},
		"with AdoptAll":              {func(toy *toyAWS, d *declared) { d.opts = append(d.opts, ztcore.AdoptAll()) }, []string{"options: the plan was approved without AdoptAll, and this is with it"}},
		"with ObserveAll":            {func(toy *toyAWS, d *declared) { d.opts = append(d.opts, ztcore.ObserveAll()) }, []string{"options: the plan was approved without ObserveAll"}},
		"another is allowed to go":   {func(toy *toyAWS, d *declared) { d.opts[1] = ztcore.AllowDelete("toy.Box/b") }, []string{"approved with AllowDelete toy.Box/gone,", "approved without AllowDelete toy.Box/b,"}},
		"a kind is left out":         {func(toy *toyAWS, d *declared) { d.opts = append(d.opts, ztcore.LeaveOut("toy.Labels")) }, []string{"approved without LeaveOut toy.Labels"}},
		"a kind is pruned as well":   {func(toy *toyAWS, d *declared) { d.opts = append(d.opts, ztcore.Prune(toy.Labels)) }, []string{"approved without Prune toy.Labels"}},
		"an option and a resource":   {func(toy *toyAWS, d *declared) { d.opts, d.list = d.opts[1:], d.list[1:] }, []string{"with Prune, and this is without", "toy.Box/b: the baseline no longer declares it"}},
		"a secret, which none shows": {func(toy *toyAWS, d *declared) { d.list[4] = shelf{aws: toy, Name: "s", Secret: "another"} }, nil},
		"whether there is a secret":  {func(toy *toyAWS, d *declared) { d.list[4] = shelf{aws: toy, Name: "s"} }, []string{"toy.Shelf/s: the baseline declares it otherwise"}},
		"nothing":                    {func(toy *toyAWS, d *declared) {}, nil},
		"the order of resources":     {func(toy *toyAWS, d *declared) { d.list[0], d.list[4] = d.list[4], d.list[0] }, nil},
	} {
		t.Run(name, func(t *testing.T) {
			toy := newToy()
			cfg := toy.config()
			toy.boxes["box-8"] = boxState{ID: "box-8", Name: "b", Tags: map[string]string{ztcore.TagBaseline: "home", ztcore.TagResource: "toy.Box/b"}}
			d := declared{
				list: []ztcore.Resource{
					box{aws: toy, Name: "b"}, box{aws: toy, Name: "pink", Color: "pink"}, ztcore.Waive("toy.pink", "toy.Box/pink", "a test", until),
					ztcore.Ignore(shelf{aws: toy, Name: "ignored"}), shelf{aws: toy, Name: "s", Secret: "a secret"},
				},
				opts: []ztcore.PlanOption{ztcore.Prune(), ztcore.AllowDelete("toy.Box/gone")},
			}
			doc := approve(t, plan(t, ztcore.NewBaseline("home", d.list...), cfg, d.opts...))
			c.change(toy, &d)
			loaded, err := ztcore.NewBaseline("home", d.list...).Load(ctx, cfg, []byte(doc), d.opts...)
			require.True(t, (loaded == nil) == (err != nil), "a refused plan can't be applied")
			if c.says == nil {
				require.NoError(t, err)
			}
			for _, says := range c.says {
				require.ErrorContains(t, err, says)
			}
			require.Zero(t, toy.writes())
		})
	}
}

func TestAnApprovalForElsewhereIsRefusedBeforeAnythingIsRead(t *testing.T) {
	toy := newToy()
	doc := approve(t, plan(t, chain(toy), toy.config()))
	toy.calls = nil
	other := toy.config()
	other.Region = "eu-west-1"
	_, err := ztcore.NewBaseline("away", box{aws: toy, Name: "b"}).Load(ctx, other, []byte(strings.Replace(doc, "123456789012", "999999999999", 1)), ztcore.Prune())
	var invalid *ztcore.InvalidError
	require.ErrorAs(t, err, &invalid)
	for _, says := range []string{
		"digest: the document is not what its digest was made of", "baseline: the plan was approved for home, and this is away (load the plan with the baseline", "account: the plan was approved for 999999999999, and this is 123456789012 (use",
		"region: the plan was approved for us-east-1, and this is eu-west-1 (set", "options: the plan was approved without Prune", "toy.Box/b: the baseline declares it otherwise", "toy.Shelf/s2: the baseline no longer declares it",
	} {
		require.ErrorContains(t, err, says, "all at once")
	}
	require.Empty(t, toy.calls)
}

func TestAnApprovedConflictStaysOne(t *testing.T) {
	toy := newToy()
	cfg := toy.config()
	toy.shelves["s"] = shelfState{Name: "s"}
	base := ztcore.NewBaseline("home", shelf{aws: toy, Name: "s"}, shelf{aws: toy, Name: "s2"})
	loaded, err := base.Load(ctx, cfg, []byte(approve(t, plan(t, base, cfg))))
	require.NoError(t, err)
	_, err = loaded.Apply(ctx)
	var conflict *ztcore.ConflictError
	require.ErrorAs(t, err, &conflict, "it could not be applied when it was approved, and can't be now")
	require.Zero(t, toy.writes())
}

// What nothing is done to may change in any way, even so that a guardrail would find something wrong with repairing it.
func TestDriftInWhatAPlanLeavesAloneDoesNotMakeItStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		toy.Shelf.Refuse = func(_ *ztcore.Scope, want shelfState) []ztcore.Finding {
			if want.Name == "kept" {
				return []ztcore.Finding{{Message: "must not be written", Guardrail: "toy.kept"}}
			}
			return nil
		}
		toy.shelves["kept"] = shelfState{Name: "kept", Tags: map[string]string{ztcore.TagBaseline: "home", ztcore.TagResource: "toy.Shelf/kept"}}
		base := ztcore.NewBaseline("home", shelf{aws: toy, Name: "kept"}, shelf{aws: toy, Name: "s"})
		doc := approve(t, plan(t, base, cfg))
		drifted := toy.shelves["kept"]
		drifted.Box = "elsewhere"
		toy.shelves["kept"] = drifted
		require.Len(t, plan(t, base, cfg).Findings, 1)
		loaded, err := base.Load(ctx, cfg, []byte(doc))
		require.NoError(t, err)
		require.Empty(t, loaded.Findings)
		_, err = loaded.Apply(ctx)
		require.NoError(t, err)
		require.Equal(t, "elsewhere", toy.shelves["kept"].Box)
		require.Contains(t, toy.shelves, "s")
	})
}

// A finding that the plan shows now and did not show then is not approved; that of what is done already is no loss.
func TestFindingsAreApprovedToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		var says string
		toy.Shelf.Refuse = func(_ *ztcore.Scope, want shelfState) []ztcore.Finding {
			if says == "" {
				return nil
			}
			return []ztcore.Finding{{Message: says, Guardrail: "toy.shelf"}}
		}
		waived := ztcore.List{}
		for _, name := range []string{"s", "s2"} {
			waived = append(waived, ztcore.Waive("toy.shelf", ztcore.Address("toy.Shelf/"+name), "a test", time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)))
		}
		base := ztcore.NewBaseline("home", shelf{aws: toy, Name: "s"}, shelf{aws: toy, Name: "s2"}, waived)
		silent := approve(t, plan(t, base, cfg))
		says = "is high"
		_, err := base.Load(ctx, cfg, []byte(silent))
		require.ErrorContains(t, err, "toy.Shelf/s: was not approved with the finding toy.Shelf/s: is high [toy.shelf] waived until 2100-01-01: a test")
		doc := approve(t, plan(t, base, cfg))
		says = ""
		_, err = base.Load(ctx, cfg, []byte(doc))
		require.ErrorContains(t, err, "toy.Shelf/s: was approved with a finding that there is not")
		says = "is high"
		toy.fail = func(call string) error {
			if call == "CreateShelf" && len(toy.shelves) == 1 {
				return errStop
			}
			return nil
		}
		loaded, err := base.Load(ctx, cfg, []byte(doc))
		require.NoError(t, err)
		_, err = loaded.Apply(ctx)
		require.ErrorIs(t, err, errStop)
		toy.fail = nil
		rest, err := base.Load(ctx, cfg, []byte(doc))
		require.NoError(t, err, "one is done, and its finding with it")
		require.Len(t, rest.Findings, 1)
		_, err = rest.Apply(ctx)
		require.NoError(t, err)
		require.Len(t, toy.shelves, 2)
	})
}
