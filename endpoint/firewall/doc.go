// Package firewall declares AWS Network Firewall: stateful rule groups, policies that put them in order, and firewalls with an endpoint in
// each zone for routes to lead through.
//
//	allowed := firewall.RuleGroup{Name: "allowed", AllowDomains: []string{".example.com", "api.partner.example"}}
//	policy := firewall.Policy{Name: "MyFirewallPolicy", RuleGroups: []id.ARN{allowed.ARN()}}
//	fw := firewall.Firewall{
//		Name: "MyFirewall", Policy: policy.ARN(), VPC: vpc.ID(),
//		Subnets: map[string]id.Subnet{"us-east-1a": a.ID(), "us-east-1b": b.ID()},
//		LogTo:   firewall.Logs{Alerts: "arn:aws:logs:us-east-1:123456789012:log-group:firewall"}, // there already, or a monitoring.LogGroup's ARN
//	}
//	out := network.RouteTable{Name: "workload-a", VPC: vpc.ID(), Subnets: []id.Subnet{workloads.ID()},
//		Routes: []network.Route{{To: "0.0.0.0/0", Endpoint: fw.Endpoint("us-east-1a")}}}
//
// Every packet goes to the stateful rules, which are evaluated in the order in which they are given; what none of them passes is dropped once
// its connection is established, and an alert says so. That a policy whose stateless default is to drop, and which has no rule, stops everything is
// what many guides overlook; so is that a firewall without a subnet has no endpoint, and one without a route inspects nothing.
//
//	guide step 21   RuleGroup, Policy
//	guide step 22   Firewall, FirewallEndpoint (declared by Firewall), Logging
//
// Left out are stateless rules, TLS inspection, transit gateway attachments and keys of one's own for the configuration, which AWS
// encrypts with a key that it owns. What others have set of these on a policy is kept when it is updated, but for stateless rule groups, which would
// pass traffic by the rules: they show as drift, and are removed.
package firewall
