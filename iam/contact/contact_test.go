package contact_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/account"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/iam/contact"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeaccount"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

func newCloud() *fakeaws.Cloud { return fakeaws.New(fakests.Install, fakeaccount.Install) }

func life() kindtest.Case {
	team := contact.Alternate{Name: "Security Team", Title: "On call", Email: "security@example.com", Phone: "+1 (555) 0100"}
	change := func(f func(*contact.Alternate)) contact.Alternate { f(&team); return team }
	first := team
	return kindtest.Case{
		Cloud: newCloud,
		Variants: []kindtest.Variant{
			{Resource: first},
			{Resource: change(func(a *contact.Alternate) { a.Name = "Red Team" }), Changes: []string{"iam.AlternateContact/SECURITY Name"}},
			{Resource: change(func(a *contact.Alternate) { a.Title = "Lead" }), Changes: []string{"iam.AlternateContact/SECURITY Title"}},
			{Resource: change(func(a *contact.Alternate) { a.Email = "red@example.com" }), Changes: []string{"iam.AlternateContact/SECURITY Email"}},
			{Resource: change(func(a *contact.Alternate) { a.Phone = "5550101" }), Changes: []string{"iam.AlternateContact/SECURITY Phone"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			_, err := account.NewFromConfig(cfg).DeleteAlternateContact(ctx, &account.DeleteAlternateContactInput{AlternateContactType: "SECURITY"})
			return err
		},
	}
}

func TestAlternate(t *testing.T)     { kindtest.Run(t, life()) }
func TestAlternateWire(t *testing.T) { kindtest.RunOn(t, kindtest.Wire(t), life()) }

func TestInputIsChecked(t *testing.T) {
	err := ztcore.NewBaseline("b", contact.Alternate{Type: "LEGAL", Email: "nobody", Phone: "call me"}).Check()
	for _, want := range []string{"LEGAL is no type", "Name: is empty", "Title: is empty", "nobody is no e-mail address", "call me is no telephone number"} {
		require.ErrorContains(t, err, want)
	}
}

func Example() {
	ctx, cfg := context.Background(), newCloud().Config()
	baseline := ztcore.NewBaseline("contacts", contact.Alternate{Name: "Security Team", Title: "On call", Email: "security@example.com", Phone: "+1-555-0100"})
	plan, err := baseline.Plan(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	if _, err := plan.Apply(ctx); err != nil {
		fmt.Println(err)
		return
	}
	again, err := baseline.Plan(ctx, cfg)
	fmt.Println(again.Empty(), err)
	// Output: true <nil>
}
