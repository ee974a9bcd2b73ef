package iam

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// NoBoundary in the place of a permissions boundary says that there must be none. An empty Boundary leaves one that is
// there in place: a declaration that does not speak of it never takes a limit away.
const NoBoundary id.PolicyARN = "none"

// wantedBoundary is nil for what is not managed, and points to "" for none.
func wantedBoundary(b id.PolicyARN) *id.PolicyARN {
	switch b {
	case "":
		return nil
	case NoBoundary:
		b = ""
	}
	return &b
}

func seenBoundary(b *types.AttachedPermissionsBoundary) *id.PolicyARN {
	var a id.PolicyARN
	if b != nil {
		a = id.PolicyARN(aws.ToString(b.PermissionsBoundaryArn))
	}
	return &a
}

// boundaryOnCreate is nil where a new identity is to have no boundary.
func boundaryOnCreate(b *id.PolicyARN) *string {
	if b == nil || *b == "" {
		return nil
	}
	return (*string)(b)
}
