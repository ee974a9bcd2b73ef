package iam_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// watched collects which policies a role has after each write of its attachments.
func watched(t *testing.T, cloud *fakeaws.Cloud, role string) (cfg aws.Config, after *[][]string) {
	t.Helper()
	after = &[][]string{}
	plain := sdk.NewFromConfig(cloud.Config())
	look := func() {
		out, err := plain.ListAttachedRolePolicies(context.Background(), &sdk.ListAttachedRolePoliciesInput{RoleName: &role})
		require.NoError(t, err)
		var names []string
		for _, p := range out.AttachedPolicies {
			names = append(names, *p.PolicyName)
		}
		*after = append(*after, names)
	}
	front := fakeaws.New(func(c *fakeaws.Cloud) {
		installAll(c)
		fakeaws.On(c, func(_ context.Context, in *sdk.AttachRolePolicyInput, _ ...func(*sdk.Options)) (*sdk.AttachRolePolicyOutput, error) {
			out, err := plain.AttachRolePolicy(context.Background(), in)
			look()
			return out, err
		}, "RoleName", "PolicyArn")
		fakeaws.On(c, func(_ context.Context, in *sdk.DetachRolePolicyInput, _ ...func(*sdk.Options)) (*sdk.DetachRolePolicyOutput, error) {
			out, err := plain.DetachRolePolicy(context.Background(), in)
			look()
			return out, err
		}, "RoleName", "PolicyArn")
		fakeaws.On(c, func(_ context.Context, in *sdk.GetRoleInput, _ ...func(*sdk.Options)) (*sdk.GetRoleOutput, error) {
			return plain.GetRole(context.Background(), in)
		}, "RoleName")
		fakeaws.On(c, func(_ context.Context, in *sdk.ListAttachedRolePoliciesInput, _ ...func(*sdk.Options)) (*sdk.ListAttachedRolePoliciesOutput, error) {
			return plain.ListAttachedRolePolicies(context.Background(), in)
		}, "RoleName")
	})
	return front.Config(), after
}

func makePolicies(t *testing.T, cloud *fakeaws.Cloud, n int) []id.PolicyARN {
	t.Helper()
	out := make([]id.PolicyARN, n)
	for i := range out {
		made, err := sdk.NewFromConfig(cloud.Config()).CreatePolicy(context.Background(), &sdk.CreatePolicyInput{PolicyName: aws.String(fmt.Sprintf("p%02d", i)), PolicyDocument: aws.String(readLogs.JSON())})
		require.NoError(t, err)
		out[i] = id.PolicyARN(*made.Policy.Arn)
	}
	return out
}

func TestAttachmentsAreGrantedBeforeTheyAreRevoked(t *testing.T) {
	for name, c := range map[string]struct {
		before, after []int // of the policies
		want          [][]string
	}{
		"room":    {[]int{0, 1}, []int{1, 2}, [][]string{{"p00", "p01", "p02"}, {"p01", "p02"}}},
		"no room": {[]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			cloud := newCloud()
			all := makePolicies(t, cloud, 11)
			pick := func(which []int) []id.PolicyARN {
				var out []id.PolicyARN
				for _, i := range which {
					out = append(out, all[i])
				}
				return out
			}
			r := iam.Role{Name: "R", TrustedBy: ec2, Attached: pick(c.before)}
			applied(t, cloud.Config(), r)
			r.Attached = pick(c.after)
			cfg, after := watched(t, cloud, "R")
			_, err := planned(t, cfg, nil, r).Apply(context.Background())
			require.NoError(t, err)
			if c.want != nil {
				require.Equal(t, c.want, *after)
				return
			}
			require.Len(t, *after, 3, "refused for want of room, one removed, one added")
			for _, step := range *after {
				require.GreaterOrEqual(t, len(step), 9, "what stays was taken away meanwhile")
			}
		})
	}
}

func TestSetThatIsNotDeclaredIsNotRead(t *testing.T) {
	cloud := newCloud()
	r := iam.Role{Name: "R", TrustedBy: ec2}
	applied(t, cloud.Config(), r)
	_, err := sdk.NewFromConfig(cloud.Config()).AttachRolePolicy(context.Background(), &sdk.AttachRolePolicyInput{RoleName: aws.String("R"), PolicyArn: aws.String("arn:aws:iam::aws:policy/ReadOnlyAccess")})
	require.NoError(t, err)
	cloud.ResetCalls()
	require.True(t, planned(t, cloud.Config(), nil, r).Empty())
	var operations []string
	for _, call := range cloud.Calls() {
		operations = append(operations, call.Operation)
	}
	require.Equal(t, []string{"GetCallerIdentity", "GetRole"}, operations)
}

func TestHandMadeRoleIsAdoptedWithNothingButTags(t *testing.T) {
	ctx, cloud := context.Background(), newCloud()
	r := iam.Role{Name: "EC2S3AccessRole", TrustedBy: ec2, Attached: []id.PolicyARN{iam.AWSManaged("AmazonS3ReadOnlyAccess")}}
	c := sdk.NewFromConfig(cloud.Config())
	_, err := c.CreateRole(ctx, &sdk.CreateRoleInput{RoleName: &r.Name, AssumeRolePolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":["ec2.amazonaws.com"]},"Action":["sts:AssumeRole"]}]}`)})
	require.NoError(t, err)
	_, err = c.AttachRolePolicy(ctx, &sdk.AttachRolePolicyInput{RoleName: &r.Name, PolicyArn: aws.String("arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess")})
	require.NoError(t, err)

	_, err = planned(t, cloud.Config(), nil, r).Apply(ctx)
	var conflict *ztcore.ConflictError
	require.ErrorAs(t, err, &conflict)

	cloud.ResetCalls()
	applied(t, cloud.Config(), ztcore.Adopt(r))
	require.Len(t, cloud.Writes(), 1)
	require.Equal(t, "TagRole", cloud.Writes()[0].Operation)
}

func TestDestroyLeavesAForeignRoleAlone(t *testing.T) {
	ctx, cloud := context.Background(), newCloud()
	r := iam.Role{Name: "theirs", TrustedBy: ec2, Inline: readLogs, Attached: []id.PolicyARN{iam.AWSManaged("ReadOnlyAccess")}}
	p, err := ztcore.NewBaseline("theirs", r).Plan(ctx, cloud.Config())
	require.NoError(t, err)
	_, err = p.Apply(ctx)
	require.NoError(t, err)
	cloud.ResetCalls()
	_, err = planned(t, cloud.Config(), []ztcore.PlanOption{ztcore.Destroy()}, r).Apply(ctx)
	require.NoError(t, err)
	require.Empty(t, cloud.Writes())
}
