package fakeec2

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

type subnet struct {
	ID, VPC, Zone, ZoneID, CIDR string
	IPv6CIDR, IPv6Association   string // empty without IPv6
	Default                     bool
	PublicIPs                   bool // MapPublicIpOnLaunch
	AssignIPv6                  bool
	DNS64                       bool
	HostnameType                types.HostnameType
	NameA, NameAAAA             bool
}

// Subnet is offered to services that put endpoints into subnets.
func (s *Service) Subnet(ctx context.Context, id string) (vpc, zone string, ok bool) {
	n := s.store.In(ctx).Subnets.Index[id]
	if n == nil {
		return "", "", false
	}
	return n.VPC, n.Zone, true
}

func (n *subnet) block() netip.Prefix { return netip.MustParsePrefix(n.CIDR) }

// CreateSubnet makes a subnet that assigns no public addresses. Without a zone it lands in the region's first.
func (s *Service) CreateSubnet(ctx context.Context, in *ec2.CreateSubnetInput, _ ...func(*ec2.Options)) (*ec2.CreateSubnetOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	v, err := find(&r.Vpcs, vpcKind, in.VpcId)
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
	if err := sized(block, "InvalidSubnet.Range"); err != nil {
		return nil, err
	}
	if !within(block, v.block()) {
		return nil, fakeaws.Error("InvalidSubnet.Range", "The CIDR '%s' is invalid.", block)
	}
	z, err := zoneNamed(r.Name, aws.ToString(in.AvailabilityZone), aws.ToString(in.AvailabilityZoneId))
	if err != nil {
		return nil, err
	}
	tags, err := specified(in.TagSpecifications, subnetKind.resource)
	if err != nil {
		return nil, err
	}
	n := subnet{VPC: v.ID, Zone: z.name, CIDR: block.String()}
	if in.Ipv6CidrBlock != nil {
		six, err := networkIPv6(*in.Ipv6CidrBlock, "ipv6CidrBlock")
		if err != nil {
			return nil, err
		}
		if v.IPv6CIDR == "" || !within(six, netip.MustParsePrefix(v.IPv6CIDR)) || six.Bits() > 64 || six.Bits()%4 != 0 {
			return nil, fakeaws.Error("InvalidSubnet.Range", "The CIDR '%s' is invalid.", six)
		}
		n.IPv6CIDR, n.IPv6Association = six.String(), s.cloud.ID("subnet-cidr-assoc-", 17)
	}
	for _, other := range r.Subnets.Items {
		if other.VPC != v.ID {
			continue
		}
		if other.block().Overlaps(block) {
			return nil, fakeaws.Error("InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", block)
		}
		if n.IPv6CIDR != "" && other.IPv6CIDR != "" && netip.MustParsePrefix(n.IPv6CIDR).Overlaps(netip.MustParsePrefix(other.IPv6CIDR)) {
			return nil, fakeaws.Error("InvalidSubnet.Conflict", "The CIDR '%s' conflicts with another subnet", n.IPv6CIDR)
		}
	}
	made := s.addSubnet(r, n)
	r.tag(made.ID, tags)
	out := made.describe(r, 0)
	return &ec2.CreateSubnetOutput{Subnet: &out}, nil
}

// zoneNamed finds the zone that a request gives by name or by id.
func zoneNamed(region, name, id string) (zone, error) {
	zones := zonesOf(region)
	if name == "" && id == "" {
		return zones[0], nil
	}
	if name != "" && id != "" {
		return zone{}, badCombination("Specify either availabilityZone or availabilityZoneId")
	}
	var known []string
	for _, z := range zones {
		if z.name == name || z.id == id {
			return z, nil
		}
		known = append(known, z.name)
	}
	return zone{}, invalidParameter("Value (%s) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: %s.",
		name+id, strings.Join(known, ", "))
}

// addSubnet adds a subnet under the VPC's default network ACL.
func (s *Service) addSubnet(r *region, n subnet) *subnet {
	n.ID = s.cloud.ID("subnet-", 17)
	n.HostnameType = types.HostnameTypeIpName
	for _, z := range zonesOf(r.Name) {
		if z.name == n.Zone {
			n.ZoneID = z.id
		}
	}
	r.Subnets.add(n.ID, &n)
	for _, a := range r.ACLs.Items {
		if a.VPC == n.VPC && a.Default {
			a.Associations = append(a.Associations, association{ID: s.cloud.ID("aclassoc-", 17), Subnet: n.ID})
		}
	}
	return &n
}

