package containment

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

var (
	inputs = regexp.MustCompile(`&(ec2|iam|kms|s3|autoscaling|elasticloadbalancingv2|sts)\.(\w+)Input\{|\bin ec2\.(\w+)Input\b`)
)

// The policy is exactly what the code asks for: every request's input stands in the source.
func TestPermissionsAreThoseOfTheRequestsInTheSource(t *testing.T) {
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	files = append(files, "snapshotcopy/snapshotcopy.go")
	var want []string
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") || f == "ledger.go" {
			continue
		}
		source, err := os.ReadFile(f)
		require.NoError(t, err)
		for _, m := range inputs.FindAllStringSubmatch(string(source), -1) {
			service, operation := m[1], m[2]
			if m[3] != "" {
				service, operation = "ec2", m[3]
			}
			want = append(want, prefixOf(service)+":"+operation)
		}
	}
	want = append(want, "iam:PassRole")                                 // what AssociateIamInstanceProfile takes
	want = without(union(want, nil), []string{"sts:GetCallerIdentity"}) // which takes none
	got := union(append(slices.Clone(reads), writes...), nil)
	require.Equal(t, want, got)
	for _, f := range Permissions().Lint(policy.Identity) {
		require.NotEqual(t, policy.SeverityError, f.Severity, f.String())
	}
	for _, never := range []string{"ec2:StopInstances", "ec2:TerminateInstances", "iam:DeleteAccessKey"} {
		require.NotContains(t, got, never)
	}
}
