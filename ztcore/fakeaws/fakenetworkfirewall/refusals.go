package fakenetworkfirewall

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall/types"
)

func invalid(format string, args ...any) error {
	return &types.InvalidRequestException{Message: aws.String(fmt.Sprintf(format, args...))}
}

// impossible is what the state of an object forbids: it is in use, or protected.
func impossible(format string, args ...any) error {
	return &types.InvalidOperationException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func notFound(what string) error {
	return &types.ResourceNotFoundException{Message: aws.String("The resource " + what + " was not found.")}
}

func limitExceeded(format string, args ...any) error {
	return &types.LimitExceededException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func staleToken() error {
	return &types.InvalidTokenException{Message: aws.String("The update token is not that of the latest version. Retrieve the resource again and use the token that comes with it.")}
}

func inUse() error {
	return impossible("Unable to delete the object because it is still in use")
}
