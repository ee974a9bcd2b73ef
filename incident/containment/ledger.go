package containment

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// ErrTaken is what a Ledger answers when there is an entry with that number already: another process works on the case.
var ErrTaken = errors.New("another process has written to the case's log; wait for it, then run again")

// Ledger keeps the logs of cases and their evidence, outside of the process: undo works from it alone. It only ever adds.
type Ledger interface {
	// Append adds entry seq, counted from 1, to a case's log. It fails with ErrTaken if there is another one of that number.
	Append(ctx context.Context, caseID string, seq int, entry []byte) error
	// Load returns a case's log in order; nothing for an unknown case.
	Load(ctx context.Context, caseID string) ([][]byte, error)
	// Preserve stores a piece of evidence. The name holds the hash of the body, so storing it again is no change.
	Preserve(ctx context.Context, caseID, name string, body []byte) error
	// Cases lists the cases that have a log.
	Cases(ctx context.Context) ([]string, error)
}

// BucketLedger is a Ledger in an S3 bucket, best one of a security account with versions and Object Lock. An entry is an object
// that is written only if there is none of its name, so that two processes can't both write it, and none is ever overwritten.
//
// It takes s3:PutObject, s3:GetObject and s3:ListBucket. A parameter or tags would be nearer to what is contained, but are too
// small, and whoever holds the account could rewrite them.
type BucketLedger struct {
	Config aws.Config
	Bucket id.Bucket
	Prefix string    // "" or a folder with its slash
	Key    id.KeyARN // "" leaves encryption to the bucket's default
}

func (l BucketLedger) folder(caseID string) string { return l.Prefix + "cases/" + caseID + "/" }

// Append implements Ledger.
func (l BucketLedger) Append(ctx context.Context, caseID string, seq int, entry []byte) error {
	return l.put(ctx, fmt.Sprintf("%slog/%06d.json", l.folder(caseID), seq), entry)
}

// Preserve implements Ledger.
func (l BucketLedger) Preserve(ctx context.Context, caseID, name string, body []byte) error {
	return l.put(ctx, l.folder(caseID)+"evidence/"+name, body)
}

// put writes an object that must not exist. One with the same content is ours, whose answer was lost.
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
func (l BucketLedger) put(ctx context.Context, key string, body []byte) error {
	in := &s3.PutObjectInput{Bucket: (*string)(&l.Bucket), Key: &key, Body: bytes.NewReader(body), ContentType: aws.String("application/json"), IfNoneMatch: aws.String("*")}
	if l.Key != "" {
		in.ServerSideEncryption, in.SSEKMSKeyId = types.ServerSideEncryptionAwsKms, (*string)(&l.Key)
	}
	_, err := bucketClient(l.Config).PutObject(ctx, in)
	var refused smithy.APIError
	if !errors.As(err, &refused) || refused.ErrorCode() != "PreconditionFailed" && refused.ErrorCode() != "ConditionalRequestConflict" {
		return err
	}
	stands, readErr := l.get(ctx, key)
	switch {
	case readErr != nil:
		return readErr
	case bytes.Equal(stands, body):
		return nil
	}
	return ErrTaken
}

func (l BucketLedger) get(ctx context.Context, key string) ([]byte, error) {
	out, err := bucketClient(l.Config).GetObject(ctx, &s3.GetObjectInput{Bucket: (*string)(&l.Bucket), Key: &key})
	if err != nil {
		return nil, err
	}
	defer out.Body.Close()
	return io.ReadAll(out.Body)
}

// Load implements Ledger.
func (l BucketLedger) Load(ctx context.Context, caseID string) ([][]byte, error) {
	prefix := l.folder(caseID) + "log/"
	keys, err := l.list(ctx, prefix, "")
	if err != nil {
		return nil, err
	}
	out := make([][]byte, len(keys))
	err = ztcore.Each(ctx, len(keys), func(ctx context.Context, i int) (err error) {
		out[i], err = l.get(ctx, keys[i])
		return err
	})
	return out, err
}

// Cases implements Ledger.
func (l BucketLedger) Cases(ctx context.Context) ([]string, error) {
	prefix := l.Prefix + "cases/"
	folders, err := l.list(ctx, prefix, "/")
	for i, f := range folders {
		folders[i] = strings.TrimSuffix(strings.TrimPrefix(f, prefix), "/")
	}
	return folders, err
}

// list is the objects under a prefix, or with a delimiter the folders, in the order of their names.
func (l BucketLedger) list(ctx context.Context, prefix, delimiter string) ([]string, error) {
	in := &s3.ListObjectsV2Input{Bucket: (*string)(&l.Bucket), Prefix: &prefix}
	if delimiter != "" {
		in.Delimiter = &delimiter
	}
	var out []string
	for {
		page, err := bucketClient(l.Config).ListObjectsV2(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, f := range page.CommonPrefixes {
			out = append(out, *f.Prefix)
		}
		for _, o := range page.Contents {
			out = append(out, *o.Key)
		}
		if !aws.ToBool(page.IsTruncated) {
			return out, nil
		}
		in.ContinuationToken = page.NextContinuationToken
	}
}
