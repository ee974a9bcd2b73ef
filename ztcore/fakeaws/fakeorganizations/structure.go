package fakeorganizations

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

type unit struct {
	ID, Name, Parent string
	Created          time.Time
}

// https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
const (
	mostUnits   = 2000
	deepestUnit = 5 // levels below the root
	longestName = 128
)

// CreateOrganization makes an organization with the calling account as its management account. With all features, which is the
// default, service control policies are enabled on its root.
// https://docs.aws.amazon.com/organizations/latest/APIReference/API_CreateOrganization.html
func (s *Service) CreateOrganization(ctx context.Context, in *organizations.CreateOrganizationInput, _ ...opt) (*organizations.CreateOrganizationOutput, error) {
	call, w := fakeaws.CallFrom(ctx), s.world.In(ctx)
	if w.Member[call.Account] != "" {
		return nil, &types.AlreadyInOrganizationException{Message: aws.String("The provided account is already a member of an organization.")}
	}
	if in.FeatureSet == "" {
		in.FeatureSet = types.OrganizationFeatureSetAll
	}
	if !slices.Contains(in.FeatureSet.Values(), in.FeatureSet) {
		return nil, invalid(types.InvalidInputExceptionReasonInvalidEnum, "You specified an invalid feature set.")
	}
	o := &organization{
		ID: s.cloud.ID("o-", 10), RootID: s.cloud.ID("r-", 4), Management: call.Account, Partition: call.Partition(), Features: in.FeatureSet,
		Types: map[types.PolicyType]time.Time{}, Units: map[string]*unit{}, Accounts: map[string]*account{}, Policies: map[string]*document{},
		Attached: map[string][]string{}, Trusted: map[string]time.Time{}, Delegated: map[string]map[string]time.Time{},
		Tags: map[string]map[string]string{}, Requests: map[string]string{},
	}
	w.Organizations[call.Account], w.Member[call.Account] = o, call.Account
	o.Accounts[call.Account] = &account{ID: call.Account, Name: "management", Email: "management@example.com", Parent: o.RootID, Joined: now(), Method: types.AccountJoinedMethodInvited}
	if in.FeatureSet == types.OrganizationFeatureSetAll {
		o.addDefaults()
		o.enable(types.PolicyTypeServiceControlPolicy, now())
	}
	return &organizations.CreateOrganizationOutput{Organization: o.describe()}, nil
}

// DescribeOrganization answers any account of the organization.
func (s *Service) DescribeOrganization(ctx context.Context, _ *organizations.DescribeOrganizationInput, _ ...opt) (*organizations.DescribeOrganizationOutput, error) {
	o, err := s.belongs(ctx)
	if err != nil {
		return nil, err
	}
	return &organizations.DescribeOrganizationOutput{Organization: o.describe()}, nil
}

// DeleteOrganization ends an organization of the management account alone.
func (s *Service) DeleteOrganization(ctx context.Context, _ *organizations.DeleteOrganizationInput, _ ...opt) (*organizations.DeleteOrganizationOutput, error) {
	o, err := s.manage(ctx)
	if err != nil {
		return nil, err
	}
	if len(o.Accounts) > 1 || len(o.Units) > 0 {
		return nil, &types.OrganizationNotEmptyException{Message: aws.String("To delete an organization, you must first remove all member accounts and organizational units.")}
	}
	w := s.world.In(ctx)
	delete(w.Organizations, o.Management)
	delete(w.Member, o.Management)
	return &organizations.DeleteOrganizationOutput{}, nil
}

// ListRoots answers the one root, with the policy types that are enabled on it.
func (s *Service) ListRoots(ctx context.Context, in *organizations.ListRootsInput, _ ...opt) (*organizations.ListRootsOutput, error) {
	o, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	roots, next, err := page(ctx, []types.Root{o.root()}, in.NextToken, in.MaxResults)
	return &organizations.ListRootsOutput{Roots: roots, NextToken: next}, err
}

