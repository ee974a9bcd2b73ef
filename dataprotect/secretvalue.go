package dataprotect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// secretsClient makes a client that writes no requests to the SDK's log, whatever the configuration says: they hold values.
func secretsClient(sc *ztcore.Scope) *secretsmanager.Client {
	return secretsmanager.NewFromConfig(sc.Config, func(o *secretsmanager.Options) {
		o.ClientLogMode &^= aws.LogRequestWithBody | aws.LogResponseWithBody | aws.LogRequest | aws.LogResponse
	})
}

// secretValue is a value in the member of the input that it belongs to.
type secretValue struct {
	text   *string
	binary []byte
}

// maxValue is the size of a value in bytes. https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
const maxValue = 65536

func valueOf(ctx context.Context, want secretState) (secretValue, error) {
	raw, err := want.Value(ctx)
	switch {
	case err != nil:
		return secretValue{}, fmt.Errorf("getting the value of secret %s: %w", want.Name, err)
	case len(raw) == 0 || len(raw) > maxValue:
		return secretValue{}, fmt.Errorf("the value of secret %s has %d bytes; Secrets Manager takes 1 to %d", want.Name, len(raw), maxValue)
	case utf8.Valid(raw):
		return secretValue{text: aws.String(string(raw))}, nil
	}
	return secretValue{binary: raw}, nil
}

// versionID is the id of the version that a label stands for, and the client token with which it is written: repeated, a
// write makes no second version.
func versionID(sc *ztcore.Scope, want secretState) *string {
	sum := sha256.Sum256([]byte(sc.Baseline + "\x00" + want.Name + "\x00" + want.Version))
	return aws.String(hex.EncodeToString(sum[:16]))
}

const current = "AWSCURRENT"

// writeValue writes a new value. A secret that has a value but no label was adopted: its value stays.
func writeValue(ctx context.Context, sc *ztcore.Scope, have, want secretState) error {
	version := versionID(sc, want)
	if have.Version == "" && hasValue(have) || slices.Contains(have.Stages[*version], current) {
		return nil // the latter by an earlier attempt, whose answer was lost
	}
	value, err := valueOf(ctx, want)
	if err != nil {
		return err
	}
	_, err = secretsClient(sc).PutSecretValue(ctx, &secretsmanager.PutSecretValueInput{SecretId: &want.Name, ClientRequestToken: version, SecretString: value.text, SecretBinary: value.binary})
	if hasCode(err, "ResourceExistsException") {
		// Told apart from what time heals: the service's error is not wrapped.
		return fmt.Errorf("version %q of secret %s is that of an earlier value: choose a label that was not used before", want.Version, want.Name)
	}
	return err
}

func hasValue(have secretState) bool {
	for _, stages := range have.Stages {
		if slices.Contains(stages, current) {
			return true
		}
	}
	return false
}

// tagVersion holds the label of the version whose value was written last.
const tagVersion = "zerotrust:secret-version"

func secretTags(want secretState) []types.Tag {
	out := []types.Tag{{Key: aws.String(tagVersion), Value: aws.String(want.Version)}}
	for _, k := range sorted(want.Tags) {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(want.Tags[k])})
	}
	return out
}
