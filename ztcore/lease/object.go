package lease

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
)

// look reads what stands there.
func (h *holding) look(ctx context.Context) (sighting, error) {
	out, err := s3.NewFromConfig(h.cfg).GetObject(ctx, &s3.GetObjectInput{Bucket: &h.at.bucket, Key: &h.at.key, ExpectedBucketOwner: &h.at.owner})
	switch {
	case code(err) == "NoSuchKey":
		h.noteTime(middleware.Metadata{}, err)
		return sighting{}, nil
	case status(err) == http.StatusMovedPermanently:
		return sighting{}, fmt.Errorf("the lease's bucket %s is in another region than %s: set Region: %w", h.at.bucket, h.at.region, err)
	case status(err) == http.StatusForbidden:
		return sighting{}, fmt.Errorf("reading the lease %s (S3 answers 403 also where there is none and s3:ListBucket is missing): %w", h.at, err)
	case err != nil:
		return sighting{}, fmt.Errorf("reading the lease %s: %w", h.at, err)
	}
	defer func() { _ = out.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(out.Body, 1<<20))
	if err != nil {
		return sighting{}, fmt.Errorf("reading the lease %s: %w", h.at, err)
	}
	h.noteTime(out.ResultMetadata, nil)
	s := sighting{etag: out.ETag, now: h.lastTime}
	length, err := s.parse(body)
	if err != nil {
		return s, fmt.Errorf("what stands in the place of the lease %s is none (%w): look at it and delete it, or use another Prefix", h.at, err)
	}
	if out.LastModified == nil || s.now.IsZero() {
		return s, fmt.Errorf("the lease %s: the answer has no Date or no Last-Modified, so that its age can't be told", h.at)
	}
	// Both are of whole seconds: what looks to be a second older than its length is as old as that.
	s.age = max(0, s.now.Sub(*out.LastModified)) + time.Second
	s.until = out.LastModified.Add(length + time.Second)
	return s, nil
}

func (s *sighting) parse(body []byte) (length time.Duration, err error) {
	if err := json.Unmarshal(body, &s.doc); err != nil {
		return 0, err
	}
	if length, err = time.ParseDuration(s.doc.Length); err != nil {
		return 0, err
	}
	if length < shortest || length > longest || s.doc.Run == "" {
		return 0, errors.New("its length or its run is missing")
	}
	return length, nil
}

// put writes the lease, once more if it is ours: over the object with the tag, or where there is none.
func (h *holding) put(ctx context.Context, over *string) error {
	before := time.Now()
	doc := h.doc
	now := h.time()
	if doc.Since.IsZero() {
		doc.Since = now
	}
	doc.Expires = now.Add(h.length)
	body, err := json.MarshalIndent(doc, "", "  ")
	if err != nil {
		return err
	}
	in := &s3.PutObjectInput{Bucket: &h.at.bucket, Key: &h.at.key, ExpectedBucketOwner: &h.at.owner, ContentType: aws.String("application/json"), Body: bytes.NewReader(append(body, '\n')), IfMatch: over}
	if over == nil {
		in.IfNoneMatch = aws.String("*")
	}
	h.doc, h.unsure = doc, true
	out, err := s3.NewFromConfig(h.cfg).PutObject(ctx, in)
	if err != nil {
		return fmt.Errorf("writing the lease %s: %w", h.at, err)
	}
	h.noteTime(out.ResultMetadata, nil)
	h.etag, h.from, h.unsure = out.ETag, before, false
	return nil
}

// remove deletes the lease if it is the one with the tag. It is tried once, so that "not found" is no echo of a lost answer.
func (h *holding) remove(ctx context.Context) error {
	_, err := s3.NewFromConfig(h.cfg, func(o *s3.Options) { o.Retryer = aws.NopRetryer{} }).DeleteObject(ctx, &s3.DeleteObjectInput{
		Bucket: &h.at.bucket, Key: &h.at.key, ExpectedBucketOwner: &h.at.owner, IfMatch: h.etag,
	})
	return err
}

// noteTime keeps S3's clock.
func (h *holding) noteTime(md middleware.Metadata, err error) {
	at, ok := awsmiddleware.GetServerTime(md)
	var resp *awshttp.ResponseError
	if errors.As(err, &resp) && resp.HTTPResponse() != nil {
		if t, err := http.ParseTime(resp.HTTPResponse().Header.Get("Date")); err == nil {
			at, ok = t, true
		}
	}
	if ok {
		h.lastTime, h.lastSeen = at.UTC(), time.Now()
	}
}

// time is what S3's clock should show. It is written for people, and decides nothing.
func (h *holding) time() time.Time {
	if h.lastTime.IsZero() {
		return time.Now().UTC().Truncate(time.Second)
	}
	return h.lastTime.Add(time.Since(h.lastSeen)).Truncate(time.Second)
}

func code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func status(err error) int {
	var resp *awshttp.ResponseError
	if errors.As(err, &resp) {
		return resp.HTTPStatusCode()
	}
	return 0
}

// contended reports an answer that says that the object is not what the condition said: 412, 409 where another request was under
// way, or 404 where there is none to match. https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
func contended(err error) bool {
	s := status(err)
	return s == http.StatusPreconditionFailed || s == http.StatusConflict || code(err) == "NoSuchKey"
}

// final reports a refusal that had no effect and that another try would meet too.
func final(err error) bool {
	s := status(err)
	throttled := retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err) == aws.TrueTernary
	return s >= 400 && s < 500 && s != http.StatusRequestTimeout && !throttled && !contended(err)
}
