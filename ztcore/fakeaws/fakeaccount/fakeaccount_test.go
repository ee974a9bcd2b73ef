package fakeaccount_test

import (
	"context"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/account/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeaccount"
)

var ctx = context.Background()

func security() *account.PutAlternateContactInput {
	return &account.PutAlternateContactInput{
		AlternateContactType: types.AlternateContactTypeSecurity, Name: aws.String("Sam"), Title: aws.String("CISO"),
		EmailAddress: aws.String("security@example.com"), PhoneNumber: aws.String("+1 (555) 0100"),
	}
}

func TestContactComesBackUntilItIsDeleted(t *testing.T) {
	c := account.NewFromConfig(fakeaws.New(fakeaccount.Install).Config())
	get := &account.GetAlternateContactInput{AlternateContactType: types.AlternateContactTypeSecurity}
	var missing *types.ResourceNotFoundException
	_, err := c.GetAlternateContact(ctx, get)
	require.ErrorAs(t, err, &missing)
	var response *awshttp.ResponseError
	require.ErrorAs(t, err, &response)
	require.Equal(t, 404, response.HTTPStatusCode())
	require.NotEmpty(t, response.ServiceRequestID())

	_, err = c.PutAlternateContact(ctx, security())
	require.NoError(t, err)
	got, err := c.GetAlternateContact(ctx, get)
	require.NoError(t, err)
	require.Equal(t, "security@example.com", *got.AlternateContact.EmailAddress)
	require.Equal(t, "+1 (555) 0100", *got.AlternateContact.PhoneNumber)
	_, err = c.GetAlternateContact(ctx, &account.GetAlternateContactInput{AlternateContactType: types.AlternateContactTypeBilling})
	require.ErrorAs(t, err, &missing, "types are apart")

	remove := &account.DeleteAlternateContactInput{AlternateContactType: types.AlternateContactTypeSecurity}
	_, err = c.DeleteAlternateContact(ctx, remove)
	require.NoError(t, err)
	_, err = c.DeleteAlternateContact(ctx, remove)
	require.ErrorAs(t, err, &missing)
}

func TestManagementAccountSetsContactsOfMembers(t *testing.T) {
	cloud := fakeaws.New(fakeaccount.Install)
	in := security()
	in.AccountId = aws.String("210987654321")
	_, err := account.NewFromConfig(cloud.Config()).PutAlternateContact(ctx, in)
	require.NoError(t, err)
	got, err := account.NewFromConfig(cloud.ConfigFor("210987654321", "us-east-1")).GetAlternateContact(ctx,
		&account.GetAlternateContactInput{AlternateContactType: types.AlternateContactTypeSecurity})
	require.NoError(t, err)
	require.Equal(t, "Sam", *got.AlternateContact.Name)
}

// Source of all but the last: https://docs.aws.amazon.com/accounts/latest/reference/API_PutAlternateContact.html
func TestRefusals(t *testing.T) {
	c := account.NewFromConfig(fakeaws.New(fakeaccount.Install).Config())
	for field, spoil := range map[string]func(*account.PutAlternateContactInput){
		"alternateContactType": func(in *account.PutAlternateContactInput) { in.AlternateContactType = "LEGAL" },
		"name":                 func(in *account.PutAlternateContactInput) { in.Name = aws.String(strings.Repeat("x", 65)) },
		"title":                func(in *account.PutAlternateContactInput) { in.Title = aws.String("") },
		"emailAddress":         func(in *account.PutAlternateContactInput) { in.EmailAddress = aws.String("nobody") },
		"phoneNumber":          func(in *account.PutAlternateContactInput) { in.PhoneNumber = aws.String("call me") },
		"accountId":            func(in *account.PutAlternateContactInput) { in.AccountId = aws.String("12") },
	} {
		in := security()
		spoil(in)
		_, err := c.PutAlternateContact(ctx, in)
		var invalid *types.ValidationException
		require.ErrorAs(t, err, &invalid, field)
		require.Equal(t, field, *invalid.FieldList[0].Name)
	}
	// "The management account can't specify its own AccountId."
	own := security()
	own.AccountId = aws.String(fakeaws.DefaultAccount)
	_, err := c.PutAlternateContact(ctx, own)
	var denied *types.AccessDeniedException
	require.ErrorAs(t, err, &denied)
}
