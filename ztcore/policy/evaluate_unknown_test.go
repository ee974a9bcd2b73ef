package policy_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// domains are all that the keys of the random conditions below can be: absent (nil), or one of these.
var domains = map[string][][]string{
	"aws:a": {nil, {"1"}, {"2"}, {"3"}},
	"aws:b": {nil, {"true"}, {"false"}},
	"aws:c": {nil, {"4"}, {"5"}, {"5.5"}, {"6"}, {"7"}},
	"aws:d": {nil, {"x"}, {"y"}, {"z"}, {"x", "y"}, {"x", "z"}, {"y", "z"}, {"x", "y", "z"}},
}

// randomPolicies draws policies whose conditions are about the keys of domains, with values from them.
func randomPolicies(r *rand.Rand) policy.Policies {
	conditions := []func(policy.Document) policy.Document{
		func(d policy.Document) policy.Document {
			return d.When([]string{"StringEquals", "StringNotEquals", "StringEqualsIfExists"}[r.IntN(3)], "aws:a", some(r, "1", "2")...)
		},
		func(d policy.Document) policy.Document {
			return d.When([]string{"Bool", "BoolIfExists"}[r.IntN(2)], "aws:b", some(r, "true", "false")...)
		},
		func(d policy.Document) policy.Document {
			return d.When([]string{"NumericLessThan", "NumericGreaterThanEquals", "NumericNotEquals"}[r.IntN(3)], "aws:c", some(r, "5", "6")...)
		},
		func(d policy.Document) policy.Document {
			return d.When([]string{"ForAllValues:StringEquals", "ForAnyValue:StringEquals", "ForAnyValue:StringNotEquals"}[r.IntN(3)], "aws:d", some(r, "x", "y")...)
		},
		func(d policy.Document) policy.Document {
			return d.When("Null", slices.Sorted(maps.Keys(domains))[r.IntN(4)], some(r, "true", "false")[0])
		},
		func(d policy.Document) policy.Document { return d },
	}
	draw := func() policy.Document {
		var out policy.Document
		for range 1 + r.IntN(3) {
			d := policy.Allow("s3:*")
			if r.IntN(3) == 0 {
				d = policy.Deny("s3:*")
			}
			d = d.OnAny()
			for range r.IntN(3) {
				d = conditions[r.IntN(len(conditions))](d)
			}
			out = out.And(d)
		}
		return out
	}
	p := policy.Policies{Identity: docs{draw(), draw()}}
	if r.IntN(3) == 0 {
		p.Boundary = docs{draw()}
	}
	if r.IntN(3) == 0 {
		p.SCP = []docs{{anything}, {draw()}}
	}
	if r.IntN(3) == 0 {
		p.Resource = docs{draw().And()}
		for i := range p.Resource[0].Statements {
			p.Resource[0].Statements[i].Principals = []policy.Principal{policy.AWS(role)}
		}
	}
	return p
}

// worlds visits every assignment of the keys.
func worlds(keys []string, visit func(map[string][]string)) {
	if len(keys) == 0 {
		visit(map[string][]string{})
		return
	}
	worlds(keys[1:], func(rest map[string][]string) {
		for _, values := range domains[keys[0]] {
			context := maps.Clone(rest)
			context[keys[0]] = values
			visit(context)
		}
	})
}

