package governance

import "github.com/seed-08ecc977/zerotrust/ztcore"

// Kinds are the kinds of this package, for ztcore.Prune to look for what is no longer declared. Units and policies have tags;
// what is a setting of the organization has none, so pruning does not find it.
func Kinds() []ztcore.AnyKind {
	return []ztcore.AnyKind{policyTypes, units, policies, policyTargets, fullAccess, serviceAccess, delegatedAdministrators}
}
