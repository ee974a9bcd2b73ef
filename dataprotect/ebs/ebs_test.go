package ebs_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/seed-08ecc977/zerotrust/dataprotect/ebs"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

const key = "arn:aws:kms:us-east-1:123456789012:key/37e9ec1f-284c-b36b-7613-9b4ca297e8ed"

func cloud() *fakeaws.Cloud { return fakeaws.New(fakests.Install, fakeec2.Install) }

func TestEncryptionByDefault(t *testing.T) {
	kindtest.Run(t, kindtest.Case{
		Cloud: cloud,
		Variants: []kindtest.Variant{
			{Resource: ebs.EncryptionByDefault{}},
			{Resource: ebs.EncryptionByDefault{Key: key}, Changes: []string{"dataprotect.EBSEncryptionByDefault/region Key"}},
			{Resource: ebs.EncryptionByDefault{}, Changes: []string{"dataprotect.EBSEncryptionByDefault/region Key"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			client := ec2.NewFromConfig(cfg)
			if _, err := client.ModifyEbsDefaultKmsKeyId(ctx, &ec2.ModifyEbsDefaultKmsKeyIdInput{KmsKeyId: aws.String(key + "0")}); err != nil {
				return err
			}
			_, err := client.DisableEbsEncryptionByDefault(ctx, &ec2.DisableEbsEncryptionByDefaultInput{})
			return err
		},
	})
}

func TestSnapshotBlockPublicAccess(t *testing.T) {
	kindtest.Run(t, kindtest.Case{
		Cloud: cloud,
		Variants: []kindtest.Variant{
			{Resource: ebs.SnapshotBlockPublicAccess{}},
			{Resource: ebs.SnapshotBlockPublicAccess{KeepSharedBecause: "public data set"}, Changes: []string{"dataprotect.SnapshotBlockPublicAccess/region State"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			_, err := ec2.NewFromConfig(cfg).DisableSnapshotBlockPublicAccess(ctx, &ec2.DisableSnapshotBlockPublicAccessInput{})
			return err
		},
	})
}

func Example() {
	cfg := cloud().Config()
	plan, err := ztcore.NewBaseline("ledger", ebs.EncryptionByDefault{}, ebs.SnapshotBlockPublicAccess{}).Plan(context.Background(), cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(plan)
	// Output:
	// Baseline "ledger" in account 123456789012, region us-east-1
	// 2 create
	//
	// + dataprotect.EBSEncryptionByDefault/region
	//     Region: + "us-east-1"
	//     Enabled: + true
	//
	// + dataprotect.SnapshotBlockPublicAccess/region
	//     Region: + "us-east-1"
	//     State: + "block-all-sharing"
}
