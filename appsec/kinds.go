package appsec

import "github.com/seed-08ecc977/zerotrust/ztcore"

// Kinds lists the pillar's kinds, for ztcore.Prune. That of EC2 is in instance.Kinds.
func Kinds() []ztcore.AnyKind {
	return []ztcore.AnyKind{pools, risks, clients, domains, resourceServers, apis, authorizers, validators, routes, stages, accounts}
}
