package fakeec2

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

type routeTable struct {
	ID, VPC      string
	Routes       []route
	Associations []association
}

// association ties a subnet, or for edge routing a gateway, to a route table, or a subnet to a network ACL.
type association struct {
	ID              string
	Subnet, Gateway string
	Main            bool
}

func (t *routeTable) main() bool {
	return slices.ContainsFunc(t.Associations, func(a association) bool { return a.Main })
}

// mainTable is a VPC's main route table.
func (r *region) mainTable(vpcID string) *routeTable {
	for _, t := range r.RouteTables.Items {
		if t.VPC == vpcID && t.main() {
			return t
		}
	}
	return nil
}

// addTable adds a route table with the local routes of its VPC.
func (s *Service) addTable(r *region, v *vpc) *routeTable {
	t := &routeTable{ID: s.cloud.ID("rtb-", 17), VPC: v.ID}
	t.Routes = []route{{CIDR: v.CIDR, Via: target{Gateway: "local"}, Origin: types.RouteOriginCreateRouteTable}}
	if v.IPv6CIDR != "" {
		t.Routes = append(t.Routes, route{IPv6: v.IPv6CIDR, Via: target{Gateway: "local"}, Origin: types.RouteOriginCreateRouteTable})
	}
	r.RouteTables.add(t.ID, t)
	return t
}

// CreateRouteTable makes a route table with the VPC's local route.
func (s *Service) CreateRouteTable(ctx context.Context, in *ec2.CreateRouteTableInput, _ ...func(*ec2.Options)) (*ec2.CreateRouteTableOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	done, err := r.replay("CreateRouteTable", in.ClientToken, in)
	if err != nil {
		return nil, err
	}
	t := r.RouteTables.Index[done]
	if done != "" && t == nil {
		t = &routeTable{ID: done, VPC: *in.VpcId}
	}
	if t == nil {
		v, err := find(&r.Vpcs, vpcKind, in.VpcId)
		if err != nil {
			return nil, err
		}
		tags, err := specified(in.TagSpecifications, tableKind.resource)
		if err != nil {
			return nil, err
		}
		t = s.addTable(r, v)
		r.tag(t.ID, tags)
		r.remember("CreateRouteTable", in.ClientToken, in, t.ID)
	}
	out := t.describe(r)
	return &ec2.CreateRouteTableOutput{RouteTable: &out, ClientToken: in.ClientToken}, nil
}

func (t *routeTable) describe(r *region) types.RouteTable {
	out := types.RouteTable{RouteTableId: aws.String(t.ID), VpcId: aws.String(t.VPC), OwnerId: aws.String(r.Account), Tags: r.tagsOn(t.ID)}
	for _, a := range t.Associations {
		out.Associations = append(out.Associations, types.RouteTableAssociation{
			RouteTableAssociationId: aws.String(a.ID), RouteTableId: aws.String(t.ID), Main: aws.Bool(a.Main),
			SubnetId: text(a.Subnet), GatewayId: text(a.Gateway), AssociationState: associated(),
		})
	}
	now := time.Now()
	for _, x := range t.Routes {
		out.Routes = append(out.Routes, x.describe(r, t.VPC, now))
	}
	return out
}

func associated() *types.RouteTableAssociationState {
	return &types.RouteTableAssociationState{State: types.RouteTableAssociationStateCodeAssociated}
}

var tableQuery = query[routeTable]{kind: tableKind, id: func(t *routeTable) string { return t.ID }, columns: tableColumns()}

func tableColumns() columns[routeTable] {
	associations := func(t *routeTable) []association { return t.Associations }
	routes := func(t *routeTable) []route { return t.Routes }
	return columns[routeTable]{
		"association.route-table-association-id": each(associations, func(a association) string { return a.ID }),
		"association.subnet-id":                  each(associations, func(a association) string { return a.Subnet }),
		"association.gateway-id":                 each(associations, func(a association) string { return a.Gateway }),
		"association.main":                       each(associations, func(a association) string { return boolText(a.Main) }),
		"association.route-table-id": func(_ *region, t *routeTable) []string {
			if len(t.Associations) == 0 {
				return nil
			}
			return []string{t.ID}
		},
		"owner-id":                              owner[routeTable],
		"route-table-id":                        one(func(t *routeTable) string { return t.ID }),
		"vpc-id":                                one(func(t *routeTable) string { return t.VPC }),
		"route.destination-cidr-block":          each(routes, func(x route) string { return x.CIDR }),
		"route.destination-ipv6-cidr-block":     each(routes, func(x route) string { return x.IPv6 }),
		"route.destination-prefix-list-id":      each(routes, func(x route) string { return x.PrefixList }),
		"route.gateway-id":                      each(routes, func(x route) string { return x.Via.Gateway + x.Via.Endpoint }),
		"route.nat-gateway-id":                  each(routes, func(x route) string { return x.Via.NAT }),
		"route.vpc-peering-connection-id":       each(routes, func(x route) string { return x.Via.Peering }),
		"route.egress-only-internet-gateway-id": none[routeTable],
		"route.instance-id":                     none[routeTable],
		"route.transit-gateway-id":              none[routeTable],
		"route.origin":                          each(routes, func(x route) string { return string(x.Origin) }),
		"route.state": func(r *region, t *routeTable) []string {
			var out []string
			for _, x := range t.Routes {
				out = append(out, string(x.Via.state(r, t.VPC, time.Now())))
			}
			return out
		},
	}
}

