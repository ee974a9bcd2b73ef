package detection_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	guarddutytypes "github.com/aws/aws-sdk-go-v2/service/guardduty/types"
	"github.com/aws/aws-sdk-go-v2/service/securityhub"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/monitoring/detection"
	"github.com/seed-08ecc977/zerotrust/monitoring/events"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeeventbridge"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeguardduty"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakesecurityhub"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

func newCloud() *fakeaws.Cloud {
	return fakeaws.New(fakests.Install, fakeeventbridge.Install, fakeguardduty.Install, fakesecurityhub.Install)
}

const topic = "arn:aws:sns:us-east-1:123456789012:alerts"

func detectorCase() kindtest.Case {
	const at = "monitoring.Detector/detector "
	fewer := map[detection.Feature]string{detection.RuntimeOnEKS: "no clusters"}
	tags := map[string]string{"team": "security"}
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: detection.Detector{}},
			{Resource: detection.Detector{Frequency: detection.OneHour}, Changes: []string{at + "Frequency"}},
			{Resource: detection.Detector{Frequency: detection.OneHour, Without: fewer}, Changes: []string{at + "Features"}},
			{Resource: detection.Detector{Frequency: detection.OneHour, Without: fewer, SuspendedBecause: "a game day"}, Changes: []string{at + "Enabled"}},
			{Resource: detection.Detector{Frequency: detection.OneHour, Without: fewer, SuspendedBecause: "a game day", Tags: tags}, Changes: []string{at + "Tags"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			c := guardduty.NewFromConfig(cfg)
			all, err := c.ListDetectors(ctx, &guardduty.ListDetectorsInput{})
			if err != nil {
				return err
			}
			_, err = c.UpdateDetector(ctx, &guardduty.UpdateDetectorInput{
				DetectorId: &all.DetectorIds[0], Enable: aws.Bool(false), FindingPublishingFrequency: guarddutytypes.FindingPublishingFrequencySixHours,
				Features: []guarddutytypes.DetectorFeatureConfiguration{{Name: guarddutytypes.DetectorFeatureS3DataEvents, Status: guarddutytypes.FeatureStatusDisabled}},
			})
			return err
		},
	}
}

func TestDetector(t *testing.T) { kindtest.Run(t, detectorCase()) }

// TestDetectorWire runs against moto. Security Hub has no such test: moto lacks its standards, tags and configuration.
func TestDetectorWire(t *testing.T) {
	c := detectorCase()
	c.Variants = c.Variants[:len(c.Variants)-1] // moto has no TagResource
	kindtest.RunOn(t, kindtest.Wire(t), c)
}

func TestHub(t *testing.T) {
	tags := map[string]string{"team": "security"}
	two := []detection.Standard{detection.FSBP, detection.CIS50}
	kindtest.Run(t, kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: detection.Hub{}},
			{Resource: detection.Hub{FindingPerStandard: true}, Changes: []string{"monitoring.SecurityHub/hub Generator"}},
			{Resource: detection.Hub{FindingPerStandard: true, ManualControlsBecause: "controls are reviewed first"}, Changes: []string{"monitoring.SecurityHub/hub NewControls"}},
			{Resource: detection.Hub{FindingPerStandard: true, ManualControlsBecause: "controls are reviewed first", Tags: tags}, Changes: []string{"monitoring.SecurityHub/hub Tags"}},
			{Resource: detection.Hub{FindingPerStandard: true, ManualControlsBecause: "controls are reviewed first", Tags: tags, Standards: two}, Changes: []string{"monitoring.SecurityStandards/hub Members"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			_, err := securityhub.NewFromConfig(cfg).DisableSecurityHub(ctx, &securityhub.DisableSecurityHubInput{})
			return err
		},
	})
}

func TestProducts(t *testing.T) {
	hub := func(products ...string) ztcore.Resource {
		return detection.Hub{Standards: []detection.Standard{}, Products: products}
	}
	kindtest.Run(t, kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: hub("aws/guardduty")},
			{Resource: hub("aws/guardduty", "aws/inspector"), Changes: []string{"monitoring.SecurityProducts/hub Members"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			_, err := securityhub.NewFromConfig(cfg).DisableImportFindingsForProduct(ctx, &securityhub.DisableImportFindingsForProductInput{ProductSubscriptionArn: aws.String("arn:aws:securityhub:us-east-1:123456789012:product-subscription/aws/guardduty")})
			return err
		},
	})
}

// A detector and a hub that somebody else has turned on are never made a second time.
func TestWhatIsOnAlreadyIsAConflictOrAdopted(t *testing.T) {
	synctest.Test(t, whatIsOnAlready) // a standard takes its time to go
}

