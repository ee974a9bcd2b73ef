package fakeec2

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// peering is a VPC peering connection. Both sides' regions hold the same one.
type peering struct {
	ID                  string
	Requester, Accepter side
	Status              types.VpcPeeringConnectionStateReasonCode
	Message             string
	Expires             time.Time // of a request that nobody accepted
}

type side struct{ Account, Region, VPC, CIDR string }

// joins reports whether a VPC of the region is one of the two sides.
func (p *peering) joins(r *region, vpcID string) bool {
	at := side{r.Account, r.Name, vpcID, ""}
	requester, accepter := p.Requester, p.Accepter
	requester.CIDR, accepter.CIDR = "", ""
	return at == requester || at == accepter
}

// standing reports whether a connection is there or may still come to be.
func (p *peering) standing() bool {
	return p.Status == types.VpcPeeringConnectionStateReasonCodeActive || p.Status == types.VpcPeeringConnectionStateReasonCodePendingAcceptance
}

// peer is a security group of a peered VPC.
type peer struct{ ID, Account, VPC string }

// peered finds a group in a VPC that is actively peered with that of g.
func (s *Service) peered(ctx context.Context, r *region, g *group, id string) (*peer, *peering) {
	for _, p := range r.Peerings.Items {
		if p.Status != types.VpcPeeringConnectionStateReasonCodeActive || !p.joins(r, g.VPC) {
			continue
		}
		for _, other := range []side{p.Requester, p.Accepter} {
			o := s.store.At(ctx, other.Account, other.Region).Groups.Index[id]
			if o != nil && o.VPC == other.VPC && o.VPC != g.VPC {
				return &peer{o.ID, other.Account, o.VPC}, p
			}
		}
	}
	return nil, nil
}

// CreateVpcPeeringConnection requests a connection; the other side has a week to accept it. One between overlapping networks fails.
func (s *Service) CreateVpcPeeringConnection(ctx context.Context, in *ec2.CreateVpcPeeringConnectionInput, _ ...func(*ec2.Options)) (*ec2.CreateVpcPeeringConnectionOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	v, err := find(&r.Vpcs, vpcKind, in.VpcId)
	if err != nil {
		return nil, err
	}
	if in.PeerVpcId == nil {
		return nil, missingParameter("peerVpcId")
	}
	tags, err := specified(in.TagSpecifications, peeringKind.resource)
	if err != nil {
		return nil, err
	}
	p := &peering{
		Requester: side{r.Account, r.Name, v.ID, v.CIDR}, Accepter: side{Account: r.Account, Region: r.Name, VPC: *in.PeerVpcId},
		Status: types.VpcPeeringConnectionStateReasonCodePendingAcceptance, Expires: time.Now().Add(7 * 24 * time.Hour),
	}
	if in.PeerOwnerId != nil {
		p.Accepter.Account = *in.PeerOwnerId
	}
	if in.PeerRegion != nil {
		p.Accepter.Region = *in.PeerRegion
	}
	p.Message = "Pending Acceptance by " + p.Accepter.Account
	there := s.store.At(ctx, p.Accepter.Account, p.Accepter.Region)
	other := there.Vpcs.Index[p.Accepter.VPC]
	if other == nil && there == r {
		return nil, vpcKind.missing(p.Accepter.VPC)
	}
	if other == v {
		return nil, invalidParameter("A VPC cannot be peered with itself: %s", v.ID)
	}
	twice := r.Peerings.any(func(o *peering) bool { return o.standing() && o.joins(r, v.ID) && o.joins(there, p.Accepter.VPC) })
	if twice {
		return nil, fakeaws.Error("VpcPeeringConnectionAlreadyExists", "A VPC peering connection between %s and %s already exists", v.ID, p.Accepter.VPC)
	}
	if other == nil {
		p.Status, p.Message = types.VpcPeeringConnectionStateReasonCodeFailed, "Incorrect vpc-id, account-id, or overlapping CIDR range"
	} else if p.Accepter.CIDR = other.CIDR; other.block().Overlaps(v.block()) {
		p.Status, p.Message = types.VpcPeeringConnectionStateReasonCodeFailed, "Incorrect vpc-id, account-id, or overlapping CIDR range"
	}
	p.ID = s.cloud.ID("pcx-", 17)
	r.Peerings.add(p.ID, p)
	if there != r && p.standing() {
		there.Peerings.add(p.ID, p)
	}
	r.tag(p.ID, tags)
	out := p.describe(r)
	return &ec2.CreateVpcPeeringConnectionOutput{VpcPeeringConnection: &out}, nil
}

func (p *peering) describe(r *region) types.VpcPeeringConnection {
	out := types.VpcPeeringConnection{
		VpcPeeringConnectionId: aws.String(p.ID), RequesterVpcInfo: p.Requester.describe(), AccepterVpcInfo: p.Accepter.describe(), Tags: r.tagsOn(p.ID),
		Status: &types.VpcPeeringConnectionStateReason{Code: p.Status, Message: aws.String(p.Message)},
	}
	if p.Status == types.VpcPeeringConnectionStateReasonCodePendingAcceptance {
		out.ExpirationTime = aws.Time(p.Expires)
	}
	return out
}

