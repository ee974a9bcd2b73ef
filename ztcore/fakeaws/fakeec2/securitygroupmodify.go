package fakeec2

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// ModifySecurityGroupRules replaces what rules allow, keeping their ids. The type of a rule's peer cannot change.
func (s *Service) ModifySecurityGroupRules(ctx context.Context, in *ec2.ModifySecurityGroupRulesInput, _ ...func(*ec2.Options)) (*ec2.ModifySecurityGroupRulesOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	g, err := find(&r.Groups, groupKind, in.GroupId)
	if err != nil {
		return nil, err
	}
	after := map[string]*rule{}
	for _, u := range in.SecurityGroupRules {
		x, err := g.ruleByID(aws.ToString(u.SecurityGroupRuleId), nil)
		if err != nil {
			return nil, err
		}
		if u.SecurityGroupRule == nil {
			return nil, missingParameter("securityGroupRule")
		}
		if after[x.ID] != nil {
			return nil, invalidParameter("The security group rule ID '%s' is specified more than once", x.ID)
		}
		w, err := s.wanted(ctx, r, g, x.Traffic.Egress, []types.IpPermission{permission(u.SecurityGroupRule)})
		if err != nil {
			return nil, err
		}
		if len(w) != 1 {
			return nil, invalidParameter("Exactly one of cidrIpv4, cidrIpv6, prefixListId and referencedGroupId must be specified")
		}
		if w[0].Traffic.kind() != x.Traffic.kind() {
			return nil, invalidParameter("The source type of the security group rule '%s' cannot be changed", x.ID)
		}
		after[x.ID] = w[0]
	}
	taken := map[traffic]bool{}
	for _, x := range g.Rules {
		t := x.Traffic
		if w := after[x.ID]; w != nil {
			t = w.Traffic
		}
		if taken[t] {
			return nil, duplicate(t)
		}
		taken[t] = true
	}
	for _, x := range g.Rules {
		if w := after[x.ID]; w != nil {
			x.Traffic, x.Description = w.Traffic, w.Description
		}
	}
	return &ec2.ModifySecurityGroupRulesOutput{Return: aws.Bool(true)}, nil
}

// permission is the form that the other operations give a rule in.
func permission(q *types.SecurityGroupRuleRequest) types.IpPermission {
	p := types.IpPermission{IpProtocol: q.IpProtocol, FromPort: q.FromPort, ToPort: q.ToPort}
	if q.CidrIpv4 != nil {
		p.IpRanges = []types.IpRange{{CidrIp: q.CidrIpv4, Description: q.Description}}
	}
	if q.CidrIpv6 != nil {
		p.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: q.CidrIpv6, Description: q.Description}}
	}
	if q.PrefixListId != nil {
		p.PrefixListIds = []types.PrefixListId{{PrefixListId: q.PrefixListId, Description: q.Description}}
	}
	if q.ReferencedGroupId != nil {
		p.UserIdGroupPairs = []types.UserIdGroupPair{{GroupId: q.ReferencedGroupId, Description: q.Description}}
	}
	return p
}

// UpdateSecurityGroupRuleDescriptionsIngress replaces the descriptions of rules, all or none; an absent description removes one.
func (s *Service) UpdateSecurityGroupRuleDescriptionsIngress(ctx context.Context, in *ec2.UpdateSecurityGroupRuleDescriptionsIngressInput, _ ...func(*ec2.Options)) (*ec2.UpdateSecurityGroupRuleDescriptionsIngressOutput, error) {
	err := s.describeRules(ctx, in.DryRun, in.GroupId, in.GroupName, false, in.IpPermissions, in.SecurityGroupRuleDescriptions)
	if err != nil {
		return nil, err
	}
	return &ec2.UpdateSecurityGroupRuleDescriptionsIngressOutput{Return: aws.Bool(true)}, nil
}

// UpdateSecurityGroupRuleDescriptionsEgress is UpdateSecurityGroupRuleDescriptionsIngress for egress.
func (s *Service) UpdateSecurityGroupRuleDescriptionsEgress(ctx context.Context, in *ec2.UpdateSecurityGroupRuleDescriptionsEgressInput, _ ...func(*ec2.Options)) (*ec2.UpdateSecurityGroupRuleDescriptionsEgressOutput, error) {
	err := s.describeRules(ctx, in.DryRun, in.GroupId, in.GroupName, true, in.IpPermissions, in.SecurityGroupRuleDescriptions)
	if err != nil {
		return nil, err
	}
	return &ec2.UpdateSecurityGroupRuleDescriptionsEgressOutput{Return: aws.Bool(true)}, nil
}

func (s *Service) describeRules(ctx context.Context, dryRun *bool, id, name *string, egress bool, permissions []types.IpPermission, byID []types.SecurityGroupRuleDescription) error {
	r, err := s.open(ctx, dryRun)
	if err != nil {
		return err
	}
	g, err := r.groupNamed(id, name)
	if err != nil {
		return err
	}
	if len(byID) > 0 && len(permissions) > 0 {
		return badCombination("The parameter ipPermissions cannot be used with securityGroupRuleDescriptions")
	}
	after := map[*rule]string{}
	for _, d := range byID {
		x, err := g.ruleByID(aws.ToString(d.SecurityGroupRuleId), &egress)
		if err != nil {
			return err
		}
		if err := ruleDescription(d.Description); err != nil {
			return err
		}
		after[x] = aws.ToString(d.Description)
	}
	if len(byID) == 0 {
		named, err := s.wanted(ctx, r, g, egress, permissions)
		if err != nil {
			return err
		}
		for _, w := range named {
			x := g.with(w.Traffic)
			if x == nil {
				return fakeaws.Error("InvalidPermission.NotFound", "The specified rule does not exist in this security group.")
			}
			after[x] = w.Description
		}
	}
	for x, d := range after {
		x.Description = d
	}
	return nil
}
