package edge

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// VPNGateway is the VPC's side of VPNs, its virtual private gateway, of which a VPC has one at most.
type VPNGateway struct {
	Name string // the tag Name, by which it can be adopted
	VPC  id.VPC // a change moves it there
	Tags map[string]string
}

// ID is the gateway's id, for routes to lead to.
func (g VPNGateway) ID() id.VPNGateway { return id.VPNGateway(vpnGateways.Ref(g.Name, "ID")) }

// Declare implements ztcore.Resource.
func (g VPNGateway) Declare(d *ztcore.Declaration) {
	tags := named(g.Name, g.Tags)
	vpnGateways.Declare(d, g.Name, vpnGatewayState{Name: tags[nameTag], VPC: string(g.VPC), Tags: tags})
}

type vpnGatewayState struct {
	Name string            `zt:"label,-"` // compared as a tag
	VPC  string            `zt:"holds"`   // empty while it is not attached
	Tags map[string]string `zt:"tags"`
	ID   string            `zt:"output"`
}

var vpnGateways = &ztcore.Kind[vpnGatewayState]{
	Name: "governance.VPNGateway", Permissions: &vpnGatewaysNeed, Read: readVPNGateways, Retry: inUse,
	Create: func(ctx context.Context, sc *ztcore.Scope, want vpnGatewayState) error {
		out, err := ec2.NewFromConfig(sc.Config).CreateVpnGateway(ctx, &ec2.CreateVpnGatewayInput{Type: types.GatewayTypeIpsec1, TagSpecifications: tagged(types.ResourceTypeVpnGateway, want.Tags)})
		if err != nil {
			return err
		}
		return attach(ctx, sc, aws.ToString(out.VpnGateway.VpnGatewayId), want.VPC)
	},
	Update: func(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[vpnGatewayState]) error {
		if u.Changed("Tags") {
			if err := setTags(ctx, sc, u.Have.ID, u.Want.Tags); err != nil {
				return err
			}
		}
		if !u.Changed("VPC") {
			return nil
		}
		if err := detach(ctx, sc, u.Have.ID, u.Have.VPC); err != nil {
			return err
		}
		return attach(ctx, sc, u.Have.ID, u.Want.VPC)
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have vpnGatewayState) error {
		if err := detach(ctx, sc, have.ID, have.VPC); err != nil {
			return err
		}
		_, err := ec2.NewFromConfig(sc.Config).DeleteVpnGateway(ctx, &ec2.DeleteVpnGatewayInput{VpnGatewayId: &have.ID})
		return unless(err, "InvalidVpnGatewayID.NotFound")
	},
	Check: func(want vpnGatewayState) (out []ztcore.Finding) {
		if want.VPC == "" {
			out = append(out, ztcore.Finding{Attribute: "VPC", Message: "no VPC is named", Fix: "set it to a VPC's ID()"})
		}
		return out
	},
	Controls: []string{"NIST SP 800-207 tenet 2", "CISA ZTMM Networks"},
}

var vpnGatewaysNeed = ztcore.Permissions{
	Read:   []string{"ec2:DescribeVpnGateways"},
	Write:  []string{"ec2:AttachVpnGateway", "ec2:CreateTags", "ec2:CreateVpnGateway", "ec2:DetachVpnGateway"},
	Delete: []string{"ec2:DeleteVpnGateway", "ec2:DetachVpnGateway"},
}

func readVPNGateways(ctx context.Context, sc *ztcore.Scope, _ ztcore.Query[vpnGatewayState]) ([]vpnGatewayState, error) {
	all, err := ec2.NewFromConfig(sc.Config).DescribeVpnGateways(ctx, &ec2.DescribeVpnGatewaysInput{})
	if err != nil {
		return nil, err
	}
	var out []vpnGatewayState
	for _, g := range all.VpnGateways {
		if g.State == types.VpnStateDeleting || g.State == types.VpnStateDeleted {
			continue
		}
		s := vpnGatewayState{Tags: tagMap(g.Tags), ID: aws.ToString(g.VpnGatewayId)}
		s.Name = s.Tags[nameTag]
		for _, a := range g.VpcAttachments {
			if a.State == types.AttachmentStatusAttached {
				s.VPC = aws.ToString(a.VpcId)
			}
		}
		out = append(out, s)
	}
	return out, nil
}

// attach attaches a gateway; that it is attached already is no error.
func attach(ctx context.Context, sc *ztcore.Scope, gateway, vpc string) error {
	if _, err := ec2.NewFromConfig(sc.Config).AttachVpnGateway(ctx, &ec2.AttachVpnGatewayInput{VpnGatewayId: &gateway, VpcId: &vpc}); err != nil {
		return err
	}
	return awaitAttachment(ctx, sc, gateway, types.AttachmentStatusAttached)
}

// detach detaches a gateway from where it is attached, if it is.
func detach(ctx context.Context, sc *ztcore.Scope, gateway, vpc string) error {
	if vpc == "" {
		return nil
	}
	_, err := ec2.NewFromConfig(sc.Config).DetachVpnGateway(ctx, &ec2.DetachVpnGatewayInput{VpnGatewayId: &gateway, VpcId: &vpc})
	if err = unless(err, "InvalidVpnGatewayAttachment.NotFound", "InvalidVpnGatewayID.NotFound"); err != nil {
		return err
	}
	return awaitAttachment(ctx, sc, gateway, types.AttachmentStatusDetached)
}

func awaitAttachment(ctx context.Context, sc *ztcore.Scope, gateway string, wanted types.AttachmentStatus) error {
	return poll(ctx, "waiting for "+gateway+" to be "+string(wanted), func() (bool, error) {
		out, err := ec2.NewFromConfig(sc.Config).DescribeVpnGateways(ctx, &ec2.DescribeVpnGatewaysInput{VpnGatewayIds: []string{gateway}})
		if err != nil || len(out.VpnGateways) == 0 {
			return wanted == types.AttachmentStatusDetached && unless(err, "InvalidVpnGatewayID.NotFound") == nil, unless(err, "InvalidVpnGatewayID.NotFound")
		}
		state := types.AttachmentStatusDetached
		for _, a := range out.VpnGateways[0].VpcAttachments {
			state = a.State
		}
		return state == wanted, nil
	})
}
