package ztcore

// Ownership tags. What carries them was made or adopted by a baseline; nothing else that can be tagged is ever changed or
// deleted. What can't, as a setting or a set, goes with what it is part of, or with the account.
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