func TestUndecidedExactlyIfTheMissingKeysMatter(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	all := slices.Sorted(maps.Keys(domains))
	seen := map[policy.Outcome]int{}
	for range 400 {
		policies := randomPolicies(r)
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		missing := all[:1+r.IntN(3)]
		request := byDefault
		request.Complete = false
		request.Context = map[string][]string{}
		for _, key := range all[len(missing):] {
			request.Context[key] = domains[key][r.IntN(len(domains[key]))]
		}

		outcomes := map[string]policy.Outcome{} // by world
		name := func(world map[string][]string) string { return fmt.Sprint(world) }
		var everywhere []map[string][]string
		worlds(missing, func(world map[string][]string) {
			complete := request
			complete.Context = maps.Clone(request.Context)
			maps.Copy(complete.Context, world)
			got, err := policy.Evaluate(complete, policies)
			require.NoError(t, err)
			require.NotEqual(t, policy.Undecided, got.Outcome, "nothing is missing")
			outcomes[name(world)] = got.Outcome
			everywhere = append(everywhere, world)
		})
		// A key matters if changing it alone can change the outcome.
		matter := map[string]bool{}
		for _, world := range everywhere {
			for _, key := range missing {
				for _, values := range domains[key] {
					other := maps.Clone(world)
					other[key] = values
					if outcomes[name(other)] != outcomes[name(world)] {
						matter[key] = true
					}
				}
			}
		}

		got, err := policy.Evaluate(request, policies)
		require.NoError(t, err)
		seen[got.Outcome]++
		require.Equal(t, slices.Sorted(maps.Keys(matter)), got.Keys, "%v", policies)
		if len(matter) == 0 {
			require.Equal(t, outcomes[name(everywhere[0])], got.Outcome)
		} else {
			require.Equal(t, policy.Undecided, got.Outcome)
		}
	}
	require.Greater(t, seen[policy.Undecided], 50)
	require.Greater(t, seen[policy.Allowed], 20)
	require.Greater(t, seen[policy.Denied], 50)
}

func TestADenialNamesWhatDenies(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	explicit := 0
	for range 400 {
		policies := randomPolicies(r)
		request := byDefault
		request.Context = map[string][]string{"aws:a": {"1"}, "aws:b": {"true"}, "aws:d": {"x"}}
		before, err := policy.Evaluate(request, policies)
		require.NoError(t, err)
		if before.Outcome != policy.Denied || before.Statement < 0 {
			continue
		}
		explicit++
		layer := map[policy.Layer]docs{
			policy.LayerIdentity: policies.Identity, policy.LayerResource: policies.Resource, policy.LayerBoundary: policies.Boundary,
			policy.LayerSCP: slices.Concat(policies.SCP...),
		}[before.Layer]
		named := &layer[before.Document]
		require.Equal(t, policy.EffectDeny, named.Statements[before.Statement].Effect)
		// Making the named statement harmless changes the outcome, or the next reason is given.
		policies = without(policies, before)
		after, err := policy.Evaluate(request, policies)
		require.NoError(t, err)
		require.NotEqual(t, before, after)
	}
	require.Greater(t, explicit, 50)
}

// without turns the statement that decided into one about another service.
func without(p policy.Policies, d policy.Decision) policy.Policies {
	change := func(list docs) docs {
		list = slices.Clone(list)
		list[d.Document] = list[d.Document].And()
		list[d.Document].Statements[d.Statement].Actions = []string{"ec2:*"}
		return list
	}
	switch d.Layer {
	case policy.LayerIdentity:
		p.Identity = change(p.Identity)
	case policy.LayerResource:
		p.Resource = change(p.Resource)
	case policy.LayerBoundary:
		p.Boundary = change(p.Boundary)
	case policy.LayerSCP:
		p.SCP = []docs{p.SCP[0], change(slices.Concat(p.SCP...))[1:]}
	}
	return p
}

