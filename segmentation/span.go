package segmentation

import (
	"cmp"
	"slices"
)

// span is a range of ports, both ends included; spans are such ranges, sorted and apart.
type span struct{ lo, hi int32 }

type spans []span

var allPorts = spans{{0, 65535}}

func (s spans) union(t spans) spans {
	all := slices.Concat(s, t)
	slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.lo, b.lo) })
	var out spans
	for _, x := range all {
		if n := len(out); n > 0 && x.lo <= out[n-1].hi+1 {
			out[n-1].hi = max(out[n-1].hi, x.hi)
			continue
		}
		out = append(out, x)
	}
	return out
}

func (s spans) intersect(t spans) spans {
	var out spans
	for _, a := range s {
		for _, b := range t {
			if lo, hi := max(a.lo, b.lo), min(a.hi, b.hi); lo <= hi {
				out = append(out, span{lo, hi})
			}
		}
	}
	return out.union(nil)
}

func (s spans) minus(t spans) spans {
	for _, b := range t {
		var out spans
		for _, a := range s {
			if a.lo < b.lo {
				out = append(out, span{a.lo, min(a.hi, b.lo-1)})
			}
			if a.hi > b.hi {
				out = append(out, span{max(a.lo, b.hi+1), a.hi})
			}
		}
		s = out
	}
	return s
}
