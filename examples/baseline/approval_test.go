package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/endpoint/launch"
	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// approved plans a baseline, and gives what a reviewer approves.
func approved(t *testing.T, base *ztcore.Baseline, cloud *fakeaws.Cloud, opts ...ztcore.PlanOption) []byte {
	t.Helper()
	plan, err := base.Plan(ctx, cloud.Config(), opts...)
	require.NoError(t, err)
	doc, err := json.Marshal(plan)
	require.NoError(t, err)
	return doc
}

// What was approved is applied once, elsewhere: by a program that declares the same anew.
func TestAnApprovedPlanIsAppliedOnce(t *testing.T) {
	for _, pillar := range pillarNames() {
		t.Run(pillar, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cloud := newCloud(t)
				doc := approved(t, only(t, pillar), cloud)
				require.Empty(t, cloud.Writes())
				require.Equal(t, string(doc), string(approved(t, only(t, pillar), cloud)), "byte for byte")
				later, err := only(t, pillar).Load(ctx, cloud.Config(), doc)
				require.NoError(t, err)
				again, err := json.Marshal(later)
				require.NoError(t, err)
				require.Equal(t, string(doc), string(again), "a round trip changes nothing")
				report, err := later.Apply(ctx)
				require.NoError(t, err)
				require.NotEmpty(t, report.Outcomes)
				writes := len(cloud.Writes())

				report, err = later.Apply(ctx)
				require.NoError(t, err)
				require.Equal(t, len(report.Outcomes), report.Count(ztcore.Already), "it says that it is done")
				done, err := only(t, pillar).Load(ctx, cloud.Config(), doc)
				require.NoError(t, err)
				require.True(t, done.Empty())
				_, err = done.Apply(ctx)
				require.NoError(t, err)
				require.Len(t, cloud.Writes(), writes, "nothing is written twice")
			})
		})
	}
}

// A virtual device that was made and not enabled is deleted and made again, and no deletion was approved.
var halfADevice = regexp.MustCompile(`: 1 finding\n  iam.MFA/example-user: approved was "create", now it is "replace"`)

// Wherever a run is cut off, what was approved still holds for the rest.
func TestTheRestOfAnApprovedPlanIsApplied(t *testing.T) {
	points := 0
	for _, pillar := range pillarNames() {
		t.Run(pillar, func(t *testing.T) {
			writes := countWrites(t, pillar)
			for k := 1; k < writes; k += max(1, writes/8) {
				points++
				synctest.Test(t, func(t *testing.T) {
					cloud := newCloud(t)
					doc := approved(t, part(t, pillar), cloud)
					cut := &fakeaws.Fault{Before: fakeaws.Denied("it"), Skip: k, Match: func(c fakeaws.Call) bool { return c.Mutating() }}
					cloud.Inject(t, cut)
					plan, err := part(t, pillar).Load(ctx, cloud.Config(), doc)
					require.NoError(t, err)
					_, err = plan.Apply(ctx)
					require.Error(t, err)
					cloud.Lift(cut)
					rest, err := part(t, pillar).Load(ctx, cloud.Config(), doc)
					if halfADevice.MatchString(fmt.Sprint(err)) {
						return
					}
					require.NoError(t, err, "cut off after %d of %d writes", k, writes)
					_, err = rest.Apply(ctx)
					require.NoError(t, err)
					again, err := part(t, pillar).Plan(ctx, cloud.Config())
					require.NoError(t, err)
					require.True(t, again.Empty(), again)
				})
			}
		})
	}
	t.Logf("%d points", points)
}

// An approval holds for its account, region and partition, which are told before anything but the caller's identity is read.
func TestAnApprovalIsForItsPlace(t *testing.T) {
	cloud := newCloud(t)
	doc := approved(t, everything(t), cloud)
	cloud.ResetCalls()
	for _, c := range []struct{ account, region, says string }{
		{"210987654321", fakeaws.DefaultRegion, "account: the plan was approved for 123456789012, and this is 210987654321"},
		{fakeaws.DefaultAccount, "eu-west-1", "region: the plan was approved for us-east-1, and this is eu-west-1"},
		{fakeaws.DefaultAccount, "us-gov-west-1", "partition: the plan was approved for aws, and this is aws-us-gov"},
	} {
		_, err := everything(t).Load(ctx, cloud.ConfigFor(c.account, c.region), doc)
		var invalid *ztcore.InvalidError
		require.ErrorAs(t, err, &invalid)
		require.ErrorContains(t, err, c.says)
	}
	for _, c := range cloud.Calls() {
		require.Equal(t, "GetCallerIdentity", c.Operation)
	}
}

