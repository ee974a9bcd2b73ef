package all_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/all"
)

// The clients are the SDK's own; a program under test is given cloud.Config() where it would load its own.
func Example() {
	ctx, cloud := context.Background(), all.New()
	cfg := cloud.Config()
	if _, err := kms.NewFromConfig(cfg).CreateKey(ctx, &kms.CreateKeyInput{}); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := s3.NewFromConfig(cfg).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("acme-ledger")}); err != nil {
		fmt.Println(err)
		return
	}
	for _, call := range cloud.Writes() {
		fmt.Println(call.Service, call.Operation)
	}
	// Output:
	// KMS CreateKey
	// S3 CreateBucket
}
