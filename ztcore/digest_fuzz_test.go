package ztcore_test

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// FuzzDigest holds that two declarations have the same digest only if they are the same, wherever their texts are cut, and that a plan's
// JSON survives being read and written.
func FuzzDigest(f *testing.F) {
	kind := &ztcore.Kind[everything]{
		Name: "toy.Everything",
		Get: func(context.Context, *ztcore.Scope, everything) (have everything, ok bool, err error) {
			return have, false, nil
		},
		Put: func(context.Context, *ztcore.Scope, everything) error { return nil },
	}
	cfg := newToy().config()
	for _, seed := range [][2]string{{"a,b;c", "ab,;c"}, {"a;b,c", "a;c,b"}, {"", ";"}, {"a,a", "a"}, {"\x00,s", "\x00s"}, {"k=1;k", "k;k=1"}, {"\xff", "\xfe"}, {"e\u0301", "é"}} {
		f.Add(seed[0], seed[1])
	}
	state := func(text string) everything {
		s := everything{Name: "x"}
		list, rest, more := strings.Cut(text, ";")
		s.List = strings.Split(list, ",")
		if more {
			s.Map = map[string]int{}
			for i, k := range strings.Split(rest, ",") {
				s.Map[k] = i
				s.Bag = append(s.Bag, member{Name: caseless(k)})
			}
		}
		s.Text = rest
		return s
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := state(a), state(b)
		var digests []string
		for _, s := range []everything{x, y} {
			base := ztcore.NewBaseline("home", declares(func(d *ztcore.Declaration) { kind.Declare(d, "x", s) }))
			p, err := base.Plan(ctx, cfg)
			if err != nil { // what stands for nothing
				return
			}
			doc, err := p.MarshalJSON()
			require.NoError(t, err)
			loaded, err := base.Load(ctx, cfg, doc)
			require.NoError(t, err)
			again, err := json.Marshal(loaded)
			require.NoError(t, err)
			require.JSONEq(t, string(doc), string(again))
			digests = append(digests, p.Steps[0].Declared)
		}
		require.Equal(t, reflect.DeepEqual(x, y), digests[0] == digests[1], "%q and %q", a, b)
	})
}
