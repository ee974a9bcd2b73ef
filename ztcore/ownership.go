package ztcore

import "strings"

// Ownership tags. What carries them was made or adopted by a baseline; nothing else that can be tagged is ever changed or
// deleted. What can't, as a setting or a set, goes with what it is part of, or with the account. So nothing tells whose a setting of
// the account is: two baselines that declare it otherwise change it back and forth, and each plan that does so shows the change, with a
// note. Declare an account's settings in one baseline, and observe them in the others.
//
// AWS keeps of two writes of a tag the last. A run looks at the owner before its first write and again when it reads what it wrote, so
// that of two baselines that adopt one object at the same time one reports a conflict, unless its last look was before the other's
// write: then the next plan finds the conflict. Only a lock that both take can exclude that.
const (
	TagBaseline = "zerotrust:baseline" // the baseline's name
	TagResource = "zerotrust:resource" // the resource's address in it
)

// owned adds the ownership tags to what is wanted. What is only observed may be anyone's.
func (n *Node) owned(want any, baseline string) any {
	if n.schema.tags < 0 || n.mode == Observed {
		return want
	}
	tags := map[string]string{TagBaseline: baseline, TagResource: string(n.address)}
	for k, v := range n.schema.tagsOf(want) {
		tags[k] = v
	}
	return n.schema.withTags(want, tags)
}

// ownership is whom an object belongs to.
type ownership int

const (
	ours    ownership = iota // or of a kind that has no tags, and then goes with its parent or its account
	nobodys                  // no ownership tags
	another                  // another baseline's
	renamed                  // this baseline's, under another address
)

func (n *Node) ownershipOf(have any, baseline string) (ownership, string) {
	if n.schema.tags < 0 {
		return ours, ""
	}
	tags := n.schema.tagsOf(have)
	switch owner := tags[TagBaseline]; {
	case owner == "":
		return nobodys, ""
	case owner != baseline:
		return another, owner
	case tags[TagResource] != string(n.address):
		return renamed, tags[TagResource]
	}
	return ours, ""
}

// parents are the resources that are only looked at, since what is written is part of them and has no tags of its own.
func (r *run) parents() (out []*Step) {
	seen := map[Address]bool{}
	var collect func(n *Node)
	collect = func(n *Node) {
		for _, k := range n.keyRefs {
			s := r.steps[k.address]
			if n.schema.tags >= 0 || s == nil || seen[k.address] {
				continue
			}
			seen[k.address] = true
			if s.node.schema.tags >= 0 && !s.writes() && s.have != nil && s.node.mode == Managed {
				out = append(out, s)
			}
			collect(s.node)
		}
	}
	for _, t := range r.order {
		collect(t.step.node)
	}
	return out
}

// taken finds the parents that somebody else has made theirs since the plan was made.
func (r *run) taken(parents []*Step, now map[string]*sightings) (stale []StaleResource) {
	for _, s := range parents {
		have, _ := now[s.Kind].match(s.node, s.want)
		if have == nil {
			continue // its parts tell
		}
		if was, _ := s.node.ownershipOf(s.have, r.plan.Baseline); was == nobodys || was == another {
			continue
		}
		if o, who := s.node.ownershipOf(have, r.plan.Baseline); o == nobodys || o == another {
			stale = append(stale, StaleResource{Address: s.Address, Why: strings.TrimSpace("it is not ours any more " + who)})
		}
	}
	return stale
}
