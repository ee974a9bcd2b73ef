package iam

import (
	"maps"
	"slices"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// grants are the two sets of what a role, user or group is allowed; nil for a set that is not managed.
type grants struct {
	inlineKind   *ztcore.Kind[ztcore.Set[inlinePolicy]]
	attachedKind *ztcore.Kind[ztcore.Set[id.PolicyARN]]
	inline       map[string]policy.Document
	attached     []id.PolicyARN
}

// declare adds the sets; holder refers to the role, user or group. Where an inline policy denies something, nothing is attached
// before it is in force, and it goes after what is attached; where none does any more, one that did goes last.
func (g grants) declare(d *ztcore.Declaration, name, holder string) {
	var inline, attached *ztcore.Node
	members := []inlinePolicy{}
	for _, p := range slices.Sorted(maps.Keys(g.inline)) {
		members = append(members, inlinePolicy{p, g.inline[p]})
	}
	if g.inline != nil {
		inline = g.inlineKind.Declare(d, name, ztcore.Set[inlinePolicy]{Parent: holder, Members: members})
	}
	if g.attached != nil {
		attached = g.attachedKind.Declare(d, name, ztcore.Set[id.PolicyARN]{Parent: holder, Members: g.attached})
	}
	switch {
	case inline == nil || attached == nil:
	case slices.ContainsFunc(members, inlinePolicy.denies):
		attached.After(g.inlineKind.Ref(name, "Parent"))
	default:
		inline.After(g.attachedKind.Ref(name, "Parent"))
	}
}

func (p inlinePolicy) denies() bool {
	return slices.ContainsFunc(p.Document.Statements, func(s policy.Statement) bool { return s.Effect == policy.EffectDeny })
}

func deniersFirst(members []inlinePolicy) []inlinePolicy {
	out := slices.Clone(members)
	slices.SortStableFunc(out, func(a, b inlinePolicy) int {
		switch {
		case a.denies() == b.denies():
			return 0
		case a.denies():
			return -1
		}
		return 1
	})
	return out
}
