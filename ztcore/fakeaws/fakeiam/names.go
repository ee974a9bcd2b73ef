package fakeiam

import (
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// The longest names that IAM takes.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const (
	longestUser    = 64
	longestRole    = 64
	longestName    = 128 // groups, policies, instance profiles, providers
	longestPath    = 512
	longestMFAName = 226
)

var (
	namePattern = regexp.MustCompile(`^[\w+=,.@-]+$`)
	pathPattern = regexp.MustCompile(`^(/|/[!-~]+/)$`)
)

// checkName refuses what is no name; member is the input's, as AWS spells it.
func checkName(member string, name *string, longest int) error {
	n := aws.ToString(name)
	if n == "" {
		return invalid("1 validation error detected: Value at '%s' failed to satisfy constraint: Member must have length greater than or equal to 1", member)
	}
	if len(n) > longest {
		return invalid("1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: Member must have length less than or equal to %d", n, member, longest)
	}
	if !namePattern.MatchString(n) {
		return invalid("The specified value for %s is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-", member)
	}
	return nil
}

// checkPath returns the path of a new entity, "/" if none is given.
func checkPath(path *string) (string, error) {
	if path == nil {
		return "/", nil
	}
	if len(*path) > longestPath || !pathPattern.MatchString(*path) || strings.Contains(*path, "//") {
		return "", invalid("The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.")
	}
	return *path, nil
}
