package lease_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
	"github.com/seed-08ecc977/zerotrust/ztcore/lease"
)

// What the lease stands on, by a server that others wrote. moto answers no 409, checks and writes in two steps (so that races prove
// nothing there), and time does not fly, so that expiry and renewal are tested on the fakes alone.
func TestConditionsOnTheWire(t *testing.T) {
	client := s3.NewFromConfig(kindtest.Wire(t))
	bucket, key := aws.String(newBucket(t, client)), aws.String("lease")
	put := func(match, noneMatch *string, body string) (*s3.PutObjectOutput, error) {
		return client.PutObject(ctx, &s3.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader(body), IfMatch: match, IfNoneMatch: noneMatch})
	}
	remove := func(match *string) error {
		_, err := client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: bucket, Key: key, IfMatch: match})
		return err
	}
	_, err := put(aws.String(`"nothing"`), nil, "one")
	require.Equal(t, 404, httpStatus(err), "%v", err)
	first, err := put(nil, aws.String("*"), "one")
	require.NoError(t, err)
	_, err = put(nil, aws.String("*"), "two")
	require.Equal(t, 412, httpStatus(err), "%v", err)
	second, err := put(first.ETag, nil, "two")
	require.NoError(t, err)
	_, err = put(first.ETag, nil, "three")
	require.Equal(t, 412, httpStatus(err), "%v", err)
	require.Equal(t, 412, httpStatus(remove(first.ETag)))
	got, err := client.GetObject(ctx, &s3.GetObjectInput{Bucket: bucket, Key: key})
	require.NoError(t, err)
	now, ok := awsmiddleware.GetServerTime(got.ResultMetadata)
	require.True(t, ok)
	require.WithinDuration(t, now, *got.LastModified, time.Minute)
	require.Equal(t, *second.ETag, *got.ETag)
	require.NoError(t, remove(second.ETag))
	require.Equal(t, 404, httpStatus(remove(second.ETag)))
}

func TestALeaseOnTheWire(t *testing.T) {
	cfg := kindtest.Wire(t)
	client := s3.NewFromConfig(cfg)
	s := &site{walls: map[string]string{}, working: map[string]int{}}
	l := lease.Bucket{Name: newBucket(t, client), Note: "CHG-1041"}
	plan := func(who string) *ztcore.Plan {
		p, err := s.baseline(who, "north of "+who).Plan(ctx, cfg)
		require.NoError(t, err)
		return p
	}
	var refused error
	rival := plan("bob")
	_, err := plan("ada").Apply(ctx, ztcore.WithLease(l), ztcore.WithProgress(func(e ztcore.Event) {
		if _, ok := e.(ztcore.Started); ok {
			_, refused = rival.Apply(ctx, ztcore.WithLease(l))
		}
	}))
	require.NoError(t, err)
	var held *lease.HeldError
	require.ErrorAs(t, refused, &held)
	require.Equal(t, "CHG-1041", held.Note)
	require.WithinDuration(t, time.Now().Add(5*time.Minute), held.Until, time.Minute)
	_, err = rival.Apply(ctx, ztcore.WithLease(l), ztcore.WithProgress(func(e ztcore.Event) {
		if _, ok := e.(ztcore.Started); ok { // somebody deletes it by hand
			list, err := client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: &l.Name})
			require.NoError(t, err)
			require.Len(t, list.Contents, 1)
			_, err = client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &l.Name, Key: list.Contents[0].Key})
			require.NoError(t, err)
		}
	}))
	var lost *lease.LostError
	require.ErrorAs(t, err, &lost)
	require.Len(t, s.walls, 2)
}

func newBucket(t *testing.T, client *s3.Client) string {
	t.Helper()
	name := "leases-" + strings.ToLower(strings.ReplaceAll(time.Now().Format("150405.000000000"), ".", "-"))
	_, err := client.CreateBucket(ctx, &s3.CreateBucketInput{Bucket: &name})
	require.NoError(t, err)
	return name
}

func httpStatus(err error) int {
	var resp *awshttp.ResponseError
	if errors.As(err, &resp) {
		return resp.HTTPStatusCode()
	}
	return 0
}
