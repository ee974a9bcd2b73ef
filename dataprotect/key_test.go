package dataprotect_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakekms"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

const ledgerKey = ztcore.Address("dataprotect.Key/ledger")

func kmsCloud() *fakeaws.Cloud { return fakeaws.New(fakests.Install, fakekms.Install) }

func TestKeyLife(t *testing.T) {
	kindtest.Run(t, kindtest.Case{
		Cloud: kmsCloud,
		Variants: []kindtest.Variant{
			{Resource: dataprotect.Key{Name: "ledger"}},
			{
				Resource: dataprotect.Key{Name: "ledger", Description: "S3 encryption key", RotateEvery: 180 * 24 * time.Hour},
				Changes:  []string{"dataprotect.Key/ledger Description", "dataprotect.Key/ledger RotationDays"},
			},
			{
				Resource: dataprotect.Key{Name: "ledger", Description: "S3 encryption key", RotateEvery: 180 * 24 * time.Hour, Services: []string{"cloudtrail.amazonaws.com", "logs.us-east-1.amazonaws.com"}},
				Changes:  []string{"dataprotect.Key/ledger Policy"},
			},
			{
				Resource: dataprotect.Key{Name: "ledger", Description: "S3 encryption key", RotateEvery: 180 * 24 * time.Hour, Services: []string{"cloudtrail.amazonaws.com", "logs.us-east-1.amazonaws.com"}, Tags: map[string]string{"team": "ledger"}},
				Changes:  []string{"dataprotect.Key/ledger Tags"},
			},
		},
		Drift: disableKey,
	})
}

// disableKey is drift: somebody stops the rotation, and then the key.
func disableKey(ctx context.Context, cfg aws.Config) error {
	client := kms.NewFromConfig(cfg)
	about, err := client.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String("alias/ledger")})
	if err != nil {
		return err
	}
	if _, err := client.DisableKeyRotation(ctx, &kms.DisableKeyRotationInput{KeyId: about.KeyMetadata.KeyId}); err != nil {
		return err
	}
	_, err = client.DisableKey(ctx, &kms.DisableKeyInput{KeyId: about.KeyMetadata.KeyId})
	return err
}

// apply plans and applies a baseline named "ledger".
func apply(t *testing.T, cfg aws.Config, r ztcore.Resource, opts ...ztcore.PlanOption) *ztcore.Plan {
	t.Helper()
	p, err := ztcore.NewBaseline("ledger", r).Plan(t.Context(), cfg, opts...)
	require.NoError(t, err)
	_, err = p.Apply(t.Context())
	require.NoError(t, err, p)
	return p
}

func replan(t *testing.T, cfg aws.Config, r ztcore.Resource, opts ...ztcore.PlanOption) *ztcore.Plan {
	t.Helper()
	p, err := ztcore.NewBaseline("ledger", r).Plan(t.Context(), cfg, opts...)
	require.NoError(t, err)
	return p
}

func describeKey(t *testing.T, cfg aws.Config, alias string) *types.KeyMetadata {
	t.Helper()
	out, err := kms.NewFromConfig(cfg).DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: &alias})
	require.NoError(t, err)
	return out.KeyMetadata
}

func TestRemovedKeyIsHadBackWithinItsWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := kmsCloud().Config()
		key := dataprotect.Key{Name: "ledger", DeletionWindow: 7 * 24 * time.Hour}
		apply(t, cfg, key)
		before := describeKey(t, cfg, "alias/ledger")

		kept := apply(t, cfg, key, ztcore.Destroy())
		require.Equal(t, ztcore.Retain, kept.Steps[0].Action, "a key is deleted only when it is named")
		require.Equal(t, types.KeyStateEnabled, describeKey(t, cfg, "alias/ledger").KeyState)

		apply(t, cfg, key, ztcore.Destroy(), ztcore.AllowDelete(ledgerKey))
		pending := describeKey(t, cfg, "alias/ledger")
		require.Equal(t, types.KeyStatePendingDeletion, pending.KeyState)
		require.WithinDuration(t, time.Now().Add(7*24*time.Hour), *pending.DeletionDate, time.Minute)

		key.Description = "came back"
		apply(t, cfg, key)
		after := describeKey(t, cfg, "alias/ledger")
		require.Equal(t, *before.Arn, *after.Arn)
		require.Equal(t, types.KeyStateEnabled, after.KeyState)
		require.True(t, replan(t, cfg, key).Empty())
	})
}

