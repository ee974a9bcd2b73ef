package network

import (
	"context"
	"fmt"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Subnet is a part of a VPC's addresses in one Availability Zone. It is private: nothing in it gets a public address by
// itself, and a route table that leads it to an internet gateway is a finding.
type Subnet struct {
	Name string // the tag Name, and its name in the baseline
	VPC  id.VPC
	CIDR string // an IPv4 block of /16 to /28 in the VPC's; a change makes another subnet
	Zone string // as us-east-1a, or ztcore.Region + "a"; a change makes another subnet

	// PublicBecause says why the subnet may be led to an internet gateway, as that of a NAT gateway or a load balancer is.
	PublicBecause string
	// PublicAddressesBecause says why what is launched in the subnet gets a public address by itself. What needs one and is
	// named, as a load balancer, gets it without.
	PublicAddressesBecause string
	Tags                   map[string]string // others' tags are left alone
}

// ID is the subnet's id.
func (s Subnet) ID() id.Subnet { return id.Subnet(subnets.Ref(s.Name, "ID")) }

// Declare implements ztcore.Resource.
func (s Subnet) Declare(d *ztcore.Declaration) {
	n := subnets.Declare(d, s.Name, subnetState{
		VPC: string(s.VPC), CIDR: canonical(s.CIDR), Zone: s.Zone, PublicAddresses: s.PublicAddressesBecause != "",
		Tags: named(s.Name, s.Tags), MayBePublic: s.PublicBecause != "" || s.PublicAddressesBecause != "",
	})
	if s.PublicBecause != "" {
		n.Except("may be led to an internet gateway", s.PublicBecause)
	}
	if s.PublicAddressesBecause != "" {
		n.Except("PublicAddresses", s.PublicAddressesBecause)
	}
}

type subnetState struct {
	VPC             string `zt:"key"`
	CIDR            string `zt:"key"`
	Zone            string `zt:"immutable"`
	PublicAddresses bool
	Tags            map[string]string `zt:"tags"`
	ID              string            `zt:"output"`
	MayBePublic     bool              `zt:"-"`
}

var subnets = &ztcore.Kind[subnetState]{
	Name: "network.Subnet", Permissions: &subnetsNeed, Read: readSubnets, Create: createSubnet, Update: updateSubnet, Delete: deleteSubnet,
	Check: checkSubnet, CheckAll: checkSubnets, Refuse: refuseSubnet, Retry: stillDetaching,
	Controls: []string{"FSBP EC2.15", "NIST SP 800-207 tenet 2", "CISA ZTMM Networks"},
}

var subnetsNeed = ztcore.Permissions{
	Read:   []string{"ec2:DescribeSubnets"},
	Write:  []string{"ec2:CreateSubnet", "ec2:CreateTags", "ec2:ModifySubnetAttribute"},
	Delete: []string{"ec2:DeleteSubnet", "ec2:DescribeNetworkInterfaces"},
}

func readSubnets(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[subnetState]) ([]subnetState, error) {
	filters := append(narrow(q, "vpc-id", func(s subnetState) string { return s.VPC }), narrow(q, "cidr-block", func(s subnetState) string { return s.CIDR })...)
	all, err := describeSubnets(ctx, sc, filters...)
	var out []subnetState
	for _, s := range all {
		out = append(out, subnetState{
			VPC: aws.ToString(s.VpcId), CIDR: aws.ToString(s.CidrBlock), Zone: aws.ToString(s.AvailabilityZone),
			PublicAddresses: aws.ToBool(s.MapPublicIpOnLaunch), Tags: tagMap(s.Tags), ID: aws.ToString(s.SubnetId),
		})
	}
	return out, err
}

func createSubnet(ctx context.Context, sc *ztcore.Scope, want subnetState) error {
	out, err := ec2.NewFromConfig(sc.Config).CreateSubnet(ctx, &ec2.CreateSubnetInput{
		VpcId: &want.VPC, CidrBlock: &want.CIDR, AvailabilityZone: &want.Zone, TagSpecifications: tagged(types.ResourceTypeSubnet, want.Tags),
	})
	if err != nil || !want.PublicAddresses {
		return err
	}
	return setPublicAddresses(ctx, sc, aws.ToString(out.Subnet.SubnetId), true)
}

func setPublicAddresses(ctx context.Context, sc *ztcore.Scope, subnet string, on bool) error {
	_, err := ec2.NewFromConfig(sc.Config).ModifySubnetAttribute(ctx, &ec2.ModifySubnetAttributeInput{SubnetId: &subnet, MapPublicIpOnLaunch: &types.AttributeBooleanValue{Value: &on}})
	return err
}

func updateSubnet(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[subnetState]) error {
	if u.Changed("PublicAddresses") {
		if err := setPublicAddresses(ctx, sc, u.Have.ID, u.Want.PublicAddresses); err != nil {
			return err
		}
	}
	if u.Changed("Tags") {
		return setTags(ctx, sc, u.Have.ID, u.Want.Tags)
	}
	return nil
}

func deleteSubnet(ctx context.Context, sc *ztcore.Scope, have subnetState) error {
	_, err := ec2.NewFromConfig(sc.Config).DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &have.ID})
	return blamed(ctx, sc, unless(err, "InvalidSubnetID.NotFound"), have.ID, func(ctx context.Context, sc *ztcore.Scope) ([]string, error) {
		return interfaces(ctx, sc, filter("subnet-id", have.ID))
	})
}

