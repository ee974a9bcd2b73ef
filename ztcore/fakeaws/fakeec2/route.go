package fakeec2

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// route has exactly one of the three destinations.
type route struct {
	CIDR, IPv6, PrefixList string
	Via                    target
	Origin                 types.RouteOrigin
}

func (x route) destination() string { return x.CIDR + x.IPv6 + x.PrefixList }

// target has exactly one field set.
type target struct {
	Gateway   string // an internet gateway, a virtual private gateway, or "local"
	NAT       string
	Interface string
	Peering   string
	Endpoint  string // of a gateway endpoint, which makes its routes itself
	Firewall  string // an endpoint of Network Firewall
}

// state tells whether what a route goes to is still there and attached.
func (v target) state(r *region, vpcID string, now time.Time) types.RouteState {
	up := true
	switch {
	case isVPNGateway(&v.Gateway):
		g := r.VPNGateways.Index[v.Gateway]
		up = g != nil && g.VPC == vpcID
	case v.Gateway != "" && v.Gateway != "local":
		g := r.Gateways.Index[v.Gateway]
		up = g != nil && g.VPC == vpcID
	case v.NAT != "":
		n := r.NATs.Index[v.NAT]
		up = n != nil && n.state(now) == types.NatGatewayStateAvailable
	case v.Interface != "":
		i := r.Interfaces.Index[v.Interface]
		up = i != nil && i.attached(now) != nil && !i.gone(now)
	case v.Peering != "":
		p := r.Peerings.Index[v.Peering]
		up = p != nil && p.Status == types.VpcPeeringConnectionStateReasonCodeActive
	case v.Endpoint != "":
		up = r.Endpoints.Index[v.Endpoint] != nil
	}
	if up {
		return types.RouteStateActive
	}
	return types.RouteStateBlackhole
}

func (x route) describe(r *region, vpcID string, now time.Time) types.Route {
	return types.Route{
		DestinationCidrBlock: text(x.CIDR), DestinationIpv6CidrBlock: text(x.IPv6), DestinationPrefixListId: text(x.PrefixList),
		GatewayId: text(x.Via.Gateway + x.Via.Endpoint + x.Via.Firewall), NatGatewayId: text(x.Via.NAT), NetworkInterfaceId: text(x.Via.Interface),
		VpcPeeringConnectionId: text(x.Via.Peering), Origin: x.Origin, State: x.Via.state(r, vpcID, now),
	}
}

// destination reads the one destination that a route request gives.
func destination(r *region, cidr, ipv6, list *string) (route, error) {
	given := 0
	for _, d := range []*string{cidr, ipv6, list} {
		if d != nil {
			given++
		}
	}
	switch {
	case given == 0:
		return route{}, missingParameter("destinationCidrBlock or destinationIpv6CidrBlock or destinationPrefixListId")
	case given > 1:
		return route{}, badCombination("Exactly one of destinationCidrBlock, destinationIpv6CidrBlock and destinationPrefixListId must be specified")
	case cidr != nil:
		p, err := networkIPv4(*cidr, "destinationCidrBlock")
		return route{CIDR: p.String()}, err
	case ipv6 != nil:
		p, err := networkIPv6(*ipv6, "destinationIpv6CidrBlock")
		return route{IPv6: p.String()}, err
	}
	l, err := find(&r.PrefixLists, listKind, list)
	if err != nil {
		return route{}, err
	}
	return route{PrefixList: l.ID}, nil
}

// via reads the one target that a route request gives and checks that it is in reach of the table's VPC.
func (r *region) via(t *routeTable, gateway, nat, networkInterface, peering, endpoint *string) (target, error) {
	given := 0
	for _, d := range []*string{gateway, nat, networkInterface, peering, endpoint} {
		if d != nil {
			given++
		}
	}
	if given == 0 {
		return target{}, missingParameter("gatewayId or natGatewayId or networkInterfaceId or vpcEndpointId or vpcPeeringConnectionId")
	}
	if given > 1 {
		return target{}, badCombination("Exactly one target of a route must be specified")
	}
	apart := func(what, id string) error {
		return invalidParameter("route table %s and %s %s belong to different networks", t.ID, what, id)
	}
	switch {
	case isVPNGateway(gateway):
		g, err := find(&r.VPNGateways, vpnGatewayKind, gateway)
		if err != nil {
			return target{}, err
		}
		if g.VPC != t.VPC {
			return target{}, apart("network gateway", g.ID)
		}
		return target{Gateway: g.ID}, nil
	case gateway != nil:
		g, err := find(&r.Gateways, gatewayKind, gateway)
		if err != nil {
			return target{}, err
		}
		if g.VPC != t.VPC {
			return target{}, apart("network gateway", g.ID)
		}
		return target{Gateway: g.ID}, nil
	case nat != nil:
		n, err := find(&r.NATs, natKind, nat)
		if err != nil {
			return target{}, err
		}
		if n.Deleted != nil {
			return target{}, natKind.missing(n.ID)
		}
		if n.VPC != t.VPC {
			return target{}, apart("nat gateway", n.ID)
		}
		return target{NAT: n.ID}, nil
	case networkInterface != nil:
		i, err := find(&r.Interfaces, interfaceKind, networkInterface)
		if err != nil {
			return target{}, err
		}
		if i.VPC != t.VPC {
			return target{}, apart("interface", i.ID)
		}
		return target{Interface: i.ID}, nil
	case peering != nil:
		p, err := find(&r.Peerings, peeringKind, peering)
		if err != nil {
			return target{}, err
		}
		if !p.joins(r, t.VPC) {
			return target{}, apart("vpc peering connection", p.ID)
		}
		return target{Peering: p.ID}, nil
	}
	e, err := find(&r.Endpoints, endpointKind, endpoint)
	if err != nil {
		return target{}, err
	}
	// Only Gateway Load Balancer endpoints can, and none of them is faked; a gateway endpoint makes its routes itself.
	return target{}, invalidParameter("VPC endpoint %s of type %s cannot be the target of a route", e.ID, e.Type)
}

