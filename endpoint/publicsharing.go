package endpoint

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// DocumentSharingBlock keeps documents of the account and region from being shared with every AWS account.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-ssm-sharing.html
type DocumentSharingBlock struct{}

// Declare implements ztcore.Resource.
func (DocumentSharingBlock) Declare(d *ztcore.Declaration) {
	sharingBlocks.Declare(d, "region", sharingState{Public: "Disable"})
}

type sharingState struct{ Public string }

var publicSharing = aws.String("/ssm/documents/console/public-sharing-permission")

var sharingBlocks = &ztcore.Kind[sharingState]{
	Name: "endpoint.DocumentSharingBlock",
	Get: func(ctx context.Context, sc *ztcore.Scope, _ sharingState) (sharingState, bool, error) {
		out, err := ssm.NewFromConfig(sc.Config).GetServiceSetting(ctx, &ssm.GetServiceSettingInput{SettingId: publicSharing})
		if err != nil {
			return sharingState{}, false, err
		}
		return sharingState{aws.ToString(out.ServiceSetting.SettingValue)}, aws.ToString(out.ServiceSetting.Status) != "Default", nil
	},
	Put: func(ctx context.Context, sc *ztcore.Scope, want sharingState) error {
		_, err := ssm.NewFromConfig(sc.Config).UpdateServiceSetting(ctx, &ssm.UpdateServiceSettingInput{SettingId: publicSharing, SettingValue: &want.Public})
		return err
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, _ sharingState) error {
		_, err := ssm.NewFromConfig(sc.Config).ResetServiceSetting(ctx, &ssm.ResetServiceSettingInput{SettingId: publicSharing})
		return err
	},
	Controls: []string{"FSBP SSM.7", "NIST SP 800-207 tenet 3"},
}
