package segmentation

import (
	"maps"
	"net/netip"
	"slices"

	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// acl gathers the entries of a network ACL. It is stateless, so every flow needs one entry each way. Where something
// outside the VPC may answer or ask, its block of addresses includes the VPC's own: so what is allowed inside comes first,
// the rest of the inside is denied, and then comes the outside.
type acl struct {
	env             *env
	name            string
	ingress, egress entries
}

type entries struct{ inside, outside []network.ACLEntry }

// clientPorts are chosen by the client's system; these cover all that AWS names, but for that of RDP, which no ACL should
// let in from outside: a client that happens to choose it tries again with another.
// https://docs.aws.amazon.com/vpc/latest/userguide/nacl-ephemeral-ports.html
// https://docs.aws.amazon.com/securityhub/latest/userguide/ec2-controls.html#ec2-21
var clientPorts = spans{{1024, 3388}, {3390, 65535}}

// in admits a flow from its other side.
func (a *acl) in(from side, f Flow) {
	a.add(&a.ingress, from, f.protocol(), f.Port, f.last())
	a.add(&a.egress, from, f.protocol(), 1024, 65535)
}

// out admits a flow to its other side.
func (a *acl) out(to side, f Flow) {
	a.add(&a.egress, to, f.protocol(), f.Port, f.last())
	for _, p := range clientPorts {
		a.add(&a.ingress, to, f.protocol(), p.lo, p.hi)
	}
}

func (a *acl) add(e *entries, other side, protocol string, from, to int32) {
	entry := network.ACLEntry{Protocol: protocol, FromPort: from, ToPort: to, CIDR: other.block()}
	list := &e.inside
	if p, err := netip.ParsePrefix(entry.CIDR); other.seg == nil && err == nil && !contains(a.env.block, p) {
		list = &e.outside
	}
	if !slices.Contains(*list, entry) {
		*list = append(*list, entry)
	}
}

const (
	firstEntry, denyEntry, outsideEntry = 100, 20000, 30000
	entryStep                           = 10
	// maxEntries of one direction, AWS's default quota. https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
	maxEntries = 20
)

// numbered puts the entries of one direction in order, and denies the given blocks before the outside is admitted.
func (e entries) numbered(deny []string) []network.ACLEntry {
	var out []network.ACLEntry
	number := int32(firstEntry)
	add := func(entry network.ACLEntry) {
		entry.Number = number
		number += entryStep
		out = append(out, entry)
	}
	for _, entry := range e.inside {
		add(entry)
	}
	if len(e.outside) == 0 {
		return out
	}
	number = denyEntry
	for _, block := range deny {
		add(network.ACLEntry{Deny: true, Protocol: "-1", CIDR: block})
	}
	number = outsideEntry
	for _, entry := range e.outside {
		add(entry)
	}
	return out
}

func (a *acl) resource(l *layout, subnets []id.Subnet) network.NetworkACL {
	deny := []string{a.env.block.String()}
	for _, p := range l.peerings {
		if p.a == a.env {
			deny = append(deny, p.b.block.String())
		} else if p.b == a.env {
			deny = append(deny, p.a.block.String())
		}
	}
	return network.NetworkACL{
		Name: a.name, VPC: a.env.id(), Ingress: a.ingress.numbered(deny), Egress: a.egress.numbered(deny), Subnets: subnets, Tags: l.tags,
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
