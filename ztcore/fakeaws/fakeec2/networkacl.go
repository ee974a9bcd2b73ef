package fakeec2

import (
	"context"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

type networkACL struct {
	ID, VPC      string
	Default      bool
	Entries      []aclEntry // sorted: egress first, then by number
	Associations []association
}

type aclEntry struct {
	Egress             bool
	Number             int32
	Action             types.RuleAction
	Protocol           string // a number, or -1 for all
	CIDR, IPv6         string // exactly one is set
	From, To           int32  // ports; 0 and 0 where the protocol has none
	ICMPType, ICMPCode int32
}

// The numbers of the entries that AWS adds: the last, which cannot be removed, and those of a default ACL that allow everything.
const (
	aclAllow, aclAllowIPv6 = 100, 101
	aclLast, aclLastIPv6   = 32767, 32768
	aclMaxNumber           = 32766
)

// addACL adds a network ACL that denies everything, or, as a VPC's default one, allows everything.
func (s *Service) addACL(r *region, v *vpc, isDefault bool) *networkACL {
	a := &networkACL{ID: s.cloud.ID("acl-", 17), VPC: v.ID, Default: isDefault}
	for _, egress := range []bool{true, false} {
		if isDefault {
			a.Entries = append(a.Entries, aclEntry{Egress: egress, Number: aclAllow, Action: types.RuleActionAllow, Protocol: "-1", CIDR: "0.0.0.0/0"})
			if v.IPv6CIDR != "" {
				a.Entries = append(a.Entries, aclEntry{Egress: egress, Number: aclAllowIPv6, Action: types.RuleActionAllow, Protocol: "-1", IPv6: "::/0"})
			}
		}
		a.Entries = append(a.Entries, aclEntry{Egress: egress, Number: aclLast, Action: types.RuleActionDeny, Protocol: "-1", CIDR: "0.0.0.0/0"})
		if v.IPv6CIDR != "" {
			a.Entries = append(a.Entries, aclEntry{Egress: egress, Number: aclLastIPv6, Action: types.RuleActionDeny, Protocol: "-1", IPv6: "::/0"})
		}
	}
	r.ACLs.add(a.ID, a)
	return a
}

// CreateNetworkAcl makes a network ACL that denies everything.
func (s *Service) CreateNetworkAcl(ctx context.Context, in *ec2.CreateNetworkAclInput, _ ...func(*ec2.Options)) (*ec2.CreateNetworkAclOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	done, err := r.replay("CreateNetworkAcl", in.ClientToken, in)
	if err != nil {
		return nil, err
	}
	a := r.ACLs.Index[done]
	if done != "" && a == nil {
		a = &networkACL{ID: done, VPC: *in.VpcId}
	}
	if a == nil {
		v, err := find(&r.Vpcs, vpcKind, in.VpcId)
		if err != nil {
			return nil, err
		}
		tags, err := specified(in.TagSpecifications, aclKind.resource)
		if err != nil {
			return nil, err
		}
		a = s.addACL(r, v, false)
		r.tag(a.ID, tags)
		r.remember("CreateNetworkAcl", in.ClientToken, in, a.ID)
	}
	out := a.describe(r)
	return &ec2.CreateNetworkAclOutput{NetworkAcl: &out, ClientToken: in.ClientToken}, nil
}

func (a *networkACL) describe(r *region) types.NetworkAcl {
	out := types.NetworkAcl{
		NetworkAclId: aws.String(a.ID), VpcId: aws.String(a.VPC), OwnerId: aws.String(r.Account), IsDefault: aws.Bool(a.Default), Tags: r.tagsOn(a.ID),
	}
	for _, e := range a.Entries {
		x := types.NetworkAclEntry{
			Egress: aws.Bool(e.Egress), RuleNumber: aws.Int32(e.Number), RuleAction: e.Action, Protocol: aws.String(e.Protocol),
			CidrBlock: text(e.CIDR), Ipv6CidrBlock: text(e.IPv6),
		}
		switch {
		case e.hasPorts():
			x.PortRange = &types.PortRange{From: aws.Int32(e.From), To: aws.Int32(e.To)}
		case e.isICMP():
			x.IcmpTypeCode = &types.IcmpTypeCode{Type: aws.Int32(e.ICMPType), Code: aws.Int32(e.ICMPCode)}
		}
		out.Entries = append(out.Entries, x)
	}
	for _, x := range a.Associations {
		out.Associations = append(out.Associations, types.NetworkAclAssociation{
			NetworkAclAssociationId: aws.String(x.ID), NetworkAclId: aws.String(a.ID), SubnetId: aws.String(x.Subnet),
		})
	}
	return out
}

func (e aclEntry) hasPorts() bool { return e.Protocol == "6" || e.Protocol == "17" }
func (e aclEntry) isICMP() bool   { return e.Protocol == "1" || e.Protocol == "58" }

// textIf is a number where it means something.
func textIf(holds bool, n int32) string {
	if holds {
		return intText(n)
	}
	return ""
}

var aclQuery = query[networkACL]{kind: aclKind, id: func(a *networkACL) string { return a.ID }, columns: aclColumns()}

func aclColumns() columns[networkACL] {
	entries := func(a *networkACL) []aclEntry { return a.Entries }
	associations := func(a *networkACL) []association { return a.Associations }
	return columns[networkACL]{
		"association.association-id": each(associations, func(x association) string { return x.ID }),
		"association.subnet-id":      each(associations, func(x association) string { return x.Subnet }),
		"association.network-acl-id": func(_ *region, a *networkACL) []string {
			if len(a.Associations) == 0 {
				return nil
			}
			return []string{a.ID}
		},
		"default":               one(func(a *networkACL) string { return boolText(a.Default) }),
		"entry.cidr":            each(entries, func(e aclEntry) string { return e.CIDR }),
		"entry.ipv6-cidr":       each(entries, func(e aclEntry) string { return e.IPv6 }),
		"entry.port-range.from": each(entries, func(e aclEntry) string { return textIf(e.hasPorts(), e.From) }),
		"entry.port-range.to":   each(entries, func(e aclEntry) string { return textIf(e.hasPorts(), e.To) }),
		"entry.icmp.type":       each(entries, func(e aclEntry) string { return textIf(e.isICMP(), e.ICMPType) }),
		"entry.icmp.code":       each(entries, func(e aclEntry) string { return textIf(e.isICMP(), e.ICMPCode) }),
		"entry.protocol":        each(entries, func(e aclEntry) string { return e.Protocol }),
		"entry.rule-action":     each(entries, func(e aclEntry) string { return string(e.Action) }),
		"entry.egress":          each(entries, func(e aclEntry) string { return boolText(e.Egress) }),
		"entry.rule-number":     each(entries, func(e aclEntry) string { return intText(e.Number) }),
		"network-acl-id":        one(func(a *networkACL) string { return a.ID }),
		"owner-id":              owner[networkACL],
		"vpc-id":                one(func(a *networkACL) string { return a.VPC }),
	}
}

// DescribeNetworkAcls answers network ACLs in the order of their creation.
func (s *Service) DescribeNetworkAcls(ctx context.Context, in *ec2.DescribeNetworkAclsInput, _ ...func(*ec2.Options)) (*ec2.DescribeNetworkAclsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	found, next, err := list(ctx, r, &r.ACLs, aclQuery, asked{in.NetworkAclIds, in.Filters, in.NextToken, in.MaxResults})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeNetworkAclsOutput{NextToken: next}
	for _, a := range found {
		out.NetworkAcls = append(out.NetworkAcls, a.describe(r))
	}
	return out, nil
}

// DeleteNetworkAcl deletes a network ACL that is not a default one and has no subnets.
func (s *Service) DeleteNetworkAcl(ctx context.Context, in *ec2.DeleteNetworkAclInput, _ ...func(*ec2.Options)) (*ec2.DeleteNetworkAclOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	a, err := find(&r.ACLs, aclKind, in.NetworkAclId)
	if err != nil {
		return nil, err
	}
	if a.Default {
		return nil, invalidParameter("cannot delete default network ACL %s", a.ID)
	}
	if len(a.Associations) > 0 {
		return nil, inUse("networkAcl", a.ID)
	}
	r.ACLs.remove(a.ID)
	r.forget(a.ID)
	return &ec2.DeleteNetworkAclOutput{}, nil
}

// entry checks an entry and brings it into EC2's normal form.
func entry(egress *bool, number *int32, action types.RuleAction, protocol, cidr, ipv6 *string, ports *types.PortRange, icmp *types.IcmpTypeCode) (aclEntry, error) {
	e := aclEntry{Egress: aws.ToBool(egress), Number: aws.ToInt32(number), Action: action}
	if err := entryNumber(e.Number); err != nil {
		return e, err
	}
	if action != types.RuleActionAllow && action != types.RuleActionDeny {
		return e, invalidParameter("Value (%s) for parameter ruleAction is invalid. Unknown rule action.", action)
	}
	if (cidr == nil) == (ipv6 == nil) {
		return e, badCombination("Exactly one of cidrBlock and ipv6CidrBlock must be specified")
	}
	if cidr != nil {
		p, err := networkIPv4(*cidr, "cidrBlock")
		if err != nil {
			return e, err
		}
		e.CIDR = p.String()
	} else {
		p, err := networkIPv6(*ipv6, "ipv6CidrBlock")
		if err != nil {
			return e, err
		}
		e.IPv6 = p.String()
	}
	numbers := map[string]string{"tcp": "6", "udp": "17", "icmp": "1", "icmpv6": "58", "all": "-1"}
	e.Protocol = strings.ToLower(aws.ToString(protocol))
	if n, ok := numbers[e.Protocol]; ok {
		e.Protocol = n
	}
	if n, err := strconv.Atoi(e.Protocol); err != nil || n < -1 || n > 255 {
		return e, invalidParameter("Invalid value '%s' for IP protocol. Unknown protocol.", e.Protocol)
	}
	switch {
	case e.hasPorts():
		if ports == nil || ports.From == nil || ports.To == nil {
			return e, missingParameter("portRange")
		}
		e.From, e.To = *ports.From, *ports.To
		if e.From < 0 || e.To > 65535 || e.From > e.To {
			return e, invalidParameter("Invalid TCP/UDP port range (%d:%d)", e.From, e.To)
		}
	case e.isICMP():
		if icmp == nil || icmp.Type == nil || icmp.Code == nil {
			return e, missingParameter("icmpTypeCode")
		}
		e.ICMPType, e.ICMPCode = *icmp.Type, *icmp.Code
	}
	return e, nil
}

func entryNumber(n int32) error {
	if n < 1 || n > aclMaxNumber {
		return invalidParameter("Value (%d) for parameter ruleNumber is invalid. The rule number must be between 1 and %d.", n, aclMaxNumber)
	}
	return nil
}

func (a *networkACL) at(egress bool, number int32) int {
	return slices.IndexFunc(a.Entries, func(e aclEntry) bool { return e.Egress == egress && e.Number == number })
}

// CreateNetworkAclEntry adds an entry under a number that is free.
func (s *Service) CreateNetworkAclEntry(ctx context.Context, in *ec2.CreateNetworkAclEntryInput, _ ...func(*ec2.Options)) (*ec2.CreateNetworkAclEntryOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	a, err := find(&r.ACLs, aclKind, in.NetworkAclId)
	if err != nil {
		return nil, err
	}
	e, err := entry(in.Egress, in.RuleNumber, in.RuleAction, in.Protocol, in.CidrBlock, in.Ipv6CidrBlock, in.PortRange, in.IcmpTypeCode)
	if err != nil {
		return nil, err
	}
	if a.at(e.Egress, e.Number) >= 0 {
		return nil, fakeaws.Error("NetworkAclEntryAlreadyExists", "The network acl entry identified by %d already exists.", e.Number)
	}
	own := 0
	for _, x := range a.Entries {
		if x.Egress == e.Egress && x.Number <= aclMaxNumber {
			own++
		}
	}
	if max := s.limits.Load().EntriesPerACL; max > 0 && own >= max {
		return nil, fakeaws.Error("NetworkAclEntryLimitExceeded", "The maximum number of network acl entries has been reached.")
	}
	a.Entries = append(a.Entries, e)
	sort.SliceStable(a.Entries, func(i, j int) bool {
		x, y := a.Entries[i], a.Entries[j]
		return x.Egress && !y.Egress || x.Egress == y.Egress && x.Number < y.Number
	})
	return &ec2.CreateNetworkAclEntryOutput{}, nil
}

// ReplaceNetworkAclEntry replaces an entry.
func (s *Service) ReplaceNetworkAclEntry(ctx context.Context, in *ec2.ReplaceNetworkAclEntryInput, _ ...func(*ec2.Options)) (*ec2.ReplaceNetworkAclEntryOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	a, err := find(&r.ACLs, aclKind, in.NetworkAclId)
	if err != nil {
		return nil, err
	}
	e, err := entry(in.Egress, in.RuleNumber, in.RuleAction, in.Protocol, in.CidrBlock, in.Ipv6CidrBlock, in.PortRange, in.IcmpTypeCode)
	if err != nil {
		return nil, err
	}
	i := a.at(e.Egress, e.Number)
	if i < 0 {
		return nil, noEntry(e.Number)
	}
	a.Entries[i] = e
	return &ec2.ReplaceNetworkAclEntryOutput{}, nil
}

func noEntry(number int32) error {
	return fakeaws.Error("InvalidNetworkAclEntry.NotFound", "The network acl entry identified by %d does not exist.", number)
}

// DeleteNetworkAclEntry removes an entry.
func (s *Service) DeleteNetworkAclEntry(ctx context.Context, in *ec2.DeleteNetworkAclEntryInput, _ ...func(*ec2.Options)) (*ec2.DeleteNetworkAclEntryOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	a, err := find(&r.ACLs, aclKind, in.NetworkAclId)
	if err != nil {
		return nil, err
	}
	number := aws.ToInt32(in.RuleNumber)
	if err := entryNumber(number); err != nil {
		return nil, err
	}
	i := a.at(aws.ToBool(in.Egress), number)
	if i < 0 {
		return nil, noEntry(number)
	}
	a.Entries = slices.Delete(a.Entries, i, i+1)
	return &ec2.DeleteNetworkAclEntryOutput{}, nil
}

// ReplaceNetworkAclAssociation puts a subnet under another network ACL; the association gets a new id.
func (s *Service) ReplaceNetworkAclAssociation(ctx context.Context, in *ec2.ReplaceNetworkAclAssociationInput, _ ...func(*ec2.Options)) (*ec2.ReplaceNetworkAclAssociationOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	to, err := find(&r.ACLs, aclKind, in.NetworkAclId)
	if err != nil {
		return nil, err
	}
	for _, from := range r.ACLs.Items {
		i := slices.IndexFunc(from.Associations, func(x association) bool { return x.ID == aws.ToString(in.AssociationId) })
		if i < 0 {
			continue
		}
		if from.VPC != to.VPC {
			return nil, invalidParameter("network ACL %s and network ACL %s belong to different networks", from.ID, to.ID)
		}
		moved := association{ID: s.cloud.ID("aclassoc-", 17), Subnet: from.Associations[i].Subnet}
		from.Associations = slices.Delete(from.Associations, i, i+1)
		to.Associations = append(to.Associations, moved)
		return &ec2.ReplaceNetworkAclAssociationOutput{NewAssociationId: aws.String(moved.ID)}, nil
	}
	return nil, fakeaws.Error("InvalidAssociationID.NotFound", "The association ID '%s' does not exist", aws.ToString(in.AssociationId))
}
