package fakests_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
)

// The account and region are the test's choice.
func Example() {
	cloud := fakeaws.New(fakests.Install)
	me, err := sts.NewFromConfig(cloud.ConfigFor("210987654321", "eu-central-1")).GetCallerIdentity(context.Background(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(*me.Account)
	// Output: 210987654321
}
