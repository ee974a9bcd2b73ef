package dataprotect_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// keysOf are the account's own keys, by state.
func keysOf(t *testing.T, cfg aws.Config) map[types.KeyState][]string {
	t.Helper()
	c, out := kms.NewFromConfig(cfg), map[types.KeyState][]string{}
	for in := (&kms.ListKeysInput{}); ; {
		page, err := c.ListKeys(t.Context(), in)
		require.NoError(t, err)
		for _, k := range page.Keys {
			about, err := c.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: k.KeyId})
			require.NoError(t, err)
			if about.KeyMetadata.KeyManager == types.KeyManagerTypeCustomer {
				out[about.KeyMetadata.KeyState] = append(out[about.KeyMetadata.KeyState], *k.KeyArn)
			}
		}
		if !page.Truncated {
			return out
		}
		in.Marker = page.NextMarker
	}
}

// Two runs make a key each, and one gets the alias. The other's key goes, and is nobody's while its window runs.
func TestTwoRunsAtOnceKeepOneKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cloud := kmsCloud()
		cloud.SetLatency(50 * time.Millisecond)
		base := ztcore.NewBaseline("vault", dataprotect.Key{Name: "ledger"})
		notes := make(chan []string, 2)
		for range 2 {
			go func() {
				plan, err := base.Plan(t.Context(), cloud.Config())
				require.NoError(t, err)
				report, err := plan.Apply(t.Context())
				require.NoError(t, err)
				notes <- report.Outcomes[0].Notes
			}()
		}
		said := append(<-notes, <-notes...)
		require.Len(t, said, 1)
		keys := keysOf(t, cloud.Config())
		require.Len(t, keys[types.KeyStateEnabled], 1)
		require.Len(t, keys[types.KeyStatePendingDeletion], 1)
		require.Contains(t, said[0], keys[types.KeyStatePendingDeletion][0])
		tags, err := kms.NewFromConfig(cloud.Config()).ListResourceTags(t.Context(), &kms.ListResourceTagsInput{KeyId: &keys[types.KeyStatePendingDeletion][0]})
		require.NoError(t, err)
		require.Empty(t, tags.Tags)
		pruned, err := base.Plan(t.Context(), cloud.Config(), ztcore.Prune())
		require.NoError(t, err)
		require.True(t, pruned.Empty(), pruned)
	})
}

// A second key without an alias, left by a run that was cut off, is no conflict of the one that has it: it is pruned by its id.
func TestAKeyThatLostItsRaceIsPrunedByItsID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := kmsCloud().Config()
		key := dataprotect.Key{Name: "ledger"}
		base := ztcore.NewBaseline("vault", key)
		p, err := base.Plan(t.Context(), cfg)
		require.NoError(t, err)
		_, err = p.Apply(t.Context())
		require.NoError(t, err)
		made, err := kms.NewFromConfig(cfg).CreateKey(t.Context(), &kms.CreateKeyInput{Tags: []types.Tag{
			{TagKey: aws.String(ztcore.TagBaseline), TagValue: aws.String("vault")}, {TagKey: aws.String(ztcore.TagResource), TagValue: aws.String("dataprotect.Key/ledger")},
		}})
		require.NoError(t, err)
		stray := ztcore.Address("dataprotect.Key/" + *made.KeyMetadata.KeyId)
		p, err = base.Plan(t.Context(), cfg, ztcore.Prune(), ztcore.AllowDelete(stray))
		require.NoError(t, err)
		require.Equal(t, ztcore.None, p.Steps[0].Action)
		require.Equal(t, stray, p.Steps[1].Address)
		_, err = p.Apply(t.Context())
		require.NoError(t, err)
		keys := keysOf(t, cfg)
		require.Len(t, keys[types.KeyStateEnabled], 1)
		require.Equal(t, []string{*made.KeyMetadata.Arn}, keys[types.KeyStatePendingDeletion])
	})
}
