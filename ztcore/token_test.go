package ztcore_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// structure is what a plan does, less the values: resources, actions and attributes.
func structure(p *ztcore.Plan) []string {
	var out []string
	for _, s := range p.Steps {
		line := fmt.Sprintf("%s %s", s.Action, s.Address)
		for _, c := range s.Changes {
			line += " " + c.Path
		}
		out = append(out, line)
	}
	return out
}

// Whether an id is known already decides nothing about what there is to do.
func TestTokensDecideNothing(t *testing.T) {
	for seed := range uint64(50) {
		random := rand.New(rand.NewPCG(seed, 1))
		synctest.Test(t, func(t *testing.T) {
			toy := newToy()
			build := func(boxID func(i int) string) *ztcore.Baseline {
				random := rand.New(rand.NewPCG(seed, 2))
				var all ztcore.List
				for i := range 1 + random.IntN(6) {
					all = append(all, box{aws: toy, Name: fmt.Sprintf("b%d", i), Size: random.IntN(3), Tags: map[string]string{"at": "x" + boxAt(i, random, boxID)}})
					s := shelf{aws: toy, Name: fmt.Sprintf("s%d", i), Box: boxID(i) + "/lid"}
					if random.IntN(2) == 0 {
						s.Labels = []string{"on " + boxID(random.IntN(i+1)), "plain"}
					}
					all = append(all, s)
				}
				return ztcore.NewBaseline("home", all)
			}
			tokens := plan(t, build(func(i int) string { return toy.Box.Ref(fmt.Sprintf("b%d", i), "ID") }), toy.config())
			drawn := map[int]string{}
			literal := plan(t, build(func(i int) string {
				if drawn[i] == "" {
					drawn[i] = fmt.Sprintf("box-%x", random.Uint64())
				}
				return drawn[i]
			}), toy.config())
			require.ElementsMatch(t, structure(literal), structure(tokens))
		})
	}
}

// boxAt lets a box refer to one before it.
func boxAt(i int, random *rand.Rand, boxID func(int) string) string {
	if i == 0 {
		return ""
	}
	return boxID(random.IntN(i))
}

func TestHostileStrings(t *testing.T) {
	for text, says := range map[string]string{
		"{{zt:}}":                    `holds a token of "", which is nothing`,
		"{{zt:x}}":                   `holds a token of "x", which is nothing`,
		"{{zt:a#b}}":                 "refers to a, which is not declared",
		"{{zt:#}}":                   `holds a token of ""`,
		"{{zt:{{zt:x}}}}":            `holds a token of "x", which is nothing`,
		"{{zt:{{zt:account}}}}":      `holds a token of "123456789012`,
		"{{zt:toy.Box/b#ID#ID}}":     "has no such attribute",
		"{{zt:toy.Box/b#Size}}":      "which is no text",
		"{{zt:toy.Box/b#Tags}}":      "which is no text",
		"{{zt:toy.Box/b#}}":          `holds a token of "toy.Box/b"`,
		"{{zt:account#ID}}":          "refers to account, which is not declared",
		"{{zt:toy.Shelf/s#ARN}}":     "in a cycle: toy.Shelf/s → toy.Shelf/s",
		"{{zt:toy.Shelf/s0#Secret}}": "refers to Secret of toy.Shelf/s0, which is a secret",
	} {
		toy := newToy()
		_, err := ztcore.NewBaseline("home", box{aws: toy, Name: "b"}, shelf{aws: toy, Name: "s0", Secret: "canary"}, shelf{aws: toy, Name: "s", Box: text}).Plan(ctx, toy.config())
		require.ErrorContains(t, err, says, text)
		require.NotContains(t, err.Error(), "canary")
	}
	for _, literal := range []string{"{{zt:", "{{zt", "{zt:account}", "}}", "{{zt:a#b", "{{ zt:account }}", "{{zt:a{b}}"} {
		synctest.Test(t, func(t *testing.T) {
			toy := newToy()
			base := ztcore.NewBaseline("home", shelf{aws: toy, Name: "s", Box: literal})
			apply(t, base, toy.config())
			require.Equal(t, literal, toy.shelves["s"].Box)
			require.True(t, plan(t, base, toy.config()).Empty())
		})
	}
}

// What AWS answers may look like a token. It is shown as it is, stands for nothing, and is passed on to nobody.
func TestHostileAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		toy.shelves["s"] = shelfState{Name: "s", Box: "{{zt:toy.Box/b#ID}}", ARN: "{{zt:evil#ID}}", Tags: map[string]string{ztcore.TagBaseline: "home", ztcore.TagResource: "toy.Shelf/s"}}
		mine := shelf{aws: toy, Name: "s", Box: "mine"}
		p := plan(t, ztcore.NewBaseline("home", box{aws: toy, Name: "b"}, mine), cfg)
		require.Contains(t, p.String(), `→ "mine"`)
		_, err := ztcore.NewBaseline("home", mine, shelf{aws: toy, Name: "s2", Box: mine.ARN()}).Plan(ctx, cfg)
		require.ErrorContains(t, err, `toy.Shelf/s2: holds a token of "evil#ID", which is nothing`)
		_, err = p.Apply(ctx)
		require.NoError(t, err)
		require.Equal(t, "mine", toy.shelves["s"].Box)
	})
}
