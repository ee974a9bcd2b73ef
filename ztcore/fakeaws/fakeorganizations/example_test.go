package fakeorganizations_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeorganizations"
)

// Of a target's service control policies the last can't be detached.
func Example() {
	ctx, client := context.Background(), organizations.NewFromConfig(fakeaws.New(fakeorganizations.Install).Config())
	if _, err := client.CreateOrganization(ctx, &organizations.CreateOrganizationInput{}); err != nil {
		fmt.Println(err)
		return
	}
	roots, err := client.ListRoots(ctx, &organizations.ListRootsInput{})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.DetachPolicy(ctx, &organizations.DetachPolicyInput{PolicyId: aws.String("p-FullAWSAccess"), TargetId: roots.Roots[0].Id})
	var constraint *types.ConstraintViolationException
	if errors.As(err, &constraint) {
		fmt.Println(constraint.Reason)
	}
	// Output: MIN_POLICY_TYPE_ATTACHMENT_LIMIT_EXCEEDED
}
