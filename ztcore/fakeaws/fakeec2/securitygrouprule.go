package fakeec2

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

type rule struct {
	ID          string
	Description string
	Traffic     traffic
}

// traffic is what one rule allows; no two rules of a group allow the same. Exactly one of the four peers is set.
type traffic struct {
	Egress   bool
	Protocol string // tcp, udp, icmp, icmpv6, a number, or -1 for all
	From, To int32  // ports, or ICMP type and code; -1 where the protocol has none

	IPv4, IPv6, PrefixList string
	Group, GroupAccount    string
}

// peer names the other side in messages.
func (t traffic) peer() string { return t.IPv4 + t.IPv6 + t.PrefixList + t.Group }

func (t traffic) kind() string {
	switch {
	case t.IPv4 != "":
		return "ipv4"
	case t.IPv6 != "":
		return "ipv6"
	case t.PrefixList != "":
		return "prefix list"
	}
	return "group"
}

// rule finds a rule of any group.
func (r *region) rule(id string) (*group, *rule, bool) {
	for _, g := range r.Groups.Items {
		for _, x := range g.Rules {
			if x.ID == id {
				return g, x, true
			}
		}
	}
	return nil, nil, false
}

// protocol normalizes a protocol: the four that have names are known by them, all others by number.
func protocol(p string) (string, error) {
	named := map[string]string{"1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
	lower := strings.ToLower(p)
	switch lower {
	case "tcp", "udp", "icmp", "icmpv6", "-1":
		return lower, nil
	case "all":
		return "-1", nil
	}
	if n, err := strconv.Atoi(p); err != nil || n < 0 || n > 255 {
		return "", invalidParameter("Invalid value '%s' for IP protocol. Unknown protocol.", p)
	}
	if name, ok := named[p]; ok {
		return name, nil
	}
	return p, nil
}

// ports checks the ports, or the ICMP type and code, that a protocol needs; protocols that have none get -1.
func ports(protocol string, from, to *int32) (int32, int32, error) {
	switch protocol {
	case "tcp", "udp":
		if from == nil || to == nil {
			return 0, 0, invalidParameter("Invalid value 'Must specify both from and to ports with TCP/UDP.' for portRange.")
		}
		for _, p := range []int32{*from, *to} {
			if p < 0 || p > 65535 {
				return 0, 0, invalidParameter("TCP/UDP port (%d) out of range", p)
			}
		}
		if *from > *to {
			return 0, 0, invalidParameter("Invalid TCP/UDP port range (%d:%d)", *from, *to)
		}
	case "icmp", "icmpv6":
		if from == nil || to == nil {
			return 0, 0, invalidParameter("Invalid value 'Must specify both ICMP type and code.' for portRange.")
		}
		if *from < -1 || *from > 255 || *to < -1 || *to > 255 || *from == -1 && *to != -1 {
			return 0, 0, invalidParameter("ICMP type (%d) or code (%d) out of range", *from, *to)
		}
	default:
		return -1, -1, nil
	}
	return *from, *to, nil
}

// wanted turns the permissions of a request into rules, one for each peer, in EC2's normal form.
func (s *Service) wanted(ctx context.Context, r *region, g *group, egress bool, permissions []types.IpPermission) ([]*rule, error) {
	if len(permissions) == 0 {
		return nil, missingParameter("ipPermissions")
	}
	var out []*rule
	for _, p := range permissions {
		base := traffic{Egress: egress}
		var err error
		if p.IpProtocol == nil {
			return nil, missingParameter("ipProtocol")
		}
		if base.Protocol, err = protocol(*p.IpProtocol); err != nil {
			return nil, err
		}
		if base.From, base.To, err = ports(base.Protocol, p.FromPort, p.ToPort); err != nil {
			return nil, err
		}
		before := len(out)
		add := func(t traffic, description *string) error {
			if err := ruleDescription(description); err != nil {
				return err
			}
			if slices.ContainsFunc(out, func(x *rule) bool { return x.Traffic == t }) {
				return invalidParameter("The same permission must not appear multiple times")
			}
			out = append(out, &rule{Traffic: t, Description: aws.ToString(description)})
			return nil
		}
		for _, x := range p.IpRanges {
			t := base
			block, err := networkIPv4(aws.ToString(x.CidrIp), "cidrIp")
			if err != nil {
				return nil, invalidParameter("CIDR block %s is malformed", aws.ToString(x.CidrIp))
			}
			t.IPv4 = block.String()
			if err := add(t, x.Description); err != nil {
				return nil, err
			}
		}
		for _, x := range p.Ipv6Ranges {
			t := base
			block, err := networkIPv6(aws.ToString(x.CidrIpv6), "cidrIpv6")
			if err != nil {
				return nil, invalidParameter("CIDR block %s is malformed", aws.ToString(x.CidrIpv6))
			}
			t.IPv6 = block.String()
			if err := add(t, x.Description); err != nil {
				return nil, err
			}
		}
		for _, x := range p.PrefixListIds {
			t := base
			l, err := find(&r.PrefixLists, listKind, x.PrefixListId)
			if err != nil {
				return nil, err
			}
			t.PrefixList = l.ID
			if err := add(t, x.Description); err != nil {
				return nil, err
			}
		}
		for _, x := range p.UserIdGroupPairs {
			t := base
			if t.Group, t.GroupAccount, err = s.referenced(ctx, r, g, x); err != nil {
				return nil, err
			}
			if err := add(t, x.Description); err != nil {
				return nil, err
			}
		}
		if len(out) == before {
			return nil, fakeaws.Error("MissingParameter", "Source group ID missing.")
		}
	}
	return out, nil
}

// ruleDescription checks the description of a rule: up to 255 characters (IpRange, EC2 API reference).
func ruleDescription(d *string) error {
	if d == nil || *d == "" {
		return nil
	}
	if len(*d) > 255 || !groupText.MatchString(*d) {
		return invalidParameter("Invalid rule description. Valid descriptions are strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*")
	}
	return nil
}

// referenced resolves the group that a rule refers to: one of the same VPC, or of a VPC that is peered with it.
func (s *Service) referenced(ctx context.Context, r *region, g *group, pair types.UserIdGroupPair) (id, account string, err error) {
	account = r.Account
	if pair.UserId != nil {
		account = *pair.UserId
	}
	if pair.GroupId == nil && pair.GroupName != nil && account == r.Account {
		for _, o := range r.Groups.Items {
			if o.VPC == g.VPC && o.Name == *pair.GroupName {
				return o.ID, account, nil
			}
		}
		return "", "", fakeaws.Error("InvalidGroup.NotFound", "The security group '%s' does not exist", *pair.GroupName)
	}
	if pair.GroupId == nil {
		return "", "", fakeaws.Error("MissingParameter", "Source group ID missing.")
	}
	if err := groupKind.check(*pair.GroupId); err != nil {
		return "", "", err
	}
	if o := r.Groups.Index[*pair.GroupId]; o != nil && account == r.Account && o.VPC == g.VPC {
		return o.ID, account, nil
	}
	if o, _ := s.peered(ctx, r, g, *pair.GroupId); o != nil {
		return o.ID, o.Account, nil
	}
	if g.refersTo(*pair.GroupId) {
		return *pair.GroupId, account, nil // a stale rule, whose peering has gone, can still be named to revoke it
	}
	if r.Groups.Index[*pair.GroupId] != nil {
		return "", "", fakeaws.Error("InvalidGroup.NotFound", "You have specified two resources that belong to different networks.")
	}
	return "", "", groupKind.missing(*pair.GroupId)
}

// permissions are a group's rules of one direction as DescribeSecurityGroups answers them: those for the same protocol and ports together.
func (s *Service) permissions(ctx context.Context, r *region, g *group, egress bool) []types.IpPermission {
	type ports struct {
		protocol string
		from, to int32
	}
	at := map[ports]int{}
	var out []types.IpPermission
	for _, x := range g.Rules {
		t := x.Traffic
		if t.Egress != egress {
			continue
		}
		key := ports{t.Protocol, t.From, t.To}
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			p := types.IpPermission{IpProtocol: aws.String(t.Protocol)}
			if portBased(t.Protocol) {
				p.FromPort, p.ToPort = aws.Int32(t.From), aws.Int32(t.To)
			}
			out = append(out, p)
		}
		p := &out[i]
		description := text(x.Description)
		switch {
		case t.IPv4 != "":
			p.IpRanges = append(p.IpRanges, types.IpRange{CidrIp: aws.String(t.IPv4), Description: description})
		case t.IPv6 != "":
			p.Ipv6Ranges = append(p.Ipv6Ranges, types.Ipv6Range{CidrIpv6: aws.String(t.IPv6), Description: description})
		case t.PrefixList != "":
			p.PrefixListIds = append(p.PrefixListIds, types.PrefixListId{PrefixListId: aws.String(t.PrefixList), Description: description})
		default:
			pair := types.UserIdGroupPair{GroupId: aws.String(t.Group), UserId: aws.String(t.GroupAccount), Description: description}
			if o := r.Groups.Index[t.Group]; o == nil || o.VPC != g.VPC {
				if found, p := s.peered(ctx, r, g, t.Group); found != nil {
					pair.VpcId, pair.VpcPeeringConnectionId, pair.PeeringStatus = aws.String(found.VPC), aws.String(p.ID), aws.String("active")
				}
			}
			p.UserIdGroupPairs = append(p.UserIdGroupPairs, pair)
		}
	}
	return out
}

