package fakecognitoidentityprovider_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakecognitoidentityprovider"
)

// Threat protection takes the feature plan Plus, and a new pool is on Essentials.
func Example() {
	ctx, client := context.Background(), cognitoidentityprovider.NewFromConfig(fakeaws.New(fakecognitoidentityprovider.Install).Config())
	_, err := client.CreateUserPool(ctx, &cognitoidentityprovider.CreateUserPoolInput{
		PoolName: aws.String("MyUserPool"), UserPoolAddOns: &types.UserPoolAddOnsType{AdvancedSecurityMode: types.AdvancedSecurityModeTypeEnforced},
	})
	var refused *types.FeatureUnavailableInTierException
	fmt.Println("refused:", errors.As(err, &refused))
	// Output: refused: true
}
