package ztcore_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
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

// Whoever knows all of a resource but its secret can't try passwords on a plan: two plans that differ in a secret alone are the same.
func TestAPlanGivesNoSecretAwayToWhoTriesThem(t *testing.T) {
	docs := map[string]bool{}
	for _, secret := range []string{"canary-1", "canary-2"} {
		toy := newToy()
		toy.shelves["there"] = shelfState{Name: "there", Secret: secret, Tags: map[string]string{ztcore.TagBaseline: "home", ztcore.TagResource: "toy.Shelf/there"}}
		s := func(name string) ztcore.Resource { return shelf{aws: toy, Name: name, Secret: secret} }
		docs[approve(t, plan(t, ztcore.NewBaseline("home", s("s"), s("there"), ztcore.Ignore(s("s2"))), toy.config()))] = true
	}
	require.Len(t, docs, 1)
}

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
			for i := range 5 { // nor what one could try passwords on
				sum := sha256.Sum256(fmt.Appendf(nil, "canary-%d", i+1))
				require.NotContains(t, said.String(), hex.EncodeToString(sum[:]))
				require.NotContains(t, said.String(), base64.StdEncoding.EncodeToString(sum[:]))
			}
		})
	}
}
