package exposure

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// rule lets packets through, or of an ordered list keeps them out.
type rule struct {
	Egress   bool
	Protocol string // as "tcp", "-1" for all
	From, To int
	Peer     string // a CIDR block, or the name of a group or a prefix list
	Deny     bool
}

// icmp makes a range, as of ports, of a type and a code, of which -1 is any.
func icmp(kind, code int) (from, to int) {
	switch {
	case kind < 0:
		return 0, 65535
	case code < 0:
		return kind << 8, kind<<8 | 255
	}
	return kind<<8 | code, kind<<8 | code
}

// firewall is a list of rules of which the first that matches decides; where none does, nothing passes. For a group, none of whose
// rules denies, the order has no meaning.
type firewall struct {
	rules []rule
	idle  bool // no interface is behind it
}

func (f firewall) unused() bool { return f.idle }

func (f firewall) text() string {
	out, _ := json.Marshal(f.rules)
	return string(out)
}

// probe asks at both ends of every range, and just behind them.
func (f firewall) probe(into map[string]bool) {
	protocols, ports, peers := map[string]bool{}, map[int]bool{}, map[string]bool{}
	for _, r := range f.rules {
		protocols[r.Protocol] = true
		ports[r.From], ports[min(r.To+1, 65535)] = true, true
		for _, p := range ends(r.Peer) {
			peers[p] = true
		}
	}
	for protocol := range protocols {
		for port := range ports {
			for peer := range peers {
				for _, direction := range []string{"ingress", "egress"} {
					into[fmt.Sprintf("%s %s %d with %s", direction, protocol, port, peer)] = true
				}
			}
		}
	}
}

// ends are the first address of a block, and the first behind it.
func ends(peer string) []string {
	block, err := netip.ParsePrefix(peer)
	if err != nil {
		return []string{peer}
	}
	first := block.Masked().Addr()
	behind := first.AsSlice()
	for i, bits := 0, block.Bits(); bits < len(behind)*8 && i < len(behind); i++ {
		for b := range 8 {
			if i*8+b >= bits {
				behind[i] |= 1 << (7 - b)
			}
		}
	}
	last, _ := netip.AddrFromSlice(behind)
	if next := last.Next(); next.IsValid() {
		return []string{first.String(), next.String()}
	}
	return []string{first.String()}
}

func (f firewall) allows(probe string) int {
	part := strings.SplitN(probe, " ", 5)
	if len(part) < 5 {
		return 0
	}
	port, _ := strconv.Atoi(part[2])
	for _, r := range f.rules {
		if r.Egress != (part[0] == "egress") || r.Protocol != "-1" && r.Protocol != part[1] || !r.peers(part[4]) {
			continue
		}
		if r.Protocol != "-1" && (port < r.From || port > r.To) {
			continue
		}
		if r.Deny {
			return 0
		}
		return 2
	}
	return 0
}

func (r rule) peers(with string) bool {
	block, err := netip.ParsePrefix(r.Peer)
	if err != nil {
		return r.Peer == with
	}
	at, err := netip.ParseAddr(with)
	return err == nil && block.Contains(at)
}

func compareRules(a, b rule) int {
	x, _ := json.Marshal(a)
	y, _ := json.Marshal(b)
	return strings.Compare(string(x), string(y))
}
