package fakeec2

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

type vpc struct {
	ID, CIDR, AssociationID   string
	IPv6CIDR, IPv6Association string // empty without IPv6
	Tenancy                   types.Tenancy
	DHCPOptions               string
	Default                   bool
	DNSHostnames              bool
	NoDNSSupport              bool
	AddressMetrics            bool
}

func (v *vpc) block() netip.Prefix { return netip.MustParsePrefix(v.CIDR) }

// CreateVpc makes a VPC with what AWS adds to it. It takes no client token: a lost answer leaves a VPC behind.
func (s *Service) CreateVpc(ctx context.Context, in *ec2.CreateVpcInput, _ ...func(*ec2.Options)) (*ec2.CreateVpcOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	if in.CidrBlock == nil {
		return nil, missingParameter("cidrBlock")
	}
	block, err := networkIPv4(*in.CidrBlock, "cidrBlock")
	if err != nil {
		return nil, err
	}
	if err := sized(block, "InvalidVpc.Range"); err != nil {
		return nil, err
	}
	if in.InstanceTenancy == types.TenancyHost {
		return nil, invalidParameter("Value (host) for parameter instanceTenancy is invalid. Use default or dedicated.")
	}
	tags, err := specified(in.TagSpecifications, vpcKind.resource)
	if err != nil {
		return nil, err
	}
	if max := s.limits.Load().VPCs; max > 0 && len(r.Vpcs.Items) >= max {
		return nil, fakeaws.Error("VpcLimitExceeded", "The maximum number of VPCs has been reached.")
	}
	v := vpc{CIDR: block.String(), Tenancy: in.InstanceTenancy}
	if aws.ToBool(in.AmazonProvidedIpv6CidrBlock) {
		v.IPv6CIDR, v.IPv6Association = r.freeIPv6(), s.cloud.ID("vpc-cidr-assoc-", 17)
	}
	made := s.addVPC(r, v)
	r.tag(made.ID, tags)
	out := made.describe(r)
	out.State = types.VpcStatePending
	return &ec2.CreateVpcOutput{Vpc: &out}, nil
}

// freeIPv6 is an Amazon-provided block that no VPC of the region has.
func (r *region) freeIPv6() string {
	for n := 1; ; n++ {
		block := fmt.Sprintf("2600:1f18:0:%x00::/56", n)
		if !r.Vpcs.any(func(v *vpc) bool { return v.IPv6CIDR == block }) {
			return block
		}
	}
}

// addVPC adds a VPC with its main route table, default network ACL and default security group.
func (s *Service) addVPC(r *region, v vpc) *vpc {
	v.ID, v.AssociationID = s.cloud.ID("vpc-", 17), s.cloud.ID("vpc-cidr-assoc-", 17)
	v.DHCPOptions = r.DHCPOptions.Items[0].ID
	if v.Tenancy == "" {
		v.Tenancy = types.TenancyDefault
	}
	r.Vpcs.add(v.ID, &v)
	main := s.addTable(r, &v)
	main.Associations = []association{{ID: s.cloud.ID("rtbassoc-", 17), Main: true}}
	s.addACL(r, &v, true)
	g := s.addGroup(r, &v, "default", "default VPC security group")
	self := traffic{Protocol: "-1", From: -1, To: -1, Group: g.ID, GroupAccount: r.Account}
	g.Rules = append([]*rule{{ID: s.cloud.ID("sgr-", 17), Traffic: self}}, g.Rules...)
	return &v
}

