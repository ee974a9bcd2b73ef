package appsec_test

import (
	"testing"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
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
