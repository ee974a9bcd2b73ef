package ztcore_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// requireNoToken holds that nothing that AWS was sent holds a token.
func requireNoToken(t *testing.T, toy *toyAWS) {
	t.Helper()
	for name, b := range toy.boxes {
		for _, sent := range []string{name, b.Name, b.Color, b.Tags["at"]} {
			require.False(t, ztcore.HasToken(sent), "%q was sent", sent)
		}
	}
	for name, s := range toy.shelves {
		for _, sent := range append([]string{name, s.Name, s.Box}, toy.labels[name]...) {
			require.False(t, ztcore.HasToken(sent), "%q was sent", sent)
		}
	}
}

// FuzzTokens holds that hostile text makes a baseline invalid, or is sent as it is but for the tokens in it, of which none is sent; and
// that a plan of it can be shown, approved and applied, and is empty then.
func FuzzTokens(f *testing.F) {
	for _, text := range []string{
		"", "{{zt:}}", "{{zt:a#b}}", "{{zt:{{zt:x}}}}", "{{zt:account}}", "x{{zt:toy.Box/b#ID}}y", "{{zt:toy.Box/b#Size}}", "{{zt:toy.Shelf/s#ARN}}", "{{zt:#}}", "{{zt:\x00#\xff}}", "{{{{zt:region}}}}",
		"{{{zt:toy.Box/b#ID}}}", "%s%!d(MISSING)\n{{zt:region}}\r\n", "{{zt:{{zt:toy.Box/b#ID}}#ID}}", "{{zt:toy.Box/b#ID}", "{{zt:toy.Box/b\n#ID}}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		synctest.Test(t, func(t *testing.T) {
			toy := newToy()
			cfg := toy.config()
			base := ztcore.NewBaseline("home", box{aws: toy, Name: "b", Color: strings.ToUpper(text), Tags: map[string]string{"at": "x" + strings.ToUpper(text)}}, shelf{aws: toy, Name: "s", Box: text, Labels: []string{text}})
			p, err := base.Plan(ctx, cfg)
			if err != nil {
				var invalid *ztcore.InvalidError
				require.True(t, errors.As(err, &invalid), "%v", err)
				return
			}
			_ = p.String()
			approved, err := p.MarshalJSON()
			require.NoError(t, err)
			p, err = base.Load(ctx, cfg, approved)
			require.NoError(t, err)
			_, err = p.Apply(ctx)
			requireNoToken(t, toy)
			if err != nil { // a token that is made up of another's value stands for nothing
				require.ErrorContains(t, err, "not sent, since it is still not known")
				require.Regexp(t, `(?s)\{\{zt:.*\{\{zt:`, text)
				return
			}
			if !ztcore.HasToken(text) {
				require.Equal(t, text, toy.shelves["s"].Box)
			}
			again, err := base.Plan(ctx, cfg)
			require.NoError(t, err)
			require.True(t, again.Empty(), again)
		})
	})
}

// FuzzNames holds that a resource is found by its token whatever it is called, or its name is refused.
func FuzzNames(f *testing.F) {
	for _, name := range []string{"", "a b", "a#b", "a}}b", "{{zt:account}}", "{{zt:toy.Box/b#ID}}", "a/b", "%s", "a\nb", "\xff", "\x00", "}", "{", "a}", "é", "b#ID}}{{zt:toy.Box/b"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if name == "b" {
			return
		}
		synctest.Test(t, func(t *testing.T) {
			toy := newToy()
			cfg := toy.config()
			hostile := box{aws: toy, Name: name}
			base := ztcore.NewBaseline("home", box{aws: toy, Name: "b"}, hostile, shelf{aws: toy, Name: "s", Box: hostile.ID()})
			p, err := base.Plan(ctx, cfg)
			if err != nil {
				var invalid *ztcore.InvalidError
				require.True(t, errors.As(err, &invalid), "%v", err)
				return
			}
			approved, err := p.MarshalJSON()
			require.NoError(t, err)
			p, err = base.Load(ctx, cfg, approved)
			require.NoError(t, err)
			_, err = p.Apply(ctx)
			require.NoError(t, err)
			requireNoToken(t, toy)
			for _, b := range toy.boxes {
				if b.Name != "b" {
					require.Equal(t, b.ID, toy.shelves["s"].Box, "the shelf is in another box")
				}
			}
			again, err := base.Plan(ctx, cfg)
			require.NoError(t, err)
			require.True(t, again.Empty(), again)
		})
	})
}

