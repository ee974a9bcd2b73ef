package kindtest

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/smithy-go/middleware"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/permission"
)

// recorder notes the operations that are called with a configuration, once for each call and not for each attempt.
type recorder struct {
	mu     sync.Mutex
	reads  []string
	writes []string
	leaked []string // operations whose input held a token
	// unlisted are actions that a kind's call asks for and its Permissions don't list.
	unlisted []string
}

func record(cfg aws.Config) (aws.Config, *recorder) {
	r := &recorder{}
	cfg = cfg.Copy()
	cfg.APIOptions = append(append([]func(*middleware.Stack) error(nil), cfg.APIOptions...), func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("kindtestRecorder", func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (middleware.InitializeOutput, middleware.Metadata, error) {
			r.note(awsmiddleware.GetServiceID(ctx)+"."+awsmiddleware.GetOperationName(ctx), in.Parameters)
			r.listed(ctx, in.Parameters)
			return next.HandleInitialize(ctx, in)
		}), middleware.After) // behind what names service and operation in the older clients
	})
	return cfg, r
}

func (r *recorder) note(call string, input any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, operation, _ := strings.Cut(call, ".")
	if fakeaws.IsRead(operation) {
		r.reads = append(r.reads, call)
	} else {
		r.writes = append(r.writes, call)
	}
	if holdsToken(reflect.ValueOf(input)) {
		r.leaked = append(r.leaked, call)
	}
}

// listed holds a kind that lists its permissions to them.
func (r *recorder) listed(ctx context.Context, input any) {
	kind, ok := ztcore.RunningIn(ctx)
	allowed := kind.Permissions.Of(kind.Part)
	if !ok || len(kind.Permissions.Of(ztcore.Reading)) == 0 {
		return
	}
	for _, action := range permission.Actions(awsmiddleware.GetServiceID(ctx), awsmiddleware.GetOperationName(ctx), input) {
		if slices.Contains(allowed, action) {
			continue
		}
		r.mu.Lock()
		r.unlisted = append(r.unlisted, fmt.Sprintf("%s: %s, in %s", kind.Kind, action, kind.Part))
		r.mu.Unlock()
	}
}

func (r *recorder) reset() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reads, r.writes = nil, nil
}

func holdsToken(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.String:
		return strings.Contains(v.String(), "{{zt:")
	case reflect.Pointer, reflect.Interface:
		return !v.IsNil() && holdsToken(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() && holdsToken(v.Field(i)) {
				return true
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			if holdsToken(v.Index(i)) {
				return true
			}
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			if holdsToken(it.Key()) || holdsToken(it.Value()) {
				return true
			}
		}
	}
	return false
}
