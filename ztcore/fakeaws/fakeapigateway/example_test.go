package fakeapigateway_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeapigateway"
)

// A method without an integration can't be deployed, so it is never callable.
func Example() {
	ctx, client := context.Background(), apigateway.NewFromConfig(fakeaws.New(fakeapigateway.Install).Config())
	api, err := client.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("MySecureAPI")})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.PutMethod(ctx, &apigateway.PutMethodInput{RestApiId: api.Id, ResourceId: api.RootResourceId, HttpMethod: aws.String("GET"), AuthorizationType: aws.String("AWS_IAM")})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: api.Id})
	var refused *types.BadRequestException
	fmt.Println(errors.As(err, &refused), refused.ErrorMessage())
	// Output: true No integration defined for method
}
