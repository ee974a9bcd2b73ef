package fakessm

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"
)

// settings are the service settings that are faked: the default of each, then its other values.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateServiceSetting.html
var settings = map[string][]string{
	"/ssm/documents/console/public-sharing-permission": {"Enable", "Disable"},
	"/ssm/automation/customer-script-log-destination":  {"", "CloudWatch"},
}

func (s *Service) setting(ctx context.Context, ref *string) (string, []string, error) {
	id := aws.ToString(ref)
	if rest, ok := strings.CutPrefix(id, arn(ctx, "servicesetting")); ok {
		id = rest
	}
	values, ok := settings[id]
	if !ok {
		return "", nil, &types.ServiceSettingNotFound{Message: aws.String("Setting " + id + " was not found, or is not faked.")}
	}
	return id, values, nil
}

// GetServiceSetting answers a setting, AWS's default until it was changed.
func (s *Service) GetServiceSetting(ctx context.Context, in *ssm.GetServiceSettingInput, _ ...opt) (*ssm.GetServiceSettingOutput, error) {
	id, values, err := s.setting(ctx, in.SettingId)
	if err != nil {
		return nil, err
	}
	out := &types.ServiceSetting{SettingId: &id, SettingValue: &values[0], Status: aws.String("Default"), ARN: aws.String(arn(ctx, "servicesetting"+id))}
	if changed, ok := s.regions.In(ctx).Settings[id]; ok {
		out.SettingValue, out.Status = &changed, aws.String("Customized")
	}
	return &ssm.GetServiceSettingOutput{ServiceSetting: out}, nil
}

// UpdateServiceSetting changes a setting.
func (s *Service) UpdateServiceSetting(ctx context.Context, in *ssm.UpdateServiceSettingInput, _ ...opt) (*ssm.UpdateServiceSettingOutput, error) {
	id, values, err := s.setting(ctx, in.SettingId)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(values, aws.ToString(in.SettingValue)) {
		return nil, invalid("Invalid value %s for setting %s, valid values are: %s", aws.ToString(in.SettingValue), id, strings.Join(values, ", "))
	}
	s.regions.In(ctx).Settings[id] = *in.SettingValue
	return &ssm.UpdateServiceSettingOutput{}, nil
}

// ResetServiceSetting returns to AWS's default.
func (s *Service) ResetServiceSetting(ctx context.Context, in *ssm.ResetServiceSettingInput, _ ...opt) (*ssm.ResetServiceSettingOutput, error) {
	id, values, err := s.setting(ctx, in.SettingId)
	if err != nil {
		return nil, err
	}
	delete(s.regions.In(ctx).Settings, id)
	return &ssm.ResetServiceSettingOutput{ServiceSetting: &types.ServiceSetting{SettingId: &id, SettingValue: &values[0], Status: aws.String("Default")}}, nil
}
