package fakeec2

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// gateway is an internet gateway; VPC is empty while it is detached.
type gateway struct{ ID, VPC string }

// CreateInternetGateway makes a gateway that is attached to nothing.
func (s *Service) CreateInternetGateway(ctx context.Context, in *ec2.CreateInternetGatewayInput, _ ...func(*ec2.Options)) (*ec2.CreateInternetGatewayOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	tags, err := specified(in.TagSpecifications, gatewayKind.resource)
	if err != nil {
		return nil, err
	}
	g := &gateway{ID: s.cloud.ID("igw-", 17)}
	r.Gateways.add(g.ID, g)
	r.tag(g.ID, tags)
	out := g.describe(r)
	return &ec2.CreateInternetGatewayOutput{InternetGateway: &out}, nil
}

func (g *gateway) describe(r *region) types.InternetGateway {
	out := types.InternetGateway{InternetGatewayId: aws.String(g.ID), OwnerId: aws.String(r.Account), Tags: r.tagsOn(g.ID)}
	if g.VPC != "" {
		out.Attachments = []types.InternetGatewayAttachment{{VpcId: aws.String(g.VPC), State: "available"}} // not one of the SDK's enum
	}
	return out
}

// AttachInternetGateway attaches a gateway to a VPC that has none.
func (s *Service) AttachInternetGateway(ctx context.Context, in *ec2.AttachInternetGatewayInput, _ ...func(*ec2.Options)) (*ec2.AttachInternetGatewayOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	g, err := find(&r.Gateways, gatewayKind, in.InternetGatewayId)
	if err != nil {
		return nil, err
	}
	v, err := find(&r.Vpcs, vpcKind, in.VpcId)
	if err != nil {
		return nil, err
	}
	if g.VPC != "" {
		return nil, fakeaws.Error("Resource.AlreadyAssociated", "resource %s is already attached to network %s", g.ID, g.VPC)
	}
	if r.Gateways.any(func(o *gateway) bool { return o.VPC == v.ID }) {
		return nil, invalidParameter("Network %s already has an internet gateway attached", v.ID)
	}
	g.VPC = v.ID
	return &ec2.AttachInternetGatewayOutput{}, nil
}

// DetachInternetGateway detaches a gateway from a VPC in which nothing has a public address.
func (s *Service) DetachInternetGateway(ctx context.Context, in *ec2.DetachInternetGatewayInput, _ ...func(*ec2.Options)) (*ec2.DetachInternetGatewayOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	g, err := find(&r.Gateways, gatewayKind, in.InternetGatewayId)
	if err != nil {
		return nil, err
	}
	v, err := find(&r.Vpcs, vpcKind, in.VpcId)
	if err != nil {
		return nil, err
	}
	if g.VPC != v.ID {
		return nil, fakeaws.Error("Gateway.NotAttached", "resource %s is not attached to network %s", g.ID, v.ID)
	}
	mapped := r.Addresses.any(func(a *address) bool {
		i := r.Interfaces.Index[a.Interface]
		return i != nil && i.VPC == v.ID
	})
	if mapped {
		return nil, fakeaws.Error("DependencyViolation", "Network %s has some mapped public address(es). Please unmap those public address(es) before detaching the gateway.", v.ID)
	}
	g.VPC = ""
	return &ec2.DetachInternetGatewayOutput{}, nil
}

var gatewayQuery = query[gateway]{kind: gatewayKind, id: func(g *gateway) string { return g.ID }, columns: columns[gateway]{
	"attachment.vpc-id": one(func(g *gateway) string { return g.VPC }),
	"attachment.state": one(func(g *gateway) string {
		if g.VPC == "" {
			return ""
		}
		return "available"
	}),
	"internet-gateway-id": one(func(g *gateway) string { return g.ID }),
	"owner-id":            owner[gateway],
}}

// DescribeInternetGateways answers gateways in the order of their creation.
func (s *Service) DescribeInternetGateways(ctx context.Context, in *ec2.DescribeInternetGatewaysInput, _ ...func(*ec2.Options)) (*ec2.DescribeInternetGatewaysOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	found, next, err := list(ctx, r, &r.Gateways, gatewayQuery, asked{in.InternetGatewayIds, in.Filters, in.NextToken, in.MaxResults})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeInternetGatewaysOutput{NextToken: next}
	for _, g := range found {
		out.InternetGateways = append(out.InternetGateways, g.describe(r))
	}
	return out, nil
}

// DeleteInternetGateway deletes a gateway that is detached.
func (s *Service) DeleteInternetGateway(ctx context.Context, in *ec2.DeleteInternetGatewayInput, _ ...func(*ec2.Options)) (*ec2.DeleteInternetGatewayOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	g, err := find(&r.Gateways, gatewayKind, in.InternetGatewayId)
	if err != nil {
		return nil, err
	}
	if g.VPC != "" {
		return nil, inUse("internetGateway", g.ID)
	}
	r.Gateways.remove(g.ID)
	r.forget(g.ID)
	return &ec2.DeleteInternetGatewayOutput{}, nil
}
