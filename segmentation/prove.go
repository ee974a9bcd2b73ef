package segmentation

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Way is a kind of connection that can be opened.
type Way struct {
	From, To         string // "prod/web", "internet", a public network, or for an AWS service its name
	Protocol         string // "tcp", "udp", or "other" for everything else
	FromPort, ToPort int32
	Through          string // what leads there: "VPC", a peering, a gateway or an endpoint
}

// String is the way in words.
func (w Way) String() string {
	ports := fmt.Sprintf("%d-%d", w.FromPort, w.ToPort)
	switch {
	case w.Protocol == "other":
		ports = "any"
	case w.FromPort == w.ToPort:
		ports = fmt.Sprint(w.FromPort)
	}
	return fmt.Sprintf("%s → %s %s %s (%s)", w.From, w.To, w.Protocol, ports, w.Through)
}

// Proof says which ways there are, and how they differ from the flows that are declared.
type Proof struct {
	Ways       []Way // everything that can be reached by anyone
	Undeclared []Way // what can be reached, though no flow says so
	Missing    []Way // what a flow says, and cannot be reached
}

// Holds reports that exactly what is declared can be reached.
func (p Proof) Holds() bool { return len(p.Undeclared) == 0 && len(p.Missing) == 0 }

// Exits are the ways out of a segment, as "prod/app", that do not end in another segment.
func (p Proof) Exits(segment string) []Way {
	var out []Way
	for _, w := range p.Ways {
		if w.From == segment && !strings.Contains(w.To, "/") {
			out = append(out, w)
		}
	}
	return out
}

// Prove works out who can reach whom from the resources that the design declares: groups, network ACLs, routes, gateways
// and endpoints, both directions of each connection. It does not look at the flows, other than to compare the result with
// them. What AWS lets through whatever these say (its DNS resolver, its time and metadata services, DHCP) is left out.
// A design with mistakes is an *ztcore.InvalidError.
func (d Design) Prove() (Proof, error) {
	l, findings := d.resolve()
	if len(findings) > 0 {
		return Proof{}, &ztcore.InvalidError{Findings: findings}
	}
	return prove(l, l.resources()), nil
}

func prove(l *layout, r Resources) Proof {
	w := &reality{Resources: r}
	places := []place{{name: Internet, block: netip.MustParsePrefix(world)}}
	for _, f := range l.flows {
		for _, s := range []side{f.from, f.to} {
			p := place{name: s.cidr}
			if s.seg == nil && s.cidr != world && !slices.ContainsFunc(places, func(q place) bool { return q.name == p.name }) {
				p.block = netip.MustParsePrefix(s.cidr)
				places = append(places, p)
			}
		}
	}
	for _, e := range l.envs {
		for _, s := range e.segments {
			places = append(places, w.place(s))
		}
	}
	var proof Proof
	for _, a := range places {
		for _, b := range places {
			if a.seg == nil && b.seg == nil {
				continue
			}
			for _, protocol := range []string{"tcp", "udp", "other"} {
				possible, certain, through := w.reach(a, b, protocol)
				declared := l.declared(a, b, protocol)
				proof.Ways = append(proof.Ways, ways(a, b, protocol, possible, through)...)
				proof.Undeclared = append(proof.Undeclared, ways(a, b, protocol, possible.minus(declared), through)...)
				proof.Missing = append(proof.Missing, ways(a, b, protocol, declared.minus(certain), through)...)
			}
		}
	}
	for _, a := range places {
		if a.seg != nil {
			w.services(a, &proof)
		}
	}
	return proof
}

func ways(a, b place, protocol string, ports spans, through string) []Way {
	var out []Way
	for _, p := range ports {
		out = append(out, Way{a.name, b.name, protocol, p.lo, p.hi, through})
	}
	return out
}

// declared are the ports that flows name between two places. A flow with the internet covers every network outside.
func (l *layout) declared(a, b place, protocol string) spans {
	var out spans
	for _, f := range l.flows {
		if f.protocol() == protocol && a.is(f.from) && b.is(f.to) {
			out = out.union(spans{{f.Port, f.last()}})
		}
	}
	return out
}

// place is where a connection begins or ends: a segment with what is around it, or a network outside.
type place struct {
	name  string
	seg   *segment
	block netip.Prefix
	group id.SecurityGroup
	vpc   id.VPC
}

func (p place) is(s side) bool {
	if p.seg != nil || s.seg != nil {
		return p.seg == s.seg
	}
	return contains(netip.MustParsePrefix(s.cidr), p.block)
}

// reality answers what the resources let through.
type reality struct{ Resources }

