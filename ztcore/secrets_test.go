package ztcore_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// A canary is looked for in all that the engine says, when all goes well and when each write goes wrong.
func TestNoSecretIsEverSaid(t *testing.T) {
	for _, fault := range []error{nil, denied("CreateShelf"), fakeaws.Lost(), fakeaws.Throttled(), errors.New("broken")} {
		synctest.Test(t, func(t *testing.T) {
			toy := newToy()
			cfg := toy.config()
			var said bytes.Buffer
			base := ztcore.NewBaseline("home", shelf{aws: toy, Name: "s", Secret: "canary-1"}, shelf{aws: toy, Name: "s2", Secret: "canary-2"}, ztcore.Ignore(shelf{aws: toy, Name: "s3", Secret: "canary-5"}))
			toy.shelves["s2"] = shelfState{Name: "s2", Secret: "canary-3", Tags: map[string]string{ztcore.TagBaseline: "home", ztcore.TagResource: "toy.Shelf/s2"}}
			toy.fail = func(call string) error {
				if call == "CreateShelf" || call == "UpdateShelf" {
					return fault
				}
				return nil
			}
			p := plan(t, base, cfg)
			approved, err := json.Marshal(p)
			require.NoError(t, err)
			report, applyErr := p.Apply(ctx,
				ztcore.WithLogger(slog.New(slog.NewJSONHandler(&said, &slog.HandlerOptions{Level: slog.LevelDebug}))),
				ztcore.WithProgress(func(e ztcore.Event) { fmt.Fprintf(&said, "%v %+v %#v", e, e, e) }))
			require.NotEmpty(t, said.String())
			fmt.Fprintf(&said, "%s %v %+v %#v %s %v %+v %#v %v %#v", p, p, p, p, approved, report, report, report, applyErr, applyErr)
			fmt.Fprintf(&said, "%v %#v %v %+v %#v", p.Steps, p.Steps, *p, *p, *p)
			require.NoError(t, json.NewEncoder(&said).Encode(*p))

			old := toy.shelves["s2"]
			old.Secret = "canary-4"
			toy.shelves["s2"] = old
			_, err = p.Apply(ctx)
			fmt.Fprintf(&said, "%v %#v", err, err)
			gone := plan(t, base, cfg, ztcore.Destroy())
			fmt.Fprintf(&said, "%s %#v", gone, gone)
			require.NotContains(t, said.String(), "canary")
		})
	}
}
