package network

import "github.com/seed-08ecc977/zerotrust/ztcore"

// Kinds lists the pillar's kinds, for ztcore.Prune to look for what no baseline declares any more.
func Kinds() []ztcore.AnyKind {
	return []ztcore.AnyKind{
		vpcs, defaultGroups, subnets, groups, groupRules, routeTables, internetGateways, elasticIPs, natGateways, acls,
		gatewayEndpoints, interfaceEndpoints, flowLogs, peerings, blocks, defaultVPCs,
	}
}
