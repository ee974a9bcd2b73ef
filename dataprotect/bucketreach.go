package dataprotect

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// BucketTakenError says that S3 refuses to show a bucket that is not among the account's own. Its name is in use by another account,
// since names are unique in the whole partition; or it is gone, and the caller may not read buckets' tags. It wraps the SDK's error.
type BucketTakenError struct {
	Name string
	Err  error
}

func (e *BucketTakenError) Error() string {
	return fmt.Sprintf("bucket %q belongs to another account (choose another name, one with your account's id say), or is gone and its tags may not be read: %v", e.Name, e.Err)
}

// Unwrap returns the SDK's error.
func (e *BucketTakenError) Unwrap() error { return e.Err }

// s3Domain is what S3 serializes: a second write to one bucket is refused while the first is under way.
func s3Domain(bucket string) string { return "s3/" + bucket }

// configured sorts the answers to reading a bucket's setting: whether the bucket exists, and whether the setting is set, which
// it is not when S3 answers with the code none.
func configured(err error, none string) (exists, set bool, _ error) {
	switch {
	case err == nil:
		return true, true, nil
	case hasCode(err, "NoSuchBucket"):
		return false, false, nil
	case hasCode(err, none):
		return true, false, nil
	}
	return false, false, err
}

// unreachable explains why a bucket that exists can't be read. A refusal is never absence: if S3 blames the caller's policies, as it
// does within an account, or the bucket is among the account's own, the permission is missing; else it is someone else's.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/troubleshoot-403-errors.html
func unreachable(ctx context.Context, sc *ztcore.Scope, name string, err error) error {
	switch {
	case hasCode(err, "PermanentRedirect"):
		return fmt.Errorf("bucket %q is in another region than %s: plan it there, or choose another name: %w", name, sc.Region, err)
	case !hasCode(err, "AccessDenied"), strings.Contains(err.Error(), "identity-based policy"):
		return err
	}
	own, listErr := bucketNames(ctx, sc, name)
	if listErr != nil || slices.Contains(own, name) {
		return err
	}
	return &BucketTakenError{name, err}
}

// bucketNames lists the account's buckets in the region.
func bucketNames(ctx context.Context, sc *ztcore.Scope, prefix string) ([]string, error) {
	client := s3.NewFromConfig(sc.Config)
	in := &s3.ListBucketsInput{BucketRegion: &sc.Region, MaxBuckets: aws.Int32(1000)}
	if prefix != "" {
		in.Prefix = &prefix
	}
	for out := []string(nil); ; {
		page, err := client.ListBuckets(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, b := range page.Buckets {
			out = append(out, aws.ToString(b.Name))
		}
		if aws.ToString(page.ContinuationToken) == "" {
			return out, nil
		}
		in.ContinuationToken = page.ContinuationToken
	}
}
