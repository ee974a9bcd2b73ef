package fakeiam

import (
	"context"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// mostKeys is how many access keys a user may have.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const mostKeys = 2

type accessKey struct {
	ID      string
	Active  bool
	Created time.Time
}

func (k accessKey) status() types.StatusType {
	if k.Active {
		return types.StatusTypeActive
	}
	return types.StatusTypeInactive
}

func (s *Service) installAccessKeys(c *fakeaws.Cloud) {
	fakeaws.On(c, s.CreateAccessKey, "UserName")
	fakeaws.On(c, s.ListAccessKeys, "UserName", "Marker", "MaxItems")
	fakeaws.On(c, s.UpdateAccessKey, "UserName", "AccessKeyId", "Status")
	fakeaws.On(c, s.DeleteAccessKey, "UserName", "AccessKeyId")
	fakeaws.On(c, s.GetAccessKeyLastUsed, "AccessKeyId")
}

// CreateAccessKey answers the secret, this once. Requests signed with the key are the user's.
func (s *Service) CreateAccessKey(ctx context.Context, in *iam.CreateAccessKeyInput, _ ...opt) (*iam.CreateAccessKeyOutput, error) {
	u, err := s.userOrCaller(ctx, in.UserName)
	if err != nil {
		return nil, err
	}
	if len(u.Keys) >= mostKeys {
		return nil, limitExceeded("Cannot exceed quota for AccessKeysPerUser: %d", mostKeys)
	}
	who := fakeaws.Caller{Account: fakeaws.CallFrom(ctx).Account, ARN: u.Entity.ARN, UserID: u.Entity.ID}
	k := accessKey{ID: s.cloud.Credentials(who).AccessKeyID, Active: true, Created: now()}
	u.Keys = append(u.Keys, k)
	secret := s.cloud.UniqueID("fake/") + s.cloud.UniqueID("+")
	return &iam.CreateAccessKeyOutput{AccessKey: &types.AccessKey{
		AccessKeyId: &k.ID, SecretAccessKey: &secret, Status: k.status(), UserName: aws.String(u.Entity.Name), CreateDate: &k.Created,
	}}, nil
}

// ListAccessKeys answers a user's keys without their secrets.
func (s *Service) ListAccessKeys(ctx context.Context, in *iam.ListAccessKeysInput, _ ...opt) (*iam.ListAccessKeysOutput, error) {
	u, err := s.userOrCaller(ctx, in.UserName)
	if err != nil {
		return nil, err
	}
	found, more, next, err := page(ctx, u.Keys, in.Marker, in.MaxItems)
	infos := each(found, func(k accessKey) types.AccessKeyMetadata {
		return types.AccessKeyMetadata{AccessKeyId: &k.ID, CreateDate: &k.Created, Status: k.status(), UserName: aws.String(u.Entity.Name)}
	})
	return &iam.ListAccessKeysOutput{AccessKeyMetadata: infos, IsTruncated: more, Marker: next}, err
}

// UpdateAccessKey activates or deactivates a key. Requests are not checked against it.
func (s *Service) UpdateAccessKey(ctx context.Context, in *iam.UpdateAccessKeyInput, _ ...opt) (*iam.UpdateAccessKeyOutput, error) {
	u, at, err := s.keyOf(ctx, in.UserName, in.AccessKeyId)
	if err != nil {
		return nil, err
	}
	if in.Status != types.StatusTypeActive && in.Status != types.StatusTypeInactive {
		return nil, invalid("1 validation error detected: Value '%s' at 'status' failed to satisfy constraint: Member must satisfy enum value set: [Active, Inactive]", in.Status)
	}
	u.Keys[at].Active = in.Status == types.StatusTypeActive
	return &iam.UpdateAccessKeyOutput{}, nil
}

// DeleteAccessKey ends a key for good.
func (s *Service) DeleteAccessKey(ctx context.Context, in *iam.DeleteAccessKeyInput, _ ...opt) (*iam.DeleteAccessKeyOutput, error) {
	u, at, err := s.keyOf(ctx, in.UserName, in.AccessKeyId)
	if err != nil {
		return nil, err
	}
	u.Keys = slices.Delete(u.Keys, at, at+1)
	return &iam.DeleteAccessKeyOutput{}, nil
}

// GetAccessKeyLastUsed answers N/A: the fake does not record use.
func (s *Service) GetAccessKeyLastUsed(ctx context.Context, in *iam.GetAccessKeyLastUsedInput, _ ...opt) (*iam.GetAccessKeyLastUsedOutput, error) {
	for _, u := range s.in(ctx).Users.all() {
		if u.keyAt(in.AccessKeyId) >= 0 {
			never := &types.AccessKeyLastUsed{Region: aws.String("N/A"), ServiceName: aws.String("N/A")}
			return &iam.GetAccessKeyLastUsedOutput{UserName: aws.String(u.Entity.Name), AccessKeyLastUsed: never}, nil
		}
	}
	return nil, noSuchKey(in.AccessKeyId)
}

func (u *user) keyAt(id *string) int {
	return slices.IndexFunc(u.Keys, func(k accessKey) bool { return k.ID == aws.ToString(id) })
}

func (s *Service) keyOf(ctx context.Context, name, id *string) (*user, int, error) {
	u, err := s.userOrCaller(ctx, name)
	if err != nil {
		return nil, 0, err
	}
	at := u.keyAt(id)
	if at < 0 {
		return nil, 0, noSuchKey(id)
	}
	return u, at, nil
}

func noSuchKey(id *string) error {
	return noSuchEntity("The Access Key with id %s cannot be found.", aws.ToString(id))
}
