package iam

import (
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// Preset is a sound start for an account's identities: the password policy of the benchmarks, a permissions boundary
// for what others may create, and the role that CIS asks for to work with AWS Support.
//
//	p := iam.Preset{Name: "acme"}
//	worker := iam.Role{Name: "worker", TrustedBy: policy.Service("ec2.amazonaws.com"), Boundary: p.Boundary().ARN()}
type Preset struct {
	Name      string         // begins the names of what the preset makes
	Alias     AccountAlias   // none if empty
	Passwords PasswordPolicy // the benchmarks' if left out
	// SupportedBy may assume the support role: the account's own principals, with MFA, if left out.
	SupportedBy policy.Document
	Tags        map[string]string
}

// Boundary is the preset's permissions boundary: it lets everything through but what would undo the boundary itself, the
// account's audit trail and detection, or make identities without the boundary.
func (p Preset) Boundary() Policy {
	own := id.ARN("arn:" + ztcore.Partition + ":iam::" + ztcore.AccountID + ":policy/" + p.boundaryName())
	return Policy{
		Name: p.boundaryName(), Description: "What no identity of " + p.Name + " can do, whatever its policies say", Tags: p.Tags,
		Boundary: true,
		Document: policy.Allow("*").OnAny().Named("EverythingBut").And(
			policy.Deny("iam:CreateRole", "iam:CreateUser", "iam:PutRolePermissionsBoundary", "iam:PutUserPermissionsBoundary").OnAny().
				When("StringNotEquals", "iam:PermissionsBoundary", string(own)).Named("IdentitiesWithoutThisBoundary"),
			policy.Deny("iam:DeleteRolePermissionsBoundary", "iam:DeleteUserPermissionsBoundary").OnAny().Named("TakingBoundariesAway"),
			policy.Deny("iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:SetDefaultPolicyVersion").On(own).Named("ChangingThisBoundary"),
			policy.Deny("iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile").OnAny().Named("LongLivedCredentials"),
			policy.Deny(
				"cloudtrail:DeleteTrail", "cloudtrail:PutEventSelectors", "cloudtrail:StopLogging", "cloudtrail:UpdateTrail",
				"config:DeleteConfigurationRecorder", "config:DeleteDeliveryChannel", "config:StopConfigurationRecorder",
				"guardduty:DeleteDetector", "guardduty:DisassociateFromAdministratorAccount", "guardduty:UpdateDetector",
				"securityhub:DisableSecurityHub", "access-analyzer:DeleteAnalyzer",
			).OnAny().Named("BlindingTheAccount"),
			policy.Deny("organizations:LeaveOrganization", "account:CloseAccount").OnAny().Named("LeavingTheOrganization"),
		),
	}
}

func (p Preset) boundaryName() string { return p.Name + "-boundary" }

// SupportRole is the preset's role for incidents that are handled with AWS Support.
func (p Preset) SupportRole() Role {
	trust := p.SupportedBy
	if trust.IsZero() {
		trust = policy.Trust(policy.Account(ztcore.AccountID)).When("Bool", "aws:MultiFactorAuthPresent", "true")
	}
	return Role{
		Name: p.Name + "-support", Description: "Manages incidents with AWS Support", Trust: trust,
		Attached: []id.PolicyARN{AWSManaged("AWSSupportAccess")}, Boundary: p.Boundary().ARN(), Tags: p.Tags,
	}
}

// Declare implements ztcore.Resource.
func (p Preset) Declare(d *ztcore.Declaration) {
	ztcore.List{p.Passwords, p.Boundary(), p.SupportRole()}.Declare(d)
	if p.Alias != "" {
		p.Alias.Declare(d)
	}
}
