package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// pillar is one section of the guide.
type pillar struct {
	name    string
	declare func(place) ztcore.Resource
}

// place is what the declaration has to know of where it goes.
type place struct {
	region           string
	noUserBoundaries bool // the endpoint does not offer them
}

func pillars() []pillar {
	return []pillar{
		{"iam", identity}, {"network", networks}, {"dataprotect", data},
	}
}

func pillarNames() []string {
	var names []string
	for _, p := range pillars() {
		names = append(names, p.name)
	}
	return names
}

// guide puts the chosen pillars together. Each stands by itself, so a part can be left out.
func guide(chosen []string, at place) (*ztcore.Baseline, error) {
	var resources ztcore.List
	for _, name := range chosen {
		if !slices.Contains(pillarNames(), name) {
			return nil, fmt.Errorf("there is no pillar %q; there are %s", name, strings.Join(pillarNames(), ", "))
		}
	}
	for _, p := range pillars() {
		if slices.Contains(chosen, p.name) {
			resources = append(resources, p.declare(at))
		}
	}
	return ztcore.NewBaseline("zero-trust-guide", resources...), nil
}
