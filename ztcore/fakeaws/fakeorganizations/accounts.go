package fakeorganizations

import (
	"context"
	"fmt"
	"hash/fnv"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"
)

type account struct {
	ID, Name, Email, Parent string
	Joined                  time.Time // in the future while it is being made
	Method                  types.AccountJoinedMethod
}

// makingTakes is how long CreateAccount works in the background; AWS says minutes.
const makingTakes = 5 * time.Second

var emailPattern = regexp.MustCompile(`^[^\s@]+@[^\s@]+\.[^\s@]+$`)

// CreateAccount starts to make an account below the root. It is there when its request has succeeded.
func (s *Service) CreateAccount(ctx context.Context, in *organizations.CreateAccountInput, _ ...opt) (*organizations.CreateAccountOutput, error) {
	o, err := s.manage(ctx)
	if err != nil {
		return nil, err
	}
	if !emailPattern.MatchString(aws.ToString(in.Email)) {
		return nil, invalid(types.InvalidInputExceptionReasonInvalidEmailAddressTarget, "You specified an invalid email address.")
	}
	if n := len(aws.ToString(in.AccountName)); n == 0 || n > 50 {
		return nil, invalid(types.InvalidInputExceptionReasonMaxLengthExceeded, "The name of an account must have 1 to 50 characters.")
	}
	tags := map[string]string{}
	if err := addTags(tags, in.Tags); err != nil {
		return nil, err
	}
	request := s.cloud.ID("car-", 32)
	if slices.ContainsFunc(o.accounts(), func(a *account) bool { return strings.EqualFold(a.Email, *in.Email) }) {
		o.Requests[request] = ""
		return &organizations.CreateAccountOutput{CreateAccountStatus: o.request(request)}, nil
	}
	h := fnv.New64()
	_, _ = fmt.Fprint(h, o.Management, strings.ToLower(*in.Email)) // the same in every run
	a := &account{
		ID: fmt.Sprintf("%012d", h.Sum64()%1_000_000_000_000), Name: *in.AccountName, Email: *in.Email, Parent: o.RootID,
		Joined: now().Add(makingTakes), Method: types.AccountJoinedMethodCreated,
	}
	o.Accounts[a.ID], o.Requests[request], o.Tags[a.ID] = a, a.ID, tags
	s.world.In(ctx).Member[a.ID] = o.Management
	o.attachDefaults(a.ID)
	return &organizations.CreateAccountOutput{CreateAccountStatus: o.request(request)}, nil
}

// DescribeCreateAccountStatus says how far an account is.
func (s *Service) DescribeCreateAccountStatus(ctx context.Context, in *organizations.DescribeCreateAccountStatusInput, _ ...opt) (*organizations.DescribeCreateAccountStatusOutput, error) {
	o, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	if _, ok := o.Requests[*in.CreateAccountRequestId]; !ok {
		return nil, &types.CreateAccountStatusNotFoundException{Message: aws.String("We can't find a create account request with the CreateAccountRequestId that you specified.")}
	}
	return &organizations.DescribeCreateAccountStatusOutput{CreateAccountStatus: o.request(*in.CreateAccountRequestId)}, nil
}

func (o *organization) request(id string) *types.CreateAccountStatus {
	a := o.Accounts[o.Requests[id]]
	switch {
	case a == nil:
		return &types.CreateAccountStatus{Id: &id, State: types.CreateAccountStateFailed, FailureReason: types.CreateAccountFailureReasonEmailAlreadyExists}
	case a.Joined.After(time.Now()):
		return &types.CreateAccountStatus{Id: &id, AccountName: aws.String(a.Name), State: types.CreateAccountStateInProgress}
	}
	return &types.CreateAccountStatus{Id: &id, AccountName: aws.String(a.Name), AccountId: aws.String(a.ID), State: types.CreateAccountStateSucceeded, CompletedTimestamp: aws.Time(a.Joined)}
}

