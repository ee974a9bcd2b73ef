package ztcore_test

import (
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A kind is meant to be read in a minute. What is counted are the lines of its declaration and of the functions that
// it names, without comments, blank lines, the resource that users write, the checks of its input and the permissions it needs.
const (
	settingLines = 30
	objectLines  = 80
	setLines     = 90
)

// longer lists the kinds that need more, with the reason.
var longer = map[string]struct {
	lines int
	why   string
}{
	"incident.ReplicationSet": {81, "a setting in form only, since an account has one: it is made, extended region by region, each waited for, and deleted"},
	"network.DefaultVPC":      {53, "a setting in form only: it takes a whole VPC apart, in AWS's order, and names whoever is still in it"},
}

type kindSize struct {
	name, archetype string
	lines           int
}

func TestKindsStayWithinTheirBudget(t *testing.T) {
	seen := map[string]bool{}
	for _, pillar := range pillars {
		err := filepath.WalkDir(filepath.Join("..", pillar), func(path string, d os.DirEntry, err error) error {
			if err == nil && d.IsDir() {
				for _, k := range kindsIn(t, path) {
					seen[k.name] = true
					limit := map[string]int{"setting": settingLines, "object": objectLines, "set": setLines}[k.archetype]
					if l, ok := longer[k.name]; ok {
						require.Greater(t, k.lines, limit, "%s is within the budget: strike it from the list", k.name)
						limit = l.lines
					}
					t.Logf("%-10s %3d of %3d  %s", k.archetype, k.lines, limit, k.name)
					if k.lines > limit {
						t.Errorf("%s (%s): %d lines, %d at most", k.name, k.archetype, k.lines, limit)
					}
				}
			}
			return err
		})
		require.NoError(t, err)
	}
	for name := range longer {
		require.True(t, seen[name], "%s is listed and does not exist", name)
	}
	require.Greater(t, len(seen), 30, "the search finds the kinds")
}

// kindsIn finds the variables of a package that are kinds, and counts what each is made of.
func kindsIn(t *testing.T, dir string) []kindSize {
	t.Helper()
	fset := token.NewFileSet()
	funcs := map[string]*ast.FuncDecl{}
	type spec struct {
		value     ast.Expr
		name      string
		archetype string
	}
	var specs []spec
	sources := map[string][]byte{}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		src, err := os.ReadFile(f)
		require.NoError(t, err)
		sources[f] = src
		file, err := parser.ParseFile(fset, f, src, 0)
		require.NoError(t, err)
		for _, decl := range file.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				funcs[decl.Name.Name] = decl
			case *ast.GenDecl:
				for _, s := range decl.Specs {
					if v, ok := s.(*ast.ValueSpec); ok && len(v.Values) == 1 {
						if name, archetype := kindOf(v.Values[0]); name != "" {
							specs = append(specs, spec{v.Values[0], name, archetype})
						}
					}
				}
			}
		}
	}
	var out []kindSize
	for _, s := range specs {
		k := kindSize{name: s.name, archetype: s.archetype, lines: lines(fset, sources, s.value)}
		for _, name := range named(s.value) {
			if f := funcs[name]; f != nil {
				k.lines += lines(fset, sources, f)
			}
		}
		out = append(out, k)
	}
	return out
}

// kindOf recognizes &ztcore.Kind[S]{…} and ztcore.SetKind[M]{…}.Kind().
func kindOf(e ast.Expr) (name, archetype string) {
	switch x := e.(type) {
	case *ast.UnaryExpr:
		e = x.X
	case *ast.CallExpr:
		sel, ok := x.Fun.(*ast.SelectorExpr)
		if !ok || sel.Sel.Name != "Kind" {
			return "", ""
		}
		e, archetype = sel.X, "set"
	}
	lit, ok := e.(*ast.CompositeLit)
	if !ok {
		return "", ""
	}
	index, ok := lit.Type.(*ast.IndexExpr)
	if !ok {
		return "", ""
	}
	if sel, ok := index.X.(*ast.SelectorExpr); !ok || sel.Sel.Name != "Kind" && sel.Sel.Name != "SetKind" {
		return "", ""
	}
	if archetype == "" {
		archetype = "object"
	}
	for _, el := range lit.Elts {
		kv := el.(*ast.KeyValueExpr)
		switch kv.Key.(*ast.Ident).Name {
		case "Name":
			name = strings.Trim(kv.Value.(*ast.BasicLit).Value, `"`)
		case "Put":
			archetype = "setting"
		}
	}
	return name, archetype
}

// uncounted are the beginnings of the fields whose functions say something about a kind and do nothing.
var uncounted = []string{"Check", "Refuse", "Permissions"}

// named lists the functions that a kind's fields are set to, those that are not counted left out.
func named(e ast.Expr) []string {
	var out []string
	ast.Inspect(e, func(n ast.Node) bool {
		kv, ok := n.(*ast.KeyValueExpr)
		if !ok {
			return true
		}
		key, _ := kv.Key.(*ast.Ident)
		if v, ok := kv.Value.(*ast.Ident); ok && key != nil && !slices.ContainsFunc(uncounted, func(p string) bool { return strings.HasPrefix(key.Name, p) }) {
			out = append(out, v.Name)
		}
		return true
	})
	return out
}

// lines counts the lines of a node that hold a token which is no comment.
func lines(fset *token.FileSet, sources map[string][]byte, n ast.Node) int {
	from, to := fset.Position(n.Pos()), fset.Position(n.End())
	src := sources[from.Filename]
	var s scanner.Scanner
	file := token.NewFileSet().AddFile("", -1, len(src))
	s.Init(file, src, nil, 0)
	held := map[int]bool{}
	for {
		pos, tok, _ := s.Scan()
		if tok == token.EOF {
			return len(held)
		}
		if line := file.Position(pos).Line; line >= from.Line && line <= to.Line && tok != token.SEMICOLON {
			held[line] = true
		}
	}
}
