// Package fakeaccount is the AWS Account Management of a fakeaws.Cloud: the alternate contacts of accounts.
//
// AccountId may name any account but the caller's own. That the caller manages an organization the account is in is not
// checked. Primary contacts, the root user's email address and the opting in to regions are not modelled.
package fakeaccount

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/account/types"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Service handles Account Management.
type Service struct {
	contacts *fakeaws.Store[contacts]
}

// contacts are an account's, at most one of each type.
type contacts struct {
	ByType map[types.AlternateContactType]contact
}

type contact struct{ Name, Title, Email, Phone string }

type opt = func(*account.Options)

// Install adds Account Management to a cloud.
func Install(c *fakeaws.Cloud) {
	s := &Service{contacts: fakeaws.NewStore(c, "account", fakeaws.Global, func(string, string) *contacts {
		return &contacts{ByType: map[types.AlternateContactType]contact{}}
	})}
	fakeaws.On(c, s.PutAlternateContact, "AlternateContactType", "Name", "Title", "EmailAddress", "PhoneNumber", "AccountId")
	fakeaws.On(c, s.GetAlternateContact, "AlternateContactType", "AccountId")
	fakeaws.On(c, s.DeleteAlternateContact, "AlternateContactType", "AccountId")
}

// What AWS takes for a contact's members.
// https://docs.aws.amazon.com/accounts/latest/reference/API_PutAlternateContact.html
const (
	longestName  = 64
	longestTitle = 50
	longestEmail = 254
	longestPhone = 25
)

var (
	emailPattern   = regexp.MustCompile(`^\s*[\w+=.#|!&-]+@[\w.-]+\.\w+\s*$`)
	phonePattern   = regexp.MustCompile(`^[\s0-9()+-]+$`)
	anyPattern     = regexp.MustCompile(`(?s)^.+$`)
	accountPattern = regexp.MustCompile(`^\d{12}$`)
)

// PutAlternateContact sets the contact of a type, and replaces one that is there.
func (s *Service) PutAlternateContact(ctx context.Context, in *account.PutAlternateContactInput, _ ...opt) (*account.PutAlternateContactOutput, error) {
	of, err := s.of(ctx, in.AccountId, in.AlternateContactType)
	if err != nil {
		return nil, err
	}
	for _, m := range []struct {
		name    string
		value   *string
		longest int
		form    *regexp.Regexp
	}{
		{"name", in.Name, longestName, anyPattern},
		{"title", in.Title, longestTitle, anyPattern},
		{"emailAddress", in.EmailAddress, longestEmail, emailPattern},
		{"phoneNumber", in.PhoneNumber, longestPhone, phonePattern},
	} {
		if v := aws.ToString(m.value); utf8.RuneCountInString(v) > m.longest || !m.form.MatchString(v) {
			return nil, invalid(m.name)
		}
	}
	of.ByType[in.AlternateContactType] = contact{Name: *in.Name, Title: *in.Title, Email: *in.EmailAddress, Phone: *in.PhoneNumber}
	return &account.PutAlternateContactOutput{}, nil
}

// GetAlternateContact is an error where there is none.
func (s *Service) GetAlternateContact(ctx context.Context, in *account.GetAlternateContactInput, _ ...opt) (*account.GetAlternateContactOutput, error) {
	of, err := s.of(ctx, in.AccountId, in.AlternateContactType)
	if err != nil {
		return nil, err
	}
	c, ok := of.ByType[in.AlternateContactType]
	if !ok {
		return nil, notFound()
	}
	return &account.GetAlternateContactOutput{AlternateContact: &types.AlternateContact{
		AlternateContactType: in.AlternateContactType, Name: &c.Name, Title: &c.Title, EmailAddress: &c.Email, PhoneNumber: &c.Phone,
	}}, nil
}

// DeleteAlternateContact is an error where there is none.
func (s *Service) DeleteAlternateContact(ctx context.Context, in *account.DeleteAlternateContactInput, _ ...opt) (*account.DeleteAlternateContactOutput, error) {
	of, err := s.of(ctx, in.AccountId, in.AlternateContactType)
	if err != nil {
		return nil, err
	}
	if _, ok := of.ByType[in.AlternateContactType]; !ok {
		return nil, notFound()
	}
	delete(of.ByType, in.AlternateContactType)
	return &account.DeleteAlternateContactOutput{}, nil
}

// of is the contacts that a request is about.
func (s *Service) of(ctx context.Context, id *string, kind types.AlternateContactType) (*contacts, error) {
	call := fakeaws.CallFrom(ctx)
	if !slices.Contains(kind.Values(), kind) {
		return nil, invalid("alternateContactType")
	}
	if id == nil {
		return s.contacts.In(ctx), nil
	}
	if !accountPattern.MatchString(*id) {
		return nil, invalid("accountId")
	}
	if *id == call.Account {
		return nil, fakeaws.Status(http.StatusForbidden, &types.AccessDeniedException{Message: aws.String(
			"User: " + call.Caller.ARN + " is not authorized to perform: account:" + call.Operation +
				" (The management account can only be managed using the standalone context from the management account.)")})
	}
	return s.contacts.At(ctx, *id, ""), nil
}

func notFound() error {
	return fakeaws.Status(http.StatusNotFound, &types.ResourceNotFoundException{Message: aws.String("No contact of the inputted alternate contact type found.")})
}

func invalid(member string) error {
	why := "The value does not have the form or length that AWS takes."
	return &types.ValidationException{
		Message: aws.String("Invalid " + member + ". " + why), Reason: types.ValidationExceptionReasonFieldValidationFailed,
		FieldList: []types.ValidationExceptionField{{Name: &member, Message: &why}},
	}
}
