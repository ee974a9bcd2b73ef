package fakes3_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakes3"
)

// A new bucket blocks public access, as AWS has it since 2023, so a public policy is refused.
func Example() {
	ctx, client := context.Background(), s3.NewFromConfig(fakeaws.New(fakes3.Install).Config())
	bucket := aws.String("acme-ledger")
	if _, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: bucket}); err != nil {
		fmt.Println(err)
		return
	}
	_, err := client.PutBucketPolicy(ctx, &s3.PutBucketPolicyInput{
		Bucket: bucket,
		Policy: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-ledger/*"}}`),
	})
	var refused smithy.APIError
	if errors.As(err, &refused) {
		fmt.Println(refused.ErrorCode())
	}
	// Output: AccessDenied
}
