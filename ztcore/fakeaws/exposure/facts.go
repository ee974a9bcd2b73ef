package exposure

import (
	"slices"
	"strings"
)

// facts are things that are open or not, each by itself: a route, an attachment, a block of public access that is missing.
type facts []string

func (f facts) text() string {
	sorted := slices.Clone(f)
	slices.Sort(sorted)
	return strings.Join(sorted, "\n")
}

func (f facts) probe(into map[string]bool) {
	for _, s := range f {
		into[s] = true
	}
}

func (f facts) allows(probe string) int {
	if slices.Contains(f, probe) {
		return 2
	}
	return 0
}
