package fakeec2

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

type natGateway struct {
	ID, VPC, Subnet    string
	Connectivity       types.ConnectivityType
	Address            string // allocation id; empty for a private one
	PublicIP, IP       string
	Interface          string
	Failure            string // why it failed; empty where it did not
	Created, Available time.Time
	Deleted            *time.Time // when its deletion was asked for
	Gone               time.Time  // when that has finished
}

// deletedFor is how long a NAT gateway that was deleted stays visible ("Delete a NAT gateway": about an hour).
const deletedFor = time.Hour

func (n *natGateway) state(now time.Time) types.NatGatewayState {
	switch {
	case n.Deleted != nil && now.Before(n.Gone):
		return types.NatGatewayStateDeleting
	case n.Deleted != nil:
		return types.NatGatewayStateDeleted
	case now.Before(n.Available):
		return types.NatGatewayStatePending
	case n.Failure != "":
		return types.NatGatewayStateFailed
	}
	return types.NatGatewayStateAvailable
}

// gone reports whether a NAT gateway has stopped to be visible.
func (n *natGateway) gone(now time.Time) bool {
	return n.Deleted != nil && !now.Before(n.Gone.Add(deletedFor))
}

// CreateNatGateway makes a NAT gateway. One in a VPC without an internet gateway fails, after it was pending.
func (s *Service) CreateNatGateway(ctx context.Context, in *ec2.CreateNatGatewayInput, _ ...func(*ec2.Options)) (*ec2.CreateNatGatewayOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	done, err := r.replay("CreateNatGateway", in.ClientToken, in)
	if err != nil {
		return nil, err
	}
	if n := r.NATs.Index[done]; done != "" {
		out := types.NatGateway{NatGatewayId: &done, SubnetId: in.SubnetId, State: types.NatGatewayStateDeleted}
		if n != nil {
			out = n.describe(r)
		}
		return &ec2.CreateNatGatewayOutput{NatGateway: &out, ClientToken: in.ClientToken}, nil
	}
	sub, err := find(&r.Subnets, subnetKind, in.SubnetId)
	if err != nil {
		return nil, err
	}
	tags, err := specified(in.TagSpecifications, natKind.resource)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	n := &natGateway{VPC: sub.VPC, Subnet: sub.ID, Connectivity: in.ConnectivityType, Created: now, Available: now.Add(s.settle())}
	if n.Connectivity == "" {
		n.Connectivity = types.ConnectivityTypePublic
	}
	var eip *address
	switch {
	case n.Connectivity == types.ConnectivityTypePrivate && in.AllocationId != nil:
		return nil, badCombination("An allocationId cannot be specified for a private NAT gateway")
	case n.Connectivity == types.ConnectivityTypePublic && in.AllocationId == nil:
		return nil, missingParameter("AllocationId")
	case in.AllocationId != nil:
		if eip, err = find(&r.Addresses, addressKind, in.AllocationId); err != nil {
			return nil, err
		}
		if eip.user(r) != nil {
			return nil, fakeaws.Error("Resource.AlreadyAssociated", "Elastic IP address [%s] is already associated", eip.ID)
		}
	}
	n.ID = s.cloud.ID("nat-", 17)
	i, err := s.addInterface(r, networkInterface{
		Subnet: sub.ID, IP: aws.ToString(in.PrivateIpAddress), Type: "nat_gateway", Description: "Interface for NAT Gateway " + n.ID, Managed: true,
	})
	if err != nil {
		return nil, err
	}
	n.Interface, n.IP = i.ID, i.IP
	if eip != nil {
		n.Address, n.PublicIP = eip.ID, eip.IP
		eip.Interface, eip.Association = i.ID, s.cloud.ID("eipassoc-", 17)
		if !r.Gateways.any(func(g *gateway) bool { return g.VPC == n.VPC }) {
			n.Failure = "Network " + n.VPC + " has no Internet gateway attached"
			r.dropInterface(i)
		}
	}
	r.NATs.add(n.ID, n)
	r.tag(n.ID, tags)
	r.remember("CreateNatGateway", in.ClientToken, in, n.ID)
	out := n.describe(r)
	out.State, out.FailureCode, out.FailureMessage = types.NatGatewayStatePending, nil, nil
	return &ec2.CreateNatGatewayOutput{NatGateway: &out, ClientToken: in.ClientToken}, nil
}