func (v *vpc) describe(r *region) types.Vpc {
	out := types.Vpc{
		VpcId: aws.String(v.ID), CidrBlock: aws.String(v.CIDR), OwnerId: aws.String(r.Account), State: types.VpcStateAvailable,
		IsDefault: aws.Bool(v.Default), InstanceTenancy: v.Tenancy, DhcpOptionsId: aws.String(v.DHCPOptions), Tags: r.tagsOn(v.ID),
		CidrBlockAssociationSet: []types.VpcCidrBlockAssociation{{
			AssociationId: aws.String(v.AssociationID), CidrBlock: aws.String(v.CIDR),
			CidrBlockState: &types.VpcCidrBlockState{State: types.VpcCidrBlockStateCodeAssociated},
		}},
		BlockPublicAccessStates: r.blockPublicAccess(),
	}
	if v.IPv6CIDR != "" {
		out.Ipv6CidrBlockAssociationSet = []types.VpcIpv6CidrBlockAssociation{{
			AssociationId: aws.String(v.IPv6Association), Ipv6CidrBlock: aws.String(v.IPv6CIDR), Ipv6Pool: aws.String("Amazon"),
			NetworkBorderGroup: aws.String(r.Name), IpSource: types.IpSourceAmazon, Ipv6AddressAttribute: types.Ipv6AddressAttributePublic,
			Ipv6CidrBlockState: &types.VpcCidrBlockState{State: types.VpcCidrBlockStateCodeAssociated},
		}}
	}
	return out
}

var vpcQuery = query[vpc]{kind: vpcKind, id: func(v *vpc) string { return v.ID }, columns: columns[vpc]{
	"cidr":                                        one(func(v *vpc) string { return v.CIDR }),
	"cidr-block-association.cidr-block":           one(func(v *vpc) string { return v.CIDR }),
	"cidr-block-association.association-id":       one(func(v *vpc) string { return v.AssociationID }),
	"cidr-block-association.state":                constant[vpc]("associated"),
	"dhcp-options-id":                             one(func(v *vpc) string { return v.DHCPOptions }),
	"ipv6-cidr-block-association.ipv6-cidr-block": one(func(v *vpc) string { return v.IPv6CIDR }),
	"ipv6-cidr-block-association.association-id":  one(func(v *vpc) string { return v.IPv6Association }),
	"ipv6-cidr-block-association.ipv6-pool": one(func(v *vpc) string {
		if v.IPv6CIDR == "" {
			return ""
		}
		return "Amazon"
	}),
	"ipv6-cidr-block-association.state": one(func(v *vpc) string {
		if v.IPv6CIDR == "" {
			return ""
		}
		return "associated"
	}),
	"is-default": one(func(v *vpc) string { return boolText(v.Default) }),
	"isDefault":  one(func(v *vpc) string { return boolText(v.Default) }),
	"owner-id":   owner[vpc],
	"state":      constant[vpc]("available"),
	"vpc-id":     one(func(v *vpc) string { return v.ID }),
}}

// DescribeVpcs answers VPCs in the order of their creation.
func (s *Service) DescribeVpcs(ctx context.Context, in *ec2.DescribeVpcsInput, _ ...func(*ec2.Options)) (*ec2.DescribeVpcsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	found, next, err := list(ctx, r, &r.Vpcs, vpcQuery, asked{in.VpcIds, in.Filters, in.NextToken, in.MaxResults})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeVpcsOutput{NextToken: next}
	for _, v := range found {
		out.Vpcs = append(out.Vpcs, v.describe(r))
	}
	return out, nil
}

// DeleteVpc deletes a VPC and what came with it. Anything else in it is a DependencyViolation.
func (s *Service) DeleteVpc(ctx context.Context, in *ec2.DeleteVpcInput, _ ...func(*ec2.Options)) (*ec2.DeleteVpcOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	v, err := find(&r.Vpcs, vpcKind, in.VpcId)
	if err != nil {
		return nil, err
	}
	if r.occupied(v.ID) {
		return nil, inUse("vpc", v.ID)
	}
	for _, t := range r.RouteTables.where(func(t *routeTable) bool { return t.VPC == v.ID }) {
		r.RouteTables.remove(t.ID)
		r.forget(t.ID)
	}
	for _, a := range r.ACLs.where(func(a *networkACL) bool { return a.VPC == v.ID }) {
		r.ACLs.remove(a.ID)
		r.forget(a.ID)
	}
	for _, g := range r.Groups.where(func(g *group) bool { return g.VPC == v.ID }) {
		r.dropGroup(g)
	}
	r.Vpcs.remove(v.ID)
	r.forget(v.ID)
	return &ec2.DeleteVpcOutput{}, nil
}

