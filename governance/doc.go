// Package governance declares what holds for all accounts of an organization, whatever the accounts' own policies say: the
// units of AWS Organizations, service and resource control policies, the management policies, and who manages what for
// everybody.
//
//	scps      := governance.PolicyType{Type: governance.ServiceControl}
//	workloads := governance.OrganizationalUnit{Name: "Workloads", Parent: scps.Root()}
//	users     := governance.Policy{
//		Name: "DenyIAMUserCreation", Document: governance.DenyIAMUserCreation("BreakGlass"), BreakGlass: []string{"BreakGlass"},
//		Targets: []id.OrganizationTarget{workloads.ID()},
//	}
//	plan, err := ztcore.NewBaseline("guardrails", scps, workloads, users).Plan(ctx, cfg)
//
// It runs with credentials of the organization's management account, or of a delegated administrator for what AWS lets one do;
// run from elsewhere, a plan fails and names the account that it takes.
// On the in-memory AWS no account is in an organization until the SDK's CreateOrganization has made one (see the example).
//
//	guide   resource
//	40      PolicyType, Policy with DenyIAMUserCreation
//	41      Policy.Targets, OrganizationalUnit
//	40–41   Preset: all of it, for one unit or the organization
//	+       DenyLeaveOrganization, DenyRootUser, DenyRegionsExcept, ProtectSecurityServices, RequireIMDSv2, DataPerimeter
//	+       WithoutFullAccess, ServiceAccess, DelegatedAdministrator, EffectiveSCPs
//
// A policy owns the set of its targets, and not a target the set of its policies: what Control Tower or another team has
// attached to the same unit stays there. AWS's FullAWSAccess is left alone but for WithoutFullAccess, which takes a reason, and
// so does the root as a target. A policy that would keep the roles for emergencies from undoing it is refused; one that does
// so to everybody, or denies everything, is a finding of a guardrail:
//
//	governance.denies-everything  everything is denied to everyone
//	governance.possible-lockout   what it takes to recover an account is denied to every role, or depends on how it is called
//
// Organizations takes one change at a time: the writes of a plan never overlap, and those of others are waited for.
//
// Stacks of CloudFormation are in the package stack below this one, the rules of AWS Config in configrules. Left out:
// invitations, making and closing accounts and moving them, and all-features migrations, none of which can be undone.
package governance
