package fakekms

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// CreateKey has no client token: a repeated request makes a second key, as with AWS.
func (s *Service) CreateKey(ctx context.Context, in *kms.CreateKeyInput, _ ...Options) (*kms.CreateKeyOutput, error) {
	call := fakeaws.CallFrom(ctx)
	st := s.store.In(ctx)
	st.purge()
	if in.Origin != "" && in.Origin != types.OriginTypeAwsKms {
		return nil, &fakeaws.NotFakedError{Service: call.Service, Operation: call.Operation, Member: "Origin", Why: "only AWS_KMS is faked"}
	}
	spec, usage, err := specAndUsage(in)
	if err != nil {
		return nil, err
	}
	if len(aws.ToString(in.Description)) > 8192 {
		return nil, invalid("1 validation error detected: Value at 'description' failed to satisfy constraint: Member must have length less than or equal to 8192")
	}
	tags := map[string]string{}
	if err := addTags(tags, in.Tags); err != nil {
		return nil, err
	}
	id := s.cloud.UUID()
	if aws.ToBool(in.MultiRegion) {
		id = s.cloud.ID("mrk-", 32)
	}
	k := &Key{
		ID: id, ARN: keyARN(call.Account, call.Region, id), Account: call.Account, Created: time.Now(),
		Description: aws.ToString(in.Description), Spec: spec, Usage: usage, MultiRegion: aws.ToBool(in.MultiRegion), Tags: tags,
	}
	if err := s.setPolicy(ctx, k, aws.ToString(in.Policy), in.BypassPolicyLockoutSafetyCheck); err != nil {
		return nil, err
	}
	st.Keys[id] = k
	st.Order = append(st.Order, id)
	return &kms.CreateKeyOutput{KeyMetadata: k.metadata()}, nil
}

// specAndUsage applies the defaults and refuses what does not go together.
func specAndUsage(in *kms.CreateKeyInput) (types.KeySpec, types.KeyUsageType, error) {
	spec, usage := in.KeySpec, in.KeyUsage
	//lint:ignore SA1019 KMS still takes it
	if old := types.KeySpec(in.CustomerMasterKeySpec); old != "" {
		if spec != "" && spec != old {
			return "", "", invalid("You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.")
		}
		spec = old
	}
	if spec == "" {
		spec = types.KeySpecSymmetricDefault
	}
	if usage == "" {
		usage = types.KeyUsageTypeEncryptDecrypt
	}
	known := false
	for _, v := range spec.Values() {
		known = known || v == spec
	}
	if !known {
		return "", "", invalid("1 validation error detected: Value '%s' at 'keySpec' failed to satisfy constraint: Member must satisfy enum value set", spec)
	}
	for _, fit := range usagesOf(string(spec)) {
		if fit == usage {
			return spec, usage, nil
		}
	}
	return "", "", invalid("KeyUsage %s is not compatible with KeySpec %s", usage, spec)
}

// usagesOf is the table of https://docs.aws.amazon.com/kms/latest/developerguide/create-keys.html#key-usage
func usagesOf(spec string) []types.KeyUsageType {
	switch {
	case spec == "SYMMETRIC_DEFAULT":
		return []types.KeyUsageType{types.KeyUsageTypeEncryptDecrypt}
	case strings.HasPrefix(spec, "HMAC"):
		return []types.KeyUsageType{types.KeyUsageTypeGenerateVerifyMac}
	case strings.HasPrefix(spec, "RSA"):
		return []types.KeyUsageType{types.KeyUsageTypeEncryptDecrypt, types.KeyUsageTypeSignVerify}
	case strings.HasPrefix(spec, "ECC_NIST_P"):
		return []types.KeyUsageType{types.KeyUsageTypeSignVerify, types.KeyUsageTypeKeyAgreement}
	case spec == "SM2":
		return []types.KeyUsageType{types.KeyUsageTypeEncryptDecrypt, types.KeyUsageTypeSignVerify, types.KeyUsageTypeKeyAgreement}
	}
	return []types.KeyUsageType{types.KeyUsageTypeSignVerify}
}

// DescribeKey takes any reference.
func (s *Service) DescribeKey(ctx context.Context, in *kms.DescribeKeyInput, _ ...Options) (*kms.DescribeKeyOutput, error) {
	k, err := s.use(ctx, in.KeyId)
	if err != nil {
		return nil, err
	}
	return &kms.DescribeKeyOutput{KeyMetadata: k.metadata()}, nil
}