// DescribeAccount answers one account.
func (s *Service) DescribeAccount(ctx context.Context, in *organizations.DescribeAccountInput, _ ...opt) (*organizations.DescribeAccountOutput, error) {
	o, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	a := o.account(*in.AccountId)
	if a == nil {
		return nil, noAccount()
	}
	out := o.describeAccount(a)
	return &organizations.DescribeAccountOutput{Account: &out}, nil
}

// ListAccounts answers all accounts by id.
func (s *Service) ListAccounts(ctx context.Context, in *organizations.ListAccountsInput, _ ...opt) (*organizations.ListAccountsOutput, error) {
	o, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	some, next, err := page(ctx, o.describeAccounts(o.accounts()), in.NextToken, in.MaxResults)
	return &organizations.ListAccountsOutput{Accounts: some, NextToken: next}, err
}

// ListAccountsForParent answers the accounts right below a root or unit.
func (s *Service) ListAccountsForParent(ctx context.Context, in *organizations.ListAccountsForParentInput, _ ...opt) (*organizations.ListAccountsForParentOutput, error) {
	o, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := o.depth(*in.ParentId); err != nil {
		return nil, err
	}
	some, next, err := page(ctx, o.describeAccounts(o.accountsOf(*in.ParentId)), in.NextToken, in.MaxResults)
	return &organizations.ListAccountsForParentOutput{Accounts: some, NextToken: next}, err
}

// MoveAccount moves an account from one root or unit to another.
func (s *Service) MoveAccount(ctx context.Context, in *organizations.MoveAccountInput, _ ...opt) (*organizations.MoveAccountOutput, error) {
	o, err := s.manage(ctx)
	if err != nil {
		return nil, err
	}
	a := o.account(*in.AccountId)
	if a == nil {
		return nil, noAccount()
	}
	if _, err := o.depth(*in.DestinationParentId); err != nil {
		return nil, &types.DestinationParentNotFoundException{Message: aws.String("We can't find the destination container that you specified.")}
	}
	if a.Parent != *in.SourceParentId {
		return nil, &types.SourceParentNotFoundException{Message: aws.String("We can't find a source root or OU with the ParentId that you specified.")}
	}
	if *in.SourceParentId == *in.DestinationParentId {
		return nil, &types.DuplicateAccountException{Message: aws.String("The account is already in the destination.")}
	}
	a.Parent = *in.DestinationParentId
	return &organizations.MoveAccountOutput{}, nil
}

// account is one that is there, or nil.
func (o *organization) account(id string) *account {
	if a := o.Accounts[id]; a != nil && !a.Joined.After(time.Now()) {
		return a
	}
	return nil
}

// accounts are those that are there, sorted by id.
func (o *organization) accounts() []*account {
	var out []*account
	for id := range o.Accounts {
		if a := o.account(id); a != nil {
			out = append(out, a)
		}
	}
	slices.SortFunc(out, func(a, b *account) int { return strings.Compare(a.ID, b.ID) })
	return out
}

func (o *organization) accountsOf(parent string) []*account {
	return slices.DeleteFunc(o.accounts(), func(a *account) bool { return a.Parent != parent })
}

func (o *organization) describeAccounts(all []*account) []types.Account {
	out := []types.Account{}
	for _, a := range all {
		out = append(out, o.describeAccount(a))
	}
	return out
}

func (o *organization) describeAccount(a *account) types.Account {
	return types.Account{
		Id: aws.String(a.ID), Arn: o.arn("account", a.ID), Name: aws.String(a.Name), Email: aws.String(a.Email), JoinedMethod: a.Method, JoinedTimestamp: aws.Time(a.Joined),
		State: types.AccountStateActive, Status: types.AccountStatusActive,
	}
}

func noAccount() error {
	return &types.AccountNotFoundException{Message: aws.String("We can't find an AWS account with the AccountId that you specified.")}
}
