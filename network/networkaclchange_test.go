package network_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/exposure"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

func admit(number, from, to int32, block string) network.ACLEntry {
	return network.ACLEntry{Number: number, Protocol: "tcp", FromPort: from, ToPort: to, CIDR: block}
}

func refuse(number, from, to int32, block string) network.ACLEntry {
	e := admit(number, from, to, block)
	e.Deny = true
	return e
}

func guarding(subnets []id.Subnet, entries ...network.ACLEntry) ztcore.Resource {
	return with(network.NetworkACL{Name: "private", VPC: vpc.ID(), Subnets: subnets, Ingress: entries, Egress: []network.ACLEntry{admit(100, 0, 65535, "0.0.0.0/0")}})
}

// Changes of entries that no order of the calls makes in place without opening or cutting off something, for the first that matches decides.
var reorderings = map[string][2][]network.ACLEntry{
	"a port is shut to all but one network under the numbers of others": {
		{admit(100, 443, 443, "0.0.0.0/0"), refuse(110, 0, 65535, "10.1.0.0/16"), admit(120, 0, 65535, "10.0.0.0/8")},
		{refuse(100, 0, 65535, "10.1.0.0/16"), admit(110, 443, 443, "0.0.0.0/0"), admit(120, 0, 65535, "10.0.0.0/8")},
	},
	"two refusals change places": {
		{refuse(100, 22, 22, "0.0.0.0/0"), refuse(110, 3389, 3389, "0.0.0.0/0"), admit(200, 0, 65535, "0.0.0.0/0")},
		{refuse(100, 3389, 3389, "0.0.0.0/0"), refuse(110, 22, 22, "0.0.0.0/0"), admit(200, 0, 65535, "0.0.0.0/0")},
	},
}

func TestEntriesChangePlacesAndNothingIsOpenedOrCutOff(t *testing.T) {
	for name, entries := range reorderings {
		t.Run(name, func(t *testing.T) {
			before, after := guarding([]id.Subnet{a.ID()}, entries[0]...), guarding([]id.Subnet{a.ID()}, entries[1]...)
			writes := 0
			synctest.Test(t, func(t *testing.T) {
				cloud := newCloud()
				fakeec2.Of(cloud).SetLimits(fakeec2.Limits{EntriesPerACL: 5}) // the three, and the two that change
				apply(t, cloud.Config(), before)
				cloud.ResetCalls()
				watch := exposure.Watch(cloud)
				apply(t, cloud.Config(), after)
				require.Empty(t, watch.Violations())
				writes = len(cloud.Writes())
			})
			require.Greater(t, writes, 3)
			for k := range writes {
				synctest.Test(t, func(t *testing.T) { // and wherever a run is cut off, the next finishes it
					cloud := newCloud()
					apply(t, cloud.Config(), before)
					watch := exposure.Watch(cloud)
					p := plan(t, cloud.Config(), after)
					off := cloud.Inject(t, &fakeaws.Fault{Match: fakeaws.Call.Mutating, Skip: k, Before: fakeaws.Denied("ec2:CreateNetworkAclEntry")})
					_, err := p.Apply(t.Context())
					require.Error(t, err)
					cloud.Lift(off)
					apply(t, cloud.Config(), after)
					require.Empty(t, watch.Violations(), "cut off after %d calls", k)
					require.True(t, plan(t, cloud.Config(), after).Empty())
				})
			}
		})
	}
}

// A full ACL takes no second list. What then is cut off for moments is told, and still nothing is opened.
func TestAFullACLChangesWithoutOpeningAnything(t *testing.T) {
	for name, entries := range reorderings {
		for _, quota := range []int{3, 4} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					cloud := newCloud()
					fakeec2.Of(cloud).SetLimits(fakeec2.Limits{EntriesPerACL: quota})
					apply(t, cloud.Config(), guarding([]id.Subnet{a.ID()}, entries[0]...))
					after := guarding([]id.Subnet{a.ID()}, entries[1]...)
					p := plan(t, cloud.Config(), after)
					watch := exposure.Watch(cloud)
					report, err := p.Apply(t.Context())
					require.NoError(t, err)
					for _, v := range watch.Violations() {
						require.Equal(t, "yes", v.Before, "%s", v)
					}
					var notes []string
					for _, o := range report.Outcomes {
						notes = append(notes, o.Notes...)
					}
					require.Contains(t, strings.Join(notes, "\n"), "has no room for the old entries and the new ones at once")
					require.True(t, plan(t, cloud.Config(), after).Empty())
				})
			})
		}
	}
}

// A change that can be made entry by entry is.
func TestEntriesAreReplacedInPlaceWhereThatHarmsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		apply(t, cloud.Config(), guarding([]id.Subnet{a.ID()}, admit(100, 443, 443, "10.0.0.0/16"), admit(110, 80, 80, "10.0.0.0/16")))
		cloud.ResetCalls()
		watch := exposure.Watch(cloud)
		apply(t, cloud.Config(), guarding([]id.Subnet{a.ID()}, admit(100, 443, 443, "10.0.0.0/8"), admit(120, 8080, 8080, "10.0.0.0/16")))
		require.Empty(t, watch.Violations())
		require.Len(t, cloud.Writes(), 3)
	})
}

// What a subnet that comes or goes gets is the old list or the new one, and none between; a list that nobody is behind meanwhile changes in the
// fewest calls.
func TestSubnetsLeaveBeforeEntriesChangeAndJoinAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		entries := reorderings["two refusals change places"]
		apply(t, cloud.Config(), guarding([]id.Subnet{a.ID()}, entries[0]...))
		cloud.ResetCalls()
		watch := exposure.Watch(cloud)
		apply(t, cloud.Config(), guarding([]id.Subnet{b.ID()}, entries[1]...))
		require.Empty(t, watch.Violations())
		require.Len(t, cloud.Writes(), 4, "two replacements, and a move for each subnet")
	})
}
