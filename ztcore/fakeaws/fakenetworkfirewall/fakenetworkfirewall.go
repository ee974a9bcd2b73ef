// Package fakenetworkfirewall is the AWS Network Firewall of a fakeaws.Cloud.
//
// Modelled: stateful rule groups of domain lists and of Suricata rules, firewall policies, firewalls in a VPC with an endpoint for each
// subnet, their change protections, logging and tags. A firewall is READY, or gone, on the next call unless SetSettling says that it
// takes time. Not modelled are stateless rule groups, TLS inspection, firewalls of transit gateways, proxies, flow operations, and the
// lists and groups that AWS manages, of which any name is taken. Rules are checked for their form, not run.
package fakenetworkfirewall

import (
	"context"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall"

	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
)

// Service handles Network Firewall.
type Service struct {
	cloud   *fakeaws.Cloud
	regions *fakeaws.Store[region]
	pace    atomic.Int64 // nanoseconds
}

// region is what Network Firewall holds of one account and region.
type region struct {
	Groups    map[string]*ruleGroup // by name
	Policies  map[string]*policy    // by name
	Firewalls map[string]*firewall  // by name
}

type opt = func(*networkfirewall.Options)

// Install adds Network Firewall to a cloud.
func Install(c *fakeaws.Cloud) {
	s := &Service{cloud: c, regions: fakeaws.NewStore(c, "networkfirewall", fakeaws.Regional, func(string, string) *region {
		return &region{Groups: map[string]*ruleGroup{}, Policies: map[string]*policy{}, Firewalls: map[string]*firewall{}}
	})}
	fakeaws.Provide(c, s)
	fakeaws.Provide[fakeaws.RouteEndpoints](c, s)

	source := []string{
		"RuleGroup.RulesSource.RulesString", "RuleGroup.RulesSource.RulesSourceList", "RuleGroup.RuleVariables", "RuleGroup.StatefulRuleOptions", "Rules",
		"RuleGroupName", "Type", "Description",
	}
	fakeaws.On(c, s.CreateRuleGroup, append([]string{"Capacity", "Tags"}, source...)...)
	fakeaws.On(c, s.UpdateRuleGroup, append([]string{"RuleGroupArn", "UpdateToken"}, source...)...)
	fakeaws.On(c, s.DescribeRuleGroup, "RuleGroupArn", "RuleGroupName", "Type")
	fakeaws.On(c, s.ListRuleGroups, "Scope", "Type", "MaxResults", "NextToken")
	fakeaws.On(c, s.DeleteRuleGroup, "RuleGroupArn", "RuleGroupName", "Type")

	rules := []string{
		"FirewallPolicy.StatelessDefaultActions", "FirewallPolicy.StatelessFragmentDefaultActions", "FirewallPolicy.StatefulDefaultActions", "FirewallPolicy.StatefulEngineOptions",
		"FirewallPolicy.StatefulRuleGroupReferences", "FirewallPolicy.PolicyVariables", "FirewallPolicyName", "Description",
	}
	fakeaws.On(c, s.CreateFirewallPolicy, append([]string{"Tags"}, rules...)...)
	fakeaws.On(c, s.UpdateFirewallPolicy, append([]string{"FirewallPolicyArn", "UpdateToken"}, rules...)...)
	fakeaws.On(c, s.DescribeFirewallPolicy, "FirewallPolicyArn", "FirewallPolicyName")
	fakeaws.On(c, s.ListFirewallPolicies, "MaxResults", "NextToken")
	fakeaws.On(c, s.DeleteFirewallPolicy, "FirewallPolicyArn", "FirewallPolicyName")

	fakeaws.On(c, s.CreateFirewall, "FirewallName", "FirewallPolicyArn", "VpcId", "SubnetMappings", "Description", "DeleteProtection",
		"FirewallPolicyChangeProtection", "SubnetChangeProtection", "Tags")
	fakeaws.On(c, s.DescribeFirewall, "FirewallArn", "FirewallName")
	fakeaws.On(c, s.ListFirewalls, "VpcIds", "MaxResults", "NextToken")
	fakeaws.On(c, s.DeleteFirewall, "FirewallArn", "FirewallName")
	fakeaws.On(c, s.AssociateFirewallPolicy, "FirewallArn", "FirewallName", "FirewallPolicyArn", "UpdateToken")
	fakeaws.On(c, s.AssociateSubnets, "FirewallArn", "FirewallName", "SubnetMappings", "UpdateToken")
	fakeaws.On(c, s.DisassociateSubnets, "FirewallArn", "FirewallName", "SubnetIds", "UpdateToken")
	fakeaws.On(c, s.UpdateFirewallDescription, "FirewallArn", "FirewallName", "Description", "UpdateToken")
	fakeaws.On(c, s.UpdateFirewallDeleteProtection, "FirewallArn", "FirewallName", "DeleteProtection", "UpdateToken")
	fakeaws.On(c, s.UpdateFirewallPolicyChangeProtection, "FirewallArn", "FirewallName", "FirewallPolicyChangeProtection", "UpdateToken")
	fakeaws.On(c, s.UpdateSubnetChangeProtection, "FirewallArn", "FirewallName", "SubnetChangeProtection", "UpdateToken")
	fakeaws.On(c, s.UpdateLoggingConfiguration, "FirewallArn", "FirewallName", "LoggingConfiguration")
	fakeaws.On(c, s.DescribeLoggingConfiguration, "FirewallArn", "FirewallName")

	fakeaws.On(c, s.TagResource, "ResourceArn", "Tags")
	fakeaws.On(c, s.UntagResource, "ResourceArn", "TagKeys")
	fakeaws.On(c, s.ListTagsForResource, "ResourceArn", "MaxResults", "NextToken")
}

