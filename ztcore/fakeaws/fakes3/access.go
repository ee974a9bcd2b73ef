package fakes3

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/internal/resourcepolicy"
)

// bucket finds a bucket for one of the caller's own account.
func (s *Service) bucket(ctx context.Context, name, owner *string) (*Bucket, error) {
	return s.reach(ctx, name, owner, "", "")
}

// reach finds a bucket for its account or for whom the bucket policy allows action on the bucket (or the key in it).
func (s *Service) reach(ctx context.Context, name, owner *string, action, key string) (*Bucket, error) {
	call := fakeaws.CallFrom(ctx)
	b, ok := s.store.In(ctx).Buckets[aws.ToString(name)]
	switch {
	case !ok:
		return nil, noSuchBucket(ctx)
	case b.Region != call.Region:
		return nil, elsewhere(ctx)
	case owner != nil && *owner != b.Account:
		return nil, denied(ctx, "Access Denied")
	case b.Account != call.Account && !s.admits(ctx, b, action, key):
		return nil, denied(ctx, "Access Denied")
	}
	return b, nil
}

func (s *Service) admits(ctx context.Context, b *Bucket, action, key string) bool {
	if action == "" || b.Policy == nil {
		return false
	}
	doc, err := resourcepolicy.Parse(b.Policy.Shown(ctx, s.cloud))
	if err != nil {
		return false
	}
	resource := b.arn()
	if key != "" {
		resource += "/" + key
	}
	return doc.Allows(fakeaws.CallFrom(ctx).Caller, action, resource)
}

func (b *Bucket) arn() string { return "arn:" + fakeaws.Partition(b.Region) + ":s3:::" + b.Name }

// owner is the canonical user of an account: 64 hexadecimal digits.
func owner(account string) *types.Owner {
	sum := sha256.Sum256([]byte("canonical user of " + account))
	return &types.Owner{ID: aws.String(hex.EncodeToString(sum[:]))}
}

// Bucket has the form of fakeaws.Buckets.
func (s *Service) Bucket(ctx context.Context, name string) (account, region, policy string, ok bool) {
	b, ok := s.store.In(ctx).Buckets[name]
	if !ok {
		return "", "", "", false
	}
	if b.Policy != nil {
		policy = b.Policy.Shown(ctx, s.cloud)
	}
	return b.Account, b.Region, policy, true
}

// clone copies one of the SDK's structures, so that state and answers share nothing.
func clone[T any](v T) T {
	var out T
	raw, err := json.Marshal(v)
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		panic("fakes3: not plain data: " + err.Error())
	}
	return out
}
