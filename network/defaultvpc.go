package network

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// DefaultVPC declares that the region has no default VPC: the one that AWS made, whose subnets are all public, is
// removed with its subnets and its internet gateway. While anything of anyone's is in it, the plan shows what, and Apply
// refuses with an *InUseError before it touches anything. A removal that was cut off goes on where it stopped.
//
// Destroying the baseline does not bring it back; ec2:CreateDefaultVpc does. A VPN gateway is the one thing that is not
// looked for: AWS refuses to delete the VPC that it is attached to, but only after the subnets are gone.
type DefaultVPC struct{}

// Declare implements ztcore.Resource.
func (DefaultVPC) Declare(d *ztcore.Declaration) {
	defaultVPCs.Declare(d, "absent", defaultVPCState{Region: ztcore.Region, Remains: []string{}, InUse: []string{}})
}

type defaultVPCState struct {
	Region  string   `zt:"key"`
	Remains []string `zt:"set"` // ids of what AWS made and is to go
	InUse   []string `zt:"set"` // what keeps it from being removed
}

var defaultVPCs = &ztcore.Kind[defaultVPCState]{
	Name: "network.DefaultVPC", Permissions: &defaultVPCsNeed, Read: readDefaultVPC, Put: removeDefaultVPC, Retry: stillDetaching,
	Controls: []string{"NIST SP 800-207 tenet 2", "CISA ZTMM Networks"},
}

var defaultVPCsNeed = ztcore.Permissions{
	Read: []string{
		"ec2:DescribeInternetGateways", "ec2:DescribeNetworkAcls", "ec2:DescribeNetworkInterfaces", "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups",
		"ec2:DescribeSubnets", "ec2:DescribeVpcEndpoints", "ec2:DescribeVpcPeeringConnections", "ec2:DescribeVpcs",
	},
	Write: []string{"ec2:CreateTags", "ec2:DeleteInternetGateway", "ec2:DeleteSubnet", "ec2:DeleteVpc", "ec2:DetachInternetGateway"},
}

// defaultParts are what AWS made in a region: its default VPC, and what is left of an earlier removal.
type defaultParts struct {
	vpc      string
	gateways []types.InternetGateway
	subnets  []string
}

func findDefault(ctx context.Context, sc *ztcore.Scope) (p defaultParts, err error) {
	vpcs, err := describeVPCs(ctx, sc, filter("is-default", "true"))
	if err != nil {
		return p, err
	}
	// A gateway that was detached but not deleted is known by the mark that it got before.
	if p.gateways, err = describeInternetGateways(ctx, sc, filter("tag:"+ztcore.TagResource, defaultGatewayMark)); err != nil || len(vpcs) == 0 {
		return p, err
	}
	p.vpc = aws.ToString(vpcs[0].VpcId)
	attached, err := describeInternetGateways(ctx, sc, filter("attachment.vpc-id", p.vpc))
	if err != nil {
		return p, err
	}
	for _, g := range attached {
		if !slices.ContainsFunc(p.gateways, func(k types.InternetGateway) bool {
			return aws.ToString(k.InternetGatewayId) == aws.ToString(g.InternetGatewayId)
		}) {
			p.gateways = append(p.gateways, g)
		}
	}
	subnets, err := describeSubnets(ctx, sc, filter("vpc-id", p.vpc))
	for _, s := range subnets {
		p.subnets = append(p.subnets, aws.ToString(s.SubnetId))
	}
	return p, err
}

func readDefaultVPC(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[defaultVPCState]) ([]defaultVPCState, error) {
	if len(q.Want) == 0 {
		return nil, nil
	}
	p, err := findDefault(ctx, sc)
	if err != nil {
		return nil, err
	}
	have := defaultVPCState{Region: sc.Region, InUse: []string{}, Remains: append([]string{}, p.subnets...)}
	for _, g := range p.gateways {
		have.Remains = append(have.Remains, aws.ToString(g.InternetGatewayId))
	}
	if p.vpc != "" {
		have.Remains = append(have.Remains, p.vpc)
		have.InUse, err = occupants(ctx, sc, p.vpc)
	}
	return []defaultVPCState{have}, err
}

// defaultGatewayMark is the ownership tag of a default VPC's internet gateway while it is being removed.
const defaultGatewayMark = "network.DefaultVPC/absent"

func removeDefaultVPC(ctx context.Context, sc *ztcore.Scope, _ defaultVPCState) error {
	p, err := findDefault(ctx, sc)
	if err != nil {
		return err
	}
	if p.vpc != "" {
		by, err := occupants(ctx, sc, p.vpc)
		if err != nil {
			return err
		}
		if len(by) > 0 {
			return &InUseError{Object: "the default VPC " + p.vpc, By: by}
		}
	}
	for _, g := range p.gateways {
		if err := removeDefaultGateway(ctx, sc, g); err != nil {
			return err
		}
	}
	c := ec2.NewFromConfig(sc.Config)
	for _, s := range p.subnets {
		if _, err := c.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: &s}); unless(err, "InvalidSubnetID.NotFound") != nil {
			return err
		}
	}
	if p.vpc == "" {
		return nil
	}
	_, err = c.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: &p.vpc})
	return unless(err, "InvalidVpcID.NotFound")
}

func removeDefaultGateway(ctx context.Context, sc *ztcore.Scope, g types.InternetGateway) error {
	s := internetGatewayState{ID: aws.ToString(g.InternetGatewayId)}
	if len(g.Attachments) > 0 {
		s.VPC = aws.ToString(g.Attachments[0].VpcId)
		err := setTags(ctx, sc, s.ID, map[string]string{ztcore.TagBaseline: sc.Baseline, ztcore.TagResource: defaultGatewayMark})
		if unless(err, "InvalidInternetGatewayID.NotFound") != nil { // which another run has removed
			return err
		}
	}
	return deleteInternetGateway(ctx, sc, s)
}
