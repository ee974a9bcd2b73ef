package network

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Peering connects two VPCs of this account and region, whose addresses must not overlap. It opens nothing by itself: route
// tables of both sides must lead to it, and groups must admit what comes. Groups may then name groups of the other side.
type Peering struct {
	Name string // the tag Name, by which it can be adopted
	// Requester and Accepter are the two sides, which are equal once the connection stands. A change makes another connection.
	Requester, Accepter id.VPC
	Tags                map[string]string // others' tags are left alone
}

// ID is the connection's id, for Route.Target.
func (p Peering) ID() string { return peerings.Ref(p.Name, "ID") }

// Declare implements ztcore.Resource.
func (p Peering) Declare(d *ztcore.Declaration) {
	tags := named(p.Name, p.Tags)
	peerings.Declare(d, p.Name, peeringState{Name: tags[nameTag], Requester: string(p.Requester), Accepter: string(p.Accepter), Active: true, Tags: tags})
}

type peeringState struct {
	Name      string            `zt:"label,-"` // compared as a tag
	Requester string            `zt:"immutable"`
	Accepter  string            `zt:"immutable"`
	Active    bool              // not before its request is accepted
	Tags      map[string]string `zt:"tags"`
	ID        string            `zt:"output"`
}

var peerings = &ztcore.Kind[peeringState]{
	Name: "network.Peering", Permissions: &peeringsNeed, Read: readPeerings, Create: createPeering, Update: updatePeering,
	Delete: func(ctx context.Context, sc *ztcore.Scope, have peeringState) error {
		_, err := ec2.NewFromConfig(sc.Config).DeleteVpcPeeringConnection(ctx, &ec2.DeleteVpcPeeringConnectionInput{VpcPeeringConnectionId: &have.ID})
		return unless(err, "InvalidVpcPeeringConnectionID.NotFound", "InvalidStateTransition")
	},
	Check: func(want peeringState) []ztcore.Finding {
		out := append(checkVPCID(want.Requester), checkVPCID(want.Accepter)...)
		if want.Requester == want.Accepter {
			out = append(out, ztcore.Finding{Attribute: "Accepter", Message: "a VPC can't be peered with itself", Fix: "name another VPC"})
		}
		return out
	},
	Controls: []string{"NIST SP 800-207 tenet 2", "CISA ZTMM Networks"},
}

var peeringsNeed = ztcore.Permissions{
	Read:   []string{"ec2:DescribeVpcPeeringConnections"},
	Write:  []string{"ec2:AcceptVpcPeeringConnection", "ec2:CreateTags", "ec2:CreateVpcPeeringConnection"},
	Delete: []string{"ec2:DeleteVpcPeeringConnection"},
}

func readPeerings(ctx context.Context, sc *ztcore.Scope, _ ztcore.Query[peeringState]) ([]peeringState, error) {
	all, err := describePeerings(ctx, sc)
	var out []peeringState
	for _, p := range all {
		code := p.Status.Code
		if code != types.VpcPeeringConnectionStateReasonCodeActive && code != types.VpcPeeringConnectionStateReasonCodePendingAcceptance &&
			code != types.VpcPeeringConnectionStateReasonCodeProvisioning && code != types.VpcPeeringConnectionStateReasonCodeInitiatingRequest {
			continue // it does nothing any more
		}
		tags := tagMap(p.Tags)
		out = append(out, peeringState{
			Name: tags[nameTag], Requester: aws.ToString(p.RequesterVpcInfo.VpcId), Accepter: aws.ToString(p.AccepterVpcInfo.VpcId),
			Active: code == types.VpcPeeringConnectionStateReasonCodeActive, Tags: tags, ID: aws.ToString(p.VpcPeeringConnectionId),
		})
	}
	return out, err
}

func createPeering(ctx context.Context, sc *ztcore.Scope, want peeringState) error {
	out, err := ec2.NewFromConfig(sc.Config).CreateVpcPeeringConnection(ctx, &ec2.CreateVpcPeeringConnectionInput{
		VpcId: &want.Requester, PeerVpcId: &want.Accepter, TagSpecifications: tagged(types.ResourceTypeVpcPeeringConnection, want.Tags),
	})
	if err != nil {
		return err
	}
	return acceptPeering(ctx, sc, aws.ToString(out.VpcPeeringConnection.VpcPeeringConnectionId))
}

func acceptPeering(ctx context.Context, sc *ztcore.Scope, peering string) error {
	_, err := ec2.NewFromConfig(sc.Config).AcceptVpcPeeringConnection(ctx, &ec2.AcceptVpcPeeringConnectionInput{VpcPeeringConnectionId: &peering})
	return err
}

func updatePeering(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[peeringState]) error {
	if u.Changed("Tags") {
		if err := setTags(ctx, sc, u.Have.ID, u.Want.Tags); err != nil {
			return err
		}
	}
	if u.Changed("Active") {
		return acceptPeering(ctx, sc, u.Have.ID)
	}
	return nil
}
