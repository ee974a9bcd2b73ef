package network

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// ElasticIP is a public IPv4 address of AWS's. Once released it does not come back, so partners who admit it must be told.
type ElasticIP struct {
	Name string            // the tag Name, by which it can be adopted
	Tags map[string]string // others' tags are left alone
}

// AllocationID is the id by which a NAT gateway takes the address.
func (e ElasticIP) AllocationID() string { return elasticIPs.Ref(e.Name, "ID") }

// Address is the IPv4 address itself.
func (e ElasticIP) Address() string { return elasticIPs.Ref(e.Name, "Address") }

// Declare implements ztcore.Resource.
func (e ElasticIP) Declare(d *ztcore.Declaration) {
	tags := named(e.Name, e.Tags)
	elasticIPs.Declare(d, e.Name, elasticIPState{Name: tags[nameTag], Tags: tags})
}

type elasticIPState struct {
	Name    string            `zt:"label,-"` // compared as a tag
	Tags    map[string]string `zt:"tags"`
	ID      string            `zt:"output"`
	Address string            `zt:"output"`
}

var elasticIPs = &ztcore.Kind[elasticIPState]{
	Name: "network.ElasticIP", Permissions: &elasticIPsNeed,
	Controls: []string{"NIST SP 800-207 tenet 2", "CISA ZTMM Networks"},
	Read: func(ctx context.Context, sc *ztcore.Scope, _ ztcore.Query[elasticIPState]) ([]elasticIPState, error) {
		all, err := ec2.NewFromConfig(sc.Config).DescribeAddresses(ctx, &ec2.DescribeAddressesInput{}) // has no pages
		if err != nil {
			return nil, err
		}
		var out []elasticIPState
		for _, a := range all.Addresses {
			tags := tagMap(a.Tags)
			out = append(out, elasticIPState{Name: tags[nameTag], Tags: tags, ID: aws.ToString(a.AllocationId), Address: aws.ToString(a.PublicIp)})
		}
		return out, nil
	},
	Create: func(ctx context.Context, sc *ztcore.Scope, want elasticIPState) error {
		_, err := ec2.NewFromConfig(sc.Config).AllocateAddress(ctx, &ec2.AllocateAddressInput{Domain: types.DomainTypeVpc, TagSpecifications: tagged(types.ResourceTypeElasticIp, want.Tags)})
		return err
	},
	Update: func(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[elasticIPState]) error {
		return setTags(ctx, sc, u.Have.ID, u.Want.Tags)
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have elasticIPState) error {
		_, err := ec2.NewFromConfig(sc.Config).ReleaseAddress(ctx, &ec2.ReleaseAddressInput{AllocationId: &have.ID})
		return unless(err, "InvalidAllocationID.NotFound")
	},
	Retry: []ztcore.Retry{{Code: "InvalidIPAddress.InUse"}}, // its NAT gateway is still going
}

var elasticIPsNeed = ztcore.Permissions{Read: []string{"ec2:DescribeAddresses"}, Write: []string{"ec2:AllocateAddress", "ec2:CreateTags"}, Delete: []string{"ec2:ReleaseAddress"}}