// leaf is one value in a document, and how to reach it.
type leaf struct {
	path   []any // names and indices
	before any
}

func (l leaf) String() string {
	var parts []string
	for _, p := range l.path {
		parts = append(parts, fmt.Sprint(p))
	}
	return strings.Join(parts, "/")
}

// leaves lists the values of a tree of which ordered objects are *node.
func leaves(v any, at []any, out []leaf) []leaf {
	switch v := v.(type) {
	case *node:
		for i, name := range v.names {
			out = leaves(v.values[i], append(slices.Clone(at), name), out)
		}
	case []any:
		for i := range v {
			out = leaves(v[i], append(slices.Clone(at), i), out)
		}
	default:
		out = append(out, leaf{at, v})
	}
	return out
}

// node is a JSON object whose members stay in their order.
type node struct {
	names  []string
	values []any
}

// appendJSON writes a tree as encoding/json does.
func appendJSON(b []byte, v any) []byte {
	switch v := v.(type) {
	case *node:
		b = append(b, '{')
		for i, name := range v.names {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(append(strconv.AppendQuote(b, name), ':'), v.values[i])
		}
		return append(b, '}')
	case []any:
		b = append(b, '[')
		for i := range v {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, v[i])
		}
		return append(b, ']')
	}
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return append(b, text...)
}

func parseJSON(t *testing.T, dec *json.Decoder) any {
	t.Helper()
	tok, err := dec.Token()
	require.NoError(t, err)
	switch tok {
	case json.Delim('{'):
		n := &node{}
		for dec.More() {
			name, err := dec.Token()
			require.NoError(t, err)
			n.names, n.values = append(n.names, name.(string)), append(n.values, parseJSON(t, dec))
		}
		_, err = dec.Token()
		require.NoError(t, err)
		return n
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			list = append(list, parseJSON(t, dec))
		}
		_, err = dec.Token()
		require.NoError(t, err)
		return list
	}
	return tok
}

// edit is a tree with one leaf replaced, or dropped if with is nil. What is not on its path is shared.
func edit(v any, path []any, with any) any {
	if len(path) == 0 {
		return with
	}
	switch v := v.(type) {
	case *node:
		i := slices.Index(v.names, path[0].(string))
		part := edit(v.values[i], path[1:], with)
		out := &node{slices.Clone(v.names), slices.Clone(v.values)}
		if list, ok := part.([]any); ok && len(list) == 0 && path[0] != "steps" {
			part = nil // as plans are written
		}
		if out.values[i] = part; part == nil {
			out.names, out.values = slices.Delete(out.names, i, i+1), slices.Delete(out.values, i, i+1)
		}
		return out
	case []any:
		i := path[0].(int)
		part, out := edit(v[i], path[1:], with), slices.Clone(v)
		if out[i] = part; part == nil {
			out = slices.Delete(out, i, i+1)
		}
		return out
	}
	panic("no such leaf")
}

var actions = []string{"none", "create", "update", "replace", "delete", "adopt", "drift", "retain", "held", "conflict"}

// other is another value of the same kind.
func other(v any) any {
	switch v := v.(type) {
	case string:
		if i := slices.Index(actions, v); i >= 0 {
			return actions[(i+1)%len(actions)]
		}
		if len(v) == 64 { // a digest
			return strings.Repeat("0", 63) + string(v[0])
		}
		return v + "x"
	case float64:
		return v + 1
	}
	return strconv.Quote(fmt.Sprint(v))
}

// forge is a document with the digest that it would have been given: what an attacker does who can write the file.
func forge(tree any) []byte {
	root := tree.(*node)
	i := slices.Index(root.names, "digest")
	if i < 0 {
		return appendJSON(nil, root)
	}
	text := appendJSON(nil, &node{slices.Delete(slices.Clone(root.names), i, i+1), slices.Delete(slices.Clone(root.values), i, i+1)})
	return fmt.Appendf(nil, `%s,"digest":"%x"}`, text[:len(text)-1], sha256.Sum256(text))
}

