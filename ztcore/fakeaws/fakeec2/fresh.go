package fakeec2

import (
	"net/netip"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// fresh is what AWS gives a new account in each region ("Default VPCs", VPC User Guide).
func (s *Service) fresh(account, name string) *region {
	r := &region{
		Account: account, Name: name,
		Tags: map[string]map[string]string{}, Requests: map[string]request{},
		Settings: freshSettings(),
	}
	s.freshPrefixLists(r)
	r.DHCPOptions.add(s.freshDHCPOptions(r))
	v := s.addVPC(r, vpc{CIDR: "172.31.0.0/16", Default: true, DNSHostnames: true})
	igw := &gateway{ID: s.cloud.ID("igw-", 17), VPC: v.ID}
	r.Gateways.add(igw.ID, igw)
	main := r.mainTable(v.ID)
	main.Routes = append(main.Routes, route{CIDR: "0.0.0.0/0", Via: target{Gateway: igw.ID}, Origin: types.RouteOriginCreateRoute})
	for i, z := range zonesOf(name) {
		block := netip.PrefixFrom(nth(netip.MustParsePrefix(v.CIDR), uint32(i)<<12), 20)
		s.addSubnet(r, subnet{VPC: v.ID, Zone: z.name, CIDR: block.String(), Default: true, PublicIPs: true})
	}
	return r
}
