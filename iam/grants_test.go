package iam_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/exposure"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// A role that may read everything but data is never one that may read data, whichever of IAM's calls is slow.
func TestWhatDeniesComesFirstAndGoesLast(t *testing.T) {
	broad := []id.PolicyARN{iam.AWSManaged("ReadOnlyAccess")}
	role := func(attached []id.PolicyARN, inline map[string]policy.Document) *ztcore.Baseline {
		return ztcore.NewBaseline("home", iam.Role{Name: "Auditor", TrustedBy: policy.Service("ec2.amazonaws.com"), Attached: attached, InlinePolicies: inline})
	}
	noData := map[string]policy.Document{"NoData": policy.Deny("s3:GetObject").OnAny()}
	for _, slow := range []string{"PutRolePolicy", "AttachRolePolicy", "DeleteRolePolicy", "DetachRolePolicy"} {
		synctest.Test(t, func(t *testing.T) {
			cloud := fakeaws.New(fakests.Install, fakeiam.Install)
			cloud.SetLatencyFunc(func(c fakeaws.Call) time.Duration {
				if c.Operation == slow {
					return time.Second
				}
				return 0
			})
			for _, turn := range []struct {
				what string
				base *ztcore.Baseline
				opts []ztcore.PlanOption
			}{
				{"made", role(broad, noData), nil},
				{"another deny in its place", role(broad, map[string]policy.Document{"Neither": policy.Deny("s3:GetObject", "sqs:ReceiveMessage").OnAny(), "A": policy.Allow("sqs:SendMessage").OnAny()}), nil},
				{"nothing more", role([]id.PolicyARN{}, map[string]policy.Document{}), nil},
				{"made again", role(broad, noData), nil},
				{"destroyed", role(broad, noData), []ztcore.PlanOption{ztcore.Destroy()}},
			} {
				plan, err := turn.base.Plan(t.Context(), cloud.Config(), turn.opts...)
				require.NoError(t, err)
				watch := exposure.Watch(cloud)
				_, err = plan.Apply(t.Context())
				require.NoError(t, err)
				require.NotZero(t, watch.Moments())
				require.Empty(t, watch.Violations(), "%s slow, %s", slow, turn.what)
			}
		})
	}
}
