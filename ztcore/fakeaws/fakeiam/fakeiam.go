// Package fakeiam is the Identity and Access Management of a fakeaws.Cloud.
//
// Modelled: users with login profiles and access keys, groups, roles, service-linked roles, instance profiles, managed
// policies with their versions, inline policies, attachments, permissions boundaries, tags, virtual MFA devices whose codes are
// verified, OIDC and SAML providers, the password policy, aliases and reports of the account. Names are unique without
// regard to case, documents are checked as far as IAM checks them, and what is in use is not deleted.
//
// Principals of trust policies are kept by unique id, as AWS keeps them: when a role or user is deleted, the policies
// that named it answer its id in place of its ARN, and a new one of the same name does not inherit its place.
//
// An access key that CreateAccessKey answers signs requests as its user. The administrator that Cloud.Config signs as is a
// valid principal and the answer of GetUser without a name, but no entity of the account: no list shows it.
//
// Not modelled: quotas on the number of entities, evaluation (SimulatePrincipalPolicy), use of keys and roles (nothing was
// ever used), server and signing certificates, SSH keys, service-specific credentials, hardware MFA, passkeys, access advisor,
// root access management, and all but a selection of the AWS managed policies, each of which has one version.
package fakeiam

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Service handles IAM.
type Service struct {
	cloud     *fakeaws.Cloud
	accounts  *fakeaws.Store[account]
	directory *fakeaws.Store[directory]
}

type opt = func(*iam.Options)

// Install adds IAM to a cloud, and offers it the capabilities fakeaws.Principals and fakeaws.InstanceProfiles.
func Install(c *fakeaws.Cloud) {
	s := &Service{
		cloud:     c,
		accounts:  fakeaws.NewStore(c, "iam", fakeaws.Global, func(string, string) *account { return &account{} }),
		directory: fakeaws.NewStore(c, "iam-directory", fakeaws.Worldwide, func(string, string) *directory { return &directory{} }),
	}
	s.installUsers(c)
	s.installLoginProfiles(c)
	s.installAccessKeys(c)
	s.installGroups(c)
	s.installRoles(c)
	s.installServiceLinkedRoles(c)
	s.installInlinePolicies(c)
	s.installAttachments(c)
	s.installBoundaries(c)
	s.installPolicies(c)
	s.installVersions(c)
	s.installPolicyEntities(c)
	s.installInstanceProfiles(c)
	s.installMFA(c)
	s.installTags(c)
	s.installPasswordPolicy(c)
	s.installAliases(c)
	s.installSummary(c)
	s.installDetails(c)
	s.installReport(c)
	s.installOIDC(c)
	s.installSAML(c)
	fakeaws.Provide[fakeaws.Principals](c, s)
	fakeaws.Provide[fakeaws.InstanceProfiles](c, s)
	fakeaws.Provide[fakeaws.Roles](c, s)
}

func (s *Service) in(ctx context.Context) *account { return s.accounts.In(ctx) }
