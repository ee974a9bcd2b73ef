package fakessm_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakessm"
)

// What AWS would refuse is refused in a test, with its words.
func Example() {
	client := ssm.NewFromConfig(fakeaws.New(fakessm.Install).Config())
	_, err := client.CreateAssociation(context.Background(), &ssm.CreateAssociationInput{
		Name:       aws.String("AWS-RunPatchBaseline"),
		Parameters: map[string][]string{"Operation": {"Patch"}},
		Targets:    []types.Target{{Key: aws.String("tag:PatchGroup"), Values: []string{"web"}}},
	})
	fmt.Println(code(err))
	// Output: InvalidParameters
}
