package edge

import (
	"strconv"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// VPN leads from a VPC to one or more of a vendor's points: a virtual private gateway, and a customer gateway with a connection for each point.
type VPN struct {
	Name string
	VPC  id.VPC
	// Gateway is the VPC's virtual private gateway if it has one already; one is made if empty.
	Gateway id.VPNGateway
	Peers   []string // the public addresses of the vendor's points, from the vendor's console; two for one to fail
	ASN     int32    // of the vendor, where routes are learned by BGP
	Routes  []string // the blocks that are reached through it, where they are not
	Suite   Suite    // StrongSuite if zero
	LogTo   id.ARN   // a log group for what tunnels meet
	Tags    map[string]string
}

// GatewayID is the VPC's side, for routes to lead to.
func (v VPN) GatewayID() id.VPNGateway {
	if v.Gateway != "" {
		return v.Gateway
	}
	return v.gateway().ID()
}

func (v VPN) gateway() VPNGateway { return VPNGateway{Name: v.Name, VPC: v.VPC, Tags: v.Tags} }

// Connection is the connection to the nth of Peers, from 0.
func (v VPN) Connection(n int) VPNConnection {
	name := v.Name + "-" + strconv.Itoa(n+1)
	return VPNConnection{Name: name, CustomerGateway: CustomerGateway{Name: name}.ID(), VPNGateway: v.GatewayID(), Routes: v.Routes, Suite: v.Suite, LogTo: v.LogTo, Tags: v.Tags}
}

// Declare implements ztcore.Resource.
func (v VPN) Declare(d *ztcore.Declaration) {
	find := func(attribute, message, fix string) {
		d.Reject(ztcore.Finding{Attribute: "VPN " + v.Name + " " + attribute, Message: message, Fix: fix})
	}
	if len(v.Peers) == 0 {
		find("Peers", "no address of the vendor's edge is named", "take them from the vendor's console")
	}
	if (v.ASN == 0) == (len(v.Routes) == 0) {
		find("Routes", "exactly one of Routes and ASN is needed", "name the blocks, or the ASN that the vendor announces them by")
	}
	if v.Gateway == "" {
		v.gateway().Declare(d)
	}
	for i, address := range v.Peers {
		c := v.Connection(i)
		CustomerGateway{Name: c.Name, Address: address, ASN: v.ASN, Tags: v.Tags}.Declare(d)
		c.Declare(d)
	}
}

// Kinds lists the package's kinds, for ztcore.Prune.
func Kinds() []ztcore.AnyKind {
	return []ztcore.AnyKind{customerGateways, vpnGateways, connections, prefixLists}
}
