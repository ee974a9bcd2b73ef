package fakeiam_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
)

// A role whose trust policy names a principal that does not exist is refused.
func Example() {
	ctx, client := context.Background(), iam.NewFromConfig(fakeaws.New(fakeiam.Install).Config())
	role := &iam.CreateRoleInput{
		RoleName:                 aws.String("reader"),
		AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:role/nobody"},"Action":"sts:AssumeRole"}}`),
	}
	_, err := client.CreateRole(ctx, role)
	var malformed *types.MalformedPolicyDocumentException
	fmt.Println("refused:", errors.As(err, &malformed))

	role.AssumeRolePolicyDocument = aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}`)
	made, err := client.CreateRole(ctx, role)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(*made.Role.Arn)
	// Output:
	// refused: true
	// arn:aws:iam::123456789012:role/reader
}
