package firewall

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall"
	"github.com/aws/aws-sdk-go-v2/service/networkfirewall/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
	"github.com/seed-08ecc977/zerotrust/ztcore/id"
)

// Policy puts rule groups in order. Every packet goes to the stateful rules; what none of them passes is dropped, with an alert, once its
// connection is established, so that names in TLS and HTTP can be looked at. Connections that break midstream are dropped.
type Policy struct {
	Name        string // 1–128 letters, digits and hyphens
	Description string
	// RuleGroups are evaluated in this order: RuleGroups of this package, or stateful groups in strict order that AWS manages. 20 at most.
	RuleGroups []id.ARN
	Tags       map[string]string
}

// ARN is the policy's ARN, known before it exists.
func (p Policy) ARN() id.ARN { return id.ARN(policies.Ref(p.Name, "ARN")) }

// Declare implements ztcore.Resource.
func (p Policy) Declare(d *ztcore.Declaration) {
	policies.Declare(d, p.Name, policyState{
		Name: p.Name, Order: string(types.RuleOrderStrictOrder), Description: p.Description, Groups: texts(p.RuleGroups), Stateless: []string{"aws:forward_to_sfe"},
		Fragments: []string{"aws:forward_to_sfe"}, Stateful: []string{"aws:drop_established", "aws:alert_established"}, Broken: string(types.StreamExceptionPolicyDrop),
		StatelessGroups: []string{}, Tags: p.Tags,
	})
}

type policyState struct {
	Name            string `zt:"key"`
	Order           string `zt:"immutable"`
	Description     string
	Groups          []string              // in the order of evaluation
	Stateless       []string              `zt:"set"` // what becomes of packets by default, before the stateful rules
	Fragments       []string              `zt:"set"` // and of fragments
	Stateful        []string              `zt:"set"` // what becomes of what no stateful rule has passed
	Broken          string                // what becomes of connections that break midstream
	StatelessGroups []string              `zt:"set"` // which could pass traffic by the stateful rules
	Tags            map[string]string     `zt:"tags"`
	ARN             string                `zt:"output"`
	Token           string                `zt:"-"`
	Rest            *types.FirewallPolicy `zt:"-"` // what this package does not decide
}

var policies = &ztcore.Kind[policyState]{
	Name: "endpoint.FirewallPolicy", Permissions: &policiesNeed, Read: readPolicies, Check: checkPolicy, CheckAll: checkPolicies, Retry: stillUsed,
	Create: func(ctx context.Context, sc *ztcore.Scope, want policyState) error {
		_, err := networkfirewall.NewFromConfig(sc.Config).CreateFirewallPolicy(ctx, &networkfirewall.CreateFirewallPolicyInput{
			FirewallPolicyName: &want.Name, Description: optional(want.Description), FirewallPolicy: want.request(nil), Tags: tagList(want.Tags),
		})
		return err
	},
	Update: func(ctx context.Context, sc *ztcore.Scope, u ztcore.Update[policyState]) error {
		if u.Changed("Tags") {
			if err := setTags(ctx, sc, u.Have.ARN, u.Want.Tags); err != nil {
				return err
			}
		}
		if !u.Changed("Description", "Groups", "Stateless", "Fragments", "Stateful", "Broken", "StatelessGroups") {
			return nil
		}
		_, err := networkfirewall.NewFromConfig(sc.Config).UpdateFirewallPolicy(ctx, &networkfirewall.UpdateFirewallPolicyInput{
			FirewallPolicyName: &u.Want.Name, UpdateToken: &u.Have.Token, Description: optional(u.Want.Description), FirewallPolicy: u.Want.request(u.Have.Rest),
		})
		return unlessOvertaken(err)
	},
	Delete: func(ctx context.Context, sc *ztcore.Scope, have policyState) error {
		_, err := networkfirewall.NewFromConfig(sc.Config).DeleteFirewallPolicy(ctx, &networkfirewall.DeleteFirewallPolicyInput{FirewallPolicyName: &have.Name})
		return unlessAbsent(err)
	},
	Predict:  func(sc *ztcore.Scope, want *policyState) { want.ARN = arn(sc, "firewall-policy", want.Name) },
	Controls: []string{"FSBP NetworkFirewall.3", "FSBP NetworkFirewall.4", "FSBP NetworkFirewall.5", "NIST SP 800-207 tenet 3", "CISA ZTMM Networks"},
}

var policiesNeed = ztcore.Permissions{
	Read:   []string{"network-firewall:DescribeFirewallPolicy", "network-firewall:ListFirewallPolicies"},
	Write:  []string{"network-firewall:CreateFirewallPolicy", "network-firewall:TagResource", "network-firewall:UpdateFirewallPolicy"},
	Delete: []string{"network-firewall:DeleteFirewallPolicy"},
}

// request keeps what rest says of that which this package does not decide.
func (s policyState) request(rest *types.FirewallPolicy) *types.FirewallPolicy {
	out := &types.FirewallPolicy{StatefulEngineOptions: &types.StatefulEngineOptions{}}
	if rest != nil {
		out.PolicyVariables, out.TLSInspectionConfigurationArn, out.EnableTLSSessionHolding = rest.PolicyVariables, rest.TLSInspectionConfigurationArn, rest.EnableTLSSessionHolding
		if rest.StatefulEngineOptions != nil {
			out.StatefulEngineOptions.FlowTimeouts = rest.StatefulEngineOptions.FlowTimeouts
		}
	}
	out.StatelessDefaultActions, out.StatelessFragmentDefaultActions, out.StatefulDefaultActions = s.Stateless, s.Fragments, s.Stateful
	out.StatefulEngineOptions.RuleOrder, out.StatefulEngineOptions.StreamExceptionPolicy = types.RuleOrder(s.Order), types.StreamExceptionPolicy(s.Broken)
	for i, group := range s.Groups {
		out.StatefulRuleGroupReferences = append(out.StatefulRuleGroupReferences, types.StatefulRuleGroupReference{ResourceArn: &group, Priority: aws.Int32(int32(i + 1))})
	}
	return out
}

