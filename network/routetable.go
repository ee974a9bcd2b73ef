package network

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// RouteTable leads the traffic of its subnets. Within the VPC everything reaches everything, which can't be turned
// off; beyond it only what Routes names. Routes and subnets that are not declared are removed; those of gateway endpoints
// and of route propagation are left to these.
type RouteTable struct {
	Name    string // the tag Name, by which it can be adopted
	VPC     id.VPC // a change makes another table
	Routes  []Route
	Subnets []id.Subnet // each of one table only; one that leaves falls back to the VPC's main table
	Tags    map[string]string
}

// Route leads to one target. Exactly one of the fields after the first is set.
type Route struct {
	To              string // a CIDR block or a prefix list's id
	InternetGateway id.InternetGateway
	NATGateway      id.NATGateway
	Endpoint        id.VPCEndpoint // of a firewall or a Gateway Load Balancer
	Target          string         // the id of a peering (pcx-), transit gateway (tgw-), VPN gateway (vgw-), egress-only gateway (eigw-) or interface (eni-)
}

// ID is the table's id.
func (t RouteTable) ID() id.RouteTable { return id.RouteTable(routeTables.Ref(t.Name, "ID")) }

// Declare implements ztcore.Resource.
func (t RouteTable) Declare(d *ztcore.Declaration) {
	tags := named(t.Name, t.Tags)
	want := routeTableState{Name: tags[nameTag], VPC: string(t.VPC), Routes: []route{}, Subnets: texts(t.Subnets), Tags: tags}
	for _, r := range t.Routes {
		targets := slices.DeleteFunc([]string{string(r.InternetGateway), string(r.NATGateway), string(r.Endpoint), r.Target}, func(s string) bool { return s == "" })
		want.Routes = append(want.Routes, route{To: canonical(r.To), Target: strings.Join(targets, " and ")})
	}
	routeTables.Declare(d, t.Name, want)
}

// texts are identifiers as plain strings, never nil.
func texts[T ~string](ids []T) []string {
	out := []string{}
	for _, s := range ids {
		out = append(out, string(s))
	}
	return out
}

type route struct{ To, Target string }

type routeTableState struct {
	Name         string            `zt:"label,-"` // compared as a tag
	VPC          string            `zt:"immutable"`
	Routes       []route           `zt:"set"`
	Subnets      []string          `zt:"set,exclusive"`
	Tags         map[string]string `zt:"tags"`
	ID           string            `zt:"output"`
	Associations map[string]string `zt:"-"` // subnet → id of its association
}

var routeTables = &ztcore.Kind[routeTableState]{
	Name: "network.RouteTable", Permissions: &routeTablesNeed, Read: readRouteTables, Create: createRouteTable, Update: updateRouteTable, Delete: deleteRouteTable,
	Check: checkRouteTable, CheckAll: checkRouteTables, Retry: stillDetaching,
	Controls: []string{"NIST SP 800-207 tenet 2", "CISA ZTMM Networks"},
}

var routeTablesNeed = ztcore.Permissions{
	Read: []string{"ec2:DescribeRouteTables"},
	Write: []string{
		"ec2:AssociateRouteTable", "ec2:CreateRoute", "ec2:CreateRouteTable", "ec2:CreateTags", "ec2:DeleteRoute", "ec2:DisassociateRouteTable", "ec2:ReplaceRoute",
		"ec2:ReplaceRouteTableAssociation",
	},
	Delete: []string{"ec2:DeleteRouteTable", "ec2:DisassociateRouteTable"},
}

