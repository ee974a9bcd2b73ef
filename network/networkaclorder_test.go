package network

import (
	"math/rand/v2"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

// somePacket is any packet of those that someEntries tell apart.
type somePacket struct {
	protocol     string
	first, other int32
	peer         netip.Addr
}

// lets is what EC2 does with a packet: the first entry that matches decides, and behind the last nothing passes.
func (p somePacket) lets(list []aclEntry) bool {
	for _, e := range list {
		if !somePrefixes[e.CIDR].Contains(p.peer) || e.Protocol != "-1" && e.Protocol != p.protocol {
			continue
		}
		switch e.Protocol {
		case "tcp", "udp":
			if p.first < e.FromPort || p.first > e.ToPort {
				continue
			}
		case "icmp":
			if e.FromPort != -1 && p.first != e.FromPort || e.ToPort != -1 && p.other != e.ToPort {
				continue
			}
		}
		return !e.Deny
	}
	return false
}

var blockNames = []string{"0.0.0.0/0", "10.0.0.0/16", "10.0.0.0/24", "10.0.0.0/23", "10.0.0.0/8", "::/0", "2001:db8::/32"}

var somePrefixes = func() map[string]netip.Prefix {
	out := map[string]netip.Prefix{}
	for _, name := range blockNames {
		out[name] = netip.MustParsePrefix(name)
	}
	return out
}()

var allPackets = func() []somePacket {
	var out []somePacket
	for _, peer := range []string{"10.0.0.1", "10.0.1.1", "10.0.3.1", "10.1.0.1", "192.0.2.1", "2001:db8::1", "::1"} {
		at := netip.MustParseAddr(peer)
		for n := range int32(8) {
			out = append(out, somePacket{"tcp", n, 0, at}, somePacket{"udp", n, 0, at}, somePacket{"50", 0, 0, at}, somePacket{"47", 0, 0, at})
			for code := range int32(3) {
				out = append(out, somePacket{"icmp", n, code, at})
			}
		}
	}
	return out
}()

func someEntries(r *rand.Rand) []aclEntry {
	var out []aclEntry
	for range r.IntN(7) {
		e := ACLEntry{Number: 10 + 10*int32(r.IntN(8)), Deny: r.IntN(2) == 0, Protocol: []string{"tcp", "tcp", "udp", "icmp", "-1", "50"}[r.IntN(6)], CIDR: blockNames[r.IntN(len(blockNames))]}
		e.FromPort = int32(r.IntN(6))
		e.ToPort = e.FromPort + int32(r.IntN(3))
		if e.Protocol == "icmp" {
			e.FromPort, e.ToPort = int32(r.IntN(3))-1, int32(r.IntN(2))-1
		}
		if !numbered(out, e.Number) {
			out = append(out, aclEntry{false, e.normal()})
		}
	}
	return byNumber(out)
}

func someChange(r *rand.Rand) (was, shall []aclEntry) {
	if was = someEntries(r); r.IntN(3) > 0 {
		return was, someEntries(r)
	}
	shall = byNumber(was) // the same, but for the order
	r.Shuffle(len(shall), func(i, j int) { shall[i].Number, shall[j].Number = shall[j].Number, shall[i].Number })
	return was, byNumber(shall)
}

// walk makes the steps, and holds after each what must be true of it.
func walk(t *testing.T, was, list, shall []aclEntry, steps []aclStep, mayCut bool) (states [][]aclEntry) {
	t.Helper()
	for i, s := range steps {
		require.Equal(t, s.does != createEntry, numbered(list, s.entry.Number), "EC2 would refuse step %d of %v", i, steps)
		require.True(t, s.entry.Number >= 1 && s.entry.Number < lastEntry)
		list = s.apply(list)
		states = append(states, list)
		for _, p := range allPackets {
			is, before, after := p.lets(list), p.lets(was), p.lets(shall)
			if is && !before && !after || !mayCut && !is && before && after {
				t.Fatalf("%v after step %d, %v: is %v, was %v, shall be %v\nfrom  %v\nto    %v\nsteps %v", p, i, s, is, before, after, was, shall, steps)
			}
		}
	}
	return states
}

// Whatever the lists are, and wherever a run is cut off: what the next finds is between the two, and is finished from there.
func TestEntriesOfAnACLChangeWithoutOpeningOrCuttingOffAnything(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	directly, doubly := 0, 0
	guarded := func(t *testing.T, have, want []aclEntry) []aclStep {
		o := orderOf(have, want)
		steps, ok := o.direct(false)
		if ok {
			directly++
			require.Len(t, steps, len(stepsBetween(have, want)))
			return steps
		}
		doubly++
		steps, ok = o.twice()
		require.True(t, ok, "from %v to %v", have, want)
		return steps
	}
	for range 400 {
		was, shall := someChange(r)
		states := walk(t, was, was, shall, guarded(t, was, shall), false)
		for _, at := range states {
			rest := walk(t, was, at, shall, guarded(t, at, shall), false)
			if len(rest) > 0 {
				require.Equal(t, shall, rest[len(rest)-1])
			}
		}
	}
	require.NotZero(t, directly)
	require.NotZero(t, doubly)
}

// Without room for two lists some is cut off, and nothing opened.
func TestEntriesOfAnACLWithoutRoomChangeWithoutOpeningAnything(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	stuck := 0
	for range 400 {
		was, shall := someChange(r)
		o := orderOf(was, shall)
		steps, ok := o.direct(true)
		if !ok {
			stuck++
			steps = o.closed()
		}
		states := walk(t, was, was, shall, steps, true)
		states = append(states, walk(t, was, was, shall, o.closed(), true)...)
		if len(states) > 0 {
			require.Equal(t, shall, states[len(states)-1])
		}
	}
	require.NotZero(t, stuck)
}

func TestNumbersBelowAllThatAreInUseMayNotSuffice(t *testing.T) {
	entry := func(number int32, deny bool) aclEntry {
		return aclEntry{false, ACLEntry{Number: number, Deny: deny, Protocol: "tcp", FromPort: 1, ToPort: 2, CIDR: "0.0.0.0/0"}.normal()}
	}
	was, shall := []aclEntry{entry(1, true), entry(2, false)}, []aclEntry{entry(1, false), entry(2, true)}
	_, ok := orderOf(was, shall).twice()
	require.False(t, ok)
}
