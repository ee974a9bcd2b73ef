package fakeec2

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

type group struct {
	ID, VPC, Name, Description string
	Rules                      []*rule
}

// groupText is what names and descriptions are made of (CreateSecurityGroup, EC2 API reference).
var groupText = regexp.MustCompile(`^[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]+$`)

// groupLabel checks a name or description: up to 255 characters of groupText.
func groupLabel(value, parameter string) error {
	if len(value) > 255 {
		return invalidParameter("Value (%s) for parameter %s is invalid. Character set beyond 255 characters.", value, parameter)
	}
	if !groupText.MatchString(value) {
		return invalidParameter("Value (%s) for parameter %s is invalid. Character sets beyond ASCII are not supported.", value, parameter)
	}
	return nil
}

// CreateSecurityGroup makes a group that AWS gives a rule allowing all egress. Without a VPC it lands in the default one.
func (s *Service) CreateSecurityGroup(ctx context.Context, in *ec2.CreateSecurityGroupInput, _ ...func(*ec2.Options)) (*ec2.CreateSecurityGroupOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	v := r.defaultVPC()
	if in.VpcId != nil {
		if v, err = find(&r.Vpcs, vpcKind, in.VpcId); err != nil {
			return nil, err
		}
	}
	if v == nil {
		return nil, fakeaws.Error("VPCIdNotSpecified", "No default VPC for this user")
	}
	name := strings.TrimSpace(aws.ToString(in.GroupName)) // EC2 trims names ("Security groups", VPC User Guide)
	if err := groupLabel(name, "groupName"); err != nil {
		return nil, err
	}
	if err := groupLabel(aws.ToString(in.Description), "groupDescription"); err != nil {
		return nil, err
	}
	if strings.HasPrefix(strings.ToLower(name), "sg-") {
		return nil, invalidParameter("Invalid value for 'groupName'. Value '%s' cannot begin with 'sg-'", name)
	}
	if name == "default" {
		return nil, fakeaws.Error("InvalidGroup.Reserved", "Cannot use reserved security group name: default")
	}
	if r.Groups.any(func(g *group) bool { return g.VPC == v.ID && g.Name == name }) {
		return nil, fakeaws.Error("InvalidGroup.Duplicate", "The security group '%s' already exists for VPC '%s'", name, v.ID)
	}
	tags, err := specified(in.TagSpecifications, groupKind.resource)
	if err != nil {
		return nil, err
	}
	g := s.addGroup(r, v, name, *in.Description)
	r.tag(g.ID, tags)
	return &ec2.CreateSecurityGroupOutput{GroupId: aws.String(g.ID), SecurityGroupArn: r.arn("security-group", g.ID), Tags: r.tagsOn(g.ID)}, nil
}

// defaultVPC is nil where it was deleted.
func (r *region) defaultVPC() *vpc {
	for _, v := range r.Vpcs.Items {
		if v.Default {
			return v
		}
	}
	return nil
}

func (s *Service) addGroup(r *region, v *vpc, name, description string) *group {
	g := &group{ID: s.cloud.ID("sg-", 17), VPC: v.ID, Name: name, Description: description}
	all := traffic{Egress: true, Protocol: "-1", From: -1, To: -1}
	four, six := all, all
	four.IPv4, six.IPv6 = "0.0.0.0/0", "::/0"
	g.Rules = []*rule{{ID: s.cloud.ID("sgr-", 17), Traffic: four}}
	if v.IPv6CIDR != "" {
		g.Rules = append(g.Rules, &rule{ID: s.cloud.ID("sgr-", 17), Traffic: six})
	}
	r.Groups.add(g.ID, g)
	return g
}

func (r *region) dropGroup(g *group) {
	for _, rule := range g.Rules {
		r.forget(rule.ID)
	}
	r.Groups.remove(g.ID)
	r.forget(g.ID)
}

// groupNamed finds a group by id or, in the default VPC, by name.
func (r *region) groupNamed(id, name *string) (*group, error) {
	switch {
	case id != nil && name != nil:
		return nil, badCombination("The parameters groupId and groupName cannot be used together")
	case id != nil:
		return find(&r.Groups, groupKind, id)
	case name == nil:
		return nil, missingParameter("groupName or groupId")
	}
	v := r.defaultVPC()
	if v == nil {
		return nil, fakeaws.Error("VPCIdNotSpecified", "No default VPC for this user")
	}
	for _, g := range r.Groups.Items {
		if g.VPC == v.ID && g.Name == *name {
			return g, nil
		}
	}
	return nil, fakeaws.Error("InvalidGroup.NotFound", "The security group '%s' does not exist in default VPC '%s'", *name, v.ID)
}

