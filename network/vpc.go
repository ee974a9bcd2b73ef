package network

import (
	"context"
	"fmt"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// VPC is a virtual network. DNS is on in it, as interface endpoints need, and its default security group, which AWS
// fills with rules, admits and sends nothing.
type VPC struct {
	Name string // the tag Name, by which it can be adopted
	CIDR string // an IPv4 block of /16 to /28; a change makes another VPC

	// KeepDefaultGroupBecause leaves the default security group as it is, for the reason given.
	KeepDefaultGroupBecause string
	Tags                    map[string]string // others' tags are left alone
}

// ID is the VPC's id.
func (v VPC) ID() id.VPC { return id.VPC(vpcs.Ref(v.Name, "ID")) }

// Declare implements ztcore.Resource.
func (v VPC) Declare(d *ztcore.Declaration) {
	tags := named(v.Name, v.Tags)
	n := vpcs.Declare(d, v.Name, vpcState{Name: tags[nameTag], CIDR: canonical(v.CIDR), DNSSupport: true, DNSHostnames: true, Tags: tags})
	if v.KeepDefaultGroupBecause != "" {
		n.Except("the default security group is left as it is", v.KeepDefaultGroupBecause)
		return
	}
	DefaultSecurityGroup{VPC: v.ID(), Name: v.Name}.Declare(d)
}

type vpcState struct {
	Name         string `zt:"label,-"` // compared as a tag
	CIDR         string `zt:"immutable"`
	DNSSupport   bool
	DNSHostnames bool
	Tags         map[string]string `zt:"tags"`
	ID           string            `zt:"output"`
}

var vpcs = &ztcore.Kind[vpcState]{
	Name: "network.VPC", Permissions: &vpcsNeed, Read: readVPCs, Create: createVPC, Update: updateVPC, Delete: deleteVPC,
	Check:    func(want vpcState) []ztcore.Finding { return checkBlock("CIDR", want.CIDR) },
	CheckAll: checkVPCs, Retry: stillDetaching, HoldsData: true,
	Controls: []string{"NIST SP 800-207 tenet 2", "CISA ZTMM Networks"},
}

var vpcsNeed = ztcore.Permissions{
	Read:  []string{"ec2:DescribeVpcAttribute", "ec2:DescribeVpcs"},
	Write: []string{"ec2:CreateTags", "ec2:CreateVpc", "ec2:ModifyVpcAttribute"},
	Delete: []string{
		"ec2:DeleteVpc", "ec2:DescribeInternetGateways", "ec2:DescribeNetworkAcls", "ec2:DescribeNetworkInterfaces", "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups",
		"ec2:DescribeSubnets", "ec2:DescribeVpcEndpoints", "ec2:DescribeVpcPeeringConnections",
	},
}

func readVPCs(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[vpcState]) ([]vpcState, error) {
	all, err := describeVPCs(ctx, sc)
	if err != nil {
		return nil, err
	}
	var out []vpcState
	for _, v := range all {
		s := vpcState{CIDR: aws.ToString(v.CidrBlock), Tags: tagMap(v.Tags), ID: aws.ToString(v.VpcId)}
		s.Name = s.Tags[nameTag]
		// DNS settings take two calls a VPC, so those of VPCs that can't be meant are not read.
		if s.Tags[ztcore.TagBaseline] == sc.Baseline || slices.ContainsFunc(q.Want, func(w vpcState) bool { return w.Name == s.Name }) {
			out = append(out, s)
		}
	}
	gone := make([]bool, len(out))
	err = ztcore.Each(ctx, len(out), func(ctx context.Context, i int) error {
		err := readDNS(ctx, sc, &out[i])
		gone[i] = refusedWith(err, "InvalidVpcID.NotFound") // since the listing
		return unless(err, "InvalidVpcID.NotFound")
	})
	for i := len(out) - 1; i >= 0; i-- {
		if gone[i] {
			out = slices.Delete(out, i, i+1)
		}
	}
	return out, err
}

func readDNS(ctx context.Context, sc *ztcore.Scope, v *vpcState) error {
	c := ec2.NewFromConfig(sc.Config)
	names := []types.VpcAttributeName{types.VpcAttributeNameEnableDnsSupport, types.VpcAttributeNameEnableDnsHostnames}
	return ztcore.Each(ctx, len(names), func(ctx context.Context, i int) error { // the API tells one attribute a call
		out, err := c.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: &v.ID, Attribute: names[i]})
		switch {
		case err != nil:
			return err
		case i == 0:
			v.DNSSupport = aws.ToBool(out.EnableDnsSupport.Value)
		default:
			v.DNSHostnames = aws.ToBool(out.EnableDnsHostnames.Value)
		}
		return nil
	})
}

