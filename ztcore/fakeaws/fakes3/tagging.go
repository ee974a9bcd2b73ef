package fakes3

import (
	"context"
	"sort"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// tagMap refuses what S3 refuses of tags. https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketTagging.html
func tagMap(tags []types.Tag) (map[string]string, error) {
	const most = 50
	out := map[string]string{}
	for _, t := range tags {
		key, value := aws.ToString(t.Key), aws.ToString(t.Value)
		_, twice := out[key]
		switch {
		case key == "" || len(key) > 128:
			return nil, refuse(400, "InvalidTag", "The TagKey you have provided is invalid")
		case len(value) > 256:
			return nil, refuse(400, "InvalidTag", "The TagValue you have provided is invalid")
		case strings.HasPrefix(strings.ToLower(key), "aws:"):
			return nil, refuse(400, "InvalidTag", "System tags cannot be added/updated by requester")
		case twice:
			return nil, refuse(400, "InvalidTag", "Cannot provide multiple Tags with the same key")
		}
		out[key] = value
	}
	if len(out) > most {
		return nil, refuse(400, "BadRequest", "Bucket tag count cannot be greater than %d", most)
	}
	return out, nil
}

// PutBucketTagging replaces all tags.
func (s *Service) PutBucketTagging(ctx context.Context, in *s3.PutBucketTaggingInput, _ ...Options) (*s3.PutBucketTaggingOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	tags, err := tagMap(in.Tagging.TagSet)
	if err != nil {
		return nil, err
	}
	b.Tags = tags
	return &s3.PutBucketTaggingOutput{}, nil
}

// GetBucketTagging answers tags by key, or NoSuchTagSet.
func (s *Service) GetBucketTagging(ctx context.Context, in *s3.GetBucketTaggingInput, _ ...Options) (*s3.GetBucketTaggingOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	if len(b.Tags) == 0 {
		return nil, refuse(404, "NoSuchTagSet", "The TagSet does not exist")
	}
	var set []types.Tag
	for key, value := range b.Tags {
		set = append(set, types.Tag{Key: aws.String(key), Value: aws.String(value)})
	}
	sort.Slice(set, func(i, j int) bool { return *set[i].Key < *set[j].Key })
	return &s3.GetBucketTaggingOutput{TagSet: set}, nil
}

// DeleteBucketTagging removes all tags.
func (s *Service) DeleteBucketTagging(ctx context.Context, in *s3.DeleteBucketTaggingInput, _ ...Options) (*s3.DeleteBucketTaggingOutput, error) {
	b, err := s.bucket(ctx, in.Bucket, in.ExpectedBucketOwner)
	if err != nil {
		return nil, err
	}
	b.Tags = map[string]string{}
	return &s3.DeleteBucketTaggingOutput{}, nil
}