// DeleteSecurityGroup deletes a group that nothing uses and no other group refers to.
func (s *Service) DeleteSecurityGroup(ctx context.Context, in *ec2.DeleteSecurityGroupInput, _ ...func(*ec2.Options)) (*ec2.DeleteSecurityGroupOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	g, err := r.groupNamed(in.GroupId, in.GroupName)
	if err != nil {
		return nil, err
	}
	if g.Name == "default" {
		return nil, fakeaws.Error("CannotDelete", "the specified group: \"%s\" name: \"default\" cannot be deleted by a user", g.ID)
	}
	used := r.Interfaces.any(func(i *networkInterface) bool { return slices.Contains(i.Groups, g.ID) })
	if !used {
		s.store.Each(ctx, func(_, _ string, other *region) {
			used = used || other.Groups.any(func(o *group) bool { return o.ID != g.ID && o.refersTo(g.ID) })
		})
	}
	if used {
		return nil, fakeaws.Error("DependencyViolation", "resource %s has a dependent object", g.ID)
	}
	r.dropGroup(g)
	return &ec2.DeleteSecurityGroupOutput{Return: aws.Bool(true), GroupId: aws.String(g.ID)}, nil
}

func (g *group) refersTo(id string) bool {
	return slices.ContainsFunc(g.Rules, func(x *rule) bool { return x.Traffic.Group == id })
}

func (g *group) describe(ctx context.Context, s *Service, r *region) types.SecurityGroup {
	return types.SecurityGroup{
		GroupId: aws.String(g.ID), GroupName: aws.String(g.Name), Description: aws.String(g.Description), VpcId: aws.String(g.VPC),
		OwnerId: aws.String(r.Account), SecurityGroupArn: r.arn("security-group", g.ID), Tags: r.tagsOn(g.ID),
		IpPermissions: s.permissions(ctx, r, g, false), IpPermissionsEgress: s.permissions(ctx, r, g, true),
	}
}

var groupQuery = query[group]{kind: groupKind, id: func(g *group) string { return g.ID }, columns: groupColumns()}

func groupColumns() columns[group] {
	c := columns[group]{
		"description": one(func(g *group) string { return g.Description }),
		"group-id":    one(func(g *group) string { return g.ID }),
		"group-name":  one(func(g *group) string { return g.Name }),
		"owner-id":    owner[group],
		"vpc-id":      one(func(g *group) string { return g.VPC }),
	}
	for prefix, egress := range map[string]bool{"ip-permission.": false, "egress.ip-permission.": true} {
		for name, value := range map[string]func(traffic) string{
			"cidr":           func(t traffic) string { return t.IPv4 },
			"ipv6-cidr":      func(t traffic) string { return t.IPv6 },
			"prefix-list-id": func(t traffic) string { return t.PrefixList },
			"group-id":       func(t traffic) string { return t.Group },
			"user-id":        func(t traffic) string { return t.GroupAccount },
			"protocol":       func(t traffic) string { return t.Protocol },
			"from-port":      func(t traffic) string { return intText(t.From) },
			"to-port":        func(t traffic) string { return intText(t.To) },
		} {
			c[prefix+name] = each(func(g *group) []traffic { return g.traffic(egress) }, value)
		}
		c[prefix+"group-name"] = func(r *region, g *group) []string {
			var names []string
			for _, t := range g.traffic(egress) {
				if o := r.Groups.Index[t.Group]; o != nil {
					names = append(names, o.Name)
				}
			}
			return names
		}
	}
	return c
}

// traffic is what a group's rules of one direction allow.
func (g *group) traffic(egress bool) []traffic {
	var out []traffic
	for _, x := range g.Rules {
		if x.Traffic.Egress == egress {
			out = append(out, x.Traffic)
		}
	}
	return out
}

// DescribeSecurityGroups answers groups in the order of their creation.
func (s *Service) DescribeSecurityGroups(ctx context.Context, in *ec2.DescribeSecurityGroupsInput, _ ...func(*ec2.Options)) (*ec2.DescribeSecurityGroupsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	ids := slices.Clone(in.GroupIds)
	for _, name := range in.GroupNames {
		g, err := r.groupNamed(nil, &name)
		if err != nil {
			return nil, err
		}
		ids = append(ids, g.ID)
	}
	found, next, err := list(ctx, r, &r.Groups, groupQuery, asked{ids, in.Filters, in.NextToken, in.MaxResults})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeSecurityGroupsOutput{NextToken: next}
	for _, g := range found {
		out.SecurityGroups = append(out.SecurityGroups, g.describe(ctx, s, r))
	}
	return out, nil
}
