package network

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// SecurityGroupRules are all the rules of a group. A SecurityGroup declares its own; use it by itself for a group that
// something else has made. A group's rules are declared in one place only.
type SecurityGroupRules struct {
	Name    string // in the baseline
	Group   id.SecurityGroup
	Ingress []Rule
	Egress  []Rule
	Foreign ztcore.Foreign // what becomes of rules that are not declared
}

// Declare implements ztcore.Resource.
func (r SecurityGroupRules) Declare(d *ztcore.Declaration) {
	want := ztcore.Set[member]{Parent: string(r.Group), Members: members(r.Ingress, r.Egress), Foreign: r.Foreign}
	n := groupRules.Declare(d, r.Name, want)
	if r.Foreign == ztcore.RemoveForeign && !slices.ContainsFunc(want.Members, func(m member) bool { return m.traffic() == allEgress.traffic() }) {
		n.Note("EC2 lets a new group send everything to 0.0.0.0/0; that rule is revoked")
	}
}

// allEgress is what EC2 adds to every group.
// https://docs.aws.amazon.com/vpc/latest/userguide/creating-security-groups.html
var allEgress = member{Egress: true, Rule: AllowAll().To("0.0.0.0/0").normal()}

var groupRules = ztcore.SetKind[member]{
	Name: "network.SecurityGroupRules", Permissions: &groupRulesNeed, ID: member.traffic, List: listRules, Add: authorize, Remove: revoke,
	Full:  func(err error) bool { return refusedWith(err, "RulesPerSecurityGroupLimitExceeded") },
	Check: checkRules, Domain: func(want ztcore.Set[member]) string { return "ec2/" + want.Parent },
	Controls: []string{"CIS AWS 3.0 5.2", "CIS AWS 3.0 5.3", "NIST SP 800-207 tenet 2", "CISA ZTMM Networks"},
}.Kind()

var groupRulesNeed = ztcore.Permissions{
	Read: []string{"ec2:DescribeSecurityGroups"},
	Write: []string{
		"ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress",
		"ec2:UpdateSecurityGroupRuleDescriptionsEgress", "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
	},
	Delete: []string{"ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"},
}

func listRules(ctx context.Context, sc *ztcore.Scope, parents []string) (map[string][]member, error) {
	q := ztcore.Query[string]{Want: parents}
	all, err := describeGroups(ctx, sc, narrow(q, "group-id", func(s string) string { return s })...)
	out := map[string][]member{}
	for _, g := range all {
		out[aws.ToString(g.GroupId)] = membersOf(g)
	}
	return out, err
}

// authorize grants rules, and describes anew those that are granted already, of which AWS would say that they are duplicates.
func authorize(ctx context.Context, sc *ztcore.Scope, group string, rules []member) error {
	found, err := listRules(ctx, sc, []string{group})
	if err != nil {
		return err
	}
	stands := map[string]bool{}
	for _, m := range found[group] {
		stands[m.traffic()] = true
	}
	var missing, standing []member
	for _, m := range rules {
		if stands[m.traffic()] {
			standing = append(standing, m)
		} else {
			missing = append(missing, m)
		}
	}
	if err := grant(ctx, sc, group, missing); err != nil {
		return err
	}
	return describe(ctx, sc, group, standing)
}

// grant adds rules: all of one direction, or none.
func grant(ctx context.Context, sc *ztcore.Scope, group string, rules []member) error {
	c := ec2.NewFromConfig(sc.Config)
	if p := permissions(false, rules); p != nil {
		if _, err := c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &group, IpPermissions: p}); err != nil {
			return err
		}
	}
	if p := permissions(true, rules); p != nil {
		_, err := c.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: &group, IpPermissions: p})
		return err
	}
	return nil
}

func describe(ctx context.Context, sc *ztcore.Scope, group string, rules []member) error {
	c := ec2.NewFromConfig(sc.Config)
	if p := permissions(false, rules); p != nil {
		if _, err := c.UpdateSecurityGroupRuleDescriptionsIngress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsIngressInput{GroupId: &group, IpPermissions: p}); err != nil {
			return err
		}
	}
	if p := permissions(true, rules); p != nil {
		_, err := c.UpdateSecurityGroupRuleDescriptionsEgress(ctx, &ec2.UpdateSecurityGroupRuleDescriptionsEgressInput{GroupId: &group, IpPermissions: p})
		return err
	}
	return nil
}

// revoke removes rules: those of each direction together or, when one is gone already, each by itself.
func revoke(ctx context.Context, sc *ztcore.Scope, group string, rules []member) error {
	c := ec2.NewFromConfig(sc.Config)
	ingress := func(p []types.IpPermission) error {
		_, err := c.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &group, IpPermissions: p})
		return err
	}
	egress := func(p []types.IpPermission) error {
		_, err := c.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: &group, IpPermissions: p})
		return err
	}
	if err := revokeEach(permissions(false, rules), ingress); err != nil {
		return err
	}
	return revokeEach(permissions(true, rules), egress)
}

func revokeEach(all []types.IpPermission, call func([]types.IpPermission) error) error {
	if len(all) == 0 {
		return nil
	}
	err := call(all)
	if refusedWith(err, "InvalidGroup.NotFound") {
		return nil // and its rules with it
	}
	if !refusedWith(err, "InvalidPermission.NotFound") {
		return err
	}
	for _, p := range all {
		if err := unless(call([]types.IpPermission{p}), "InvalidPermission.NotFound", "InvalidGroup.NotFound"); err != nil {
			return err
		}
	}
	return nil
}
