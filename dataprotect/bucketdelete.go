package dataprotect

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// BucketNotEmptyError says what keeps a bucket from being removed. It wraps S3's error.
type BucketNotEmptyError struct {
	Name                       string
	Objects, Versions, Markers int  // current objects, older versions, delete markers
	More                       bool // and more, which were not counted
	Err                        error
}

func (e *BucketNotEmptyError) Error() string {
	more := ""
	if e.More {
		more = " and more"
	}
	return fmt.Sprintf("bucket %q holds %d objects, %d older versions and %d delete markers%s: let a lifecycle rule expire them, or set EmptyOnDelete to the reason for deleting them all: %v",
		e.Name, e.Objects, e.Versions, e.Markers, more, e.Err)
}

// Unwrap returns S3's error.
func (e *BucketNotEmptyError) Unwrap() error { return e.Err }

// deleteBucket removes an empty bucket, and one that is not only where the declaration says why. Cut off while it empties
// the bucket, it goes on there the next time.
func deleteBucket(ctx context.Context, sc *ztcore.Scope, have bucketState) error {
	client := s3.NewFromConfig(sc.Config)
	in := &s3.DeleteBucketInput{Bucket: &have.Name, ExpectedBucketOwner: &sc.Account}
	_, err := client.DeleteBucket(ctx, in)
	if hasCode(err, "BucketNotEmpty") {
		if have.EmptyOnDelete == "" {
			return countBucket(ctx, client, have.Name, sc.Account, err)
		}
		if err := emptyBucket(ctx, client, have.Name, sc.Account); err != nil {
			return err
		}
		_, err = client.DeleteBucket(ctx, in)
	}
	if hasCode(err, "NoSuchBucket") {
		return nil
	}
	return err
}

// countBucket counts the first ten pages of a thousand, enough to tell a test's left-overs from an archive.
func countBucket(ctx context.Context, client *s3.Client, name, owner string, refused error) error {
	e := &BucketNotEmptyError{Name: name, Err: refused}
	in := &s3.ListObjectVersionsInput{Bucket: &name, ExpectedBucketOwner: &owner}
	for range 10 {
		page, err := client.ListObjectVersions(ctx, in)
		if err != nil {
			return errors.Join(refused, err)
		}
		for _, v := range page.Versions {
			if aws.ToBool(v.IsLatest) {
				e.Objects++
			} else {
				e.Versions++
			}
		}
		e.Markers += len(page.DeleteMarkers)
		if e.More = aws.ToBool(page.IsTruncated); !e.More {
			break
		}
		in.KeyMarker, in.VersionIdMarker = page.NextKeyMarker, page.NextVersionIdMarker
	}
	return e
}

// emptyBucket deletes every version and delete marker, a page of up to a thousand at a time. What is left is what was not
// reached yet, so it always lists from the start.
func emptyBucket(ctx context.Context, client *s3.Client, name, owner string) error {
	for {
		page, err := client.ListObjectVersions(ctx, &s3.ListObjectVersionsInput{Bucket: &name, ExpectedBucketOwner: &owner})
		if err != nil {
			return err
		}
		var batch []types.ObjectIdentifier
		for _, v := range page.Versions {
			batch = append(batch, types.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
		}
		for _, m := range page.DeleteMarkers {
			batch = append(batch, types.ObjectIdentifier{Key: m.Key, VersionId: m.VersionId})
		}
		if len(batch) == 0 {
			return nil
		}
		out, err := client.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &name, ExpectedBucketOwner: &owner, Delete: &types.Delete{Objects: batch, Quiet: aws.Bool(true)}})
		if err != nil {
			return err
		}
		if len(out.Errors) > 0 {
			e := out.Errors[0]
			return fmt.Errorf("emptying bucket %q: %d of %d versions could not be deleted, the first is %s: %s %s",
				name, len(out.Errors), len(batch), aws.ToString(e.Key), aws.ToString(e.Code), aws.ToString(e.Message))
		}
	}
}
