package appsec

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Account is what an account has of API Gateway in a region: the role with which all of its APIs write logs. Without one
// no stage can log. The role trusts apigateway.amazonaws.com and has AmazonAPIGatewayPushToCloudWatchLogs. There is one
// setting for all APIs: declare it in one baseline only.
type Account struct {
	LogRole id.RoleARN
}

// RoleToken is for API.After: a stage that logs waits for the role to be set.
func (Account) RoleToken() string { return accounts.Ref("region", "LogRole") }

// Declare implements ztcore.Resource.
func (a Account) Declare(d *ztcore.Declaration) {
	accounts.Declare(d, "region", accountState{LogRole: string(a.LogRole)})
}

type accountState struct{ LogRole string }

var accounts = &ztcore.Kind[accountState]{
	Name: "appsec.Account", Permissions: &accountsNeed,
	Get: func(ctx context.Context, sc *ztcore.Scope, _ accountState) (accountState, bool, error) {
		out, err := apigateway.NewFromConfig(sc.Config).GetAccount(ctx, &apigateway.GetAccountInput{})
		if err != nil {
			return accountState{}, false, err
		}
		role := aws.ToString(out.CloudwatchRoleArn)
		return accountState{LogRole: role}, role != "", nil
	},
	Put: setLogRole,
	Delete: func(ctx context.Context, sc *ztcore.Scope, _ accountState) error {
		return setLogRole(ctx, sc, accountState{})
	},
	Check: func(want accountState) []ztcore.Finding {
		if want.LogRole != "" {
			return nil
		}
		return []ztcore.Finding{{Attribute: "LogRole", Message: "no role is named", Fix: "set it to a role that trusts apigateway.amazonaws.com"}}
	},
	// A new role is not known everywhere yet.
	Retry:    []ztcore.Retry{{Code: "BadRequestException", Message: "does not have required permissions"}, slowDown},
	Controls: []string{"FSBP APIGateway.1", "NIST SP 800-207 tenet 7", "CISA ZTMM Visibility and Analytics"},
}

var accountsNeed = ztcore.Permissions{Read: []string{"apigateway:GET"}, Write: []string{"apigateway:PATCH", "iam:PassRole"}, Delete: []string{"apigateway:PATCH"}}

func setLogRole(ctx context.Context, sc *ztcore.Scope, want accountState) error {
	_, err := apigateway.NewFromConfig(sc.Config).UpdateAccount(ctx, &apigateway.UpdateAccountInput{PatchOperations: []types.PatchOperation{patch(types.OpReplace, "/cloudwatchRoleArn", want.LogRole)}})
	return err
}
