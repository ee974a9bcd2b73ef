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

// ownList is what a customer's prefix list has beyond AWS's.
type ownList struct {
	IPv6    bool
	Max     int32
	Version int64
	Notes   map[string]string // block → description
	Ready   time.Time
}

// mostEntries is how many a list can be made for. https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html
const mostEntries = 1000

// CreateManagedPrefixList makes a customer's list.
func (s *Service) CreateManagedPrefixList(ctx context.Context, in *ec2.CreateManagedPrefixListInput, _ ...func(*ec2.Options)) (*ec2.CreateManagedPrefixListOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	name, family, most := aws.ToString(in.PrefixListName), aws.ToString(in.AddressFamily), aws.ToInt32(in.MaxEntries)
	if made, err := r.replay("CreateManagedPrefixList", in.ClientToken, *in); err != nil || made != "" {
		if err != nil {
			return nil, err
		}
		l := r.PrefixLists.Index[made]
		if l == nil {
			return &ec2.CreateManagedPrefixListOutput{PrefixList: &types.ManagedPrefixList{PrefixListId: &made, State: types.PrefixListStateDeleteComplete}}, nil
		}
		out := l.describeManaged(r)
		return &ec2.CreateManagedPrefixListOutput{PrefixList: &out}, nil
	}
	switch {
	case name == "" || len(name) > 255 || strings.HasPrefix(name, "com.amazonaws"):
		return nil, invalidParameter("The prefix list name %q is invalid. It can have 255 characters and cannot start with com.amazonaws.", name)
	case family != "IPv4" && family != "IPv6":
		return nil, invalidParameter("The address family must be IPv4 or IPv6")
	case most < 1 || most > mostEntries:
		return nil, invalidParameter("The maximum number of entries must be within 1 and %d", mostEntries)
	}
	tags, err := specified(in.TagSpecifications, listKind.resource)
	if err != nil {
		return nil, err
	}
	l := &prefixList{Name: name, Own: &ownList{IPv6: family == "IPv6", Max: most, Version: 1, Notes: map[string]string{}, Ready: time.Now().Add(s.settle())}}
	if err := l.change(in.Entries, nil); err != nil {
		return nil, err
	}
	l.ID = s.cloud.ID("pl-", 17)
	r.PrefixLists.add(l.ID, l)
	r.tag(l.ID, tags)
	r.remember("CreateManagedPrefixList", in.ClientToken, *in, l.ID)
	out := l.describeManaged(r)
	return &ec2.CreateManagedPrefixListOutput{PrefixList: &out}, nil
}

// change adds and removes entries, all or none.
func (l *prefixList) change(add []types.AddPrefixListEntry, remove []types.RemovePrefixListEntry) error {
	after, notes := slices.Clone(l.CIDRs), map[string]string{}
	for k, v := range l.Own.Notes {
		notes[k] = v
	}
	for _, e := range remove {
		i := slices.Index(after, aws.ToString(e.Cidr))
		if i < 0 {
			return invalidParameter("The entry %s does not exist in the prefix list", aws.ToString(e.Cidr))
		}
		after = slices.Delete(after, i, i+1)
		delete(notes, aws.ToString(e.Cidr))
	}
	for _, e := range add {
		p, err := netip.ParsePrefix(aws.ToString(e.Cidr))
		if err != nil || p.Masked() != p || p.Addr().Is6() != l.Own.IPv6 {
			return fakeaws.Error("InvalidParameterValue", "Value (%s) for parameter cidr is invalid.", aws.ToString(e.Cidr))
		}
		if !slices.Contains(after, p.String()) { // an entry that is there gets another description
			after = append(after, p.String())
		}
		notes[p.String()] = aws.ToString(e.Description)
	}
	if len(after) > int(l.Own.Max) {
		return fakeaws.Error("PrefixListMaxEntriesExceeded", "You've reached the maximum number of entries for the prefix list.")
	}
	l.CIDRs, l.Own.Notes = after, notes
	return nil
}

// ModifyManagedPrefixList changes the entries of the latest version, or the size, and not both.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_ModifyManagedPrefixList.html
func (s *Service) ModifyManagedPrefixList(ctx context.Context, in *ec2.ModifyManagedPrefixListInput, _ ...func(*ec2.Options)) (*ec2.ModifyManagedPrefixListOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	l, err := find(&r.PrefixLists, listKind, in.PrefixListId)
	if err != nil {
		return nil, err
	}
	entries := len(in.AddEntries)+len(in.RemoveEntries) > 0
	switch {
	case l.Own == nil:
		return nil, fakeaws.Error("UnauthorizedOperation", "You are not authorized to modify a prefix list of AWS.")
	case time.Now().Before(l.Own.Ready):
		return nil, fakeaws.Error("IncorrectState", "The request cannot be completed while the prefix list (%s) is in the state modify-in-progress.", l.ID)
	case entries && in.MaxEntries != nil:
		return nil, badCombination("You cannot modify the entries and the maximum number of entries in the same request.")
	case entries && in.CurrentVersion == nil:
		return nil, missingParameter("currentVersion")
	case entries && *in.CurrentVersion != l.Own.Version:
		return nil, fakeaws.Error("PrefixListVersionMismatch", "The prefix list has the version %d.", l.Own.Version)
	case in.MaxEntries != nil && (int(*in.MaxEntries) < len(l.CIDRs) || *in.MaxEntries > mostEntries):
		return nil, invalidParameter("The maximum number of entries can't be %d", *in.MaxEntries)
	}
	if entries {
		if err := l.change(in.AddEntries, in.RemoveEntries); err != nil {
			return nil, err
		}
		l.Own.Version++
	}
	if in.MaxEntries != nil {
		l.Own.Max = *in.MaxEntries
	}
	if in.PrefixListName != nil {
		l.Name = *in.PrefixListName
	}
	l.Own.Ready = time.Now().Add(s.settle())
	out := l.describeManaged(r)
	return &ec2.ModifyManagedPrefixListOutput{PrefixList: &out}, nil
}

