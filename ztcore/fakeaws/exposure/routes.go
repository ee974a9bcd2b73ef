package exposure

import (
	"encoding/json"
	"net/netip"
	"slices"
	"strings"
)

// route leads what is for a block, or a prefix list, to a target; none is a black hole.
type route struct{ To, Via string }

// routes are a table, of which the most specific route that matches leads. What is asked is where an address is led, not how that is
// written: a route that is part of a wider one to the same target opens nothing.
type routes []route

func (r routes) text() string {
	sorted := slices.Clone(r)
	slices.SortFunc(sorted, func(a, b route) int { return strings.Compare(a.To+" "+a.Via, b.To+" "+b.Via) })
	out, _ := json.Marshal(sorted)
	return string(out)
}

func (r routes) probe(into map[string]bool) {
	for _, to := range r {
		for _, at := range ends(to.To) {
			for _, by := range r {
				if by.Via != "" {
					into["route to "+at+" by "+by.Via] = true
				}
			}
		}
	}
}

func (r routes) allows(probe string) int {
	to, via, ok := strings.Cut(strings.TrimPrefix(probe, "route to "), " by ")
	if ok && via == r.leads(to) {
		return 2
	}
	return 0
}

func (r routes) leads(to string) (via string) {
	at, err := netip.ParseAddr(to)
	longest := -1
	for _, x := range r {
		block, notBlock := netip.ParsePrefix(x.To)
		switch {
		case err != nil && x.To == to:
			return x.Via
		case err == nil && notBlock == nil && block.Contains(at) && block.Bits() > longest:
			longest, via = block.Bits(), x.Via
		}
	}
	return via
}

// beyond is where a subnet is led that comes or goes: within its VPC AWS leads it, before it can have a table of its own.
func (r routes) beyond() routes {
	return slices.DeleteFunc(slices.Clone(r), func(x route) bool { return x.Via == "local" })
}