// FuzzLoad holds that a document that was tampered with is refused, however well its digest was forged: in the world that it was made
// from unless it says just what it said, and after the first half of its run unless it lets through only what it says itself.
func FuzzLoad(f *testing.F) {
	owned := func(a ztcore.Address) map[string]string {
		return map[string]string{ztcore.TagBaseline: "home", ztcore.TagResource: string(a)}
	}
	type world struct {
		toy  *toyAWS
		base *ztcore.Baseline
		plan *ztcore.Plan
		doc  string
		id   string // of the box that the shelf stands on
	}
	opts := []ztcore.PlanOption{ztcore.Prune()}
	make := func(half bool) (w world) {
		toy := newToy()
		toy.shelves["old"] = shelfState{Name: "old", Tags: owned("toy.Shelf/old")}
		toy.shelves["moved"] = shelfState{Name: "moved", Box: "there", Secret: "canary-1", Tags: owned("toy.Shelf/moved")}
		b := box{aws: toy, Name: "b", Color: "red"}
		w = world{toy: toy, base: ztcore.NewBaseline("home", b, ztcore.Adopt(box{aws: toy, Name: "pink", Color: "pink"}), ztcore.Waive("toy.pink", "toy.Box/pink", "a test", time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)),
			shelf{aws: toy, Name: "s", Box: b.ID(), Labels: []string{"x"}}, shelf{aws: toy, Name: "moved", Box: "here", Secret: "canary-2"}, ztcore.Ignore(shelf{aws: toy, Name: "ignored"}))}
		var err error
		w.plan, err = w.base.Plan(ctx, toy.config(), opts...)
		require.NoError(f, err)
		text, err := w.plan.MarshalJSON()
		require.NoError(f, err)
		w.doc = string(text)
		if half {
			toy.fail = func(call string) error {
				if call == "CreateShelf" || call == "DeleteShelf" {
					return errStop
				}
				return nil
			}
			_, err = w.plan.Apply(ctx)
			require.ErrorIs(f, err, errStop)
			toy.fail = nil
			for id, b := range toy.boxes {
				if b.Name == "b" {
					w.id = id
				}
			}
		}
		return w
	}
	worlds := map[bool]world{false: make(false), true: make(true)}
	doc := worlds[false].doc
	require.Equal(f, doc, worlds[true].doc)
	require.Contains(f, doc, `"action":"update"`)
	for _, half := range []bool{false, true} {
		for _, change := range [][2]string{
			{"", ""}, {`"action":"update"`, `"action":"delete"`}, {`"action":"update"`, `"action":"none"`}, {`"action":"create"`, `"action":"replace"`}, {`\"red\"`, `\"blue\"`}, {`\"here\"`, `\"there\"`},
			{`"format":2`, `"format":2,"format":1`}, {`"format":2`, `"FORMAT":2`}, {`"kind":"toy.Box"`, `"kind":"toy.Shelf"`}, {`toy.Box/b#ID`, `toy.Box/b#Color`}, {`"steps":[`, `"steps":[{"address":"toy.Box/b","kind":"toy.Box","action":"none"},`},
			{`"steps":[`, `"steps":[],"steps":[`}, {`"region":"us-east-1"`, `"region":"us-east-\u0031"`}, {`{{zt:`, `{{zt:{{zt:`}, {`"account":"123456789012"`, `"account":123456789012`}, {`"world":"`, `"world":"0`}, {`"options":["Prune"],`, ``},
			{`"a test"`, `"another"`}, {`"guardrail":"toy.pink"`, `"guardrail":"toy.red"`}, {`"declared":"`, `"declared":"0`},
		} {
			f.Add(strings.Replace(doc, change[0], change[1], 1), half)
		}
		for _, text := range []string{"", "null", "{}", "[]", doc + doc, strings.Repeat("[", 10001), `{"format":2,"steps":null}`} {
			f.Add(text, half)
		}
	}
	type document struct {
		Format                                      int
		Baseline, Account, Region, Partition, World string
		Options                                     []string
		Waivers, Ignored, Findings                  json.RawMessage
		Steps                                       []ztcore.Step
	}
	read := func(t require.TestingT, text string) (d document) {
		require.NoError(t, json.Unmarshal([]byte(text), &d))
		slices.SortStableFunc(d.Steps, func(a, b ztcore.Step) int { return strings.Compare(string(a.Address), string(b.Address)) })
		return d
	}
	was := read(f, doc)
	check := func(t *testing.T, text string, half bool) {
		w := worlds[half]
		loaded, err := w.base.Load(ctx, w.toy.config(), []byte(text), opts...)
		require.True(t, (loaded == nil) == (err != nil), "a refused plan can't be applied")
		if err != nil {
			return
		}
		says := read(t, text)
		require.Equal(t, []any{was.Format, was.Baseline, was.Account, was.Region, was.Partition, was.Options}, []any{says.Format, says.Baseline, says.Account, says.Region, says.Partition, says.Options})
		require.JSONEq(t, string(was.Waivers), string(says.Waivers))
		require.JSONEq(t, string(was.Ignored), string(says.Ignored))
		require.JSONEq(t, string(was.Findings), string(says.Findings))
		require.Len(t, says.Steps, len(was.Steps))
		if !half && says.World == was.World {
			require.Equal(t, was.Steps, says.Steps)
			return
		}
		for i, s := range says.Steps {
			require.Equal(t, []any{was.Steps[i].Address, was.Steps[i].Declared, was.Steps[i].Exceptions, was.Steps[i].DependsOn}, []any{s.Address, s.Declared, s.Exceptions, s.DependsOn})
		}
		for _, s := range loaded.Steps {
			if s.Action == ztcore.None {
				continue
			}
			said := 0
			for _, was := range says.Steps {
				if was.Address != s.Address {
					continue
				}
				said++
				require.Equal(t, s.Kind, was.Kind)
				// The rest of what was begun to be made, replaced or adopted is an update.
				resumed := s.Action == ztcore.Modify && (was.Action == ztcore.Create || was.Action == ztcore.Replace || was.Action == ztcore.TakeOver)
				require.True(t, s.Action == was.Action || resumed, "%s is done, and approved was %s", s.Action, was.Action)
				if s.Action == ztcore.Modify && was.Action != ztcore.Modify {
					continue // all of it was approved
				}
				for _, c := range s.Changes {
					var there bool
					for _, approved := range was.Changes {
						after := strings.ReplaceAll(approved.After, box{aws: w.toy, Name: "b"}.ID(), w.id)
						there = there || reflect.DeepEqual([]string{c.Path, c.Before, c.After}, []string{approved.Path, approved.Before, approved.After}) || half && c.After == after
					}
					require.True(t, there, "%s was not approved", c)
				}
			}
			require.Equal(t, 1, said, "%s is approved so many times", s.Address)
		}
	}
	f.Fuzz(func(t *testing.T, text string, half bool) {
		check(t, text, half)
		check(t, forged(text), half)
	})
}