func readPolicies(ctx context.Context, sc *ztcore.Scope, q ztcore.Query[policyState]) ([]policyState, error) {
	client, out, in := networkfirewall.NewFromConfig(sc.Config), []policyState{}, &networkfirewall.ListFirewallPoliciesInput{}
	for more := true; more; more = in.NextToken != nil {
		page, err := client.ListFirewallPolicies(ctx, in)
		if err != nil {
			return nil, err
		}
		for _, p := range page.FirewallPolicies {
			if q.Owned || slices.ContainsFunc(q.Want, func(w policyState) bool { return w.Name == aws.ToString(p.Name) }) {
				out = append(out, policyState{Name: aws.ToString(p.Name), ARN: aws.ToString(p.Arn)})
			}
		}
		in.NextToken = page.NextToken
	}
	err := ztcore.Each(ctx, len(out), func(ctx context.Context, i int) error {
		p, err := client.DescribeFirewallPolicy(ctx, &networkfirewall.DescribeFirewallPolicyInput{FirewallPolicyName: &out[i].Name})
		if err != nil {
			return unlessAbsent(err)
		}
		out[i].see(p)
		return nil
	})
	return slices.DeleteFunc(out, func(s policyState) bool { return s.Token == "" }), err
}

func (s *policyState) see(p *networkfirewall.DescribeFirewallPolicyOutput) {
	s.Description, s.Tags, s.Token = aws.ToString(p.FirewallPolicyResponse.Description), tagMap(p.FirewallPolicyResponse.Tags), aws.ToString(p.UpdateToken)
	s.Order, s.Broken, s.Groups, s.StatelessGroups = string(types.RuleOrderDefaultActionOrder), string(types.StreamExceptionPolicyDrop), []string{}, []string{}
	f := p.FirewallPolicy
	if f == nil {
		return
	}
	s.Rest, s.Stateless, s.Fragments, s.Stateful = f, f.StatelessDefaultActions, f.StatelessFragmentDefaultActions, texts(f.StatefulDefaultActions)
	if o := f.StatefulEngineOptions; o != nil {
		s.Order, s.Broken = cmp.Or(string(o.RuleOrder), s.Order), cmp.Or(string(o.StreamExceptionPolicy), s.Broken)
	}
	groups := slices.Clone(f.StatefulRuleGroupReferences)
	slices.SortStableFunc(groups, func(a, b types.StatefulRuleGroupReference) int {
		return cmp.Compare(aws.ToInt32(a.Priority), aws.ToInt32(b.Priority))
	})
	for _, g := range groups {
		name := aws.ToString(g.ResourceArn)
		if g.Override != nil && g.Override.Action != "" {
			name += " " + string(g.Override.Action) // which takes the drops out of a group
		}
		s.Groups = append(s.Groups, name)
	}
	for _, g := range f.StatelessRuleGroupReferences {
		s.StatelessGroups = append(s.StatelessGroups, aws.ToString(g.ResourceArn))
	}
}

func checkPolicy(want policyState) []ztcore.Finding {
	out := checkName(want.Name, want.Description)
	seen := map[string]bool{}
	for _, g := range want.Groups {
		if seen[g] {
			out = append(out, ztcore.Finding{Attribute: "RuleGroups", Message: g + " is named twice", Fix: "name it once"})
		}
		seen[g] = true
		if !ztcore.HasToken(g) && !strings.Contains(g, ":stateful-rulegroup/") {
			out = append(out, ztcore.Finding{Attribute: "RuleGroups", Message: g + " is no stateful rule group", Fix: "use a RuleGroup's ARN(), or that of a stateful group that AWS manages"})
		}
	}
	if len(want.Groups) > 20 { // https://docs.aws.amazon.com/network-firewall/latest/developerguide/quotas.html
		out = append(out, ztcore.Finding{Attribute: "RuleGroups", Message: fmt.Sprintf("%d are too many", len(want.Groups)), Fix: "use 20 at most"})
	}
	if len(want.Groups) == 0 {
		out = append(out, ztcore.Finding{
			Attribute: "RuleGroups", Guardrail: "endpoint.firewall-policy-empty", Controls: []string{"FSBP NetworkFirewall.3"},
			Message: "no rule lets anything pass, so every connection is dropped", Fix: "name the rule groups that say what may pass",
		})
	}
	return out
}

// checkPolicies adds up what is reserved for the declared rule groups.
func checkPolicies(g *ztcore.Graph, all []ztcore.Declared[policyState]) []ztcore.Finding {
	var out []ztcore.Finding
	for _, p := range all {
		total := 0
		for _, arn := range p.Want.Groups {
			if group, ok := ztcore.Lookup[ruleGroupState](g, arn); ok {
				total += int(group.Want.Capacity)
			}
		}
		if total > 30_000 {
			out = append(out, ztcore.Finding{Resource: p.Address, Attribute: "RuleGroups", Message: fmt.Sprintf("reserve a capacity of %d, and a policy may have 30,000", total), Fix: "give them smaller ones"})
		}
	}
	return out
}
