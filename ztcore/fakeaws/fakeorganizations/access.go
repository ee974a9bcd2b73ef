package fakeorganizations

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
)

var servicePattern = regexp.MustCompile(`^[a-z0-9.-]+\.amazonaws\.com$`)

// mostAdministrators is how many accounts may administer one service; some services allow one. The fake has the larger limit.
const mostAdministrators = 3

// EnableAWSServiceAccess lets a service work in all accounts. Doing it again changes nothing.
func (s *Service) EnableAWSServiceAccess(ctx context.Context, in *organizations.EnableAWSServiceAccessInput, _ ...opt) (*organizations.EnableAWSServiceAccessOutput, error) {
	o, err := s.service(ctx, in.ServicePrincipal)
	if err != nil {
		return nil, err
	}
	if _, on := o.Trusted[*in.ServicePrincipal]; !on {
		o.Trusted[*in.ServicePrincipal] = now()
	}
	return &organizations.EnableAWSServiceAccessOutput{}, nil
}

// DisableAWSServiceAccess ends it, unless an account administers the service.
func (s *Service) DisableAWSServiceAccess(ctx context.Context, in *organizations.DisableAWSServiceAccessInput, _ ...opt) (*organizations.DisableAWSServiceAccessOutput, error) {
	o, err := s.service(ctx, in.ServicePrincipal)
	if err != nil {
		return nil, err
	}
	if len(o.administrators(*in.ServicePrincipal)) > 0 {
		return nil, constraint(types.ConstraintViolationExceptionReasonDelegatedAdministratorExistsForThisService, "A delegated administrator exists for this service: deregister it first.")
	}
	delete(o.Trusted, *in.ServicePrincipal)
	return &organizations.DisableAWSServiceAccessOutput{}, nil
}

// ListAWSServiceAccessForOrganization answers the services by name.
func (s *Service) ListAWSServiceAccessForOrganization(ctx context.Context, in *organizations.ListAWSServiceAccessForOrganizationInput, _ ...opt) (*organizations.ListAWSServiceAccessForOrganizationOutput, error) {
	o, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	found := []types.EnabledServicePrincipal{}
	for _, name := range slices.Sorted(maps.Keys(o.Trusted)) {
		found = append(found, types.EnabledServicePrincipal{ServicePrincipal: &name, DateEnabled: aws.Time(o.Trusted[name])})
	}
	some, next, err := page(ctx, found, in.NextToken, in.MaxResults)
	return &organizations.ListAWSServiceAccessForOrganizationOutput{EnabledServicePrincipals: some, NextToken: next}, err
}

// RegisterDelegatedAdministrator lets a member account administer a service that has trusted access.
func (s *Service) RegisterDelegatedAdministrator(ctx context.Context, in *organizations.RegisterDelegatedAdministratorInput, _ ...opt) (*organizations.RegisterDelegatedAdministratorOutput, error) {
	o, err := s.service(ctx, in.ServicePrincipal)
	if err != nil {
		return nil, err
	}
	_, trusted := o.Trusted[*in.ServicePrincipal]
	_, there := o.Delegated[*in.AccountId][*in.ServicePrincipal]
	switch {
	case o.account(*in.AccountId) == nil:
		return nil, noAccount()
	case *in.AccountId == o.Management:
		return nil, constraint(types.ConstraintViolationExceptionReasonCannotRegisterMasterAsDelegatedAdministrator, "You can't register the management account as a delegated administrator.")
	case there:
		return nil, &types.AccountAlreadyRegisteredException{Message: aws.String("The specified account is already a delegated administrator for this AWS service.")}
	case !trusted:
		return nil, constraint(types.ConstraintViolationExceptionReasonServiceAccessNotEnabled, "You must enable trusted access for the service first.")
	case len(o.administrators(*in.ServicePrincipal)) >= mostAdministrators:
		return nil, constraint(types.ConstraintViolationExceptionReasonMaxDelegatedAdministratorsForServiceLimitExceeded, "You have exceeded the allowed number of delegated administrators for the service.")
	}
	if o.Delegated[*in.AccountId] == nil {
		o.Delegated[*in.AccountId] = map[string]time.Time{}
	}
	o.Delegated[*in.AccountId][*in.ServicePrincipal] = now()
	return &organizations.RegisterDelegatedAdministratorOutput{}, nil
}

