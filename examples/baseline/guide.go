package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// pillar is one section of the guide, or two.
type pillar struct {
	name  string
	steps func(place) []step
}

// step is a row of the guide, or several that make one thing.
type step struct {
	rows string // as "14–15"; "5 +" for what section 5 leaves out
	what string
	// resources are what the row comes to. A step without them is a report or a procedure, which runs when it is asked for.
	resources ztcore.List
	proof     string // for those: the test or example that runs it, as governance/audit.ExampleReport
}

// place is what the declaration has to know of where it goes.
type place struct {
	region           string
	unit             string   // the organizational unit that policies are attached to; empty for none
	noUserBoundaries bool     // the endpoint does not offer them
	emulated         bool     // the endpoint is no AWS
	lacks            []string // kinds that the endpoint does not offer
}

// lack reports whether the endpoint does not offer a kind, for what would refer to it.
func (p place) lack(kind string) bool { return slices.Contains(p.lacks, kind) }

func pillars() []pillar {
	return []pillar{
		{"iam", identity}, {"network", networks}, {"dataprotect", data}, {"monitoring", watching}, {"endpoint", machines}, {"appsec", applications},
		{"segmentation", segments}, {"governance", rules}, {"incident", responses},
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
			for _, s := range p.steps(at) {
				resources = append(resources, s.resources)
			}
		}
	}
	return ztcore.NewBaseline("zero-trust-guide", resources...), nil
}
