package fakesecretsmanager_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakesecretsmanager"
)

// The name of a deleted secret stays taken for as long as the secret can be restored.
func Example() {
	ctx, client := context.Background(), secretsmanager.NewFromConfig(fakeaws.New(fakesecretsmanager.Install).Config())
	secret := &secretsmanager.CreateSecretInput{Name: aws.String("db-credentials"), SecretString: aws.String("s3cret")}
	if _, err := client.CreateSecret(ctx, secret); err != nil {
		fmt.Println(err)
		return
	}
	if _, err := client.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: secret.Name}); err != nil {
		fmt.Println(err)
		return
	}
	_, err := client.CreateSecret(ctx, secret)
	var refused *types.InvalidRequestException
	fmt.Println("refused:", errors.As(err, &refused))
	// Output: refused: true
}