// zoneRE is the form of a zone's name; Local and Wavelength Zones have more parts.
var zoneRE = regexp.MustCompile(`^[a-z]{2,4}(-[a-z0-9]+)+-[0-9]+[a-z]$`)

func checkSubnet(want subnetState) []ztcore.Finding {
	out := checkBlock("CIDR", want.CIDR)
	if !ztcore.HasToken(want.Zone) && !zoneRE.MatchString(want.Zone) {
		out = append(out, ztcore.Finding{Attribute: "Zone", Message: fmt.Sprintf("%q is no Availability Zone", want.Zone), Fix: `use a name such as us-east-1a, or ztcore.Region + "a"`})
	}
	out = append(out, checkVPCID(want.VPC)...)
	return out
}

func refuseSubnet(sc *ztcore.Scope, want subnetState) []ztcore.Finding {
	if strings.HasPrefix(want.Zone, sc.Region) {
		return nil
	}
	return []ztcore.Finding{{Attribute: "Zone", Message: fmt.Sprintf("%s is not in region %s", want.Zone, sc.Region), Fix: `use ztcore.Region + "a", or plan against the zone's region`}}
}

// checkSubnets finds subnets that lie outside their VPC or overlap with another of it, which AWS would refuse.
func checkSubnets(g *ztcore.Graph, all []ztcore.Declared[subnetState]) []ztcore.Finding {
	var out []ztcore.Finding
	for i, a := range all {
		p, err := parseCIDR(a.Want.CIDR)
		if err != nil {
			continue
		}
		if vpc, ok := ztcore.Lookup[vpcState](g, a.Want.VPC); ok {
			if whole, err := parseCIDR(vpc.Want.CIDR); err == nil && !within(p, whole) {
				out = append(out, ztcore.Finding{
					Resource: a.Address, Attribute: "CIDR", Message: fmt.Sprintf("%s is not within %s of %s", p, whole, vpc.Address), Fix: "use a part of the VPC's block",
				})
			}
		}
		for _, b := range all[:i] {
			if q, err := parseCIDR(b.Want.CIDR); err == nil && a.Want.VPC == b.Want.VPC && p != q && p.Overlaps(q) {
				out = append(out, ztcore.Finding{
					Resource: a.Address, Attribute: "CIDR", Message: fmt.Sprintf("%s overlaps with %s of %s", p, q, b.Address), Fix: "give each subnet addresses of its own",
				})
			}
		}
	}
	return out
}
