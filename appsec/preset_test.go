package appsec_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/appsec"
	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeapigateway"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakecognitoidentityprovider"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakelogs"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
)

func presetCloud() *fakeaws.Cloud {
	return fakeaws.New(fakests.Install, fakeiam.Install, fakelogs.Install, fakecognitoidentityprovider.Install, fakeapigateway.Install)
}

func TestPreset(t *testing.T) {
	cloud := presetCloud()
	cfg := cloud.Config()
	shop := appsec.Preset{Name: "shop", CallbackURLs: []string{"https://shop.example.com/callback"}}
	first := apply(t, cfg, shop)
	require.Empty(t, first.Findings)
	require.True(t, plan(t, cfg, shop).Empty())
	require.Equal(t, map[string]string{"GET /health": "COGNITO_USER_POOLS"}, served(t, cfg))

	require.NoError(t, openUp(t.Context(), cfg))
	require.NoError(t, withoutMFA(t.Context(), cfg))
	tampered := plan(t, cfg, shop)
	require.Contains(t, tampered.String(), `MFA: "OFF" → "ON"`)
	require.Contains(t, tampered.String(), "appsec.Routes/shop")
	_, err := tampered.Apply(t.Context())
	require.NoError(t, err)
	require.True(t, plan(t, cfg, shop).Empty())
	require.Equal(t, map[string]string{"GET /health": "COGNITO_USER_POOLS"}, served(t, cfg))

	apply(t, cfg, shop, ztcore.Destroy())
	_, _, err = aPool(t.Context(), cfg)
	require.NoError(t, err, "the pool holds its users")
	_, _, err = anAPI(t.Context(), cfg)
	require.ErrorContains(t, err, "no API")
	apply(t, cfg, shop, ztcore.Destroy(), ztcore.AllowDelete("appsec.UserPool/shop", "monitoring.LogGroup//aws/apigateway/shop"))
	require.NotContains(t, cloud.Snapshot(), `"shop`)
}

// Who brings a pool, a log group and the account's role gets the API alone.
func TestPresetWithWhatThereIs(t *testing.T) {
	cfg := apiCloud().Config()
	_, err := apigateway.NewFromConfig(cfg).UpdateAccount(t.Context(), &apigateway.UpdateAccountInput{PatchOperations: []types.PatchOperation{
		{Op: types.OpReplace, Path: aws.String("/cloudwatchRoleArn"), Value: aws.String("arn:aws:iam::123456789012:role/apigateway-logs")},
	}})
	require.NoError(t, err)
	shop := appsec.Preset{
		Name: "shop", Users: "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_AbCdEfGhI", RoleElsewhere: true,
		AccessLogs: "arn:aws:logs:us-east-1:123456789012:log-group:shop", Routes: []appsec.Route{
			{Path: "/orders", Method: "GET", Integration: appsec.Integration{HTTP: "https://orders.example.com"}},
			{Path: "/status", Method: "GET", OpenBecause: "a status page", Integration: appsec.Integration{Mock: true}},
		},
	}
	p := apply(t, cfg, shop)
	for _, s := range p.Steps {
		require.Contains(t, []string{"appsec.API", "appsec.Authorizer", "appsec.RequestValidator", "appsec.Routes", "appsec.Stage"}, s.Kind)
	}
	require.Equal(t, map[string]string{"GET /orders": "COGNITO_USER_POOLS", "GET /status": "NONE"}, served(t, cfg))

	signed := shop
	signed.Users, signed.SignedByAWS = "", true
	apply(t, cfg, signed)
	require.Equal(t, map[string]string{"GET /orders": "AWS_IAM", "GET /status": "NONE"}, served(t, cfg))
}

func TestPruneTakesWhatIsNotDeclaredAnyMore(t *testing.T) {
	cloud := presetCloud()
	shop := appsec.Preset{Name: "shop"}
	apply(t, cloud.Config(), shop)
	kinds := slices.Concat(appsec.Kinds(), iam.Kinds())
	apply(t, cloud.Config(), iam.PasswordPolicy{}, ztcore.Prune(kinds...), ztcore.AllowDelete("appsec.UserPool/shop"))
	require.NotContains(t, cloud.Snapshot(), `"Name": "shop`)
}
