package ztcore_test

import (
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
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
	"iam":                               {"iam", "sts"},
	"iam/analyzer":                      {"accessanalyzer", "sts"},
	"iam/contact":                       {"account", "sts"},
	"network":                           {"ec2", "sts"},
	"dataprotect":                       {"kms", "s3", "s3control", "secretsmanager", "sts"},
	"dataprotect/ebs":                   {"ec2", "sts"},
	"monitoring":                        {"cloudtrail", "cloudwatch", "cloudwatchlogs", "eventbridge", "guardduty", "iam", "kms", "s3", "s3control", "scheduler", "secretsmanager", "securityhub", "sns", "sts"},
	"monitoring/detection":              {"eventbridge", "guardduty", "scheduler", "securityhub", "sts"},
	"monitoring/events":                 {"eventbridge", "scheduler", "sts"},
	"endpoint":                          {"kms", "s3", "s3control", "secretsmanager", "ssm", "sts"},
	"endpoint/firewall":                 {"networkfirewall", "sts"},
	"endpoint/launch":                   {"ec2", "iam", "kms", "s3", "s3control", "secretsmanager", "sts"},
	"endpoint/userdata":                 {"sts"},
	"endpoint/webacl":                   {"sts", "wafv2"},
	"appsec":                            {"apigateway", "cloudtrail", "cloudwatch", "cloudwatchlogs", "cognitoidentityprovider", "eventbridge", "guardduty", "iam", "kms", "s3", "s3control", "scheduler", "secretsmanager", "securityhub", "sns", "sts"},
	"appsec/instance":                   {"ec2", "iam", "sts"},
	"segmentation":                      {"ec2", "sts"},
	"governance":                        {"organizations", "sts"},
	"governance/audit":                  {"iam", "sts"},
	"governance/configrules":            {"configservice", "iam", "kms", "s3", "s3control", "secretsmanager", "sts"},
	"governance/marketplace":            nil,
	"governance/review":                 {"sts", "wellarchitected"},
	"governance/stack":                  {"cloudformation", "sts"},
	"governance/thirdparty":             {"iam", "securityhub", "sts"},
	"governance/thirdparty/edge":        {"ec2", "sts"},
	"governance/training":               nil,
	"governance/training/reminders":     {"eventbridge", "scheduler", "sts"},
	"incident":                          {"cloudtrail", "cloudwatch", "cloudwatchlogs", "eventbridge", "guardduty", "iam", "kms", "s3", "s3control", "scheduler", "secretsmanager", "securityhub", "sns", "ssm", "ssmincidents", "sts"},
	"incident/containment":              {"autoscaling", "ec2", "elasticloadbalancingv2", "iam", "kms", "s3", "sts"},
	"incident/containment/snapshotcopy": {"autoscaling", "ec2", "elasticloadbalancingv2", "iam", "kms", "s3", "sts"},
	"ztcore":                            {"sts"},
	"ztcore/id":                         nil,
	"ztcore/lease":                      {"s3", "sts"},
	"ztcore/policy":                     nil,
	"ztcore/permission":                 nil,
	"ztcore/logpattern":                 nil,
	"ztcore/schedule":                   nil,
	"ztcore/fakeaws":                    nil,
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

// Imports run one way: pillars → ztcore → policy, id. Library code reaches no fake.
func TestImportsRunOneWay(t *testing.T) {
	for pkg := range mayUse {
		for _, dep := range deps(t, pkg) {
			own, ok := strings.CutPrefix(dep, module)
			if !ok || own == pkg {
				continue
			}
			if !strings.HasPrefix(pkg, "ztcore/fakeaws") {
				require.False(t, strings.HasPrefix(own, "ztcore/fakeaws") || strings.HasPrefix(own, "ztcore/kindtest"), "%s reaches %s", pkg, own)
			}
			if strings.HasPrefix(pkg, "ztcore") {
				require.NotContains(t, pillars, pillarOf(own), "%s imports the pillar %s", pkg, own)
			}
		}
	}
}

var pillars = []string{"iam", "network", "dataprotect", "monitoring", "endpoint", "appsec", "segmentation", "governance", "incident"}

func pillarOf(pkg string) string { p, _, _ := strings.Cut(pkg, "/"); return p }

// madeOf are the pillars that are made of others' parts, in any of their files.
var madeOf = map[string][]string{
	"segmentation":          {"network"},
	"governance/thirdparty": {"iam"}, // a vendor's access is a role or a provider
}

// composed are the pillars that another's preset.go may put together: a preset is a whole, with its key, its bucket and its
// roles. Kinds meet through identifiers alone.
var composed = []string{"iam", "dataprotect", "network", "monitoring", "endpoint"}

func TestPillarsMeetThroughIdentifiers(t *testing.T) {
	files := 0
	for _, pillar := range pillars {
		require.NoError(t, filepath.WalkDir(filepath.Join("..", pillar), func(path string, d os.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			files++
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
			require.NoError(t, err)
			pkg := filepath.ToSlash(strings.TrimPrefix(filepath.Dir(path), ".."+string(filepath.Separator)))
			for _, i := range file.Imports {
				own, ok := strings.CutPrefix(strings.Trim(i.Path.Value, `"`), module)
				other := pillarOf(own)
				if !ok || other == pillar || !slices.Contains(pillars, other) || slices.Contains(madeOf[pkg], own) {
					continue
				}
				require.True(t, d.Name() == "preset.go" && slices.Contains(composed, other), "%s imports %s", path, own)
			}
			return nil
		}))
	}
	require.Greater(t, files, 100)
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
