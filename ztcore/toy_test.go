package ztcore_test

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
)

// toyAWS is a service with three kinds of objects, just enough to drive the engine: boxes are found by tags, shelves
// by name, and labels are a set on a shelf.
type toyAWS struct {
	mu       sync.Mutex
	latency  time.Duration
	next     int
	boxes    map[string]boxState // by id
	shelves  map[string]shelfState
	labels   map[string][]string // by shelf
	calls    []string
	fail     func(call string) error // before the effect
	lose     func(call string) error // after the effect
	overlaps int
	most     int // creates of shelves at a time
	busy     map[string]int

	Box    *ztcore.Kind[boxState]
	Shelf  *ztcore.Kind[shelfState]
	Labels *ztcore.Kind[ztcore.Set[string]]
}

type boxState struct {
	Name  string `zt:"label"`
	Size  int    `zt:"immutable"`
	Color string
	Lid   *bool
	Tags  map[string]string `zt:"tags"`
	ID    string            `zt:"output"`
}

type shelfState struct {
	Name   string `zt:"key"`
	Box    string
	Secret string            `zt:"secret"`
	Tags   map[string]string `zt:"tags"`
	ARN    string            `zt:"output"`
}

type box struct {
	aws   *toyAWS
	Name  string
	Size  int
	Color string
	Lid   *bool
	Tags  map[string]string
}

func (b box) ID() string { return b.aws.Box.Ref(b.Name, "ID") }
func (b box) Declare(d *ztcore.Declaration) {
	b.aws.Box.Declare(d, b.Name, boxState{Name: b.Name, Size: b.Size, Color: b.Color, Lid: b.Lid, Tags: b.Tags})
}

type shelf struct {
	aws    *toyAWS
	Name   string
	Box    string
	Secret string
	Labels []string
	Other  ztcore.Foreign
}

func (s shelf) ARN() string { return s.aws.Shelf.Ref(s.Name, "ARN") }
func (s shelf) Declare(d *ztcore.Declaration) {
	s.aws.Shelf.Declare(d, s.Name, shelfState{Name: s.Name, Box: s.Box, Secret: s.Secret})
	if s.Labels != nil {
		s.aws.Labels.Declare(d, s.Name, ztcore.Set[string]{Parent: s.aws.Shelf.Ref(s.Name, "Name"), Members: s.Labels, Foreign: s.Other})
	}
}

