package network

import (
	"fmt"
	"net/netip"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// Preset is a private network that is sound from the start: a VPC whose default group admits nothing, two private
// subnets in two zones, a route table that leads nowhere but to S3, and that only to the account's own buckets. With a
// destination, all its traffic is logged.
type Preset struct {
	Name     string          // of the VPC; its parts are called <Name>-a, <Name>-b, <Name>-private, <Name>-s3 and <Name>-flows
	CIDR     string          // 10.0.0.0/16 if it is left out
	Zones    []string        // the region's a and b if they are left out; accounts may lack one of them
	S3Policy policy.Document // OwnAccount() if it is left out
	FlowLogs FlowLogs        // nothing is logged if it is left out
	Tags     map[string]string
}

// VPC is the preset's VPC.
func (p Preset) VPC() VPC { return VPC{Name: p.Name, CIDR: p.block(), Tags: p.Tags} }

// Subnets are the preset's private subnets, one for each zone.
func (p Preset) Subnets() []Subnet {
	zones := p.Zones
	if zones == nil {
		zones = []string{ztcore.Region + "a", ztcore.Region + "b"}
	}
	var out []Subnet
	for i, zone := range zones {
		out = append(out, Subnet{
			Name: fmt.Sprintf("%s-%c", p.Name, 'a'+rune(i)), VPC: p.VPC().ID(), CIDR: part(p.block(), i+1), Zone: zone, Tags: p.Tags,
		})
	}
	return out
}

// RouteTable is the table of the private subnets.
func (p Preset) RouteTable() RouteTable {
	t := RouteTable{Name: p.Name + "-private", VPC: p.VPC().ID(), Tags: p.Tags}
	for _, s := range p.Subnets() {
		t.Subnets = append(t.Subnets, s.ID())
	}
	return t
}

// S3 is the preset's endpoint for S3.
func (p Preset) S3() GatewayEndpoint {
	return GatewayEndpoint{Name: p.Name + "-s3", VPC: p.VPC().ID(), Service: "s3", RouteTables: []id.RouteTable{p.RouteTable().ID()}, Policy: p.S3Policy, Tags: p.Tags}
}

// Declare implements ztcore.Resource.
func (p Preset) Declare(d *ztcore.Declaration) {
	all := ztcore.List{p.VPC(), p.RouteTable(), p.S3()}
	for _, s := range p.Subnets() {
		all = append(all, s)
	}
	if p.FlowLogs != (FlowLogs{}) {
		all = append(all, FlowLog{Name: p.Name + "-flows", VPC: p.VPC().ID(), To: p.FlowLogs, Tags: p.Tags})
	}
	all.Declare(d)
}

func (p Preset) block() string {
	if p.CIDR == "" {
		return "10.0.0.0/16"
	}
	return p.CIDR
}

// part is the n-th 256th of a block, or its n-th 16th where a subnet would be too small. What can't be parted is
// returned whole, for the checks to report.
func part(block string, n int) string {
	p, err := parseCIDR(block)
	if err != nil || !p.Addr().Is4() || p.Bits() > 24 {
		return block
	}
	bits := min(p.Bits()+8, 28)
	a := p.Addr().As4()
	v := uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])
	v += uint32(n) << (32 - bits)
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}), bits).String()
}
