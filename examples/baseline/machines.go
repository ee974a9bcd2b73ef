package main

import (
	"github.com/seed-08ecc977/zerotrust/endpoint"
	"github.com/seed-08ecc977/zerotrust/endpoint/firewall"
	"github.com/seed-08ecc977/zerotrust/endpoint/launch"
	"github.com/seed-08ecc977/zerotrust/endpoint/webacl"
	"github.com/seed-08ecc977/zerotrust/iam"
	"github.com/seed-08ecc977/zerotrust/monitoring"
	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/policy"
)

// inspected is the VPC behind the firewall, where the machines of the launch template are.
var inspected = network.VPC{Name: "inspection", CIDR: "10.1.0.0/16"}

// machines is section 6 of the guide.
func machines(at place) []step {
	patches := endpoint.PatchBaseline{Name: "MyPatchBaseline"}
	requests := monitoring.LogGroup{Name: "aws-waf-logs-zero-trust"}
	_, key := alerts()
	group := network.SecurityGroup{Name: "protected", Description: "Machines of the launch template", VPC: inspected.ID()}
	role := iam.Role{Name: "ManagedInstances", TrustedBy: policy.Service("ec2.amazonaws.com"), Attached: []id.PolicyARN{iam.AWSManaged("AmazonSSMManagedInstanceCore")}}
	profile := iam.InstanceProfile{Name: "ManagedInstances", Role: role.RoleName()}
	return []step{
		{rows: "17", what: "a patch baseline for Amazon Linux 2023", resources: ztcore.List{
			patches, endpoint.PatchGroup{Name: "production", Baseline: patches.ID()}, endpoint.DefaultPatchBaseline{Baseline: patches.ID()},
		}},
		{rows: "18", what: "patches installed every week", resources: ztcore.List{
			endpoint.Association{Name: "install-patches", Targets: []endpoint.Target{endpoint.Tagged("Patch Group", "production")}, OperatingSystem: endpoint.AmazonLinux2023},
		}},
		{rows: "19", what: "antivirus by user data, in a launch template", resources: ztcore.List{
			inspected, group, role, profile, launch.Template{Name: "protected", SecurityGroups: []id.SecurityGroup{group.ID()}, Profile: profile.ARN()},
		}},
		{rows: "6 +", what: "Session Manager in place of SSH", resources: ztcore.List{
			endpoint.SessionPreferences{UnloggedBecause: "an example; give it a log group"}, endpoint.DocumentSharingBlock{},
		}},
		{rows: "20", what: "a web ACL, logging", resources: ztcore.List{requests, webacl.WebACL{Name: "MyWebACL", LogTo: id.ARN(requests.ARN())}}},
		{rows: "21–22", what: "a firewall that lets out to named domains only, and routes through it", resources: append(inspection(at), key)},
	}
}

// inspection is a VPC whose workloads reach the internet through a firewall, and only the domains that it names.
func inspection(at place) ztcore.List {
	vpc := inspected
	zone := at.region + "a"
	subnet := func(name, cidr, public string) network.Subnet {
		return network.Subnet{Name: "inspection-" + name, VPC: vpc.ID(), CIDR: cidr, Zone: zone, PublicBecause: public}
	}
	workload, filter, out := subnet("workload", "10.1.1.0/24", ""), subnet("firewall", "10.1.2.0/28", ""), subnet("nat", "10.1.3.0/28", "the NAT gateway behind the firewall")
	gateway := network.InternetGateway{Name: "inspection", VPC: vpc.ID()}
	nat := network.NATGateway{Name: "inspection", Subnet: out.ID(), Through: gateway.ID()}
	_, key := alerts()
	alertLog := monitoring.LogGroup{Name: firewallGroup, Key: key.ARN()}
	allowed := firewall.RuleGroup{Name: "allowed-domains", AllowDomains: []string{".amazonaws.com", "api.partner.example"}}
	rules := firewall.Policy{Name: "MyFirewallPolicy", RuleGroups: []id.ARN{allowed.ARN()}}
	fw := firewall.Firewall{
		Name: "MyFirewall", Policy: rules.ARN(), VPC: vpc.ID(), Subnets: map[string]id.Subnet{zone: filter.ID()}, LogTo: firewall.Logs{Alerts: id.ARN(alertLog.ARN())},
	}
	table := func(of network.Subnet, routes ...network.Route) network.RouteTable {
		return network.RouteTable{Name: of.Name, VPC: vpc.ID(), Subnets: []id.Subnet{of.ID()}, Routes: routes}
	}
	const world = "0.0.0.0/0"
	through := []network.Route{{To: world, Endpoint: fw.Endpoint(zone)}}
	if at.lack("endpoint.FirewallEndpoint") { // then nothing leads out
		through = nil
	}
	return ztcore.List{
		vpc, workload, filter, out, gateway, nat, alertLog, allowed, rules, fw, table(workload, through...),
		table(filter, network.Route{To: world, NATGateway: nat.ID()}),
		// What comes back goes through the firewall as well, or it would drop what it has not seen begin.
		table(out, append([]network.Route{{To: world, InternetGateway: gateway.ID()}}, back(workload.CIDR, through)...)...),
	}
}

// back are the routes for answers to a block, over the same endpoints.
func back(block string, through []network.Route) []network.Route {
	var out []network.Route
	for _, r := range through {
		r.To = block
		out = append(out, r)
	}
	return out
}
