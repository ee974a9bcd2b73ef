// Package all makes a fakeaws.Cloud with every service that is faked. It compiles all of their SDK packages; a test of one or
// two services is quicker to build with fakeaws.New and those alone.
package all

import (
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeaccessanalyzer"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeaccount"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeapigateway"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeautoscaling"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakecloudformation"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakecloudtrail"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakecloudwatch"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakecognitoidentityprovider"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeconfigservice"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeelbv2"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeeventbridge"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeguardduty"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakekms"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakelogs"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakenetworkfirewall"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeorganizations"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakes3"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakes3control"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakescheduler"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakesecretsmanager"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakesecurityhub"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakesns"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakessm"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakessmincidents"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakewafv2"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakewellarchitected"
)

// New is an empty AWS with all faked services.
func New() *fakeaws.Cloud {
	return fakeaws.New(
		fakeaccessanalyzer.Install, fakeaccount.Install, fakecloudformation.Install, fakeautoscaling.Install, fakeconfigservice.Install, fakeapigateway.Install, fakecloudtrail.Install, fakecloudwatch.Install,
		fakecognitoidentityprovider.Install, fakeec2.Install, fakeelbv2.Install, fakeiam.Install, fakekms.Install, fakelogs.Install,
		fakenetworkfirewall.Install, fakeorganizations.Install, fakes3.Install, fakes3control.Install, fakesecretsmanager.Install,
		fakesns.Install, fakessm.Install, fakessmincidents.Install, fakests.Install, fakewafv2.Install, fakewellarchitected.Install, fakesecurityhub.Install, fakescheduler.Install, fakeguardduty.Install, fakeeventbridge.Install,
	)
}
