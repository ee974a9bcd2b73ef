package network

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// refusedWith reports whether AWS refused with one of the codes. EC2 has no error types.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
func refusedWith(err error, codes ...string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && slices.Contains(codes, api.ErrorCode())
}

// unless makes nil of a refusal with one of the codes.
func unless(err error, codes ...string) error {
	if refusedWith(err, codes...) {
		return nil
	}
	return err
}

// InUseError says what keeps an object from being deleted. Waiting does not help; removing what is named does.
type InUseError struct {
	Object string   // its id
	By     []string // what uses it, with its id, description and owner
	Err    error    // what AWS answered, if it was asked
}

func (e *InUseError) Error() string {
	return fmt.Sprintf("%s is in use by %s: remove that first", e.Object, strings.Join(e.By, ", "))
}

// Unwrap returns the SDK's error.
func (e *InUseError) Unwrap() error { return e.Err }

// stillDetaching is AWS's refusal while something that was just deleted goes away. That of an *InUseError reads
// otherwise, so it fails at once.
var stillDetaching = []ztcore.Retry{{Code: "DependencyViolation", Message: "depend"}}

// blamed turns a refused deletion into an *InUseError when who is to blame can be found.
func blamed(ctx context.Context, sc *ztcore.Scope, err error, object string, users func(context.Context, *ztcore.Scope) ([]string, error)) error {
	if !refusedWith(err, "DependencyViolation") {
		return err
	}
	by, uerr := users(ctx, sc)
	if uerr != nil || len(by) == 0 {
		return errors.Join(err, uerr)
	}
	return &InUseError{Object: object, By: by, Err: err}
}

// interfaces names the network interfaces that a filter finds, less those that are on their way out.
func interfaces(ctx context.Context, sc *ztcore.Scope, f types.Filter) ([]string, error) {
	found, err := describeInterfaces(ctx, sc, f)
	var out []string
	for _, n := range found {
		if n.Status != types.NetworkInterfaceStatusDetaching {
			out = append(out, interfaceName(n))
		}
	}
	return out, err
}

func interfaceName(n types.NetworkInterface) string {
	s := "interface " + aws.ToString(n.NetworkInterfaceId)
	if d := aws.ToString(n.Description); d != "" {
		s += fmt.Sprintf(" (%s)", d)
	}
	if n.Attachment != nil && n.Attachment.InstanceId != nil {
		s += " of instance " + *n.Attachment.InstanceId
	}
	if n.OwnerId != nil {
		s += " of account " + *n.OwnerId
	}
	return s
}