// CreateOrganizationalUnit adds a unit, with AWS's own policies attached to it.
func (s *Service) CreateOrganizationalUnit(ctx context.Context, in *organizations.CreateOrganizationalUnitInput, _ ...opt) (*organizations.CreateOrganizationalUnitOutput, error) {
	o, err := s.manage(ctx)
	if err != nil {
		return nil, err
	}
	depth, err := o.depth(*in.ParentId)
	if err != nil {
		return nil, err
	}
	switch {
	case depth >= deepestUnit:
		return nil, constraint(types.ConstraintViolationExceptionReasonOuDepthLimitExceeded, "You have exceeded the maximum depth of organizational units.")
	case len(o.Units) >= mostUnits:
		return nil, constraint(types.ConstraintViolationExceptionReasonOuNumberLimitExceeded, "You have exceeded the number of organizational units.")
	}
	if err := o.freeName(*in.ParentId, in.Name); err != nil {
		return nil, err
	}
	tags := map[string]string{}
	if err := addTags(tags, in.Tags); err != nil {
		return nil, err
	}
	u := &unit{ID: s.cloud.ID("ou-"+strings.TrimPrefix(o.RootID, "r-")+"-", 8), Name: *in.Name, Parent: *in.ParentId, Created: now()}
	o.Units[u.ID], o.Tags[u.ID] = u, tags
	o.attachDefaults(u.ID)
	return &organizations.CreateOrganizationalUnitOutput{OrganizationalUnit: o.describeUnit(u)}, nil
}

// DescribeOrganizationalUnit answers one unit.
func (s *Service) DescribeOrganizationalUnit(ctx context.Context, in *organizations.DescribeOrganizationalUnitInput, _ ...opt) (*organizations.DescribeOrganizationalUnitOutput, error) {
	o, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	u, err := o.unit(*in.OrganizationalUnitId)
	if err != nil {
		return nil, err
	}
	return &organizations.DescribeOrganizationalUnitOutput{OrganizationalUnit: o.describeUnit(u)}, nil
}

// UpdateOrganizationalUnit renames a unit.
func (s *Service) UpdateOrganizationalUnit(ctx context.Context, in *organizations.UpdateOrganizationalUnitInput, _ ...opt) (*organizations.UpdateOrganizationalUnitOutput, error) {
	o, err := s.manage(ctx)
	if err != nil {
		return nil, err
	}
	u, err := o.unit(*in.OrganizationalUnitId)
	if err != nil {
		return nil, err
	}
	if in.Name != nil && *in.Name != u.Name {
		if err := o.freeName(u.Parent, in.Name); err != nil {
			return nil, err
		}
		u.Name = *in.Name
	}
	return &organizations.UpdateOrganizationalUnitOutput{OrganizationalUnit: o.describeUnit(u)}, nil
}

// DeleteOrganizationalUnit removes a unit that holds neither accounts nor units. Policies are detached by that.
func (s *Service) DeleteOrganizationalUnit(ctx context.Context, in *organizations.DeleteOrganizationalUnitInput, _ ...opt) (*organizations.DeleteOrganizationalUnitOutput, error) {
	o, err := s.manage(ctx)
	if err != nil {
		return nil, err
	}
	u, err := o.unit(*in.OrganizationalUnitId)
	if err != nil {
		return nil, err
	}
	if len(o.unitsOf(u.ID))+len(o.accountsOf(u.ID)) > 0 {
		return nil, &types.OrganizationalUnitNotEmptyException{Message: aws.String("To remove an organizational unit (OU), you must first move all accounts out of the OU and delete all of its child OUs.")}
	}
	delete(o.Units, u.ID)
	delete(o.Attached, u.ID)
	delete(o.Tags, u.ID)
	return &organizations.DeleteOrganizationalUnitOutput{}, nil
}

// ListOrganizationalUnitsForParent answers the units right below a root or unit.
func (s *Service) ListOrganizationalUnitsForParent(ctx context.Context, in *organizations.ListOrganizationalUnitsForParentInput, _ ...opt) (*organizations.ListOrganizationalUnitsForParentOutput, error) {
	o, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := o.depth(*in.ParentId); err != nil {
		return nil, err
	}
	found := []types.OrganizationalUnit{}
	for _, u := range o.unitsOf(*in.ParentId) {
		found = append(found, *o.describeUnit(u))
	}
	some, next, err := page(ctx, found, in.NextToken, in.MaxResults)
	return &organizations.ListOrganizationalUnitsForParentOutput{OrganizationalUnits: some, NextToken: next}, err
}

// ListParents answers the one parent of a unit or account.
func (s *Service) ListParents(ctx context.Context, in *organizations.ListParentsInput, _ ...opt) (*organizations.ListParentsOutput, error) {
	o, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	var parent string
	if u := o.Units[*in.ChildId]; u != nil {
		parent = u.Parent
	} else if a := o.account(*in.ChildId); a != nil {
		parent = a.Parent
	} else {
		return nil, &types.ChildNotFoundException{Message: aws.String("We can't find an organizational unit (OU) or account with the ChildId that you specified.")}
	}
	kind := types.ParentTypeOrganizationalUnit
	if parent == o.RootID {
		kind = types.ParentTypeRoot
	}
	some, next, err := page(ctx, []types.Parent{{Id: &parent, Type: kind}}, in.NextToken, in.MaxResults)
	return &organizations.ListParentsOutput{Parents: some, NextToken: next}, err
}

