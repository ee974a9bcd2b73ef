package firewall_test

import (
	"context"
	"fmt"

	"github.com/seed-08ecc977/zerotrust/endpoint/firewall"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// A firewall that lets workloads reach two names, in a VPC that exists already.
func Example() {
	allowed := firewall.RuleGroup{Name: "allowed", AllowDomains: []string{".example.com", "api.partner.example"}}
	policy := firewall.Policy{Name: "MyFirewallPolicy", RuleGroups: []id.ARN{allowed.ARN()}}
	fw := firewall.Firewall{
		Name: "MyFirewall", Policy: policy.ARN(), VPC: "vpc-0abc", Subnets: map[string]id.Subnet{"us-east-1a": "subnet-0abc"},
		LogTo: firewall.Logs{Alerts: groups + "firewall-alerts", Flows: "arn:aws:s3:::acme-flow-logs"},
	}
	plan, err := ztcore.NewBaseline("edge", allowed, policy, fw).Plan(context.Background(), prompt().Config())
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range plan.Steps {
		fmt.Println(s.Action, s.Address)
	}
	// Unordered output:
	// create endpoint.FirewallRuleGroup/allowed
	// create endpoint.FirewallPolicy/MyFirewallPolicy
	// create endpoint.Firewall/MyFirewall
	// create endpoint.FirewallEndpoint/MyFirewall/us-east-1a
	// create endpoint.FirewallLogging/MyFirewall
}
