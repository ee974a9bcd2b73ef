package fakesecretsmanager

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/internal/resourcepolicy"
)

// gone reports whether the window has passed.
func (x *Secret) gone() bool { return x.Deletion != nil && !time.Now().Before(*x.Deletion) }

// find takes a name, an ARN, or an ARN without the random characters at its end.
func (s *Service) find(ctx context.Context, ref *string) (*Secret, error) {
	call := fakeaws.CallFrom(ctx)
	account, name := call.Account, aws.ToString(ref)
	parts := strings.SplitN(name, ":", 7)
	isARN := strings.HasPrefix(name, "arn:")
	if isARN {
		if len(parts) != 7 || parts[2] != "secretsmanager" || parts[5] != "secret" {
			return nil, invalidParameter("Invalid ARN: %s", name)
		}
		if parts[3] != call.Region {
			return nil, notFound("secret")
		}
		account = parts[4]
	}
	st := s.store.At(ctx, account, call.Region)
	x := st.Secrets[name]
	if isARN {
		x = st.Secrets[parts[6]]
		if i := strings.LastIndex(parts[6], "-"); x == nil && i > 0 {
			if x = st.Secrets[parts[6][:i]]; x != nil && x.ARN != name {
				x = nil
			}
		}
	}
	if x == nil || x.gone() {
		return nil, notFound("secret")
	}
	if x.Account != call.Account && !s.admits(ctx, x) {
		return nil, fakeaws.Error("AccessDeniedException", "User: %s is not authorized to perform: secretsmanager:%s on resource: %s because no resource-based policy allows the secretsmanager:%[2]s action",
			call.Caller.ARN, call.Operation, x.ARN)
	}
	return x, nil
}

func (s *Service) admits(ctx context.Context, x *Secret) bool {
	if x.Policy == nil {
		return false
	}
	call := fakeaws.CallFrom(ctx)
	doc, err := resourcepolicy.Parse(x.Policy.Shown(ctx, s.cloud))
	return err == nil && doc.Allows(call.Caller, "secretsmanager:"+call.Operation, x.ARN)
}

// live is find for the operations that a scheduled deletion forbids.
func (s *Service) live(ctx context.Context, ref *string) (*Secret, error) {
	x, err := s.find(ctx, ref)
	if err == nil && x.Deletion != nil {
		return nil, invalidRequest("You can't perform this operation on the secret because it was marked for deletion.")
	}
	return x, err
}
