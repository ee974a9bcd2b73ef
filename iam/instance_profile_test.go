package iam_test

import (
	"context"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

func TestInstanceProfile(t *testing.T) { kindtest.Run(t, instanceProfileCase()) }

func instanceProfileCase() kindtest.Case {
	one, two := iam.Role{Name: "one", TrustedBy: ec2}, iam.Role{Name: "two", TrustedBy: ec2}
	p := iam.InstanceProfile{Name: "web", Role: one.RoleName()}
	step := func(change func()) ztcore.Resource { change(); return ztcore.List{one, two, p} }
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: step(func() {})},
			{Resource: step(func() { p.Tags = map[string]string{"tier": "web"} }), Changes: []string{"iam.InstanceProfile/web Tags"}},
			{Resource: step(func() { p.Role = two.RoleName() }), Changes: []string{"iam.InstanceProfile/web Role"}},
			{Resource: step(func() { p.Path = "/web/" }), Changes: []string{"iam.InstanceProfile/web Path"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			c := sdk.NewFromConfig(cfg)
			_, err := c.RemoveRoleFromInstanceProfile(ctx, &sdk.RemoveRoleFromInstanceProfileInput{InstanceProfileName: aws.String("web"), RoleName: aws.String("one")})
			if err != nil {
				return err
			}
			_, err = c.CreateRole(ctx, &sdk.CreateRoleInput{RoleName: aws.String("admin"), AssumeRolePolicyDocument: aws.String(policy.Trust(ec2).JSON())})
			if err != nil {
				return err
			}
			_, err = c.AddRoleToInstanceProfile(ctx, &sdk.AddRoleToInstanceProfileInput{InstanceProfileName: aws.String("web"), RoleName: aws.String("admin")})
			return err
		},
	}
}