// DeregisterDelegatedAdministrator ends it.
func (s *Service) DeregisterDelegatedAdministrator(ctx context.Context, in *organizations.DeregisterDelegatedAdministratorInput, _ ...opt) (*organizations.DeregisterDelegatedAdministratorOutput, error) {
	o, err := s.service(ctx, in.ServicePrincipal)
	if err != nil {
		return nil, err
	}
	if _, there := o.Delegated[*in.AccountId][*in.ServicePrincipal]; !there {
		return nil, notRegistered()
	}
	delete(o.Delegated[*in.AccountId], *in.ServicePrincipal)
	if len(o.Delegated[*in.AccountId]) == 0 {
		delete(o.Delegated, *in.AccountId)
	}
	return &organizations.DeregisterDelegatedAdministratorOutput{}, nil
}

// ListDelegatedAdministrators answers the accounts that administer any service, or the one that is asked about.
func (s *Service) ListDelegatedAdministrators(ctx context.Context, in *organizations.ListDelegatedAdministratorsInput, _ ...opt) (*organizations.ListDelegatedAdministratorsOutput, error) {
	o, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	found := []types.DelegatedAdministrator{}
	for _, id := range o.administrators(aws.ToString(in.ServicePrincipal)) {
		a := o.describeAccount(o.Accounts[id])
		since := slices.MinFunc(slices.Collect(maps.Values(o.Delegated[id])), time.Time.Compare)
		found = append(found, types.DelegatedAdministrator{
			Id: a.Id, Arn: a.Arn, Name: a.Name, Email: a.Email, JoinedMethod: a.JoinedMethod, JoinedTimestamp: a.JoinedTimestamp, State: a.State, Status: a.Status, DelegationEnabledDate: &since,
		})
	}
	some, next, err := page(ctx, found, in.NextToken, in.MaxResults)
	return &organizations.ListDelegatedAdministratorsOutput{DelegatedAdministrators: some, NextToken: next}, err
}

// ListDelegatedServicesForAccount answers what an account administers.
func (s *Service) ListDelegatedServicesForAccount(ctx context.Context, in *organizations.ListDelegatedServicesForAccountInput, _ ...opt) (*organizations.ListDelegatedServicesForAccountOutput, error) {
	o, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	if o.account(*in.AccountId) == nil {
		return nil, noAccount()
	}
	services := o.Delegated[*in.AccountId]
	if len(services) == 0 {
		return nil, notRegistered()
	}
	found := []types.DelegatedService{}
	for _, name := range slices.Sorted(maps.Keys(services)) {
		found = append(found, types.DelegatedService{ServicePrincipal: &name, DelegationEnabledDate: aws.Time(services[name])})
	}
	some, next, err := page(ctx, found, in.NextToken, in.MaxResults)
	return &organizations.ListDelegatedServicesForAccountOutput{DelegatedServices: some, NextToken: next}, err
}

func (s *Service) service(ctx context.Context, principal *string) (*organization, error) {
	o, err := s.manage(ctx)
	if err != nil {
		return nil, err
	}
	if !servicePattern.MatchString(strings.TrimSpace(*principal)) {
		return nil, invalid(types.InvalidInputExceptionReasonUnrecognizedServicePrincipal, "You specified an unrecognized service principal.")
	}
	if o.Features != types.OrganizationFeatureSetAll {
		return nil, constraint(types.ConstraintViolationExceptionReasonOrganizationNotInAllFeaturesMode, "The organization must have all features enabled.")
	}
	return o, nil
}

// administrators are the accounts for a service, or for any if it is empty, by id.
func (o *organization) administrators(service string) []string {
	var out []string
	for _, id := range slices.Sorted(maps.Keys(o.Delegated)) {
		if _, ok := o.Delegated[id][service]; ok || service == "" {
			out = append(out, id)
		}
	}
	return out
}

func notRegistered() error {
	return &types.AccountNotRegisteredException{Message: aws.String("The specified account is not a delegated administrator for this AWS service.")}
}