func readRouteTables(ctx context.Context, sc *ztcore.Scope, _ ztcore.Query[routeTableState]) ([]routeTableState, error) {
	all, err := describeRouteTables(ctx, sc)
	var out []routeTableState
	for _, t := range all {
		s := routeTableState{VPC: aws.ToString(t.VpcId), Tags: tagMap(t.Tags), ID: aws.ToString(t.RouteTableId), Associations: map[string]string{}}
		s.Name = s.Tags[nameTag]
		for _, r := range t.Routes {
			if r.Origin == types.RouteOriginCreateRoute && !(r.DestinationPrefixListId != nil && strings.HasPrefix(aws.ToString(r.GatewayId), "vpce-")) {
				s.Routes = append(s.Routes, decodeRoute(r))
			}
		}
		for _, a := range t.Associations {
			if a.SubnetId != nil && (a.AssociationState == nil || a.AssociationState.State == types.RouteTableAssociationStateCodeAssociated || a.AssociationState.State == types.RouteTableAssociationStateCodeAssociating) {
				s.Subnets = append(s.Subnets, *a.SubnetId)
				s.Associations[*a.SubnetId] = aws.ToString(a.RouteTableAssociationId)
			}
		}
		out = append(out, s)
	}
	return out, err
}

func isMain(t types.RouteTable) bool {
	return slices.ContainsFunc(t.Associations, func(a types.RouteTableAssociation) bool { return aws.ToBool(a.Main) })
}

// first is the first string that is there.
func first(texts ...*string) string {
	for _, t := range texts {
		if aws.ToString(t) != "" {
			return *t
		}
	}
	return ""
}

func decodeRoute(r types.Route) route {
	return route{
		To:     canonical(first(r.DestinationCidrBlock, r.DestinationIpv6CidrBlock, r.DestinationPrefixListId)),
		Target: first(r.GatewayId, r.NatGatewayId, r.TransitGatewayId, r.VpcPeeringConnectionId, r.EgressOnlyInternetGatewayId, r.NetworkInterfaceId, r.LocalGatewayId, r.CarrierGatewayId, r.CoreNetworkArn),
	}
}

// request is the route in a request; that to replace it has the same fields.
func (r route) request(table string) *ec2.CreateRouteInput {
	in := &ec2.CreateRouteInput{RouteTableId: &table}
	in.DestinationCidrBlock, in.DestinationIpv6CidrBlock, in.DestinationPrefixListId = destination(r.To)
	switch kind, _, _ := strings.Cut(r.Target, "-"); kind {
	case "nat":
		in.NatGatewayId = &r.Target
	case "tgw":
		in.TransitGatewayId = &r.Target
	case "pcx":
		in.VpcPeeringConnectionId = &r.Target
	case "eigw":
		in.EgressOnlyInternetGatewayId = &r.Target
	case "eni":
		in.NetworkInterfaceId = &r.Target
	case "vpce":
		in.VpcEndpointId = &r.Target
	default:
		in.GatewayId = &r.Target
	}
	return in
}

func destination(to string) (v4, v6, prefixList *string) {
	switch {
	case strings.HasPrefix(to, "pl-"):
		return nil, nil, &to
	case strings.Contains(to, ":"):
		return nil, &to, nil
	}
	return &to, nil, nil
}

func createRouteTable(ctx context.Context, sc *ztcore.Scope, want routeTableState) error {
	out, err := ec2.NewFromConfig(sc.Config).CreateRouteTable(ctx, &ec2.CreateRouteTableInput{VpcId: &want.VPC, TagSpecifications: tagged(types.ResourceTypeRouteTable, want.Tags)})
	if err != nil {
		return err
	}
	have := routeTableState{ID: aws.ToString(out.RouteTable.RouteTableId)}
	if err := putRoutes(ctx, sc, have, want); err != nil {
		return err
	}
	return joinTable(ctx, sc, have, want)
}

// updateRouteTable lets go of subnets before the routes change, and takes subnets once these are as wanted: neither is led by what stands between.
func updateRouteTable(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[routeTableState]) error {
	if u.Changed("Tags") {
		if err := setTags(ctx, sc, u.Have.ID, u.Want.Tags); err != nil {
			return err
		}
	}
	if u.Changed("Subnets") {
		if err := leaveTable(ctx, sc, u.Have, u.Want); err != nil {
			return err
		}
	}
	if u.Changed("Routes") {
		if err := putRoutes(ctx, sc, u.Have, u.Want); err != nil {
			return err
		}
	}
	if u.Changed("Subnets") {
		return joinTable(ctx, sc, u.Have, u.Want)
	}
	return nil
}

