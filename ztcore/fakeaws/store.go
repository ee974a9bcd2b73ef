package fakeaws

import (
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"sort"
	"strings"
	"time"
)

// Scope says what a service's state belongs to.
type Scope int

const (
	Regional  Scope = iota // one state for each account and region, as EC2's
	Global                 // one for each account, as IAM's
	Worldwide              // one for the whole cloud, as the names of S3 buckets
)

// Store holds a service's state. T is a struct of plain data in exported fields (maps, slices, pointers to
// structs, times): it is copied to serve stale reads and serialized to compare worlds, so it holds no locks and no functions.
type Store[T any] struct {
	cloud *Cloud
	name  string
	scope Scope
	fresh func(account, region string) *T
}

// NewStore makes a store. fresh returns the state of an account (and region) that nobody has touched yet, AWS's
// defaults included: the default VPC, the aws-managed policies. It must not read another store.
func NewStore[T any](c *Cloud, name string, scope Scope, fresh func(account, region string) *T) *Store[T] {
	return &Store[T]{cloud: c, name: name, scope: scope, fresh: fresh}
}

// In is the state that the request in ctx concerns. Call it inside a handler only. What a handler of a reading
// operation gets may be an old copy, so it must not be modified there.
func (s *Store[T]) In(ctx context.Context) *T {
	call := CallFrom(ctx)
	return s.at(ctx, call.Account, call.Region)
}

// At is In for another account or region of the same request.
func (s *Store[T]) At(ctx context.Context, account, region string) *T {
	return s.at(ctx, account, region)
}

// Peek shows the state of an account and region to a test; change makes changes behind everybody's back.
func (s *Store[T]) Peek(account, region string, look func(*T)) {
	s.cloud.world.Lock()
	defer s.cloud.world.Unlock()
	s.cloud.beforeWrite()
	look(s.at(context.Background(), account, region))
}

// PeekAll is Store.Peek for all that every service holds, in a stable order: for tests that change something wherever it is, as a tag.
func (c *Cloud) PeekAll(look func(state any)) {
	c.world.Lock()
	defer c.world.Unlock()
	c.beforeWrite()
	places := slices.SortedFunc(maps.Keys(c.state.live), func(a, b place) int { return strings.Compare(a.String(), b.String()) })
	for _, p := range places {
		look(c.state.live[p])
	}
}

// Each calls f with every state there is.
func (s *Store[T]) Each(ctx context.Context, f func(account, region string, state *T)) {
	for _, k := range s.cloud.state.names(s.name) {
		f(k.account, k.region, s.at(ctx, k.account, k.region))
	}
}

func (s *Store[T]) at(ctx context.Context, account, region string) *T {
	k := place{s.name, account, region}
	switch s.scope {
	case Global:
		k.region = ""
	case Worldwide:
		k.account, k.region = "", ""
	}
	if r, ok := ctx.Value(callKey{}).(*request); ok && r.asOf != nil {
		if old, ok := r.asOf[k.String()]; ok {
			return old.(*T)
		}
		return s.fresh(account, region) // nobody had touched it then
	}
	if v, ok := s.cloud.state.live[k]; ok {
		return v.(*T)
	}
	v := s.fresh(account, region)
	s.cloud.state.live[k] = v
	return v
}

type place struct{ store, account, region string }

func (p place) String() string { return p.store + "/" + p.account + "/" + p.region }

// state is all that the cloud holds; guarded by Cloud.world.
type state struct {
	live    map[place]any
	history []version
}

// version is the world as it was until a moment.
type version struct {
	until time.Time
	world map[string]any
}

func (s *state) init() { s.live = map[place]any{} }

func (s *state) names(store string) []place {
	var out []place
	for k := range s.live {
		if k.store == store {
			out = append(out, k)
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].String() < out[j].String() })
	return out
}

func (s *state) copy() map[string]any {
	seen := map[uintptr]reflect.Value{}
	out := make(map[string]any, len(s.live))
	for k, v := range s.live {
		out[k.String()] = deepCopy(reflect.ValueOf(v), seen).Interface()
	}
	return out
}

// beforeWrite keeps the world as it is, for reads that are to be stale.
func (c *Cloud) beforeWrite() {
	c.mu.Lock()
	d := c.staleFor
	c.mu.Unlock()
	if d <= 0 {
		c.state.history = nil
		return
	}
	now := time.Now()
	keep := c.state.history[:0]
	for _, v := range c.state.history {
		if now.Sub(v.until) < d {
			keep = append(keep, v)
		}
	}
	c.state.history = append(keep, version{until: now, world: c.state.copy()})
}

// staleView is the oldest world that a read may still see, or nil for the present one.
func (c *Cloud) staleView() map[string]any {
	c.mu.Lock()
	d := c.staleFor
	c.reads++
	fresh := c.flapping && c.reads%2 == 0
	c.mu.Unlock()
	if d <= 0 || fresh {
		return nil
	}
	for _, v := range c.state.history {
		if time.Since(v.until) < d {
			return v.world
		}
	}
	return nil
}

// Snapshot is the whole world as JSON, indented and in a stable order: two clouds that hold the same have the same snapshot.
func (c *Cloud) Snapshot() string {
	c.world.Lock()
	defer c.world.Unlock()
	out := map[string]any{}
	for k, v := range c.state.live {
		out[k.String()] = v
	}
	b, err := json.MarshalIndent(out, "", " ")
	if err != nil {
		panic("fakeaws: state is not plain data: " + err.Error())
	}
	return string(b)
}

// deepCopy copies plain data; two pointers to one struct stay pointers to one struct.
func deepCopy(v reflect.Value, seen map[uintptr]reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return v
		}
		if c, ok := seen[v.Pointer()]; ok && c.Type() == v.Type() {
			return c
		}
		c := reflect.New(v.Type().Elem())
		seen[v.Pointer()] = c
		c.Elem().Set(deepCopy(v.Elem(), seen))
		return c
	case reflect.Struct:
		c := reflect.New(v.Type()).Elem()
		c.Set(v) // unexported fields (the SDK's markers, time.Time's) go along by value
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				c.Field(i).Set(deepCopy(v.Field(i), seen))
			}
		}
		return c
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		c := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			c.Index(i).Set(deepCopy(v.Index(i), seen))
		}
		return c
	case reflect.Map:
		if v.IsNil() {
			return v
		}
		c := reflect.MakeMapWithSize(v.Type(), v.Len())
		for it := v.MapRange(); it.Next(); {
			c.SetMapIndex(it.Key(), deepCopy(it.Value(), seen))
		}
		return c
	case reflect.Interface:
		if v.IsNil() {
			return v
		}
		c := reflect.New(v.Type()).Elem()
		c.Set(deepCopy(v.Elem(), seen))
		return c
	}
	return v
}
