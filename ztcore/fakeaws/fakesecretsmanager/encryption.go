package fakesecretsmanager

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// managedKey encrypts secrets that name no key.
const managedKey = "alias/aws/secretsmanager"

const (
	encrypting = true
	decrypting = false
)

// usableKey refuses a key that KMS, where installed, does not find or that is not enabled.
func (s *Service) usableKey(ctx context.Context, ref string, toEncrypt bool) error {
	keys, ok := fakeaws.Capability[fakeaws.Keys](s.cloud)
	if !ok {
		return nil
	}
	if ref == "" {
		ref = managedKey
	}
	if _, enabled, _, ok := keys.Key(ctx, ref); ok && enabled {
		return nil
	}
	if toEncrypt {
		return &types.EncryptionFailure{Message: aws.String("Secrets Manager can't encrypt the protected secret text using the provided KMS key. Check that the KMS key is available, enabled, and not in an invalid state.")}
	}
	return &types.DecryptionFailure{Message: aws.String("Secrets Manager can't decrypt the protected secret text using the provided KMS key.")}
}
