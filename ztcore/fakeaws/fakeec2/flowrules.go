package fakeec2

import (
	"fmt"
	"net/netip"
	"slices"
	"sort"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

const everywhere = "0.0.0.0/0"

// admits reports whether the groups of a flow's end admit its opening, and whether they do so openly: for all addresses, and the
// answers to all ports of all addresses, which is what is not tracked.
func (r *region) admits(e *flowEnd, f Flow) (initial, open bool) {
	n := r.Interfaces.Index[e.Interface]
	answers := false
	for _, id := range n.Groups {
		g := r.Groups.Index[id]
		if g == nil {
			continue
		}
		for _, x := range g.Rules {
			t := x.Traffic
			if t.Protocol != "-1" && t.Protocol != f.Protocol {
				continue
			}
			all := t.Protocol == "-1" || t.From <= 0 && t.To >= 65535
			if t.Egress != e.Outbound {
				answers = answers || all && t.IPv4 == everywhere
				continue
			}
			ported := f.Protocol == "tcp" || f.Protocol == "udp"
			if t.Protocol != "-1" && (ported && (f.Port < t.From || f.Port > t.To) || !ported && t.From > 0 && t.From != 8) {
				continue
			}
			if r.covers(t, n, e.Remote) {
				initial = true
				open = open || ported && t.IPv4 == everywhere
			}
		}
	}
	return initial, open && answers
}

// covers reports whether a rule's peer includes an address.
func (r *region) covers(t traffic, n *networkInterface, address string) bool {
	ip := netip.MustParseAddr(address)
	in := func(block string) bool {
		p, err := netip.ParsePrefix(block)
		return err == nil && p.Contains(ip)
	}
	switch {
	case t.IPv4 != "":
		return in(t.IPv4)
	case t.PrefixList != "":
		l := r.PrefixLists.Index[t.PrefixList]
		return l != nil && slices.ContainsFunc(l.CIDRs, in)
	case t.Group != "":
		return r.Interfaces.any(func(o *networkInterface) bool {
			return o.VPC == n.VPC && slices.Contains(o.Groups, t.Group) && slices.Contains(o.addresses(), address)
		})
	}
	return false
}

// aclAdmits looks at a flow as network ACLs do: packet by packet, in both directions, by the remote address alone, and not at all
// at what stays within the subnet.
func (r *region) aclAdmits(e *flowEnd, f Flow) error {
	n := r.Interfaces.Index[e.Interface]
	remote := netip.MustParseAddr(e.Remote)
	if r.Subnets.Index[n.Subnet].block().Contains(remote) {
		return nil
	}
	for _, a := range r.ACLs.Items {
		if !slices.ContainsFunc(a.Associations, func(x association) bool { return x.Subnet == n.Subnet }) {
			continue
		}
		for _, egress := range []bool{false, true} {
			port := f.Port // of the side that a packet goes to
			if egress != e.Outbound {
				port = ephemeral
			}
			if !a.passes(egress, f.Protocol, port, remote) {
				return fmt.Errorf("fakeec2: network ACL %s of %s denies it", a.ID, n.Subnet)
			}
		}
	}
	return nil
}

// passes reports whether the first entry that matches allows a packet.
func (a *networkACL) passes(egress bool, protocol string, port int32, remote netip.Addr) bool {
	number := map[string]string{"tcp": "6", "udp": "17", "icmp": "1"}[protocol]
	entries := slices.Clone(a.Entries)
	sort.SliceStable(entries, func(i, j int) bool { return entries[i].Number < entries[j].Number })
	for _, x := range entries {
		if x.Egress != egress || x.CIDR == "" || x.Protocol != "-1" && x.Protocol != number {
			continue
		}
		if p, err := netip.ParsePrefix(x.CIDR); err != nil || !p.Contains(remote) {
			continue
		}
		if x.hasPorts() && (port < x.From || port > x.To) {
			continue
		}
		return x.Action == types.RuleActionAllow
	}
	return false
}
