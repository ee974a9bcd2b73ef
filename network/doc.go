// Package network declares networks that admit nothing but what is named: VPCs, subnets, security groups, routes,
// gateways, endpoints and flow logs.
//
// Start with the preset, a private network in two zones, and add what your workload needs:
//
//	net := network.Preset{Name: "main"}
//	web := network.SecurityGroup{
//		Name: "web", Description: "the web servers", VPC: net.VPC().ID(),
//		Ingress: []network.Rule{network.AllowTCP(443).From("203.0.113.0/24").Because("partners")},
//	}
//	baseline := ztcore.NewBaseline("network", net, web, network.DefaultVPC{}, network.BlockPublicAccess{})
//
// Zero values are the safe forms. What AWS adds by itself is taken away, and the plan says so: the rule of every new
// security group that lets everything out, the rules of a VPC's default group, and with DefaultVPC the VPC that every
// region comes with. A rule set is authoritative: what is not declared is removed (or reported, or left; see SecurityGroup.Foreign).
//
// Checks run before the first call, all at once: blocks that overlap or lie outside their VPC, rules that AWS would
// refuse, zones of other regions. Guardrails, which a waiver can lift for a while, are:
//
//	network.admin-port-open       SSH, RDP, WinRM or a database open to the internet
//	network.all-ports-open        every port open to the internet
//	network.public-subnet         a subnet led to an internet gateway that does not say why
//	network.endpoint-policy-open  an endpoint through which data can be carried to anyone's account
//	network.vpc-overlap           two VPCs with the same addresses
//
// Updates grant before they revoke. A group whose rules are at their limit has them revoked first.
package network
