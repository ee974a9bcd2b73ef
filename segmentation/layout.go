package segmentation

import (
	"net/netip"
	"strconv"

	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

var defaultZones = []string{ztcore.Region + "a", ztcore.Region + "b"}

// An environment's block has sixteen parts, each of which has room for four zones.
const (
	partBits, zoneBits = 4, 2
	lastSegment        = 13
	natPart            = 14
	endpointPart       = 15
)

// layout is a design whose names are resolved and whose addresses are given out.
type layout struct {
	tags     map[string]string
	envs     []*env
	flows    []flow
	peerings []peering
}

type env struct {
	Environment
	block    netip.Prefix
	segments []*segment
}

type segment struct {
	Segment
	env   *env
	block netip.Prefix
}

// side is one end of a flow: a segment, or a network outside.
type side struct {
	seg  *segment
	cidr string
}

type flow struct {
	Flow
	from, to side
}

type peering struct {
	Peering
	a, b *env
}

const world = "0.0.0.0/0"

func (s side) block() string {
	if s.seg != nil {
		return s.seg.block.String()
	}
	return s.cidr
}

// part is the n-th sixteenth of the environment's addresses.
func (e *env) part(n int) netip.Prefix { return sub(e.block, partBits, n) }

// sub is the n-th of the parts of a block whose length is longer by bits.
func sub(block netip.Prefix, bits, n int) netip.Prefix {
	a := block.Addr().As4()
	v := uint32(a[0])<<24 | uint32(a[1])<<16 | uint32(a[2])<<8 | uint32(a[3])
	v += uint32(n) << (32 - block.Bits() - bits)
	return netip.PrefixFrom(netip.AddrFrom4([4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}), block.Bits()+bits)
}

func (e *env) vpc(tags map[string]string) network.VPC {
	return network.VPC{Name: e.Name, CIDR: e.block.String(), Tags: tags}
}

func (e *env) id() id.VPC { return e.vpc(nil).ID() }

func (s *segment) name() string { return s.env.Name + "-" + s.Name }

func (s *segment) groupName() string {
	if s.SecurityGroup != "" {
		return s.SecurityGroup
	}
	return s.name()
}

func (s *segment) group() id.SecurityGroup { return network.SecurityGroup{Name: s.groupName()}.ID() }

// SecurityGroup is the id of the group that a segment's workloads are put in.
func (d Design) SecurityGroup(environment, segment string) id.SecurityGroup {
	name := environment + "-" + segment
	for _, e := range d.Environments {
		for _, s := range e.Segments {
			if e.Name == environment && s.Name == segment && s.SecurityGroup != "" {
				name = s.SecurityGroup
			}
		}
	}
	return network.SecurityGroup{Name: name}.ID()
}

// VPC is the id of an environment's VPC.
func (d Design) VPC(environment string) id.VPC { return network.VPC{Name: environment}.ID() }

// Subnets are the ids of a segment's subnets, one for each zone, in the order of the environment's zones.
func (d Design) Subnets(environment, segment string) []id.Subnet {
	var out []id.Subnet
	for _, e := range d.Environments {
		if e.Name == environment {
			for i := range e.zones() {
				out = append(out, network.Subnet{Name: subnetName(environment+"-"+segment, i)}.ID())
			}
		}
	}
	return out
}

func subnetName(part string, zone int) string { return part + "-" + string('a'+rune(zone)) }

func ports(f Flow) string {
	if f.last() == f.Port {
		return strconv.Itoa(int(f.Port))
	}
	return strconv.Itoa(int(f.Port)) + "-" + strconv.Itoa(int(f.last()))
}
