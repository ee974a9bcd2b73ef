package endpoint

import (
	"context"
	"path"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Settings of Systems Manager in an account and region.
// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_UpdateServiceSetting.html
const (
	publicSharing    = "/ssm/documents/console/public-sharing-permission"
	scriptLogs       = "/ssm/automation/customer-script-log-destination"
	scriptLogGroup   = "/ssm/automation/customer-script-log-group-name"
	hostManagement   = "/ssm/managed-instance/default-ec2-instance-management-role"
	publicSharingOff = "Disable"
)

// DocumentSharingBlock keeps documents of the account and region from being shared with every AWS account (FSBP SSM.7).
// https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-ssm-sharing.html
type DocumentSharingBlock struct{}

// Declare implements ztcore.Resource.
func (DocumentSharingBlock) Declare(d *ztcore.Declaration) {
	declareSetting(d, publicSharing, publicSharingOff)
}

// AutomationLogs has what scripts of runbooks put out recorded (FSBP SSM.6).
// https://docs.aws.amazon.com/systems-manager/latest/userguide/automation-action-logging.html
type AutomationLogs struct {
	LogGroup id.LogGroup // AWS's own choice, /aws/ssm/automation/executeScript, if empty
}

// Declare implements ztcore.Resource.
func (l AutomationLogs) Declare(d *ztcore.Declaration) {
	if l.LogGroup != "" {
		declareSetting(d, scriptLogGroup, string(l.LogGroup))
	}
	declareSetting(d, scriptLogs, "CloudWatch")
}

// DefaultHostManagement has Systems Manager manage the region's EC2 instances even without an instance profile, if they have IMDSv2
// and a recent agent (FSBP SSM.1).
// https://docs.aws.amazon.com/systems-manager/latest/userguide/fleet-manager-default-host-management-configuration.html
type DefaultHostManagement struct {
	// Role trusts ssm.amazonaws.com and has AmazonSSMManagedEC2InstanceDefaultPolicy. Its path, without the slash at the start, stands
	// before the name: "service-role/AWSSystemsManagerDefaultEC2InstanceManagementRole".
	Role id.RoleName
}

// Declare implements ztcore.Resource.
func (m DefaultHostManagement) Declare(d *ztcore.Declaration) {
	declareSetting(d, hostManagement, string(m.Role))
}

func declareSetting(d *ztcore.Declaration, setting, value string) {
	serviceSettings.Declare(d, path.Base(setting), settingState{ID: setting, Value: value})
}

type settingState struct {
	ID    string `zt:"key"`
	Value string
}

var serviceSettings = &ztcore.Kind[settingState]{
	Name: "endpoint.ServiceSetting", Permissions: &serviceSettingsNeed, PermissionsFor: serviceSettingsNeedFor,
	Get: func(ctx context.Context, sc *ztcore.Scope, want settingState) (settingState, bool, error) {
		out, err := ssm.NewFromConfig(sc.Config).GetServiceSetting(ctx, &ssm.GetServiceSettingInput{SettingId: &want.ID})
		if err != nil {
			return settingState{}, false, err
		}
		return settingState{want.ID, aws.ToString(out.ServiceSetting.SettingValue)}, aws.ToString(out.ServiceSetting.Status) != "Default", nil
	},
	Put: func(ctx context.Context, sc *ztcore.Scope, want settingState) error {
		_, err := ssm.NewFromConfig(sc.Config).UpdateServiceSetting(ctx, &ssm.UpdateServiceSettingInput{SettingId: &want.ID, SettingValue: &want.Value})
		return err
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have settingState) error {
		_, err := ssm.NewFromConfig(sc.Config).ResetServiceSetting(ctx, &ssm.ResetServiceSettingInput{SettingId: &have.ID})
		return err
	},
	Check: func(want settingState) []ztcore.Finding {
		if want.Value != "" && (want.ID != hostManagement || !strings.HasPrefix(want.Value, "/") && !strings.HasPrefix(want.Value, "arn:")) {
			return nil
		}
		return []ztcore.Finding{{Attribute: "Role", Message: "no role is named, or not as AWS asks for it: " + want.Value, Fix: "use its name, with its path but for the slash at the start"}}
	},
	// The role is new and not known everywhere.
	Retry:    []ztcore.Retry{{Code: "ValidationException", Message: "role"}},
	Controls: []string{"FSBP SSM.1", "FSBP SSM.6", "FSBP SSM.7", "NIST SP 800-207 tenet 3", "NIST SP 800-207 tenet 7"},
}

var serviceSettingsNeed = ztcore.Permissions{
	Read:   []string{"ssm:GetServiceSetting"},
	Write:  []string{"ssm:UpdateServiceSetting"},
	Delete: []string{"ssm:ResetServiceSetting"},
}

// serviceSettingsNeedFor is what giving every instance a role takes.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/fleet-manager-default-host-management-configuration.html
func serviceSettingsNeedFor(want settingState) ztcore.Permissions {
	if want.ID != hostManagement {
		return ztcore.Permissions{}
	}
	return ztcore.Permissions{Write: []string{"iam:PassRole"}, Roles: []string{want.Value}}
}
