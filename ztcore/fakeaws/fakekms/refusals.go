package fakekms

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

func notFound(format string, args ...any) error {
	return &types.NotFoundException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func invalid(format string, args ...any) error {
	return fakeaws.Error("ValidationException", format, args...)
}

func wrongState(format string, args ...any) error {
	return &types.KMSInvalidStateException{Message: aws.String(fmt.Sprintf(format, args...))}
}

// denied is what the policy of an AWS-managed key answers to changes, and what other accounts' keys answer to management.
func denied(caller fakeaws.Caller, action, resource string) error {
	return fakeaws.Error("AccessDeniedException", "User: %s is not authorized to perform: kms:%s on resource: %s because no resource-based policy allows the kms:%[2]s action",
		caller.ARN, action, resource)
}

// usable refuses a key that cannot be used now.
// https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html
func (k *Key) usable() error {
	if err := k.changeable(); err != nil {
		return err
	}
	if k.Disabled {
		return &types.DisabledException{Message: aws.String(k.ARN + " is disabled.")}
	}
	return nil
}

// changeable refuses a key that is pending deletion.
func (k *Key) changeable() error {
	if k.Deletion != nil {
		return wrongState("%s is pending deletion.", k.ARN)
	}
	return nil
}

// pageSize is the size of a page: 1 to most, ordinary when not given.
func pageSize(asked *int32, ordinary, most int32) (*int32, error) {
	if asked == nil {
		return &ordinary, nil
	}
	if *asked < 1 || *asked > most {
		return nil, invalid("1 validation error detected: Value '%d' at 'limit' failed to satisfy constraint: Member must have value less than or equal to %d", *asked, most)
	}
	return asked, nil
}

func badMarker() error {
	return &types.InvalidMarkerException{Message: aws.String("Could not deserialize marker")}
}