func (x side) describe() *types.VpcPeeringConnectionVpcInfo {
	out := &types.VpcPeeringConnectionVpcInfo{OwnerId: aws.String(x.Account), Region: aws.String(x.Region), VpcId: aws.String(x.VPC), CidrBlock: text(x.CIDR)}
	if x.CIDR != "" {
		out.CidrBlockSet = []types.CidrBlock{{CidrBlock: aws.String(x.CIDR)}}
	}
	return out
}

// answer finds a request that the region's account may accept or reject.
func (r *region) answer(id *string) (*peering, error) {
	p, err := find(&r.Peerings, peeringKind, id)
	if err != nil {
		return nil, err
	}
	if p.Accepter.Account != r.Account || p.Accepter.Region != r.Name {
		return nil, fakeaws.Error("OperationNotPermitted", "Only the accepter can answer the peering request %s, in region %s", p.ID, p.Accepter.Region)
	}
	if p.Status != types.VpcPeeringConnectionStateReasonCodePendingAcceptance {
		return nil, fakeaws.Error("InvalidStateTransition", "Invalid state transition for %s, attempted to transition from %s", p.ID, p.Status)
	}
	return p, nil
}

// AcceptVpcPeeringConnection makes a connection active.
func (s *Service) AcceptVpcPeeringConnection(ctx context.Context, in *ec2.AcceptVpcPeeringConnectionInput, _ ...func(*ec2.Options)) (*ec2.AcceptVpcPeeringConnectionOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	p, err := r.answer(in.VpcPeeringConnectionId)
	if err != nil {
		return nil, err
	}
	p.Status, p.Message = types.VpcPeeringConnectionStateReasonCodeActive, "Active"
	out := p.describe(r)
	return &ec2.AcceptVpcPeeringConnectionOutput{VpcPeeringConnection: &out}, nil
}

// RejectVpcPeeringConnection declines a request.
func (s *Service) RejectVpcPeeringConnection(ctx context.Context, in *ec2.RejectVpcPeeringConnectionInput, _ ...func(*ec2.Options)) (*ec2.RejectVpcPeeringConnectionOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	p, err := r.answer(in.VpcPeeringConnectionId)
	if err != nil {
		return nil, err
	}
	p.Status, p.Message = types.VpcPeeringConnectionStateReasonCodeRejected, "Rejected by "+r.Account
	return &ec2.RejectVpcPeeringConnectionOutput{Return: aws.Bool(true)}, nil
}

var peeringQuery = query[peering]{kind: peeringKind, id: func(p *peering) string { return p.ID }, columns: columns[peering]{
	"accepter-vpc-info.cidr-block":  one(func(p *peering) string { return p.Accepter.CIDR }),
	"accepter-vpc-info.owner-id":    one(func(p *peering) string { return p.Accepter.Account }),
	"accepter-vpc-info.vpc-id":      one(func(p *peering) string { return p.Accepter.VPC }),
	"requester-vpc-info.cidr-block": one(func(p *peering) string { return p.Requester.CIDR }),
	"requester-vpc-info.owner-id":   one(func(p *peering) string { return p.Requester.Account }),
	"requester-vpc-info.vpc-id":     one(func(p *peering) string { return p.Requester.VPC }),
	"expiration-time": one(func(p *peering) string {
		if p.Status != types.VpcPeeringConnectionStateReasonCodePendingAcceptance {
			return ""
		}
		return p.Expires.UTC().Format(time.RFC3339)
	}),
	"status-code":               one(func(p *peering) string { return string(p.Status) }),
	"status-message":            one(func(p *peering) string { return p.Message }),
	"vpc-peering-connection-id": one(func(p *peering) string { return p.ID }),
}}

// DescribeVpcPeeringConnections answers connections of either side, those deleted included.
func (s *Service) DescribeVpcPeeringConnections(ctx context.Context, in *ec2.DescribeVpcPeeringConnectionsInput, _ ...func(*ec2.Options)) (*ec2.DescribeVpcPeeringConnectionsOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	found, next, err := list(ctx, r, &r.Peerings, peeringQuery, asked{in.VpcPeeringConnectionIds, in.Filters, in.NextToken, in.MaxResults})
	if err != nil {
		return nil, err
	}
	out := &ec2.DescribeVpcPeeringConnectionsOutput{NextToken: next}
	for _, p := range found {
		out.VpcPeeringConnections = append(out.VpcPeeringConnections, p.describe(r))
	}
	return out, nil
}

// DeleteVpcPeeringConnection ends a connection, or withdraws a request. It stays visible as deleted.
func (s *Service) DeleteVpcPeeringConnection(ctx context.Context, in *ec2.DeleteVpcPeeringConnectionInput, _ ...func(*ec2.Options)) (*ec2.DeleteVpcPeeringConnectionOutput, error) {
	r, err := s.open(ctx, in.DryRun)
	if err != nil {
		return nil, err
	}
	p, err := find(&r.Peerings, peeringKind, in.VpcPeeringConnectionId)
	if err != nil {
		return nil, err
	}
	if !p.standing() {
		return nil, fakeaws.Error("InvalidStateTransition", "Invalid state transition for %s, attempted to transition from %s to deleting", p.ID, p.Status)
	}
	p.Status, p.Message = types.VpcPeeringConnectionStateReasonCodeDeleted, "Deleted by "+r.Account
	return &ec2.DeleteVpcPeeringConnectionOutput{Return: aws.Bool(true)}, nil
}
