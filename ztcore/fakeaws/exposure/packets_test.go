package exposure

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// violated compares three contents of one surface.
func violated(before, now, wanted surface) []string {
	var out []string
	one := func(s surface) surfaces { return surfaces{"it": {s, "id"}} }
	for _, v := range between("call", one(before), one(wanted), one(now)) {
		out = append(out, v.Probe)
	}
	return out
}

// A table leads by its most specific route. A route within a wider one to the same target changes nothing, one to another target does.
func TestRoutesAreComparedByWhereTheyLead(t *testing.T) {
	wide := routes{{"0.0.0.0/0", "nat"}}
	require.Empty(t, violated(wide, routes{{"0.0.0.0/0", "nat"}, {"203.0.113.0/24", "nat"}}, routes{}))
	require.ElementsMatch(t, []string{"route to 10.1.0.0 by peer", "route to 10.1.0.0 by nat"}, violated(wide, routes{{"0.0.0.0/0", "nat"}, {"10.0.0.0/8", "peer"}}, routes{{"0.0.0.0/0", "nat"}, {"10.0.0.0/8", "peer"}, {"10.1.0.0/16", "nat"}}))
	require.Equal(t, []string{"route to 10.0.0.0 by nat"}, violated(wide, routes{{"0.0.0.0/0", "nat"}, {"10.0.0.0/8", ""}}, routes{{"0.0.0.0/0", "nat"}, {"11.0.0.0/8", "peer"}}), "a black hole")
	require.Equal(t, []string{"route to pl-1 by nat"}, violated(routes{}, routes{{"pl-1", "nat"}}, routes{{"pl-2", "nat"}}), "only AWS knows what is in a prefix list")
}

// A subnet has no table of its own when it is made, and AWS leads it within its VPC; from one that stays, what is inspected must not go directly.
func TestASubnetThatComesOrGoesIsLedWithinItsVPC(t *testing.T) {
	local, inspected := routes{{"10.0.0.0/8", "local"}}, routes{{"10.0.0.0/8", "local"}, {"10.1.0.0/16", "vpce"}}
	is := func(s surface, id string) surfaces {
		if s == nil {
			return surfaces{}
		}
		return surfaces{"it": {s, id}}
	}
	require.Empty(t, between("call", is(nil, ""), is(inspected, "new"), is(local, "new")))
	require.Empty(t, between("call", is(inspected, "old"), is(nil, ""), is(local, "old")))
	require.Empty(t, between("call", is(inspected, "old"), is(inspected, "new"), is(local, "new")))
	require.NotEmpty(t, between("call", is(inspected, "old"), is(inspected, "old"), is(local, "old")))
	require.NotEmpty(t, between("call", is(nil, ""), is(inspected, "new"), is(routes{{"0.0.0.0/0", "igw"}}, "new")))
}

// ICMP has types and codes in place of ports, of which -1 is any.
func TestTypesOfICMPAreToldApart(t *testing.T) {
	admits := func(kind, code int) surface {
		from, to := icmp(kind, code)
		return firewall{rules: []rule{{Protocol: "icmp", From: from, To: to, Peer: "10.0.0.0/8"}}}
	}
	require.Empty(t, violated(admits(-1, -1), admits(8, -1), admits(8, 0)))
	require.Len(t, violated(admits(8, -1), admits(3, 4), admits(8, 0)), 2)
	require.NotEmpty(t, violated(admits(8, 0), admits(8, 1), admits(8, 0)))
}

// What is open may be seen by no single list's own ends: a port of one with the peer of another.
func TestWhatLiesBetweenTheEndsOfTwoListsIsSeen(t *testing.T) {
	all := rule{Protocol: "tcp", From: 0, To: 65535, Peer: "10.0.0.0/8"}
	ports := rule{Protocol: "tcp", From: 50, To: 60, Peer: "10.0.0.0/8", Deny: true}
	block := rule{Protocol: "tcp", From: 0, To: 65535, Peer: "10.1.0.0/16", Deny: true}
	require.Equal(t, []string{"ingress tcp 50 with 10.1.0.0"}, violated(firewall{rules: []rule{ports, all}}, firewall{rules: []rule{all}}, firewall{rules: []rule{block, all}}))
}
