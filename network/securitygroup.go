package network

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// SecurityGroup is a firewall around network interfaces. What is not declared is not admitted: the zero value neither
// receives nor sends anything, and the rule that EC2 adds to every new group, which lets all traffic out, is revoked.
// The group and its rules are two resources to the engine, so that two groups can admit each other.
type SecurityGroup struct {
	Name        string // at most 255 letters, digits, spaces and ._-:/()#,@[]+=&;{}!$*; not "default", nor beginning with sg-
	Description string // as Name, but not empty; a change makes another group
	VPC         id.VPC
	Ingress     []Rule
	Egress      []Rule
	Foreign     ztcore.Foreign    // what becomes of rules that others have added: removed, unless said otherwise
	Tags        map[string]string // others' tags are left alone
}

// ID is the group's id.
func (g SecurityGroup) ID() id.SecurityGroup { return id.SecurityGroup(groups.Ref(g.Name, "ID")) }

// Declare implements ztcore.Resource.
func (g SecurityGroup) Declare(d *ztcore.Declaration) {
	groups.Declare(d, g.Name, groupState{VPC: string(g.VPC), Name: g.Name, Description: g.Description, Tags: named(g.Name, g.Tags)})
	SecurityGroupRules{Name: g.Name, Group: g.ID(), Ingress: g.Ingress, Egress: g.Egress, Foreign: g.Foreign}.Declare(d)
}

type groupState struct {
	VPC         string            `zt:"key"`
	Name        string            `zt:"key"`
	Description string            `zt:"immutable"`
	Tags        map[string]string `zt:"tags"`
	ID          string            `zt:"output"`
}

var groups = &ztcore.Kind[groupState]{
	Name: "network.SecurityGroup", Permissions: &groupsNeed, Read: readGroups, Create: createGroup, Update: updateGroup, Delete: deleteGroup,
	Check: checkGroup, Retry: stillDetaching, Controls: []string{"NIST SP 800-207 tenet 2", "CISA ZTMM Networks"},
}

var groupsNeed = ztcore.Permissions{
	Read:   []string{"ec2:DescribeSecurityGroups"},
	Write:  []string{"ec2:CreateSecurityGroup", "ec2:CreateTags"},
	Delete: []string{"ec2:DeleteSecurityGroup", "ec2:DescribeNetworkInterfaces", "ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"},
}

func readGroups(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[groupState]) ([]groupState, error) {
	filters := append(narrow(q, "vpc-id", func(g groupState) string { return g.VPC }), narrow(q, "group-name", func(g groupState) string { return g.Name })...)
	all, err := describeGroups(ctx, sc, filters...)
	var out []groupState
	for _, g := range all {
		out = append(out, groupState{
			VPC: aws.ToString(g.VpcId), Name: aws.ToString(g.GroupName), Description: aws.ToString(g.Description), Tags: tagMap(g.Tags), ID: aws.ToString(g.GroupId),
		})
	}
	return out, err
}

func createGroup(ctx context.Context, sc *ztcore.Scope, want groupState) error {
	_, err := ec2.NewFromConfig(sc.Config).CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		VpcId: &want.VPC, GroupName: &want.Name, Description: &want.Description, TagSpecifications: tagged(types.ResourceTypeSecurityGroup, want.Tags),
	})
	return err
}

func updateGroup(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[groupState]) error {
	return setTags(ctx, sc, u.Have.ID, u.Want.Tags)
}

// deleteGroup also takes back what other groups of the baseline admit from this one, which only groups that go too still do.
func deleteGroup(ctx context.Context, sc *ztcore.Scope, have groupState) error {
	c := ec2.NewFromConfig(sc.Config)
	_, err := c.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &have.ID})
	if !refusedWith(err, "DependencyViolation", "InvalidGroup.InUse") {
		return unless(err, "InvalidGroup.NotFound")
	}
	by, uerr := interfaces(ctx, sc, filter("group-id", have.ID))
	referrers, rerr := referrersOf(ctx, sc, have.ID)
	if uerr != nil || rerr != nil {
		return errors.Join(err, uerr, rerr)
	}
	for _, g := range referrers {
		if tagMap(g.Tags)[ztcore.TagBaseline] != sc.Baseline {
			by = append(by, fmt.Sprintf("a rule of group %s (%s) of account %s", aws.ToString(g.GroupId), aws.ToString(g.GroupName), aws.ToString(g.OwnerId)))
		}
	}
	if len(by) > 0 {
		return &InUseError{Object: have.ID, By: by, Err: err}
	}
	for _, g := range referrers {
		to := slices.DeleteFunc(membersOf(g), func(m member) bool { return string(m.Group) != have.ID })
		if err := revoke(ctx, sc, aws.ToString(g.GroupId), to); err != nil {
			return err
		}
	}
	_, err = c.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &have.ID})
	return unless(err, "InvalidGroup.NotFound")
}

// referrersOf are the other groups with rules that refer to a group.
func referrersOf(ctx context.Context, sc *ztcore.Scope, group string) ([]types.SecurityGroup, error) {
	in, err := describeGroups(ctx, sc, filter("ip-permission.group-id", group))
	if err != nil {
		return nil, err
	}
	out, err := describeGroups(ctx, sc, filter("egress.ip-permission.group-id", group))
	seen := map[string]bool{group: true}
	return slices.DeleteFunc(append(in, out...), func(g types.SecurityGroup) bool {
		again := seen[aws.ToString(g.GroupId)]
		seen[aws.ToString(g.GroupId)] = true
		return again
	}), err
}

func checkGroup(want groupState) []ztcore.Finding {
	var out []ztcore.Finding
	switch {
	case len(want.Name) > 255 || !groupText.MatchString(want.Name) || strings.TrimSpace(want.Name) != want.Name:
		out = append(out, ztcore.Finding{Attribute: "Name", Message: fmt.Sprintf("%q is not one that EC2 takes", want.Name), Fix: groupTextFix})
	case strings.HasPrefix(want.Name, "sg-") || want.Name == "default":
		out = append(out, ztcore.Finding{Attribute: "Name", Message: fmt.Sprintf("%q is reserved by EC2", want.Name), Fix: "use another name"})
	}
	if want.Description == "" {
		out = append(out, ztcore.Finding{Attribute: "Description", Message: "EC2 wants one, and never changes it", Fix: "say what the group is for"})
	} else if len(want.Description) > 255 || !groupText.MatchString(want.Description) {
		out = append(out, ztcore.Finding{Attribute: "Description", Message: fmt.Sprintf("%q is not one that EC2 takes", want.Description), Fix: groupTextFix})
	}
	out = append(out, checkVPCID(want.VPC)...)
	return out
}