// addressesInUse counts the addresses taken in each subnet.
func (r *region) addressesInUse() map[string]int {
	now := time.Now()
	used := map[string]int{}
	for _, i := range r.Interfaces.Items {
		if !i.gone(now) {
			used[i.Subnet] += len(i.addresses())
		}
	}
	return used
}

func (n *subnet) describe(r *region, used int) types.Subnet {
	out := types.Subnet{
		SubnetId: aws.String(n.ID), SubnetArn: r.arn("subnet", n.ID), VpcId: aws.String(n.VPC), OwnerId: aws.String(r.Account),
		State: types.SubnetStateAvailable, CidrBlock: aws.String(n.CIDR), AvailabilityZone: aws.String(n.Zone), AvailabilityZoneId: aws.String(n.ZoneID),
		AvailableIpAddressCount: aws.Int32(int32(usable(n.block())) - int32(used)), DefaultForAz: aws.Bool(n.Default), MapPublicIpOnLaunch: aws.Bool(n.PublicIPs),
		AssignIpv6AddressOnCreation: aws.Bool(n.AssignIPv6), EnableDns64: aws.Bool(n.DNS64), Ipv6Native: aws.Bool(false), MapCustomerOwnedIpOnLaunch: aws.Bool(false),
		PrivateDnsNameOptionsOnLaunch: &types.PrivateDnsNameOptionsOnLaunch{
			HostnameType: n.HostnameType, EnableResourceNameDnsARecord: aws.Bool(n.NameA), EnableResourceNameDnsAAAARecord: aws.Bool(n.NameAAAA),
		},
		BlockPublicAccessStates: r.blockPublicAccess(), Tags: r.tagsOn(n.ID),
	}
	if n.IPv6CIDR != "" {
		out.Ipv6CidrBlockAssociationSet = []types.SubnetIpv6CidrBlockAssociation{{
			AssociationId: aws.String(n.IPv6Association), Ipv6CidrBlock: aws.String(n.IPv6CIDR), IpSource: types.IpSourceAmazon,
			Ipv6AddressAttribute: types.Ipv6AddressAttributePublic,
			Ipv6CidrBlockState:   &types.SubnetCidrBlockState{State: types.SubnetCidrBlockStateCodeAssociated},
		}}
	}
	return out
}

var subnetQuery = query[subnet]{kind: subnetKind, id: func(n *subnet) string { return n.ID }, columns: columns[subnet]{
	"availability-zone":       one(func(n *subnet) string { return n.Zone }),
	"availabilityZone":        one(func(n *subnet) string { return n.Zone }),
	"availability-zone-id":    one(func(n *subnet) string { return n.ZoneID }),
	"availabilityZoneId":      one(func(n *subnet) string { return n.ZoneID }),
	"cidr-block":              one(func(n *subnet) string { return n.CIDR }),
	"cidr":                    one(func(n *subnet) string { return n.CIDR }),
	"cidrBlock":               one(func(n *subnet) string { return n.CIDR }),
	"default-for-az":          one(func(n *subnet) string { return boolText(n.Default) }),
	"defaultForAz":            one(func(n *subnet) string { return boolText(n.Default) }),
	"enable-dns64":            one(func(n *subnet) string { return boolText(n.DNS64) }),
	"ipv6-native":             constant[subnet]("false"),
	"map-public-ip-on-launch": one(func(n *subnet) string { return boolText(n.PublicIPs) }),
	"ipv6-cidr-block-association.ipv6-cidr-block":      one(func(n *subnet) string { return n.IPv6CIDR }),
	"ipv6-cidr-block-association.association-id":       one(func(n *subnet) string { return n.IPv6Association }),
	"private-dns-name-options-on-launch.hostname-type": one(func(n *subnet) string { return string(n.HostnameType) }),
	"available-ip-address-count": func(r *region, n *subnet) []string {
		return []string{intText(int(usable(n.block())) - r.addressesInUse()[n.ID])}
	},
	"ipv6-cidr-block-association.state": one(func(n *subnet) string {
		if n.IPv6CIDR == "" {
			return ""
		}
		return "associated"
	}),
	"map-customer-owned-ip-on-launch":                                         constant[subnet]("false"),
	"private-dns-name-options-on-launch.enable-resource-name-dns-a-record":    one(func(n *subnet) string { return boolText(n.NameA) }),
	"private-dns-name-options-on-launch.enable-resource-name-dns-aaaa-record": one(func(n *subnet) string { return boolText(n.NameAAAA) }),
	"customer-owned-ipv4-pool":                                                none[subnet],
	"enable-lni-at-device-index":                                              none[subnet],
	"outpost-arn":                                                             none[subnet],
	"owner-id":                                                                owner[subnet],
	"state":                                                                   constant[subnet]("available"),
	"subnet-arn":                                                              func(r *region, n *subnet) []string { return []string{*r.arn("subnet", n.ID)} },
	"subnet-id":                                                               one(func(n *subnet) string { return n.ID }),
	"vpc-id":                                                                  one(func(n *subnet) string { return n.VPC }),
}}

