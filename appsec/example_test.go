package appsec_test

import (
	"context"
	"fmt"

	"github.com/seed-08ecc977/zerotrust/appsec"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeapigateway"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakecognitoidentityprovider"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
)

// A client can't be a bearer of plain HTTP, and is found out before any call.
func ExampleUserPoolClient() {
	pool := appsec.UserPool{Name: "MyUserPool"}
	client := appsec.UserPoolClient{Name: "MyAppClient", Pool: pool.ID(), CallbackURLs: []string{"http://app.example.com/callback"}}
	fmt.Println(ztcore.NewBaseline("app", pool, client).Check())
	// Output:
	// ztcore: baseline "app" is invalid: 1 finding
	//   appsec.UserPoolClient/MyAppClient: CallbackURLs: http://app.example.com/callback is no URL with https and without a fragment (use https://…)
}

// What somebody has changed by hand is what the next plan shows, and takes back.
func ExampleUserPool() {
	ctx, cfg := context.Background(), fakeaws.New(fakests.Install, fakecognitoidentityprovider.Install).Config()
	baseline := ztcore.NewBaseline("app", appsec.UserPool{Name: "MyUserPool"})
	plan, err := baseline.Plan(ctx, cfg)
	if err == nil {
		_, err = plan.Apply(ctx)
	}
	if err == nil {
		err = withoutMFA(ctx, cfg)
	}
	if err == nil {
		plan, err = baseline.Plan(ctx, cfg)
	}
	fmt.Println(err)
	for _, c := range plan.Steps[0].Changes {
		fmt.Println(plan.Steps[0].Address, c)
	}
	// Output:
	// <nil>
	// appsec.UserPool/MyUserPool MFA: "OFF" → "ON"
	// appsec.UserPool/MyUserPool AuthenticatorApps: false → true
}

// An API that asks for a signature of AWS, with all that makes it callable.
func ExampleAPI() {
	ctx, cfg := context.Background(), fakeaws.New(fakests.Install, fakeapigateway.Install).Config()
	logs := appsec.Account{LogRole: "arn:aws:iam::123456789012:role/apigateway-logs"}
	api := appsec.API{
		Name:   "MySecureAPI",
		Routes: []appsec.Route{{Path: "/myresource", Method: "GET", Integration: appsec.Integration{HTTP: "https://backend.example.com"}}},
		Stage:  appsec.Stage{AccessLogs: "arn:aws:logs:us-east-1:123456789012:log-group:my-secure-api"},
		After:  []string{logs.RoleToken()},
	}
	plan, err := ztcore.NewBaseline("app", logs, api).Plan(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := plan.Apply(ctx)
	for _, o := range report.Outcomes {
		fmt.Println(o.Address, o.Action, o.Status)
	}
	fmt.Println(err)
	// Output:
	// appsec.Account/region create done
	// appsec.API/MySecureAPI create done
	// appsec.RequestValidator/MySecureAPI create done
	// appsec.Routes/MySecureAPI create done
	// appsec.Stage/MySecureAPI create done
	// <nil>
}

// Users, the way they sign in, and an API for them.
func ExamplePreset() {
	ctx, cfg := context.Background(), presetCloud().Config()
	shop := appsec.Preset{Name: "shop", CallbackURLs: []string{"https://shop.example.com/callback"}}
	plan, err := ztcore.NewBaseline("shop", shop).Plan(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range plan.Steps {
		fmt.Println(s.Action, s.Address)
	}
	fmt.Println(len(plan.Findings), "findings")
	// Output:
	// create appsec.API/shop
	// create appsec.UserPool/shop
	// create appsec.Authorizer/shop/users
	// create appsec.RequestValidator/shop
	// create appsec.Routes/shop
	// create iam.Role/shop-apigateway-logs
	// create appsec.Account/region
	// create monitoring.LogGroup//aws/apigateway/shop
	// create appsec.Stage/shop
	// create appsec.RiskConfiguration/shop
	// create appsec.UserPoolClient/shop
	// create iam.RoleAttachments/shop-apigateway-logs
	// 0 findings
}
