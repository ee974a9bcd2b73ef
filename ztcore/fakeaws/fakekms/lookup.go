package fakekms

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// key is a key that is still there.
func (st *State) key(id string) (*Key, bool) {
	k, ok := st.Keys[id]
	if !ok || k.Deletion != nil && !time.Now().Before(*k.Deletion) {
		return nil, false
	}
	return k, true
}

// purge removes keys whose window has passed, with their aliases.
func (st *State) purge() {
	kept := st.Order[:0]
	for _, id := range st.Order {
		if _, ok := st.key(id); ok {
			kept = append(kept, id)
			continue
		}
		delete(st.Keys, id)
		for name, a := range st.Aliases {
			if a.Target == id {
				delete(st.Aliases, name)
			}
		}
	}
	st.Order = kept
}

// use finds a key for the operations that take any reference, other accounts' keys included: an id, an ARN, an
// alias or an alias's ARN.
func (s *Service) use(ctx context.Context, ref *string) (*Key, error) {
	call := fakeaws.CallFrom(ctx)
	account, name := call.Account, aws.ToString(ref)
	if strings.HasPrefix(name, "arn:") {
		parts := strings.SplitN(name, ":", 6)
		if len(parts) != 6 || parts[2] != "kms" {
			return nil, notFound("Invalid arn %s", name)
		}
		if parts[3] != call.Region {
			return nil, notFound("Invalid arn %s", parts[3])
		}
		account, name = parts[4], strings.TrimPrefix(parts[5], "key/")
	}
	st := s.store.At(ctx, account, call.Region)
	arn := "arn:" + call.Partition() + ":kms:" + call.Region + ":" + account
	if strings.HasPrefix(name, "alias/") {
		a, ok := st.Aliases[name]
		if !ok {
			return nil, notFound("Alias %s:%s is not found.", arn, name)
		}
		name = a.Target
	}
	k, ok := st.key(name)
	switch {
	case !ok && !isKeyID(name):
		return nil, notFound("Invalid keyId '%s'", name)
	case !ok:
		return nil, notFound("Key '%s:key/%s' does not exist", arn, name)
	}
	return k, nil
}

// inspect finds a key of the caller's account for the operations that take an id or an ARN only.
func (s *Service) inspect(ctx context.Context, ref *string, action string) (*Key, error) {
	if name := aws.ToString(ref); strings.HasPrefix(name, "alias/") || strings.Contains(name, ":alias/") {
		return nil, notFound("Invalid keyId '%s'", name)
	}
	k, err := s.use(ctx, ref)
	if err != nil {
		return nil, err
	}
	if call := fakeaws.CallFrom(ctx); k.Account != call.Account {
		return nil, denied(call.Caller, action, k.ARN)
	}
	return k, nil
}

// manage is inspect for the operations that change a key, which AWS-managed keys refuse.
func (s *Service) manage(ctx context.Context, ref *string, action string) (*Key, error) {
	k, err := s.inspect(ctx, ref, action)
	if err == nil && k.Managed != "" {
		return nil, denied(fakeaws.CallFrom(ctx).Caller, action, k.ARN)
	}
	return k, err
}

func isKeyID(s string) bool {
	s = strings.TrimPrefix(s, "mrk-")
	if len(s) != 36 && len(s) != 32 {
		return false
	}
	return strings.Trim(s, "0123456789abcdef-") == ""
}

// Key has the form of fakeaws.Keys. It marks an AWS-managed key as used.
func (s *Service) Key(ctx context.Context, ref string) (arn string, enabled bool, policy string, ok bool) {
	k, err := s.use(ctx, &ref)
	if err != nil {
		return "", false, "", false
	}
	if k.Managed != "" && !k.Used && fakeaws.CallFrom(ctx).Mutating() {
		k.Used = true
	}
	return k.ARN, k.usable() == nil, k.Policy.Shown(ctx, s.cloud), true
}