// Of is the Network Firewall that was installed in a cloud, for a test to steer. It is nil where none was.
func Of(c *fakeaws.Cloud) *Service {
	s, _ := fakeaws.Capability[*Service](c)
	return s
}

// SetSettling sets how long a new endpoint is CREATING, and with it the firewall PROVISIONING, and how long a deleted firewall is DELETING.
// On AWS either takes some minutes. The default is 0: they are READY, or gone, on the next call.
func (s *Service) SetSettling(d time.Duration) { s.pace.Store(int64(d)) }

func (s *Service) settled() time.Time { return time.Now().Add(time.Duration(s.pace.Load())) }

// namePattern is that of every object here.
// https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_CreateFirewall.html
var namePattern = regexp.MustCompile(`^[a-zA-Z0-9-]{1,128}$`)

func checkName(member string, name *string) error {
	if !namePattern.MatchString(aws.ToString(name)) {
		return invalid("%s must hold 1 to 128 letters, digits and hyphens", member)
	}
	return nil
}

func checkDescription(text *string) error {
	if text != nil && len(*text) > 512 {
		return invalid("Description may have 512 characters")
	}
	return nil
}

// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsnetworkfirewall.html
func arnOf(ctx context.Context, kind, name string) string {
	call := fakeaws.CallFrom(ctx)
	return "arn:" + call.Partition() + ":network-firewall:" + call.Region + ":" + call.Account + ":" + kind + "/" + name
}

// lookup finds an object by ARN or by name; where both are given, they must agree.
func lookup[T any](ctx context.Context, all map[string]*T, kind string, arn, name *string) (*T, error) {
	if arn == nil && name == nil {
		return nil, invalid("either the ARN or the name must be given")
	}
	n := aws.ToString(name)
	if arn != nil {
		n = (*arn)[strings.LastIndexByte(*arn, '/')+1:]
		if *arn != arnOf(ctx, kind, n) || name != nil && *name != n {
			return nil, notFound(*arn)
		}
	}
	if all[n] == nil {
		return nil, notFound(n)
	}
	return all[n], nil
}

// largestPage. https://docs.aws.amazon.com/network-firewall/latest/APIReference/API_ListFirewalls.html
const largestPage = 100

func page[E any](ctx context.Context, items []E, token *string, limit *int32) ([]E, *string, error) {
	if limit != nil && (*limit < 1 || *limit > largestPage) {
		return nil, nil, invalid("MaxResults must be within 1 and 100")
	}
	out, next, ok := fakeaws.Page(ctx, items, token, limit, largestPage)
	if !ok {
		return nil, nil, invalid("NextToken is not valid")
	}
	return out, next, nil
}
