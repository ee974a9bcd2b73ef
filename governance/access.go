package governance

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// ServiceAccess is trusted access: it lets an AWS service work in all accounts of the organization, as CloudTrail for an
// organization's trail. AWS advises to enable it from the service itself where that does more, as for Firewall Manager.
type ServiceAccess struct {
	Service string // the service principal, as "config.amazonaws.com"
}

// Enabled is a token for what has to wait for the access.
func (a ServiceAccess) Enabled() string { return serviceAccess.Ref(a.Service, "Service") }

// Declare implements ztcore.Resource.
func (a ServiceAccess) Declare(d *ztcore.Declaration) {
	serviceAccess.Declare(d, a.Service, accessState(a))
}

type accessState struct {
	Service string `zt:"key"`
}

var serviceAccess = &ztcore.Kind[accessState]{
	Name: "governance.ServiceAccess", Permissions: &serviceAccessNeed,
	Get: func(ctx context.Context, sc *ztcore.Scope, want accessState) (have accessState, ok bool, err error) {
		err = eachPage(func(token *string) (*string, error) {
			page, err := client(sc).ListAWSServiceAccessForOrganization(ctx, &organizations.ListAWSServiceAccessForOrganizationInput{NextToken: token})
			if err != nil {
				return nil, explain(ctx, sc, err)
			}
			for _, p := range page.EnabledServicePrincipals {
				ok = ok || aws.ToString(p.ServicePrincipal) == want.Service
			}
			return page.NextToken, nil
		})
		return want, ok, err
	},
	Put: func(ctx context.Context, sc *ztcore.Scope, want accessState) error {
		_, err := client(sc).EnableAWSServiceAccess(ctx, &organizations.EnableAWSServiceAccessInput{ServicePrincipal: &want.Service})
		return err
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have accessState) error {
		_, err := client(sc).DisableAWSServiceAccess(ctx, &organizations.DisableAWSServiceAccessInput{ServicePrincipal: &have.Service})
		return err
	},
	Check: func(want accessState) []ztcore.Finding { return checkService(want.Service) },
	Retry: retries(), Domain: organizationDomain[accessState],
	Controls: []string{"NIST SP 800-207 tenet 3"},
}

var serviceAccessNeed = ztcore.Permissions{
	Read:   []string{"organizations:ListAWSServiceAccessForOrganization"},
	Write:  []string{"organizations:EnableAWSServiceAccess"},
	Delete: []string{"organizations:DisableAWSServiceAccess"},
}

// DelegatedAdministrator lets a member account manage a service for the organization, so that nobody has to work in the
// management account, which no service control policy binds. The service needs trusted access
// first: declare its ServiceAccess as well, observed (ztcore.Observe) if somebody else enables it.
type DelegatedAdministrator struct {
	Service string // the service principal, as "config.amazonaws.com"
	Account string // 12 digits of a member account
}

// Declare implements ztcore.Resource.
func (a DelegatedAdministrator) Declare(d *ztcore.Declaration) {
	delegatedAdministrators.Declare(d, a.Account+"-"+a.Service, delegationState(a)).After(ServiceAccess{Service: a.Service}.Enabled())
}

type delegationState struct {
	Service string `zt:"key"`
	Account string `zt:"key"`
}

var delegatedAdministrators = &ztcore.Kind[delegationState]{
	Name: "governance.DelegatedAdministrator", Permissions: &delegatedAdministratorsNeed,
	Get: func(ctx context.Context, sc *ztcore.Scope, want delegationState) (delegationState, bool, error) {
		accounts, err := administrators(ctx, sc, want.Service)
		return want, slices.Contains(accounts, want.Account), err
	},
	Put: func(ctx context.Context, sc *ztcore.Scope, want delegationState) error {
		_, err := client(sc).RegisterDelegatedAdministrator(ctx, &organizations.RegisterDelegatedAdministratorInput{ServicePrincipal: &want.Service, AccountId: &want.Account})
		if done := new(types.AccountAlreadyRegisteredException); errors.As(err, &done) {
			return nil
		}
		return err
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have delegationState) error {
		_, err := client(sc).DeregisterDelegatedAdministrator(ctx, &organizations.DeregisterDelegatedAdministratorInput{ServicePrincipal: &have.Service, AccountId: &have.Account})
		if gone := new(types.AccountNotRegisteredException); errors.As(err, &gone) {
			return nil
		}
		return err
	},
	Check: checkDelegation,
	Retry: retries(), Domain: organizationDomain[delegationState],
	Controls: []string{"NIST SP 800-207 tenet 3"},
}

var delegatedAdministratorsNeed = ztcore.Permissions{
	Read:   []string{"organizations:ListDelegatedAdministrators"},
	Write:  []string{"organizations:RegisterDelegatedAdministrator"},
	Delete: []string{"organizations:DeregisterDelegatedAdministrator"},
}

// administrators are the accounts that manage a service.
func administrators(ctx context.Context, sc *ztcore.Scope, service string) (accounts []string, err error) {
	err = eachPage(func(token *string) (*string, error) {
		page, err := client(sc).ListDelegatedAdministrators(ctx, &organizations.ListDelegatedAdministratorsInput{ServicePrincipal: &service, NextToken: token})
		if err != nil {
			return nil, explain(ctx, sc, err)
		}
		for _, a := range page.DelegatedAdministrators {
			accounts = append(accounts, aws.ToString(a.Id))
		}
		return page.NextToken, nil
	})
	return accounts, err
}

// https://docs.aws.amazon.com/organizations/latest/APIReference/API_EnableAWSServiceAccess.html
var (
	serviceRE = regexp.MustCompile(`^[a-z0-9.-]{1,114}\.amazonaws\.com$`)
	accountRE = regexp.MustCompile(`^\d{12}$`)
)

func checkService(service string) []ztcore.Finding {
	if serviceRE.MatchString(service) {
		return nil
	}
	return []ztcore.Finding{{Attribute: "Service", Message: fmt.Sprintf("%q can't be a service principal", service), Fix: `write it as "config.amazonaws.com"`}}
}

func checkDelegation(want delegationState) []ztcore.Finding {
	out := checkService(want.Service)
	if !ztcore.HasToken(want.Account) && !accountRE.MatchString(want.Account) {
		out = append(out, ztcore.Finding{Attribute: "Account", Message: fmt.Sprintf("%q can't be an account", want.Account), Fix: "use the 12 digits of a member account"})
	}
	return out
}