func portBased(protocol string) bool {
	return slices.Contains([]string{"tcp", "udp", "icmp", "icmpv6"}, protocol)
}

// text is an optional member: EC2 leaves it out where it is empty.
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (x *rule) describe(ctx context.Context, s *Service, r *region, g *group) types.SecurityGroupRule {
	t := x.Traffic
	out := types.SecurityGroupRule{
		SecurityGroupRuleId: aws.String(x.ID), SecurityGroupRuleArn: r.arn("security-group-rule", x.ID), GroupId: aws.String(g.ID),
		GroupOwnerId: aws.String(r.Account), IsEgress: aws.Bool(t.Egress), IpProtocol: aws.String(t.Protocol), FromPort: aws.Int32(t.From),
		ToPort: aws.Int32(t.To), CidrIpv4: text(t.IPv4), CidrIpv6: text(t.IPv6), PrefixListId: text(t.PrefixList),
		Description: text(x.Description), Tags: r.tagsOn(x.ID),
	}
	if t.Group != "" {
		out.ReferencedGroupInfo = &types.ReferencedSecurityGroup{GroupId: aws.String(t.Group), UserId: aws.String(t.GroupAccount)}
		if o := r.Groups.Index[t.Group]; o != nil {
			out.ReferencedGroupInfo.VpcId = aws.String(o.VPC)
		} else if o, p := s.peered(ctx, r, g, t.Group); o != nil {
			out.ReferencedGroupInfo.VpcId, out.ReferencedGroupInfo.VpcPeeringConnectionId = aws.String(o.VPC), aws.String(p.ID)
			out.ReferencedGroupInfo.PeeringStatus = aws.String("active")
		}
	}
	return out
}

