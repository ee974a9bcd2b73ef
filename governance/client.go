package governance

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// domain is what AWS serializes: all writes to one organization, from wherever they come.
const domain = "organizations"

func organizationDomain[S any](S) string { return domain }

// client tries again when somebody else, another pipeline say, is changing the organization. Writes of the same plan never overlap.
func client(sc *ztcore.Scope) *organizations.Client {
	return organizations.NewFromConfig(sc.Config, func(o *organizations.Options) {
		o.Retryer = retry.AddWithErrorCodes(o.Retryer, "ConcurrentModificationException")
		if n := o.Retryer.MaxAttempts(); n > 0 && n < attempts {
			o.Retryer = retry.AddWithMaxAttempts(o.Retryer, attempts)
		}
	})
}

// attempts outlast some other pipelines.
const attempts = 10

// retries are what time heals: a policy type that is still being enabled, and other people's changes that outlast the client's patience.
func retries() []ztcore.Retry {
	return []ztcore.Retry{{Code: "ConcurrentModificationException"}, {Code: "PolicyTypeNotEnabledException"}, {Code: "PolicyChangesInProgressException"}, {Code: "FinalizingOrganizationException"}}
}

// eachPage calls page with the token of the page before, until there is none.
func eachPage(page func(token *string) (next *string, err error)) error {
	var token *string
	for {
		next, err := page(token)
		if err != nil || next == nil {
			return err
		}
		token = next
	}
}

// explain says what AWS leaves out when it denies: that organizations are managed from one account, and from which.
func explain(ctx context.Context, sc *ztcore.Scope, err error) error {
	var none *types.AWSOrganizationsNotInUseException
	if errors.As(err, &none) {
		return fmt.Errorf("account %s is in no organization; plan with credentials of an organization's management account: %w", sc.Account, err)
	}
	var denied *types.AccessDeniedException
	if !errors.As(err, &denied) {
		return err
	}
	out, derr := client(sc).DescribeOrganization(ctx, &organizations.DescribeOrganizationInput{})
	if derr != nil || aws.ToString(out.Organization.MasterAccountId) == sc.Account {
		return err
	}
	return fmt.Errorf("organization %s is managed by account %s, and this run is made in account %s; run it there, or as a delegated administrator: %w",
		aws.ToString(out.Organization.Id), aws.ToString(out.Organization.MasterAccountId), sc.Account, err)
}

// root finds the organization's root, of which there is one.
func root(ctx context.Context, sc *ztcore.Scope) (types.Root, error) {
	return ztcore.Memo(ctx, sc, "governance.root", func() (found types.Root, err error) {
		err = eachPage(func(token *string) (*string, error) {
			out, err := client(sc).ListRoots(ctx, &organizations.ListRootsInput{NextToken: token})
			if err != nil {
				return nil, explain(ctx, sc, err)
			}
			if len(out.Roots) > 0 {
				found = out.Roots[0]
			}
			return out.NextToken, nil
		})
		return found, err
	})
}

// tagsOf reads the tags of a unit or policy, which no listing has.
func tagsOf(ctx context.Context, sc *ztcore.Scope, id string) (map[string]string, error) {
	tags := map[string]string{}
	err := eachPage(func(token *string) (*string, error) {
		out, err := client(sc).ListTagsForResource(ctx, &organizations.ListTagsForResourceInput{ResourceId: &id, NextToken: token})
		if err != nil {
			return nil, err
		}
		for _, t := range out.Tags {
			tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
		}
		return out.NextToken, nil
	})
	return tags, err
}

func setTags(ctx context.Context, sc *ztcore.Scope, id string, tags map[string]string) error {
	_, err := client(sc).TagResource(ctx, &organizations.TagResourceInput{ResourceId: &id, Tags: toTags(tags)})
	return err
}

func toTags(tags map[string]string) []types.Tag {
	var out []types.Tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		out = append(out, types.Tag{Key: aws.String(k), Value: aws.String(tags[k])})
	}
	return out
}

// absent recognizes the answers that prove that an object is not there.
func absent(err error) bool {
	var (
		noPolicy *types.PolicyNotFoundException
		noUnit   *types.OrganizationalUnitNotFoundException
		noParent *types.ParentNotFoundException
		noTarget *types.TargetNotFoundException
	)
	return errors.As(err, &noPolicy) || errors.As(err, &noUnit) || errors.As(err, &noParent) || errors.As(err, &noTarget)
}

func unlessAbsent(err error) error {
	if absent(err) {
		return nil
	}
	return err
}

// present are those of the found that are there still.
func present[S any](found []*S) []S {
	var out []S
	for _, f := range found {
		if f != nil {
			out = append(out, *f)
		}
	}
	return out
}
