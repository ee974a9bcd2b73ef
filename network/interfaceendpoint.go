package network

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// InterfaceEndpoint brings a service into a VPC as network interfaces that answer under the service's own name, so that
// nothing needs a way to the internet for it. Session Manager, for one, needs "ssm" and "ssmmessages".
//
// It has a security group of its own, <Name>-endpoint, which admits TLS from FromCIDRs and FromGroups alone.
type InterfaceEndpoint struct {
	Name       string             // the tag Name, by which it can be adopted
	VPC        id.VPC             // a change makes another endpoint
	Service    string             // short, as "ssm", or full, as com.amazonaws.vpce.us-east-1.vpce-svc-…; a change makes another endpoint
	Subnets    []id.Subnet        // at most one in each zone; authoritative
	FromCIDRs  []string           // who may connect, as the VPC's block
	FromGroups []id.SecurityGroup // who may connect, as members of these groups
	Policy     policy.Document    // OwnPrincipals() if it is left out
	// NoPrivateDNSBecause keeps the service's own name leading to the internet, for the reason given.
	NoPrivateDNSBecause string
	Tags                map[string]string
}

// ID is the endpoint's id.
func (e InterfaceEndpoint) ID() id.VPCEndpoint {
	return id.VPCEndpoint(interfaceEndpoints.Ref(e.Name, "ID"))
}

// SecurityGroup is the endpoint's own group, for others' egress rules to name.
func (e InterfaceEndpoint) SecurityGroup() SecurityGroup {
	g := SecurityGroup{Name: e.Name + "-endpoint", Description: "TLS to the endpoint " + e.Name, VPC: e.VPC, Tags: e.Tags}
	for _, c := range e.FromCIDRs {
		g.Ingress = append(g.Ingress, AllowTCP(443).From(c))
	}
	for _, c := range e.FromGroups {
		g.Ingress = append(g.Ingress, AllowTCP(443).FromGroup(c))
	}
	return g
}

// Declare implements ztcore.Resource.
func (e InterfaceEndpoint) Declare(d *ztcore.Declaration) {
	if e.Policy.IsZero() {
		e.Policy = OwnPrincipals()
	}
	group, tags := e.SecurityGroup(), named(e.Name, e.Tags)
	group.Declare(d)
	n := interfaceEndpoints.Declare(d, e.Name, interfaceEndpointState{
		Name: tags[nameTag], VPC: string(e.VPC), Service: serviceName(e.Service), Subnets: texts(e.Subnets), Groups: []string{string(group.ID())},
		PrivateDNS: e.NoPrivateDNSBecause == "", Policy: e.Policy, State: "available", Tags: tags,
	})
	if e.NoPrivateDNSBecause != "" {
		n.Except("PrivateDNS", e.NoPrivateDNSBecause)
	}
}

type interfaceEndpointState struct {
	Name       string   `zt:"label,-"` // compared as a tag
	VPC        string   `zt:"immutable"`
	Service    string   `zt:"immutable"`
	Subnets    []string `zt:"set"`
	Groups     []string `zt:"set"`
	PrivateDNS bool
	Policy     policy.Document
	State      string            // pending at first, or waiting for its owner's acceptance
	Tags       map[string]string `zt:"tags"`
	ID         string            `zt:"output"`
	Created    time.Time         `zt:"output"`
}

var interfaceEndpoints = &ztcore.Kind[interfaceEndpointState]{
	Name: "network.InterfaceEndpoint", Permissions: &interfaceEndpointsNeed, PermissionsFor: interfaceEndpointsNeedFor, Read: readInterfaceEndpoints, Create: createInterfaceEndpoint, Update: updateInterfaceEndpoint,
	Delete: func(ctx context.Context, sc *ztcore.Scope, have interfaceEndpointState) error {
		return deleteEndpoint(ctx, sc, have.ID)
	},
	Check: func(want interfaceEndpointState) []ztcore.Finding {
		out := checkEndpoint(want.VPC, want.Service, want.Policy)
		if len(want.Subnets) == 0 {
			out = append(out, ztcore.Finding{Attribute: "Subnets", Message: "no subnet is named", Fix: "name one in each zone that is to reach the service"})
		}
		return out
	},
	Controls: []string{"NIST SP 800-207 tenet 2", "CISA ZTMM Networks"},
}

