package iam_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

func reading(bucket string) policy.Document {
	return policy.Allow("s3:GetObject").On(id.ARN("arn:aws:s3:::" + bucket + "/*"))
}

func TestPolicy(t *testing.T) { kindtest.Run(t, policyCase()) }

func policyCase() kindtest.Case {
	p := iam.Policy{Name: "ledger-reader", Description: "reads the ledger", Document: reading("ledger")}
	step := func(change func()) iam.Policy { change(); return p }
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: step(func() {})},
			{Resource: step(func() { p.Document = reading("archive") }), Changes: []string{"iam.Policy/ledger-reader Document"}},
			{Resource: step(func() { p.Tags = map[string]string{"team": "ledger"} }), Changes: []string{"iam.Policy/ledger-reader Tags"}},
			{Resource: step(func() { p.Path = "/apps/" }), Changes: []string{"iam.Policy/ledger-reader Path"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			c := sdk.NewFromConfig(cfg)
			out, err := c.ListPolicies(ctx, &sdk.ListPoliciesInput{Scope: types.PolicyScopeTypeLocal})
			if err != nil {
				return err
			}
			_, err = c.CreatePolicyVersion(ctx, &sdk.CreatePolicyVersionInput{
				PolicyArn: out.Policies[0].Arn, PolicyDocument: aws.String(policy.Allow("*").OnAny().JSON()), SetAsDefault: true,
			})
			return err
		},
	}
}

func TestOldestVersionThatIsNotInForceMakesRoom(t *testing.T) {
	ctx := context.Background()
	cloud := newCloud()
	p := iam.Policy{Name: "p", Document: reading("bucket-0")}
	applied(t, cloud.Config(), p)
	c := sdk.NewFromConfig(cloud.Config())
	for i := 1; i < 5; i++ {
		p.Document = reading(fmt.Sprint("bucket-", i))
		applied(t, cloud.Config(), p)
	}
	policyARN := aws.String("arn:aws:iam::123456789012:policy/p")
	_, err := c.SetDefaultPolicyVersion(ctx, &sdk.SetDefaultPolicyVersionInput{PolicyArn: policyARN, VersionId: aws.String("v1")})
	require.NoError(t, err)

	p.Document = reading("bucket-5")
	applied(t, cloud.Config(), p)
	out, err := c.ListPolicyVersions(ctx, &sdk.ListPolicyVersionsInput{PolicyArn: policyARN})
	require.NoError(t, err)
	var versions []string
	for _, v := range out.Versions {
		versions = append(versions, *v.VersionId)
	}
	require.ElementsMatch(t, []string{"v1", "v3", "v4", "v5", "v6"}, versions, "v1 was in force, so v2 is the oldest to go")
}

func TestPolicyInUseElsewhereIsNotDetachedButSaysWhere(t *testing.T) {
	synctest.Test(t, policyInUse)
}

func policyInUse(t *testing.T) {
	ctx := context.Background()
	cloud := newCloud()
	p := iam.Policy{Name: "shared", Document: reading("shared")}
	applied(t, cloud.Config(), p)
	c := sdk.NewFromConfig(cloud.Config())
	_, err := c.CreateUser(ctx, &sdk.CreateUserInput{UserName: aws.String("somebody")})
	require.NoError(t, err)
	_, err = c.AttachUserPolicy(ctx, &sdk.AttachUserPolicyInput{UserName: aws.String("somebody"), PolicyArn: aws.String("arn:aws:iam::123456789012:policy/shared")})
	require.NoError(t, err)

	_, err = planned(t, cloud.Config(), []ztcore.PlanOption{ztcore.Destroy()}, p).Apply(ctx)
	require.ErrorContains(t, err, "shared is in use by user somebody, detach it there first")
	var conflict *types.DeleteConflictException
	require.ErrorAs(t, err, &conflict)
}

func TestRoleAndItsPolicyArePrunedTogether(t *testing.T) { synctest.Test(t, roleAndPolicy) }

func roleAndPolicy(t *testing.T) {
	cloud := newCloud()
	p := iam.Policy{Name: "ledger-reader", Document: reading("ledger")}
	r := iam.Role{Name: "reader", TrustedBy: ec2, Attached: []id.PolicyARN{p.ARN()}, Boundary: p.ARN()}
	profile := iam.InstanceProfile{Name: "reader", Role: r.RoleName()}
	applied(t, cloud.Config(), p, r, profile)

	prune := []ztcore.PlanOption{ztcore.Prune(iam.Kinds()...)}
	pruning := planned(t, cloud.Config(), prune)
	_, err := pruning.Apply(context.Background())
	require.NoError(t, err, pruning)
	require.True(t, planned(t, cloud.Config(), prune).Empty())
	require.Len(t, planned(t, cloud.Config(), nil, p, r, profile).Steps, 4)
	require.False(t, planned(t, cloud.Config(), nil, p, r, profile).Empty())
}
