package dataprotect_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/aws/aws-sdk-go-v2/service/s3control/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakekms"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakes3"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakes3control"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakesecretsmanager"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

// wholeCloud has every service of the pillar.
func wholeCloud() *fakeaws.Cloud {
	return fakeaws.New(fakests.Install, fakekms.Install, fakes3.Install, fakes3control.Install, fakesecretsmanager.Install)
}

func accountCase() kindtest.Case {
	return kindtest.Case{
		Cloud: wholeCloud,
		Variants: []kindtest.Variant{
			{Resource: dataprotect.AccountPublicAccessBlock{}},
			{Resource: dataprotect.AccountPublicAccessBlock{PublicBecause: "documentation site"}, Changes: []string{
				"dataprotect.AccountPublicAccessBlock/account BlockPublicPolicy", "dataprotect.AccountPublicAccessBlock/account RestrictPublicBuckets",
			}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, nil)
			if err != nil {
				return err
			}
			_, err = s3control.NewFromConfig(cfg).PutPublicAccessBlock(ctx, &s3control.PutPublicAccessBlockInput{
				AccountId: who.Account, PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{BlockPublicPolicy: aws.Bool(true)},
			})
			return err
		},
	}
}

func TestAccountPublicAccessBlock(t *testing.T) { kindtest.Run(t, accountCase()) }

func TestPreset(t *testing.T) {
	cloud := wholeCloud()
	preset := dataprotect.Preset{Name: "ledger", RotateEvery: 180 * 24 * time.Hour, Tags: map[string]string{"team": "ledger"}}
	for _, account := range []string{"123456789012", "210987654321"} {
		cfg := cloud.ConfigFor(account, "us-east-1")
		p := apply(t, cfg, preset)
		require.Empty(t, p.Findings)
		require.True(t, replan(t, cfg, preset).Empty())
	}
	kept := replan(t, cloud.Config(), preset, ztcore.Destroy())
	for _, s := range kept.Steps {
		if s.Kind == "dataprotect.Key" || s.Kind == "dataprotect.Bucket" {
			require.Equal(t, ztcore.Retain, s.Action, s.Address)
		}
	}
}

func TestWhatLeftTheBaselineIsRetained(t *testing.T) {
	cfg := wholeCloud().Config()
	apply(t, cfg, ztcore.List{dataprotect.Key{Name: "ledger"}, dataprotect.Bucket{Name: "acme-ledger"}, dataprotect.Secret{Name: "db-credentials"}})
	p := replan(t, cfg, ztcore.List{}, ztcore.Prune(dataprotect.Kinds()...))
	var retained []ztcore.Address
	for _, s := range p.Steps {
		require.Equal(t, ztcore.Retain, s.Action, s)
		retained = append(retained, s.Address)
	}
	require.Equal(t, []ztcore.Address{ledgerBucket, ledgerKey, dbSecret}, retained)

	apply(t, cfg, ztcore.List{}, ztcore.Prune(dataprotect.Kinds()...), ztcore.AllowDelete(retained...))
	require.Empty(t, replan(t, cfg, ztcore.List{}, ztcore.Prune(dataprotect.Kinds()...)).Steps)
}