// putRoutes adds and turns to another target, then removes. The most specific route leads, so those are put first and removed
// last: at no time is anything led where it went neither before nor shall go.
func putRoutes(ctx context.Context, sc *ztcore.Scope, have, want routeTableState) error {
	c := ec2.NewFromConfig(sc.Config)
	extra := map[string]bool{}
	for _, r := range have.Routes {
		extra[r.To] = true
	}
	for _, r := range bySpecificity(want.Routes) {
		stands := extra[r.To]
		delete(extra, r.To)
		if slices.Contains(have.Routes, r) {
			continue
		}
		if err := putRoute(ctx, c, r.request(have.ID), stands); err != nil {
			return err
		}
	}
	for _, r := range slices.Backward(bySpecificity(have.Routes)) {
		if !extra[r.To] {
			continue
		}
		in := &ec2.DeleteRouteInput{RouteTableId: &have.ID}
		in.DestinationCidrBlock, in.DestinationIpv6CidrBlock, in.DestinationPrefixListId = destination(r.To)
		if _, err := c.DeleteRoute(ctx, in); unless(err, "InvalidRoute.NotFound") != nil {
			return err
		}
	}
	return nil
}

// bySpecificity has the longest blocks first; prefix lists, of which only AWS knows the blocks, before all.
func bySpecificity(routes []route) []route {
	bits := func(r route) int {
		if block, err := parseCIDR(r.To); err == nil {
			return block.Bits()
		}
		return 129
	}
	return slices.SortedStableFunc(slices.Values(routes), func(a, b route) int { return cmp.Compare(bits(b), bits(a)) })
}

// putRoute makes a route, or turns one that stands to another target.
func putRoute(ctx context.Context, c *ec2.Client, in *ec2.CreateRouteInput, stands bool) error {
	if !stands {
		_, err := c.CreateRoute(ctx, in)
		if !refusedWith(err, "RouteAlreadyExists") {
			return err
		}
	}
	_, err := c.ReplaceRoute(ctx, &ec2.ReplaceRouteInput{
		RouteTableId: in.RouteTableId, DestinationCidrBlock: in.DestinationCidrBlock, DestinationIpv6CidrBlock: in.DestinationIpv6CidrBlock, DestinationPrefixListId: in.DestinationPrefixListId,
		GatewayId: in.GatewayId, NatGatewayId: in.NatGatewayId, TransitGatewayId: in.TransitGatewayId, VpcPeeringConnectionId: in.VpcPeeringConnectionId,
		EgressOnlyInternetGatewayId: in.EgressOnlyInternetGatewayId, NetworkInterfaceId: in.NetworkInterfaceId, VpcEndpointId: in.VpcEndpointId,
	})
	return err
}

