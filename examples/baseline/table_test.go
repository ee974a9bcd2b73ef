package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

var update = flag.Bool("update", false, "write the README's table anew")

const (
	readme   = "../../README.md"
	begins   = "<!-- the table below is made by: go test ./examples/baseline -run TestTable -update -->\n"
	ends     = "<!-- end of the table -->"
	motoFile = "testdata/moto-lacks.txt"
)

// The README's table of the guide is what the program declares. What moto lacks is a list that the run on moto is held to.
func TestTableInTheREADME(t *testing.T) {
	text, err := os.ReadFile(readme)
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(text), begins)
	require.True(t, ok, "the README has no line %q", begins)
	_, after, ok := strings.Cut(rest, ends)
	require.True(t, ok, "the README has no line %q", ends)
	want := before + begins + "\n" + table(t) + "\n" + ends + after
	if *update {
		require.NoError(t, os.WriteFile(readme, []byte(want), 0o644))
		return
	}
	if want != string(text) {
		t.Fatal("the table is not what the program declares; run: go test ./examples/baseline -run TestTable -update")
	}
}

func table(t *testing.T) string {
	t.Helper()
	lacks := motoLacks(t)
	var b strings.Builder
	b.WriteString("| guide | step | resources | kinds | fakes | moto |\n|---|---|---|---|---|---|\n")
	for _, p := range pillars() {
		for _, s := range p.steps(place{region: fakeaws.DefaultRegion, unit: "ou-ab12-cdefgh34"}) {
			if s.resources == nil {
				fmt.Fprintf(&b, "| %s | %s | | | `%s` | |\n", s.rows, s.what, s.proof)
				continue
			}
			kinds := kindsOf(s.resources)
			var missing []string
			for _, k := range kinds {
				if slices.Contains(lacks, k) {
					missing = append(missing, k)
				}
			}
			moto := "yes"
			if len(missing) == len(kinds) {
				moto = "no"
			} else if len(missing) > 0 {
				moto = "without " + code(missing)
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s | yes | %s |\n", s.rows, s.what, code(typesOf(s.resources)), code(kinds), moto)
		}
	}
	return b.String()
}

// code is a list of names for a cell.
func code(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }

// typesOf are the Go types of resources, as iam.Role.
func typesOf(list ztcore.List) []string {
	var out []string
	for _, r := range list {
		if inner, ok := r.(ztcore.List); ok {
			out = append(out, typesOf(inner)...)
		} else if name := strings.TrimPrefix(reflect.TypeOf(r).String(), "*"); !strings.HasPrefix(name, "ztcore.") {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func kindsOf(r ztcore.Resource) []string {
	var out []string
	for _, a := range ztcore.Addresses(r) {
		out = append(out, a.Kind())
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func motoLacks(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(motoFile)
	require.NoError(t, err)
	return strings.Fields(string(text))
}

// All rows of the guide are there: each number once, and nothing is claimed that no test runs.
func TestEveryRowOfTheGuideIsThere(t *testing.T) {
	seen := map[int]string{}
	for _, p := range pillars() {
		for _, s := range p.steps(place{region: fakeaws.DefaultRegion, unit: "ou-ab12-cdefgh34"}) {
			require.True(t, (s.resources == nil) != (s.proof == ""), "%s %s has either resources or a proof", s.rows, s.what)
			if s.proof != "" {
				requireTest(t, s.proof)
			}
			for _, n := range rowsOf(t, s.rows) {
				require.Empty(t, seen[n], "row %d is there twice", n)
				seen[n] = s.what
			}
		}
	}
	for n := 1; n <= lastRow; n++ {
		require.NotEmpty(t, seen[n], "row %d of the guide is missing", n)
	}
}

// lastRow is the last of the guide's 52 rows.
const lastRow = 52

// rowsOf are the numbers of a step; none for what the guide leaves out, as "5 +".
func rowsOf(t *testing.T, rows string) []int {
	t.Helper()
	if strings.HasSuffix(rows, "+") {
		return nil
	}
	var out []int
	for _, part := range strings.Split(rows, ", ") {
		var from, to int
		if n, _ := fmt.Sscanf(part, "%d–%d", &from, &to); n < 2 {
			to = from
		}
		require.NotZero(t, from, "%q is no row", rows)
		for n := from; n <= to; n++ {
			out = append(out, n)
		}
	}
	return out
}

// requireTest fails unless the test or example that is named by folder and function exists.
func requireTest(t *testing.T, name string) {
	t.Helper()
	dot := strings.LastIndexByte(name, '.')
	files, err := filepath.Glob(filepath.Join("..", "..", name[:dot], "*_test.go"))
	require.NoError(t, err)
	function := regexp.MustCompile(`(?m)^func ` + regexp.QuoteMeta(name[dot+1:]) + `\(`)
	require.True(t, slices.ContainsFunc(files, func(f string) bool {
		text, err := os.ReadFile(f)
		return err == nil && function.Match(text)
	}), "there is no test %s", name)
}
