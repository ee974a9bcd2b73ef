package fakessm

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// setting is one that is faked.
type setting struct {
	initial string
	values  []string // those it can have; any if there are none
}

// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateServiceSetting.html
var settings = map[string]setting{
	"/ssm/documents/console/public-sharing-permission":           {"Enable", []string{"Enable", "Disable"}},
	"/ssm/automation/customer-script-log-destination":            {"", []string{"CloudWatch"}},
	"/ssm/automation/customer-script-log-group-name":             {"/aws/ssm/automation/executeScript", nil},
	"/ssm/managed-instance/default-ec2-instance-management-role": {"", nil},
	"/ssm/parameter-store/default-parameter-tier":                {"Standard", []string{"Standard", "Advanced", "Intelligent-Tiering"}},
	"/ssm/parameter-store/high-throughput-enabled":               {"false", []string{"true", "false"}},
}

func (s *Service) setting(ctx context.Context, ref *string) (string, setting, error) {
	id := aws.ToString(ref)
	if rest, ok := strings.CutPrefix(id, arn(ctx, "servicesetting")); ok {
		id = rest
	}
	known, ok := settings[id]
	if !ok {
		return "", known, &types.ServiceSettingNotFound{Message: aws.String("Setting " + id + " was not found, or is not faked.")}
	}
	return id, known, nil
}

// GetServiceSetting answers a setting, AWS's default until it was changed.
func (s *Service) GetServiceSetting(ctx context.Context, in *ssm.GetServiceSettingInput, _ ...opt) (*ssm.GetServiceSettingOutput, error) {
	id, known, err := s.setting(ctx, in.SettingId)
	if err != nil {
		return nil, err
	}
	out := &types.ServiceSetting{SettingId: &id, SettingValue: &known.initial, Status: aws.String("Default"), ARN: aws.String(arn(ctx, "servicesetting"+id))}
	if changed, ok := s.regions.In(ctx).Settings[id]; ok {
		out.SettingValue, out.Status = &changed, aws.String("Customized")
	}
	return &ssm.GetServiceSettingOutput{ServiceSetting: out}, nil
}

// UpdateServiceSetting changes a setting.
func (s *Service) UpdateServiceSetting(ctx context.Context, in *ssm.UpdateServiceSettingInput, _ ...opt) (*ssm.UpdateServiceSettingOutput, error) {
	id, known, err := s.setting(ctx, in.SettingId)
	if err != nil {
		return nil, err
	}
	if value := aws.ToString(in.SettingValue); value == "" || known.values != nil && !slices.Contains(known.values, value) {
		return nil, invalid("Invalid value %s for setting %s, valid values are: %s", value, id, strings.Join(known.values, ", "))
	}
	s.regions.In(ctx).Settings[id] = *in.SettingValue
	return &ssm.UpdateServiceSettingOutput{}, nil
}

// ResetServiceSetting returns to AWS's default.
func (s *Service) ResetServiceSetting(ctx context.Context, in *ssm.ResetServiceSettingInput, _ ...opt) (*ssm.ResetServiceSettingOutput, error) {
	id, known, err := s.setting(ctx, in.SettingId)
	if err != nil {
		return nil, err
	}
	delete(s.regions.In(ctx).Settings, id)
	return &ssm.ResetServiceSettingOutput{ServiceSetting: &types.ServiceSetting{SettingId: &id, SettingValue: &known.initial, Status: aws.String("Default")}}, nil
}