// joinTable takes subnets over, from other tables too.
func joinTable(ctx context.Context, sc *ztcore.Scope, have, want routeTableState) error {
	for _, s := range difference(want.Subnets, have.Subnets) {
		_, err := ec2.NewFromConfig(sc.Config).AssociateRouteTable(ctx, &ec2.AssociateRouteTableInput{RouteTableId: &have.ID, SubnetId: &s})
		if refusedWith(err, "Resource.AlreadyAssociated") {
			err = takeSubnet(ctx, sc, have.ID, s)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// leaveTable lets go of the subnets that are not declared.
func leaveTable(ctx context.Context, sc *ztcore.Scope, have, want routeTableState) error {
	for _, s := range difference(have.Subnets, want.Subnets) {
		_, err := ec2.NewFromConfig(sc.Config).DisassociateRouteTable(ctx, &ec2.DisassociateRouteTableInput{AssociationId: aws.String(have.Associations[s])})
		if unless(err, "InvalidAssociationID.NotFound") != nil {
			return err
		}
	}
	return nil
}

func takeSubnet(ctx context.Context, sc *ztcore.Scope, table, subnet string) error {
	found, err := describeRouteTables(ctx, sc, filter("association.subnet-id", subnet))
	if err != nil {
		return err
	}
	for _, t := range found {
		for _, a := range t.Associations {
			if aws.ToString(a.SubnetId) == subnet && aws.ToString(t.RouteTableId) != table {
				_, err = ec2.NewFromConfig(sc.Config).ReplaceRouteTableAssociation(ctx, &ec2.ReplaceRouteTableAssociationInput{AssociationId: a.RouteTableAssociationId, RouteTableId: &table})
			}
		}
	}
	return err
}

func deleteRouteTable(ctx context.Context, sc *ztcore.Scope, have routeTableState) error {
	if err := leaveTable(ctx, sc, have, routeTableState{}); err != nil {
		return err
	}
	_, err := ec2.NewFromConfig(sc.Config).DeleteRouteTable(ctx, &ec2.DeleteRouteTableInput{RouteTableId: &have.ID})
	return unless(err, "InvalidRouteTableID.NotFound")
}

// targetRE is one token, or the id of what a route can lead to.
var targetRE = regexp.MustCompile(`^(\{\{zt:[^{}]*\}\}|(igw|nat|pcx|tgw|vgw|eigw|eni|vpce)-[0-9a-z]+)$`)

func checkRouteTable(want routeTableState) []ztcore.Finding {
	var out []ztcore.Finding
	seen := map[string]bool{}
	for _, r := range want.Routes {
		bad := func(message, fix string) {
			out = append(out, ztcore.Finding{Attribute: "Routes[" + r.To + "]", Message: message, Fix: fix})
		}
		if seen[r.To] {
			bad("there are two routes to it", "declare one")
		}
		seen[r.To] = true
		if !ztcore.HasToken(r.To) && !strings.HasPrefix(r.To, "pl-") {
			if _, err := parseCIDR(r.To); err != nil {
				bad(err.Error(), "use a block such as 0.0.0.0/0, or a prefix list's id")
			}
		}
		if !targetRE.MatchString(r.Target) {
			bad(fmt.Sprintf("%q is no target", r.Target), "set one of InternetGateway, NATGateway, Endpoint and Target")
		}
	}
	out = append(out, checkVPCID(want.VPC)...)
	return out
}

// checkRouteTables finds subnets of two tables, and those that are led to an internet gateway without having said why.
func checkRouteTables(g *ztcore.Graph, all []ztcore.Declared[routeTableState]) []ztcore.Finding {
	var out []ztcore.Finding
	tables := map[string]ztcore.Address{}
	for _, t := range all {
		public := slices.ContainsFunc(t.Want.Routes, func(r route) bool {
			_, declared := ztcore.Lookup[internetGatewayState](g, r.Target)
			return declared || strings.HasPrefix(r.Target, "igw-")
		})
		for _, s := range t.Want.Subnets {
			subnet, declared := ztcore.Lookup[subnetState](g, s)
			what := calledSubnet(g, s)
			if other, ok := tables[s]; ok {
				out = append(out, ztcore.Finding{Resource: t.Address, Attribute: "Subnets", Message: fmt.Sprintf("%s is already of %s", what, other), Fix: "a subnet has one route table"})
			}
			tables[s] = t.Address
			if public && declared && !subnet.Want.MayBePublic {
				out = append(out, ztcore.Finding{
					Resource: t.Address, Attribute: "Subnets", Guardrail: "network.public-subnet", Controls: []string{"NIST SP 800-207 tenet 2", "CISA ZTMM Networks"},
					Message: fmt.Sprintf("%s is led to an internet gateway and does not say why", what),
					Fix:     "use a NAT gateway or endpoints, or set PublicBecause of the subnet",
				})
			}
		}
	}
	return out
}

// calledSubnet is a subnet's name for messages: its address if it is declared, or else its id.
func calledSubnet(g *ztcore.Graph, subnet string) string {
	if s, ok := ztcore.Lookup[subnetState](g, subnet); ok {
		return string(s.Address)
	}
	return subnet
}
