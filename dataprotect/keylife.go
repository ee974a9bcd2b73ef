package dataprotect

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// createKey makes a key and its alias. KMS has no client token: what an earlier, interrupted run has made, or a removal has
// left pending deletion, is found again first, by alias or by tags, so that there is never a second key.
func createKey(ctx context.Context, sc *ztcore.Scope, want keyState) error {
	client := kms.NewFromConfig(sc.Config)
	have, err := readKey(ctx, sc, want.Alias)
	if err != nil {
		return err
	}
	aliased := have != nil
	if have == nil {
		if have, err = unnamedKey(ctx, sc, want); err != nil {
			return err
		}
	}
	if have == nil {
		made, err := client.CreateKey(ctx, &kms.CreateKeyInput{Description: &want.Description, Policy: aws.String(want.Policy.JSON()), Tags: keyTags(want.Tags)})
		if err != nil {
			return err
		}
		return nameKey(ctx, sc, want, *made.KeyMetadata.Arn)
	}
	if !sameOwner(have.state.Tags, want.Tags) {
		return fmt.Errorf("%s names key %s, which is not ours (pending deletion: %t): choose another name, or delete the alias", want.Alias, have.state.ARN, have.pending)
	}
	if have.pending {
		if _, err := client.CancelKeyDeletion(ctx, &kms.CancelKeyDeletionInput{KeyId: keyID(have.state.ARN)}); err != nil {
			return err
		}
	}
	if !aliased {
		if _, err := client.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: &want.Alias, TargetKeyId: keyID(have.state.ARN)}); err != nil {
			return err
		}
	}
	return bringKey(ctx, client, have.state.ARN, want, func(...string) bool { return true })
}

// nameKey gives a new key its alias and its rotation. A key whose alias was taken meanwhile goes, as nothing uses it yet: its ownership
// tags first, so that it is nobody's while its window runs. What the alias names is the resource.
func nameKey(ctx context.Context, sc *ztcore.Scope, want keyState, made string) error {
	client := kms.NewFromConfig(sc.Config)
	_, err := client.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: &want.Alias, TargetKeyId: &made})
	if err == nil {
		_, err = client.EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{KeyId: &made, RotationPeriodInDays: &want.RotationDays})
		return err
	}
	if taken := new(types.AlreadyExistsException); !errors.As(err, &taken) {
		return err
	}
	var named *kms.DescribeKeyOutput
	readErr := ztcore.Await(ctx, want.Alias+" shows its key", time.Minute, func() (_ bool, err error) {
		named, err = client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &want.Alias})
		if isNoKey(err) {
			return false, nil // not everywhere yet
		}
		return err == nil, err
	})
	if readErr != nil || aws.ToString(named.KeyMetadata.Arn) == made {
		return errors.Join(err, readErr)
	}
	if _, err := client.UntagResource(ctx, &kms.UntagResourceInput{KeyId: keyID(made), TagKeys: []string{ztcore.TagBaseline, ztcore.TagResource}}); err != nil {
		return err
	}
	if _, err := client.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: keyID(made), PendingWindowInDays: aws.Int32(7)}); err != nil {
		return err
	}
	ztcore.Remark(ctx, fmt.Sprintf("another run was making it at the same time: %s, which this one has made and nothing used, is deleted in 7 days, and %s is %s", made, want.Alias, aws.ToString(named.KeyMetadata.Arn)))
	return err
}

func updateKey(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[keyState]) error {
	return bringKey(ctx, kms.NewFromConfig(sc.Config), u.Have.ARN, u.Want, u.Changed)
}

// bringKey makes an enabled or disabled key what is wanted. It is enabled first, since only then its rotation can change.
func bringKey(ctx context.Context, client *kms.Client, arn string, want keyState, changed func(...string) bool) (err error) {
	if changed("Enabled") {
		_, err = client.EnableKey(ctx, &kms.EnableKeyInput{KeyId: keyID(arn)})
	}
	if err == nil && changed("Policy") {
		_, err = client.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: keyID(arn), PolicyName: aws.String("default"), Policy: aws.String(want.Policy.JSON())})
	}
	if err == nil && changed("RotationDays") {
		_, err = client.EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{KeyId: keyID(arn), RotationPeriodInDays: &want.RotationDays})
	}
	if err == nil && changed("Description") {
		_, err = client.UpdateKeyDescription(ctx, &kms.UpdateKeyDescriptionInput{KeyId: keyID(arn), Description: &want.Description})
	}
	if err == nil && changed("Tags") {
		_, err = client.TagResource(ctx, &kms.TagResourceInput{KeyId: keyID(arn), Tags: keyTags(want.Tags)})
	}
	return err
}

// deleteKey disables the key and starts its window. The alias stays with it, so that it is found again while it can be had back.
func deleteKey(ctx context.Context, sc *ztcore.Scope, have keyState) error {
	client := kms.NewFromConfig(sc.Config)
	if have.Enabled {
		if _, err := client.DisableKey(ctx, &kms.DisableKeyInput{KeyId: keyID(have.ARN)}); err != nil {
			return err
		}
	}
	_, err := client.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: keyID(have.ARN), PendingWindowInDays: &have.Window})
	if done := new(types.KMSInvalidStateException); errors.As(err, &done) {
		return nil // it is pending already, by an earlier attempt
	}
	return err
}

// keyID is the last part of a key's ARN. Operations that take either take it on every endpoint.
func keyID(arn string) *string {
	return aws.String(arn[strings.LastIndexByte(arn, '/')+1:])
}

func keyTags(tags map[string]string) []types.Tag {
	var out []types.Tag
	for _, k := range sorted(tags) {
		out = append(out, types.Tag{TagKey: aws.String(k), TagValue: aws.String(tags[k])})
	}
	return out
}
