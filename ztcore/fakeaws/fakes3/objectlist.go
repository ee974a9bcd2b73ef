package fakes3

import (
	"context"
	"sort"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

const mostKeys = 1000

func (b *Bucket) keys(prefix string) []string {
	var out []string
	for key := range b.Objects {
		if strings.HasPrefix(key, prefix) {
			out = append(out, key)
		}
	}
	sort.Strings(out)
	return out
}

func checkMaxKeys(n *int32) error {
	if n != nil && *n < 1 {
		return invalidArgument("Argument maxKeys must be an integer between 1 and 2147483647")
	}
	return nil
}

// ListObjectsV2 lists current objects by key, 1000 a page; with a delimiter, keys that share a part up to it are one common prefix.
func (s *Service) ListObjectsV2(ctx context.Context, in *s3.ListObjectsV2Input, _ ...Options) (*s3.ListObjectsV2Output, error) {
	b, err := s.reach(ctx, in.Bucket, in.ExpectedBucketOwner, "s3:ListBucket", "")
	if err != nil {
		return nil, err
	}
	if err := checkMaxKeys(in.MaxKeys); err != nil {
		return nil, err
	}
	prefix, delimiter := aws.ToString(in.Prefix), aws.ToString(in.Delimiter)
	var entries []string // keys, and common prefixes once
	common := map[string]bool{}
	for _, key := range b.keys(prefix) {
		if b.current(key).Marker || key <= aws.ToString(in.StartAfter) {
			continue
		}
		if delimiter != "" {
			if before, _, cut := strings.Cut(key[len(prefix):], delimiter); cut {
				key = prefix + before + delimiter
				if common[key] {
					continue
				}
				common[key] = true
			}
		}
		entries = append(entries, key)
	}
	page, next, ok := fakeaws.Page(ctx, entries, in.ContinuationToken, in.MaxKeys, mostKeys)
	if !ok {
		return nil, invalidArgument("The continuation token provided is incorrect")
	}
	out := &s3.ListObjectsV2Output{
		Name: aws.String(b.Name), Prefix: aws.String(prefix), KeyCount: aws.Int32(int32(len(page))), MaxKeys: aws.Int32(mostKeys),
		IsTruncated: aws.Bool(next != nil), NextContinuationToken: next,
	}
	if in.MaxKeys != nil {
		out.MaxKeys = aws.Int32(min(*in.MaxKeys, mostKeys))
	}
	if delimiter != "" {
		out.Delimiter = aws.String(delimiter)
	}
	for _, key := range page {
		if common[key] {
			out.CommonPrefixes = append(out.CommonPrefixes, types.CommonPrefix{Prefix: aws.String(key)})
			continue
		}
		v := b.current(key)
		out.Contents = append(out.Contents, types.Object{
			Key: aws.String(key), ETag: aws.String(v.ETag), LastModified: aws.Time(v.Modified), Size: aws.Int64(int64(len(v.Body))),
			StorageClass: types.ObjectStorageClassStandard,
		})
	}
	return out, nil
}

// ListObjectVersions lists versions and delete markers by key, newest first, 1000 a page.
func (s *Service) ListObjectVersions(ctx context.Context, in *s3.ListObjectVersionsInput, _ ...Options) (*s3.ListObjectVersionsOutput, error) {
	b, err := s.reach(ctx, in.Bucket, in.ExpectedBucketOwner, "s3:ListBucketVersions", "")
	if err != nil {
		return nil, err
	}
	if err := checkMaxKeys(in.MaxKeys); err != nil {
		return nil, err
	}
	if in.VersionIdMarker != nil && in.KeyMarker == nil {
		return nil, invalidArgument("A version-id marker cannot be specified without a key marker.")
	}
	type entry struct {
		key    string
		v      *Version
		latest bool
	}
	var all []entry
	for _, key := range b.keys(aws.ToString(in.Prefix)) {
		versions := b.Objects[key]
		if key < aws.ToString(in.KeyMarker) || key == aws.ToString(in.KeyMarker) && in.VersionIdMarker == nil {
			continue
		}
		passed := key != aws.ToString(in.KeyMarker)
		for i := len(versions) - 1; i >= 0; i-- {
			if passed {
				all = append(all, entry{key, versions[i], i == len(versions)-1})
			}
			passed = passed || versions[i].ID == aws.ToString(in.VersionIdMarker)
		}
	}
	page, next, _ := fakeaws.Page(ctx, all, nil, in.MaxKeys, mostKeys)
	out := &s3.ListObjectVersionsOutput{
		Name: aws.String(b.Name), Prefix: aws.String(aws.ToString(in.Prefix)), MaxKeys: aws.Int32(mostKeys), IsTruncated: aws.Bool(next != nil),
	}
	if in.MaxKeys != nil {
		out.MaxKeys = aws.Int32(min(*in.MaxKeys, mostKeys))
	}
	for _, e := range page {
		if e.v.Marker {
			out.DeleteMarkers = append(out.DeleteMarkers, types.DeleteMarkerEntry{
				Key: aws.String(e.key), VersionId: aws.String(e.v.ID), IsLatest: aws.Bool(e.latest), LastModified: aws.Time(e.v.Modified), Owner: owner(b.Account),
			})
			continue
		}
		out.Versions = append(out.Versions, types.ObjectVersion{
			Key: aws.String(e.key), VersionId: aws.String(e.v.ID), IsLatest: aws.Bool(e.latest), LastModified: aws.Time(e.v.Modified), Owner: owner(b.Account),
			ETag: aws.String(e.v.ETag), Size: aws.Int64(int64(len(e.v.Body))), StorageClass: types.ObjectVersionStorageClassStandard,
		})
	}
	if next != nil {
		last := page[len(page)-1]
		out.NextKeyMarker, out.NextVersionIdMarker = aws.String(last.key), aws.String(last.v.ID)
	}
	return out, nil
}
