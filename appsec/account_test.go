package appsec_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/appsec"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeapigateway"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
)

// There is one of a setting that has no key, so that nobody waits for a second one to show.
func TestTheAccountsSettingIsDoneAsSoonAsItShows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := fakeaws.New(fakests.Install, fakeapigateway.Install).Config()
		plan, err := ztcore.NewBaseline("app", appsec.Account{LogRole: "arn:aws:iam::123456789012:role/apigateway-logs"}).Plan(t.Context(), cfg)
		require.NoError(t, err)
		began := time.Now()
		_, err = plan.Apply(t.Context())
		require.NoError(t, err)
		require.Equal(t, began, time.Now())
	})
}
