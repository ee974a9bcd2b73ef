package userdata_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// tool finds a program. Without it the test is skipped, and says so; with ZEROTRUST_TOOLS=1, as in CI, it fails.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("ZEROTRUST_TOOLS") == "1" {
		t.Fatalf("%s is not installed, and ZEROTRUST_TOOLS asks for it", name)
	}
	if err != nil {
		t.Skipf("%s is not installed: set ZEROTRUST_TOOLS=1 to have this fail", name)
	}
	return path
}

// written writes the parts of all machines whose names end in suffix.
func written(t *testing.T, suffix string) []string {
	t.Helper()
	var out []string
	dir := t.TempDir()
	for name, m := range machines {
		for file, content := range parts(t, m.Text()) {
			if strings.HasSuffix(file, suffix) {
				path := filepath.Join(dir, strings.ReplaceAll(name, " ", "-")+"-"+file)
				require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
				out = append(out, path)
			}
		}
	}
	require.NotEmpty(t, out)
	return out
}

func TestToolsBashParsesTheScripts(t *testing.T) {
	bash := tool(t, "bash")
	for _, script := range written(t, ".sh") {
		out, err := exec.Command(bash, "-n", script).CombinedOutput()
		require.NoError(t, err, "%s: %s", script, out)
	}
}

func TestToolsShellcheckFindsNothing(t *testing.T) {
	shellcheck := tool(t, "shellcheck")
	out, err := exec.Command(shellcheck, append([]string{"--shell=bash", "--severity=style"}, written(t, ".sh")...)...).CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func TestToolsCloudInitTakesTheConfig(t *testing.T) {
	cloudInit := tool(t, "cloud-init")
	for _, config := range written(t, ".cfg") {
		out, err := exec.Command(cloudInit, "schema", "--config-file", config).CombinedOutput()
		require.NoError(t, err, "%s: %s", config, out)
		require.Contains(t, string(out), "Valid")
	}
}

func TestToolsCloudInitRefusesWhatIsWrong(t *testing.T) {
	cloudInit := tool(t, "cloud-init")
	config := filepath.Join(t.TempDir(), "wrong.cfg")
	require.NoError(t, os.WriteFile(config, []byte("#cloud-config\nwrite_files:\n  - path: 1\n    permissions: [x]\n"), 0o600))
	out, err := exec.Command(cloudInit, "schema", "--config-file", config).CombinedOutput()
	require.Error(t, err, "%s", out)
}