// required are the members that every document has: without one it is no plan, whatever else it holds.
var required = []string{"format", "baseline", "account", "region", "partition", "world", "steps", "address", "kind", "action", "path", "attribute", "reason", "guardrail", "on", "until", "message", "declared"}

// tampering is one plan in whose document every leaf is changed and dropped, with the digest made anew.
type tampering struct {
	base  *ztcore.Baseline
	cloud *fakeaws.Cloud
	opts  []ztcore.PlanOption
	doc   any
	was   *ztcore.Plan // what the document comes to as it is

	leaves, refused, through int
}

func (x *tampering) load(doc any) (*ztcore.Plan, error) {
	return x.base.Load(ctx, x.cloud.Config(), forge(doc), x.opts...)
}

// owner is the resource that a leaf belongs to, "" for the document's own.
func (x *tampering) owner(l leaf) ztcore.Address {
	root := x.doc.(*node)
	switch l.path[0] {
	case "steps", "ignored":
		n := root.values[slices.Index(root.names, l.path[0].(string))].([]any)[l.path[1].(int)].(*node)
		return ztcore.Address(n.values[slices.Index(n.names, "address")].(string))
	}
	return ""
}

// rounds are the leaves such that a round has one of each resource: Load tells of all resources at once, so one call tells of a round.
func (x *tampering) rounds() (rounds [][]leaf) {
	count, own := map[ztcore.Address]int{}, [][]leaf{}
	for _, l := range leaves(x.doc, nil, nil) {
		a := x.owner(l)
		if a == "" {
			own = append(own, []leaf{l})
			continue
		}
		if count[a]++; count[a] > len(rounds) {
			rounds = append(rounds, nil)
		}
		rounds[count[a]-1] = append(rounds[count[a]-1], l)
	}
	return append(rounds, own...)
}

// tamper changes or drops the leaves of one round. Refused are those whose resource the error names; the rest together must load,
// and come to the very plan that was approved. in is the document that they are in.
func (x *tampering) tamper(t *testing.T, in any, round []leaf, with func(any) any, innocent func(leaf) bool) {
	t.Helper()
	all := in
	for _, l := range round {
		all = edit(all, l.path, with(l.before))
	}
	x.leaves += len(round)
	_, err := x.load(all)
	named := map[ztcore.Address]bool{}
	var stale *ztcore.StaleError
	var invalid *ztcore.InvalidError
	if errors.As(err, &stale) {
		for _, r := range stale.Resources {
			named[r.Address] = true
		}
	}
	if errors.As(err, &invalid) {
		for _, f := range invalid.Findings {
			named[f.Resource] = true
		}
	}
	rest := in
	for _, l := range round {
		if a := x.owner(l); named[a] || a == "" && err != nil {
			x.refused++
			continue
		}
		require.True(t, innocent(l), "%s: %q may be another: %v", l, l.before, err)
		x.through++
		rest = edit(rest, l.path, with(l.before))
	}
	if rest == in {
		return
	}
	loaded, err := x.load(rest)
	require.NoError(t, err)
	for i, s := range x.was.Steps { // what is let through is what was approved, or less
		if now := loaded.Steps[i]; now.Reason != "not part of the approved plan" {
			require.Equal(t, fmt.Sprintf("%#v %v", s, s.Changes), fmt.Sprintf("%#v %v", now, now.Changes))
		}
	}
	require.Equal(t, x.was.Findings, loaded.Findings)
}

// whole is the guide with something of all that a plan can hold.
func whole(t *testing.T, more ...ztcore.Resource) *ztcore.Baseline {
	t.Helper()
	until := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)
	leaky := launch.Template{Name: "leaky", SecurityGroups: []id.SecurityGroup{"sg-0123456789abcdef0"}, UserData: "#!/bin/sh\nexport DB_PASSWORD=" + canaryMachine + "\n"}
	return ztcore.NewBaseline("zero-trust-guide", everything(t), leaky, ztcore.Ignore(iam.User{Name: "ignored"}), ztcore.List(more),
		ztcore.Waive("endpoint.secret-in-user-data", "endpoint.LaunchTemplate/leaky", "a test", until), ztcore.Waive("endpoint.unmanaged-instance", "endpoint.LaunchTemplate/leaky", "a test", until))
}