func (w *reality) place(s *segment) place {
	return place{s.env.Name + "/" + s.Name, s, s.block, s.group(), s.env.id()}
}

// reach is what a can open to b: ports that may get through, and those that do whatever client port there is.
func (w *reality) reach(a, b place, protocol string) (possible, certain spans, through string) {
	through, open := w.way(a, b)
	if !open {
		return nil, nil, through
	}
	out := allPorts
	anyReply, allReplies := true, true
	filter := func(p, other place, egress bool) {
		out = out.intersect(w.groupAdmits(p, other, egress, protocol))
		for _, acl := range w.acls(p) {
			out = out.intersect(aclAdmits(acl, other.block, egress, protocol))
			replies := aclAdmits(acl, other.block, !egress, protocol).intersect(clientPorts)
			anyReply = anyReply && len(replies) > 0
			allReplies = allReplies && len(clientPorts.minus(replies)) == 0
		}
	}
	if a.seg != nil {
		filter(a, b, true)
	}
	if b.seg != nil {
		filter(b, a, false)
	}
	for _, acl := range w.natACLs(through) {
		out = out.intersect(aclAdmits(acl, a.block, false, protocol)).intersect(aclAdmits(acl, b.block, true, protocol))
	}
	if protocol == "other" { // it has no ports, and answers are not told from questions
		anyReply, allReplies = true, true
	}
	if anyReply {
		possible = out
	}
	if allReplies {
		certain = out
	}
	return possible, certain, through
}

// way follows the routes in both directions, and through a NAT gateway what is around it.
func (w *reality) way(a, b place) (through string, open bool) {
	switch {
	case a.seg != nil && b.seg != nil && a.vpc == b.vpc:
		return "VPC", true
	case a.seg != nil && b.seg != nil:
		there, back := w.routes(a, b.block), w.routes(b, a.block)
		for _, p := range w.Peerings {
			joins := p.Requester == a.vpc && p.Accepter == b.vpc || p.Requester == b.vpc && p.Accepter == a.vpc
			if joins && slices.Contains(there, p.ID()) && slices.Contains(back, p.ID()) {
				return "peering " + p.Name, true
			}
		}
		return "", false
	}
	inside, outside := a, b
	if a.seg == nil {
		inside, outside = b, a
	}
	targets := w.routes(inside, outside.block)
	for _, g := range w.InternetGateways {
		if slices.Contains(targets, string(g.ID())) && g.VPC == inside.vpc {
			return "internet gateway " + g.Name, true
		}
	}
	for _, n := range w.NATGateways {
		if a.seg != nil && slices.Contains(targets, string(n.ID())) {
			return natPrefix + n.Name, true
		}
	}
	return "", false
}

const natPrefix = "NAT gateway "

// natACLs are those around the subnet of the NAT gateway that a way leads through.
func (w *reality) natACLs(through string) []network.NetworkACL {
	var out []network.NetworkACL
	for _, n := range w.NATGateways {
		if natPrefix+n.Name == through {
			for _, acl := range w.NetworkACLs {
				if slices.Contains(acl.Subnets, n.Subnet) {
					out = append(out, acl)
				}
			}
		}
	}
	return out
}

// subnets are those of a segment: the ones within its block.
func (w *reality) subnets(p place) []network.Subnet {
	var out []network.Subnet
	for _, s := range w.Subnets {
		if block, err := netip.ParsePrefix(s.CIDR); err == nil && s.VPC == p.vpc && contains(p.block, block) {
			out = append(out, s)
		}
	}
	return out
}

// routes are the targets of all routes that lead a segment to a block.
func (w *reality) routes(p place, to netip.Prefix) []string {
	var out []string
	for _, t := range w.RouteTables {
		if !slices.ContainsFunc(w.subnets(p), func(s network.Subnet) bool { return slices.Contains(t.Subnets, s.ID()) }) {
			continue
		}
		for _, r := range t.Routes {
			if block, err := netip.ParsePrefix(r.To); err == nil && contains(block, to) {
				out = append(out, cmp.Or(string(r.InternetGateway), string(r.NATGateway), r.Target))
			}
		}
	}
	return out
}

// acls are those around a segment's subnets. A subnet that none is declared for has the VPC's default, which admits all.
func (w *reality) acls(p place) []network.NetworkACL {
	var out []network.NetworkACL
	for _, s := range w.subnets(p) {
		i := slices.IndexFunc(w.NetworkACLs, func(a network.NetworkACL) bool { return slices.Contains(a.Subnets, s.ID()) })
		if i >= 0 && !slices.ContainsFunc(out, func(a network.NetworkACL) bool { return a.Name == w.NetworkACLs[i].Name }) {
			out = append(out, w.NetworkACLs[i])
		}
	}
	return out
}

