package dataprotect

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// createSecret makes the secret with its value and tags in one call. One that waits for its deletion and is ours comes
// back instead, with the value it had.
func createSecret(ctx context.Context, sc *ztcore.Scope, want secretState) error {
	client := secretsClient(sc)
	have, deleted, err := readSecret(ctx, sc, want.Name)
	if err != nil {
		return err
	}
	if deleted {
		if !sameOwner(have.Tags, want.Tags) {
			return fmt.Errorf("a secret named %s, which is not ours, waits for its deletion: restore it, or wait until it is gone", want.Name)
		}
		if _, err := client.RestoreSecret(ctx, &secretsmanager.RestoreSecretInput{SecretId: &want.Name}); err != nil {
			return err
		}
		if have, _, err = readSecret(ctx, sc, want.Name); err != nil || have == nil {
			return err
		}
		return bringSecret(ctx, sc, *have, want, func(fields ...string) bool {
			return !slices.Contains(fields, "RotationDays") || have.RotationDays != want.RotationDays || have.RotationLambda != want.RotationLambda
		})
	}
	value, err := valueOf(ctx, want)
	if err != nil {
		return err
	}
	in := &secretsmanager.CreateSecretInput{Name: &want.Name, ClientRequestToken: versionID(sc, want), Tags: secretTags(want), SecretString: value.text, SecretBinary: value.binary}
	if want.Description != "" {
		in.Description = &want.Description
	}
	if want.Key != "" {
		in.KmsKeyId = &want.Key
	}
	if _, err := client.CreateSecret(ctx, in); err != nil {
		return err
	}
	return bringSecret(ctx, sc, secretState{Version: want.Version}, want, func(fields ...string) bool {
		return slices.Contains(fields, "Policy") && !want.Policy.IsZero() || slices.Contains(fields, "RotationDays") && want.RotationDays > 0
	})
}

func updateSecret(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[secretState]) error {
	return bringSecret(ctx, sc, u.Have, u.Want, u.Changed)
}

// bringSecret makes a secret what is wanted. The label of the version is written after the value that it stands for.
func bringSecret(ctx context.Context, sc *ztcore.Scope, have, want secretState, changed func(...string) bool) (err error) {
	client := secretsClient(sc)
	if changed("Description", "Key") {
		key := want.Key
		if key == "" {
			key = awsKey
		}
		_, err = client.UpdateSecret(ctx, &secretsmanager.UpdateSecretInput{SecretId: &want.Name, Description: &want.Description, KmsKeyId: &key})
	}
	if err == nil && changed("Policy") {
		err = putSecretPolicy(ctx, client, want)
	}
	if err == nil && changed("Version") && have.Version != want.Version {
		err = writeValue(ctx, sc, have, want)
	}
	if err == nil && changed("Version", "Tags") {
		_, err = client.TagResource(ctx, &secretsmanager.TagResourceInput{SecretId: &want.Name, Tags: secretTags(want)})
	}
	switch {
	case err != nil || !changed("RotationDays", "RotationLambda"):
	case want.RotationDays == 0:
		_, err = client.CancelRotateSecret(ctx, &secretsmanager.CancelRotateSecretInput{SecretId: &want.Name})
	default:
		_, err = client.RotateSecret(ctx, &secretsmanager.RotateSecretInput{
			SecretId: &want.Name, RotationLambdaARN: &want.RotationLambda, RotateImmediately: aws.Bool(false),
			RotationRules: &types.RotationRulesType{AutomaticallyAfterDays: aws.Int64(int64(want.RotationDays))},
		})
	}
	return err
}

func putSecretPolicy(ctx context.Context, client *secretsmanager.Client, want secretState) (err error) {
	if want.Policy.IsZero() {
		_, err = client.DeleteResourcePolicy(ctx, &secretsmanager.DeleteResourcePolicyInput{SecretId: &want.Name})
		return err
	}
	_, err = client.PutResourcePolicy(ctx, &secretsmanager.PutResourcePolicyInput{
		SecretId: &want.Name, ResourcePolicy: aws.String(want.Policy.JSON()), BlockPublicPolicy: aws.Bool(true),
	})
	return err
}

func deleteSecret(ctx context.Context, sc *ztcore.Scope, have secretState) error {
	_, err := secretsClient(sc).DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: &have.Name, RecoveryWindowInDays: aws.Int64(int64(have.Window))})
	if hasCode(err, "ResourceNotFoundException") || hasCode(err, "InvalidRequestException") {
		return nil // gone, or deleted already by an earlier attempt: reads will tell
	}
	return err
}
