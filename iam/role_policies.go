package iam

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

var rolePolicies, roleAttachments = roleHolder.inlineSet(), roleHolder.attachedSet()

var roleHolder = holder{
	part: types.EntityTypeRole, class: policy.InlineRole,
	of: func(a account, role string) ([]types.PolicyDetail, []types.AttachedPolicy, bool) {
		r, ok := a.roles[role]
		return r.RolePolicyList, r.AttachedManagedPolicies, ok
	},
	listInline: func(ctx context.Context, c *iam.Client, role string, marker *string) ([]string, *string, error) {
		out, err := answer(c.ListRolePolicies(ctx, &iam.ListRolePoliciesInput{RoleName: &role, Marker: marker}))
		return out.PolicyNames, out.Marker, err
	},
	getInline: func(ctx context.Context, c *iam.Client, role, name string) (*string, error) {
		out, err := answer(c.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &name}))
		return out.PolicyDocument, err
	},
	putInline: func(ctx context.Context, c *iam.Client, role, name, document string) error {
		_, err := c.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &role, PolicyName: &name, PolicyDocument: &document})
		return err
	},
	deleteInline: func(ctx context.Context, c *iam.Client, role, name string) error {
		_, err := c.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &role, PolicyName: &name})
		return err
	},
	listAttached: func(ctx context.Context, c *iam.Client, role string, marker *string) ([]types.AttachedPolicy, *string, error) {
		out, err := answer(c.ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: &role, Marker: marker}))
		return out.AttachedPolicies, out.Marker, err
	},
	attach: func(ctx context.Context, c *iam.Client, role, arn string) error {
		_, err := c.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: &role, PolicyArn: &arn})
		return err
	},
	detach: func(ctx context.Context, c *iam.Client, role, arn string) error {
		_, err := c.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: &role, PolicyArn: &arn})
		return err
	},
}
