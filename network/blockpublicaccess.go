package network

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// BlockPublicAccess keeps every VPC of the account in the region from the internet, whatever its gateways, routes and
// groups say. The zero value blocks both directions. Its removal turns the block off, as AWS has it.
type BlockPublicAccess struct {
	// AllowEgressBecause lets VPCs connect to the internet through NAT and egress-only gateways, for the reason given.
	AllowEgressBecause string
}

// Declare implements ztcore.Resource.
func (b BlockPublicAccess) Declare(d *ztcore.Declaration) {
	want := blockState{Region: ztcore.Region, Mode: string(types.InternetGatewayBlockModeBlockBidirectional)}
	if b.AllowEgressBecause == "" {
		blocks.Declare(d, "region", want)
		return
	}
	want.Mode = string(types.InternetGatewayBlockModeBlockIngress)
	blocks.Declare(d, "region", want).Except("egress is allowed", b.AllowEgressBecause)
}

type blockState struct {
	Region string `zt:"key"`
	Mode   string // block-bidirectional, block-ingress or off
}

var blocks = &ztcore.Kind[blockState]{
	Name: "network.BlockPublicAccess", Permissions: &blocksNeed,
	Get: func(ctx context.Context, sc *ztcore.Scope, want blockState) (blockState, bool, error) {
		out, err := ec2.NewFromConfig(sc.Config).DescribeVpcBlockPublicAccessOptions(ctx, &ec2.DescribeVpcBlockPublicAccessOptionsInput{})
		if err != nil {
			return want, false, err
		}
		mode := out.VpcBlockPublicAccessOptions.InternetGatewayBlockMode
		return blockState{want.Region, string(mode)}, mode != "" && mode != types.InternetGatewayBlockModeOff, nil
	},
	Put: func(ctx context.Context, sc *ztcore.Scope, want blockState) error {
		_, err := ec2.NewFromConfig(sc.Config).ModifyVpcBlockPublicAccessOptions(ctx, &ec2.ModifyVpcBlockPublicAccessOptionsInput{InternetGatewayBlockMode: types.InternetGatewayBlockMode(want.Mode)})
		return err
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have blockState) error {
		_, err := ec2.NewFromConfig(sc.Config).ModifyVpcBlockPublicAccessOptions(ctx, &ec2.ModifyVpcBlockPublicAccessOptionsInput{InternetGatewayBlockMode: types.InternetGatewayBlockModeOff})
		return err
	},
	Controls: []string{"FSBP EC2.172", "NIST SP 800-207 tenet 2", "CISA ZTMM Networks"},
}

var blocksNeed = ztcore.Permissions{
	Read:   []string{"ec2:DescribeVpcBlockPublicAccessOptions"},
	Write:  []string{"ec2:ModifyVpcBlockPublicAccessOptions"},
	Delete: []string{"ec2:ModifyVpcBlockPublicAccessOptions"},
}
