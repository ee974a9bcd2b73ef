package iam

import "github.com/seed-08ecc977/zerotrust/ztcore"

// Kinds are the kinds of this package, for ztcore.Prune to look for what is no longer declared. Groups and account
// settings have no tags, so pruning does not find them.
func Kinds() []ztcore.AnyKind {
	return []ztcore.AnyKind{
		roles, rolePolicies, roleAttachments, users, userPolicies, userAttachments, devices,
		groups, groupPolicies, groupAttachments, groupMembers, policies, profiles, oidcProviders, samlProviders,
		passwordPolicies, aliases,
	}
}