func newToy() *toyAWS {
	t := &toyAWS{boxes: map[string]boxState{}, shelves: map[string]shelfState{}, labels: map[string][]string{}, busy: map[string]int{}}
	t.Box = &ztcore.Kind[boxState]{
		Name: "toy.Box",
		Read: func(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[boxState]) (out []boxState, err error) {
			err = t.call("ReadBoxes", func() error {
				for _, id := range ids(t.boxes) {
					b := t.boxes[id]
					b.Tags = maps.Clone(b.Tags)
					out = append(out, b)
				}
				return nil
			})
			return out, err
		},
		Create: func(ctx context.Context, sc *ztcore.Scope, want boxState) error {
			return t.call("CreateBox", func() error {
				t.next++
				want.ID = fmt.Sprintf("box-%d", t.next)
				t.boxes[want.ID] = want
				return nil
			})
		},
		Update: func(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[boxState]) error {
			return t.call("UpdateBox", func() error {
				b := t.boxes[u.Have.ID]
				b.Color, b.Name = u.Want.Color, u.Want.Name
				if u.Want.Lid != nil {
					b.Lid = u.Want.Lid
				}
				b.Tags = maps.Clone(b.Tags)
				maps.Copy(b.Tags, u.Want.Tags)
				t.boxes[b.ID] = b
				return nil
			})
		},
		Delete: func(ctx context.Context, sc *ztcore.Scope, have boxState) error {
			return t.call("DeleteBox", func() error {
				for _, s := range t.shelves {
					if s.Box == have.ID {
						return fakeaws.Error("DependencyViolation", "shelf %s holds it", s.Name)
					}
				}
				delete(t.boxes, have.ID)
				return nil
			})
		},
		Check: func(want boxState) []ztcore.Finding {
			if want.Size < 0 {
				return []ztcore.Finding{{Attribute: "Size", Message: "is negative", Fix: "use 0 or more"}}
			}
			if want.Color == "pink" {
				return []ztcore.Finding{{Attribute: "Color", Message: "is pink", Guardrail: "toy.pink"}}
			}
			return nil
		},
		HoldsData: true,
	}
	t.Shelf = &ztcore.Kind[shelfState]{
		Name: "toy.Shelf",
		Read: func(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[shelfState]) (out []shelfState, err error) {
			err = t.call("ReadShelves", func() error {
				for _, name := range ids(t.shelves) {
					out = append(out, t.shelves[name])
				}
				return nil
			})
			return out, err
		},
		Create: func(ctx context.Context, sc *ztcore.Scope, want shelfState) error {
			return t.call("CreateShelf", func() error {
				if _, ok := t.shelves[want.Name]; ok {
					return fakeaws.Error("ShelfAlreadyExists", "shelf %s exists", want.Name)
				}
				want.ARN = "arn:aws:toy:::" + want.Name
				t.shelves[want.Name] = want
				t.labels[want.Name] = []string{"default"}
				return nil
			})
		},
		Update: func(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[shelfState]) error {
			return t.call("UpdateShelf", func() error {
				u.Want.ARN = u.Have.ARN
				t.shelves[u.Want.Name] = u.Want
				return nil
			})
		},
		Delete: func(ctx context.Context, sc *ztcore.Scope, have shelfState) error {
			return t.call("DeleteShelf", func() error {
				delete(t.shelves, have.Name)
				delete(t.labels, have.Name)
				return nil
			})
		},
		Predict: func(sc *ztcore.Scope, want *shelfState) { want.ARN = "arn:aws:toy:::" + want.Name },
	}
	t.Labels = ztcore.SetKind[string]{
		Name: "toy.Labels",
		ID:   func(l string) string { return l },
		List: func(ctx context.Context, sc *ztcore.Scope, parents []string) (map[string][]string, error) {
			out := map[string][]string{}
			err := t.call("ReadLabels", func() error {
				for _, p := range parents {
					if l, ok := t.labels[p]; ok {
						out[p] = append([]string{}, l...)
					}
				}
				return nil
			})
			return out, err
		},
		Add: func(ctx context.Context, sc *ztcore.Scope, parent string, members []string) error {
			return t.call("AddLabels", func() error {
				if len(t.labels[parent])+len(members) > 3 {
					return fakeaws.Error("TooManyLabels", "three at most")
				}
				t.labels[parent] = append(t.labels[parent], members...)
				return nil
			})
		},
		Remove: func(ctx context.Context, sc *ztcore.Scope, parent string, members []string) error {
			return t.call("RemoveLabels", func() error {
				var kept []string
				for _, l := range t.labels[parent] {
					gone := false
					for _, m := range members {
						gone = gone || m == l
					}
					if !gone {
						kept = append(kept, l)
					}
				}
				t.labels[parent] = kept
				return nil
			})
		},
		Full:     func(err error) bool { return fmt.Sprint(err) == "api error TooManyLabels: three at most" },
		Domain:   func(want ztcore.Set[string]) string { return "labels" },
		Vanishes: true,
	}.Kind()
	return t
}

// call takes its time, fails as it is told to, and logs.
func (t *toyAWS) call(name string, effect func() error) error {
	t.mu.Lock()
	latency, fail, lose := t.latency, t.fail, t.lose
	t.calls = append(t.calls, name)
	t.busy[name]++
	if t.busy[name] > 1 && name == "AddLabels" {
		t.overlaps++
	}
	t.most = max(t.most, t.busy["CreateShelf"])
	t.mu.Unlock()
	time.Sleep(latency)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.busy[name]--
	if fail != nil {
		if err := fail(name); err != nil {
			return err
		}
	}
	if err := effect(); err != nil {
		return err
	}
	if lose != nil {
		return lose(name)
	}
	return nil
}

func (t *toyAWS) writes() int {
	n := 0
	for _, c := range t.calls {
		if !fakeaws.IsRead(c) && c[:4] != "Read" {
			n++
		}
	}
	return n
}

func (t *toyAWS) config() aws.Config { return fakeaws.New(fakests.Install).Config() }

func ids[V any](m map[string]V) []string {
	var out []string
	for k := range m {
		out = append(out, k)
	}
	for i := range out {
		for j := i + 1; j < len(out); j++ {
			if out[j] < out[i] {
				out[i], out[j] = out[j], out[i]
			}
		}
	}
	return out
}
