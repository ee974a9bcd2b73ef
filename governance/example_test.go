package governance_test

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/organizations"
	"github.com/aws/aws-sdk-go-v2/service/organizations/types"

	"github.com/seed-08ecc977/zerotrust/governance"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeorganizations"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Nobody in the accounts of a unit makes IAM users, but for the role for emergencies.
func Example() {
	ctx, cfg := context.Background(), fakeaws.New(fakests.Install, fakeorganizations.Install).Config()
	_, err := organizations.NewFromConfig(cfg).CreateOrganization(ctx, &organizations.CreateOrganizationInput{FeatureSet: types.OrganizationFeatureSetAll})
	if err != nil { // yours has been one for long
		fmt.Println(err)
		return
	}
	scps := governance.PolicyType{Type: governance.ServiceControl}
	workloads := governance.OrganizationalUnit{Name: "Workloads", Parent: scps.Root()}
	users := governance.Policy{
		Name: "DenyIAMUserCreation", Document: governance.DenyIAMUserCreation("BreakGlass"), BreakGlass: []string{"BreakGlass"},
		Targets: []id.OrganizationTarget{workloads.ID()},
	}
	plan, err := ztcore.NewBaseline("guardrails", scps, workloads, users).Plan(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := plan.Apply(ctx)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, o := range report.Outcomes {
		fmt.Println(o.Status, o.Address)
	}
	// Output:
	// done governance.OrganizationalUnit/Workloads
	// done governance.Policy/DenyIAMUserCreation
	// done governance.PolicyTargets/DenyIAMUserCreation
}

// The whole organization, as a preset.
func ExamplePreset() {
	ctx, cfg := context.Background(), newCloud().Config()
	if err := organize(ctx, cfg); err != nil {
		fmt.Println(err)
		return
	}
	guardrails := governance.Preset{Name: "acme", RootBecause: "no account is an exception", BreakGlass: []string{"BreakGlass"}, Regions: []string{"eu-central-1"}}
	plan, err := ztcore.NewBaseline("guardrails", guardrails).Plan(ctx, cfg)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range plan.Steps {
		fmt.Println(s.Action, s.Address)
	}
	// Output:
	// none governance.PolicyType/SERVICE_CONTROL_POLICY
	// create governance.Policy/acme-identity
	// create governance.PolicyTargets/acme-identity
	// create governance.Policy/acme-platform
	// create governance.PolicyTargets/acme-platform
}
