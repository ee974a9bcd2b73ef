package iam

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

var userPolicies, userAttachments = userHolder.inlineSet(), userHolder.attachedSet()

var userHolder = holder{
	part: types.EntityTypeUser, class: policy.InlineUser,
	of: func(a account, user string) ([]types.PolicyDetail, []types.AttachedPolicy, bool) {
		u, ok := a.users[user]
		return u.UserPolicyList, u.AttachedManagedPolicies, ok
	},
	listInline: func(ctx context.Context, c *iam.Client, user string, marker *string) ([]string, *string, error) {
		out, err := answer(c.ListUserPolicies(ctx, &iam.ListUserPoliciesInput{UserName: &user, Marker: marker}))
		return out.PolicyNames, out.Marker, err
	},
	getInline: func(ctx context.Context, c *iam.Client, user, name string) (*string, error) {
		out, err := answer(c.GetUserPolicy(ctx, &iam.GetUserPolicyInput{UserName: &user, PolicyName: &name}))
		return out.PolicyDocument, err
	},
	putInline: func(ctx context.Context, c *iam.Client, user, name, document string) error {
		_, err := c.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: &user, PolicyName: &name, PolicyDocument: &document})
		return err
	},
	deleteInline: func(ctx context.Context, c *iam.Client, user, name string) error {
		_, err := c.DeleteUserPolicy(ctx, &iam.DeleteUserPolicyInput{UserName: &user, PolicyName: &name})
		return err
	},
	listAttached: func(ctx context.Context, c *iam.Client, user string, marker *string) ([]types.AttachedPolicy, *string, error) {
		out, err := answer(c.ListAttachedUserPolicies(ctx, &iam.ListAttachedUserPoliciesInput{UserName: &user, Marker: marker}))
		return out.AttachedPolicies, out.Marker, err
	},
	attach: func(ctx context.Context, c *iam.Client, user, arn string) error {
		_, err := c.AttachUserPolicy(ctx, &iam.AttachUserPolicyInput{UserName: &user, PolicyArn: &arn})
		return err
	},
	detach: func(ctx context.Context, c *iam.Client, user, arn string) error {
		_, err := c.DetachUserPolicy(ctx, &iam.DetachUserPolicyInput{UserName: &user, PolicyArn: &arn})
		return err
	},
}
