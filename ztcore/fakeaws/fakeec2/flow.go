package fakeec2

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Flow is a connection that a test opens, to see what ends it. It is never idle: what tracks it does not time out.
type Flow struct {
	// Interface is the interface on this side; or Instance is, for the instance's primary interface.
	Interface, Instance string
	Remote              string // the IPv4 address of the other side
	Protocol            string // "tcp", the default, "udp" or "icmp"
	Port                int32  // the port that is connected to: this side's, or the remote one's if the flow is outbound
	Outbound            bool   // opened from this side
}

// FlowState is what has become of a flow.
type FlowState struct {
	Open bool
	// Tracked reports whether this side's security groups track the connection: then it survives whatever the groups say later.
	Tracked bool
	// Reason is why packets do not pass. They may again as long as Ended is false: a connection outlives a short interruption.
	Reason string
	Ended  bool
}

// OpenFlow is a flow that was admitted when it was opened.
type OpenFlow struct {
	service *Service
	id      string
}

// flow is a connection in the region's state.
type flow struct {
	ID     string
	Flow   Flow
	Ends   []flowEnd // this side, and the other one if it is an interface of the same VPC
	Public string    // the public address that it uses; empty without
	Auto   bool      // tracked in any case, as what goes through a NAT gateway or an interface endpoint is
	Reason string
	Since  time.Time // when packets last stopped passing; zero while they do
	Ended  bool
}

type flowEnd struct {
	Interface, Instance string
	Remote              string // address of the other end
	Outbound, Tracked   bool
}

// patience is how long an interrupted connection is kept up by retransmission: Linux gives up after 924 seconds (tcp_retries2).
const patience = 924 * time.Second

// ephemeral is the port that a connection comes from.
const ephemeral = 50000

// OpenFlow opens a connection, if routes, network ACLs and security groups admit it now; the error says what does not. From then on
// the flow follows EC2's rules of connection tracking:
//
//   - a tracked connection survives whatever becomes of the groups of its interface or of their rules;
//   - one that both directions admit for all addresses (0.0.0.0/0, and all ports for the answers) is not tracked and depends
//     on the rules as they are; a tracked one becomes untracked as soon as such rules apply to it;
//   - network ACLs cut at once, whatever is tracked, except between two addresses of one subnet;
//   - it ends with its public address, its interface's attachment, and when the instance is stopped, rebooted or terminated;
//   - it ends when it was interrupted for longer than retransmission lasts, and goes on when it was not.
//
// Documented in "Amazon EC2 security group connection tracking", EC2 User Guide. Flows of IPv6, and across peerings the far side's
// groups, are not modelled.
func (s *Service) OpenFlow(f Flow) (*OpenFlow, error) {
	if f.Protocol == "" {
		f.Protocol = "tcp"
	}
	remote, err := netip.ParseAddr(f.Remote)
	if err != nil || !remote.Is4() {
		return nil, fmt.Errorf("fakeec2: the remote address %q is no IPv4 address", f.Remote)
	}
	var opened *OpenFlow
	s.within(func(r *region) bool {
		now := time.Now()
		n := r.Interfaces.Index[f.Interface]
		if i := r.Instances.Index[f.Instance]; i != nil {
			if all := r.interfacesOf(i, now); len(all) > 0 {
				n = all[0]
			}
		}
		if n == nil {
			return false
		}
		opened, err = s.openFlow(r, n, f, now)
		return true
	})
	if opened == nil && err == nil {
		err = fmt.Errorf("fakeec2: no interface %s", f.Interface+f.Instance)
	}
	return opened, err
}

// within shows each region to a test's steering until it has found its own.
func (s *Service) within(look func(*region) bool) {
	s.store.Peek(fakeaws.DefaultAccount, fakeaws.DefaultRegion, func(*region) {
		found := false
		s.store.Each(context.Background(), func(_, _ string, r *region) { found = found || look(r) })
	})
}

func (s *Service) openFlow(r *region, n *networkInterface, f Flow, now time.Time) (*OpenFlow, error) {
	r.sweep(now)
	a := n.attached(now)
	if a == nil || n.gone(now) {
		return nil, fmt.Errorf("fakeec2: %s is attached to nothing", n.ID)
	}
	if i := r.Instances.Index[a.Instance]; i != nil && i.state(now) != types.InstanceStateNameRunning {
		return nil, fmt.Errorf("fakeec2: %s is not running", i.ID)
	}
	x := &flow{ID: s.cloud.ID("flow-", 17), Flow: f}
	x.Ends = []flowEnd{{Interface: n.ID, Instance: a.Instance, Remote: f.Remote, Outbound: f.Outbound}}
	for _, o := range r.Interfaces.Items {
		for _, ip := range o.addresses() {
			if b := o.attached(now); ip == f.Remote && o.VPC == n.VPC && b != nil && o.ID != n.ID {
				x.Auto = x.Auto || o.Type == types.NetworkInterfaceTypeVpcEndpoint
				if b.Instance != "" { // what AWS manages admits what its own settings say
					x.Ends = append(x.Ends, flowEnd{Interface: o.ID, Instance: b.Instance, Remote: n.IP, Outbound: !f.Outbound})
				}
			}
		}
	}
	public, viaNAT, err := r.reach(n, f, now)
	if err != nil {
		return nil, err
	}
	x.Public, x.Auto = public, x.Auto || viaNAT
	for k := range x.Ends {
		e := &x.Ends[k]
		initial, open := r.admits(e, f)
		if !initial {
			return nil, fmt.Errorf("fakeec2: no security group of %s admits it", e.Interface)
		}
		e.Tracked = x.Auto || !open
		if err := r.aclAdmits(e, f); err != nil {
			return nil, err
		}
	}
	r.Flows = append(r.Flows, x)
	return &OpenFlow{s, x.ID}, nil
}

