package governance

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// Level is what is attached to one step of the way from an organization's root down to an account.
type Level struct {
	Target   string // the root's, the unit's or the account's id
	Policies []AttachedPolicy
}

// AttachedPolicy is a service control policy in force.
type AttachedPolicy struct {
	ID, Name string
	Document policy.Document
}

// EffectiveSCPs reads the service control policies that bear on a member account, from the root down; every level has to
// allow what is to be allowed. Without an organization, or for its management account, which none bind, there are none. It
// needs the rights to read the organization: those of the management account or of a delegated administrator.
//
//	levels, err := governance.EffectiveSCPs(ctx, cfg, "111122223333")
//	decision, err := policy.Evaluate(request, policy.Policies{Identity: own, SCP: governance.Documents(levels)})
func EffectiveSCPs(ctx context.Context, cfg aws.Config, account string) ([]Level, error) {
	sc := &ztcore.Scope{Config: cfg}
	org, err := client(sc).DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	if none := new(types.AWSOrganizationsNotInUseException); errors.As(err, &none) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if aws.ToString(org.Organization.MasterAccountId) == account {
		return nil, nil
	}
	path := []string{account}
	for at := account; ; {
		out, err := client(sc).ListParents(ctx, &organizations.ListParentsInput{ChildId: &at})
		if err != nil {
			return nil, err
		}
		if len(out.Parents) != 1 {
			return nil, fmt.Errorf("%s has %d parents", at, len(out.Parents))
		}
		at = aws.ToString(out.Parents[0].Id)
		path = append(path, at)
		if out.Parents[0].Type == types.ParentTypeRoot {
			break
		}
	}
	slices.Reverse(path)
	levels := make([]Level, len(path))
	return levels, ztcore.Each(ctx, len(path), func(ctx context.Context, i int) error {
		levels[i].Target = path[i]
		attached, err := attachedTo(ctx, sc, path[i])
		if err != nil {
			return err
		}
		for _, p := range attached {
			out, err := client(sc).DescribePolicy(ctx, &organizations.DescribePolicyInput{PolicyId: p.Id})
			if err != nil {
				return err
			}
			d, err := policy.Parse(aws.ToString(out.Policy.Content))
			if err != nil {
				return fmt.Errorf("%s: %w", aws.ToString(p.Name), err)
			}
			levels[i].Policies = append(levels[i].Policies, AttachedPolicy{ID: aws.ToString(p.Id), Name: aws.ToString(p.Name), Document: d})
		}
		return nil
	})
}

// Documents are the policies of all levels, as policy.Evaluate takes them.
func Documents(levels []Level) [][]policy.Document {
	out := make([][]policy.Document, len(levels))
	for i, l := range levels {
		out[i] = []policy.Document{}
		for _, p := range l.Policies {
			out[i] = append(out[i], p.Document)
		}
	}
	return out
}
