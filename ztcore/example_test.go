package ztcore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsiam "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// Plan, look, apply; the plan after that is empty.
func Example() {
	ctx := context.Background()
	cfg := fakeaws.New(fakests.Install, fakeiam.Install).Config() // config.LoadDefaultConfig(ctx) in a program

	reader := iam.Role{Name: "reader", TrustedBy: policy.Service("ec2.amazonaws.com")}
	baseline := ztcore.NewBaseline("ledger", reader)
	plan, err := baseline.Plan(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(plan)
	if _, err := plan.Apply(ctx); err != nil {
		fmt.Println(err)
		return
	}
	again, err := baseline.Plan(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("nothing left to do:", again.Empty())
	// Output:
	// Baseline "ledger" in account 123456789012, region us-east-1
	// 1 create
	//
	// + iam.Role/reader
	//     Name: + "reader"
	//     Path: + "/"
	//     Trust: + {"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}
	//     MaxSession: + "1h0m0s"
	// nothing left to do: true
}

// What somebody else made is a conflict until it is adopted.
func ExampleAdopt() {
	ctx, cfg := context.Background(), fakeaws.New(fakests.Install, fakeiam.Install).Config()
	reader := iam.Role{Name: "reader", TrustedBy: policy.Service("ec2.amazonaws.com")}
	trust := policy.Trust(policy.Service("lambda.amazonaws.com")).String()
	if _, err := awsiam.NewFromConfig(cfg).CreateRole(ctx, &awsiam.CreateRoleInput{RoleName: aws.String("reader"), AssumeRolePolicyDocument: &trust}); err != nil {
		fmt.Println(err)
		return
	}

	plan, err := ztcore.NewBaseline("ledger", reader).Plan(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = plan.Apply(ctx)
	var conflict *ztcore.ConflictError
	fmt.Println("conflict:", errors.As(err, &conflict))

	plan, err = ztcore.NewBaseline("ledger", ztcore.Adopt(reader)).Plan(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(plan.Steps[0])
	for _, c := range plan.Steps[0].Changes {
		fmt.Println("  ", c)
	}
	// Output:
	// conflict: true
	// adopt iam.Role/reader
	//    Trust: + {"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}
	//    Trust: - {"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}
	//    Tags[zerotrust:baseline]: + "ledger"
	//    Tags[zerotrust:resource]: + "iam.Role/reader"
}

// A reviewer approves the JSON of a plan; a later run does that and nothing else.
func ExampleBaseline_Load() {
	ctx, cfg := context.Background(), fakeaws.New(fakests.Install, fakeiam.Install).Config()
	baseline := ztcore.NewBaseline("ledger", iam.Role{Name: "reader", TrustedBy: policy.Service("ec2.amazonaws.com")})
	plan, err := baseline.Plan(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	approved, err := json.Marshal(plan)
	if err != nil {
		fmt.Println(err)
		return
	}

	later, err := baseline.Load(ctx, cfg, approved)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(later.Steps[0])

	changed := ztcore.NewBaseline("ledger", iam.Role{Name: "reader", TrustedBy: policy.Service("lambda.amazonaws.com")})
	_, err = changed.Load(ctx, cfg, approved)
	var stale *ztcore.StaleError
	fmt.Println("another declaration than was approved:", errors.As(err, &stale))
	// Output:
	// create iam.Role/reader
	// another declaration than was approved: true
}
