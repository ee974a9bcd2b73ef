package fakekms

import (
	"context"
	"reflect"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// CreateGrant records a grant. With a name, a repeated request answers the grant that is there.
func (s *Service) CreateGrant(ctx context.Context, in *kms.CreateGrantInput, _ ...Options) (*kms.CreateGrantOutput, error) {
	k, err := s.manage(ctx, in.KeyId, "CreateGrant")
	if err != nil {
		return nil, err
	}
	if err := k.usable(); err != nil {
		return nil, err
	}
	g := &Grant{
		Name: aws.ToString(in.Name), Grantee: aws.ToString(in.GranteePrincipal), Retiring: aws.ToString(in.RetiringPrincipal),
		Issuer: "arn:" + fakeaws.CallFrom(ctx).Partition() + ":iam::" + k.Account + ":root", Operations: append([]types.GrantOperation{}, in.Operations...),
		Constraints: copyConstraints(in.Constraints), Created: time.Now(),
	}
	if g.Grantee == "" {
		return nil, invalid("1 validation error detected: Value null at 'granteePrincipal' failed to satisfy constraint: Member must not be null")
	}
	for _, arn := range []string{g.Grantee, g.Retiring} {
		if arn != "" && !s.known(ctx, arn) {
			return nil, &types.InvalidArnException{Message: aws.String("ARN does not refer to a valid principal: " + arn)}
		}
	}
	if len(g.Operations) == 0 {
		return nil, invalid("1 validation error detected: Value '[]' at 'operations' failed to satisfy constraint: Member must have length greater than or equal to 1")
	}
	for _, old := range k.Grants {
		if g.Name != "" && old.Name == g.Name && old.Grantee == g.Grantee && old.Retiring == g.Retiring &&
			reflect.DeepEqual(old.Operations, g.Operations) && reflect.DeepEqual(old.Constraints, g.Constraints) {
			return &kms.CreateGrantOutput{GrantId: aws.String(old.ID), GrantToken: aws.String(old.Token)}, nil
		}
	}
	g.ID, g.Token = s.cloud.ID("", 64), s.cloud.ID("", 64)
	k.Grants = append(k.Grants, g)
	return &kms.CreateGrantOutput{GrantId: aws.String(g.ID), GrantToken: aws.String(g.Token)}, nil
}

func copyConstraints(in *types.GrantConstraints) *types.GrantConstraints {
	if in == nil {
		return nil
	}
	clone := func(m map[string]string) map[string]string {
		if m == nil {
			return nil
		}
		out := map[string]string{}
		for k, v := range m {
			out[k] = v
		}
		return out
	}
	out := &types.GrantConstraints{EncryptionContextEquals: clone(in.EncryptionContextEquals), EncryptionContextSubset: clone(in.EncryptionContextSubset)}
	if in.SourceArn != nil {
		out.SourceArn = aws.String(*in.SourceArn)
	}
	return out
}

// known reports whether an ARN is that of a principal KMS can see by now.
func (s *Service) known(ctx context.Context, arn string) bool {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[2] != "iam" && parts[2] != "sts" {
		return false
	}
	iam, ok := fakeaws.Capability[fakeaws.Principals](s.cloud)
	if !ok || parts[2] == "sts" || parts[5] == "root" {
		return true
	}
	_, created, ok := iam.Principal(ctx, arn)
	return ok && time.Since(created) >= s.cloud.Propagation()
}

// ListGrants lists grants in the order in which they were made.
func (s *Service) ListGrants(ctx context.Context, in *kms.ListGrantsInput, _ ...Options) (*kms.ListGrantsOutput, error) {
	k, err := s.inspect(ctx, in.KeyId, "ListGrants")
	if err != nil {
		return nil, err
	}
	limit, err := pageSize(in.Limit, 50, 100)
	if err != nil {
		return nil, err
	}
	var all []types.GrantListEntry
	for _, g := range k.Grants {
		if in.GrantId != nil && *in.GrantId != g.ID || in.GranteePrincipal != nil && *in.GranteePrincipal != g.Grantee {
			continue
		}
		e := types.GrantListEntry{
			KeyId: aws.String(k.ARN), GrantId: aws.String(g.ID), GranteePrincipal: aws.String(g.Grantee), IssuingAccount: aws.String(g.Issuer),
			Operations: append([]types.GrantOperation{}, g.Operations...), Constraints: copyConstraints(g.Constraints),
			CreationDate: aws.Time(g.Created), Name: aws.String(g.Name),
		}
		if g.Retiring != "" {
			e.RetiringPrincipal = aws.String(g.Retiring)
		}
		all = append(all, e)
	}
	page, next, ok := fakeaws.Page(ctx, all, in.Marker, limit, 100)
	if !ok {
		return nil, badMarker()
	}
	return &kms.ListGrantsOutput{Grants: page, NextMarker: next, Truncated: next != nil}, nil
}

// RevokeGrant removes a grant.
func (s *Service) RevokeGrant(ctx context.Context, in *kms.RevokeGrantInput, _ ...Options) (*kms.RevokeGrantOutput, error) {
	k, err := s.inspect(ctx, in.KeyId, "RevokeGrant")
	if err != nil {
		return nil, err
	}
	for i, g := range k.Grants {
		if g.ID == *in.GrantId {
			k.Grants = append(k.Grants[:i:i], k.Grants[i+1:]...)
			return &kms.RevokeGrantOutput{}, nil
		}
	}
	return nil, notFound("Grant ID %s not found", *in.GrantId)
}

// RetireGrant removes a grant, named by its token or by key and id.
func (s *Service) RetireGrant(ctx context.Context, in *kms.RetireGrantInput, _ ...Options) (*kms.RetireGrantOutput, error) {
	if (in.GrantToken == nil) == (in.KeyId == nil && in.GrantId == nil) {
		return nil, invalid("Either a grant token, or a key ARN and a grant id, must be given")
	}
	if in.GrantToken == nil {
		if in.KeyId == nil || in.GrantId == nil {
			return nil, invalid("A grant id goes with a key ARN")
		}
		_, err := s.RevokeGrant(ctx, &kms.RevokeGrantInput{KeyId: in.KeyId, GrantId: in.GrantId})
		return &kms.RetireGrantOutput{}, err
	}
	st := s.store.In(ctx)
	for _, id := range st.Order {
		for i, g := range st.Keys[id].Grants {
			if g.Token == *in.GrantToken {
				st.Keys[id].Grants = append(st.Keys[id].Grants[:i:i], st.Keys[id].Grants[i+1:]...)
				return &kms.RetireGrantOutput{}, nil
			}
		}
	}
	return nil, &types.InvalidGrantTokenException{Message: aws.String("Invalid grant token")}
}
