package containment_test

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/incident/containment"
	"github.com/seed-08ecc977/zerotrust/incident/containment/snapshotcopy"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

const forensics = "222222222222"

func tags(s types.Snapshot) map[string]string {
	out := map[string]string{}
	for _, t := range s.Tags {
		out[*t.Key] = *t.Value
	}
	return out
}

// Snapshots under the key that AWS manages can't be shared, so they are copied under a customer's key, whose policy lets the
// forensic account in.
func TestDisksAreTakenAsOneSetAndCanBeReadByTheForensicAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := newCloud()
		encrypted(t, cloud.Config())
		s := stage(t, cloud.Config(), fakeaws.DefaultAccount, false)
		key := func(admitted bool) string {
			doc := policy.Allow("kms:*").OnAny().To(policy.Account(fakeaws.DefaultAccount))
			if admitted {
				doc = doc.And(policy.Allow("kms:Decrypt", "kms:DescribeKey", "kms:CreateGrant").OnAny().To(policy.Account(forensics)))
			}
			out, err := kms.NewFromConfig(s.cfg).CreateKey(ctx, &kms.CreateKeyInput{Policy: aws.String(doc.JSON())})
			require.NoError(t, err)
			return *out.KeyMetadata.Arn
		}
		c := s.containment()
		c.Configs = func(_ context.Context, account, region string) (aws.Config, error) {
			return cloud.ConfigFor(account, region), nil
		}
		c.Playbook = containment.Playbook{containment.CollectMetadata{}, containment.SnapshotDisks{}}
		first, err := c.Contain(ctx, s.cfg)
		require.NoError(t, err)
		require.Contains(t, first.Markdown(), "can't leave this account before they are copied")
		c.Playbook = containment.Playbook{containment.CollectMetadata{}, containment.SnapshotDisks{ShareWith: []string{forensics}}}
		_, err = c.Contain(ctx, s.cfg)
		require.ErrorContains(t, err, "name a customer managed Key")
		require.Len(t, s.snapshots(), 2)

		c.Playbook[1] = containment.SnapshotDisks{Key: key(true), ShareWith: []string{forensics}}
		_, err = c.Contain(ctx, s.cfg)
		require.ErrorContains(t, err, "set Copy to snapshotcopy.Copy")
		own, err := kms.NewFromConfig(cloud.ConfigFor(forensics, "us-east-1")).CreateKey(ctx, &kms.CreateKeyInput{})
		require.NoError(t, err)
		c.Playbook[1] = containment.SnapshotDisks{Key: key(true), Copy: snapshotcopy.Copy, ShareWith: []string{forensics}, CopyThere: map[string]string{forensics: *own.KeyMetadata.Arn}}
		report, err := c.Contain(ctx, s.cfg)
		require.NoError(t, err)
		all := s.snapshots()
		require.Len(t, all, 4, "two, and their copies")
		hash := ""
		for _, r := range report.Timeline {
			if r.Event == containment.Preserved && r.Setting == "metadata" {
				require.NoError(t, json.Unmarshal([]byte(r.After), &hash))
			}
		}
		require.Len(t, hash, 64)
		shared := 0
		other := ec2.NewFromConfig(cloud.ConfigFor(forensics, "us-east-1"))
		for _, snap := range all {
			require.Equal(t, types.SnapshotStateCompleted, snap.State)
			require.Equal(t, hash, tags(snap)["zerotrust:metadata"])
			require.Equal(t, "42", tags(snap)["zerotrust:made-for-case"])
			if tags(snap)["zerotrust:copy-of"] != "" {
				shared++
				out, err := other.DescribeSnapshots(ctx, &ec2.DescribeSnapshotsInput{SnapshotIds: []string{*snap.SnapshotId}})
				require.NoError(t, err)
				require.Len(t, out.Snapshots, 1)
			}
		}
		require.Equal(t, 2, shared)
		kept := func() []types.Snapshot {
			out, err := other.DescribeSnapshots(ctx, &ec2.DescribeSnapshotsInput{OwnerIds: []string{"self"}})
			require.NoError(t, err)
			return out.Snapshots
		}
		for _, snap := range kept() {
			require.Equal(t, *own.KeyMetadata.Arn, *snap.KmsKeyId)
		}
		require.Len(t, kept(), 2, "the other account has its own")
		_, err = c.Contain(ctx, s.cfg)
		require.NoError(t, err)
		require.Len(t, s.snapshots(), 4, "nothing is taken twice")
		require.Len(t, kept(), 2)
	})
}

// encrypted makes new volumes encrypted, under the key that AWS manages.
func encrypted(t testing.TB, cfg aws.Config) {
	_, err := ec2.NewFromConfig(cfg).EnableEbsEncryptionByDefault(ctx, &ec2.EnableEbsEncryptionByDefaultInput{})
	require.NoError(t, err)
}
