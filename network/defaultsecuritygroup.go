package network

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// DefaultSecurityGroup is the group that AWS makes with each VPC and puts around whatever names no other. Its rules are
// removed: AWS's own admit all its members to each other and let everything out. A VPC declares its own; use it by itself for a VPC
// that something else has made. The group itself can't be deleted.
type DefaultSecurityGroup struct {
	Name string // in the baseline
	VPC  id.VPC
}

// Declare implements ztcore.Resource.
func (g DefaultSecurityGroup) Declare(d *ztcore.Declaration) {
	defaultGroups.Declare(d, g.Name, ztcore.Set[member]{Parent: string(g.VPC), Members: []member{}})
}

var defaultGroups = ztcore.SetKind[member]{
	Name: "network.DefaultSecurityGroup", Permissions: &defaultGroupsNeed, ID: member.traffic, Vanishes: true,
	List: func(ctx context.Context, sc *ztcore.Scope, vpcs []string) (map[string][]member, error) {
		q := ztcore.Query[string]{Want: vpcs}
		all, err := describeGroups(ctx, sc, append(narrow(q, "vpc-id", func(s string) string { return s }), filter("group-name", "default"))...)
		out := map[string][]member{}
		for _, g := range all {
			out[aws.ToString(g.VpcId)] = membersOf(g)
		}
		return out, err
	},
	Remove: func(ctx context.Context, sc *ztcore.Scope, vpc string, rules []member) error {
		all, err := describeGroups(ctx, sc, filter("vpc-id", vpc), filter("group-name", "default"))
		if err != nil || len(all) == 0 {
			return err
		}
		return revoke(ctx, sc, aws.ToString(all[0].GroupId), rules)
	},
	Controls: []string{"CIS AWS 3.0 5.4", "FSBP EC2.2", "NIST SP 800-207 tenet 2"},
}.Kind()

var defaultGroupsNeed = ztcore.Permissions{
	Read:   []string{"ec2:DescribeSecurityGroups"},
	Write:  []string{"ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"},
	Delete: []string{"ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"},
}
