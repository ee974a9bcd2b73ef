package fakes3

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"io"
	"maps"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

const unversioned = "null"

// current is the newest version of a key, which may be a delete marker.
func (b *Bucket) current(key string) *Version {
	all := b.Objects[key]
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

// add puts a version on top, in the place of the one without an id if that is what it is.
func (b *Bucket) add(key string, v *Version) {
	if v.ID == unversioned {
		b.remove(key, unversioned)
	}
	b.Objects[key] = append(b.Objects[key], v)
}

func (b *Bucket) remove(key, id string) {
	all := b.Objects[key]
	for i, v := range all {
		if v.ID == id {
			all = append(all[:i:i], all[i+1:]...)
			break
		}
	}
	if len(all) == 0 {
		delete(b.Objects, key)
		return
	}
	b.Objects[key] = all
}

// nextID is the id of a new version: a random one while versioning is enabled.
func (s *Service) nextID(b *Bucket) string {
	if b.Versioning == types.BucketVersioningStatusEnabled {
		return s.cloud.ID("", 32)
	}
	return unversioned
}

// shownID is the id as a single object's answer has it: left out of a bucket that was never versioned.
func (b *Bucket) shownID(v *Version) *string {
	if b.Versioning == "" {
		return nil
	}
	return aws.String(v.ID)
}

// checkConditions applies If-Match and If-None-Match of a write.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
func (b *Bucket) checkConditions(ctx context.Context, key string, match, noneMatch *string) error {
	now := b.current(key)
	absent := now == nil || now.Marker
	switch {
	case noneMatch != nil && *noneMatch != "*":
		return refuse(501, "NotImplemented", "A header you provided implies functionality that is not implemented")
	case noneMatch != nil && !absent:
		return preconditionFailed(ctx)
	case match != nil && absent:
		return noSuchKey(ctx)
	case match != nil && !sameTag(*match, now.ETag):
		return preconditionFailed(ctx)
	}
	return nil
}

// sameTag compares entity tags, with or without quotes; * is any.
func sameTag(asked, is string) bool { return asked == "*" || asked == is || `"`+asked+`"` == is }

// PutObject stores a version. An encrypted one needs a key that KMS, where installed, finds and that is enabled.
func (s *Service) PutObject(ctx context.Context, in *s3.PutObjectInput, _ ...Options) (*s3.PutObjectOutput, error) {
	key := *in.Key
	b, err := s.reach(ctx, in.Bucket, in.ExpectedBucketOwner, "s3:PutObject", key)
	if err != nil {
		return nil, err
	}
	if len(key) > 1024 {
		return nil, refuse(400, "KeyTooLongError", "Your key is too long")
	}
	if err := b.checkConditions(ctx, key, in.IfMatch, in.IfNoneMatch); err != nil {
		return nil, err
	}
	v := &Version{ID: s.nextID(b), Modified: s.cloud.Now(), ContentType: aws.ToString(in.ContentType), Metadata: maps.Clone(in.Metadata)}
	if v.ContentType == "" {
		v.ContentType = "application/octet-stream"
	}
	if err := s.encrypt(ctx, b, v, in); err != nil {
		return nil, err
	}
	if in.Body != nil {
		if v.Body, err = io.ReadAll(in.Body); err != nil {
			return nil, refuse(400, "IncompleteBody", "The request body terminated unexpectedly")
		}
	}
	if in.ContentLength != nil && *in.ContentLength != int64(len(v.Body)) {
		return nil, refuse(400, "IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header")
	}
	v.ETag = `"` + s.tag(v) + `"`
	b.retain(v)
	b.add(key, v)
	out := &s3.PutObjectOutput{ETag: aws.String(v.ETag), VersionId: b.shownID(v), ServerSideEncryption: v.Encryption}
	if v.Key != "" {
		out.SSEKMSKeyId, out.BucketKeyEnabled = aws.String(v.Key), aws.Bool(v.BucketKey)
	}
	return out, nil
}

// tag is the entity tag: the MD5 sum, but of an object under a KMS key something else.
func (s *Service) tag(v *Version) string {
	if v.Key != "" {
		return s.cloud.ID("", 32)
	}
	sum := md5.Sum(v.Body)
	return hex.EncodeToString(sum[:])
}

// encrypt settles how a version is encrypted: as the request says, else as the bucket does.
func (s *Service) encrypt(ctx context.Context, b *Bucket, v *Version, in *s3.PutObjectInput) error {
	def := b.Encryption.ApplyServerSideEncryptionByDefault
	v.Encryption, v.BucketKey = def.SSEAlgorithm, aws.ToBool(b.Encryption.BucketKeyEnabled)
	ref := aws.ToString(def.KMSMasterKeyID)
	if in.ServerSideEncryption != "" {
		if in.ServerSideEncryption != v.Encryption {
			ref = ""
		}
		v.Encryption = in.ServerSideEncryption
	}
	if in.BucketKeyEnabled != nil {
		v.BucketKey = *in.BucketKeyEnabled
	}
	if in.SSEKMSKeyId != nil {
		ref = *in.SSEKMSKeyId
	}
	switch v.Encryption {
	case types.ServerSideEncryptionAes256:
		if in.SSEKMSKeyId != nil {
			return invalidArgument("Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms")
		}
		v.BucketKey = false
		return nil
	case types.ServerSideEncryptionAwsKms, types.ServerSideEncryptionAwsKmsDsse:
	default:
		return invalidArgument("The encryption method specified is not supported")
	}
	if ref == "" {
		ref = "alias/aws/s3"
	}
	arn, err := s.usableKey(ctx, ref)
	v.Key = arn
	return err
}

func (s *Service) usableKey(ctx context.Context, ref string) (string, error) {
	keys, ok := fakeaws.Capability[fakeaws.Keys](s.cloud)
	if !ok {
		return ref, nil
	}
	arn, enabled, _, ok := keys.Key(ctx, ref)
	switch {
	case !ok:
		return "", refuse(400, "KMS.NotFoundException", "Invalid keyId '%s'", ref)
	case !enabled:
		return "", refuse(400, "KMS.DisabledException", "%s is disabled.", arn)
	}
	return arn, nil
}

// find is the version that a read asks for.
func (s *Service) find(ctx context.Context, b *Bucket, key string, id, match, noneMatch *string) (*Version, error) {
	v := b.current(key)
	if id != nil {
		v = nil
		for _, have := range b.Objects[key] {
			if have.ID == *id {
				v = have
			}
		}
		if v == nil && !isHead(ctx) {
			return nil, refuse(404, "NoSuchVersion", "The specified version does not exist.")
		}
	}
	switch {
	case v == nil || v.Marker && id == nil:
		return nil, noSuchKey(ctx)
	case v.Marker:
		return nil, refuse(405, "MethodNotAllowed", "The specified method is not allowed against this resource.")
	case match != nil && !sameTag(*match, v.ETag):
		return nil, preconditionFailed(ctx)
	case noneMatch != nil && sameTag(*noneMatch, v.ETag):
		return nil, refuse(304, "NotModified", "Not Modified")
	}
	return v, nil
}

// GetObject answers a version with its body. Last-Modified is a header, so it has whole seconds. A version under a KMS key needs that key enabled.
func (s *Service) GetObject(ctx context.Context, in *s3.GetObjectInput, _ ...Options) (*s3.GetObjectOutput, error) {
	b, err := s.reach(ctx, in.Bucket, in.ExpectedBucketOwner, "s3:GetObject", *in.Key)
	if err != nil {
		return nil, err
	}
	v, err := s.find(ctx, b, *in.Key, in.VersionId, in.IfMatch, in.IfNoneMatch)
	if err != nil {
		return nil, err
	}
	out := &s3.GetObjectOutput{
		Body: io.NopCloser(bytes.NewReader(v.Body)), ContentLength: aws.Int64(int64(len(v.Body))), ContentType: aws.String(v.ContentType),
		ETag: aws.String(v.ETag), LastModified: aws.Time(v.Modified.Truncate(time.Second)), Metadata: maps.Clone(v.Metadata), VersionId: b.shownID(v),
		ServerSideEncryption: v.Encryption, AcceptRanges: aws.String("bytes"),
	}
	if v.Key != "" {
		if _, err := s.usableKey(ctx, v.Key); err != nil {
			return nil, err
		}
		out.SSEKMSKeyId, out.BucketKeyEnabled = aws.String(v.Key), aws.Bool(v.BucketKey)
	}
	if v.RetainedWith != "" {
		out.ObjectLockMode, out.ObjectLockRetainUntilDate = types.ObjectLockMode(v.RetainedWith), aws.Time(v.RetainUntil)
	}
	return out, nil
}

// HeadObject is GetObject without the body.
func (s *Service) HeadObject(ctx context.Context, in *s3.HeadObjectInput, _ ...Options) (*s3.HeadObjectOutput, error) {
	b, err := s.reach(ctx, in.Bucket, in.ExpectedBucketOwner, "s3:GetObject", *in.Key)
	if err != nil {
		return nil, err
	}
	v, err := s.find(ctx, b, *in.Key, in.VersionId, in.IfMatch, in.IfNoneMatch)
	if err != nil {
		return nil, err
	}
	out := &s3.HeadObjectOutput{
		ContentLength: aws.Int64(int64(len(v.Body))), ContentType: aws.String(v.ContentType), ETag: aws.String(v.ETag),
		LastModified: aws.Time(v.Modified.Truncate(time.Second)), Metadata: maps.Clone(v.Metadata), VersionId: b.shownID(v),
		ServerSideEncryption: v.Encryption, AcceptRanges: aws.String("bytes"),
	}
	if v.Key != "" {
		out.SSEKMSKeyId, out.BucketKeyEnabled = aws.String(v.Key), aws.Bool(v.BucketKey)
	}
	if v.RetainedWith != "" {
		out.ObjectLockMode, out.ObjectLockRetainUntilDate = types.ObjectLockMode(v.RetainedWith), aws.Time(v.RetainUntil)
	}
	return out, nil
}
