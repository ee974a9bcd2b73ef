package fakeguardduty

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/guardduty"
	"github.com/aws/aws-sdk-go-v2/service/guardduty/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// foundational are the sources that every detector has, which nothing turns off.
var foundational = []types.DetectorFeatureResult{types.DetectorFeatureResultCloudTrail, types.DetectorFeatureResultDnsLogs, types.DetectorFeatureResultFlowLogs}

// additional is what belongs to a feature.
// https://docs.aws.amazon.com/guardduty/latest/APIReference/API_DetectorAdditionalConfiguration.html
var additional = map[types.DetectorFeature][]types.FeatureAdditionalConfiguration{
	types.DetectorFeatureEksRuntimeMonitoring: {types.FeatureAdditionalConfigurationEksAddonManagement},
	types.DetectorFeatureRuntimeMonitoring: {
		types.FeatureAdditionalConfigurationEc2AgentManagement, types.FeatureAdditionalConfigurationEcsFargateAgentManagement, types.FeatureAdditionalConfigurationEksAddonManagement,
	},
}

// fresh are the protection plans of a new detector: all but runtime monitoring.
// https://docs.aws.amazon.com/guardduty/latest/ug/guardduty_settingup.html
func fresh() map[string]types.FeatureStatus {
	out := map[string]types.FeatureStatus{}
	for _, f := range types.DetectorFeature("").Values() {
		out[string(f)] = types.FeatureStatusEnabled
		if more, ok := additional[f]; ok {
			out[string(f)] = types.FeatureStatusDisabled
			for _, a := range more {
				out[string(f)+"/"+string(a)] = types.FeatureStatusDisabled
			}
		}
	}
	return out
}

// CreateDetector turns GuardDuty on. A second detector is refused.
// https://docs.aws.amazon.com/guardduty/latest/APIReference/API_CreateDetector.html
func (s *Service) CreateDetector(ctx context.Context, in *guardduty.CreateDetectorInput, _ ...opt) (*guardduty.CreateDetectorOutput, error) {
	r, call := s.regions.In(ctx), fakeaws.CallFrom(ctx)
	if r.Detector != nil {
		if in.ClientToken != nil && r.Tokens[*in.ClientToken] == r.Detector.ID {
			return &guardduty.CreateDetectorOutput{DetectorId: aws.String(r.Detector.ID)}, nil
		}
		return nil, invalid("The request is rejected because a detector already exists for the current account.")
	}
	if err := checkTags(in.Tags); err != nil {
		return nil, err
	}
	id := strings.ReplaceAll(s.cloud.UUID(), "-", "")
	d := &detector{
		ID: id, ARN: "arn:" + call.Partition() + ":guardduty:" + call.Region + ":" + call.Account + ":detector/" + id, Enabled: *in.Enable,
		Frequency: types.FindingPublishingFrequencySixHours, Features: fresh(), Tags: map[string]string{}, Created: time.Now(), Updated: time.Now(),
	}
	maps.Copy(d.Tags, in.Tags)
	if err := d.change(in.Features, in.FindingPublishingFrequency); err != nil {
		return nil, err
	}
	r.Detector = d
	r.Tokens[aws.ToString(in.ClientToken)] = id
	return &guardduty.CreateDetectorOutput{DetectorId: &id}, nil
}

// UpdateDetector changes what is given and leaves the rest.
func (s *Service) UpdateDetector(ctx context.Context, in *guardduty.UpdateDetectorInput, _ ...opt) (*guardduty.UpdateDetectorOutput, error) {
	d, err := s.regions.In(ctx).detector(in.DetectorId)
	if err != nil {
		return nil, err
	}
	if err := d.change(in.Features, in.FindingPublishingFrequency); err != nil {
		return nil, err
	}
	if in.Enable != nil {
		d.Enabled = *in.Enable
	}
	d.Updated = time.Now()
	return &guardduty.UpdateDetectorOutput{}, nil
}