// through is via, or leads to an endpoint that another service makes.
func (s *Service) through(ctx context.Context, r *region, t *routeTable, gateway, nat, networkInterface, peering, endpoint *string) (target, error) {
	if others, ok := fakeaws.Capability[fakeaws.RouteEndpoints](s.cloud); ok && endpoint != nil && gateway == nil && nat == nil && networkInterface == nil && peering == nil {
		if vpc, ok := others.RouteEndpoint(ctx, *endpoint); ok && vpc == t.VPC {
			return target{Firewall: *endpoint}, nil
		}
	}
	return r.via(t, gateway, nat, networkInterface, peering, endpoint)
}

// CreateRoute adds a route. A destination that the table has is refused, whatever its target.
func (s *Service) CreateRoute(ctx context.Context, in *ec2.CreateRouteInput, _ ...func(*ec2.Options)) (*ec2.CreateRouteOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	t, err := find(&r.RouteTables, tableKind, in.RouteTableId)
	if err != nil {
		return nil, err
	}
	x, err := destination(r, in.DestinationCidrBlock, in.DestinationIpv6CidrBlock, in.DestinationPrefixListId)
	if err != nil {
		return nil, err
	}
	if x.Via, err = s.through(ctx, r, t, in.GatewayId, in.NatGatewayId, in.NetworkInterfaceId, in.VpcPeeringConnectionId, in.VpcEndpointId); err != nil {
		return nil, err
	}
	if t.routeTo(x.destination()) != nil {
		return nil, fakeaws.Error("RouteAlreadyExists", "The route identified by %s already exists.", x.destination())
	}
	inside := x.CIDR != "" && within(netip.MustParsePrefix(x.CIDR), r.Vpcs.Index[t.VPC].block())
	if inside && x.Via.Interface == "" && x.Via.NAT == "" && x.Via.Firewall == "" {
		return nil, invalidParameter("The destination CIDR block %s is equal to or more specific than one of this VPC's CIDR blocks. This route can target only an interface or an instance.", x.CIDR)
	}
	x.Origin = types.RouteOriginCreateRoute
	t.Routes = append(t.Routes, x)
	return &ec2.CreateRouteOutput{Return: aws.Bool(true)}, nil
}

// routeTo is the table's route to a destination, or nil.
func (t *routeTable) routeTo(destination string) *route {
	for i := range t.Routes {
		if t.Routes[i].destination() == destination {
			return &t.Routes[i]
		}
	}
	return nil
}

// ownRoute finds a route that its owner may change: not the local one, nor one of a gateway endpoint.
func (t *routeTable) ownRoute(destination string) (*route, error) {
	x := t.routeTo(destination)
	switch {
	case x == nil:
		return nil, fakeaws.Error("InvalidRoute.NotFound", "no route with destination-cidr-block %s in route table %s", destination, t.ID)
	case x.Via.Gateway == "local":
		return nil, invalidParameter("cannot remove local route %s in route table %s", destination, t.ID)
	case x.Via.Endpoint != "":
		return nil, invalidParameter("cannot remove VPC endpoint route %s in route table %s", destination, t.ID)
	}
	return x, nil
}

// ReplaceRoute gives a route another target.
func (s *Service) ReplaceRoute(ctx context.Context, in *ec2.ReplaceRouteInput, _ ...func(*ec2.Options)) (*ec2.ReplaceRouteOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	t, err := find(&r.RouteTables, tableKind, in.RouteTableId)
	if err != nil {
		return nil, err
	}
	x, err := destination(r, in.DestinationCidrBlock, in.DestinationIpv6CidrBlock, in.DestinationPrefixListId)
	if err != nil {
		return nil, err
	}
	old, err := t.ownRoute(x.destination())
	if err != nil {
		return nil, err
	}
	via, err := s.through(ctx, r, t, in.GatewayId, in.NatGatewayId, in.NetworkInterfaceId, in.VpcPeeringConnectionId, in.VpcEndpointId)
	if err != nil {
		return nil, err
	}
	old.Via = via
	return &ec2.ReplaceRouteOutput{}, nil
}

// DeleteRoute removes a route.
func (s *Service) DeleteRoute(ctx context.Context, in *ec2.DeleteRouteInput, _ ...func(*ec2.Options)) (*ec2.DeleteRouteOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	t, err := find(&r.RouteTables, tableKind, in.RouteTableId)
	if err != nil {
		return nil, err
	}
	x, err := destination(r, in.DestinationCidrBlock, in.DestinationIpv6CidrBlock, in.DestinationPrefixListId)
	if err != nil {
		return nil, err
	}
	if _, err := t.ownRoute(x.destination()); err != nil {
		return nil, err
	}
	t.Routes = slices.DeleteFunc(t.Routes, func(y route) bool { return y.destination() == x.destination() })
	return &ec2.DeleteRouteOutput{}, nil
}
