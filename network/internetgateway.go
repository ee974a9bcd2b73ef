package network

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// InternetGateway connects a VPC with the internet. By itself it opens nothing: a route table must lead a subnet to it,
// and that subnet must say why.
type InternetGateway struct {
	Name string            // the tag Name, by which it can be adopted
	VPC  id.VPC            // a VPC has at most one
	Tags map[string]string // others' tags are left alone
}

// ID is the gateway's id.
func (g InternetGateway) ID() id.InternetGateway {
	return id.InternetGateway(internetGateways.Ref(g.Name, "ID"))
}

// Declare implements ztcore.Resource.
func (g InternetGateway) Declare(d *ztcore.Declaration) {
	tags := named(g.Name, g.Tags)
	internetGateways.Declare(d, g.Name, internetGatewayState{Name: tags[nameTag], VPC: string(g.VPC), Tags: tags})
}

type internetGatewayState struct {
	Name string            `zt:"label,-"` // compared as a tag
	VPC  string            `zt:"holds"`   // empty while it is not attached
	Tags map[string]string `zt:"tags"`
	ID   string            `zt:"output"`
}

var internetGateways = &ztcore.Kind[internetGatewayState]{
	Name: "network.InternetGateway", Permissions: &internetGatewaysNeed, Read: readInternetGateways, Create: createInternetGateway, Update: updateInternetGateway, Delete: deleteInternetGateway,
	Retry:    append([]ztcore.Retry{{Code: "DependencyViolation", Message: "mapped public address"}}, stillDetaching...),
	Controls: []string{"NIST SP 800-207 tenet 2"},
}

var internetGatewaysNeed = ztcore.Permissions{
	Read:   []string{"ec2:DescribeInternetGateways"},
	Write:  []string{"ec2:AttachInternetGateway", "ec2:CreateInternetGateway", "ec2:CreateTags", "ec2:DescribeNetworkInterfaces", "ec2:DetachInternetGateway"},
	Delete: []string{"ec2:DeleteInternetGateway", "ec2:DescribeNetworkInterfaces", "ec2:DetachInternetGateway"},
}

func readInternetGateways(ctx context.Context, sc *ztcore.Scope, _ ztcore.Query[internetGatewayState]) ([]internetGatewayState, error) {
	all, err := describeInternetGateways(ctx, sc)
	var out []internetGatewayState
	for _, g := range all {
		s := internetGatewayState{Tags: tagMap(g.Tags), ID: aws.ToString(g.InternetGatewayId)}
		s.Name = s.Tags[nameTag]
		for _, a := range g.Attachments {
			s.VPC = aws.ToString(a.VpcId)
		}
		out = append(out, s)
	}
	return out, err
}

func createInternetGateway(ctx context.Context, sc *ztcore.Scope, want internetGatewayState) error {
	out, err := ec2.NewFromConfig(sc.Config).CreateInternetGateway(ctx, &ec2.CreateInternetGatewayInput{TagSpecifications: tagged(types.ResourceTypeInternetGateway, want.Tags)})
	if err != nil {
		return err
	}
	return attach(ctx, sc, aws.ToString(out.InternetGateway.InternetGatewayId), want.VPC)
}

func attach(ctx context.Context, sc *ztcore.Scope, gateway, vpc string) error {
	_, err := ec2.NewFromConfig(sc.Config).AttachInternetGateway(ctx, &ec2.AttachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &vpc})
	return err
}

// detach takes a gateway off its VPC, which AWS refuses while something in it has a public address.
func detach(ctx context.Context, sc *ztcore.Scope, gateway, vpc string) error {
	if vpc == "" {
		return nil
	}
	_, err := ec2.NewFromConfig(sc.Config).DetachInternetGateway(ctx, &ec2.DetachInternetGatewayInput{InternetGatewayId: &gateway, VpcId: &vpc})
	return blamed(ctx, sc, unless(err, "Gateway.NotAttached", "InvalidInternetGatewayID.NotFound"), gateway, func(ctx context.Context, sc *ztcore.Scope) (out []string, err error) {
		all, err := describeInterfaces(ctx, sc, filter("vpc-id", vpc))
		for _, n := range all {
			if n.Association != nil && n.Status != types.NetworkInterfaceStatusDetaching {
				out = append(out, interfaceName(n))
			}
		}
		return out, err
	})
}

func updateInternetGateway(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[internetGatewayState]) error {
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
}

func deleteInternetGateway(ctx context.Context, sc *ztcore.Scope, have internetGatewayState) error {
	if err := detach(ctx, sc, have.ID, have.VPC); err != nil {
		return err
	}
	_, err := ec2.NewFromConfig(sc.Config).DeleteInternetGateway(ctx, &ec2.DeleteInternetGatewayInput{InternetGatewayId: &have.ID})
	return unless(err, "InvalidInternetGatewayID.NotFound")
}
