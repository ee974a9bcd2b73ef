package segmentation

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Resources are what a design comes to, by type, in the order in which it declares them. What Prove says is computed from
// these, and from nothing else.
type Resources struct {
	VPCs               []network.VPC
	InternetGateways   []network.InternetGateway
	NATGateways        []network.NATGateway
	Subnets            []network.Subnet
	RouteTables        []network.RouteTable
	NetworkACLs        []network.NetworkACL
	SecurityGroups     []network.SecurityGroup
	GatewayEndpoints   []network.GatewayEndpoint
	InterfaceEndpoints []network.InterfaceEndpoint
	Peerings           []network.Peering
	FlowLogs           []network.FlowLog
}

// Declare implements ztcore.Resource.
func (r Resources) Declare(d *ztcore.Declaration) {
	declare(d, r.VPCs)
	declare(d, r.InternetGateways)
	declare(d, r.Subnets)
	declare(d, r.NATGateways)
	declare(d, r.Peerings)
	declare(d, r.RouteTables)
	declare(d, r.NetworkACLs)
	declare(d, r.SecurityGroups)
	declare(d, r.GatewayEndpoints)
	declare(d, r.InterfaceEndpoints)
	declare(d, r.FlowLogs)
}

func declare[R ztcore.Resource](d *ztcore.Declaration, all []R) {
	for _, r := range all {
		r.Declare(d)
	}
}

// Declare implements ztcore.Resource. A design with mistakes declares nothing but their findings.
func (d Design) Declare(decl *ztcore.Declaration) {
	l, findings := d.resolve()
	for _, f := range findings {
		decl.Reject(f)
	}
	if len(findings) == 0 {
		l.resources().Declare(decl)
	}
}

// resources makes what the flows need, environment by environment.
func (l *layout) resources() Resources {
	var r Resources
	for _, p := range l.peerings {
		r.Peerings = append(r.Peerings, network.Peering{Name: p.name(), Requester: p.a.id(), Accepter: p.b.id(), Tags: l.tags})
	}
	for _, e := range l.envs {
		l.environment(&r, e)
	}
	return r
}

func (p peering) name() string { return p.a.Name + "-" + p.b.Name }

func (l *layout) environment(r *Resources, e *env) {
	vpc := e.vpc(l.tags)
	r.VPCs = append(r.VPCs, vpc)
	if e.FlowLogs != (network.FlowLogs{}) {
		r.FlowLogs = append(r.FlowLogs, network.FlowLog{Name: e.Name + "-flows", VPC: vpc.ID(), To: e.FlowLogs, Tags: l.tags})
	}
	gateway := network.InternetGateway{Name: e.Name, VPC: vpc.ID(), Tags: l.tags}
	nat := network.NATGateway{Name: e.Name + "-nat", Subnet: network.Subnet{Name: subnetName(e.Name+"-nat", 0)}.ID(), Through: gateway.ID(), Tags: l.tags}
	users := map[string][]*segment{} // of AWS's services
	outward := &acl{env: e, name: e.Name + "-nat"}
	var abroad []string // what is reached through the NAT gateway
	var open bool
	for _, s := range e.segments {
		table := network.RouteTable{Name: s.name(), VPC: vpc.ID(), Tags: l.tags}
		filter := &acl{env: e, name: s.name()}
		group := network.SecurityGroup{Name: s.groupName(), Description: "segment " + s.Name + " of " + e.Name, VPC: vpc.ID(), Tags: l.tags}
		public := l.publicBecause(s)
		for _, f := range l.flows {
			if f.to.seg == s {
				group.Ingress = append(group.Ingress, f.rule(f.from))
				filter.in(f.from, f.Flow)
				table.Routes = l.route(table.Routes, s, f.from, network.Route{InternetGateway: gateway.ID()})
			}
			if f.from.seg == s {
				group.Egress = append(group.Egress, f.rule(f.to))
				filter.out(f.to, f.Flow)
				way := network.Route{InternetGateway: gateway.ID()}
				if f.to.seg == nil && public == "" {
					way = network.Route{NATGateway: nat.ID()}
					outward.in(side{seg: s}, f.Flow)
					outward.out(f.to, f.Flow)
					abroad = append(abroad, f.to.cidr)
				}
				table.Routes = l.route(table.Routes, s, f.to, way)
			}
		}
		for _, service := range s.Uses {
			users[service] = append(users[service], s)
			group.Egress = append(group.Egress, l.useRule(e, service))
			if isGateway(service) {
				filter.out(side{cidr: world}, https)
			} else {
				filter.out(side{cidr: e.part(endpointPart).String()}, https)
			}
		}
		open = open || public != ""
		table.Subnets = l.subnets(r, e, s.name(), s.block, e.zones(), public)
		r.RouteTables = append(r.RouteTables, table)
		r.NetworkACLs = append(r.NetworkACLs, filter.resource(l, table.Subnets))
		r.SecurityGroups = append(r.SecurityGroups, group)
	}
	if len(abroad) > 0 {
		table := network.RouteTable{Name: e.Name + "-nat", VPC: vpc.ID(), Tags: l.tags}
		for _, to := range abroad {
			table.Routes = l.route(table.Routes, nil, side{cidr: to}, network.Route{InternetGateway: gateway.ID()})
		}
		table.Subnets = l.subnets(r, e, e.Name+"-nat", e.part(natPart), e.zones()[:1], "the NAT gateway of "+e.Name)
		r.RouteTables = append(r.RouteTables, table)
		r.NetworkACLs = append(r.NetworkACLs, outward.resource(l, table.Subnets))
		r.NATGateways = append(r.NATGateways, nat)
	}
	if open || len(abroad) > 0 {
		r.InternetGateways = append(r.InternetGateways, gateway)
	}
	l.endpoints(r, e, users)
}

