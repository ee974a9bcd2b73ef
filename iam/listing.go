package iam

import (
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// pageSize is the most that IAM answers at a time; it may answer less.
const pageSize = 1000

// account is a part of what an account's identities hold, by name. IAM gives it in one listing, in place of half a
// dozen calls for each role, user, group or policy.
type account struct {
	roles    map[string]types.RoleDetail
	users    map[string]types.UserDetail
	groups   map[string]types.GroupDetail
	policies map[string]types.ManagedPolicyDetail
}

// list reads one part of the account, once in a round of reads however many kinds ask for it.
func list(ctx context.Context, sc *ztcore.Scope, part types.EntityType) (account, error) {
	return ztcore.Memo(ctx, sc, "iam.listing."+string(part), func() (account, error) {
		a := account{map[string]types.RoleDetail{}, map[string]types.UserDetail{}, map[string]types.GroupDetail{}, map[string]types.ManagedPolicyDetail{}}
		c := iam.NewFromConfig(sc.Config)
		err := eachPage(func(marker *string) (*string, error) {
			out, err := c.GetAccountAuthorizationDetails(ctx, &iam.GetAccountAuthorizationDetailsInput{
				Filter: []types.EntityType{part}, MaxItems: aws.Int32(pageSize), Marker: marker,
			})
			if err != nil {
				return nil, err
			}
			for _, r := range out.RoleDetailList {
				a.roles[*r.RoleName] = r
			}
			for _, u := range out.UserDetailList {
				a.users[*u.UserName] = u
			}
			for _, g := range out.GroupDetailList {
				a.groups[*g.GroupName] = g
			}
			for _, p := range out.Policies {
				a.policies[nameIn(*p.Arn)] = p
			}
			return out.Marker, nil
		})
		return a, err
	})
}

// readEach reads what is wanted by a call for each, for listings that lack too much. To find what is ours and not wanted,
// it reads every one there is.
func readEach[S any](
	ctx context.Context, q ztcore.Query[S], name func(S) string, every func() (names []string, err error),
	read func(ctx context.Context, name string) (S, error),
) ([]S, error) {
	var names []string
	for _, w := range q.Want {
		names = append(names, name(w))
	}
	if q.Owned {
		all, err := every()
		if err != nil {
			return nil, err
		}
		names = append(names, all...)
		slices.Sort(names)
		names = slices.Compact(names)
	}
	found := make([]*S, len(names))
	err := ztcore.Each(ctx, len(names), func(ctx context.Context, i int) error {
		s, err := read(ctx, names[i])
		if err == nil {
			found[i] = &s
		}
		return unlessAbsent(err)
	})
	return present(found), err
}

// absent reports IAM's answer that there is no such thing. Nothing else is read as absence.
func absent(err error) bool {
	var none *types.NoSuchEntityException
	return errors.As(err, &none)
}

// unlessAbsent forgives that what was to be removed is gone already.
func unlessAbsent(err error) error {
	if absent(err) {
		return nil
	}
	return err
}

// present are those that were found.
func present[S any](found []*S) []S {
	var out []S
	for _, f := range found {
		if f != nil {
			out = append(out, *f)
		}
	}
	return out
}
