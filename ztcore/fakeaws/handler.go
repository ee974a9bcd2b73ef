package fakeaws

import (
	"context"
	"fmt"
	"path"
	"reflect"
	"sort"
	"strings"
	"time"
)

// handler serves one operation.
type handler struct {
	service   string // import path of the SDK's service package
	operation string
	honours   []string
	input     reflect.Type
	domain    func(in any) (string, error) // conflict domain, and what an overlapping write is refused with
	serve     func(ctx context.Context, in any) (any, error)
}

// On registers a handler, a method or function of the shape that the SDK's client has for the operation:
//
//	fakeaws.On(cloud, s.CreateVpc, "CidrBlock", "TagSpecifications")
//
// The operation is known by the type of its input. honours names the members of the input that the handler
// looks at, a nested one as "Filter.Name"; a request that sets any other fails with a *NotFakedError, so that a
// fake never passes over what it was told. Naming a member that does not exist panics.
func On[I, O, Opt any](c *Cloud, serve func(context.Context, *I, ...func(*Opt)) (*O, error), honours ...string) {
	in := reflect.TypeFor[I]()
	for _, h := range honours {
		mustHave(in, h)
	}
	h := &handler{
		service:   in.PkgPath(),
		operation: strings.TrimSuffix(in.Name(), "Input"),
		honours:   honours,
		input:     in,
		serve: func(ctx context.Context, params any) (any, error) {
			out, err := serve(ctx, params.(*I))
			if out == nil {
				return nil, err
			}
			return out, err
		},
	}
	c.handlers[h.service+"."+h.operation] = h
}

// Serialize declares what AWS serializes: while a write of one of the operations is under way in a domain,
// another in the same domain is refused with the error that domain returns for it. An empty domain conflicts with nothing.
func Serialize[I any](c *Cloud, domain func(in *I) (key string, refusal error)) {
	in := reflect.TypeFor[I]()
	h := c.handlers[in.PkgPath()+"."+strings.TrimSuffix(in.Name(), "Input")]
	if h == nil {
		panic("fakeaws: Serialize before On for " + in.String())
	}
	h.domain = func(params any) (string, error) { return domain(params.(*I)) }
}

func mustHave(t reflect.Type, member string) {
	for _, name := range strings.Split(member, ".") {
		for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
			t = t.Elem()
		}
		f, ok := t.FieldByName(name)
		if !ok {
			panic(fmt.Sprintf("fakeaws: %s has no member %s", t, member))
		}
		t = f.Type
	}
}

// serve takes one attempt of a call through latency, faults and the handler, and logs it.
func (c *Cloud) serve(ctx context.Context, call Call) (result any, err error) {
	defer func() {
		call.End, call.Err = time.Now(), err
		c.mu.Lock()
		c.calls = append(c.calls, call)
		c.mu.Unlock()
	}()
	h := c.find(call)
	if h == nil {
		return nil, &NotFakedError{Service: call.Service, Operation: call.Operation, Why: "no installed fake handles this operation; fakeaws.New takes the services that a test needs, and all.New has every one"}
	}
	if member := unhonoured(reflect.ValueOf(call.Input), "", h.honours); member != "" {
		return nil, &NotFakedError{Service: call.Service, Operation: call.Operation, Member: member, Why: "the fake does not honour this member of the input"}
	}
	if err := c.spend(call); err != nil {
		return nil, err
	}
	release, overlap := c.enter(h, call)
	defer release()
	if err := c.wait(ctx, call); err != nil {
		return nil, err
	}
	fault := c.fault(call)
	if fault != nil && fault.Do != nil {
		defer fault.Do(call)
	}
	if fault != nil && fault.Before != nil {
		return nil, fault.Before
	}
	if overlap != nil {
		return nil, overlap
	}
	result, err = c.handle(ctx, h, call)
	if err == nil && fault != nil && fault.After != nil {
		return nil, fault.After
	}
	return result, err
}

func (c *Cloud) handle(ctx context.Context, h *handler, call Call) (any, error) {
	c.world.Lock()
	defer c.world.Unlock()
	req := &request{call: call, cloud: c}
	if call.Mutating() {
		c.beforeWrite()
	} else {
		req.asOf = c.staleView()
	}
	ctx = context.WithValue(ctx, callKey{}, req)
	if err := c.authorize(ctx, call); err != nil {
		return nil, err
	}
	result, err := h.serve(ctx, call.Input)
	if call.Mutating() {
		c.watched(call)
	}
	return result, err
}

// find looks a handler up by the type of the input, which is the SDK's own and names its service.
func (c *Cloud) find(call Call) *handler {
	t := reflect.TypeOf(call.Input)
	if t == nil || t.Kind() != reflect.Pointer {
		return nil
	}
	return c.handlers[t.Elem().PkgPath()+"."+call.Operation]
}

// enter marks a write as under way in its conflict domain.
func (c *Cloud) enter(h *handler, call Call) (release func(), overlap error) {
	if h.domain == nil {
		return func() {}, nil
	}
	key, refusal := h.domain(call.Input)
	if key == "" {
		return func() {}, nil
	}
	key = call.Account + "/" + key
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.inFlight[key] > 0 {
		return func() {}, refusal
	}
	c.inFlight[key]++
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.inFlight[key]--
	}, nil
}

// unhonoured returns the path of the first member that is set and not honoured, or "".
func unhonoured(v reflect.Value, prefix string, honours []string) string {
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	if v.Kind() == reflect.Slice {
		for i := range v.Len() {
			if m := unhonoured(v.Index(i), prefix, honours); m != "" {
				return m
			}
		}
		return ""
	}
	if v.Kind() != reflect.Struct {
		return ""
	}
	for i := range v.NumField() {
		f := v.Type().Field(i)
		if !f.IsExported() || v.Field(i).IsZero() {
			continue
		}
		name := prefix + f.Name
		whole, below := honoured(name, honours)
		if whole {
			continue
		}
		if !below {
			return name
		}
		if m := unhonoured(v.Field(i), name+".", honours); m != "" {
			return m
		}
	}
	return ""
}

func honoured(name string, honours []string) (whole, below bool) {
	for _, h := range honours {
		if h == name {
			return true, true
		}
		below = below || strings.HasPrefix(h, name+".")
	}
	return false, below
}

// Operation is one line of a cloud's coverage.
type Operation struct {
	Service string   // the SDK's package name, as "ec2"
	Name    string   // as "CreateVpc"
	Honours []string // members of the input that the fake looks at; any other is refused
	Ignored []string // members that are refused when set
}

// Coverage lists what the installed services handle, sorted by service and name.
func (c *Cloud) Coverage() []Operation {
	var out []Operation
	for _, h := range c.handlers {
		op := Operation{Service: path.Base(h.service), Name: h.operation, Honours: append([]string{}, h.honours...)}
		for i := range h.input.NumField() {
			f := h.input.Field(i)
			if _, below := honoured(f.Name, h.honours); f.IsExported() && !below {
				op.Ignored = append(op.Ignored, f.Name)
			}
		}
		sort.Strings(op.Honours)
		out = append(out, op)
	}
	sort.Slice(out, func(i, j int) bool {
		return out[i].Service+"."+out[i].Name < out[j].Service+"."+out[j].Name
	})
	return out
}
