package ztcore_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the list of EC2 operations anew")

// With text/template in a program the linker keeps every exported method that could be called by reflection, unless no value
// of the type can get there. A client in an interface, a field or a generic would keep all operations of EC2, some 30 MB.
const probe = `package main

import (
	"context"
	"os"
	"text/template"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
%s)

func main() {
	ctx, cfg := context.Background(), aws.Config{Region: "us-east-1"}
	template.Must(template.New("").Parse("{{.}}")).Execute(os.Stdout, os.Args)
	sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
%s}
`

const pillarImports = `
	"github.com/seed-08ecc977/zerotrust/ztcore"
`

const everyPillar = pillarImports + `
	"github.com/seed-08ecc977/zerotrust/appsec"
	"github.com/seed-08ecc977/zerotrust/appsec/instance"
	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/endpoint"
	"github.com/seed-08ecc977/zerotrust/endpoint/firewall"
	"github.com/seed-08ecc977/zerotrust/endpoint/launch"
	"github.com/seed-08ecc977/zerotrust/endpoint/webacl"
	"github.com/seed-08ecc977/zerotrust/governance"
	"github.com/seed-08ecc977/zerotrust/governance/configrules"
	"github.com/seed-08ecc977/zerotrust/governance/stack"
	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/incident"
	"github.com/seed-08ecc977/zerotrust/incident/containment"
	"github.com/seed-08ecc977/zerotrust/monitoring"
	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/segmentation"
`

const everyPreset = `iam.Role{Name: "r"}, dataprotect.Key{Name: "k"}, dataprotect.Bucket{Name: "b"}, network.Preset{Name: "n"}, monitoring.Preset{Name: "m"}, endpoint.Preset{Name: "e"},
		firewall.Firewall{Name: "f"}, launch.Template{Name: "l"}, webacl.WebACL{Name: "w"}, appsec.Preset{Name: "a"}, instance.App{Name: "i"}, segmentation.Preset{Name: "s"},
		governance.Preset{Name: "g"}, configrules.Preset{Name: "c"}, stack.Stack{Name: "t"}, incident.Preset{Name: "p"}`

func TestEmbeddingIsCheap(t *testing.T) {
	if testing.Short() {
		t.Skip("links three programs")
	}
	const MB = 1 << 20
	for _, p := range []struct {
		name, imports, body string
		ceiling             int64 // bytes, stripped of symbols; a tenth above what was measured
	}{
		{"bare SDK", "", "", 95 * MB / 10},
		{"iam", pillarImports + "\t\"github.com/seed-08ecc977/zerotrust/iam\"\n",
			"\tztcore.NewBaseline(\"b\", iam.Role{Name: \"r\"}).Plan(ctx, cfg)\n", 126 * MB / 10},
		{"all pillars", everyPillar, "\tztcore.NewBaseline(\"b\", " + everyPreset + ").Plan(ctx, cfg)\n\tcontainment.Containment{}.Plan(ctx, cfg)\n", 600 * MB / 10},
	} {
		dir := t.TempDir()
		src, bin := filepath.Join(dir, "main.go"), filepath.Join(dir, "probe")
		require.NoError(t, os.WriteFile(src, fmt.Appendf(nil, probe, p.imports, p.body), 0o600))
		out, err := exec.Command("go", "build", "-o", bin, src).CombinedOutput()
		require.NoError(t, err, "%s", out)
		ops := ec2Operations(t, bin)
		require.NoError(t, exec.Command("go", "build", "-ldflags=-s -w", "-o", bin, src).Run())
		info, err := os.Stat(bin)
		require.NoError(t, err)
		t.Logf("%-12s %.1f MB, %d operations of EC2", p.name, float64(info.Size())/MB, len(ops))
		require.Less(t, info.Size(), p.ceiling, p.name)
		if p.name == "all pillars" {
			if *update {
				require.NoError(t, os.WriteFile("testdata/ec2-operations.txt", []byte(strings.Join(ops, "\n")+"\n"), 0o644))
			}
			want, err := os.ReadFile("testdata/ec2-operations.txt")
			require.NoError(t, err)
			require.Equal(t, strings.Fields(string(want)), ops, "the operations of EC2 that pillars keep in a program; change the list only if a kind needs one more")
		}
	}
}

var ec2Method = regexp.MustCompile(`service/ec2\.\(\*Client\)\.([A-Z]\w+)$`)

// ec2Operations lists the operations that the linker kept.
func ec2Operations(t *testing.T, bin string) []string {
	t.Helper()
	out, err := exec.Command("go", "tool", "nm", bin).Output()
	require.NoError(t, err)
	var ops []string
	for line := range strings.Lines(string(out)) {
		if m := ec2Method.FindStringSubmatch(strings.TrimSpace(line)); m != nil && m[1] != "Options" {
			ops = append(ops, m[1])
		}
	}
	slices.Sort(ops)
	return slices.Compact(ops)
}
