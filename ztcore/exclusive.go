package ztcore

import "reflect"

// claims tells, for all that the run's steps want of exclusive fields, whose it is going to be.
func (r *run) claims() map[string]Address {
	out := map[string]Address{}
	for _, t := range r.order {
		for _, f := range t.step.node.schema.fields {
			if f.exclusive && !t.id.remove {
				visit(reflect.ValueOf(t.step.want).Field(f.index), func(s string) { out[f.claim(t.step.node, s)] = t.id.address })
			}
		}
	}
	return out
}

// claim names a value of an exclusive field of a kind.
func (f field) claim(n *Node, value string) string {
	return n.kind.kindName() + keySeparator + f.name + keySeparator + value
}

// unclaimed is a state without what another step takes over: until that has it, it stays where it is.
func (r *run) unclaimed(n *Node, state any) any {
	for _, f := range n.schema.fields {
		if !f.exclusive || state == nil {
			continue
		}
		out := reflect.New(n.schema.typ).Elem()
		out.Set(reflect.ValueOf(state))
		left := []string{}
		visit(out.Field(f.index), func(s string) {
			if by, ok := r.claimed[f.claim(n, s)]; !ok || by == n.address {
				left = append(left, s)
			}
		})
		out.Field(f.index).Set(reflect.ValueOf(left))
		state = out.Interface()
	}
	return state
}