func createVPC(ctx context.Context, sc *ztcore.Scope, want vpcState) error {
	out, err := ec2.NewFromConfig(sc.Config).CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: &want.CIDR, TagSpecifications: tagged(types.ResourceTypeVpc, want.Tags)})
	if err != nil {
		return err
	}
	return setDNSHostnames(ctx, sc, aws.ToString(out.Vpc.VpcId)) // support is on from the start
}

func setDNSHostnames(ctx context.Context, sc *ztcore.Scope, vpc string) error {
	_, err := ec2.NewFromConfig(sc.Config).ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: &vpc, EnableDnsHostnames: &types.AttributeBooleanValue{Value: aws.Bool(true)}})
	return err
}

func updateVPC(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[vpcState]) error {
	if u.Changed("Tags") {
		if err := setTags(ctx, sc, u.Have.ID, u.Want.Tags); err != nil {
			return err
		}
	}
	if u.Changed("DNSSupport") { // host names need it, and one call sets one of them
		_, err := ec2.NewFromConfig(sc.Config).ModifyVpcAttribute(ctx, &ec2.ModifyVpcAttributeInput{VpcId: &u.Have.ID, EnableDnsSupport: &types.AttributeBooleanValue{Value: aws.Bool(true)}})
		if err != nil {
			return err
		}
	}
	if u.Changed("DNSHostnames") {
		return setDNSHostnames(ctx, sc, u.Have.ID)
	}
	return nil
}

func deleteVPC(ctx context.Context, sc *ztcore.Scope, have vpcState) error {
	_, err := ec2.NewFromConfig(sc.Config).DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &have.ID})
	return blamed(ctx, sc, unless(err, "InvalidVpcID.NotFound"), have.ID, func(ctx context.Context, sc *ztcore.Scope) ([]string, error) {
		return contents(ctx, sc, have.ID)
	})
}

// checkVPCs finds VPCs that could not be connected later, since the same addresses are in both.
func checkVPCs(_ *ztcore.Graph, all []ztcore.Declared[vpcState]) []ztcore.Finding {
	var out []ztcore.Finding
	for i, a := range all {
		for _, b := range all[:i] {
			p, perr := parseCIDR(a.Want.CIDR)
			q, qerr := parseCIDR(b.Want.CIDR)
			if perr == nil && qerr == nil && p.Overlaps(q) {
				out = append(out, ztcore.Finding{
					Resource: a.Address, Attribute: "CIDR", Guardrail: "network.vpc-overlap",
					Message: fmt.Sprintf("%s overlaps with %s of %s: the two can't be peered or share a transit gateway", a.Want.CIDR, b.Want.CIDR, b.Address),
					Fix:     "give each VPC addresses of its own",
				})
			}
		}
	}
	return out
}

var vpcIDRE = regexp.MustCompile(`^vpc-([0-9a-f]{8}|[0-9a-f]{17})$`)

// checkVPCID checks a reference to a VPC, for which a name is easily mistaken.
func checkVPCID(vpc string) []ztcore.Finding {
	switch {
	case vpc == "":
		return []ztcore.Finding{{Attribute: "VPC", Message: "no VPC is named", Fix: "set it to a VPC's ID()"}}
	case !ztcore.HasToken(vpc) && !vpcIDRE.MatchString(vpc):
		return []ztcore.Finding{{Attribute: "VPC", Message: fmt.Sprintf("%q is no VPC's id", vpc), Fix: "set it to a VPC's ID(), or to a literal such as vpc-0123456789abcdef0"}}
	}
	return nil
}
