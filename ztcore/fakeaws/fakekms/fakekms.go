// Package fakekms is the Key Management Service of a fakeaws.Cloud.
//
// Modelled: keys with their life cycle (enabled, disabled, pending deletion, gone after the window), key policies with the
// lockout safety check and principals that must exist, aliases, rotation settings, tags, grants as records, and
// symmetric encryption that binds the encryption context. The keys that AWS makes for its services (alias/aws/s3, say)
// exist from the start; they are listed once a service has used one.
//
// Not modelled: custom key stores, imported material, replica keys, signing, MACs and asymmetric encryption,
// rotation itself (the material never changes), DryRun, and permissions: neither key policies nor grants are
// enforced when a key is used, except that the policies of AWS-managed keys let nobody change these.
package fakekms

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/internal/resourcepolicy"
)

// Service handles KMS.
type Service struct {
	cloud *fakeaws.Cloud
	store *fakeaws.Store[State]
}

// State is what one account has in one region.
type State struct {
	Keys    map[string]*Key   // by id
	Order   []string          // ids of the keys, oldest first
	Aliases map[string]*Alias // by name, as alias/ledger
}

// Key is one KMS key.
type Key struct {
	ID, ARN, Account string
	Created          time.Time
	Description      string
	Spec             types.KeySpec
	Usage            types.KeyUsageType
	MultiRegion      bool
	Managed          string // the alias for which AWS manages it; empty for a customer's key
	Used             bool   // of an AWS-managed key: a service has encrypted with it
	Disabled         bool
	Deletion         *time.Time // when it will be gone
	Policy           resourcepolicy.Policy
	RotationFrom     *time.Time // when rotation was enabled; nil while it is off
	RotationDays     int32
	Tags             map[string]string
	Grants           []*Grant
}

// Alias names a key.
type Alias struct {
	Name, Target     string
	Created, Updated time.Time
}

// Grant is a record of one grant.
type Grant struct {
	ID, Token, Name, Grantee, Retiring, Issuer string
	Operations                                 []types.GrantOperation
	Constraints                                *types.GrantConstraints
	Created                                    time.Time
}

// Install adds KMS to a cloud. It offers fakeaws.Keys.
func Install(c *fakeaws.Cloud) {
	s := &Service{cloud: c}
	s.store = fakeaws.NewStore(c, "kms", fakeaws.Regional, fresh)
	fakeaws.Provide[fakeaws.Keys](c, s)

	fakeaws.On(c, s.CreateKey, "Policy", "BypassPolicyLockoutSafetyCheck", "Description", "KeySpec", "CustomerMasterKeySpec", "KeyUsage", "MultiRegion", "Origin", "Tags")
	fakeaws.On(c, s.DescribeKey, "KeyId", "GrantTokens")
	fakeaws.On(c, s.ListKeys, "Limit", "Marker")
	fakeaws.On(c, s.EnableKey, "KeyId")
	fakeaws.On(c, s.DisableKey, "KeyId")
	fakeaws.On(c, s.UpdateKeyDescription, "KeyId", "Description")
	fakeaws.On(c, s.ScheduleKeyDeletion, "KeyId", "PendingWindowInDays")
	fakeaws.On(c, s.CancelKeyDeletion, "KeyId")
	fakeaws.On(c, s.GetKeyPolicy, "KeyId", "PolicyName")
	fakeaws.On(c, s.PutKeyPolicy, "KeyId", "PolicyName", "Policy", "BypassPolicyLockoutSafetyCheck")
	fakeaws.On(c, s.ListKeyPolicies, "KeyId", "Limit", "Marker")
	fakeaws.On(c, s.EnableKeyRotation, "KeyId", "RotationPeriodInDays")
	fakeaws.On(c, s.DisableKeyRotation, "KeyId")
	fakeaws.On(c, s.GetKeyRotationStatus, "KeyId")
	fakeaws.On(c, s.CreateAlias, "AliasName", "TargetKeyId")
	fakeaws.On(c, s.UpdateAlias, "AliasName", "TargetKeyId")
	fakeaws.On(c, s.DeleteAlias, "AliasName")
	fakeaws.On(c, s.ListAliases, "KeyId", "Limit", "Marker")
	fakeaws.On(c, s.TagResource, "KeyId", "Tags")
	fakeaws.On(c, s.UntagResource, "KeyId", "TagKeys")
	fakeaws.On(c, s.ListResourceTags, "KeyId", "Limit", "Marker")
	fakeaws.On(c, s.CreateGrant, "KeyId", "GranteePrincipal", "RetiringPrincipal", "Operations", "Constraints", "Name", "GrantTokens")
	fakeaws.On(c, s.ListGrants, "KeyId", "GrantId", "GranteePrincipal", "Limit", "Marker")
	fakeaws.On(c, s.RetireGrant, "KeyId", "GrantId", "GrantToken")
	fakeaws.On(c, s.RevokeGrant, "KeyId", "GrantId")
	fakeaws.On(c, s.Encrypt, "KeyId", "Plaintext", "EncryptionAlgorithm", "EncryptionContext", "GrantTokens")
	fakeaws.On(c, s.Decrypt, "KeyId", "CiphertextBlob", "EncryptionAlgorithm", "EncryptionContext", "GrantTokens")
	fakeaws.On(c, s.ReEncrypt, "CiphertextBlob", "SourceKeyId", "SourceEncryptionAlgorithm", "SourceEncryptionContext",
		"DestinationKeyId", "DestinationEncryptionAlgorithm", "DestinationEncryptionContext", "GrantTokens")
	fakeaws.On(c, s.GenerateDataKey, "KeyId", "KeySpec", "NumberOfBytes", "EncryptionContext", "GrantTokens")
	fakeaws.On(c, s.GenerateDataKeyWithoutPlaintext, "KeyId", "KeySpec", "NumberOfBytes", "EncryptionContext", "GrantTokens")
}

// Options is what the SDK's calls take beside their input; the fake ignores it.
type Options = func(*kms.Options)
