package network

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// NATGateway lets private subnets reach the internet without being reached. It stands in a public subnet and has an
// Elastic IP of its own, of the same name. It costs by the hour and by the byte; endpoints serve AWS's own services without it.
type NATGateway struct {
	Name         string             // the tag Name, by which it can be adopted
	Subnet       id.Subnet          // one with PublicBecause; a change makes another gateway
	Through      id.InternetGateway // that of the subnet's VPC, without which AWS makes no gateway
	AllocationID string             // of another ElasticIP; empty for one of its own
	Tags         map[string]string
}

// ID is the gateway's id.
func (g NATGateway) ID() id.NATGateway { return id.NATGateway(natGateways.Ref(g.Name, "ID")) }

// ElasticIP is the gateway's own address.
func (g NATGateway) ElasticIP() ElasticIP { return ElasticIP{Name: g.Name, Tags: g.Tags} }

// Declare implements ztcore.Resource.
func (g NATGateway) Declare(d *ztcore.Declaration) {
	allocation := g.AllocationID
	if allocation == "" {
		g.ElasticIP().Declare(d)
		allocation = g.ElasticIP().AllocationID()
	}
	tags := named(g.Name, g.Tags)
	natGateways.Declare(d, g.Name, natGatewayState{
		Name: tags[nameTag], Subnet: string(g.Subnet), AllocationID: allocation, Through: string(g.Through), State: string(types.NatGatewayStateAvailable), Tags: tags,
	})
}

type natGatewayState struct {
	Name         string            `zt:"label,-"` // compared as a tag
	Subnet       string            `zt:"immutable"`
	AllocationID string            `zt:"immutable"`
	State        string            // pending at first; routes need it available
	Tags         map[string]string `zt:"tags"`
	ID           string            `zt:"output"`
	Created      time.Time         `zt:"output"`
	Through      string            `zt:"-"` // waited for, and outlived by it
}

var natGateways = &ztcore.Kind[natGatewayState]{
	Name: "network.NATGateway", Permissions: &natGatewaysNeed, Controls: []string{"NIST SP 800-207 tenet 2", "CISA ZTMM Networks"}, Read: readNATGateways, Create: createNATGateway, Update: updateNATGateway, Delete: deleteNATGateway,
	Check: func(want natGatewayState) (out []ztcore.Finding) {
		if want.Subnet == "" {
			out = append(out, ztcore.Finding{Attribute: "Subnet", Message: "no subnet is named", Fix: "set it to a public Subnet's ID()"})
		}
		if want.Through == "" {
			out = append(out, ztcore.Finding{Attribute: "Through", Message: "no internet gateway is named", Fix: "set it to the ID() of the VPC's InternetGateway"})
		}
		return out
	},
}

var natGatewaysNeed = ztcore.Permissions{
	Read:   []string{"ec2:DescribeInternetGateways", "ec2:DescribeNatGateways"},
	Write:  []string{"ec2:CreateNatGateway", "ec2:CreateTags"},
	Delete: []string{"ec2:DeleteNatGateway"},
}

func readNATGateways(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[natGatewayState]) ([]natGatewayState, error) {
	all, err := describeNATGateways(ctx, sc, filter("state", string(types.NatGatewayStatePending), string(types.NatGatewayStateAvailable)))
	if err != nil {
		return nil, err
	}
	through := map[string]string{} // by VPC; only where something may be removed does the order matter
	if q.Owned {
		gateways, err := describeInternetGateways(ctx, sc)
		if err != nil {
			return nil, err
		}
		for _, g := range gateways {
			for _, a := range g.Attachments {
				through[aws.ToString(a.VpcId)] = aws.ToString(g.InternetGatewayId)
			}
		}
	}
	var out []natGatewayState
	for _, g := range all {
		s := natGatewayState{Through: through[aws.ToString(g.VpcId)], Subnet: aws.ToString(g.SubnetId), State: string(g.State), Tags: tagMap(g.Tags), ID: aws.ToString(g.NatGatewayId), Created: aws.ToTime(g.CreateTime)}
		s.Name = s.Tags[nameTag]
		for i, a := range g.NatGatewayAddresses {
			if i == 0 || aws.ToBool(a.IsPrimary) {
				s.AllocationID = aws.ToString(a.AllocationId)
			}
		}
		out = append(out, s)
	}
	return out, nil
}

func createNATGateway(ctx context.Context, sc *ztcore.Scope, want natGatewayState) error {
	out, err := ec2.NewFromConfig(sc.Config).CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{
		SubnetId: &want.Subnet, AllocationId: &want.AllocationID, TagSpecifications: tagged(types.ResourceTypeNatgateway, want.Tags),
	})
	if err != nil {
		return err
	}
	return awaitNAT(ctx, sc, aws.ToString(out.NatGateway.NatGatewayId))
}

func awaitNAT(ctx context.Context, sc *ztcore.Scope, gateway string) error {
	asked := time.Now()
	return poll(ctx, "waiting for "+gateway+" to be available", func() (bool, error) {
		found, err := describeNATGateways(ctx, sc, filter("nat-gateway-id", gateway))
		if err == nil && len(found) == 0 && time.Since(asked) > unseenFor {
			return false, noLonger(gateway, "not to be found")
		}
		if err != nil || len(found) == 0 {
			return false, err
		}
		g := found[0]
		old := g.State == types.NatGatewayStateFailed && aws.ToTime(g.CreateTime).Before(asked.Add(-time.Minute))
		if old || g.State == types.NatGatewayStateDeleting || g.State == types.NatGatewayStateDeleted {
			return false, noLonger(gateway, string(g.State))
		}
		if g.State != types.NatGatewayStatePending && g.State != types.NatGatewayStateAvailable {
			return false, fmt.Errorf("%s is %s: %s (%s)", gateway, g.State, aws.ToString(g.FailureMessage), aws.ToString(g.FailureCode))
		}
		return g.State == types.NatGatewayStateAvailable, nil
	})
}

func updateNATGateway(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[natGatewayState]) error {
	if u.Changed("Tags") {
		if err := setTags(ctx, sc, u.Have.ID, u.Want.Tags); err != nil {
			return err
		}
	}
	return awaitNAT(ctx, sc, u.Have.ID)
}

// deleteNATGateway returns when the gateway is gone, for only then its address and its subnet's interface are free.
func deleteNATGateway(ctx context.Context, sc *ztcore.Scope, have natGatewayState) error {
	_, err := ec2.NewFromConfig(sc.Config).DeleteNatGateway(ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: &have.ID})
	if unless(err, "NatGatewayNotFound", "InvalidNatGatewayID.NotFound") != nil {
		return err
	}
	return poll(ctx, "waiting for "+have.ID+" to be deleted", func() (bool, error) {
		found, err := describeNATGateways(ctx, sc, filter("nat-gateway-id", have.ID))
		return len(found) == 0 || found[0].State == types.NatGatewayStateDeleted, err
	})
}