var interfaceEndpointsNeed = ztcore.Permissions{
	Read:   []string{"ec2:DescribeVpcEndpoints"},
	Write:  []string{"ec2:CreateTags", "ec2:CreateVpcEndpoint", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs", "ec2:ModifyVpcEndpoint"},
	Delete: []string{"ec2:DeleteVpcEndpoints"},
}

// interfaceEndpointsNeedFor is what the service's own name takes.
func interfaceEndpointsNeedFor(want interfaceEndpointState) ztcore.Permissions {
	if !want.PrivateDNS {
		return ztcore.Permissions{}
	}
	return ztcore.Permissions{Write: []string{"route53:AssociateVPCWithHostedZone"}}
}

func readInterfaceEndpoints(ctx context.Context, sc *ztcore.Scope, _ ztcore.Query[interfaceEndpointState]) ([]interfaceEndpointState, error) {
	all, err := listEndpoints(ctx, sc, types.VpcEndpointTypeInterface)
	var out []interfaceEndpointState
	for _, e := range all {
		s := interfaceEndpointState{
			VPC: aws.ToString(e.VpcId), Service: aws.ToString(e.ServiceName), Subnets: e.SubnetIds, PrivateDNS: aws.ToBool(e.PrivateDnsEnabled),
			Policy: readPolicy(e.PolicyDocument), State: string(e.State), Tags: tagMap(e.Tags), ID: aws.ToString(e.VpcEndpointId), Created: aws.ToTime(e.CreationTimestamp),
		}
		if s.Name = s.Tags[nameTag]; isIn(e, types.StateAvailable) {
			s.State = "available"
		}
		for _, g := range e.Groups {
			s.Groups = append(s.Groups, aws.ToString(g.GroupId))
		}
		out = append(out, s)
	}
	return out, err
}

func createInterfaceEndpoint(ctx context.Context, sc *ztcore.Scope, want interfaceEndpointState) error {
	out, err := ec2.NewFromConfig(sc.Config).CreateVpcEndpoint(ctx, &ec2.CreateVpcEndpointInput{
		VpcId: &want.VPC, ServiceName: &want.Service, VpcEndpointType: types.VpcEndpointTypeInterface, SubnetIds: want.Subnets, SecurityGroupIds: want.Groups,
		PrivateDnsEnabled: &want.PrivateDNS, PolicyDocument: aws.String(want.Policy.JSON()), TagSpecifications: tagged(types.ResourceTypeVpcEndpoint, want.Tags),
	})
	if err != nil {
		return err
	}
	return awaitEndpoint(ctx, sc, aws.ToString(out.VpcEndpoint.VpcEndpointId))
}

func updateInterfaceEndpoint(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[interfaceEndpointState]) error {
	if u.Changed("Tags") {
		if err := setTags(ctx, sc, u.Have.ID, u.Want.Tags); err != nil {
			return err
		}
	}
	if u.Changed("Subnets", "Groups", "PrivateDNS", "Policy") {
		in := &ec2.ModifyVpcEndpointInput{
			VpcEndpointId: &u.Have.ID, AddSubnetIds: difference(u.Want.Subnets, u.Have.Subnets), RemoveSubnetIds: difference(u.Have.Subnets, u.Want.Subnets),
			AddSecurityGroupIds: difference(u.Want.Groups, u.Have.Groups), RemoveSecurityGroupIds: difference(u.Have.Groups, u.Want.Groups),
		}
		if u.Changed("PrivateDNS") {
			in.PrivateDnsEnabled = &u.Want.PrivateDNS
		}
		if u.Changed("Policy") {
			in.PolicyDocument = aws.String(u.Want.Policy.JSON())
		}
		if _, err := ec2.NewFromConfig(sc.Config).ModifyVpcEndpoint(ctx, in); err != nil {
			return err
		}
	}
	return awaitEndpoint(ctx, sc, u.Have.ID)
}
