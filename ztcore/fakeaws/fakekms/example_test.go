package fakekms_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakekms"
)

// A key encrypts until it is disabled.
func Example() {
	ctx, client := context.Background(), kms.NewFromConfig(fakeaws.New(fakekms.Install).Config())
	key, err := client.CreateKey(ctx, &kms.CreateKeyInput{Description: aws.String("ledger")})
	if err != nil {
		fmt.Println(err)
		return
	}
	id := key.KeyMetadata.KeyId
	_, err = client.Encrypt(ctx, &kms.EncryptInput{KeyId: id, Plaintext: []byte("balance")})
	fmt.Println("enabled:", err)

	if _, err := client.DisableKey(ctx, &kms.DisableKeyInput{KeyId: id}); err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Encrypt(ctx, &kms.EncryptInput{KeyId: id, Plaintext: []byte("balance")})
	var disabled *types.DisabledException
	fmt.Println("disabled:", errors.As(err, &disabled))
	// Output:
	// enabled: <nil>
	// disabled: true
}
