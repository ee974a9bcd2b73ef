package dataprotect_test

import (
	"context"
	"fmt"
	"time"

	"github.com/seed-08ecc977/zerotrust/dataprotect"
	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// A key, a bucket that is encrypted with it, and the credentials of a database. The plan after Apply is empty.
func Example() {
	key := dataprotect.Key{Name: "ledger", RotateEvery: 180 * 24 * time.Hour}
	bucket := dataprotect.Bucket{Name: "acme-ledger", Key: key.ARN()}
	secret := dataprotect.Secret{Name: "db-credentials", Key: key.ARN(), Value: dataprotect.Login("ledger", dataprotect.Password(32))}
	baseline := ztcore.NewBaseline("ledger", key, bucket, secret, dataprotect.AccountPublicAccessBlock{})

	ctx, cfg := context.Background(), wholeCloud().Config() // outside of a test: config.LoadDefaultConfig(ctx)
	plan, err := baseline.Plan(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := plan.Apply(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Count(ztcore.Done)+report.Count(ztcore.Already), "resources are as declared")
	plan, err = baseline.Plan(ctx, cfg)
	fmt.Println("empty:", plan.Empty(), err)
	// Output:
	// 11 resources are as declared
	// empty: true <nil>
}

// What an exception lets through shows in the plan with its reason.
func ExampleBucket_exception() {
	bucket := dataprotect.Bucket{Name: "acme-logs", S3ManagedKeyBecause: "log delivery can't use a key of KMS"}
	plan, err := ztcore.NewBaseline("ledger", bucket).Plan(context.Background(), wholeCloud().Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range plan.Steps {
		for _, e := range s.Exceptions {
			fmt.Printf("%s: %s: %s\n", s.Address, e.Attribute, e.Reason)
		}
	}
	// Output:
	// dataprotect.BucketEncryption/acme-logs: S3ManagedKeyBecause: log delivery can't use a key of KMS
}

// A preset is complete with a name alone.
func ExamplePreset() {
	plan, err := ztcore.NewBaseline("ledger", dataprotect.Preset{Name: "ledger"}).Plan(context.Background(), wholeCloud().Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range plan.Steps {
		fmt.Println(s.Action, s.Address)
	}
	// Output:
	// create dataprotect.Key/ledger
	// create dataprotect.Bucket/ledger-account-region
	// create dataprotect.BucketPublicAccess/ledger-account-region
	// create dataprotect.BucketOwnership/ledger-account-region
	// create dataprotect.BucketEncryption/ledger-account-region
	// create dataprotect.BucketVersioning/ledger-account-region
	// create dataprotect.BucketPolicy/ledger-account-region
	// create dataprotect.BucketLifecycle/ledger-account-region
	// create dataprotect.BucketLogging/ledger-account-region
	// create dataprotect.AccountPublicAccessBlock/account
}