func (k *Key) state() types.KeyState {
	switch {
	case k.Deletion != nil:
		return types.KeyStatePendingDeletion
	case k.Disabled:
		return types.KeyStateDisabled
	}
	return types.KeyStateEnabled
}

func (k *Key) metadata() *types.KeyMetadata {
	m := &types.KeyMetadata{
		KeyId: aws.String(k.ID), Arn: aws.String(k.ARN), AWSAccountId: aws.String(k.Account), CreationDate: aws.Time(k.Created),
		Description: aws.String(k.Description), Enabled: k.state() == types.KeyStateEnabled, KeyState: k.state(),
		//lint:ignore SA1019 KMS still answers it
		KeySpec: k.Spec, CustomerMasterKeySpec: types.CustomerMasterKeySpec(k.Spec), KeyUsage: k.Usage,
		KeyManager: types.KeyManagerTypeCustomer, Origin: types.OriginTypeAwsKms, MultiRegion: aws.Bool(k.MultiRegion),
	}
	if k.Managed != "" {
		m.KeyManager = types.KeyManagerTypeAws
	}
	if k.Deletion != nil {
		m.DeletionDate = aws.Time(*k.Deletion)
	}
	if k.Spec == types.KeySpecSymmetricDefault {
		sum := sha256.Sum256([]byte(k.ARN))
		m.CurrentKeyMaterialId = aws.String(hex.EncodeToString(sum[:]))
		m.EncryptionAlgorithms = []types.EncryptionAlgorithmSpec{types.EncryptionAlgorithmSpecSymmetricDefault}
	}
	if k.MultiRegion {
		region := strings.Split(k.ARN, ":")[3]
		m.MultiRegionConfiguration = &types.MultiRegionConfiguration{
			MultiRegionKeyType: types.MultiRegionKeyTypePrimary,
			PrimaryKey:         &types.MultiRegionKey{Arn: aws.String(k.ARN), Region: &region},
			ReplicaKeys:        []types.MultiRegionKey{},
		}
	}
	return m
}

// ListKeys lists keys in the order in which they were made.
func (s *Service) ListKeys(ctx context.Context, in *kms.ListKeysInput, _ ...Options) (*kms.ListKeysOutput, error) {
	limit, err := pageSize(in.Limit, 100, 1000)
	if err != nil {
		return nil, err
	}
	st := s.store.In(ctx)
	var all []types.KeyListEntry
	for _, id := range st.Order {
		if k, ok := st.key(id); ok && (k.Managed == "" || k.Used) {
			all = append(all, types.KeyListEntry{KeyId: aws.String(k.ID), KeyArn: aws.String(k.ARN)})
		}
	}
	page, next, ok := fakeaws.Page(ctx, all, in.Marker, limit, 1000)
	if !ok {
		return nil, badMarker()
	}
	return &kms.ListKeysOutput{Keys: page, NextMarker: next, Truncated: next != nil}, nil
}

// EnableKey ends a disablement.
func (s *Service) EnableKey(ctx context.Context, in *kms.EnableKeyInput, _ ...Options) (*kms.EnableKeyOutput, error) {
	return &kms.EnableKeyOutput{}, s.disable(ctx, in.KeyId, "EnableKey", false)
}

// DisableKey stops all use of a key until EnableKey.
func (s *Service) DisableKey(ctx context.Context, in *kms.DisableKeyInput, _ ...Options) (*kms.DisableKeyOutput, error) {
	return &kms.DisableKeyOutput{}, s.disable(ctx, in.KeyId, "DisableKey", true)
}

func (s *Service) disable(ctx context.Context, ref *string, action string, disabled bool) error {
	k, err := s.manage(ctx, ref, action)
	if err != nil {
		return err
	}
	if err := k.changeable(); err != nil {
		return err
	}
	k.Disabled = disabled
	return nil
}

// UpdateKeyDescription replaces the description, up to 8192 characters.
func (s *Service) UpdateKeyDescription(ctx context.Context, in *kms.UpdateKeyDescriptionInput, _ ...Options) (*kms.UpdateKeyDescriptionOutput, error) {
	k, err := s.manage(ctx, in.KeyId, "UpdateKeyDescription")
	if err != nil {
		return nil, err
	}
	if err := k.changeable(); err != nil {
		return nil, err
	}
	if len(*in.Description) > 8192 {
		return nil, invalid("1 validation error detected: Value at 'description' failed to satisfy constraint: Member must have length less than or equal to 8192")
	}
	k.Description = *in.Description
	return &kms.UpdateKeyDescriptionOutput{}, nil
}
