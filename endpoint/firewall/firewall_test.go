package firewall_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-08ecc977/zerotrust/endpoint/firewall"
	"github.com/seed-08ecc977/zerotrust/network"
	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakeec2"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakenetworkfirewall"
	"github.com/seed-08ecc977/zerotrust/ztcore/fakeaws/fakests"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
	"github.com/seed-08ecc977/zerotrust/ztcore/kindtest"
)

const groups = "arn:aws:logs:us-east-1:123456789012:log-group:"

// slow is a cloud on which a firewall takes its time, as on AWS.
func slow() *fakeaws.Cloud {
	cloud := fakeaws.New(fakests.Install, fakeec2.Install, fakenetworkfirewall.Install)
	fakenetworkfirewall.Of(cloud).SetSettling(5 * time.Minute)
	return cloud
}

func prompt() *fakeaws.Cloud {
	return fakeaws.New(fakests.Install, fakeec2.Install, fakenetworkfirewall.Install)
}

var (
	team    = map[string]string{"team": "network"}
	allowed = firewall.RuleGroup{Name: "allowed", AllowDomains: []string{".example.com"}, Capacity: 100}
	policy  = firewall.Policy{Name: "MyFirewallPolicy", RuleGroups: []id.ARN{allowed.ARN()}}

	vpc = network.VPC{Name: "main", CIDR: "10.0.0.0/16"}
	a   = network.Subnet{Name: "a", VPC: vpc.ID(), CIDR: "10.0.1.0/24", Zone: "us-east-1a"}
	a2  = network.Subnet{Name: "a2", VPC: vpc.ID(), CIDR: "10.0.4.0/24", Zone: "us-east-1a"}
	b   = network.Subnet{Name: "b", VPC: vpc.ID(), CIDR: "10.0.2.0/24", Zone: "us-east-1b"}
)