// DescribeRouteTables answers route tables in the order of their creation.
func (s *Service) DescribeRouteTables(ctx context.Context, in *ec2.DescribeRouteTablesInput, _ ...func(*ec2.Options)) (*ec2.DescribeRouteTablesOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	found, next, err := list(ctx, r, &r.RouteTables, tableQuery, asked{in.RouteTableIds, in.Filters, in.NextToken, in.MaxResults})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeRouteTablesOutput{NextToken: next}
	for _, t := range found {
		out.RouteTables = append(out.RouteTables, t.describe(r))
	}
	return out, nil
}

// DeleteRouteTable deletes a route table that is neither a main one nor associated.
func (s *Service) DeleteRouteTable(ctx context.Context, in *ec2.DeleteRouteTableInput, _ ...func(*ec2.Options)) (*ec2.DeleteRouteTableOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	t, err := find(&r.RouteTables, tableKind, in.RouteTableId)
	if err != nil {
		return nil, err
	}
	if len(t.Associations) > 0 {
		return nil, inUse("routeTable", t.ID)
	}
	for _, e := range r.Endpoints.Items {
		e.RouteTables = slices.DeleteFunc(e.RouteTables, func(id string) bool { return id == t.ID })
	}
	r.RouteTables.remove(t.ID)
	r.forget(t.ID)
	return &ec2.DeleteRouteTableOutput{}, nil
}

// AssociateRouteTable associates a subnet, or a gateway for edge routing. One that is associated already is refused.
func (s *Service) AssociateRouteTable(ctx context.Context, in *ec2.AssociateRouteTableInput, _ ...func(*ec2.Options)) (*ec2.AssociateRouteTableOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	t, err := find(&r.RouteTables, tableKind, in.RouteTableId)
	if err != nil {
		return nil, err
	}
	if (in.SubnetId == nil) == (in.GatewayId == nil) {
		return nil, badCombination("Exactly one of subnetId and gatewayId must be specified")
	}
	a := association{ID: s.cloud.ID("rtbassoc-", 17), Subnet: aws.ToString(in.SubnetId), Gateway: aws.ToString(in.GatewayId)}
	network := ""
	if in.SubnetId != nil {
		n, err := find(&r.Subnets, subnetKind, in.SubnetId)
		if err != nil {
			return nil, err
		}
		network = n.VPC
	} else {
		g, err := find(&r.Gateways, gatewayKind, in.GatewayId)
		if err != nil {
			return nil, err
		}
		network = g.VPC
	}
	if network != t.VPC {
		return nil, invalidParameter("Route table %s and %s belong to different networks", t.ID, a.Subnet+a.Gateway)
	}
	for _, other := range r.RouteTables.Items {
		if slices.ContainsFunc(other.Associations, func(b association) bool { return !b.Main && b.Subnet == a.Subnet && b.Gateway == a.Gateway }) {
			return nil, fakeaws.Error("Resource.AlreadyAssociated", "the specified association for route table %s conflicts with an existing association", t.ID)
		}
	}
	t.Associations = append(t.Associations, a)
	return &ec2.AssociateRouteTableOutput{AssociationId: aws.String(a.ID), AssociationState: associated()}, nil
}

// tableAssociation finds a route table association and its table.
func (r *region) tableAssociation(id *string) (*routeTable, association, error) {
	for _, t := range r.RouteTables.Items {
		for _, a := range t.Associations {
			if a.ID == aws.ToString(id) {
				return t, a, nil
			}
		}
	}
	return nil, association{}, fakeaws.Error("InvalidAssociationID.NotFound", "The association ID '%s' does not exist", aws.ToString(id))
}

// DisassociateRouteTable returns a subnet to the main route table.
func (s *Service) DisassociateRouteTable(ctx context.Context, in *ec2.DisassociateRouteTableInput, _ ...func(*ec2.Options)) (*ec2.DisassociateRouteTableOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	t, a, err := r.tableAssociation(in.AssociationId)
	if err != nil {
		return nil, err
	}
	if a.Main {
		return nil, invalidParameter("cannot disassociate the main route table association %s", a.ID)
	}
	t.Associations = slices.DeleteFunc(t.Associations, func(b association) bool { return b.ID == a.ID })
	return &ec2.DisassociateRouteTableOutput{}, nil
}

// ReplaceRouteTableAssociation moves an association, the main one too, to another table of the VPC; it gets a new id.
func (s *Service) ReplaceRouteTableAssociation(ctx context.Context, in *ec2.ReplaceRouteTableAssociationInput, _ ...func(*ec2.Options)) (*ec2.ReplaceRouteTableAssociationOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	from, a, err := r.tableAssociation(in.AssociationId)
	if err != nil {
		return nil, err
	}
	to, err := find(&r.RouteTables, tableKind, in.RouteTableId)
	if err != nil {
		return nil, err
	}
	if from.VPC != to.VPC {
		return nil, invalidParameter("route table %s and route table %s belong to different networks", from.ID, to.ID)
	}
	from.Associations = slices.DeleteFunc(from.Associations, func(b association) bool { return b.ID == a.ID })
	a.ID = s.cloud.ID("rtbassoc-", 17)
	to.Associations = append(to.Associations, a)
	return &ec2.ReplaceRouteTableAssociationOutput{NewAssociationId: aws.String(a.ID), AssociationState: associated()}, nil
}
