package detection

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/guardduty/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Feature is a protection plan of GuardDuty, or "plan/part" for the agents that GuardDuty keeps on machines for runtime monitoring.
type Feature string

// Protection plans, as AWS calls them.
// https://docs.aws.amazon.com/guardduty/latest/ug/guardduty-features-activation-model.html
const (
	S3DataEvents      Feature = "S3_DATA_EVENTS"
	EKSAuditLogs      Feature = "EKS_AUDIT_LOGS"
	EBSMalware        Feature = "EBS_MALWARE_PROTECTION"
	RDSLogins         Feature = "RDS_LOGIN_EVENTS"
	LambdaNetwork     Feature = "LAMBDA_NETWORK_LOGS"
	RuntimeMonitoring Feature = "RUNTIME_MONITORING"
	RuntimeOnEC2      Feature = "RUNTIME_MONITORING/EC2_AGENT_MANAGEMENT"
	RuntimeOnECS      Feature = "RUNTIME_MONITORING/ECS_FARGATE_AGENT_MANAGEMENT"
	RuntimeOnEKS      Feature = "RUNTIME_MONITORING/EKS_ADDON_MANAGEMENT"
)

var features = []Feature{S3DataEvents, EKSAuditLogs, EBSMalware, RDSLogins, LambdaNetwork, RuntimeMonitoring, RuntimeOnEC2, RuntimeOnECS, RuntimeOnEKS}

// Frequency is how often GuardDuty reports that a finding it has reported occurs again. New findings are reported within minutes.
type Frequency string

// Frequencies, as AWS calls them.
const (
	FifteenMinutes Frequency = "FIFTEEN_MINUTES"
	OneHour        Frequency = "ONE_HOUR"
	SixHours       Frequency = "SIX_HOURS"
)

// Detector turns GuardDuty on in a region, with every protection plan. It holds findings: removing it has to be allowed by name.
type Detector struct {
	Frequency Frequency // FifteenMinutes if empty
	// Without are the plans that stay off, each with the reason: what is not used in the account, or not offered in the region.
	Without map[Feature]string
	// SuspendedBecause keeps the detector and its findings, and looks at nothing.
	SuspendedBecause string
	Tags             map[string]string
}

// ID is the detector's id.
func (d Detector) ID() id.Detector { return id.Detector(detectors.Ref("detector", "ID")) }

// Declare implements ztcore.Resource.
func (d Detector) Declare(to *ztcore.Declaration) {
	want := detectorState{Name: "detector", Enabled: d.SuspendedBecause == "", Frequency: cmp.Or(d.Frequency, FifteenMinutes), Features: map[Feature]bool{}, Tags: d.Tags}
	for _, f := range features {
		plan, _, _ := strings.Cut(string(f), "/")
		_, off := d.Without[f]
		_, planOff := d.Without[Feature(plan)]
		want.Features[f] = !off && !planOff
	}
	for f := range d.Without {
		if !slices.Contains(features, f) {
			to.Reject(ztcore.Finding{Attribute: "Detector Without", Message: string(f) + " is no protection plan", Fix: "use one of the package's constants"})
		}
	}
	n := detectors.Declare(to, "detector", want)
	for _, f := range slices.Sorted(maps.Keys(d.Without)) {
		n.Except("Features "+string(f), d.Without[f])
	}
	if d.SuspendedBecause != "" {
		n.Except("Enabled", d.SuspendedBecause)
	}
}

type detectorState struct {
	Name      string `zt:"key"` // there is but one
	Enabled   bool
	Frequency Frequency
	Features  map[Feature]bool
	Tags      map[string]string `zt:"tags"`
	ID        string            `zt:"output"`
}

var detectors = &ztcore.Kind[detectorState]{
	Name: "monitoring.Detector", Permissions: &detectorsNeed, Read: readDetector, Update: updateDetector, Check: checkDetector, HoldsData: true,
	Create: func(ctx context.Context, sc *ztcore.Scope, want detectorState) error {
		_, err := guardduty.NewFromConfig(sc.Config).CreateDetector(ctx, &guardduty.CreateDetectorInput{
			Enable: &want.Enabled, Features: want.features(), FindingPublishingFrequency: types.FindingPublishingFrequency(want.Frequency), Tags: want.Tags,
		})
		return err
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have detectorState) error {
		_, err := guardduty.NewFromConfig(sc.Config).DeleteDetector(ctx, &guardduty.DeleteDetectorInput{DetectorId: &have.ID})
		return unlessNoDetector(err)
	},
	Controls: []string{
		"FSBP GuardDuty.1", "FSBP GuardDuty.5", "FSBP GuardDuty.6", "FSBP GuardDuty.7", "FSBP GuardDuty.8", "FSBP GuardDuty.9", "FSBP GuardDuty.10",
		"NIST SP 800-207 tenet 5", "NIST SP 800-207 tenet 7", "CISA ZTMM Visibility and Analytics",
	},
}

