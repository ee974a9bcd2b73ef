package iam

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// holder is what policies are for: roles, users or groups. IAM offers the same operations for each, by other names.
type holder struct {
	part  types.EntityType
	class policy.Class // of its inline policies
	// of picks the policies of one holder out of the account's listing.
	of func(a account, name string) (inline []types.PolicyDetail, attached []types.AttachedPolicy, exists bool)

	listInline   func(ctx context.Context, c *iam.Client, name string, marker *string) (inline []string, next *string, err error)
	getInline    func(ctx context.Context, c *iam.Client, name, inline string) (document *string, err error)
	putInline    func(ctx context.Context, c *iam.Client, name, inline, document string) error
	deleteInline func(ctx context.Context, c *iam.Client, name, inline string) error

	listAttached func(ctx context.Context, c *iam.Client, name string, marker *string) (attached []types.AttachedPolicy, next *string, err error)
	attach       func(ctx context.Context, c *iam.Client, name, arn string) error
	detach       func(ctx context.Context, c *iam.Client, name, arn string) error
}

// listing is what heldBy asks for.
const listing = "iam:GetAccountAuthorizationDetails"

// heldBy reads what each of some holders has, and leaves out holders that there are not: from one listing for many, by
// its own call for a single one.
func heldBy[M any](
	ctx context.Context, sc *ztcore.Scope, part types.EntityType, names []string,
	single func(name string) ([]M, error), listed func(a account, name string) (held []M, exists bool),
) (map[string][]M, error) {
	found := map[string][]M{}
	if len(names) == 1 {
		held, err := single(names[0])
		if err == nil {
			found[names[0]] = held
		}
		return found, unlessAbsent(err)
	}
	all, err := list(ctx, sc, part)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if held, ok := listed(all, name); ok {
			found[name] = held
		}
	}
	return found, nil
}

// strip detaches and deletes all policies of a holder that is to be deleted.
func (h holder) strip(ctx context.Context, sc *ztcore.Scope, name string) error {
	c := iam.NewFromConfig(sc.Config)
	err := removeAll(
		func(marker *string) ([]types.AttachedPolicy, *string, error) {
			return h.listAttached(ctx, c, name, marker)
		},
		func(p types.AttachedPolicy) error { return h.detach(ctx, c, name, *p.PolicyArn) },
	)
	if err != nil {
		return err
	}
	return removeAll(
		func(marker *string) ([]string, *string, error) { return h.listInline(ctx, c, name, marker) },
		func(inline string) error { return h.deleteInline(ctx, c, name, inline) },
	)
}
