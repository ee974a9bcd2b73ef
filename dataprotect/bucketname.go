package dataprotect

import (
	"net/netip"
	"regexp"
	"strings"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// declaredName is what a bucket is called in its baseline: its name, in words where that depends on the account or region.
func declaredName(name string) string {
	return strings.NewReplacer(ztcore.AccountID, "account", ztcore.Region, "region", ztcore.Partition, "partition").Replace(name)
}

var bucketNameRE = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// checkBucketName holds the rules for general purpose buckets.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
func checkBucketName(name string) []ztcore.Finding {
	name = strings.NewReplacer(ztcore.AccountID, "123456789012", ztcore.Region, "ap-southeast-1", ztcore.Partition, "aws-us-gov").Replace(name)
	if ztcore.HasToken(name) {
		return nil // not known yet
	}
	fix := ""
	_, notIP := netip.ParseAddr(name)
	switch {
	case !bucketNameRE.MatchString(name):
		fix = "use 3–63 lower-case letters, digits, hyphens and dots, with a letter or digit at both ends"
	case strings.Contains(name, ".."):
		fix = "don't put two dots side by side"
	case notIP == nil:
		fix = "don't use the form of an IP address"
	}
	for _, p := range []string{"xn--", "sthree-", "amzn-s3-demo-"} {
		if strings.HasPrefix(name, p) {
			fix = "don't begin with " + p + ", which is reserved"
		}
	}
	for _, s := range []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"} {
		if strings.HasSuffix(name, s) {
			fix = "don't end with " + s + ", which is reserved"
		}
	}
	if fix == "" {
		return nil
	}
	return []ztcore.Finding{{Attribute: "Name", Message: name + " can't be the name of a bucket", Fix: fix}}
}
