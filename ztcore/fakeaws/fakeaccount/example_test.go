package fakeaccount_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/account/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeaccount"
)

// A fresh account has no alternate contacts.
func Example() {
	ctx, client := context.Background(), account.NewFromConfig(fakeaws.New(fakeaccount.Install).Config())
	security := &account.GetAlternateContactInput{AlternateContactType: types.AlternateContactTypeSecurity}
	_, err := client.GetAlternateContact(ctx, security)
	var none *types.ResourceNotFoundException
	fmt.Println("none:", errors.As(err, &none))

	_, err = client.PutAlternateContact(ctx, &account.PutAlternateContactInput{
		AlternateContactType: types.AlternateContactTypeSecurity, Name: aws.String("Security Team"), Title: aws.String("On call"),
		EmailAddress: aws.String("security@example.com"), PhoneNumber: aws.String("+1-555-0100"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	got, err := client.GetAlternateContact(ctx, security)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(*got.AlternateContact.EmailAddress)
	// Output:
	// none: true
	// security@example.com
}
