package ztcore_test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	module   = "github.com/seed-08ecc977/zerotrust/"
	services = "github.com/aws/aws-sdk-go-v2/service/"
)

// mayUse lists, for each package, the AWS services that importing it compiles. A pillar costs what it uses: EC2 alone takes
// more than a minute to compile cold.
var mayUse = map[string][]string{
	"ztcore":          {"sts"},
	"ztcore/id":       nil,
	"ztcore/policy":   nil,
	"ztcore/fakeaws":  nil,
	"iam":             {"iam", "sts"},
	"iam/analyzer":    {"accessanalyzer", "sts"},
	"iam/contact":     {"account", "sts"},
	"dataprotect/ebs": {"ec2", "sts"},
	"network":         {"ec2", "sts"},
	"dataprotect":     {"kms", "s3", "s3control", "secretsmanager", "sts"},
}

func TestPackagesCompileOnlyTheServicesTheyAreAbout(t *testing.T) {
	for pkg, want := range mayUse {
		var got []string
		for _, dep := range deps(t, pkg) {
			service, ok := strings.CutPrefix(dep, services)
			if service, _, _ = strings.Cut(service, "/"); ok && service != "internal" && !slices.Contains(got, service) {
				got = append(got, service)
			}
		}
		slices.Sort(got)
		require.Equal(t, want, got, pkg)
	}
}

// Imports run one way: pillars → ztcore → policy, id. Library code reaches no fake, and pillars meet through identifiers.
func TestImportsRunOneWay(t *testing.T) {
	pillars := []string{"iam", "network", "dataprotect"}
	for pkg := range mayUse {
		for _, dep := range deps(t, pkg) {
			own, ok := strings.CutPrefix(dep, module)
			if !ok || own == pkg {
				continue
			}
			if !strings.HasPrefix(pkg, "ztcore/fakeaws") {
				require.False(t, strings.HasPrefix(own, "ztcore/fakeaws") || strings.HasPrefix(own, "ztcore/kindtest"), "%s reaches %s", pkg, own)
			}
			for _, p := range pillars {
				require.False(t, own == p || strings.HasPrefix(own, p+"/"), "%s imports the pillar %s", pkg, own)
			}
		}
	}
}

func TestTheTopLevelIsWhatTheDesignSays(t *testing.T) {
	want := []string{"appsec", "dataprotect", "endpoint", "examples", "governance", "iam", "incident", "monitoring", "network", "segmentation", "ztcore"}
	entries, err := os.ReadDir("..")
	require.NoError(t, err)
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") {
			require.Contains(t, want, e.Name())
		}
	}
}

func deps(t *testing.T, pkg string) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-deps", module+pkg).CombinedOutput()
	require.NoError(t, err, "%s", out)
	return strings.Fields(string(out))
}
