package endpoint

import "github.com/seed-08ecc977/zerotrust/ztcore"

// Kinds are the kinds of this package, for ztcore.Prune to look for what is no longer declared. Settings and patch groups have no
// tags, so pruning does not find them. Launch templates, web ACLs and firewalls are in the packages below this one.
func Kinds() []ztcore.AnyKind {
	return []ztcore.AnyKind{baselines, patchGroups, defaultBaselines, associations, documents, sessionPreferences, serviceSettings}
}
