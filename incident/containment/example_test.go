package containment_test

import (
	"context"
	"fmt"
	"log"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/seed-08ecc977/zerotrust/incident/containment"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakes3"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
)

// A key of a deployment user was found in public. It is deactivated by its id, and activated again when it turns out to have been a
// drill.
func Example() {
	ctx := context.Background()
	cfg := fakeaws.New(fakests.Install, fakeiam.Install, fakes3.Install).Config() // or config.LoadDefaultConfig(ctx)
	key := leakKey(ctx, cfg)

	ref, err := containment.ParseReference(key)
	if err != nil {
		log.Fatal(err)
	}
	targets, err := containment.Resolve(ctx, cfg, nil, ref)
	if err != nil {
		log.Fatal(err)
	}
	c := containment.Containment{
		Case:    containment.Case{ID: "2026-017", Owner: "security@example.com", Severity: containment.High, Review: time.Now().Add(7 * 24 * time.Hour)},
		Targets: targets,
		Ledger:  containment.BucketLedger{Config: cfg, Bucket: "acme-incident-response"},
	}
	report, err := c.Contain(ctx, cfg) // the zero Mode only plans
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Headline)

	c.Mode = containment.Execute
	if report, err = c.Contain(ctx, cfg); err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(report.Residual), "things are not contained")
	fmt.Println(len(report.Holds), "settings are held")

	if report, err = c.Undo(ctx, cfg, containment.UndoOptions{ReactivateKeys: "it was a drill"}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(report.Headline)
	// Output:
	// Plan only: nothing was changed.
	// 0 things are not contained
	// 2 settings are held
	// Closed: everything is as it was before, but for evidence.
}

func leakKey(ctx context.Context, cfg aws.Config) string {
	if _, err := s3.NewFromConfig(cfg).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String("acme-incident-response")}); err != nil {
		log.Fatal(err)
	}
	c := iam.NewFromConfig(cfg)
	if _, err := c.CreateUser(ctx, &iam.CreateUserInput{UserName: aws.String("deploy")}); err != nil {
		log.Fatal(err)
	}
	out, err := c.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: aws.String("deploy")})
	if err != nil {
		log.Fatal(err)
	}
	return *out.AccessKey.AccessKeyId
}

func ExampleParseFinding() {
	findings, err := containment.ParseFinding([]byte(`{
		"source": "aws.guardduty",
		"detail": {
			"accountId": "123456789012", "region": "us-east-1", "arn": "arn:aws:guardduty:us-east-1:123456789012:detector/d/finding/f",
			"type": "UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS", "severity": 8,
			"resource": {
				"instanceDetails": {"instanceId": "i-0123456789abcdef0"},
				"accessKeyDetails": {"accessKeyId": "ASIAIOSFODNN7EXAMPLE", "userName": "Web", "userType": "Role"}
			}
		}
	}`))
	if err != nil {
		log.Fatal(err)
	}
	for _, r := range findings[0].References {
		fmt.Println(r)
	}
	fmt.Println(findings[0].Severity)
	// Output:
	// instance i-0123456789abcdef0 in 123456789012
	// role Web in 123456789012
	// high
}
