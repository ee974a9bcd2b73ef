package fakes3

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// S3's client knows an error's type for some operations only, and the answer to a HEAD has no body and hence no code but the
// name of its HTTP status. What a program sees here is what it would see there.
// Codes: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html

func isHead(ctx context.Context) bool {
	op := fakeaws.CallFrom(ctx).Operation
	return op == "HeadBucket" || op == "HeadObject"
}

func refuse(status int, code, format string, args ...any) error {
	return fakeaws.Status(status, fakeaws.Error(code, format, args...))
}

func noSuchBucket(ctx context.Context) error {
	const message = "The specified bucket does not exist"
	switch {
	case isHead(ctx):
		return fakeaws.Status(404, &types.NotFound{Message: aws.String("Not Found")})
	case fakeaws.CallFrom(ctx).Operation == "ListObjectsV2":
		return fakeaws.Status(404, &types.NoSuchBucket{Message: aws.String(message)})
	}
	return refuse(404, "NoSuchBucket", message)
}

func noSuchKey(ctx context.Context) error {
	const message = "The specified key does not exist."
	switch {
	case isHead(ctx):
		return fakeaws.Status(404, &types.NotFound{Message: aws.String("Not Found")})
	case fakeaws.CallFrom(ctx).Operation == "GetObject":
		return fakeaws.Status(404, &types.NoSuchKey{Message: aws.String(message)})
	}
	return refuse(404, "NoSuchKey", message)
}

func denied(ctx context.Context, why string) error {
	if isHead(ctx) {
		return refuse(403, "Forbidden", "Forbidden")
	}
	return refuse(403, "AccessDenied", "%s", why)
}

func elsewhere(ctx context.Context) error {
	if isHead(ctx) {
		return refuse(301, "MovedPermanently", "Moved Permanently")
	}
	return refuse(301, "PermanentRedirect", "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.")
}

func conflict() error {
	return refuse(409, "OperationAborted", "A conflicting conditional operation is currently in progress against this resource. Please try again.")
}

func malformedXML() error {
	return refuse(400, "MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
}

func invalidArgument(format string, args ...any) error {
	return refuse(400, "InvalidArgument", format, args...)
}

func preconditionFailed(ctx context.Context) error {
	if isHead(ctx) {
		return refuse(412, "PreconditionFailed", "Precondition Failed")
	}
	return refuse(412, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
}
