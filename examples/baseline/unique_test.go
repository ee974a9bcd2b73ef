package main

import (
	"fmt"
	"os"
	"path"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/governance/review"
	"github.com/seed-08ecc977/zerotrust/governance/thirdparty/edge"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

const (
	uniqueFile   = "../../ztcore/UNIQUENESS.md"
	uniqueBegins = "<!-- the table below is made by: go test ./examples/baseline -run TestUniqueness -update -->\n"
	uniqueEnds   = "<!-- end of the kinds -->"
)

// uniqueness are the words for how two runs at once are kept from making two.
var uniqueness = map[string]string{
	ztcore.ByName:     "its name is unique: AWS refuses the second, and both runs go on with the first",
	ztcore.ByPlace:    "there is one in its place: both runs write the same",
	ztcore.ByYielding: "found by its ownership tags: one of the two runs removes its own",
}

// apart are the kinds that do it in a way of their own.
var apart = map[string]string{
	"dataprotect.Key":            "its alias is unique: the run that does not get it schedules the deletion of its own key, in 7 days",
	"governance.CustomerGateway": "AWS answers an identical request with the first one",
	"governance.VPNConnection":   "AWS answers an identical request with the first one",
	"appsec.UserPoolClient":      "found by its name, which Cognito lets others have: one of the two runs removes its own",
	"appsec.RequestValidator":    "found by its name, which API Gateway lets others have: one of the two runs removes its own",
}

// The table of how each kind is kept from being made twice follows from the kinds, and from the client tokens that the fakes are sent.
func TestUniqueness(t *testing.T) {
	var b strings.Builder
	b.WriteString("# Two runs at once\n\nHow two processes that apply the same baseline to the same account at the same time are kept from making two objects of a kind.\n" +
		"Each of these is raced in `examples/baseline` and in the kinds' own tests. What remains, where reads lag by more than ten seconds, is\n" +
		"in the comment of ztcore/twins.go; a lease excludes it.\n\n" + uniqueBegins + "\n| kind | what keeps it one | client token |\n|---|---|---|\n")
	tokens := sentTokens(t)
	kinds := ztcore.UniquenessOf(allKinds()...)
	slices.SortFunc(kinds, func(a, b ztcore.Uniqueness) int { return strings.Compare(a.Kind, b.Kind) })
	var yielding []string
	for _, k := range kinds {
		how := uniqueness[k.How]
		if other, ok := apart[k.Kind]; ok {
			how = other
		}
		member := strings.Join(tokens[k.Kind], ", ")
		if k.How == ztcore.ByYielding && member == "" && !strings.HasPrefix(how, "AWS answers") {
			yielding = append(yielding, k.Kind)
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.Kind, how, member)
	}
	text, err := os.ReadFile(readme)
	require.NoError(t, err)
	before, inside, ok := strings.Cut(string(text), uniqueBegins)
	require.True(t, ok, "the README has no line %q", uniqueBegins)
	_, after, ok := strings.Cut(inside, uniqueEnds)
	require.True(t, ok, "the README has no line %q", uniqueEnds)
	listed := before + uniqueBegins + "\n" + code(yielding) + "\n\n" + uniqueEnds + after
	if *update {
		require.NoError(t, os.WriteFile(uniqueFile, []byte(b.String()), 0o644))
		require.NoError(t, os.WriteFile(readme, []byte(listed), 0o644))
		return
	}
	const again = "run: go test ./examples/baseline -run TestUniqueness -update"
	require.Equal(t, string(text), listed, again)
	text, err = os.ReadFile(uniqueFile)
	require.NoError(t, err)
	require.Equal(t, string(text), b.String(), again)
}

// sentTokens are the members with which the creates of each kind send a client token, as CreateVpcEndpoint.ClientToken.
func sentTokens(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud(t)
		plan, err := ztcore.NewBaseline("zero-trust-guide", everything(t), rest()).Plan(ctx, cloud.Config())
		require.NoError(t, err)
		seen := 0
		_, err = plan.Apply(ctx, ztcore.WithParallelism(1), ztcore.WithProgress(func(e ztcore.Event) {
			f, ok := e.(ztcore.Finished)
			if !ok {
				return
			}
			calls := cloud.Calls()[seen:]
			seen += len(calls)
			for _, c := range calls {
				if member := tokenOf(c); member != "" && !slices.Contains(out[f.Outcome.Address.Kind()], member) {
					out[f.Outcome.Address.Kind()] = append(out[f.Outcome.Address.Kind()], member)
				}
			}
		}))
		require.NoError(t, err)
	})
	return out
}

// tokenOf is the member of a call's input that holds a client token.
func tokenOf(c fakeaws.Call) string {
	if !c.Mutating() || !(strings.HasPrefix(c.Operation, "Create") || strings.HasPrefix(c.Operation, "Run")) {
		return ""
	}
	for _, name := range []string{"ClientToken", "ClientRequestToken"} {
		if f := reflect.ValueOf(c.Input).Elem().FieldByName(name); f.IsValid() && f.Kind() == reflect.Pointer && !f.IsNil() {
			return "`" + path.Base(reflect.TypeOf(c.Input).Elem().PkgPath()) + "." + c.Operation + "." + name + "`"
		}
	}
	return ""
}

// rest is what takes a token and the guide does not declare.
func rest() ztcore.List {
	return ztcore.List{
		edge.PrefixList{Name: "vendor", Entries: []edge.Entry{{CIDR: "203.0.113.0/24"}}},
		review.Milestone{Name: "first review", Workload: review.Workload{Name: "MyWorkload"}.ID()},
	}
}
