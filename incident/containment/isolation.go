package containment

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// caseGroup is a security group of a case: one that lets everything through, or nothing.
type caseGroup struct {
	Exists  bool     `json:"exists,omitempty"`
	Ingress []string `json:"ingress,omitempty"` // as "-1 ::/0"
	Egress  []string `json:"egress,omitempty"`
	Case    string   `json:"case,omitempty"`
}

var everything = []string{"-1 0.0.0.0/0", "-1 ::/0"}

// isolationGroup is a group that a case has made, whose target is "vpc-…|name|case". A VPC has one group of a name, so a lost
// answer makes no second one.
var isolationGroup = stateOf(setting{name: "isolation group", ours: true}, func(ctx context.Context, cfg aws.Config, target string) (caseGroup, error) {
	g, err := findGroup(ctx, cfg, target)
	if err != nil || g == nil {
		return caseGroup{}, err
	}
	return caseGroup{true, rulesOf(g.IpPermissions), rulesOf(g.IpPermissionsEgress), tagOf(g.Tags, tagCaseMade)}, nil
}, func(ctx context.Context, cfg aws.Config, target string, _, want caseGroup) error {
	g, err := findGroup(ctx, cfg, target)
	if err != nil {
		return err
	}
	c := ec2.NewFromConfig(cfg)
	if !want.Exists {
		if g == nil {
			return nil
		}
		_, err := c.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: g.GroupId})
		return err
	}
	if g == nil {
		parts := strings.Split(target, "|")
		_, err := c.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
			VpcId: &parts[0], GroupName: &parts[1], Description: aws.String("Isolation for case " + want.Case),
			TagSpecifications: []types.TagSpecification{{ResourceType: types.ResourceTypeSecurityGroup, Tags: ec2Tags(map[string]string{tagCaseMade: want.Case})}},
		})
		if err != nil && !refusedWith(err, "InvalidGroup.Duplicate") { // a lost answer
			return err
		}
		if g, err = findGroup(ctx, cfg, target); err != nil {
			return err
		}
		if g == nil {
			return fmt.Errorf("the group was made, but is not found yet; run again")
		}
	}
	if tagOf(g.Tags, tagCaseMade) != want.Case {
		return fmt.Errorf("%s has the name of the case's group, and was not made by it", aws.ToString(g.GroupId))
	}
	return makeRules(ctx, c, g, want)
})

// tagCaseMade is on what a case has made itself. It is not ztcore.TagCase, which holds what baselines own.
const tagCaseMade = "zerotrust:made-for-case"

func findGroup(ctx context.Context, cfg aws.Config, target string) (*types.SecurityGroup, error) {
	parts := strings.Split(target, "|")
	found, err := describeGroups(ctx, cfg, filter("vpc-id", parts[0]), filter("group-name", parts[1]))
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &found[0], nil
}

// rulesOf are a group's rules, each on one line, sorted. IPv6, prefix lists and groups count as much as IPv4.
func rulesOf(permissions []types.IpPermission) []string {
	var out []string
	for _, p := range permissions {
		traffic := aws.ToString(p.IpProtocol)
		if p.FromPort != nil && traffic != "-1" {
			traffic += fmt.Sprintf(":%d-%d", *p.FromPort, aws.ToInt32(p.ToPort))
		}
		for _, r := range p.IpRanges {
			out = append(out, traffic+" "+aws.ToString(r.CidrIp))
		}
		for _, r := range p.Ipv6Ranges {
			out = append(out, traffic+" "+aws.ToString(r.CidrIpv6))
		}
		for _, r := range p.PrefixListIds {
			out = append(out, traffic+" "+aws.ToString(r.PrefixListId))
		}
		for _, r := range p.UserIdGroupPairs {
			out = append(out, traffic+" "+aws.ToString(r.GroupId))
		}
	}
	slices.Sort(out)
	return out
}

