package fakeaws_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
)

// A fault is answered to the calls that it matches. What no service handles fails by name.
func Example() {
	ctx, cloud := context.Background(), fakeaws.New(fakests.Install)
	client := sts.NewFromConfig(cloud.Config())

	fault := cloud.Inject(nil, &fakeaws.Fault{Operation: "GetCallerIdentity", Before: fakeaws.Denied("sts:GetCallerIdentity")})
	_, err := client.GetCallerIdentity(ctx, nil)
	fmt.Println("denied:", err != nil)

	cloud.Lift(fault)
	me, err := client.GetCallerIdentity(ctx, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("lifted:", *me.Account)

	_, err = client.GetSessionToken(ctx, nil)
	var notFaked *fakeaws.NotFakedError
	if errors.As(err, &notFaked) {
		fmt.Println("not faked:", notFaked.Service, notFaked.Operation)
	}
	// Output:
	// denied: true
	// lifted: 123456789012
	// not faked: STS GetSessionToken
}
