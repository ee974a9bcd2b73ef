package lease_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakes3"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/lease"
)

func ExampleBucket() {
	ctx := context.Background()
	cfg := fakeaws.New(fakeiam.Install, fakes3.Install, fakests.Install).Config() // on AWS: config.LoadDefaultConfig(ctx)
	if _, err := s3.NewFromConfig(cfg).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("acme-leases-123456789012")}); err != nil {
		log.Fatal(err)
	}
	onlyOne := ztcore.WithLease(lease.Bucket{Name: "acme-leases-" + ztcore.AccountID, Note: "CHG-1041"})

	plan, err := ztcore.NewBaseline("people", iam.User{Name: "ada"}).Plan(ctx, cfg)
	if err != nil {
		log.Fatal(err)
	}
	second, err := ztcore.NewBaseline("people", iam.User{Name: "ada"}).Plan(ctx, cfg)
	if err != nil {
		log.Fatal(err)
	}
	report, err := plan.Apply(ctx, onlyOne, ztcore.WithProgress(func(e ztcore.Event) {
		if _, begun := e.(ztcore.Started); begun { // meanwhile, elsewhere
			var held *lease.HeldError
			if _, err := second.Apply(ctx, onlyOne); errors.As(err, &held) {
				fmt.Println("held by", held.Holder, "for", held.Note)
			}
		}
	}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Count(ztcore.Done), "done")
	// Output:
	// held by arn:aws:iam::123456789012:user/administrator for CHG-1041
	// 1 done
}
