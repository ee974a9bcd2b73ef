package fakeec2

import (
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// legacy is the single permission that the older members of the ingress operations give.
func legacy(permissions []types.IpPermission, cidr, protocol *string, from, to *int32) ([]types.IpPermission, error) {
	if cidr == nil && protocol == nil && from == nil && to == nil {
		return permissions, nil
	}
	if len(permissions) > 0 {
		return nil, badCombination("The parameter ipPermissions cannot be used with cidrIp, ipProtocol, fromPort and toPort")
	}
	p := types.IpPermission{IpProtocol: protocol, FromPort: from, ToPort: to}
	if cidr != nil {
		p.IpRanges = []types.IpRange{{CidrIp: cidr}}
	}
	return []types.IpPermission{p}, nil
}

// AuthorizeSecurityGroupIngress adds rules, all or none.
func (s *Service) AuthorizeSecurityGroupIngress(ctx context.Context, in *ec2.AuthorizeSecurityGroupIngressInput, _ ...func(*ec2.Options)) (*ec2.AuthorizeSecurityGroupIngressOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	g, err := r.groupNamed(in.GroupId, in.GroupName)
	if err != nil {
		return nil, err
	}
	permissions, err := legacy(in.IpPermissions, in.CidrIp, in.IpProtocol, in.FromPort, in.ToPort)
	if err != nil {
		return nil, err
	}
	rules, err := s.authorize(ctx, r, g, false, permissions, in.TagSpecifications)
	if err != nil {
		return nil, err
	}
	return &ec2.AuthorizeSecurityGroupIngressOutput{Return: aws.Bool(true), SecurityGroupRules: rules}, nil
}

// AuthorizeSecurityGroupEgress adds rules, all or none.
func (s *Service) AuthorizeSecurityGroupEgress(ctx context.Context, in *ec2.AuthorizeSecurityGroupEgressInput, _ ...func(*ec2.Options)) (*ec2.AuthorizeSecurityGroupEgressOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	g, err := find(&r.Groups, groupKind, in.GroupId)
	if err != nil {
		return nil, err
	}
	rules, err := s.authorize(ctx, r, g, true, in.IpPermissions, in.TagSpecifications)
	if err != nil {
		return nil, err
	}
	return &ec2.AuthorizeSecurityGroupEgressOutput{Return: aws.Bool(true), SecurityGroupRules: rules}, nil
}

func (s *Service) authorize(ctx context.Context, r *region, g *group, egress bool, permissions []types.IpPermission, specs []types.TagSpecification) ([]types.SecurityGroupRule, error) {
	rules, err := s.wanted(ctx, r, g, egress, permissions)
	if err != nil {
		return nil, err
	}
	tags, err := specified(specs, ruleKind.resource)
	if err != nil {
		return nil, err
	}
	for _, x := range rules {
		if g.with(x.Traffic) != nil {
			return nil, duplicate(x.Traffic)
		}
	}
	if err := s.roomFor(append(slices.Clone(g.Rules), rules...), egress); err != nil {
		return nil, err
	}
	var out []types.SecurityGroupRule
	for _, x := range rules {
		x.ID = s.cloud.ID("sgr-", 17)
		g.Rules = append(g.Rules, x)
		r.tag(x.ID, tags)
		out = append(out, x.describe(ctx, s, r, g))
	}
	return out, nil
}

func duplicate(t traffic) error {
	return fakeaws.Error("InvalidPermission.Duplicate", "the specified rule \"peer: %s, %s, from port: %d, to port: %d, ALLOW\" already exists",
		t.peer(), strings.ToUpper(t.Protocol), t.From, t.To)
}

// roomFor enforces the quota on rules, which counts IPv4 and IPv6 apart; a rule with another peer counts as one of
// each ("Amazon VPC quotas"; the prefix lists that are faked weigh 1).
func (s *Service) roomFor(rules []*rule, egress bool) error {
	four, six := 0, 0
	for _, x := range rules {
		if x.Traffic.Egress != egress {
			continue
		}
		switch x.Traffic.kind() {
		case "ipv4":
			four++
		case "ipv6":
			six++
		default:
			four, six = four+1, six+1
		}
	}
	if max := s.limits.Load().RulesPerGroup; max > 0 && (four > max || six > max) {
		return fakeaws.Error("RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached.")
	}
	return nil
}

// RevokeSecurityGroupIngress removes rules, all or none; in a default VPC those that are not there are answered instead of refused.
func (s *Service) RevokeSecurityGroupIngress(ctx context.Context, in *ec2.RevokeSecurityGroupIngressInput, _ ...func(*ec2.Options)) (*ec2.RevokeSecurityGroupIngressOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	g, err := r.groupNamed(in.GroupId, in.GroupName)
	if err != nil {
		return nil, err
	}
	permissions, err := legacy(in.IpPermissions, in.CidrIp, in.IpProtocol, in.FromPort, in.ToPort)
	if err != nil {
		return nil, err
	}
	revoked, unknown, err := s.revoke(ctx, r, g, false, permissions, in.SecurityGroupRuleIds)
	if err != nil {
		return nil, err
	}
	return &ec2.RevokeSecurityGroupIngressOutput{Return: aws.Bool(true), RevokedSecurityGroupRules: revoked, UnknownIpPermissions: unknown}, nil
}

// RevokeSecurityGroupEgress is RevokeSecurityGroupIngress for egress.
func (s *Service) RevokeSecurityGroupEgress(ctx context.Context, in *ec2.RevokeSecurityGroupEgressInput, _ ...func(*ec2.Options)) (*ec2.RevokeSecurityGroupEgressOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	g, err := find(&r.Groups, groupKind, in.GroupId)
	if err != nil {
		return nil, err
	}
	revoked, unknown, err := s.revoke(ctx, r, g, true, in.IpPermissions, in.SecurityGroupRuleIds)
	if err != nil {
		return nil, err
	}
	return &ec2.RevokeSecurityGroupEgressOutput{Return: aws.Bool(true), RevokedSecurityGroupRules: revoked, UnknownIpPermissions: unknown}, nil
}

func (s *Service) revoke(ctx context.Context, r *region, g *group, egress bool, permissions []types.IpPermission, ids []string) ([]types.RevokedSecurityGroupRule, []types.IpPermission, error) {
	if len(ids) > 0 && len(permissions) > 0 {
		return nil, nil, badCombination("The parameter ipPermissions cannot be used with securityGroupRuleIds")
	}
	var going []*rule
	var unknown []types.IpPermission
	if len(ids) > 0 {
		for _, id := range ids {
			x, err := g.ruleByID(id, &egress)
			if err != nil {
				return nil, nil, err
			}
			going = append(going, x)
		}
	} else {
		named, err := s.wanted(ctx, r, g, egress, permissions)
		if err != nil {
			return nil, nil, err
		}
		missing := &group{VPC: g.VPC}
		for _, w := range named {
			if x := g.with(w.Traffic); x != nil {
				going = append(going, x)
			} else {
				missing.Rules = append(missing.Rules, w)
			}
		}
		if len(missing.Rules) > 0 && !r.Vpcs.Index[g.VPC].Default {
			return nil, nil, fakeaws.Error("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
		}
		unknown = s.permissions(ctx, r, missing, egress)
	}
	var out []types.RevokedSecurityGroupRule
	for _, x := range going {
		i := slices.Index(g.Rules, x)
		if i < 0 {
			continue // the same id twice
		}
		g.Rules = slices.Delete(g.Rules, i, i+1)
		r.forget(x.ID)
		t := x.Traffic
		out = append(out, types.RevokedSecurityGroupRule{
			SecurityGroupRuleId: aws.String(x.ID), GroupId: aws.String(g.ID), IsEgress: aws.Bool(t.Egress), IpProtocol: aws.String(t.Protocol),
			FromPort: aws.Int32(t.From), ToPort: aws.Int32(t.To), CidrIpv4: text(t.IPv4), CidrIpv6: text(t.IPv6), PrefixListId: text(t.PrefixList),
			ReferencedGroupId: text(t.Group), Description: text(x.Description),
		})
	}
	return out, unknown, nil
}