// State looks at the flow now.
func (o *OpenFlow) State() FlowState {
	var out FlowState
	o.service.within(func(r *region) bool {
		for _, x := range r.Flows {
			if x.ID == o.id {
				r.sweep(time.Now())
				out = FlowState{Open: x.Since.IsZero() && !x.Ended, Tracked: x.Ends[0].Tracked, Reason: x.Reason, Ended: x.Ended}
				return true
			}
		}
		return false
	})
	return out
}

// Alive reports whether packets pass.
func (o *OpenFlow) Alive() bool { return o.State().Open }

// dropFlows ends the connections of an instance.
func (r *region) dropFlows(instance, why string, now time.Time) {
	r.follow(now)
	for _, x := range r.Flows {
		for _, e := range x.Ends {
			if e.Instance == instance {
				x.end(why)
			}
		}
	}
}

func (x *flow) end(why string) {
	if !x.Ended {
		x.Ended, x.Reason = true, why
	}
}

// follow brings the flows up to date with the state that the last change left. Every change comes after it, so none is missed.
func (r *region) follow(now time.Time) {
	at := r.Changed
	if at.IsZero() {
		at = now
	}
	for _, x := range r.Flows {
		if x.Ended {
			continue
		}
		why, final := r.obstacle(x, now)
		switch {
		case final:
			x.end(why)
		case why == "":
			x.Since, x.Reason = time.Time{}, ""
		default:
			x.Reason = why
			if x.Since.IsZero() {
				x.Since = at
			}
			if now.Sub(x.Since) >= patience {
				x.end(why)
			}
		}
	}
}

// obstacle is what keeps a flow's packets from passing, if anything does, and whether they never will again.
func (r *region) obstacle(x *flow, now time.Time) (why string, final bool) {
	for k := range x.Ends {
		e := &x.Ends[k]
		n := r.Interfaces.Index[e.Interface]
		if n == nil || n.gone(now) || n.attached(now) == nil || n.Attachment.Instance != e.Instance {
			return "the interface is no longer attached", true
		}
	}
	n := r.Interfaces.Index[x.Ends[0].Interface]
	if x.Public != "" && r.publicOf(n) != x.Public {
		return "the public address is gone", true
	}
	if _, _, err := r.reach(n, x.Flow, now); err != nil {
		why = err.Error()
	}
	for k := range x.Ends {
		e := &x.Ends[k]
		initial, open := r.admits(e, x.Flow)
		switch {
		case e.Tracked:
			e.Tracked = x.Auto || !open
		case !initial:
			why = "the security groups of " + e.Interface + " admit it no longer, and it is not tracked"
		default:
			e.Tracked = !open
		}
		if err := r.aclAdmits(e, x.Flow); err != nil {
			why = err.Error()
		}
	}
	return why, false
}

// publicOf is the public address of an interface's primary private one.
func (r *region) publicOf(n *networkInterface) string {
	if a := r.association(n, n.IP); a != nil {
		return *a.PublicIp
	}
	return ""
}

// reach follows the route from an interface to the other side, which must lead back for what comes in.
func (r *region) reach(n *networkInterface, f Flow, now time.Time) (public string, viaNAT bool, err error) {
	remote := netip.MustParseAddr(f.Remote)
	var best route
	bits := -1
	for _, x := range r.tableOf(n.Subnet, n.VPC).Routes {
		blocks := []string{x.CIDR}
		if l := r.PrefixLists.Index[x.PrefixList]; l != nil {
			blocks = l.CIDRs
		}
		for _, b := range blocks {
			if p, err := netip.ParsePrefix(b); err == nil && p.Contains(remote) && p.Bits() > bits {
				best, bits = x, p.Bits()
			}
		}
	}
	if bits < 0 || best.Via.state(r, n.VPC, now) != types.RouteStateActive {
		return "", false, fmt.Errorf("fakeec2: no route from %s to %s", n.Subnet, remote)
	}
	switch {
	case best.Via.Gateway == "local" || best.Via.Peering != "" || best.Via.Firewall != "" || best.Via.Interface != "":
		return "", best.Via.Firewall != "", nil
	case best.Via.Endpoint != "" && f.Outbound:
		return "", false, nil
	case best.Via.NAT != "" && f.Outbound:
		return "", true, nil
	case best.Via.Gateway == "":
		return "", false, errors.New("fakeec2: nothing comes in through a NAT gateway or an endpoint")
	case r.Settings.VPCBlock == types.InternetGatewayBlockModeBlockBidirectional || r.Settings.VPCBlock == types.InternetGatewayBlockModeBlockIngress && !f.Outbound:
		return "", false, errors.New("fakeec2: VPC Block Public Access is on")
	}
	if public = r.publicOf(n); public == "" {
		return "", false, fmt.Errorf("fakeec2: %s has no public address", n.ID)
	}
	return public, false, nil
}

// tableOf is the route table of a subnet.
func (r *region) tableOf(subnet, vpc string) *routeTable {
	for _, t := range r.RouteTables.Items {
		for _, a := range t.Associations {
			if a.Subnet == subnet {
				return t
			}
		}
	}
	return r.mainTable(vpc)
}
