package fakesecretsmanager

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
)

func invalidParameter(format string, args ...any) error {
	return &types.InvalidParameterException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func invalidRequest(format string, args ...any) error {
	return &types.InvalidRequestException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func notFound(what string) error {
	return &types.ResourceNotFoundException{Message: aws.String("Secrets Manager can't find the specified " + what + ".")}
}

// pageSize is the size of a page: 1 to 100, 100 when not given.
func pageSize(asked *int32) error {
	if asked != nil && (*asked < 1 || *asked > 100) {
		return invalidParameter("MaxResults must be between 1 and 100")
	}
	return nil
}

func badToken() error {
	return &types.InvalidNextTokenException{Message: aws.String("The NextToken value is invalid.")}
}