func (n *natGateway) describe(r *region) types.NatGateway {
	now := time.Now()
	a := types.NatGatewayAddress{
		AllocationId: text(n.Address), NetworkInterfaceId: aws.String(n.Interface), PrivateIp: aws.String(n.IP), PublicIp: text(n.PublicIP),
		IsPrimary: aws.Bool(true), Status: types.NatGatewayAddressStatusSucceeded,
	}
	if eip := r.Addresses.Index[n.Address]; eip != nil && eip.Interface == n.Interface {
		a.AssociationId = aws.String(eip.Association)
	}
	out := types.NatGateway{
		NatGatewayId: aws.String(n.ID), VpcId: aws.String(n.VPC), SubnetId: aws.String(n.Subnet), ConnectivityType: n.Connectivity,
		State: n.state(now), CreateTime: aws.Time(n.Created), Tags: r.tagsOn(n.ID), NatGatewayAddresses: []types.NatGatewayAddress{a},
	}
	switch out.State {
	case types.NatGatewayStateFailed:
		out.FailureCode, out.FailureMessage = aws.String("Gateway.NotAttached"), aws.String(n.Failure)
		out.NatGatewayAddresses[0].Status = types.NatGatewayAddressStatusFailed
	case types.NatGatewayStatePending:
		out.NatGatewayAddresses[0].Status = types.NatGatewayAddressStatusAssociating
	}
	if n.Deleted != nil {
		out.DeleteTime = aws.Time(*n.Deleted)
	}
	return out
}

var natQuery = query[natGateway]{
	kind: natKind, id: func(n *natGateway) string { return n.ID }, visible: func(n *natGateway) bool { return !n.gone(time.Now()) },
	columns: columns[natGateway]{
		"nat-gateway-id": one(func(n *natGateway) string { return n.ID }),
		"state":          one(func(n *natGateway) string { return string(n.state(time.Now())) }),
		"subnet-id":      one(func(n *natGateway) string { return n.Subnet }),
		"vpc-id":         one(func(n *natGateway) string { return n.VPC }),
	},
}

// DescribeNatGateways answers NAT gateways in the order of their creation, those deleted less than an hour ago included.
func (s *Service) DescribeNatGateways(ctx context.Context, in *ec2.DescribeNatGatewaysInput, _ ...func(*ec2.Options)) (*ec2.DescribeNatGatewaysOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	found, next, err := list(ctx, r, &r.NATs, natQuery, asked{in.NatGatewayIds, in.Filter, in.NextToken, in.MaxResults})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeNatGatewaysOutput{NextToken: next}
	for _, n := range found {
		out.NatGateways = append(out.NatGateways, n.describe(r))
	}
	return out, nil
}

// DeleteNatGateway deletes a NAT gateway; its address stays allocated.
func (s *Service) DeleteNatGateway(ctx context.Context, in *ec2.DeleteNatGatewayInput, _ ...func(*ec2.Options)) (*ec2.DeleteNatGatewayOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	n, err := find(&r.NATs, natKind, in.NatGatewayId)
	if err != nil {
		return nil, err
	}
	if n.Deleted == nil {
		now := time.Now()
		n.Deleted, n.Gone = &now, now.Add(s.settle())
		if i := r.Interfaces.Index[n.Interface]; i != nil {
			i.Gone = n.Gone
		}
	}
	r.sweep(time.Now())
	return &ec2.DeleteNatGatewayOutput{NatGatewayId: aws.String(n.ID)}, nil
}
