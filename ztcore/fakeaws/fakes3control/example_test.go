package fakes3control_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3control"
	"github.com/aws/aws-sdk-go-v2/service/s3control/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakes3control"
)

// An account has no block of its own until one is put.
func Example() {
	ctx, client := context.Background(), s3control.NewFromConfig(fakeaws.New(fakes3control.Install).Config())
	account := aws.String(fakeaws.DefaultAccount)
	_, err := client.GetPublicAccessBlock(ctx, &s3control.GetPublicAccessBlockInput{AccountId: account})
	var none *types.NoSuchPublicAccessBlockConfiguration
	fmt.Println("none:", errors.As(err, &none))

	_, err = client.PutPublicAccessBlock(ctx, &s3control.PutPublicAccessBlockInput{
		AccountId:                      account,
		PublicAccessBlockConfiguration: &types.PublicAccessBlockConfiguration{BlockPublicPolicy: aws.Bool(true)},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	block, err := client.GetPublicAccessBlock(ctx, &s3control.GetPublicAccessBlockInput{AccountId: account})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("public policies blocked:", *block.PublicAccessBlockConfiguration.BlockPublicPolicy)
	// Output:
	// none: true
	// public policies blocked: true
}
