package fakeec2

import (
	"encoding/binary"
	"net/netip"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// networkIPv4 reads an IPv4 block and returns it with its host bits cleared, as EC2 does: 100.68.0.18/18 becomes 100.68.0.0/18.
func networkIPv4(cidr, parameter string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(cidr)
	if err != nil || !p.Addr().Is4() {
		return p, invalidParameter("Value (%s) for parameter %s is invalid. This is not a valid CIDR block.", cidr, parameter)
	}
	return p.Masked(), nil
}

func networkIPv6(cidr, parameter string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(cidr)
	if err != nil || !p.Addr().Is6() || p.Addr().Is4In6() {
		return p, invalidParameter("Value (%s) for parameter %s is invalid. This is not a valid IPv6 CIDR block.", cidr, parameter)
	}
	return p.Masked(), nil
}

// sized refuses blocks outside /16 to /28, the sizes of VPCs and subnets.
func sized(p netip.Prefix, code string) error {
	if p.Bits() < 16 || p.Bits() > 28 {
		return fakeaws.Error(code, "The CIDR '%s' is invalid.", p)
	}
	return nil
}

// within reports whether p is all inside the block q.
func within(p, q netip.Prefix) bool { return q.Bits() <= p.Bits() && q.Overlaps(p) }

// nth is the address n after the first of an IPv4 block.
func nth(p netip.Prefix, n uint32) netip.Addr {
	var b [4]byte
	first := p.Masked().Addr().As4()
	binary.BigEndian.PutUint32(b[:], binary.BigEndian.Uint32(first[:])+n)
	return netip.AddrFrom4(b)
}

// usable is how many addresses of a subnet can be assigned: AWS keeps the first four and the last ("Subnet sizing for IPv4").
func usable(p netip.Prefix) uint32 { return uint32(1)<<(32-p.Bits()) - 5 }