// with is the group's rule for this traffic, or nil.
func (g *group) with(t traffic) *rule {
	for _, x := range g.Rules {
		if x.Traffic == t {
			return x
		}
	}
	return nil
}

// ruleByID finds a rule of the group, of one direction where egress is given.
func (g *group) ruleByID(id string, egress *bool) (*rule, error) {
	if err := ruleKind.check(id); err != nil {
		return nil, err
	}
	for _, x := range g.Rules {
		if x.ID == id && (egress == nil || x.Traffic.Egress == *egress) {
			return x, nil
		}
	}
	return nil, ruleKind.missing(id)
}

// ruleIn is a rule together with its group.
type ruleIn struct {
	rule  *rule
	group *group
}

var ruleQuery = query[ruleIn]{kind: ruleKind, id: func(x *ruleIn) string { return x.rule.ID }, columns: columns[ruleIn]{
	"group-id":               one(func(x *ruleIn) string { return x.group.ID }),
	"security-group-rule-id": one(func(x *ruleIn) string { return x.rule.ID }),
}}

// DescribeSecurityGroupRules answers rules group by group, in the order of their creation.
func (s *Service) DescribeSecurityGroupRules(ctx context.Context, in *ec2.DescribeSecurityGroupRulesInput, _ ...func(*ec2.Options)) (*ec2.DescribeSecurityGroupRulesOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	var rules table[ruleIn]
	for _, g := range r.Groups.Items {
		for _, x := range g.Rules {
			rules.add(x.ID, &ruleIn{x, g})
		}
	}
	found, next, err := list(ctx, r, &rules, ruleQuery, asked{in.SecurityGroupRuleIds, in.Filters, in.NextToken, in.MaxResults})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeSecurityGroupRulesOutput{NextToken: next}
	for _, x := range found {
		out.SecurityGroupRules = append(out.SecurityGroupRules, x.rule.describe(ctx, s, r, x.group))
	}
	return out, nil
}