func (d *detector) change(features []types.DetectorFeatureConfiguration, frequency types.FindingPublishingFrequency) error {
	if frequency != "" && !slices.Contains(frequency.Values(), frequency) {
		return invalid("The request is rejected because the parameter findingPublishingFrequency has an invalid value.")
	}
	all := maps.Clone(d.Features)
	for _, f := range features {
		if _, known := all[string(f.Name)]; !known || !slices.Contains(f.Status.Values(), f.Status) {
			return invalid("The request is rejected because the parameter features has an invalid value.")
		}
		all[string(f.Name)] = f.Status
		for _, a := range f.AdditionalConfiguration {
			if _, known := all[string(f.Name)+"/"+string(a.Name)]; !known || !slices.Contains(a.Status.Values(), a.Status) {
				return invalid("The request is rejected because an invalid additional configuration was given for " + string(f.Name) + ".")
			}
			all[string(f.Name)+"/"+string(a.Name)] = a.Status
		}
	}
	if all[string(types.DetectorFeatureRuntimeMonitoring)] == types.FeatureStatusEnabled && all[string(types.DetectorFeatureEksRuntimeMonitoring)] == types.FeatureStatusEnabled {
		return invalid("The request is rejected because EKS_RUNTIME_MONITORING and RUNTIME_MONITORING can't be enabled together.")
	}
	d.Features, d.Frequency = all, cmp.Or(frequency, d.Frequency)
	return nil
}

func (r *region) detector(id *string) (*detector, error) {
	if r.Detector != nil && r.Detector.ID == aws.ToString(id) {
		return r.Detector, nil
	}
	return nil, invalid("The request is rejected because the input detectorId is not owned by the current account.")
}

// ListDetectors answers the id of the detector, if there is one.
func (s *Service) ListDetectors(ctx context.Context, in *guardduty.ListDetectorsInput, _ ...opt) (*guardduty.ListDetectorsOutput, error) {
	ids := []string{}
	if d := s.regions.In(ctx).Detector; d != nil {
		ids = append(ids, d.ID)
	}
	some, next, err := page(ctx, ids, in.NextToken, in.MaxResults)
	return &guardduty.ListDetectorsOutput{DetectorIds: some, NextToken: next}, err
}

// GetDetector answers the detector.
func (s *Service) GetDetector(ctx context.Context, in *guardduty.GetDetectorInput, _ ...opt) (*guardduty.GetDetectorOutput, error) {
	d, err := s.regions.In(ctx).detector(in.DetectorId)
	if err != nil {
		return nil, err
	}
	call := fakeaws.CallFrom(ctx)
	out := &guardduty.GetDetectorOutput{
		Status: types.DetectorStatusEnabled, FindingPublishingFrequency: d.Frequency, Tags: maps.Clone(d.Tags),
		ServiceRole: aws.String("arn:" + call.Partition() + ":iam::" + call.Account + ":role/aws-service-role/guardduty.amazonaws.com/AWSServiceRoleForAmazonGuardDuty"),
		CreatedAt:   aws.String(d.Created.UTC().Format(time.RFC3339)), UpdatedAt: aws.String(d.Updated.UTC().Format(time.RFC3339)),
	}
	if !d.Enabled {
		out.Status = types.DetectorStatusDisabled
	}
	for _, f := range foundational {
		out.Features = append(out.Features, types.DetectorFeatureConfigurationResult{Name: f, Status: types.FeatureStatusEnabled, UpdatedAt: aws.Time(d.Updated)})
	}
	for _, f := range types.DetectorFeature("").Values() {
		result := types.DetectorFeatureConfigurationResult{Name: types.DetectorFeatureResult(f), Status: d.Features[string(f)], UpdatedAt: aws.Time(d.Updated)}
		for _, a := range additional[f] {
			result.AdditionalConfiguration = append(result.AdditionalConfiguration, types.DetectorAdditionalConfigurationResult{Name: a, Status: d.Features[string(f)+"/"+string(a)], UpdatedAt: aws.Time(d.Updated)})
		}
		out.Features = append(out.Features, result)
	}
	return out, nil
}

// DeleteDetector turns GuardDuty off, with all of its findings.
func (s *Service) DeleteDetector(ctx context.Context, in *guardduty.DeleteDetectorInput, _ ...opt) (*guardduty.DeleteDetectorOutput, error) {
	r := s.regions.In(ctx)
	if _, err := r.detector(in.DetectorId); err != nil {
		return nil, err
	}
	r.Detector = nil
	return &guardduty.DeleteDetectorOutput{}, nil
}
