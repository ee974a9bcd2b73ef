package ztcore

// Uniqueness is what keeps two runs at once from making two objects of a kind.
type Uniqueness struct {
	Kind string
	// How is one of ByName, ByPlace and ByYielding.
	How string
}

const (
	// ByName: AWS refuses a second object of the name, and both runs go on with the first.
	ByName = "name"
	// ByPlace: there is always one for the account, the region or the parent, or a member is the same whoever adds it. Both runs
	// write the same.
	ByPlace = "place"
	// ByYielding: AWS makes a second one. The request's client token prevents that where AWS takes one, for ten minutes. After it, and
	// without one, each run finds both by what they claim to be, and one of the two removes its own.
	ByYielding = "yielding"
)

// UniquenessOf says it of each kind, in the given order.
func UniquenessOf(kinds ...AnyKind) []Uniqueness {
	var out []Uniqueness
	for _, k := range kinds {
		s, err := k.schema()
		if err != nil {
			continue // no plan can be made with it
		}
		u := Uniqueness{k.kindName(), ByYielding}
		switch {
		case k.traits().setting || s.keys == 0 && s.tags < 0:
			u.How = ByPlace
		case s.unique():
			u.How = ByName
		}
		out = append(out, u)
	}
	return out
}
