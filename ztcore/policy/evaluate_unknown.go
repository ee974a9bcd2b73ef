package policy

import (
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"
)

// atom is a yes-or-no question that the request's context leaves open. Equal questions of different statements are one
// atom.
type atom struct {
	keys []string // what the answer depends on: condition keys in lower case, or tokens
	test *test    // set if the only thing unknown are the values of one key
}

type atomTable struct {
	atoms []atom
	index map[string]int
}

// add returns the index of the atom with that name.
func (t *atomTable) add(name string, a atom) int {
	if i, ok := t.index[name]; ok {
		return i
	}
	a.keys = sortedSet(a.keys)
	t.index[name] = len(t.atoms)
	t.atoms = append(t.atoms, a)
	return len(t.atoms) - 1
}

// maxWorlds limits how many ways to fill in what is unknown are tried. Past it the decision is left undecided.
const maxWorlds = 1 << 12

// overUnknowns decides in every world that the unknown keys allow. If all agree, that is the decision.
func (e *evaluation) overUnknowns() Decision {
	groups := e.atoms.groups()
	worlds := 1
	for _, g := range groups {
		if worlds *= len(g.answers); worlds > maxWorlds || len(g.answers) == 0 {
			return undecided(groups)
		}
	}
	decisions := make([]Decision, worlds)
	answers := make([]bool, len(e.atoms.atoms))
	for w := range decisions {
		rest := w
		for _, g := range groups {
			for i, a := range g.atoms {
				answers[a] = g.answers[rest%len(g.answers)][i]
			}
			rest /= len(g.answers)
		}
		decisions[w] = e.decide(answers)
	}
	// A group matters if the outcome changes with its answers alone.
	var matter []group
	stride := 1
	for _, g := range groups {
		n := len(g.answers)
		for w := range decisions {
			first := w - (w/stride)%n*stride // the same world with the group's first answers
			if decisions[w].Outcome != decisions[first].Outcome {
				matter = append(matter, g)
				break
			}
		}
		stride *= n
	}
	if len(matter) == 0 {
		return decisions[0]
	}
	return undecided(matter)
}

func undecided(groups []group) Decision {
	keys := map[string]bool{}
	for _, g := range groups {
		for _, k := range g.keys {
			keys[k] = true
		}
	}
	return Decision{Outcome: Undecided, Keys: slices.Sorted(maps.Keys(keys)), Document: -1, Statement: -1}
}

// group is a set of atoms whose answers depend on each other, because they share keys.
type group struct {
	keys    []string
	atoms   []int
	answers [][]bool // every combination of answers that there may be; none if they are too many
}

// groups splits the atoms into independent sets.
func (t *atomTable) groups() []group {
	var out []group
	for i, a := range t.atoms {
		joined := group{keys: a.keys, atoms: []int{i}}
		out = slices.DeleteFunc(out, func(g group) bool {
			if !slices.ContainsFunc(g.keys, func(k string) bool { return slices.Contains(joined.keys, k) }) {
				return false
			}
			joined.keys = sortedSet(slices.Concat(joined.keys, g.keys))
			joined.atoms = append(joined.atoms, g.atoms...)
			return true
		})
		out = append(out, joined)
	}
	for i, g := range out {
		tests := make([]*test, len(g.atoms))
		for j, a := range g.atoms {
			tests[j] = t.atoms[a].test
		}
		out[i].answers = possibleAnswers(tests)
	}
	return out
}

// maxFree is how many unrelated answers of one group are combined in every way.
const maxFree = 8

// possibleAnswers lists the combinations of answers that tests on one key can give. It may list ones that no value of
// the key gives, where it cannot tell; it leaves out none that some value gives.
func possibleAnswers(tests []*test) [][]bool {
	if slices.Contains(tests, nil) {
		return everyAnswer(len(tests))
	}
	answer := func(values []string) []bool {
		out := make([]bool, len(tests))
		for i, t := range tests {
			out[i] = t.holds(values)
		}
		return out
	}
	out := [][]bool{answer(nil)} // the key is absent
	if samples, ok := sampleValues(tests); ok {
		for _, values := range samples {
			out = append(out, answer(values))
		}
	} else {
		for _, some := range everyAnswer(len(tests)) {
			for i, t := range tests {
				if t.op.family() == familyNull {
					some[i] = t.holds([]string{""}) // the key is there
				}
			}
			out = append(out, some)
		}
		if len(out) == 1 {
			return nil
		}
	}
	slices.SortFunc(out, compareAnswers)
	return slices.CompactFunc(out, slices.Equal)
}

