package network_test

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A program that declares networks compiles EC2 and STS, and no other service.
func TestDependencies(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", ".").Output()
	require.NoError(t, err)
	var services []string
	for _, p := range strings.Fields(string(out)) {
		if _, rest, ok := strings.Cut(p, "github.com/aws/aws-sdk-go-v2/service/"); ok && !strings.Contains(rest, "/") {
			services = append(services, rest)
		}
		require.NotContains(t, p, "zerotrust/ztcore/fakeaws")
	}
	require.ElementsMatch(t, []string{"ec2", "sts"}, services)
}