// occupied reports whether a VPC has more in it than what AWS puts there. Interfaces and NAT gateways are in its subnets.
func (r *region) occupied(vpcID string) bool {
	return r.Subnets.any(func(n *subnet) bool { return n.VPC == vpcID }) ||
		r.Groups.any(func(g *group) bool { return g.VPC == vpcID && g.Name != "default" }) ||
		r.Gateways.any(func(g *gateway) bool { return g.VPC == vpcID }) ||
		r.VPNGateways.any(func(g *vpnGateway) bool { return g.VPC == vpcID }) ||
		r.RouteTables.any(func(t *routeTable) bool { return t.VPC == vpcID && !t.main() }) ||
		r.ACLs.any(func(a *networkACL) bool { return a.VPC == vpcID && !a.Default }) ||
		r.Endpoints.any(func(e *endpoint) bool { return e.VPC == vpcID }) ||
		r.Peerings.any(func(p *peering) bool { return p.joins(r, vpcID) && p.standing() })
}

// ModifyVpcAttribute changes one attribute, as EC2 takes only one at a time.
func (s *Service) ModifyVpcAttribute(ctx context.Context, in *ec2.ModifyVpcAttributeInput, _ ...func(*ec2.Options)) (*ec2.ModifyVpcAttributeOutput, error) {
	r, err := s.open(ctx, nil)
	if err != nil {
		return nil, err
	}
	v, err := find(&r.Vpcs, vpcKind, in.VpcId)
	if err != nil {
		return nil, err
	}
	given := 0
	for _, a := range []*types.AttributeBooleanValue{in.EnableDnsHostnames, in.EnableDnsSupport, in.EnableNetworkAddressUsageMetrics} {
		if a != nil && a.Value != nil {
			given++
		}
	}
	if given != 1 {
		return nil, badCombination("Exactly one attribute of a VPC can be modified at a time")
	}
	switch {
	case in.EnableDnsSupport != nil:
		v.NoDNSSupport = !*in.EnableDnsSupport.Value
	case in.EnableDnsHostnames != nil:
		if *in.EnableDnsHostnames.Value && v.NoDNSSupport {
			return nil, invalidParameter("DNS hostnames can only be enabled if DNS support is enabled")
		}
		v.DNSHostnames = *in.EnableDnsHostnames.Value
	default:
		v.AddressMetrics = *in.EnableNetworkAddressUsageMetrics.Value
	}
	return &ec2.ModifyVpcAttributeOutput{}, nil
}

// DescribeVpcAttribute answers one attribute.
func (s *Service) DescribeVpcAttribute(ctx context.Context, in *ec2.DescribeVpcAttributeInput, _ ...func(*ec2.Options)) (*ec2.DescribeVpcAttributeOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	v, err := find(&r.Vpcs, vpcKind, in.VpcId)
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeVpcAttributeOutput{VpcId: aws.String(v.ID)}
	switch in.Attribute {
	case types.VpcAttributeNameEnableDnsSupport:
		out.EnableDnsSupport = &types.AttributeBooleanValue{Value: aws.Bool(!v.NoDNSSupport)}
	case types.VpcAttributeNameEnableDnsHostnames:
		out.EnableDnsHostnames = &types.AttributeBooleanValue{Value: aws.Bool(v.DNSHostnames)}
	case types.VpcAttributeNameEnableNetworkAddressUsageMetrics:
		out.EnableNetworkAddressUsageMetrics = &types.AttributeBooleanValue{Value: aws.Bool(v.AddressMetrics)}
	default:
		return nil, invalidParameter("Value (%s) for parameter attribute is invalid. Unknown attribute.", in.Attribute)
	}
	return out, nil
}
