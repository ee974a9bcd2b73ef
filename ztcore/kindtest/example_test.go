package kindtest_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakes3"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

// Labels is a kind of one's own: the tags of a bucket that something else has made.
type Labels struct {
	Bucket string
	Labels map[string]string
}

// Declare implements ztcore.Resource.
func (l Labels) Declare(d *ztcore.Declaration) {
	labels.Declare(d, l.Bucket, labelsState(l))
}

type labelsState struct {
	Bucket string `zt:"key"`
	Labels map[string]string
}

// A setting: there is one for each bucket, so that it has Get and Put in place of Read, Create and Update.
var labels = &ztcore.Kind[labelsState]{
	Name: "acme.Labels",
	// What the functions need, for the policies of who plans and applies.
	Permissions: &ztcore.Permissions{Read: []string{"s3:GetBucketTagging"}, Write: []string{"s3:PutBucketTagging"}, Delete: []string{"s3:PutBucketTagging"}},
	Get: func(ctx context.Context, sc *ztcore.Scope, want labelsState) (have labelsState, ok bool, err error) {
		out, err := s3.NewFromConfig(sc.Config).GetBucketTagging(ctx, &s3.GetBucketTaggingInput{Bucket: &want.Bucket})
		var answer smithy.APIError
		if errors.As(err, &answer) && answer.ErrorCode() == "NoSuchTagSet" {
			return have, false, nil // this error is absence; any other is an error
		}
		if err != nil {
			return have, false, err
		}
		have = labelsState{Bucket: want.Bucket, Labels: map[string]string{}}
		for _, t := range out.TagSet {
			have.Labels[*t.Key] = *t.Value
		}
		return have, true, nil
	},
	Put: func(ctx context.Context, sc *ztcore.Scope, want labelsState) error {
		return putLabels(ctx, sc.Config, want)
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have labelsState) error {
		_, err := s3.NewFromConfig(sc.Config).DeleteBucketTagging(ctx, &s3.DeleteBucketTaggingInput{Bucket: &have.Bucket})
		return err
	},
}

func putLabels(ctx context.Context, cfg aws.Config, want labelsState) error {
	set := &types.Tagging{}
	for k, v := range want.Labels {
		set.TagSet = append(set.TagSet, types.Tag{Key: &k, Value: &v})
	}
	_, err := s3.NewFromConfig(cfg).PutBucketTagging(ctx, &s3.PutBucketTaggingInput{Bucket: &want.Bucket, Tagging: set})
	return err
}

// labelsCase is its life. The test is one line: func TestLabels(t *testing.T) { kindtest.Run(t, labelsCase) }.
var labelsCase = kindtest.Case{
	Cloud: func() *fakeaws.Cloud { return fakeaws.New(fakests.Install, fakes3.Install) },
	Before: func(ctx context.Context, cfg aws.Config) error {
		_, err := s3.NewFromConfig(cfg).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("acme-kindtest-labels")})
		return err
	},
	Variants: []kindtest.Variant{
		{Resource: Labels{"acme-kindtest-labels", map[string]string{"team": "ledger"}}},
		{Resource: Labels{"acme-kindtest-labels", map[string]string{"team": "audit"}}, Changes: []string{"acme.Labels/acme-kindtest-labels Labels"}},
	},
	Drift: func(ctx context.Context, cfg aws.Config) error {
		return putLabels(ctx, cfg, labelsState{"acme-kindtest-labels", map[string]string{"team": "mallory"}})
	},
}

// What to write as a variant's Changes can be read off a plan.
func ExampleCase() {
	ctx, cfg := context.Background(), labelsCase.Cloud().Config()
	if err := labelsCase.Before(ctx, cfg); err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range labelsCase.Variants {
		plan, err := ztcore.NewBaseline("buckets", v.Resource).Plan(ctx, cfg)
		if err != nil {
			fmt.Println(err)
			return
		}
		for _, s := range plan.Steps {
			fmt.Println(s.Action, s.Address)
			for _, c := range s.Changes {
				fmt.Println("  ", c.Field)
			}
		}
		if _, err := plan.Apply(ctx); err != nil {
			fmt.Println(err)
			return
		}
	}
	// Output:
	// create acme.Labels/acme-kindtest-labels
	//    Bucket
	//    Labels
	// update acme.Labels/acme-kindtest-labels
	//    Labels
}