// groupAdmits are the ports that a segment's group admits to or from another place.
func (w *reality) groupAdmits(p, other place, egress bool, protocol string) spans {
	var out spans
	for _, g := range w.SecurityGroups {
		if g.ID() != p.group {
			continue
		}
		rules := g.Ingress
		if egress {
			rules = g.Egress
		}
		for _, r := range rules {
			block, err := netip.ParsePrefix(r.CIDR)
			if matches(r.Protocol, protocol) && (other.seg != nil && r.Group == other.group || err == nil && contains(block, other.block)) {
				out = out.union(rangeOf(r.Protocol, r.FromPort, r.ToPort))
			}
		}
	}
	return out
}

// aclAdmits evaluates an ACL's entries in their order. One that is about a part of the block only decides if it admits.
func aclAdmits(acl network.NetworkACL, other netip.Prefix, egress bool, protocol string) spans {
	list := slices.Clone(acl.Ingress)
	if egress {
		list = slices.Clone(acl.Egress)
	}
	slices.SortFunc(list, func(a, b network.ACLEntry) int { return cmp.Compare(a.Number, b.Number) })
	var out spans
	rest := allPorts
	for _, e := range list {
		block, err := netip.ParsePrefix(e.CIDR)
		if err != nil || !block.Overlaps(other) || !matches(e.Protocol, protocol) {
			continue
		}
		ports := rangeOf(e.Protocol, e.FromPort, e.ToPort)
		if !e.Deny && (contains(block, other) || other.Bits() > 0) {
			out = out.union(rest.intersect(ports))
		}
		if contains(block, other) {
			rest = rest.minus(ports)
		}
	}
	return out
}

func matches(rule, protocol string) bool {
	return rule == "-1" || rule == protocol || protocol == "other" && rule != "tcp" && rule != "udp"
}

func rangeOf(protocol string, from, to int32) spans {
	if protocol == "tcp" || protocol == "udp" {
		return spans{{from, to}}
	}
	return allPorts
}

// services adds the AWS services that a segment reaches, and compares them with those that it uses.
func (w *reality) services(a place, proof *Proof) {
	reached := map[string]bool{}
	add := func(service, through string) {
		reached[service] = true
		way := Way{a.name, service, "tcp", 443, 443, through}
		proof.Ways = append(proof.Ways, way)
		if !slices.Contains(a.seg.Uses, service) {
			proof.Undeclared = append(proof.Undeclared, way)
		}
	}
	for _, g := range w.GatewayEndpoints {
		if w.usesGateway(a, g) {
			add(g.Service, "gateway endpoint "+g.Name)
		}
	}
	for _, e := range w.InterfaceEndpoints {
		if e.VPC == a.vpc && w.usesInterface(a, e) {
			add(e.Service, "interface endpoint "+e.Name)
		}
	}
	for _, service := range a.seg.Uses {
		if !reached[service] {
			proof.Missing = append(proof.Missing, Way{a.name, service, "tcp", 443, 443, ""})
		}
	}
}

func (w *reality) usesGateway(a place, g network.GatewayEndpoint) bool {
	led := slices.ContainsFunc(w.RouteTables, func(t network.RouteTable) bool {
		return slices.Contains(g.RouteTables, t.ID()) && slices.ContainsFunc(w.subnets(a), func(s network.Subnet) bool { return slices.Contains(t.Subnets, s.ID()) })
	})
	return led && w.egressTo(a, func(r network.Rule) bool { return r.PrefixList == g.PrefixList() || r.CIDR == world })
}

func (w *reality) usesInterface(a place, e network.InterfaceEndpoint) bool {
	group := e.SecurityGroup()
	admitted := slices.ContainsFunc(group.Ingress, func(r network.Rule) bool {
		block, err := netip.ParsePrefix(r.CIDR)
		return r.Group == a.group || err == nil && contains(block, a.block)
	})
	return admitted && w.egressTo(a, func(r network.Rule) bool { return r.Group == group.ID() })
}

// egressTo reports whether the segment's group lets TLS out to a peer.
func (w *reality) egressTo(a place, is func(network.Rule) bool) bool {
	return slices.ContainsFunc(w.SecurityGroups, func(g network.SecurityGroup) bool {
		return g.ID() == a.group && slices.ContainsFunc(g.Egress, func(r network.Rule) bool {
			return is(r) && matches(r.Protocol, "tcp") && r.FromPort <= 443 && r.ToPort >= 443
		})
	})
}
