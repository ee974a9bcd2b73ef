package network

import (
	"fmt"
	"net/netip"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// parseCIDR reads a block. What AWS would refuse or silently change is an error that says what to write.
func parseCIDR(s string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(s)
	if a, aerr := netip.ParseAddr(s); aerr == nil {
		return netip.Prefix{}, fmt.Errorf("%q lacks its length: write %s/%d", s, s, a.BitLen())
	}
	if err != nil {
		return netip.Prefix{}, fmt.Errorf("%q is no CIDR block, such as 10.0.0.0/16", s)
	}
	if p != p.Masked() {
		return netip.Prefix{}, fmt.Errorf("%q has host bits set: write %s", s, p.Masked())
	}
	if p.Addr().Is4In6() {
		return netip.Prefix{}, fmt.Errorf("%q mixes IPv6 and IPv4: write it as one of them", s)
	}
	return p, nil
}

// canonical is a block in AWS's spelling; what is none is left as it is, for Check to report.
func canonical(s string) string {
	if p, err := parseCIDR(s); err == nil {
		return p.String()
	}
	return s
}

// checkBlock checks the block of a VPC or a subnet, which has between 16 and 28 bits.
// https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html
func checkBlock(attribute, s string) []ztcore.Finding {
	if ztcore.HasToken(s) {
		return nil
	}
	p, err := parseCIDR(s)
	switch {
	case err != nil:
		return []ztcore.Finding{{Attribute: attribute, Message: err.Error(), Fix: "use a block such as 10.0.0.0/16"}}
	case !p.Addr().Is4():
		return []ztcore.Finding{{Attribute: attribute, Message: fmt.Sprintf("%s is an IPv6 block", s), Fix: "use an IPv4 block"}}
	case p.Bits() < 16 || p.Bits() > 28:
		return []ztcore.Finding{{Attribute: attribute, Message: fmt.Sprintf("%s has a length of %d; AWS takes /16 to /28", s, p.Bits()), Fix: "use a length between 16 and 28"}}
	}
	return nil
}

// within reports whether the block inner lies in outer.
func within(inner, outer netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}