func ruleGroupCase() kindtest.Case {
	group := func(change func(*firewall.RuleGroup)) firewall.RuleGroup {
		g := allowed
		change(&g)
		return g
	}
	return kindtest.Case{
		Cloud: prompt,
		Variants: []kindtest.Variant{
			{Resource: allowed},
			{Resource: group(func(g *firewall.RuleGroup) {
				g.Description, g.AllowDomains, g.Tags = "what builds need", []string{".example.com", "api.partner.example"}, team
			}), Changes: []string{"endpoint.FirewallRuleGroup/allowed Description", "endpoint.FirewallRuleGroup/allowed Domains", "endpoint.FirewallRuleGroup/allowed Tags"}},
			{Resource: group(func(g *firewall.RuleGroup) {
				g.Description, g.AllowDomains, g.Tags, g.HomeNet = "what builds need", nil, team, []string{"10.0.0.0/8"}
				g.Rules = `pass tls $HOME_NET any -> any 443 (tls.sni; content:"example.com"; endswith; msg:"allowed"; sid:1000001; rev:1;)`
			}), Changes: []string{"endpoint.FirewallRuleGroup/allowed List", "endpoint.FirewallRuleGroup/allowed Domains", "endpoint.FirewallRuleGroup/allowed Rules", "endpoint.FirewallRuleGroup/allowed HomeNet"}},
			{Resource: group(func(g *firewall.RuleGroup) { g.Capacity = 0 }), Changes: []string{
				"endpoint.FirewallRuleGroup/allowed Capacity", "endpoint.FirewallRuleGroup/allowed Description", "endpoint.FirewallRuleGroup/allowed List", "endpoint.FirewallRuleGroup/allowed Domains",
				"endpoint.FirewallRuleGroup/allowed Rules", "endpoint.FirewallRuleGroup/allowed HomeNet",
			}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error { // somebody allows another domain
			c := networkfirewall.NewFromConfig(cfg)
			g, err := c.DescribeRuleGroup(ctx, &networkfirewall.DescribeRuleGroupInput{RuleGroupName: aws.String("allowed"), Type: types.RuleGroupTypeStateful})
			if err != nil {
				return err
			}
			g.RuleGroup.RulesSource.RulesSourceList.Targets = append(g.RuleGroup.RulesSource.RulesSourceList.Targets, ".example.net")
			_, err = c.UpdateRuleGroup(ctx, &networkfirewall.UpdateRuleGroupInput{RuleGroupName: aws.String("allowed"), Type: types.RuleGroupTypeStateful, UpdateToken: g.UpdateToken, RuleGroup: g.RuleGroup})
			return err
		},
	}
}

func policyCase() kindtest.Case {
	other := firewall.RuleGroup{Name: "other", AllowDomains: []string{"other.example"}, Capacity: 100}
	changed := firewall.Policy{Name: policy.Name, Description: "of the shop", RuleGroups: []id.ARN{other.ARN(), allowed.ARN()}, Tags: team}
	return kindtest.Case{
		Cloud: prompt,
		Variants: []kindtest.Variant{
			{Resource: ztcore.List{allowed, other, policy}},
			{Resource: ztcore.List{allowed, other, changed}, Changes: []string{
				"endpoint.FirewallPolicy/MyFirewallPolicy Description", "endpoint.FirewallPolicy/MyFirewallPolicy Groups", "endpoint.FirewallPolicy/MyFirewallPolicy Tags",
			}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error { // somebody lets everything pass
			c := networkfirewall.NewFromConfig(cfg)
			p, err := c.DescribeFirewallPolicy(ctx, &networkfirewall.DescribeFirewallPolicyInput{FirewallPolicyName: &policy.Name})
			if err != nil {
				return err
			}
			p.FirewallPolicy.StatelessDefaultActions, p.FirewallPolicy.StatefulDefaultActions, p.FirewallPolicy.StatefulRuleGroupReferences = []string{"aws:pass"}, nil, nil
			_, err = c.UpdateFirewallPolicy(ctx, &networkfirewall.UpdateFirewallPolicyInput{FirewallPolicyName: &policy.Name, UpdateToken: p.UpdateToken, FirewallPolicy: p.FirewallPolicy})
			return err
		},
	}
}

func firewallCase() kindtest.Case {
	other := firewall.Policy{Name: "other", RuleGroups: []id.ARN{allowed.ARN()}}
	fw := firewall.Firewall{Name: "MyFirewall", Policy: policy.ARN(), VPC: vpc.ID(), Subnets: map[string]id.Subnet{"us-east-1a": a.ID()}}
	wider := fw
	wider.Description, wider.Tags, wider.Policy, wider.Subnets = "in and out", team, other.ARN(), map[string]id.Subnet{"us-east-1a": a.ID(), "us-east-1b": b.ID()}
	moved := wider
	moved.UnprotectedBecause, moved.Subnets = "a week of trials", map[string]id.Subnet{"us-east-1a": a2.ID(), "us-east-1b": b.ID()}
	with := func(f firewall.Firewall) ztcore.Resource {
		return ztcore.List{vpc, a, a2, b, allowed, policy, other, f}
	}
	return kindtest.Case{
		Cloud: slow,
		Variants: []kindtest.Variant{
			{Resource: with(fw)},
			{Resource: with(wider), Changes: []string{
				"endpoint.Firewall/MyFirewall Description", "endpoint.Firewall/MyFirewall Policy", "endpoint.Firewall/MyFirewall Subnets", "endpoint.Firewall/MyFirewall Tags", "create endpoint.FirewallEndpoint/MyFirewall/us-east-1b",
			}},
			{Resource: with(moved), Changes: []string{
				"endpoint.Firewall/MyFirewall Subnets", "endpoint.Firewall/MyFirewall DeleteProtection", "endpoint.Firewall/MyFirewall PolicyProtection", "endpoint.Firewall/MyFirewall SubnetProtection",
				"endpoint.FirewallEndpoint/MyFirewall/us-east-1a Subnet",
			}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			c := networkfirewall.NewFromConfig(cfg)
			_, err := c.UpdateFirewallDeleteProtection(ctx, &networkfirewall.UpdateFirewallDeleteProtectionInput{FirewallName: aws.String("MyFirewall"), DeleteProtection: false})
			if err != nil {
				return err
			}
			_, err = c.UpdateFirewallDescription(ctx, &networkfirewall.UpdateFirewallDescriptionInput{FirewallName: aws.String("MyFirewall"), Description: aws.String("mine")})
			return err
		},
	}
}

func loggingCase() kindtest.Case {
	logs := func(l firewall.Logs) ztcore.Resource {
		fw := firewall.Firewall{Name: "MyFirewall", Policy: policy.ARN(), VPC: vpc.ID(), Subnets: map[string]id.Subnet{"us-east-1a": a.ID()}, LogTo: l}
		return ztcore.List{vpc, a, allowed, policy, fw}
	}
	return kindtest.Case{
		Cloud: prompt,
		Variants: []kindtest.Variant{
			{Resource: logs(firewall.Logs{Alerts: groups + "alerts:*", Flows: "arn:aws:s3:::acme-flows/firewall"})},
			{Resource: logs(firewall.Logs{Alerts: "arn:aws:firehose:us-east-1:123456789012:deliverystream/alerts", Flows: "arn:aws:s3:::acme-flows"}),
				Changes: []string{"endpoint.FirewallLogging/MyFirewall Alerts", "endpoint.FirewallLogging/MyFirewall Flows"}},
			{Resource: logs(firewall.Logs{Flows: "arn:aws:s3:::acme-flows", TLS: groups + "tls"}),
				Changes: []string{"endpoint.FirewallLogging/MyFirewall Alerts", "endpoint.FirewallLogging/MyFirewall TLS"}},
		},
		Drift: func(ctx context.Context, cfg aws.Config) error {
			_, err := networkfirewall.NewFromConfig(cfg).UpdateLoggingConfiguration(ctx, &networkfirewall.UpdateLoggingConfigurationInput{
				FirewallName: aws.String("MyFirewall"), LoggingConfiguration: &types.LoggingConfiguration{LogDestinationConfigs: []types.LogDestinationConfig{
					{LogType: types.LogTypeAlert, LogDestinationType: types.LogDestinationTypeCloudwatchLogs, LogDestination: map[string]string{"logGroup": "elsewhere"}},
					{LogType: types.LogTypeFlow, LogDestinationType: types.LogDestinationTypeS3, LogDestination: map[string]string{"bucketName": "acme-flows", "prefix": "firewall"}},
				}},
			})
			return err
		},
	}
}

// There is no test on the wire: moto has neither rule groups nor policies, and no way to remove a firewall.
func TestLife(t *testing.T) {
	for name, c := range map[string]kindtest.Case{"RuleGroup": ruleGroupCase(), "Policy": policyCase(), "Firewall": firewallCase(), "Logging": loggingCase()} {
		t.Run(name, func(t *testing.T) { kindtest.Run(t, c) })
	}
}

// inspected leads what leaves subnet b through the endpoint in zone a.
func inspected() ztcore.List {
	fw := firewall.Firewall{Name: "MyFirewall", Policy: policy.ARN(), VPC: vpc.ID(), Subnets: map[string]id.Subnet{"us-east-1a": a.ID()}}
	out := network.RouteTable{Name: "workload", VPC: vpc.ID(), Subnets: []id.Subnet{b.ID()}, Routes: []network.Route{{To: "0.0.0.0/0", Endpoint: fw.Endpoint("us-east-1a")}}}
	return ztcore.List{vpc, a, b, allowed, policy, fw, out}
}

func TestRoutesWaitForTheEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := slow().Config()
		baseline := ztcore.NewBaseline("edge", inspected())
		p, err := baseline.Plan(t.Context(), cfg)
		require.NoError(t, err)
		started := time.Now()
		_, err = p.Apply(t.Context())
		require.NoError(t, err)
		require.GreaterOrEqual(t, time.Since(started), 5*time.Minute)

		fw, err := networkfirewall.NewFromConfig(cfg).DescribeFirewall(t.Context(), &networkfirewall.DescribeFirewallInput{FirewallName: aws.String("MyFirewall")})
		require.NoError(t, err)
		require.True(t, fw.Firewall.DeleteProtection)
		tables, err := ec2.NewFromConfig(cfg).DescribeRouteTables(t.Context(), &ec2.DescribeRouteTablesInput{})
		require.NoError(t, err)
		var targets []string
		for _, table := range tables.RouteTables {
			for _, r := range table.Routes {
				targets = append(targets, aws.ToString(r.GatewayId))
			}
		}
		require.Contains(t, targets, *fw.FirewallStatus.SyncStates["us-east-1a"].Attachment.EndpointId)

		again, err := baseline.Plan(t.Context(), cfg)
		require.NoError(t, err)
		require.True(t, again.Empty(), again)
		gone, err := baseline.Plan(t.Context(), cfg, ztcore.Destroy(), ztcore.AllowDelete("network.VPC/main"))
		require.NoError(t, err)
		_, err = gone.Apply(t.Context())
		require.NoError(t, err, "the protection is lifted, and the policy and the subnets are removed after the firewall")
		left, err := networkfirewall.NewFromConfig(cfg).ListFirewallPolicies(t.Context(), nil)
		require.NoError(t, err)
		require.Empty(t, left.FirewallPolicies)
	})
}

func TestSubnetOfAnotherZoneIsAnError(t *testing.T) {
	cfg := prompt().Config()
	fw := firewall.Firewall{Name: "MyFirewall", Policy: policy.ARN(), VPC: vpc.ID(), Subnets: map[string]id.Subnet{"us-east-1c": a.ID()}}
	p, err := ztcore.NewBaseline("edge", vpc, a, allowed, policy, fw).Plan(t.Context(), cfg)
	require.NoError(t, err)
	_, err = p.Apply(t.Context())
	require.ErrorContains(t, err, "is in us-east-1a, and Subnets says us-east-1c")
}

// What others have set that is not the package's business stays when a policy is repaired.
func TestForeignSettingsOfAPolicyStay(t *testing.T) {
	cfg := prompt().Config()
	apply := func() {
		p, err := ztcore.NewBaseline("edge", allowed, policy).Plan(t.Context(), cfg)
		require.NoError(t, err)
		_, err = p.Apply(t.Context())
		require.NoError(t, err)
	}
	apply()
	c := networkfirewall.NewFromConfig(cfg)
	describe := func() *networkfirewall.DescribeFirewallPolicyOutput {
		p, err := c.DescribeFirewallPolicy(t.Context(), &networkfirewall.DescribeFirewallPolicyInput{FirewallPolicyName: &policy.Name})
		require.NoError(t, err)
		return p
	}
	p := describe()
	p.FirewallPolicy.PolicyVariables = &types.PolicyVariables{RuleVariables: map[string]types.IPSet{"HOME_NET": {Definition: []string{"10.0.0.0/8"}}}}
	p.FirewallPolicy.StatefulDefaultActions = []string{"aws:alert_established"}
	_, err := c.UpdateFirewallPolicy(t.Context(), &networkfirewall.UpdateFirewallPolicyInput{FirewallPolicyName: &policy.Name, UpdateToken: p.UpdateToken, FirewallPolicy: p.FirewallPolicy})
	require.NoError(t, err)
	apply()
	require.ElementsMatch(t, []string{"aws:drop_established", "aws:alert_established"}, describe().FirewallPolicy.StatefulDefaultActions)
	require.Equal(t, p.FirewallPolicy.PolicyVariables, describe().FirewallPolicy.PolicyVariables)
}

func TestInputIsChecked(t *testing.T) {
	rules := func(text string) firewall.RuleGroup { return firewall.RuleGroup{Name: "g", Rules: text} }
	for want, r := range map[string]ztcore.Resource{
		`"my group" can't be a name`:      firewall.RuleGroup{Name: "my group", AllowDomains: []string{".example.com"}},
		"exactly one of AllowDomains":     firewall.RuleGroup{Name: "g"},
		"30001 is out of range":           firewall.RuleGroup{Name: "g", AllowDomains: []string{".example.com"}, Capacity: 30_001},
		"2 are needed, and Capacity is 1": firewall.RuleGroup{Name: "g", AllowDomains: []string{"a.example", "b.example"}, Capacity: 1},
		"a wildcard is a dot here":        firewall.RuleGroup{Name: "g", AllowDomains: []string{"*.example.com"}},
		"is no domain":                    firewall.RuleGroup{Name: "g", AllowDomains: []string{"https://example.com"}},
		"a whole top-level domain":        firewall.RuleGroup{Name: "g", AllowDomains: []string{".com"}},
		"is no CIDR block":                firewall.RuleGroup{Name: "g", AllowDomains: []string{".example.com"}, HomeNet: []string{"10.0.0.1/8"}},
		"is no rule":                      rules("allow everything"),
		"permit is no action":             rules(`permit tcp any any -> any any (sid:1;)`),
		"=> is no direction":              rules(`pass tcp any any => any any (sid:1;)`),
		"lacks its semicolon":             rules(`pass tcp any any -> any any (sid:1)`),
		"has no sid":                      rules(`pass tcp any any -> any any (msg:"x";)`),
		"sid 1 is used twice":             rules("pass tcp any any -> any any (sid:1;)\n# why\ndrop tcp any any -> any any (sid:1;)"),
		"is named twice":                  firewall.Policy{Name: "p", RuleGroups: []id.ARN{"arn:aws:network-firewall:us-east-1:aws-managed:stateful-rulegroup/x", "arn:aws:network-firewall:us-east-1:aws-managed:stateful-rulegroup/x"}},
		"is no stateful rule group":       firewall.Policy{Name: "p", RuleGroups: []id.ARN{"arn:aws:s3:::x"}},
		"reserve a capacity of 30100":     ztcore.List{allowed, firewall.RuleGroup{Name: "g", AllowDomains: []string{".example.com"}, Capacity: 30_000}, firewall.Policy{Name: "p", RuleGroups: []id.ARN{allowed.ARN(), firewall.RuleGroup{Name: "g"}.ARN()}}},
		"without a subnet there is no":    firewall.Firewall{Name: "f", Policy: "arn:aws:network-firewall:us-east-1:123456789012:firewall-policy/p", VPC: "vpc-1"},
		"is no firewall policy":           firewall.Firewall{Name: "f", VPC: "vpc-1", Subnets: map[string]id.Subnet{"us-east-1a": "subnet-1"}},
		"no VPC is named":                 firewall.Firewall{Name: "f", Policy: "arn:aws:network-firewall:us-east-1:123456789012:firewall-policy/p", Subnets: map[string]id.Subnet{"us-east-1a": "subnet-1"}},
		"is no Availability Zone":         firewall.Firewall{Name: "f", Policy: "arn:aws:network-firewall:us-east-1:123456789012:firewall-policy/p", VPC: "vpc-1", Subnets: map[string]id.Subnet{"us-east-1": "subnet-1"}},
		"arn:aws:sqs:::x can't be a":      firewall.Logging{Name: "l", Firewall: "arn:aws:network-firewall:us-east-1:123456789012:firewall/f", Logs: firewall.Logs{Alerts: "arn:aws:sqs:::x"}},
		"no destination is named":         firewall.Logging{Name: "l", Firewall: "arn:aws:network-firewall:us-east-1:123456789012:firewall/f"},
		"has more than 512 characters":    firewall.Policy{Name: "p", Description: string(make([]byte, 513))},
	} {
		require.ErrorContains(t, ztcore.NewBaseline("edge", r).Check(), want)
	}
}

func TestGuardrails(t *testing.T) {
	for want, r := range map[string]ztcore.Resource{
		"endpoint.firewall-policy-empty": firewall.Policy{Name: "p"},
		"endpoint.firewall-passes-all":   firewall.RuleGroup{Name: "g", Rules: `pass ip any any -> any any (msg:"all"; sid:1; rev:1;)`},
	} {
		p, err := ztcore.NewBaseline("edge", r).Plan(t.Context(), prompt().Config())
		require.NoError(t, err)
		require.Len(t, p.Findings, 1)
		require.Equal(t, want, p.Findings[0].Guardrail)
	}
}
