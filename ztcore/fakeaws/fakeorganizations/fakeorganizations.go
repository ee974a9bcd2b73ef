// Package fakeorganizations is the AWS Organizations of a fakeaws.Cloud.
//
// Modelled: one organization for a management account, its root, units, accounts (made by CreateAccount, in five seconds of
// the cloud's clock) and their moves; policy types; policies of every type with their syntax, size and names; attachments
// with AWS's own FullAWSAccess and RCPFullAWSAccess, and the least and most that a target takes; trusted access, delegated
// administrators and tags. Whoever does not manage the organization is denied, and a write that overlaps another is refused
// (ConcurrentModificationException). A policy type that was just enabled is pending for as long as the cloud's Propagation.
//
// Not modelled: invitations and other handshakes, closing accounts, the merged (effective) management policies, the resource
// policy that delegates policy management, and the effect of policies on requests, for which there is policy.Evaluate.
package fakeorganizations

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Service handles Organizations.
type Service struct {
	cloud *fakeaws.Cloud
	world *fakeaws.Store[world]
}

// world is every organization there is.
type world struct {
	Organizations map[string]*organization // by management account
	Member        map[string]string        // account → management account
}

type organization struct {
	ID         string
	Management string
	Partition  string
	Features   types.OrganizationFeatureSet
	RootID     string
	Types      map[types.PolicyType]time.Time // enabled on the root, effective from
	Units      map[string]*unit               // by id
	Accounts   map[string]*account            // by id
	Policies   map[string]*document           // by id
	Attached   map[string][]string            // target → ids of policies
	Trusted    map[string]time.Time           // service principal → since
	Delegated  map[string]map[string]time.Time
	Tags       map[string]map[string]string // of roots, units, accounts and policies, by id
	Requests   map[string]string            // of CreateAccount: id → account
}

type opt = func(*organizations.Options)

// Install adds Organizations to a cloud.
func Install(c *fakeaws.Cloud) {
	s := &Service{cloud: c, world: fakeaws.NewStore(c, "organizations", fakeaws.Worldwide, func(string, string) *world {
		return &world{Organizations: map[string]*organization{}, Member: map[string]string{}}
	})}
	s.installStructure(c)
	s.installPolicies(c)
	fakeaws.On(c, s.TagResource, "ResourceId", "Tags")
	fakeaws.On(c, s.UntagResource, "ResourceId", "TagKeys")
	fakeaws.On(c, s.ListTagsForResource, "ResourceId", "NextToken")
	fakeaws.On(c, s.EnableAWSServiceAccess, "ServicePrincipal")
	fakeaws.On(c, s.DisableAWSServiceAccess, "ServicePrincipal")
	fakeaws.On(c, s.ListAWSServiceAccessForOrganization, "MaxResults", "NextToken")
	fakeaws.On(c, s.RegisterDelegatedAdministrator, "AccountId", "ServicePrincipal")
	fakeaws.On(c, s.DeregisterDelegatedAdministrator, "AccountId", "ServicePrincipal")
	fakeaws.On(c, s.ListDelegatedAdministrators, "ServicePrincipal", "MaxResults", "NextToken")
	fakeaws.On(c, s.ListDelegatedServicesForAccount, "AccountId", "MaxResults", "NextToken")
	serialize[organizations.TagResourceInput](c)
	serialize[organizations.UntagResourceInput](c)
	serialize[organizations.EnableAWSServiceAccessInput](c)
	serialize[organizations.DisableAWSServiceAccessInput](c)
	serialize[organizations.RegisterDelegatedAdministratorInput](c)
	serialize[organizations.DeregisterDelegatedAdministratorInput](c)
}

func (s *Service) installStructure(c *fakeaws.Cloud) {
	fakeaws.On(c, s.CreateOrganization, "FeatureSet")
	fakeaws.On(c, s.DescribeOrganization)
	fakeaws.On(c, s.DeleteOrganization)
	fakeaws.On(c, s.ListRoots, "MaxResults", "NextToken")
	fakeaws.On(c, s.CreateOrganizationalUnit, "Name", "ParentId", "Tags")
	fakeaws.On(c, s.DescribeOrganizationalUnit, "OrganizationalUnitId")
	fakeaws.On(c, s.UpdateOrganizationalUnit, "OrganizationalUnitId", "Name")
	fakeaws.On(c, s.DeleteOrganizationalUnit, "OrganizationalUnitId")
	fakeaws.On(c, s.ListOrganizationalUnitsForParent, "ParentId", "MaxResults", "NextToken")
	fakeaws.On(c, s.ListParents, "ChildId", "MaxResults", "NextToken")
	fakeaws.On(c, s.ListChildren, "ParentId", "ChildType", "MaxResults", "NextToken")
	fakeaws.On(c, s.CreateAccount, "AccountName", "Email", "RoleName", "IamUserAccessToBilling", "Tags")
	fakeaws.On(c, s.DescribeCreateAccountStatus, "CreateAccountRequestId")
	fakeaws.On(c, s.DescribeAccount, "AccountId")
	fakeaws.On(c, s.ListAccounts, "MaxResults", "NextToken")
	fakeaws.On(c, s.ListAccountsForParent, "ParentId", "MaxResults", "NextToken")
	fakeaws.On(c, s.MoveAccount, "AccountId", "SourceParentId", "DestinationParentId")
	serialize[organizations.CreateOrganizationalUnitInput](c)
	serialize[organizations.UpdateOrganizationalUnitInput](c)
	serialize[organizations.DeleteOrganizationalUnitInput](c)
	serialize[organizations.CreateAccountInput](c)
	serialize[organizations.MoveAccountInput](c)
}

