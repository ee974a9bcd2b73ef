package fakes3

import (
	"net/netip"
	"regexp"
	"strings"
)

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// checkName applies the naming rules of general purpose buckets.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
func checkName(name string) error {
	bad := !bucketName.MatchString(name) || strings.Contains(name, "..")
	if _, err := netip.ParseAddr(name); err == nil {
		bad = true
	}
	for _, prefix := range []string{"xn--", "sthree-", "amzn-s3-demo-"} {
		bad = bad || strings.HasPrefix(name, prefix)
	}
	for _, suffix := range []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3", "-an"} {
		bad = bad || strings.HasSuffix(name, suffix)
	}
	if bad {
		return refuse(400, "InvalidBucketName", "The specified bucket is not valid.")
	}
	return nil
}
