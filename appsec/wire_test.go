package appsec_test

import (
	"slices"
	"testing"
	"time"

	"github.com/seed-08ecc977/zerotrust/appsec"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// moto sets no risk configurations, and its UpdateUserPool forgets how users sign in, which can't be set again: what takes
// that call is left out.
func TestWireUserPool(t *testing.T) {
	quiet := pool
	quiet.NoThreatProtectionBecause = "moto has no risk configurations"
	optional := quiet
	optional.OptionalMFABecause = "a migration"
	kindtest.RunOn(t, kindtest.Wire(t), kindtest.Case{
		Variants: []kindtest.Variant{{Resource: quiet}, {Resource: optional, Changes: []string{"appsec.UserPool/MyUserPool MFA"}}},
		Drift:    withoutMFA,
	})
}

func TestWireUserPoolClient(t *testing.T) {
	quiet := pool
	quiet.NoThreatProtectionBecause = "moto has no risk configurations"
	changed := client
	changed.Scopes = []string{"openid"}
	public := changed
	public.PublicBecause = "a single-page application"
	kindtest.RunOn(t, kindtest.Wire(t), kindtest.Case{
		Variants: []kindtest.Variant{
			{Resource: ztcore.List{quiet, client}},
			{Resource: ztcore.List{quiet, changed}, Changes: []string{"appsec.UserPoolClient/MyAppClient Scopes"}},
			{Resource: ztcore.List{quiet, public}, Changes: []string{"appsec.UserPoolClient/MyAppClient HasSecret"}},
		},
		Drift: looserClient,
	})
}

// moto keeps neither security policies nor the links to VPCs, tags no API after it was made, adds no pool to an authorizer,
// and removes no setting of a single method.
func TestWireAPI(t *testing.T) {
	first := api
	first.LegacyTLSBecause = "moto has no security policies"
	changed := first
	changed.Description = "orders"
	changed.Authorizers = []appsec.Authorizer{{Name: "users", Pools: []id.UserPoolARN{pool.ARN()}}}
	changed.Routes = []appsec.Route{
		{Path: "/orders/{id}", Method: "GET", Authorizer: "users", Scopes: []string{"openid"}, Integration: appsec.Integration{HTTP: "https://backend.example.com/orders/{id}", Timeout: 5 * time.Second}},
		{Path: "/orders", Method: "POST", Integration: appsec.Integration{Lambda: "arn:aws:lambda:us-east-1:123456789012:function:orders"}},
		{Path: "/health", Method: "GET", OpenBecause: "for the load balancer", Integration: appsec.Integration{Mock: true}},
	}
	changed.Policy = policy.Deny("execute-api:Invoke").To(policy.Anyone()).On("execute-api:/*").When("NotIpAddress", "aws:SourceIp", "203.0.113.0/24")
	changed.Stage.Rate = 10
	users := pool
	users.NoThreatProtectionBecause = "moto has no risk configurations"
	kindtest.RunOn(t, kindtest.Wire(t), kindtest.Case{
		Variants: []kindtest.Variant{
			{Resource: ztcore.List{logs, users, first}},
			{Resource: ztcore.List{logs, users, changed}, Changes: slices.Concat(of("API", "Description", "Policy"), of("Routes", "Members"), of("Stage", "Release", "Rate"), []string{"create appsec.Authorizer/MySecureAPI/users"})},
		},
		Drift: openUp,
	})
}

func TestWireAccount(t *testing.T) {
	kindtest.RunOn(t, kindtest.Wire(t), accountCase())
}

// moto neither changes nor removes a resource server by itself; it goes with its pool. (Domains are not tried: moto keeps no
// version of their pages.)
func TestWireResourceServer(t *testing.T) {
	quiet := pool
	quiet.NoThreatProtectionBecause = "moto has no risk configurations"
	orders := appsec.ResourceServer{Identifier: "https://orders.example.com", Pool: pool.ID(), Scopes: map[string]string{"read": "read orders"}}
	program := appsec.UserPoolClient{Name: "billing", Pool: pool.ID(), Machine: true, Scopes: []string{orders.Scope("read")}}
	kindtest.RunOn(t, kindtest.Wire(t), kindtest.Case{Variants: []kindtest.Variant{{Resource: ztcore.List{quiet, orders, program}}}})
}