func (s *Service) installPolicies(c *fakeaws.Cloud) {
	fakeaws.On(c, s.EnablePolicyType, "RootId", "PolicyType")
	fakeaws.On(c, s.DisablePolicyType, "RootId", "PolicyType")
	fakeaws.On(c, s.CreatePolicy, "Name", "Description", "Content", "Type", "Tags")
	fakeaws.On(c, s.DescribePolicy, "PolicyId")
	fakeaws.On(c, s.UpdatePolicy, "PolicyId", "Name", "Description", "Content")
	fakeaws.On(c, s.DeletePolicy, "PolicyId")
	fakeaws.On(c, s.ListPolicies, "Filter", "MaxResults", "NextToken")
	fakeaws.On(c, s.AttachPolicy, "PolicyId", "TargetId")
	fakeaws.On(c, s.DetachPolicy, "PolicyId", "TargetId")
	fakeaws.On(c, s.ListPoliciesForTarget, "TargetId", "Filter", "MaxResults", "NextToken")
	fakeaws.On(c, s.ListTargetsForPolicy, "PolicyId", "MaxResults", "NextToken")
	serialize[organizations.EnablePolicyTypeInput](c)
	serialize[organizations.DisablePolicyTypeInput](c)
	serialize[organizations.CreatePolicyInput](c)
	serialize[organizations.UpdatePolicyInput](c)
	serialize[organizations.DeletePolicyInput](c)
	serialize[organizations.AttachPolicyInput](c)
	serialize[organizations.DetachPolicyInput](c)
}

// serialize has AWS refuse a write to the organization while another is under way.
func serialize[I any](c *fakeaws.Cloud) {
	fakeaws.Serialize(c, func(*I) (string, error) {
		return "organizations", &types.ConcurrentModificationException{
			Message: aws.String("AWS Organizations can't complete your request because it conflicts with another attempt to modify the same entity. Try again later."),
		}
	})
}

// belongs is the organization that the calling account is in.
func (s *Service) belongs(ctx context.Context) (*organization, error) {
	w := s.world.In(ctx)
	account := fakeaws.CallFrom(ctx).Account
	if o := w.Organizations[w.Member[account]]; o != nil && o.account(account) != nil {
		return o, nil
	}
	return nil, &types.AWSOrganizationsNotInUseException{Message: aws.String("Your account is not a member of an organization.")}
}

// manage is the organization that the calling account manages.
func (s *Service) manage(ctx context.Context) (*organization, error) {
	o, err := s.belongs(ctx)
	if err == nil && o.Management != fakeaws.CallFrom(ctx).Account {
		return nil, denied()
	}
	return o, err
}

// look is the organization whose structure the calling account may read: it manages it, or is a delegated administrator.
func (s *Service) look(ctx context.Context) (*organization, error) {
	o, err := s.belongs(ctx)
	if err != nil {
		return nil, err
	}
	if account := fakeaws.CallFrom(ctx).Account; o.Management != account && len(o.Delegated[account]) == 0 {
		return nil, denied()
	}
	return o, nil
}

func denied() error {
	return &types.AccessDeniedException{Message: aws.String("You don't have permissions to access this resource.")}
}

// largePage is AWS's largest and usual page. https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListPolicies.html
const largePage = 20

func page[E any](ctx context.Context, items []E, token *string, limit *int32) ([]E, *string, error) {
	if limit != nil && (*limit < 1 || *limit > largePage) {
		return nil, nil, invalid(types.InvalidInputExceptionReasonMaxValueExceeded, "MaxResults must be 1 to 20")
	}
	out, next, ok := fakeaws.Page(ctx, items, token, limit, largePage)
	if !ok {
		return nil, nil, invalid(types.InvalidInputExceptionReasonInvalidPaginationToken, "You specified an invalid value for nextToken.")
	}
	return out, next, nil
}

func invalid(reason types.InvalidInputExceptionReason, message string) error {
	return &types.InvalidInputException{Message: &message, Reason: reason}
}

func constraint(reason types.ConstraintViolationExceptionReason, message string) error {
	return &types.ConstraintViolationException{Message: &message, Reason: reason}
}

// now is in UTC and in milliseconds, as the service's dates are.
func now() time.Time { return time.Now().UTC().Truncate(time.Millisecond) }
