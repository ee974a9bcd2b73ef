package endpoint_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/endpoint"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakekms"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakes3"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakessm"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

func wholeCloud() *fakeaws.Cloud {
	return fakeaws.New(fakests.Install, fakessm.Install, fakekms.Install, fakes3.Install)
}

func TestPreset(t *testing.T) {
	cfg := wholeCloud().Config()
	baseline := ztcore.NewBaseline("machines", endpoint.Preset{Name: "fleet", OperatingSystems: []endpoint.OperatingSystem{endpoint.AmazonLinux2023, endpoint.Ubuntu, endpoint.Windows}, Tags: map[string]string{"team": "ops"}})
	plan := func(opts ...ztcore.PlanOption) *ztcore.Plan {
		p, err := baseline.Plan(t.Context(), cfg, opts...)
		require.NoError(t, err)
		return p
	}
	first := plan()
	require.Empty(t, first.Findings)
	_, err := first.Apply(t.Context())
	require.NoError(t, err)
	require.True(t, plan().Empty(), plan())

	client := ssm.NewFromConfig(cfg)
	_, err = client.UpdateServiceSetting(t.Context(), &ssm.UpdateServiceSettingInput{SettingId: aws.String("/ssm/documents/console/public-sharing-permission"), SettingValue: aws.String("Enable")})
	require.NoError(t, err)
	groups, err := client.DescribePatchGroups(t.Context(), nil)
	require.NoError(t, err)
	require.Len(t, groups.Mappings, 3)
	_, err = client.DeregisterPatchBaselineForPatchGroup(t.Context(), &ssm.DeregisterPatchBaselineForPatchGroupInput{BaselineId: groups.Mappings[0].BaselineIdentity.BaselineId, PatchGroup: aws.String("fleet")})
	require.NoError(t, err)
	drifted := plan()
	require.False(t, drifted.Empty(), "what was tampered with is seen")
	_, err = drifted.Apply(t.Context())
	require.NoError(t, err)
	require.True(t, plan().Empty())

	_, err = plan(ztcore.Destroy()).Apply(t.Context())
	require.NoError(t, err)
	left, err := client.DescribePatchBaselines(t.Context(), &ssm.DescribePatchBaselinesInput{Filters: self})
	require.NoError(t, err)
	require.Empty(t, left.BaselineIdentities)
	associations, err := client.ListAssociations(t.Context(), nil)
	require.NoError(t, err)
	require.Empty(t, associations.Associations)
	standard, err := client.GetDefaultPatchBaseline(t.Context(), &ssm.GetDefaultPatchBaselineInput{OperatingSystem: types.OperatingSystemUbuntu})
	require.NoError(t, err)
	require.Contains(t, *standard.BaselineId, "arn:aws:ssm:", "AWS's own is the default again")
	for _, s := range plan(ztcore.Destroy()).Steps {
		require.Contains(t, []ztcore.Action{ztcore.Retain, ztcore.None}, s.Action, "only data stays: %s", s)
	}
}

func TestPresetTakesWhatThereIs(t *testing.T) {
	p := endpoint.Preset{Name: "fleet", Key: "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef", SessionLogs: "/acme/sessions", GroupOnly: true, Schedule: "rate(7 days)", NoReboot: true}
	plan, err := ztcore.NewBaseline("machines", p).Plan(t.Context(), ssmCloud().Config())
	require.NoError(t, err, "neither KMS nor S3 is needed")
	for _, s := range plan.Steps {
		require.Contains(t, []string{"endpoint.PatchBaseline", "endpoint.PatchGroup", "endpoint.Association", "endpoint.ServiceSetting", "endpoint.SessionPreferences"}, s.Kind)
	}
	require.Empty(t, p.InstancePolicy().Lint(policy.Identity))
	require.Empty(t, endpoint.Preset{Name: "fleet"}.InstancePolicy().Lint(policy.Identity))
}

func TestPruneFindsWhatIsNoLongerDeclared(t *testing.T) {
	cfg := ssmCloud().Config()
	kept, gone := endpoint.PatchBaseline{Name: "kept"}, endpoint.Document{Name: "Contain", Content: stop}
	for _, r := range []ztcore.Resource{ztcore.List{kept, gone}, kept} {
		plan, err := ztcore.NewBaseline("machines", r).Plan(t.Context(), cfg, ztcore.Prune(endpoint.Kinds()...))
		require.NoError(t, err)
		_, err = plan.Apply(t.Context())
		require.NoError(t, err)
	}
	_, err := ssm.NewFromConfig(cfg).DescribeDocument(t.Context(), &ssm.DescribeDocumentInput{Name: aws.String("Contain")})
	var absent *types.InvalidDocument
	require.ErrorAs(t, err, &absent)
}

// A preset is complete with a name alone.
func ExamplePreset() {
	plan, err := ztcore.NewBaseline("machines", endpoint.Preset{Name: "MyPatchBaseline"}).Plan(context.Background(), wholeCloud().Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range plan.Steps {
		if strings.HasPrefix(s.Kind, "endpoint.") { // the key and the bucket are dataprotect's
			fmt.Println(s.Action, s.Address)
		}
	}
	// Output:
	// create endpoint.PatchBaseline/MyPatchBaseline
	// create endpoint.PatchGroup/MyPatchBaseline-AMAZON_LINUX_2023
	// create endpoint.DefaultPatchBaseline/AMAZON_LINUX_2023
	// create endpoint.Association/MyPatchBaseline-install
	// create endpoint.Association/MyPatchBaseline-scan
	// create endpoint.Association/MyPatchBaseline-agent
	// create endpoint.ServiceSetting/public-sharing-permission
	// create endpoint.ServiceSetting/customer-script-log-destination
	// create endpoint.SessionPreferences/region
}

// The guide's patch baseline is one for Windows, though its instances are Linux.
func Example() {
	linux := endpoint.PatchBaseline{Name: "MyPatchBaseline", Rules: []endpoint.PatchRule{{Classifications: []string{"SecurityUpdates"}}}}
	fmt.Println(ztcore.NewBaseline("machines", linux).Check())

	linux.Rules[0].Classifications = []string{"Security"}
	patching := ztcore.NewBaseline("machines", linux,
		endpoint.PatchGroup{Name: "web", Baseline: linux.ID()},
		endpoint.Association{Name: "patch-web", Targets: []endpoint.Target{endpoint.Tagged("PatchGroup", "web")}},
	)
	ctx, cfg := context.Background(), ssmCloud().Config() // outside of a test: config.LoadDefaultConfig(ctx)
	plan, err := patching.Plan(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := plan.Apply(ctx)
	fmt.Println(report.Count(ztcore.Done), err)
	// Output:
	// ztcore: baseline "machines" is invalid: 1 finding
	//   endpoint.PatchBaseline/MyPatchBaseline: Rules: SecurityUpdates is no CLASSIFICATION of AMAZON_LINUX_2023 (use Security, Bugfix, Enhancement, Recommended, Newpackage)
	// 3 <nil>
}