// ListChildren answers the ids of the units or the accounts right below a root or unit.
func (s *Service) ListChildren(ctx context.Context, in *organizations.ListChildrenInput, _ ...opt) (*organizations.ListChildrenOutput, error) {
	o, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := o.depth(*in.ParentId); err != nil {
		return nil, err
	}
	found := []types.Child{}
	switch in.ChildType {
	case types.ChildTypeAccount:
		for _, a := range o.accountsOf(*in.ParentId) {
			found = append(found, types.Child{Id: aws.String(a.ID), Type: in.ChildType})
		}
	case types.ChildTypeOrganizationalUnit:
		for _, u := range o.unitsOf(*in.ParentId) {
			found = append(found, types.Child{Id: aws.String(u.ID), Type: in.ChildType})
		}
	default:
		return nil, invalid(types.InvalidInputExceptionReasonInvalidEnum, "You specified an invalid child type.")
	}
	some, next, err := page(ctx, found, in.NextToken, in.MaxResults)
	return &organizations.ListChildrenOutput{Children: some, NextToken: next}, err
}

// depth is how many levels a parent is below the root.
func (o *organization) depth(parent string) (int, error) {
	n := 0
	for ; parent != o.RootID; n++ {
		u := o.Units[parent]
		if u == nil {
			return 0, &types.ParentNotFoundException{Message: aws.String("We can't find a root or OU with the ParentId that you specified.")}
		}
		parent = u.Parent
	}
	return n, nil
}

func (o *organization) unit(id string) (*unit, error) {
	if u := o.Units[id]; u != nil {
		return u, nil
	}
	return nil, &types.OrganizationalUnitNotFoundException{Message: aws.String("We can't find an OU with the OrganizationalUnitId that you specified.")}
}

// unitsOf are sorted by name.
func (o *organization) unitsOf(parent string) []*unit {
	var out []*unit
	for _, u := range o.Units {
		if u.Parent == parent {
			out = append(out, u)
		}
	}
	slices.SortFunc(out, func(a, b *unit) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// freeName refuses a name that can't be used or that a sibling has.
func (o *organization) freeName(parent string, name *string) error {
	if n := len(aws.ToString(name)); n == 0 || n > longestName {
		return invalid(types.InvalidInputExceptionReasonMaxLengthExceeded, "The name must have 1 to 128 characters.")
	}
	for _, u := range o.unitsOf(parent) {
		if u.Name == *name {
			return &types.DuplicateOrganizationalUnitException{Message: aws.String("An OU with the same name already exists.")}
		}
	}
	return nil
}

func (o *organization) arn(kind, id string) *string {
	return aws.String("arn:" + o.Partition + ":organizations::" + o.Management + ":" + kind + "/" + o.ID + "/" + id)
}

func (o *organization) describe() *types.Organization {
	master := o.Accounts[o.Management]
	return &types.Organization{
		Id: aws.String(o.ID), Arn: aws.String("arn:" + o.Partition + ":organizations::" + o.Management + ":organization/" + o.ID), FeatureSet: o.Features,
		MasterAccountId: aws.String(o.Management), MasterAccountArn: o.arn("account", o.Management), MasterAccountEmail: aws.String(master.Email),
		AvailablePolicyTypes: []types.PolicyTypeSummary{{Type: types.PolicyTypeServiceControlPolicy, Status: types.PolicyTypeStatusEnabled}}, // whatever is so: AWS's documentation says not to use it
	}
}

func (o *organization) root() types.Root {
	r := types.Root{Id: aws.String(o.RootID), Arn: o.arn("root", o.RootID), Name: aws.String("Root"), PolicyTypes: []types.PolicyTypeSummary{}}
	for _, t := range slices.Sorted(maps.Keys(o.Types)) {
		status := types.PolicyTypeStatusEnabled
		if o.Types[t].After(time.Now()) {
			status = types.PolicyTypeStatusPendingEnable
		}
		r.PolicyTypes = append(r.PolicyTypes, types.PolicyTypeSummary{Type: t, Status: status})
	}
	return r
}

func (o *organization) describeUnit(u *unit) *types.OrganizationalUnit {
	return &types.OrganizationalUnit{Id: aws.String(u.ID), Arn: o.arn("ou", u.ID), Name: aws.String(u.Name)}
}