// Every single value of a plan's document is changed and is dropped, by somebody who can make the digest anew. In the world that the plan was
// made from nothing of it is let through. Somebody who also makes it look as if the world had changed may have less done, or say otherwise
// why nothing is done to a resource, and nothing else.
func TestATamperedApprovalIsRefused(t *testing.T) { synctest.Test(t, tamperWithAll) }

func tamperWithAll(t *testing.T) {
	opts := []ztcore.PlanOption{ztcore.Prune(), ztcore.AllowDelete("dataprotect.Bucket/none"), ztcore.LeaveOut("governance.BillingContact")}
	fresh := tampering{base: whole(t), cloud: newCloud(t), opts: opts}
	mixed := tampering{base: whole(t), cloud: newCloud(t), opts: opts}
	plan, err := whole(t, iam.User{Name: "left"}).Plan(ctx, mixed.cloud.Config(), opts...)
	require.NoError(t, err)
	_, err = plan.Apply(ctx)
	require.NoError(t, err)
	_, err = tamper(ctx, mixed.cloud.Config(), pillarNames())
	require.NoError(t, err)
	for name, x := range map[string]*tampering{"of a new account": &fresh, "of an account that drifted": &mixed} {
		text := approved(t, x.base, x.cloud, opts...)
		x.doc = parseJSON(t, json.NewDecoder(bytes.NewReader(text)))
		require.Equal(t, string(text), string(forge(x.doc)), "it forges well")
		root := x.doc.(*node)
		for _, part := range []string{"options", "waivers", "steps", "ignored", "findings"} {
			require.Contains(t, root.names, part)
		}
		nothingIsDone := map[ztcore.Address]bool{}
		plan, err := x.base.Plan(ctx, x.cloud.Config(), opts...)
		require.NoError(t, err)
		undeclared := map[ztcore.Address]bool{}
		for _, s := range plan.Steps {
			nothingIsDone[s.Address] = s.Action == ztcore.None
			undeclared[s.Address] = s.Declared == ""
		}
		moved := edit(x.doc, []any{"world"}, strings.Repeat("0", 64))
		x.was, err = x.load(moved)
		require.NoError(t, err, "a world that has changed elsewhere does not matter")
		require.Equal(t, plan.String(), x.was.String())
		for i, round := range x.rounds() {
			if raced && i%17 != 0 {
				continue
			}
			var droppable []leaf
			for _, l := range round {
				name, _ := l.path[len(l.path)-1].(string)
				if !slices.Contains(required, name) || name == "reason" && l.path[0] == "steps" && len(l.path) == 3 || name == "declared" && l.path[0] == "steps" {
					droppable = append(droppable, l)
					continue
				}
				only := edit(x.doc, l.path, nil) // a document of what it is in alone, since its form is looked at first
				if i, ok := l.path[0].(string), len(l.path) > 2; ok {
					list := root.values[slices.Index(root.names, i)].([]any)
					only = edit(only, []any{"steps"}, []any{})
					only = edit(only, []any{i}, []any{edit(list[l.path[1].(int)], l.path[2:], nil)})
				}
				_, err := x.load(only)
				require.ErrorContains(t, err, "ztcore: ", "%s", l)
				x.leaves++
				x.refused++
			}
			own := func(l leaf) bool { return l.path[0] == "world" || l.path[0] == "digest" } // the rest is as it was approved
			x.tamper(t, x.doc, round, other, own)
			x.tamper(t, x.doc, droppable, func(any) any { return nil }, func(leaf) bool { return false })
			if round[0].path[0] == "world" || x == &fresh && i%3 != 0 { // a third of what is alike is enough
				continue
			}
			idle := func(l leaf) bool {
				if l.path[0] == "digest" {
					return true
				}
				if l.path[0] != "steps" {
					return false
				}
				a := x.owner(l)
				lessIsDone := l.path[2] == "action" || l.path[2] == "address" && undeclared[a]
				return lessIsDone || nothingIsDone[a] && slices.Contains([]any{"reason", "notes"}, l.path[2])
			}
			x.tamper(t, moved, round, other, idle)
			x.tamper(t, moved, droppable, func(any) any { return nil }, idle)
		}
		t.Logf("%s: %d bytes, %d leaves, %d attempts: %d refused, %d let through, for no more than was approved", name, len(text), len(leaves(x.doc, nil, nil)), x.leaves, x.refused, x.through)
	}
}