var detectorsNeed = ztcore.Permissions{
	Read:   []string{"guardduty:GetDetector", "guardduty:ListDetectors"},
	Write:  []string{"guardduty:CreateDetector", "guardduty:TagResource", "guardduty:UpdateDetector", "iam:CreateServiceLinkedRole"},
	Delete: []string{"guardduty:DeleteDetector"},
}

func readDetector(ctx context.Context, sc *ztcore.Scope, _ ztcore.Query[detectorState]) ([]detectorState, error) {
	c, in := guardduty.NewFromConfig(sc.Config), &guardduty.ListDetectorsInput{}
	var out []detectorState
	for {
		page, err := c.ListDetectors(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, one := range page.DetectorIds {
			d, err := c.GetDetector(ctx, &guardduty.GetDetectorInput{DetectorId: &one})
			if err != nil {
				return nil, unlessNoDetector(err)
			}
			out = append(out, detectorState{
				Name: "detector", Enabled: d.Status == types.DetectorStatusEnabled, Frequency: Frequency(d.FindingPublishingFrequency), Features: seenFeatures(d.Features),
				Tags: maps.Clone(d.Tags), ID: one,
			})
		}
		if in.NextToken = page.NextToken; aws.ToString(in.NextToken) == "" {
			return out, nil
		}
	}
}

// seenFeatures leaves out what nothing turns off, and the older plan for EKS alone.
func seenFeatures(all []types.DetectorFeatureConfigurationResult) map[Feature]bool {
	out := map[Feature]bool{}
	for _, f := range features {
		out[f] = false
	}
	see := func(name string, status types.FeatureStatus) {
		if slices.Contains(features, Feature(name)) {
			out[Feature(name)] = status == types.FeatureStatusEnabled
		}
	}
	for _, f := range all {
		see(string(f.Name), f.Status)
		for _, a := range f.AdditionalConfiguration {
			see(string(f.Name)+"/"+string(a.Name), a.Status)
		}
	}
	return out
}

func (s detectorState) features() []types.DetectorFeatureConfiguration {
	status := map[bool]types.FeatureStatus{true: types.FeatureStatusEnabled, false: types.FeatureStatusDisabled}
	var out []types.DetectorFeatureConfiguration
	for _, f := range features { // a plan comes before its parts
		if plan, part, isPart := strings.Cut(string(f), "/"); isPart {
			last := &out[len(out)-1]
			last.AdditionalConfiguration = append(last.AdditionalConfiguration, types.DetectorAdditionalConfiguration{Name: types.FeatureAdditionalConfiguration(part), Status: status[s.Features[f]]})
		} else {
			out = append(out, types.DetectorFeatureConfiguration{Name: types.DetectorFeature(plan), Status: status[s.Features[f]]})
		}
	}
	return out
}

func updateDetector(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[detectorState]) error {
	c := guardduty.NewFromConfig(sc.Config)
	if u.Changed("Enabled", "Frequency", "Features") {
		in := &guardduty.UpdateDetectorInput{DetectorId: &u.Have.ID, Enable: &u.Want.Enabled, FindingPublishingFrequency: types.FindingPublishingFrequency(u.Want.Frequency)}
		if u.Changed("Features") {
			in.Features = u.Want.features()
		}
		if _, err := c.UpdateDetector(ctx, in); err != nil {
			return err
		}
	}
	if !u.Changed("Tags") {
		return nil
	}
	arn := "arn:" + sc.Partition + ":guardduty:" + sc.Region + ":" + sc.Account + ":detector/" + u.Have.ID
	_, err := c.TagResource(ctx, &guardduty.TagResourceInput{ResourceArn: &arn, Tags: u.Want.Tags})
	return err
}

// unlessNoDetector forgives that the detector is gone, for which GuardDuty has no code of its own.
func unlessNoDetector(err error) error {
	var bad *types.BadRequestException
	if errors.As(err, &bad) && strings.Contains(bad.ErrorMessage(), "is not owned by the current account") {
		return nil
	}
	return err
}

func checkDetector(want detectorState) []ztcore.Finding {
	if slices.Contains([]Frequency{FifteenMinutes, OneHour, SixHours}, want.Frequency) {
		return nil
	}
	return []ztcore.Finding{{Attribute: "Frequency", Message: string(want.Frequency) + " is none of GuardDuty's", Fix: "use one of the package's constants"}}
}
