package iam_test

import (
	"context"
	"fmt"
	"log"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeiam"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// A role that instances work as, planned against an empty account.
func Example() {
	ctx := context.Background()
	cfg := fakeaws.New(fakests.Install, fakeiam.Install).Config() // config.LoadDefaultConfig(ctx) in a program

	role := iam.Role{
		Name:      "EC2S3AccessRole",
		TrustedBy: policy.Service("ec2.amazonaws.com"),
		Attached:  []id.PolicyARN{iam.AWSManaged("AmazonS3ReadOnlyAccess")},
	}
	profile := iam.InstanceProfile{Name: "web", Role: role.RoleName()}

	baseline := ztcore.NewBaseline("readers", role, profile)
	plan, err := baseline.Plan(ctx, cfg)
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range plan.Steps {
		fmt.Println(s.Action, s.Address)
	}
	if _, err := plan.Apply(ctx); err != nil {
		log.Fatal(err)
	}
	again, err := baseline.Plan(ctx, cfg)
	fmt.Println("nothing left to do:", again.Empty(), err)
	// Output:
	// create iam.Role/EC2S3AccessRole
	// create iam.RoleAttachments/EC2S3AccessRole
	// create iam.InstanceProfile/web
	// nothing left to do: true <nil>
}

// A second factor: the seed goes to the caller's sink, and shows nowhere else.
func ExampleMFA() {
	ctx := context.Background()
	cfg := fakeaws.New(fakests.Install, fakeiam.Install).Config()

	user := iam.User{Name: "example-user"}
	device := iam.MFA{
		Name: "example-user",
		User: user.UserName(),
		Sink: func(_ context.Context, seed iam.MFASeed) error {
			fmt.Println("a seed of", len(seed.Base32()), "digits, printed as", seed)
			return nil // keep seed.Base32(), or show seed.QRCode() to the user
		},
	}
	plan, err := ztcore.PlanOf(ctx, cfg, "people", ztcore.List{user, device})
	if err != nil {
		log.Fatal(err)
	}
	_, err = plan.Apply(ctx)
	fmt.Println(err)
	// Output:
	// a seed of 64 digits, printed as (secret)
	// <nil>
}

// Trust in another account's role needs a condition, or a waiver.
func ExampleRole_thirdParty() {
	scanner := iam.Role{
		Name: "VendorScanner",
		Trust: policy.Trust(policy.AWS("arn:aws:iam::999999999999:role/scanner")).
			When("StringEquals", "sts:ExternalId", "f3b1c2"),
		Attached: []id.PolicyARN{iam.AWSManaged("SecurityAudit")},
	}
	fmt.Println(ztcore.NewBaseline("vendors", scanner).Check())
	// Output: <nil>
}

// The zero value plus a name.
func ExamplePreset() {
	preset := iam.Preset{Name: "acme"}
	worker := iam.Role{Name: "worker", TrustedBy: policy.Service("ec2.amazonaws.com"), Boundary: preset.Boundary().ARN()}

	cfg := fakeaws.New(fakests.Install, fakeiam.Install).Config()
	plan, err := ztcore.NewBaseline("identities", preset, worker).Plan(context.Background(), cfg)
	if err != nil {
		log.Fatal(err)
	}
	for _, s := range plan.Steps {
		fmt.Println(s.Action, s.Address)
	}
	// Output:
	// create iam.PasswordPolicy/account
	// create iam.Policy/acme-boundary
	// create iam.Role/acme-support
	// create iam.RoleAttachments/acme-support
	// create iam.Role/worker
}