func TestPendingKeyOfSomeoneElseIsNotRevived(t *testing.T) {
	cfg := kmsCloud().Config()
	client := kms.NewFromConfig(cfg)
	made, err := client.CreateKey(t.Context(), &kms.CreateKeyInput{})
	require.NoError(t, err)
	_, err = client.CreateAlias(t.Context(), &kms.CreateAliasInput{AliasName: aws.String("alias/ledger"), TargetKeyId: made.KeyMetadata.Arn})
	require.NoError(t, err)
	_, err = client.ScheduleKeyDeletion(t.Context(), &kms.ScheduleKeyDeletionInput{KeyId: made.KeyMetadata.Arn})
	require.NoError(t, err)

	_, err = replan(t, cfg, dataprotect.Key{Name: "ledger"}).Apply(t.Context())
	require.ErrorContains(t, err, "is not ours (pending deletion: true)")
	require.Equal(t, types.KeyStatePendingDeletion, describeKey(t, cfg, "alias/ledger").KeyState)
}

func TestKeyOfInterruptedCreateIsPruned(t *testing.T) {
	cloud := kmsCloud()
	cfg := cloud.Config()
	cloud.Inject(t, &fakeaws.Fault{Operation: "CreateAlias", Before: fakeaws.Denied("CreateAlias")})
	_, err := replan(t, cfg, dataprotect.Key{Name: "ledger"}).Apply(t.Context())
	require.Error(t, err)

	apply(t, cfg, dataprotect.Key{Name: "ledger"}, ztcore.Destroy(), ztcore.AllowDelete(ledgerKey))
	listed, err := kms.NewFromConfig(cfg).ListKeys(t.Context(), nil)
	require.NoError(t, err)
	require.Len(t, listed.Keys, 1)
	require.Equal(t, types.KeyStatePendingDeletion, describeKey(t, cfg, *listed.Keys[0].KeyArn).KeyState)
}

func TestKeyInputThatKMSRefusesIsFoundBefore(t *testing.T) {
	for want, key := range map[string]dataprotect.Key{
		"can't be used as an alias": {Name: "aws/ledger"},
		"90 to 2,560 whole days":    {Name: "ledger", RotateEvery: 36 * time.Hour},
		"7 to 30 whole days":        {Name: "ledger", DeletionWindow: 24 * time.Hour},
		"MISSING_PRINCIPAL":         {Name: "ledger", Policy: policy.Allow("kms:Decrypt").OnAny()},
	} {
		require.ErrorContains(t, ztcore.NewBaseline("ledger", key).Check(), want)
	}
}

func TestKeyPolicyThatLocksOutIsRefused(t *testing.T) {
	cfg := kmsCloud().Config()
	for _, who := range []policy.Principal{policy.Anyone(), policy.Account(ztcore.AccountID), policy.AWS("arn:aws:iam::123456789012:user/administrator")} {
		key := dataprotect.Key{Name: "ledger", Policy: policy.Deny("kms:Put*").To(who).OnAny()}
		_, err := ztcore.NewBaseline("ledger", key).Plan(t.Context(), cfg)
		require.ErrorContains(t, err, "could not be changed back", "%v", who)
	}
	key := dataprotect.Key{Name: "ledger", Policy: policy.Deny("kms:Decrypt").To(policy.Anyone()).OnAny()}
	_, err := ztcore.NewBaseline("ledger", key).Plan(t.Context(), cfg)
	require.NoError(t, err, "a Deny that leaves the policy changeable is no lockout")
}

func TestKeyOpenToAnyoneIsBlocked(t *testing.T) {
	cfg := kmsCloud().Config()
	p := replan(t, cfg, dataprotect.Key{Name: "ledger", Policy: policy.Allow("kms:Decrypt").To(policy.Anyone()).OnAny()})
	require.Equal(t, "dataprotect.key-open", p.Findings[0].Guardrail)
	_, err := p.Apply(t.Context())
	var blocked *ztcore.BlockedError
	require.ErrorAs(t, err, &blocked)
}

// KMS may list a key of a moment ago and not know its tags yet: that is no reason to fail the key beside it.
func TestKeyIsMadeBesideOneThatIsNotKnownEverywhere(t *testing.T) {
	cloud := kmsCloud()
	client := kms.NewFromConfig(cloud.Config())
	_, err := client.CreateKey(t.Context(), &kms.CreateKeyInput{})
	require.NoError(t, err)
	plan, err := ztcore.NewBaseline("ledger", dataprotect.Key{Name: "ledger"}).Plan(t.Context(), cloud.Config())
	require.NoError(t, err)
	young := &types.NotFoundException{Message: aws.String("Key does not exist")}
	cloud.Inject(t, &fakeaws.Fault{Service: "KMS", Operation: "ListResourceTags", Before: young, Times: 1})
	_, err = plan.Apply(t.Context())
	require.NoError(t, err)
	require.True(t, replan(t, cloud.Config(), dataprotect.Key{Name: "ledger"}).Empty())
}
