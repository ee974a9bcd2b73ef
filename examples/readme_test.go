package examples_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the README tells a reader to paste compiles and runs, word by word.
func TestTheREADMEsProgramRuns(t *testing.T) {
	src := pasted(t, "package main", "main.go")
	out, err := exec.Command("go", "run", src).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "+ dataprotect.Bucket/acme-ledger")
	require.Contains(t, string(out), "0 failed, 0 skipped")
}

func TestTheREADMEsTestPasses(t *testing.T) {
	out, err := exec.Command("go", "test", "-v", pasted(t, "package main_test", "main_test.go")).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "--- PASS: TestOnboarding")
}

// What the pages for readers link to exists.
func TestLinksResolve(t *testing.T) {
	for _, page := range []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md"} {
		text, err := os.ReadFile(filepath.Join("..", page))
		require.NoError(t, err)
		for _, link := range regexp.MustCompile(`\]\(([^)#:]+)\)`).FindAllSubmatch(text, -1) {
			_, err := os.Stat(filepath.Join("..", string(link[1])))
			require.NoError(t, err, page)
		}
	}
}

// pasted writes the README's code that begins with first to a file.
func pasted(t *testing.T, first, name string) string {
	t.Helper()
	readme, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	code := regexp.MustCompile("(?s)```go\n(" + first + "\n.*?)```").FindSubmatch(readme)
	require.NotNil(t, code, "the README has no code that begins with %q", first)
	src := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(src, code[1], 0o600))
	return src
}
