// Package contact names the people whom AWS writes to about an account besides the root user's address. It is a package of
// its own, since it is about the service Account Management.
//
//	contact.Alternate{Type: contact.Security, Name: "Security Team", Title: "On call", Email: "security@example.com", Phone: "+1-555-0100"}
package contact

import (
	"context"
	"errors"
	"regexp"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/aws/aws-sdk-go-v2/service/account/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// Type is what a contact is for. An account has one of each at most.
type Type string

// Types of contacts, as AWS calls them.
const (
	Security   Type = "SECURITY" // abuse reports, exposed keys, vulnerabilities
	Operations Type = "OPERATIONS"
	Billing    Type = "BILLING"
)

// Alternate is an alternate contact of the account. CIS AWS Foundations asks for the security contact.
type Alternate struct {
	Type  Type   // Security if empty
	Name  string // 1–64 characters
	Title string // 1–50 characters
	Email string // 1–254 characters; better a team's than a person's
	Phone string // 1–25 digits, spaces and +()-
}

// Declare implements ztcore.Resource.
func (a Alternate) Declare(d *ztcore.Declaration) {
	s := contactState(a)
	if s.Type == "" {
		s.Type = Security
	}
	contacts.Declare(d, string(s.Type), s)
}

// Kinds lists the package's kinds, for ztcore.Prune.
func Kinds() []ztcore.AnyKind { return []ztcore.AnyKind{contacts} }

type contactState struct {
	Type  Type `zt:"key"`
	Name  string
	Title string
	Email string
	Phone string
}

var contacts = &ztcore.Kind[contactState]{
	Name: "iam.AlternateContact", Permissions: &contactsNeed, Get: get, Put: put, Delete: remove, Check: check,
	Controls: []string{"CIS AWS 3.0 1.2", "FSBP Account.1", "NIST SP 800-207 tenet 7"},
}

var contactsNeed = ztcore.Permissions{
	Read:   []string{"account:GetAlternateContact"},
	Write:  []string{"account:PutAlternateContact"},
	Delete: []string{"account:DeleteAlternateContact"},
}

func get(ctx context.Context, sc *ztcore.Scope, want contactState) (contactState, bool, error) {
	out, err := account.NewFromConfig(sc.Config).GetAlternateContact(ctx, &account.GetAlternateContactInput{AlternateContactType: types.AlternateContactType(want.Type)})
	if err != nil {
		var none *types.ResourceNotFoundException
		if errors.As(err, &none) {
			err = nil
		}
		return contactState{}, false, err
	}
	c := out.AlternateContact
	return contactState{want.Type, aws.ToString(c.Name), aws.ToString(c.Title), aws.ToString(c.EmailAddress), aws.ToString(c.PhoneNumber)}, true, nil
}

func put(ctx context.Context, sc *ztcore.Scope, want contactState) error {
	_, err := account.NewFromConfig(sc.Config).PutAlternateContact(ctx, &account.PutAlternateContactInput{
		AlternateContactType: types.AlternateContactType(want.Type), Name: &want.Name, Title: &want.Title, EmailAddress: &want.Email, PhoneNumber: &want.Phone,
	})
	return err
}

func remove(ctx context.Context, sc *ztcore.Scope, have contactState) error {
	_, err := account.NewFromConfig(sc.Config).DeleteAlternateContact(ctx, &account.DeleteAlternateContactInput{AlternateContactType: types.AlternateContactType(have.Type)})
	var none *types.ResourceNotFoundException
	if errors.As(err, &none) {
		return nil
	}
	return err
}

var (
	emailRE = regexp.MustCompile(`^\s*[\w+=.#|!&-]+@[\w.-]+\.[\w]+\s*$`)
	phoneRE = regexp.MustCompile(`^[\s0-9()+-]+$`)
)

// https://docs.aws.amazon.com/accounts/latest/reference/API_PutAlternateContact.html
func check(want contactState) []ztcore.Finding {
	var out []ztcore.Finding
	reject := func(attribute, message string) {
		out = append(out, ztcore.Finding{Attribute: attribute, Message: message, Fix: "see PutAlternateContact of AWS Account Management"})
	}
	if want.Type != Security && want.Type != Operations && want.Type != Billing {
		reject("Type", string(want.Type)+" is no type of contact: SECURITY, OPERATIONS or BILLING")
	}
	for _, f := range []struct {
		name, value string
		max         int
	}{{"Name", want.Name, 64}, {"Title", want.Title, 50}, {"Email", want.Email, 254}, {"Phone", want.Phone, 25}} {
		if n := utf8.RuneCountInString(f.value); n == 0 || n > f.max {
			reject(f.name, "is empty or too long")
		}
	}
	if want.Email != "" && !emailRE.MatchString(want.Email) {
		reject("Email", want.Email+" is no e-mail address")
	}
	if want.Phone != "" && !phoneRE.MatchString(want.Phone) {
		reject("Phone", want.Phone+" is no telephone number")
	}
	return out
}