func TestUndecidedNamesWhatItDependsOn(t *testing.T) {
	request := byDefault
	request.Complete = false
	for _, c := range []struct {
		name string
		doc  policy.Document
		want string
	}{
		{"wildcards", read.When("StringLike", "aws:x", "a*", "b*"), "undecided: depends on aws:x"},
		{"several keys of which one matters", read.When("StringLike", "aws:x", "a*").And(read).And(denyRead.When("IpAddress", "aws:SourceIp", "10.0.0.0/8")), "undecided: depends on aws:sourceip"},
		{"a variable in a resource", policy.Allow("s3:*").On("arn:aws:s3:::acme/${aws:PrincipalTag/Team}/*"), "undecided: depends on aws:principaltag/team"},
		{"a variable in a condition", read.When("StringEquals", "aws:ResourceTag/Team", "${aws:PrincipalTag/Team}"), "undecided: depends on aws:principaltag/team, aws:resourcetag/team"},
		{"a condition and its opposite", read.When("StringEquals", "aws:x", "1").And(read.When("StringNotEquals", "aws:x", "1")), "allowed by identity policy 0, statement 1"},
		{"wildcards and their opposite", read.When("StringLike", "aws:x", "a*").And(read.When("StringNotLike", "aws:x", "a*")), "allowed by identity policy 0, statement 1"},
		{"case that does not count", read.When("StringEqualsIgnoreCase", "aws:x", "A").And(read.When("StringNotEqualsIgnoreCase", "aws:x", "a")), "allowed by identity policy 0, statement 1"},
		{"before, after or never", read.When("DateLessThan", "aws:x", "2026-01-01").And(read.When("DateGreaterThanEquals", "aws:x", "2026-01-01"), read.When("Null", "aws:x", "true")), "undecided: depends on aws:x"},
		{"a key of two types", read.When("StringEquals", "aws:x", "1").And(read.When("NumericEquals", "aws:x", "1")), "undecided: depends on aws:x"},
		{"a token in an action", policy.Allow("{{zt:a.B/c#D}}").OnAny(), "undecided: depends on {{zt:a.B/c#D}}"},
		{"a token in a resource", policy.Allow("s3:*").On("{{zt:s3.Bucket/a#ARN}}/*"), "undecided: depends on {{zt:s3.Bucket/a#ARN}}"},
		{"a token in NotResource", policy.Allow("s3:*").OnAllExcept("{{zt:s3.Bucket/a#ARN}}/*"), "undecided: depends on {{zt:s3.Bucket/a#ARN}}"},
		{"a token in a value", read.When("StringEquals", "aws:PrincipalAccount", "{{zt:org.Account/a#ID}}"), "undecided: depends on {{zt:org.Account/a#ID}}"},
		{"a token that does not matter", read.And(policy.Allow("s3:*").On("{{zt:s3.Bucket/a#ARN}}/*")), "allowed by identity policy 0, statement 0"},
	} {
		got, err := policy.Evaluate(request, policy.Policies{Identity: docs{c.doc}})
		require.NoError(t, err)
		require.Equal(t, c.want, got.String(), c.name)
	}
	token := policy.AWS("{{zt:iam.Role/R#ARN}}")
	for _, c := range []struct {
		doc  policy.Document
		want policy.Outcome
	}{
		{grantTo(token), policy.Undecided},
		{grantTo(token, policy.AWS(role)), policy.Allowed},
		{grantTo(policy.AWS(role)).And(denyRead.ToAllExcept(token)), policy.Undecided},
		{grantTo(policy.AWS(role)).And(denyRead.ToAllExcept(token, policy.AWS(role), policy.Account("123456789012"))), policy.Allowed},
	} {
		got, err := policy.Evaluate(request, policy.Policies{Resource: docs{c.doc}})
		require.NoError(t, err)
		require.Equal(t, c.want, got.Outcome, "%s", c.doc)
	}
}

// What would take too long to decide exactly is left undecided, never guessed.
func TestUndecidedWhereThereIsTooMuchToTry(t *testing.T) {
	request := byDefault
	request.Complete = false
	oneKey, manyKeys, joined, set := anything, anything, anything, anything
	for i := range 14 {
		value := fmt.Sprintf("v%d*", i)
		oneKey = oneKey.And(denyRead.When("StringLike", "aws:x", value))
		manyKeys = manyKeys.And(denyRead.When("StringLike", "aws:"+value, value))
		joined = joined.And(denyRead.When("StringLike", "aws:x", value+"${aws:y}"))
		set = set.When("ForAnyValue:StringEquals", "aws:x", value)
	}
	for name, doc := range map[string]policy.Document{"one key": oneKey, "many keys": manyKeys, "joined by a variable": joined} {
		got, err := policy.Evaluate(request, policy.Policies{Identity: docs{doc}})
		require.NoError(t, err)
		require.Equal(t, policy.Undecided, got.Outcome, name)
	}
	got, err := policy.Evaluate(request, policy.Policies{Identity: docs{set.When("ForAllValues:DateLessThan", "aws:y", "2026-01-01", "2026-02-01", "2026-03-01")}})
	require.NoError(t, err)
	require.Equal(t, []string{"aws:x", "aws:y"}, got.Keys)
}
