package ztcore_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// caseless is compared by meaning.
type caseless string

func (c caseless) Equal(o caseless) bool { return strings.EqualFold(string(c), string(o)) }

type member struct {
	Name caseless
	Note *string // nil: not managed
}

// everything has a field of every shape that a state may have.
type everything struct {
	Name    string `zt:"key"`
	Text    string
	Meaning caseless
	Flag    *bool
	Nested  struct{ A, B int }
	List    []string
	Bag     []member `zt:"set"`
	Plain   []string `zt:"set"`
	Map     map[string]int
	When    time.Time
	Out     string `zt:"output"`
	Own     func() `zt:"-"`
}

// difference is the fields that a plan shows to differ.
func difference(t *testing.T, want, have everything) []string {
	t.Helper()
	want.Name, have.Name = "x", "x"
	k := &ztcore.Kind[everything]{
		Name: "toy.Everything",
		Get:  func(context.Context, *ztcore.Scope, everything) (everything, bool, error) { return have, true, nil },
		Put:  func(context.Context, *ztcore.Scope, everything) error { return nil },
	}
	p := plan(t, ztcore.NewBaseline("home", declares(func(d *ztcore.Declaration) { k.Declare(d, "x", want) })), newToy().config())
	var out []string
	for _, c := range p.Steps[0].Changes {
		out = append(out, c.Field)
	}
	return slices.Compact(out)
}

func TestComparison(t *testing.T) {
	then := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	full := everything{
		Text: "a", Meaning: "a", Flag: aws.Bool(true), Nested: struct{ A, B int }{1, 2}, List: []string{"a", "b"},
		Bag: []member{{"a", aws.String("n")}, {"b", nil}}, Plain: []string{"a", "b"}, Map: map[string]int{"a": 1}, When: then,
	}
	require.Empty(t, difference(t, full, full))
	for field, edit := range map[string]func(have *everything){
		"Text":    func(h *everything) { h.Text = "A" },
		"Meaning": func(h *everything) { h.Meaning = "b" },
		"Flag":    func(h *everything) { h.Flag = nil },
		"Nested":  func(h *everything) { h.Nested.B = 3 },
		"List":    func(h *everything) { h.List = []string{"b", "a"} },
		"Bag":     func(h *everything) { h.Bag = []member{{"a", nil}, {"b", nil}} },
		"Plain":   func(h *everything) { h.Plain = []string{"a", "a"} },
		"Map":     func(h *everything) { h.Map = map[string]int{"b": 1} },
		"When":    func(h *everything) { h.When = then.Add(1) },
	} {
		have := full
		edit(&have)
		require.Equal(t, []string{field}, difference(t, full, have))
	}
	for what, edit := range map[string]func(want, have *everything){
		"another meaning of text":   func(_, h *everything) { h.Meaning = "A" },
		"another zone":              func(_, h *everything) { h.When = then.In(time.FixedZone("x", 3600)) },
		"the order of a set":        func(_, h *everything) { h.Plain = []string{"b", "a"} },
		"members by their meaning":  func(_, h *everything) { h.Bag = []member{{"B", aws.String("theirs")}, {"A", aws.String("n")}} },
		"what is not managed":       func(w, _ *everything) { w.Flag, w.List, w.Bag, w.Plain, w.Map = nil, nil, nil, nil, nil },
		"what AWS sets":             func(_, h *everything) { h.Out = "id" },
		"what is for the kind only": func(w, _ *everything) { w.Own = func() {} },
	} {
		want, have := full, full
		edit(&want, &have)
		require.Empty(t, difference(t, want, have), what)
	}
	empty := full
	empty.List, empty.Map, empty.Plain = []string{}, map[string]int{}, []string{}
	require.Equal(t, []string{"List", "Plain", "Map"}, difference(t, empty, full), "empty is wanted, and not the same as not managed")
}

func TestSettingsAreReadSideBySideAndPut(t *testing.T) {
	const latency = time.Second
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		have := map[string]everything{}
		var puts, loads atomic.Int64
		k := &ztcore.Kind[everything]{
			Name: "toy.Setting",
			Get: func(ctx context.Context, sc *ztcore.Scope, want everything) (everything, bool, error) {
				_, err := ztcore.Memo(ctx, sc, "listing", func() (int, error) {
					time.Sleep(latency)
					return int(loads.Add(1)), nil
				})
				mu.Lock()
				defer mu.Unlock()
				h, ok := have[want.Name]
				return h, ok, err
			},
			Put: func(_ context.Context, _ *ztcore.Scope, want everything) error {
				puts.Add(1)
				mu.Lock()
				defer mu.Unlock()
				have[want.Name] = want
				return nil
			},
		}
		base := func(text string) *ztcore.Baseline {
			return ztcore.NewBaseline("home", declares(func(d *ztcore.Declaration) {
				for _, name := range []string{"a", "b", "c"} {
					k.Declare(d, name, everything{Name: name, Text: text})
				}
			}))
		}
		cfg := newToy().config()
		started := time.Now()
		p := plan(t, base("x"), cfg)
		require.Equal(t, latency, time.Since(started))
		require.EqualValues(t, 1, loads.Load(), "one listing serves all of a round")
		_, err := p.Apply(ctx, ztcore.WithParallelism(1))
		require.NoError(t, err)
		apply(t, base("y"), cfg)
		require.EqualValues(t, 6, puts.Load())
		require.True(t, plan(t, base("y"), cfg).Empty())
		gone := plan(t, base("y"), cfg, ztcore.Destroy())
		require.Equal(t, "has no state to return to", gone.Steps[0].Reason)
	})
}
