package fakewafv2_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/wafv2"
	"github.com/aws/aws-sdk-go-v2/service/wafv2/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakewafv2"
)

// What is of the scope CLOUDFRONT lives in us-east-1 only.
func Example() {
	cloud := fakeaws.New(fakewafv2.Install)
	client := wafv2.NewFromConfig(cloud.ConfigFor(fakeaws.DefaultAccount, "eu-central-1"))
	_, err := client.ListWebACLs(context.Background(), &wafv2.ListWebACLsInput{Scope: types.ScopeCloudfront})
	var invalid *types.WAFInvalidParameterException
	fmt.Println(errors.As(err, &invalid), aws.ToString(invalid.Parameter))
	// Output: true CLOUDFRONT
}