// DeleteManagedPrefixList removes a customer's list that no rule and no route refers to.
func (s *Service) DeleteManagedPrefixList(ctx context.Context, in *ec2.DeleteManagedPrefixListInput, _ ...func(*ec2.Options)) (*ec2.DeleteManagedPrefixListOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	l, err := find(&r.PrefixLists, listKind, in.PrefixListId)
	if err != nil {
		return nil, err
	}
	if l.Own == nil {
		return nil, fakeaws.Error("UnauthorizedOperation", "You are not authorized to delete a prefix list of AWS.")
	}
	routed := r.RouteTables.any(func(t *routeTable) bool { return t.routeTo(l.ID) != nil })
	if routed || r.Groups.any(func(g *group) bool {
		return slices.ContainsFunc(g.Rules, func(x *rule) bool { return x.Traffic.PrefixList == l.ID })
	}) {
		return nil, inUse("prefix list", l.ID)
	}
	r.PrefixLists.remove(l.ID)
	r.forget(l.ID)
	out := l.describeManaged(r)
	return &ec2.DeleteManagedPrefixListOutput{PrefixList: &out}, nil
}

// describeManaged is a list as it stands; AWS's own have no size and no version.
func (l *prefixList) describeManaged(r *region) types.ManagedPrefixList {
	out := types.ManagedPrefixList{PrefixListId: aws.String(l.ID), PrefixListName: aws.String(l.Name), AddressFamily: aws.String("IPv4"), State: types.PrefixListStateCreateComplete, Tags: r.tagsOn(l.ID)}
	owner := "aws"
	if l.Own != nil {
		owner = r.Account
		out.MaxEntries, out.Version = aws.Int32(l.Own.Max), aws.Int64(l.Own.Version)
		if l.Own.IPv6 {
			out.AddressFamily = aws.String("IPv6")
		}
		if out.State = types.PrefixListStateModifyComplete; time.Now().Before(l.Own.Ready) {
			out.State = types.PrefixListStateModifyInProgress
		}
	}
	out.PrefixListArn = aws.String("arn:" + fakeaws.Partition(r.Name) + ":ec2:" + r.Name + ":" + owner + ":prefix-list/" + l.ID)
	if out.OwnerId = aws.String(owner); l.Own == nil {
		out.OwnerId = aws.String("AWS")
	}
	return out
}

func (s *Service) installEdge() {
	c := s.cloud
	fakeaws.On(c, s.CreateCustomerGateway, "Type", "BgpAsn", "IpAddress", "PublicIp", "CertificateArn", "DeviceName", "TagSpecifications", "DryRun")
	fakeaws.On(c, s.DescribeCustomerGateways, "CustomerGatewayIds", "Filters", "DryRun")
	fakeaws.On(c, s.DeleteCustomerGateway, "CustomerGatewayId", "DryRun")
	fakeaws.On(c, s.CreateVpnGateway, "Type", "AmazonSideAsn", "TagSpecifications", "DryRun")
	fakeaws.On(c, s.AttachVpnGateway, "VpcId", "VpnGatewayId", "DryRun")
	fakeaws.On(c, s.DetachVpnGateway, "VpcId", "VpnGatewayId", "DryRun")
	fakeaws.On(c, s.DescribeVpnGateways, "VpnGatewayIds", "Filters", "DryRun")
	fakeaws.On(c, s.DeleteVpnGateway, "VpnGatewayId", "DryRun")
	var options, tunnel []string
	for _, o := range []string{
		"IKEVersions", "LogOptions", "Phase1DHGroupNumbers", "Phase1EncryptionAlgorithms", "Phase1IntegrityAlgorithms", "Phase1LifetimeSeconds",
		"Phase2DHGroupNumbers", "Phase2EncryptionAlgorithms", "Phase2IntegrityAlgorithms", "Phase2LifetimeSeconds", "PreSharedKey",
	} {
		options, tunnel = append(options, "Options.TunnelOptions."+o), append(tunnel, "TunnelOptions."+o)
	}
	fakeaws.On(c, s.CreateVpnConnection, append(options, "Type", "CustomerGatewayId", "VpnGatewayId", "Options.StaticRoutesOnly", "PreSharedKeyStorage", "TagSpecifications", "DryRun")...)
	fakeaws.On(c, s.DescribeVpnConnections, "VpnConnectionIds", "Filters", "DryRun")
	fakeaws.On(c, s.ModifyVpnTunnelOptions, append(tunnel, "VpnConnectionId", "VpnTunnelOutsideIpAddress", "DryRun")...)
	fakeaws.On(c, s.CreateVpnConnectionRoute, "VpnConnectionId", "DestinationCidrBlock")
	fakeaws.On(c, s.DeleteVpnConnectionRoute, "VpnConnectionId", "DestinationCidrBlock")
	fakeaws.On(c, s.DeleteVpnConnection, "VpnConnectionId", "DryRun")
	fakeaws.On(c, s.CreateManagedPrefixList, "PrefixListName", "AddressFamily", "MaxEntries", "Entries", "ClientToken", "TagSpecifications", "DryRun")
	fakeaws.On(c, s.ModifyManagedPrefixList, "PrefixListId", "AddEntries", "RemoveEntries", "CurrentVersion", "MaxEntries", "PrefixListName", "DryRun")
	fakeaws.On(c, s.DeleteManagedPrefixList, "PrefixListId", "DryRun")
}