// makeRules makes the rules everything or nothing: EC2 lets every new group send to anywhere.
// https://docs.aws.amazon.com/vpc/latest/userguide/creating-security-groups.html
func makeRules(ctx context.Context, c *ec2.Client, g *types.SecurityGroup, want caseGroup) error {
	if excess := beyond(g.IpPermissions, want.Ingress); len(excess) > 0 {
		if _, err := c.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: g.GroupId, IpPermissions: excess}); err != nil {
			return err
		}
	}
	if excess := beyond(g.IpPermissionsEgress, want.Egress); len(excess) > 0 {
		if _, err := c.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: g.GroupId, IpPermissions: excess}); err != nil {
			return err
		}
	}
	if missing := lacking(g.IpPermissions, want.Ingress); len(missing) > 0 {
		if _, err := c.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: g.GroupId, IpPermissions: missing}); err != nil {
			return err
		}
	}
	if missing := lacking(g.IpPermissionsEgress, want.Egress); len(missing) > 0 {
		if _, err := c.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: g.GroupId, IpPermissions: missing}); err != nil {
			return err
		}
	}
	return nil
}

// beyond are the permissions that hold more than is wanted, one source each.
func beyond(have []types.IpPermission, want []string) []types.IpPermission {
	var out []types.IpPermission
	for _, p := range single(have) {
		if !slices.Contains(want, rulesOf([]types.IpPermission{p})[0]) {
			out = append(out, p)
		}
	}
	return out
}

// single splits permissions into those of one source each.
func single(all []types.IpPermission) []types.IpPermission {
	var out []types.IpPermission
	for _, p := range all {
		one := types.IpPermission{IpProtocol: p.IpProtocol, FromPort: p.FromPort, ToPort: p.ToPort}
		for _, r := range p.IpRanges {
			o := one
			o.IpRanges = []types.IpRange{r}
			out = append(out, o)
		}
		for _, r := range p.Ipv6Ranges {
			o := one
			o.Ipv6Ranges = []types.Ipv6Range{r}
			out = append(out, o)
		}
		for _, r := range p.PrefixListIds {
			o := one
			o.PrefixListIds = []types.PrefixListId{r}
			out = append(out, o)
		}
		for _, r := range p.UserIdGroupPairs {
			o := one
			o.UserIdGroupPairs = []types.UserIdGroupPair{r}
			out = append(out, o)
		}
	}
	return out
}

// lacking are the permissions for what is wanted and not there, as all of everything.
func lacking(have []types.IpPermission, want []string) []types.IpPermission {
	stands := rulesOf(have)
	var out []types.IpPermission
	for _, w := range want {
		if slices.Contains(stands, w) {
			continue
		}
		p := types.IpPermission{IpProtocol: aws.String("-1")}
		if _, cidr, _ := strings.Cut(w, " "); strings.Contains(cidr, ":") {
			p.Ipv6Ranges = []types.Ipv6Range{{CidrIpv6: &cidr}}
		} else {
			p.IpRanges = []types.IpRange{{CidrIp: &cidr}}
		}
		out = append(out, p)
	}
	return out
}

// interfaceGroups are the security groups of an interface, in their order, which AWS need not keep.
var interfaceGroups = stateOf(setting{name: "security groups of an interface", same: sameMembers}, func(ctx context.Context, cfg aws.Config, eni string) ([]string, error) {
	out, err := ec2.NewFromConfig(cfg).DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{eni}})
	if err != nil {
		return nil, err
	}
	if len(out.NetworkInterfaces) != 1 {
		return nil, fmt.Errorf("interface %s is not there", eni)
	}
	var groups []string
	for _, g := range out.NetworkInterfaces[0].Groups {
		groups = append(groups, aws.ToString(g.GroupId))
	}
	return groups, nil
}, func(ctx context.Context, cfg aws.Config, eni string, _, want []string) error {
	_, err := ec2.NewFromConfig(cfg).ModifyNetworkInterfaceAttribute(ctx, &ec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: &eni, Groups: want})
	return err
})

// sameMembers compares two lists of texts without their order.
func sameMembers(a, b string) bool {
	var x, y []string
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return false
	}
	return slices.Equal(union(x, nil), union(y, nil))
}

// admitters are the groups, other than itself, whose rules let a group's members in or out.
func admitters(ctx context.Context, cfg aws.Config, group string) ([]string, error) {
	var out []string
	for _, direction := range []string{"ip-permission.group-id", "egress.ip-permission.group-id"} {
		found, err := describeGroups(ctx, cfg, filter(direction, group))
		if err != nil {
			return nil, err
		}
		for _, g := range found {
			if id := aws.ToString(g.GroupId); id != group && !slices.Contains(out, id) {
				out = append(out, id)
			}
		}
	}
	return out, nil
}
