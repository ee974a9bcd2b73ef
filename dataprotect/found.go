package dataprotect

import (
	"errors"
	"maps"
	"slices"

	"github.com/aws/smithy-go"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// hasCode tells errors apart by AWS's code: the SDK has types for few of S3's.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
func hasCode(err error, code string) bool {
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == code
}

// sameOwner reports whether the ownership tags are those that are wanted.
func sameOwner(have, want map[string]string) bool {
	return have[ztcore.TagBaseline] == want[ztcore.TagBaseline] && have[ztcore.TagResource] == want[ztcore.TagResource]
}

// present leaves out what was not found.
func present[S any](found []*S) []S {
	var out []S
	for _, f := range found {
		if f != nil {
			out = append(out, *f)
		}
	}
	return out
}

func sorted(tags map[string]string) []string { return slices.Sorted(maps.Keys(tags)) }