// DescribeSubnets answers subnets in the order of their creation.
func (s *Service) DescribeSubnets(ctx context.Context, in *ec2.DescribeSubnetsInput, _ ...func(*ec2.Options)) (*ec2.DescribeSubnetsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	found, next, err := list(ctx, r, &r.Subnets, subnetQuery, asked{in.SubnetIds, in.Filters, in.NextToken, in.MaxResults})
	if err != nil {
		return nil, err
	}
	used := r.addressesInUse()
	out := &ec2.DescribeSubnetsOutput{NextToken: next}
	for _, n := range found {
		out.Subnets = append(out.Subnets, n.describe(r, used[n.ID]))
	}
	return out, nil
}

// DeleteSubnet deletes a subnet that has no network interface in it.
func (s *Service) DeleteSubnet(ctx context.Context, in *ec2.DeleteSubnetInput, _ ...func(*ec2.Options)) (*ec2.DeleteSubnetOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	n, err := find(&r.Subnets, subnetKind, in.SubnetId)
	if err != nil {
		return nil, err
	}
	if r.Interfaces.any(func(i *networkInterface) bool { return i.Subnet == n.ID }) {
		return nil, inUse("subnet", n.ID)
	}
	if others, ok := fakeaws.Capability[fakeaws.RouteEndpoints](s.cloud); ok && others.EndpointIn(ctx, n.ID) {
		return nil, inUse("subnet", n.ID)
	}
	ours := func(a association) bool { return a.Subnet == n.ID }
	for _, t := range r.RouteTables.Items {
		t.Associations = slices.DeleteFunc(t.Associations, ours)
	}
	for _, a := range r.ACLs.Items {
		a.Associations = slices.DeleteFunc(a.Associations, ours)
	}
	r.Subnets.remove(n.ID)
	r.forget(n.ID)
	return &ec2.DeleteSubnetOutput{}, nil
}

// ModifySubnetAttribute changes one attribute, as EC2 takes only one at a time.
func (s *Service) ModifySubnetAttribute(ctx context.Context, in *ec2.ModifySubnetAttributeInput, _ ...func(*ec2.Options)) (*ec2.ModifySubnetAttributeOutput, error) {
	r, err := s.open(ctx, nil)
	if err != nil {
		return nil, err
	}
	n, err := find(&r.Subnets, subnetKind, in.SubnetId)
	if err != nil {
		return nil, err
	}
	given := 0
	var change func()
	for _, a := range []struct {
		value *types.AttributeBooleanValue
		field *bool
	}{
		{in.MapPublicIpOnLaunch, &n.PublicIPs}, {in.AssignIpv6AddressOnCreation, &n.AssignIPv6}, {in.EnableDns64, &n.DNS64},
		{in.EnableResourceNameDnsARecordOnLaunch, &n.NameA}, {in.EnableResourceNameDnsAAAARecordOnLaunch, &n.NameAAAA},
	} {
		if a.value != nil && a.value.Value != nil {
			given++
			change = func() { *a.field = *a.value.Value }
		}
	}
	if in.PrivateDnsHostnameTypeOnLaunch != "" {
		given++
		change = func() { n.HostnameType = in.PrivateDnsHostnameTypeOnLaunch }
	}
	if given != 1 {
		return nil, badCombination("Exactly one attribute of a subnet can be modified at a time")
	}
	if in.AssignIpv6AddressOnCreation != nil && *in.AssignIpv6AddressOnCreation.Value && n.IPv6CIDR == "" {
		return nil, invalidParameter("Invalid value 'true' for assignIpv6AddressOnCreation. %s has no IPv6 CIDR block.", n.ID)
	}
	change()
	return &ec2.ModifySubnetAttributeOutput{}, nil
}
