package network

import (
	"cmp"
	"slices"
)

// aclStep is one call on an entry of a network ACL.
type aclStep struct {
	does  aclVerb
	entry aclEntry
}

type aclVerb int

// In this order where either will do: what is removed first makes room.
const (
	removeEntry aclVerb = iota
	replaceEntry
	createEntry
)

// aclOrder finds the order in which the entries of one direction become those that are wanted. Every call takes effect by itself, and
// the first entry that matches decides, so what stands between must at no time admit what is admitted neither before nor
// after, nor keep out what is admitted both before and after.
type aclOrder struct {
	have, want []aclEntry // sorted by number
	packets
	was, shall []bool
}

func orderOf(have, want []aclEntry) aclOrder {
	o := aclOrder{have: byNumber(have), want: byNumber(want), packets: tellApart(have, want)}
	o.was, o.shall = o.admitted(o.have), o.admitted(o.want)
	return o
}

func byNumber(entries []aclEntry) []aclEntry {
	return slices.SortedFunc(slices.Values(entries), func(a, b aclEntry) int { return cmp.Compare(a.Number, b.Number) })
}

// direct changes each entry where it stands, which takes the fewest calls. ok is false where that would cut something off; with
// cutOff it cuts off as little as it can, and is not ok only where it would open something.
func (o aclOrder) direct(cutOff bool) (steps []aclStep, ok bool) {
	now, left := o.have, stepsBetween(o.have, o.want)
	for len(left) > 0 {
		best, least := -1, 0
		for i, s := range left {
			opened, cut := o.compare(s.apply(now))
			if !opened && (cut == 0 || cutOff) && (best < 0 || cut < least) {
				best, least = i, cut
			}
		}
		if best < 0 {
			return nil, false
		}
		steps, now = append(steps, left[best]), left[best].apply(now)
		left = slices.Delete(left, best, best+1)
	}
	return steps, true
}

// compare tells whether a list opens something, and how much it cuts off.
func (o aclOrder) compare(now []aclEntry) (opened bool, cut int) {
	for i, is := range o.admitted(now) {
		switch {
		case is && !o.was[i] && !o.shall[i]:
			opened = true
		case !is && o.was[i] && o.shall[i]:
			cut++
		}
	}
	return opened, cut
}

// twice writes what is wanted a second time, from first to last, under spare numbers before all others: each entry turns
// what it matches from how it was to how it shall be. Then the old entries decide only what is not to be admitted, and go, last to first; the
// wanted ones take their places, and the spare ones go, last to first. What both lists end with stays out of it, and what the list begins
// with already, as after a run that was cut off, is not written again. ok is false where there are too few numbers.
func (o aclOrder) twice() (steps []aclStep, ok bool) {
	for len(o.have) > 0 && len(o.want) > 0 && o.have[len(o.have)-1] == o.want[len(o.want)-1] {
		o.have, o.want = o.have[:len(o.have)-1], o.want[:len(o.want)-1]
	}
	head := 0
	for head < min(len(o.have), len(o.want)) && o.have[head].unnumbered() == o.want[head].unnumbered() {
		head++
	}
	for ; head >= 0; head-- {
		if steps, ok = o.twiceAfter(head); ok {
			return steps, true
		}
	}
	return nil, false
}

// twiceAfter is twice where the first so many entries are as wanted, if perhaps not under their numbers.
func (o aclOrder) twiceAfter(head int) (steps []aclStep, ok bool) {
	low, high := int32(0), int32(lastEntry)
	if head > 0 {
		low = o.have[head-1].Number
	}
	if len(o.have) > head {
		high = o.have[head].Number
	}
	for _, w := range o.want {
		if !slices.Contains(o.have[:head], w) {
			high = min(high, w.Number)
		}
	}
	spare := o.want[head:]
	from := high - int32(len(spare))
	if from <= low {
		return nil, false
	}
	now := o.have
	do := func(does aclVerb, e aclEntry) {
		steps = append(steps, aclStep{does, e})
		now = steps[len(steps)-1].apply(now)
	}
	for i, e := range spare {
		e.Number = from + int32(i)
		do(createEntry, e)
	}
	for _, e := range slices.Backward(o.have[head:]) {
		switch i := slices.IndexFunc(o.want, func(w aclEntry) bool { return w.Number == e.Number }); {
		case i < 0:
			do(removeEntry, e)
		case o.want[i] != e:
			do(replaceEntry, o.want[i])
		}
	}
	for _, w := range o.want {
		if !slices.Contains(now, w) {
			do(createEntry, w)
		}
	}
	for _, e := range slices.Backward(now) {
		if !slices.Contains(o.want, e) {
			do(removeEntry, e)
		}
	}
	return steps, true
}

// closed shuts everything first. It opens nothing, needs no room, and always works.
func (o aclOrder) closed() []aclStep {
	var steps []aclStep
	now := o.have
	for _, e := range o.have {
		if !e.Deny {
			steps = append(steps, aclStep{removeEntry, e})
			now = steps[len(steps)-1].apply(now)
		}
	}
	rest, _ := orderOf(now, o.want).direct(true)
	return append(steps, rest...)
}

// stepsBetween are the steps that make one list of another, by verb and number.
func stepsBetween(have, want []aclEntry) []aclStep {
	var steps []aclStep
	for _, e := range have {
		if !numbered(want, e.Number) {
			steps = append(steps, aclStep{removeEntry, e})
		}
	}
	for _, does := range []aclVerb{replaceEntry, createEntry} {
		for _, e := range want {
			if !slices.Contains(have, e) && numbered(have, e.Number) == (does == replaceEntry) {
				steps = append(steps, aclStep{does, e})
			}
		}
	}
	return steps
}

func numbered(list []aclEntry, number int32) bool {
	return slices.ContainsFunc(list, func(e aclEntry) bool { return e.Number == number })
}

// apply is the list after the step.
func (s aclStep) apply(list []aclEntry) []aclEntry {
	out := slices.DeleteFunc(slices.Clone(list), func(e aclEntry) bool { return e.Number == s.entry.Number })
	if s.does != removeEntry {
		out = append(out, s.entry)
	}
	return byNumber(out)
}
