package dataprotect

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

type bucketState struct {
	Name          string            `zt:"key"`
	ARN           string            `zt:"output"`
	Tags          map[string]string `zt:"tags"`
	EmptyOnDelete string            `zt:"-"`
}

var buckets = &ztcore.Kind[bucketState]{
	Name: "dataprotect.Bucket", Permissions: &bucketsNeed, PermissionsFor: bucketsNeedFor,
	Read: readBuckets, Create: createBucket, Update: updateBucket, Delete: deleteBucket,
	Predict: func(sc *ztcore.Scope, want *bucketState) { want.ARN = bucketARN(sc, want.Name) },
	Check:   func(want bucketState) []ztcore.Finding { return checkBucketName(want.Name) },
	Domain:  func(want bucketState) string { return s3Domain(want.Name) }, HoldsData: true,
	Controls: []string{"NIST SP 800-207 tenet 1"},
}

var bucketsNeed = ztcore.Permissions{
	Read:   []string{"s3:GetBucketTagging", "s3:ListAllMyBuckets"},
	Write:  []string{"s3:CreateBucket", "s3:PutBucketOwnershipControls", "s3:PutBucketTagging", "s3:TagResource"},
	Delete: []string{"s3:DeleteBucket", "s3:ListBucketVersions"},
}

// bucketsNeedFor is what emptying a bucket takes.
func bucketsNeedFor(want bucketState) ztcore.Permissions {
	if want.EmptyOnDelete == "" {
		return ztcore.Permissions{}
	}
	return ztcore.Permissions{Delete: []string{"s3:DeleteObject", "s3:DeleteObjectVersion"}}
}

func bucketARN(sc *ztcore.Scope, name string) string { return "arn:" + sc.Partition + ":s3:::" + name }

func readBuckets(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[bucketState]) ([]bucketState, error) {
	want := q.Want
	if q.Owned {
		all, err := bucketNames(ctx, sc, "")
		if err != nil {
			return nil, err
		}
		for _, name := range all {
			if !slices.ContainsFunc(q.Want, func(w bucketState) bool { return w.Name == name }) {
				want = append(want, bucketState{Name: name})
			}
		}
	}
	found := make([]*bucketState, len(want))
	err := ztcore.Each(ctx, len(want), func(ctx context.Context, i int) error {
		have, err := readBucket(ctx, sc, want[i])
		if have != nil && (i < len(q.Want) || have.Tags[ztcore.TagBaseline] == sc.Baseline) {
			found[i] = have
		}
		return err
	})
	return present(found), err
}

// readBucket reads a bucket by its tags, the one call that tells whether it is there, whose it is, and who manages it.
func readBucket(ctx context.Context, sc *ztcore.Scope, want bucketState) (*bucketState, error) {
	have := &bucketState{Name: want.Name, ARN: bucketARN(sc, want.Name), Tags: map[string]string{}, EmptyOnDelete: want.EmptyOnDelete}
	out, err := s3.NewFromConfig(sc.Config).GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &want.Name, ExpectedBucketOwner: &sc.Account})
	switch {
	case hasCode(err, "NoSuchBucket"):
		return nil, nil
	case hasCode(err, "NoSuchTagSet"):
		return have, nil
	case err != nil:
		return nil, unreachable(ctx, sc, want.Name, err)
	}
	for _, t := range out.TagSet {
		have.Tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return have, nil
}

// createBucket tags the bucket in the same call. Some endpoints drop tags that come with it, so it looks.
func createBucket(ctx context.Context, sc *ztcore.Scope, want bucketState) error {
	config := &types.CreateBucketConfiguration{Tags: bucketTags(want.Tags)}
	if sc.Region != "us-east-1" { // which takes no constraint
		config.LocationConstraint = types.BucketLocationConstraint(sc.Region)
	}
	_, err := s3.NewFromConfig(sc.Config).CreateBucket(ctx, &s3.CreateBucketInput{
		Bucket: &want.Name, CreateBucketConfiguration: config, ObjectOwnership: types.ObjectOwnershipBucketOwnerEnforced,
	})
	if mine := new(types.BucketAlreadyOwnedByYou); err != nil && !errors.As(err, &mine) {
		return err
	}
	have, err := readBucket(ctx, sc, want)
	if err != nil || have != nil && len(have.Tags) > 0 {
		return err
	}
	return putBucketTags(ctx, sc, want.Name, want.Tags)
}

func updateBucket(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[bucketState]) error {
	tags := maps.Clone(u.Have.Tags) // the call replaces all, and foreign tags stay
	maps.Copy(tags, u.Want.Tags)
	return putBucketTags(ctx, sc, u.Want.Name, tags)
}

func putBucketTags(ctx context.Context, sc *ztcore.Scope, name string, tags map[string]string) error {
	_, err := s3.NewFromConfig(sc.Config).PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: &name, ExpectedBucketOwner: &sc.Account, Tagging: &types.Tagging{TagSet: bucketTags(tags)}})
	return err
}

func bucketTags(tags map[string]string) []types.Tag {
	var out []types.Tag
	for _, k := range sorted(tags) {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(tags[k])})
	}
	return out
}