// subnets adds the subnets of a part of an environment, one in each of the zones.
func (l *layout) subnets(r *Resources, e *env, name string, block netip.Prefix, zones []string, public string) []id.Subnet {
	var out []id.Subnet
	for i, zone := range zones {
		s := network.Subnet{Name: subnetName(name, i), VPC: e.id(), CIDR: sub(block, zoneBits, i).String(), Zone: zone, PublicBecause: public, Tags: l.tags}
		r.Subnets = append(r.Subnets, s)
		out = append(out, s.ID())
	}
	return out
}

// endpoints makes the endpoints of the services that segments use, the interfaces in subnets of their own.
func (l *layout) endpoints(r *Resources, e *env, users map[string][]*segment) {
	filter := &acl{env: e, name: e.Name + "-endpoints"}
	var interfaces []network.InterfaceEndpoint
	for _, service := range sortedKeys(users) {
		name := endpointName(e, service)
		if isGateway(service) {
			g := network.GatewayEndpoint{Name: name, VPC: e.id(), Service: service, Tags: l.tags}
			if service == "s3" {
				g.Policy = e.S3Policy
			}
			for _, s := range users[service] {
				g.RouteTables = append(g.RouteTables, network.RouteTable{Name: s.name()}.ID())
			}
			r.GatewayEndpoints = append(r.GatewayEndpoints, g)
			continue
		}
		i := network.InterfaceEndpoint{Name: name, VPC: e.id(), Service: service, Tags: l.tags}
		for _, s := range users[service] {
			i.FromGroups = append(i.FromGroups, s.group())
			filter.in(side{seg: s}, https)
		}
		interfaces = append(interfaces, i)
	}
	if len(interfaces) == 0 {
		return
	}
	subnets := l.subnets(r, e, e.Name+"-endpoints", e.part(endpointPart), e.zones(), "")
	r.RouteTables = append(r.RouteTables, network.RouteTable{Name: e.Name + "-endpoints", VPC: e.id(), Subnets: subnets, Tags: l.tags})
	r.NetworkACLs = append(r.NetworkACLs, filter.resource(l, subnets))
	for _, i := range interfaces {
		i.Subnets = subnets
		r.InterfaceEndpoints = append(r.InterfaceEndpoints, i)
	}
}

var https = Flow{Port: 443}

func endpointName(e *env, service string) string {
	return e.Name + "-" + service[strings.LastIndexByte(service, '.')+1:]
}

// isGateway reports whether a service has gateway endpoints, which cost nothing.
func isGateway(service string) bool { return service == "s3" || service == "dynamodb" }

// useRule lets a group reach a service's endpoint and nothing else.
func (l *layout) useRule(e *env, service string) network.Rule {
	if isGateway(service) { // its prefix list says which service it is
		return network.AllowTCP(443).ToPrefixList(network.GatewayEndpoint{Name: endpointName(e, service)}.PrefixList())
	}
	return network.AllowTCP(443).Because(service).ToGroup(network.InterfaceEndpoint{Name: endpointName(e, service)}.SecurityGroup().ID())
}

// rule admits the flow from, or to, its other side.
func (f flow) rule(other side) network.Rule {
	why := f.Because
	if why == "" {
		why = f.From + " to " + f.To
	}
	if f.PlainTextBecause != "" {
		why += "; unencrypted: " + f.PlainTextBecause
	}
	r := network.Rule{Protocol: f.protocol(), FromPort: f.Port, ToPort: f.last(), Description: why}
	if other.seg != nil {
		return r.FromGroup(other.seg.group())
	}
	return r.From(other.cidr)
}

// route adds the way to the other side of a flow, if it leaves the VPC and is not there yet.
func (l *layout) route(routes []network.Route, s *segment, other side, out network.Route) []network.Route {
	switch {
	case other.seg == nil:
		out.To = other.cidr
	case s != nil && other.seg.env != s.env:
		out = network.Route{To: other.seg.block.String(), Target: network.Peering{Name: l.between(s.env, other.seg.env).name()}.ID()}
	default:
		return routes
	}
	if slices.ContainsFunc(routes, func(r network.Route) bool { return r.To == out.To }) {
		return routes
	}
	return append(routes, out)
}

// between is the peering of two environments; the zero value if there is none.
func (l *layout) between(a, b *env) peering {
	for _, p := range l.peerings {
		if p.a == a && p.b == b || p.a == b && p.b == a {
			return p
		}
	}
	return peering{}
}

// publicBecause is why a segment's subnets are led to the internet gateway: what is let in from outside.
func (l *layout) publicBecause(s *segment) string {
	var why []string
	for _, f := range l.flows {
		if f.to.seg == s && f.from.seg == nil && !slices.Contains(why, f.Because) {
			why = append(why, cmp.Or(f.Because, f.From))
		}
	}
	return strings.Join(why, "; ")
}