func compareAnswers(a, b []bool) int {
	return slices.CompareFunc(a, b, func(x, y bool) int { return strings.Compare(boolText(x), boolText(y)) })
}

// everyAnswer lists all combinations of n answers, or none if they are too many.
func everyAnswer(n int) [][]bool {
	if n > maxFree {
		return nil
	}
	out := make([][]bool, 1<<n)
	for i := range out {
		out[i] = make([]bool, n)
		for j := range n {
			out[i][j] = i>>j&1 == 1
		}
	}
	return out
}

// maxSubset is of how many sample values all subsets are tried.
const maxSubset = 6

// sampleValues lists values of a key that give every combination of answers to the tests. It is false where that takes
// more than the values in the tests and their neighbours: wildcards, address ranges, a mix of types.
func sampleValues(tests []*test) ([][]string, bool) {
	families := map[family]bool{}
	var written []string
	sets, folded := false, false
	for _, t := range tests {
		f := t.op.family()
		if f == familyNull {
			continue
		}
		if f == familyFolded {
			f, folded = familyString, true
		}
		if f == familyARN || f == familyIP || strings.HasSuffix(t.op.base, "Like") {
			return nil, false
		}
		families[f] = true
		sets = sets || t.op.set != ""
		for _, p := range t.patterns {
			written = append(written, string(p))
		}
	}
	if len(families) > 1 {
		return nil, false
	}
	var single []string
	switch {
	case families[familyNumeric]:
		single = numbersAround(written)
	case families[familyDate]:
		single = datesAround(written)
	case families[familyBool]:
		single = []string{"true", "false"}
	default:
		single = append(written, "\x00any other")
		if folded { // one that is the same but for its case
			for _, v := range written {
				single = append(single, strings.ToLower(v), strings.ToUpper(v))
			}
		}
	}
	single = sortedSet(single)
	if !sets {
		out := make([][]string, len(single))
		for i, v := range single {
			out[i] = []string{v}
		}
		return out, true
	}
	return subsets(single)
}

// subsets lists all subsets but the empty one.
func subsets(values []string) ([][]string, bool) {
	if len(values) > maxSubset {
		return nil, false
	}
	var out [][]string
	for mask := 1; mask < 1<<len(values); mask++ {
		var set []string
		for i, v := range values {
			if mask>>i&1 == 1 {
				set = append(set, v)
			}
		}
		out = append(out, set)
	}
	return out, true
}

// numbersAround lists the numbers, one between each two neighbours, one below and one above.
func numbersAround(written []string) []string {
	var numbers []*big.Rat
	for _, v := range written {
		if n, ok := parseNumber(v); ok {
			numbers = append(numbers, n)
		}
	}
	slices.SortFunc(numbers, func(a, b *big.Rat) int { return a.Cmp(b) })
	out := []string{"no number"}
	one, two := big.NewRat(1, 1), big.NewRat(2, 1)
	for i, n := range numbers {
		next := new(big.Rat).Add(n, two)
		if i+1 < len(numbers) {
			next = numbers[i+1]
		}
		if i == 0 {
			out = append(out, decimal(new(big.Rat).Sub(n, one)))
		}
		middle := new(big.Rat).Add(n, next)
		out = append(out, decimal(n), decimal(middle.Quo(middle, two)))
	}
	return out
}

// decimal writes a number that has a finite decimal form.
func decimal(n *big.Rat) string {
	digits, _ := n.FloatPrec()
	return n.FloatString(digits)
}

// datesAround lists the dates and the moments right before and after each.
func datesAround(written []string) []string {
	out := []string{"no date"}
	for _, v := range written {
		if t, ok := parseDate(v); ok {
			for _, d := range []time.Duration{-1, 0, 1} {
				out = append(out, t.Add(d).Format(time.RFC3339Nano))
			}
		}
	}
	return out
}
