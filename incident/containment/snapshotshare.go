package containment

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// SnapshotCopy is a copy of a snapshot to be made.
type SnapshotCopy struct {
	Region      string // of the snapshot
	Snapshot    string // snap-…
	Key         string // ARN of the key of the copy
	Description string
	Tags        map[string]string // of the copy, by which it is found again
}

// SnapshotCopier makes a copy in the account and region of a configuration, and tries once: see package snapshotcopy.
type SnapshotCopier func(ctx context.Context, cfg aws.Config, c SnapshotCopy) error

// secure makes a snapshot one that can be shared, shares it, and looks whether the other account can read it.
func (s SnapshotDisks) secure(ctx context.Context, cfg aws.Config, r *run, t *subject, snapshot types.Snapshot) error {
	managed, err := underAWSKey(ctx, cfg, snapshot)
	if err != nil {
		return err
	}
	if managed {
		if s.Key == "" && len(s.ShareWith) == 0 {
			return nil // it is evidence as it is; Limits tell what it can't serve for
		}
		if s.Key == "" {
			return fmt.Errorf("%s is encrypted under the key that AWS manages for EBS, so it can't be shared; name a customer managed Key in SnapshotDisks to copy it under, and set its Copy", aws.ToString(snapshot.SnapshotId))
		}
		if snapshot, err = s.copied(ctx, cfg, r, t.at, t, snapshot, s.Key); err != nil {
			return err
		}
	}
	for _, account := range s.ShareWith {
		if err := s.share(ctx, cfg, r, t, snapshot, account); err != nil {
			return fmt.Errorf("%s can't be shared with %s: %w", aws.ToString(snapshot.SnapshotId), account, err)
		}
	}
	return nil
}

// underAWSKey reports that a snapshot is encrypted under a key that AWS manages.
func underAWSKey(ctx context.Context, cfg aws.Config, s types.Snapshot) (bool, error) {
	if !aws.ToBool(s.Encrypted) {
		return false, nil
	}
	out, err := kms.NewFromConfig(cfg).DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: s.KmsKeyId})
	if err != nil {
		return false, err
	}
	return out.KeyMetadata.KeyManager == kmstypes.KeyManagerTypeAws, nil
}

// copied is the copy of a snapshot, in the account that cfg is for, under a customer's key. It is made if it is not there yet:
// CopySnapshot has no client token either.
func (s SnapshotDisks) copied(ctx context.Context, cfg aws.Config, r *run, at place, t *subject, of types.Snapshot, key string) (types.Snapshot, error) {
	find := func() ([]types.Snapshot, error) {
		found, err := describeSnapshots(ctx, cfg, ec2.DescribeSnapshotsInput{
			OwnerIds: []string{"self"}, Filters: []types.Filter{filter("tag:"+tagCopyOf, aws.ToString(of.SnapshotId))},
		})
		return slices.DeleteFunc(found, func(s types.Snapshot) bool { return s.State == types.SnapshotStateError }), err
	}
	found, err := find()
	if err != nil {
		return types.Snapshot{}, err
	}
	if len(found) == 0 {
		var tr trace
		err = s.Copy(ctx, tr.on(cfg), SnapshotCopy{
			Region: t.Region, Snapshot: aws.ToString(of.SnapshotId), Key: key, Description: "Evidence of case " + r.c.Case.ID,
			Tags: map[string]string{
				tagCaseMade: r.c.Case.ID, tagInstance: t.ID, tagEvidence: t.evidence, ztcore.TagCaseOwner: r.c.Case.Owner, tagCopyOf: aws.ToString(of.SnapshotId),
			},
		})
		var again error
		if found, again = find(); again != nil || len(found) == 0 {
			if err == nil {
				err = fmt.Errorf("the copy of %s is not found by its tags yet; run again", aws.ToString(of.SnapshotId))
			}
			return types.Snapshot{}, err
		}
		if err := r.journal.add(ctx, Record{
			Event: Preserved, Step: r.step, Account: at.Account, Region: at.Region, Setting: "copies", Target: aws.ToString(of.SnapshotId), After: text(idsOf(found)), Calls: tr.calls,
		}); err != nil {
			return types.Snapshot{}, err
		}
	}
	done, err := s.completed(ctx, cfg, found[:1])
	if err != nil {
		return types.Snapshot{}, err
	}
	return done[0], nil
}

// share lets an account make volumes of a snapshot.
func (s SnapshotDisks) share(ctx context.Context, cfg aws.Config, r *run, t *subject, snapshot types.Snapshot, account string) error {
	c := ec2.NewFromConfig(cfg)
	sharedWith := func() (bool, error) {
		out, err := c.DescribeSnapshotAttribute(ctx, &ec2.DescribeSnapshotAttributeInput{SnapshotId: snapshot.SnapshotId, Attribute: types.SnapshotAttributeNameCreateVolumePermission})
		if err != nil {
			return false, err
		}
		return slices.ContainsFunc(out.CreateVolumePermissions, func(p types.CreateVolumePermission) bool { return aws.ToString(p.UserId) == account }), nil
	}
	shared, err := sharedWith()
	if err != nil {
		return err
	}
	if !shared {
		var tr trace
		_, err := ec2.NewFromConfig(tr.on(cfg)).ModifySnapshotAttribute(ctx, &ec2.ModifySnapshotAttributeInput{
			SnapshotId: snapshot.SnapshotId, Attribute: types.SnapshotAttributeNameCreateVolumePermission,
			CreateVolumePermission: &types.CreateVolumePermissionModifications{Add: []types.CreateVolumePermission{{UserId: &account}}},
		})
		if err == nil {
			err = settled(ctx, sharedWith)
		}
		if err != nil {
			return err
		}
		if err := r.journal.add(ctx, Record{
			Event: Preserved, Step: r.step, Account: t.Account, Region: t.Region, Setting: "share", Target: aws.ToString(snapshot.SnapshotId), After: text(account), Calls: tr.calls,
		}); err != nil {
			return err
		}
	}
	if err := s.readable(ctx, r, t, snapshot, account); err != nil || s.CopyThere[account] == "" {
		return err
	}
	there, err := r.config(ctx, place{account, t.Region})
	if err != nil {
		return err
	}
	_, err = s.copied(ctx, there, r, place{account, t.Region}, t, snapshot, s.CopyThere[account])
	return err
}

// readable looks from the other account, if there is a configuration for it: at the snapshot, and at the key without which it is of no use.
func (s SnapshotDisks) readable(ctx context.Context, r *run, t *subject, snapshot types.Snapshot, account string) error {
	if r.c.Configs == nil {
		return r.note(ctx, Noted, aws.ToString(snapshot.SnapshotId), "whether %s can read it was not checked, since Configs gives no configuration for that account", account)
	}
	cfg, err := r.c.Configs(ctx, account, t.Region)
	if err != nil {
		return err
	}
	if _, err := describeSnapshots(ctx, cfg, ec2.DescribeSnapshotsInput{SnapshotIds: []string{aws.ToString(snapshot.SnapshotId)}}); err != nil {
		return fmt.Errorf("that account does not see it: %w", err)
	}
	if !aws.ToBool(snapshot.Encrypted) {
		return nil
	}
	if _, err := kms.NewFromConfig(cfg).DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: snapshot.KmsKeyId}); err != nil {
		return fmt.Errorf("that account can't use its key; let it in the key's policy: %w", err)
	}
	return nil
}
