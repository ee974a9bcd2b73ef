package iam_test

import (
	"context"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

const limits = "limits"

// makeLimits makes a policy to serve as a boundary that is not the baseline's.
func makeLimits(ctx context.Context, cfg aws.Config) error {
	_, err := sdk.NewFromConfig(cfg).CreatePolicy(ctx, &sdk.CreatePolicyInput{PolicyName: aws.String(limits), PolicyDocument: aws.String(policy.Allow("s3:*").OnAny().JSON())})
	return err
}

const limitsARN = id.PolicyARN("arn:aws:iam::123456789012:policy/" + limits)

func TestRole(t *testing.T) { kindtest.Run(t, roleCase()) }

func roleCase() kindtest.Case {
	inline := func(actions ...string) policy.Document { return policy.Allow(actions...).On("arn:aws:s3:::ledger/*") }
	r := iam.Role{Name: "LedgerReader", TrustedBy: ec2}
	step := func(change func()) iam.Role { change(); return r }
	return kindtest.Case{
		Cloud: newCloud, Before: makeLimits,
		Variants: []kindtest.Variant{
			{Resource: step(func() {
				r.Inline = inline("s3:GetObject")
				r.Attached = []id.PolicyARN{iam.AWSManaged("AmazonS3ReadOnlyAccess")}
			})},
			{Resource: step(func() { r.Description = "reads the ledger" }), Changes: []string{"iam.Role/LedgerReader Description"}},
			{Resource: step(func() { r.MaxSession = 2 * time.Hour }), Changes: []string{"iam.Role/LedgerReader MaxSession"}},
			{Resource: step(func() { r.TrustedBy = policy.Service("lambda.amazonaws.com") }), Changes: []string{"iam.Role/LedgerReader Trust"}},
			{Resource: step(func() { r.Boundary = limitsARN }), Changes: []string{"iam.Role/LedgerReader Boundary"}},
			{Resource: step(func() { r.Boundary = iam.NoBoundary }), Changes: []string{"iam.Role/LedgerReader Boundary"}},
			{Resource: step(func() { r.Tags = map[string]string{"team": "ledger"} }), Changes: []string{"iam.Role/LedgerReader Tags"}},
			{Resource: step(func() { r.Inline = inline("s3:GetObject", "s3:ListBucket") }), Changes: []string{"iam.RolePolicies/LedgerReader Members"}},
			{Resource: step(func() { r.InlinePolicies = map[string]policy.Document{"more": inline("s3:GetObjectTagging")} }), Changes: []string{"iam.RolePolicies/LedgerReader Members"}},
			{Resource: step(func() { r.Attached = []id.PolicyARN{iam.AWSManaged("SecurityAudit")} }), Changes: []string{"iam.RoleAttachments/LedgerReader Members"}},
			{Resource: step(func() { r.Path = "/apps/" }), Changes: []string{"iam.Role/LedgerReader Path", "create iam.RoleAttachments/LedgerReader", "create iam.RolePolicies/LedgerReader"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			_, err := sdk.NewFromConfig(cfg).AttachRolePolicy(ctx, &sdk.AttachRolePolicyInput{RoleName: aws.String("LedgerReader"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")})
			if err != nil {
				return err
			}
			_, err = sdk.NewFromConfig(cfg).UpdateRole(ctx, &sdk.UpdateRoleInput{RoleName: aws.String("LedgerReader"), MaxSessionDuration: aws.Int32(43200)})
			return err
		},
	}
}

func TestRolesThatNameEachOther(t *testing.T) {
	reader := iam.Role{Name: "Reader", TrustedBy: ec2}
	admin := iam.Role{Name: "Admin", TrustedBy: policy.AWS(string(reader.ARN()))}
	reader.Inline = policy.Allow("sts:AssumeRole").On(id.ARN(admin.ARN()))
	applied(t, newCloud().Config(), admin, reader)
}

func TestAttachedPolicyMayNameItsRole(t *testing.T) {
	cloud := newCloud()
	role := iam.Role{Name: "Self", TrustedBy: ec2}
	self := iam.Policy{Name: "SelfReader", Document: policy.Allow("iam:GetRole").On(id.ARN(role.ARN()))}
	role.Attached = []id.PolicyARN{self.ARN()}
	applied(t, cloud.Config(), role, self)

	_, err := planned(t, cloud.Config(), []ztcore.PlanOption{ztcore.Destroy()}, role, self).Apply(context.Background())
	require.NoError(t, err)
	require.False(t, planned(t, cloud.Config(), nil, role, self).Empty())
}
