package network

import (
	"net/netip"
	"slices"
	"strings"
)

// packets are what the entries of a network ACL tell apart: each class is of all packets that match the same entries.
type packets struct {
	classes int
	matched map[aclEntry][]bool // by entry without its number: which classes it matches
}

// unnumbered is what an entry says, wherever it stands.
func (e aclEntry) unnumbered() aclEntry {
	e.Number = 0
	return e
}

// tellApart finds the classes by a packet at the start of every range and block, and just behind each: between these nothing changes.
func tellApart(lists ...[]aclEntry) packets {
	var entries []aclEntry
	for _, e := range slices.Concat(lists...) {
		entries = append(entries, e.unnumbered())
	}
	protocols := map[string]bool{"": true} // one that no entry names
	peers := map[netip.Addr]bool{netip.IPv4Unspecified(): true, netip.IPv6Unspecified(): true}
	for _, e := range entries {
		protocols[e.Protocol] = true
		if block, err := netip.ParsePrefix(e.CIDR); err == nil {
			peers[block.Masked().Addr()] = true
			peers[behind(block)] = true
		}
	}
	delete(protocols, allProtocols)
	p := packets{matched: map[aclEntry][]bool{}}
	seen := map[string]bool{}
	for protocol := range protocols {
		details := detailsOf(protocol, entries)
		for peer := range peers {
			for _, d := range details {
				class := make([]byte, len(entries))
				for i, e := range entries {
					if e.matches(protocol, d, peer) {
						class[i] = 1
					}
				}
				if seen[string(class)] {
					continue
				}
				seen[string(class)] = true
				p.classes++
				for i, e := range entries {
					if len(p.matched[e]) < p.classes {
						p.matched[e] = append(p.matched[e], class[i] == 1)
					}
				}
			}
		}
	}
	return p
}

// detailsOf are the ports to try of a protocol, or the types and codes.
func detailsOf(protocol string, entries []aclEntry) [][2]int32 {
	const none = 256 // a type or code that no entry names
	first, second := map[int32]bool{}, map[int32]bool{0: true}
	icmp := strings.HasPrefix(protocol, "icmp")
	if first[0] = true; icmp {
		first, second = map[int32]bool{none: true}, map[int32]bool{none: true}
	}
	for _, e := range entries {
		switch {
		case e.Protocol != protocol:
		case icmp:
			first[e.FromPort], second[e.ToPort] = true, true
		case hasPorts(protocol):
			first[e.FromPort], first[min(e.ToPort+1, 65535)] = true, true
		}
	}
	var out [][2]int32
	for a := range first {
		for b := range second {
			out = append(out, [2]int32{a, b})
		}
	}
	return out
}

func (e aclEntry) matches(protocol string, detail [2]int32, peer netip.Addr) bool {
	block, err := netip.ParsePrefix(e.CIDR)
	switch {
	case err != nil || !block.Contains(peer):
		return false
	case e.Protocol == allProtocols:
		return true
	case e.Protocol != protocol:
		return false
	case strings.HasPrefix(protocol, "icmp"):
		return (e.FromPort == -1 || e.FromPort == detail[0]) && (e.ToPort == -1 || e.ToPort == detail[1])
	}
	return !hasPorts(protocol) || e.FromPort <= detail[0] && detail[0] <= e.ToPort
}

// behind is the first address after a block; after the last block, that block's own first.
func behind(block netip.Prefix) netip.Addr {
	last := block.Masked().Addr().AsSlice()
	for bit := block.Bits(); bit < len(last)*8; bit++ {
		last[bit/8] |= 0x80 >> (bit % 8)
	}
	addr, _ := netip.AddrFromSlice(last)
	if next := addr.Next(); next.IsValid() {
		return next
	}
	return block.Masked().Addr()
}

// admitted tells of each class whether a list, in the order of its numbers, lets it through.
func (p packets) admitted(list []aclEntry) []bool {
	out := make([]bool, p.classes)
	for _, e := range slices.Backward(list) {
		for i, matches := range p.matched[e.unnumbered()] {
			if matches {
				out[i] = !e.Deny
			}
		}
	}
	return out
}
