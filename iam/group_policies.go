package iam

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

var groupPolicies, groupAttachments = groupHolder.inlineSet(), groupHolder.attachedSet()

var groupHolder = holder{
	part: types.EntityTypeGroup, class: policy.InlineGroup,
	of: func(a account, group string) ([]types.PolicyDetail, []types.AttachedPolicy, bool) {
		g, ok := a.groups[group]
		return g.GroupPolicyList, g.AttachedManagedPolicies, ok
	},
	listInline: func(ctx context.Context, c *iam.Client, group string, marker *string) ([]string, *string, error) {
		out, err := answer(c.ListGroupPolicies(ctx, &iam.ListGroupPoliciesInput{GroupName: &group, Marker: marker}))
		return out.PolicyNames, out.Marker, err
	},
	getInline: func(ctx context.Context, c *iam.Client, group, name string) (*string, error) {
		out, err := answer(c.GetGroupPolicy(ctx, &iam.GetGroupPolicyInput{GroupName: &group, PolicyName: &name}))
		return out.PolicyDocument, err
	},
	putInline: func(ctx context.Context, c *iam.Client, group, name, document string) error {
		_, err := c.PutGroupPolicy(ctx, &iam.PutGroupPolicyInput{GroupName: &group, PolicyName: &name, PolicyDocument: &document})
		return err
	},
	deleteInline: func(ctx context.Context, c *iam.Client, group, name string) error {
		_, err := c.DeleteGroupPolicy(ctx, &iam.DeleteGroupPolicyInput{GroupName: &group, PolicyName: &name})
		return err
	},
	listAttached: func(ctx context.Context, c *iam.Client, group string, marker *string) ([]types.AttachedPolicy, *string, error) {
		out, err := answer(c.ListAttachedGroupPolicies(ctx, &iam.ListAttachedGroupPoliciesInput{GroupName: &group, Marker: marker}))
		return out.AttachedPolicies, out.Marker, err
	},
	attach: func(ctx context.Context, c *iam.Client, group, arn string) error {
		_, err := c.AttachGroupPolicy(ctx, &iam.AttachGroupPolicyInput{GroupName: &group, PolicyArn: &arn})
		return err
	},
	detach: func(ctx context.Context, c *iam.Client, group, arn string) error {
		_, err := c.DetachGroupPolicy(ctx, &iam.DetachGroupPolicyInput{GroupName: &group, PolicyArn: &arn})
		return err
	},
}