func whatIsOnAlready(t *testing.T) {
	ctx, cfg := t.Context(), newCloud().Config()
	made, err := guardduty.NewFromConfig(cfg).CreateDetector(ctx, &guardduty.CreateDetectorInput{Enable: aws.Bool(true), Tags: map[string]string{"made-by": "Control Tower"}})
	require.NoError(t, err)
	_, err = securityhub.NewFromConfig(cfg).EnableSecurityHub(ctx, &securityhub.EnableSecurityHubInput{})
	require.NoError(t, err)
	both := ztcore.List{detection.Detector{}, detection.Hub{}}
	plan, err := ztcore.NewBaseline("b", both).Plan(ctx, cfg)
	require.NoError(t, err)
	for _, s := range plan.Steps {
		if s.Kind != "monitoring.SecurityStandards" {
			require.Equal(t, ztcore.Conflict, s.Action, s.Address)
		}
	}
	plan, err = ztcore.NewBaseline("b", ztcore.Adopt(both)).Plan(ctx, cfg)
	require.NoError(t, err)
	_, err = plan.Apply(ctx)
	require.NoError(t, err)
	got, err := guardduty.NewFromConfig(cfg).GetDetector(ctx, &guardduty.GetDetectorInput{DetectorId: made.DetectorId})
	require.NoError(t, err)
	require.Equal(t, "Control Tower", got.Tags["made-by"])
	require.Equal(t, guarddutytypes.FindingPublishingFrequencyFifteenMinutes, got.FindingPublishingFrequency)
	on, err := securityhub.NewFromConfig(cfg).GetEnabledStandards(ctx, &securityhub.GetEnabledStandardsInput{})
	require.NoError(t, err)
	require.Len(t, on.StandardsSubscriptions, 3, "what the standards are is the baseline's to say")
}

func TestRoutesPassOnWhatIsBadEnough(t *testing.T) {
	ctx, cloud := t.Context(), newCloud()
	to := []events.Target{{ID: "security", ARN: topic, InputPath: "$.detail.type"}}
	baseline := ztcore.NewBaseline("b", detection.Detector{},
		detection.Route{Name: "urgent", To: to}, detection.Route{Name: "medium", AtLeast: detection.Medium, To: to},
		detection.Route{Name: "recon", AtLeast: detection.Low, Types: []string{"Recon:"}, To: to}, detection.Route{Name: "hub", Of: detection.SecurityHub, To: to})
	plan, err := baseline.Plan(ctx, cloud.Config())
	require.NoError(t, err)
	_, err = plan.Apply(ctx)
	require.NoError(t, err)
	for kind, severity := range map[string]float64{"Recon:EC2/Portscan": 2, "UnauthorizedAccess:EC2/SSHBruteForce": 5, "CryptoCurrency:EC2/BitcoinTool.B": 8} {
		_, err := fakeguardduty.PutFinding(cloud, fakeaws.DefaultAccount, fakeaws.DefaultRegion, guarddutytypes.Finding{Type: &kind, Severity: &severity})
		require.NoError(t, err)
	}
	var got []string
	for _, d := range fakeeventbridge.Deliveries(cloud, fakeaws.DefaultAccount, fakeaws.DefaultRegion) {
		got = append(got, d.Rule+" "+d.Input)
	}
	require.ElementsMatch(t, []string{
		`recon "Recon:EC2/Portscan"`, `medium "UnauthorizedAccess:EC2/SSHBruteForce"`, `medium "CryptoCurrency:EC2/BitcoinTool.B"`, `urgent "CryptoCurrency:EC2/BitcoinTool.B"`,
	}, got)

	hub := detection.Route{Of: detection.SecurityHub, AtLeast: detection.Critical, Types: []string{"TTPs"}}.Pattern()
	for event, want := range map[string]bool{
		`{"Severity":{"Label":"CRITICAL"},"Workflow":{"Status":"NEW"},"RecordState":"ACTIVE","Types":["TTPs/Discovery"]}`:      true,
		`{"Severity":{"Label":"HIGH"},"Workflow":{"Status":"NEW"},"RecordState":"ACTIVE","Types":["TTPs/Discovery"]}`:          false,
		`{"Severity":{"Label":"CRITICAL"},"Workflow":{"Status":"RESOLVED"},"RecordState":"ACTIVE","Types":["TTPs/Discovery"]}`: false,
		`{"Severity":{"Label":"CRITICAL"},"Workflow":{"Status":"NEW"},"RecordState":"ACTIVE","Types":["Effects"]}`:             false,
	} {
		ok, err := events.Match(hub, `{"source":"aws.securityhub","detail-type":"Security Hub Findings - Imported","detail":{"findings":[`+event+`]}}`)
		require.NoError(t, err)
		require.Equal(t, want, ok, event)
	}
}

func TestInputIsCheckedAllAtOnce(t *testing.T) {
	err := ztcore.NewBaseline("b",
		detection.Detector{Frequency: "DAILY", Without: map[detection.Feature]string{"MAGIC": "none", detection.EBSMalware: ""}},
		detection.Hub{Standards: []detection.Standard{"house rules"}, Products: []string{"guardduty"}, ManualControlsBecause: ""},
		detection.Route{Name: "r", Of: "aws.ec2", AtLeast: "BAD"},
	).Check()
	for _, want := range []string{"DAILY is none of GuardDuty's", "MAGIC is no protection plan", "EBS_MALWARE_PROTECTION", "house rules is no standard's ARN", "guardduty is no product", "aws.ec2 is no source", "BAD is no severity", "nobody gets the findings"} {
		require.ErrorContains(t, err, want)
	}
}

func Example() {
	ctx, cloud := context.Background(), newCloud()
	baseline := ztcore.NewBaseline("detection", detection.Detector{}, detection.Hub{},
		detection.Route{Name: "urgent", AtLeast: detection.High, To: []events.Target{{ID: "security", ARN: topic}}})
	plan, err := baseline.Plan(ctx, cloud.Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range plan.Steps {
		fmt.Println(s.Action, s.Address)
	}
	_, err = plan.Apply(ctx)
	fmt.Println(err)
	// Output:
	// create monitoring.Detector/detector
	// create monitoring.SecurityHub/hub
	// create monitoring.SecurityStandards/hub
	// create monitoring.EventRule/urgent
	// create monitoring.EventTargets/urgent
	// <nil>
}
