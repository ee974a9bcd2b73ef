package edge

import (
	"context"
	"fmt"
	"net/netip"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// CustomerGateway is the other side's device. EC2 has one for each address and ASN, so a vendor's address that another team has declared already
// has to be adopted from it. Any change but of tags makes another.
type CustomerGateway struct {
	Name    string // the tag Name, by which it can be adopted
	Address string // public, of IPv4
	ASN     int32  // of BGP; 65000 if zero, which static routing takes as well
	Tags    map[string]string
}

// ID is the gateway's id.
func (g CustomerGateway) ID() id.CustomerGateway {
	return id.CustomerGateway(customerGateways.Ref(g.Name, "ID"))
}

// Declare implements ztcore.Resource.
func (g CustomerGateway) Declare(d *ztcore.Declaration) {
	tags := named(g.Name, g.Tags)
	if g.ASN == 0 {
		g.ASN = 65000
	}
	customerGateways.Declare(d, g.Name, customerState{Name: tags[nameTag], Address: g.Address, ASN: g.ASN, Tags: tags})
}

type customerState struct {
	Name    string            `zt:"label,-"` // compared as a tag
	Address string            `zt:"immutable"`
	ASN     int32             `zt:"immutable"`
	Tags    map[string]string `zt:"tags"`
	ID      string            `zt:"output"`
}

var customerGateways = &ztcore.Kind[customerState]{
	Name: "governance.CustomerGateway", Permissions: &customerGatewaysNeed, Check: checkCustomer, Retry: inUse,
	Read: func(ctx context.Context, sc *ztcore.Scope, _ ztcore.Query[customerState]) ([]customerState, error) {
		all, err := ec2.NewFromConfig(sc.Config).DescribeCustomerGateways(ctx, &ec2.DescribeCustomerGatewaysInput{})
		if err != nil {
			return nil, err
		}
		var out []customerState
		for _, g := range all.CustomerGateways {
			asn, err := strconv.ParseInt(aws.ToString(g.BgpAsn), 10, 32)
			if state := aws.ToString(g.State); err != nil || state == "deleting" || state == "deleted" {
				continue // EC2 goes on answering what is gone; a longer ASN is none of ours
			}
			tags := tagMap(g.Tags)
			out = append(out, customerState{Name: tags[nameTag], Address: aws.ToString(g.IpAddress), ASN: int32(asn), Tags: tags, ID: aws.ToString(g.CustomerGatewayId)})
		}
		return out, nil
	},
	Create: func(ctx context.Context, sc *ztcore.Scope, want customerState) error {
		out, err := ec2.NewFromConfig(sc.Config).CreateCustomerGateway(ctx, &ec2.CreateCustomerGatewayInput{
			Type: types.GatewayTypeIpsec1, IpAddress: &want.Address, BgpAsn: &want.ASN, TagSpecifications: tagged(types.ResourceTypeCustomerGateway, want.Tags),
		})
		if err != nil {
			return err
		}
		if have := tagMap(out.CustomerGateway.Tags); have[ztcore.TagResource] != want.Tags[ztcore.TagResource] || have[ztcore.TagBaseline] != want.Tags[ztcore.TagBaseline] {
			return fmt.Errorf("%s with the address %s and the ASN %d is there already and not ours: refer to it by its id, or adopt it under its name", aws.ToString(out.CustomerGateway.CustomerGatewayId), want.Address, want.ASN)
		}
		return nil
	},
	Update: func(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[customerState]) error {
		return setTags(ctx, sc, u.Have.ID, u.Want.Tags)
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have customerState) error {
		_, err := ec2.NewFromConfig(sc.Config).DeleteCustomerGateway(ctx, &ec2.DeleteCustomerGatewayInput{CustomerGatewayId: &have.ID})
		return unless(err, "InvalidCustomerGatewayID.NotFound")
	},
	Controls: []string{"NIST SP 800-207 tenet 2", "CISA ZTMM Networks"},
}

var customerGatewaysNeed = ztcore.Permissions{
	Read:   []string{"ec2:DescribeCustomerGateways"},
	Write:  []string{"ec2:CreateCustomerGateway", "ec2:CreateTags"},
	Delete: []string{"ec2:DeleteCustomerGateway"},
}

func checkCustomer(want customerState) []ztcore.Finding {
	var out []ztcore.Finding
	if a, err := netip.ParseAddr(want.Address); !ztcore.HasToken(want.Address) && (err != nil || !a.Is4() || a.IsPrivate() || !a.IsGlobalUnicast()) {
		out = append(out, ztcore.Finding{Attribute: "Address", Message: fmt.Sprintf("%q is no public address of IPv4", want.Address), Fix: "use the address that the vendor gave for its edge"})
	}
	if want.ASN < 1 {
		out = append(out, ztcore.Finding{Attribute: "ASN", Message: fmt.Sprintf("%d is no ASN", want.ASN), Fix: "use 1 to 2,147,483,647"})
	}
	return out
}
