package ztcore_test

import (
	"maps"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// overtaken has a call refused, in words that the engine does not know, since another process has done the same just before.
func (t *toyAWS) overtaken(call string, other func()) {
	t.fail = func(c string) error {
		if c != call {
			return nil
		}
		other()
		t.fail = nil
		return fakeaws.Error("InvalidRequest", "it is as it should not be")
	}
}

func TestACreateThatAnotherRunWasQuickerAtIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		base := ztcore.NewBaseline("home", shelf{aws: toy, Name: "s"})
		p := plan(t, base, cfg)
		toy.overtaken("CreateShelf", func() {
			toy.shelves["s"] = shelfState{Name: "s", ARN: "arn:aws:toy:::s", Tags: map[string]string{ztcore.TagBaseline: "home", ztcore.TagResource: "toy.Shelf/s"}}
		})
		report, err := p.Apply(ctx)
		require.NoError(t, err)
		require.Equal(t, 1, report.Count(ztcore.Done))
		require.True(t, plan(t, base, cfg).Empty())
	})
}

// What took the name meanwhile may be somebody else's.
func TestARefusedCreateDoesNotTakeWhatIsNotOurs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		p := plan(t, ztcore.NewBaseline("home", shelf{aws: toy, Name: "s", Box: "a"}), toy.config())
		theirs := shelfState{Name: "s", ARN: "arn:aws:toy:::s", Tags: map[string]string{"team": "other"}}
		toy.overtaken("CreateShelf", func() { toy.shelves["s"] = theirs })
		_, err := p.Apply(ctx)
		require.ErrorContains(t, err, "it is as it should not be")
		require.Equal(t, theirs, toy.shelves["s"])
	})
}

func TestAnUpdateThatAnotherRunWasQuickerAtIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		apply(t, ztcore.NewBaseline("home", box{aws: toy, Name: "b"}), cfg)
		red := ztcore.NewBaseline("home", box{aws: toy, Name: "b", Color: "red"})
		p := plan(t, red, cfg)
		toy.overtaken("UpdateBox", func() {
			for id, b := range toy.boxes {
				b.Color, b.Tags = "red", maps.Clone(b.Tags)
				toy.boxes[id] = b
			}
		})
		_, err := p.Apply(ctx)
		require.NoError(t, err)
		require.True(t, plan(t, red, cfg).Empty())
	})
}

func TestARemovalThatAnotherRunWasQuickerAtIsDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		cfg := toy.config()
		base := ztcore.NewBaseline("home", shelf{aws: toy, Name: "s"})
		apply(t, base, cfg)
		p := plan(t, base, cfg, ztcore.Destroy())
		toy.overtaken("DeleteShelf", func() { delete(toy.shelves, "s") })
		_, err := p.Apply(ctx)
		require.NoError(t, err)
		require.Empty(t, toy.shelves)
	})
}

func TestAnErrorOfOneRunAloneStaysAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		toy := newToy()
		p := plan(t, ztcore.NewBaseline("home", shelf{aws: toy, Name: "s"}), toy.config())
		toy.overtaken("CreateShelf", func() {})
		_, err := p.Apply(ctx)
		require.ErrorContains(t, err, "it is as it should not be")
		require.Empty(t, toy.shelves)
	})
}
