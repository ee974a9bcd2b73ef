package fakes3

import (
	"context"
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
)

// delete removes the version with the id. Without an id it removes the object: for good where versioning was never
// enabled, else under a delete marker.
func (s *Service) delete(ctx context.Context, b *Bucket, key string, id, match *string, bypass bool) (*types.DeletedObject, error) {
	if match != nil {
		if err := b.checkConditions(ctx, key, match, nil); err != nil {
			return nil, err
		}
	}
	out := &types.DeletedObject{Key: aws.String(key)}
	if id == nil {
		if b.Versioning == "" {
			b.remove(key, unversioned)
			return out, nil
		}
		marker := &Version{ID: s.nextID(b), Marker: true, Modified: s.cloud.Now()}
		b.add(key, marker)
		out.DeleteMarker, out.DeleteMarkerVersionId = aws.Bool(true), aws.String(marker.ID)
		return out, nil
	}
	out.VersionId = aws.String(*id)
	for _, v := range b.Objects[key] {
		if v.ID != *id {
			continue
		}
		if v.locked(bypass) {
			return nil, denied(ctx, "Access Denied because object protected by object lock.")
		}
		if v.Marker {
			out.DeleteMarker, out.DeleteMarkerVersionId = aws.Bool(true), aws.String(v.ID)
		}
	}
	b.remove(key, *id)
	return out, nil
}

// DeleteObject succeeds also for what is not there.
func (s *Service) DeleteObject(ctx context.Context, in *s3.DeleteObjectInput, _ ...Options) (*s3.DeleteObjectOutput, error) {
	b, err := s.reach(ctx, in.Bucket, in.ExpectedBucketOwner, deleteAction(in.VersionId), *in.Key)
	if err != nil {
		return nil, err
	}
	d, err := s.delete(ctx, b, *in.Key, in.VersionId, in.IfMatch, aws.ToBool(in.BypassGovernanceRetention))
	if err != nil {
		return nil, err
	}
	out := &s3.DeleteObjectOutput{DeleteMarker: d.DeleteMarker, VersionId: d.VersionId}
	if d.DeleteMarkerVersionId != nil {
		out.VersionId = d.DeleteMarkerVersionId
	}
	return out, nil
}

func deleteAction(version *string) string {
	if version != nil {
		return "s3:DeleteObjectVersion"
	}
	return "s3:DeleteObject"
}

// DeleteObjects deletes up to 1000 objects or versions; what is refused is listed in the answer.
func (s *Service) DeleteObjects(ctx context.Context, in *s3.DeleteObjectsInput, _ ...Options) (*s3.DeleteObjectsOutput, error) {
	if n := len(in.Delete.Objects); n < 1 || n > 1000 {
		return nil, malformedXML()
	}
	if _, ok := s.store.In(ctx).Buckets[*in.Bucket]; !ok {
		return nil, noSuchBucket(ctx)
	}
	out := &s3.DeleteObjectsOutput{}
	for _, o := range in.Delete.Objects {
		b, err := s.reach(ctx, in.Bucket, in.ExpectedBucketOwner, deleteAction(o.VersionId), *o.Key)
		var d *types.DeletedObject
		if err == nil {
			d, err = s.delete(ctx, b, *o.Key, o.VersionId, o.ETag, aws.ToBool(in.BypassGovernanceRetention))
		}
		var refused smithy.APIError
		switch {
		case errors.As(err, &refused) && refused.ErrorCode() == "PermanentRedirect":
			return nil, err
		case errors.As(err, &refused):
			e := types.Error{Key: aws.String(*o.Key), Code: aws.String(refused.ErrorCode()), Message: aws.String(refused.ErrorMessage())}
			if o.VersionId != nil {
				e.VersionId = aws.String(*o.VersionId)
			}
			out.Errors = append(out.Errors, e)
		case err != nil:
			return nil, err
		case !aws.ToBool(in.Delete.Quiet):
			out.Deleted = append(out.Deleted, *d)
		}
	}
	return out, nil
}
