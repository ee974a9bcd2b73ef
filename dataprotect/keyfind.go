package dataprotect

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// foundKey is a key as it is seen; a pending one will be deleted.
type foundKey struct {
	state   keyState
	pending bool
}

// readKey reads the key that ref (an alias, id or ARN) names; nil if there is none.
func readKey(ctx context.Context, sc *ztcore.Scope, ref string) (*foundKey, error) {
	client := kms.NewFromConfig(sc.Config)
	about, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &ref})
	if isNoKey(err) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	meta := about.KeyMetadata
	have := keyState{ARN: aws.ToString(meta.Arn), Description: aws.ToString(meta.Description), Enabled: meta.Enabled, Created: aws.ToTime(meta.CreationDate), Window: 30}
	details := []func(context.Context) error{
		func(ctx context.Context) (err error) {
			have.Tags, err = tagsOfKey(ctx, client, have.ARN)
			return err
		},
		func(ctx context.Context) error {
			doc, err := client.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: &have.ARN, PolicyName: aws.String("default")})
			if err == nil {
				have.Policy = parsed(doc.Policy)
			}
			return err
		},
		func(ctx context.Context) error {
			rotation, err := client.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: &have.ARN})
			if err == nil && rotation.KeyRotationEnabled {
				have.RotationDays = 365 // of endpoints that know no other period
				if rotation.RotationPeriodInDays != nil {
					have.RotationDays = *rotation.RotationPeriodInDays
				}
			}
			return err
		},
	}
	err = ztcore.Each(ctx, len(details), func(ctx context.Context, i int) error { return details[i](ctx) })
	if isNoKey(err) {
		return nil, nil // it is so young that KMS does not know it everywhere, or gone since
	} else if err != nil {
		return nil, err
	}
	return &foundKey{have, meta.KeyState == types.KeyStatePendingDeletion}, nil
}

func isNoKey(err error) bool {
	missing := new(types.NotFoundException)
	return errors.As(err, &missing)
}

func tagsOfKey(ctx context.Context, client *kms.Client, arn string) (map[string]string, error) {
	tags := map[string]string{}
	for in := (&kms.ListResourceTagsInput{KeyId: &arn}); ; {
		page, err := client.ListResourceTags(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, t := range page.Tags {
			tags[aws.ToString(t.TagKey)] = aws.ToString(t.TagValue)
		}
		if !page.Truncated {
			return tags, nil
		}
		in.Marker = page.NextMarker
	}
}

// unnamedKey finds a key without an alias that carries the wanted key's ownership tags.
func unnamedKey(ctx context.Context, sc *ztcore.Scope, want keyState) (*foundKey, error) {
	arns, err := keysByTag(ctx, sc, true, func(tags map[string]string) bool { return sameOwner(tags, want.Tags) })
	if err != nil || len(arns) == 0 {
		return nil, err
	}
	return readKey(ctx, sc, arns[0])
}

// ownedKeys adds to what was found the other keys of the baseline, those that lack their alias included.
func ownedKeys(ctx context.Context, sc *ztcore.Scope, found []keyState) ([]keyState, error) {
	known := map[string]bool{}
	for _, f := range found {
		known[f.ARN] = true
	}
	arns, err := keysByTag(ctx, sc, false, func(tags map[string]string) bool { return tags[ztcore.TagBaseline] == sc.Baseline })
	if err != nil {
		return nil, err
	}
	for _, arn := range arns {
		have, err := readKey(ctx, sc, arn)
		if err != nil {
			return nil, err
		}
		if have != nil && !have.pending && !known[arn] {
			have.state.Alias = "alias/" + ztcore.Address(have.state.Tags[ztcore.TagResource]).Name()
			if slices.ContainsFunc(found, func(f keyState) bool { return f.Alias == have.state.Alias }) {
				have.state.Alias = *keyID(arn) // the alias is another key's
			}
			found = append(found, have.state)
		}
	}
	return found, nil
}

// keysByTag lists the account's own keys whose tags are asked for, oldest first; with unnamed, only those without an alias.
func keysByTag(ctx context.Context, sc *ztcore.Scope, unnamed bool, is func(tags map[string]string) bool) ([]string, error) {
	client := kms.NewFromConfig(sc.Config)
	aliasOf := map[string]string{}
	for in := (&kms.ListAliasesInput{}); ; {
		page, err := client.ListAliases(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, a := range page.Aliases {
			aliasOf[aws.ToString(a.TargetKeyId)] = aws.ToString(a.AliasName)
		}
		if !page.Truncated {
			break
		}
		in.Marker = page.NextMarker
	}
	var out []string
	for in := (&kms.ListKeysInput{}); ; {
		page, err := client.ListKeys(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, k := range page.Keys {
			alias := aliasOf[aws.ToString(k.KeyId)]
			if unnamed && alias != "" || strings.HasPrefix(alias, "alias/aws/") {
				continue
			}
			tags, err := tagsOfKey(ctx, client, *k.KeyArn)
			if err != nil && !isNoKey(err) { // another key may be too young, or gone since it was listed
				return nil, err
			}
			if err == nil && is(tags) {
				out = append(out, *k.KeyArn)
			}
		}
		if !page.Truncated {
			return out, nil
		}
		in.Marker = page.NextMarker
	}
}
