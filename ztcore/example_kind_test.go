package ztcore_test

import (
	"context"
	"fmt"
	"sync"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
)

// phonebook is the service that the kind is about. A kind of AWS's would make a client from sc.Config instead.
var phonebook sync.Map // of name to number

// Extension is what users write: a telephone extension of the on-call team.
type Extension struct {
	Name   string
	Number int // 100 to 999
}

// Ref is the extension's name, for what has to wait for it.
func (e Extension) Ref() string { return extensions.Ref(e.Name, "Name") }

// Declare implements ztcore.Resource.
func (e Extension) Declare(d *ztcore.Declaration) {
	extensions.Declare(d, e.Name, extensionState(e))
}

// extensionState is what is wanted and what is seen; the engine compares the two.
type extensionState struct {
	Name   string `zt:"key"`
	Number int
}

var extensions = &ztcore.Kind[extensionState]{
	Name: "acme.Extension",
	Read: func(_ context.Context, _ *ztcore.Scope, q ztcore.Query[extensionState]) (found []extensionState, err error) {
		for _, want := range q.Want {
			if number, ok := phonebook.Load(want.Name); ok { // what does not exist is left out
				found = append(found, extensionState{Name: want.Name, Number: number.(int)})
			}
		}
		return found, nil
	},
	Create: func(_ context.Context, _ *ztcore.Scope, want extensionState) error {
		phonebook.Store(want.Name, want.Number)
		return nil
	},
	Update: func(_ context.Context, _ *ztcore.Scope, u ztcore.Update[extensionState]) error {
		phonebook.Store(u.Want.Name, u.Want.Number)
		return nil
	},
	Delete: func(_ context.Context, _ *ztcore.Scope, have extensionState) error {
		phonebook.Delete(have.Name)
		return nil
	},
	Check: func(want extensionState) []ztcore.Finding {
		if want.Number < 100 || want.Number > 999 {
			return []ztcore.Finding{{Attribute: "Number", Message: fmt.Sprint(want.Number, " is no extension"), Fix: "use 100 to 999"}}
		}
		return nil
	},
}

// A kind of one's own, complete: what users write, its state, and four functions.
func ExampleKind() {
	ctx, cfg := context.Background(), fakeaws.New(fakests.Install).Config()
	for _, number := range []int{7, 204, 204, 205} {
		plan, err := ztcore.NewBaseline("phones", Extension{Name: "on-call", Number: number}).Plan(ctx, cfg)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(plan.Steps[0].Action, plan.Steps[0].Changes)
		if _, err := plan.Apply(ctx); err != nil {
			fmt.Println(err)
		}
	}
	// Output:
	// ztcore: baseline "phones" is invalid: 1 finding
	//   acme.Extension/on-call: Number: 7 is no extension (use 100 to 999)
	// create [Name: + "on-call" Number: + 204]
	// none []
	// update [Number: 204 → 205]
}
